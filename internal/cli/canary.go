package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) canary() *cobra.Command {
	return parent("canary", "Send a part of an API's requests to another revision or upstream",
		`  gatewright canary start "Swagger Petstore" --group production --revision 1.1.0 --percent 10
  gatewright canary step "Swagger Petstore" --group production --percent 50
  gatewright canary promote "Swagger Petstore" --group production`,
		a.canaryStart(), a.canaryStep(), a.canaryPromote(), a.canaryAbort(), a.canaryStatus())
}

// canaryFlags say what a canary is like. One that is not given leaves its
// part as it is.
type canaryFlags struct {
	upstreamFlags
	name        string
	description string
	percent     float64
	match       []string
	by          string
	steps       []string
	on, off     bool
}

// noneValue empties a setting that "" could empty by mistake.
const noneValue = "none"

func (f *canaryFlags) add(cmd *cobra.Command, percent float64) {
	f.upstreamFlags.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "what the canary is called (default \"canary of\" its version)")
	flags.StringVar(&f.description, "description", "", "what it is for")
	flags.Float64Var(&f.percent, "percent", percent, "share of the requests that match, 0 to 100")
	flags.StringArrayVar(&f.match, "match", nil, "only requests with `source=value`: header:NAME=…, query:NAME=…, app=…, address=…; repeat for several; none for all")
	flags.StringVar(&f.by, "by", "", "keep a caller on one side by `key`: app, address, header:NAME, query:NAME, cookie:NAME; none decides each request anew")
	flags.StringSliceVar(&f.steps, "steps", nil, "`25@1h,50@2h,100@1d`: shares to come, each after the one before was held that long; none for none")
	flags.BoolVar(&f.off, "off", false, "everything goes to the current revision for now")
}

// patch returns the alterations the flags ask for, nil for none.
func (f *canaryFlags) patch(cmd *cobra.Command) (*client.CanaryPatch, error) {
	u, given, err := f.upstream(cmd)
	if err != nil {
		return nil, err
	}
	var p client.CanaryPatch
	if given {
		p.Upstream = &u
	}
	changed := func(name string) bool {
		c := cmd.Flags().Changed(name)
		given = given || c
		return c
	}
	if changed("name") {
		p.Name = &f.name
	}
	if changed("description") {
		p.Description = &f.description
	}
	if math.IsNaN(f.percent) || math.IsInf(f.percent, 0) {
		return nil, usagef("--percent: %g is no share; give 0 to 100", f.percent)
	}
	if changed("percent") {
		p.Percent = &f.percent
	}
	if changed("match") {
		if p.Match, err = parseMatches(f.match); err != nil {
			return nil, err
		}
	}
	if changed("by") {
		key := strings.TrimPrefix(f.by, noneValue)
		if err := gatewright.CheckCanaryKey(key); err != nil {
			return nil, usagef("--by: %s", err)
		}
		p.Key = &key
	}
	if changed("steps") {
		if p.Steps, err = parseSteps(f.steps); err != nil {
			return nil, err
		}
	}
	if on := f.on; changed("on") || changed("off") {
		p.Enabled = &on
	}
	if !given {
		return nil, nil
	}
	return &p, nil
}

// parseMatches reads conditions. Values of the same source are alternatives.
func parseMatches(texts []string) (*[]gatewright.CanaryMatch, error) {
	matches := []gatewright.CanaryMatch{}
	if len(texts) == 1 && texts[0] == noneValue {
		return &matches, nil
	}
next:
	for _, text := range texts {
		from, value, ok := strings.Cut(text, "=")
		source, name, _ := strings.Cut(from, ":")
		m := gatewright.CanaryMatch{Source: source, Name: name, Values: []string{value}}
		if !ok {
			return nil, usagef("--match: %q has no =; write header:version=test", text)
		}
		if err := m.Validate(); err != nil {
			return nil, usagef("--match %s: %s", text, err)
		}
		for i := range matches {
			if matches[i].Source == source && matches[i].Name == name {
				matches[i].Values = append(matches[i].Values, value)
				continue next
			}
		}
		matches = append(matches, m)
	}
	return &matches, nil
}

// parseSteps reads shares and how long the share before each is held.
func parseSteps(texts []string) (*[]gatewright.CanaryStep, error) {
	steps := []gatewright.CanaryStep{}
	if len(texts) == 1 && texts[0] == noneValue {
		return &steps, nil
	}
	for _, text := range texts {
		share, hold, ok := strings.Cut(text, "@")
		percent, err := strconv.ParseFloat(strings.TrimSuffix(share, "%"), 64)
		if !ok || err != nil || math.IsNaN(percent) || math.IsInf(percent, 0) {
			return nil, usagef("--steps: %q is not percent@time, like 25@1h", text)
		}
		span, err := parseSpan(hold)
		if err != nil {
			return nil, usagef("--steps %s: %s", text, err)
		}
		steps = append(steps, gatewright.CanaryStep{Percent: percent, Hold: gatewright.Duration(span)})
	}
	return &steps, nil
}

// defaultShare is what a canary takes unless told, in percent.
const defaultShare = 10

func (a *app) canaryStart() *cobra.Command {
	var (
		change          changeFlags
		canary          canaryFlags
		group, revision string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "start API",
		Short: "Begin to send a share of an API's requests elsewhere",
		Long: `Begin to send a share of an API's requests in a gateway group to another stored
revision, to another upstream, or to both. What runs there stays the current
revision until the canary is promoted; abort takes all requests back.

With --steps the share grows by itself: 25@1h goes to 25 % when the share before
was held for an hour. At 100 % it stays until you promote it.`,
		Example: `  gatewright canary start "Swagger Petstore" --group production --revision 1.1.0 --percent 10
  gatewright canary start "Swagger Petstore" --group production --revision 1.1.0 --match header:version=test --percent 100
  gatewright canary start "Swagger Petstore" --group production --revision 1.1.0 --percent 5 --steps 25@1h,50@2h,100@1d --by header:X-User
  gatewright canary start "Swagger Petstore" --group production --node 127.0.0.1:7003 --percent 1 --description "new machine"`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	change.add(cmd)
	canary.add(cmd, defaultShare)
	a.groupFlag(cmd, &group)
	cmd.Flags().StringVar(&revision, "revision", "", "version or number of the revision (default the current one, with another upstream)")
	required(cmd, "group")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p, err := canary.patch(cmd)
		if err != nil {
			return err
		}
		if p == nil {
			p = &client.CanaryPatch{}
		}
		if p.Percent == nil {
			p.Percent = &canary.percent
		}
		a.working = true
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangeCanaryStart, Group: group,
			Items: []client.Item{{API: args[0], Revision: revision, Canary: p}},
		})
	}
	return cmd
}

func (a *app) canaryStep() *cobra.Command {
	var (
		change changeFlags
		canary canaryFlags
		group  string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "step API",
		Short: "Go to a canary's next share, or alter the canary",
		Long: `Go to the next share of a canary's --steps; or, with flags, alter what they
name. A share given by --percent passes over the steps up to it. --off sends
everything to the current revision without ending the canary, --on brings it
back.`,
		Example: `  gatewright canary step "Swagger Petstore" --group production
  gatewright canary step "Swagger Petstore" --group production --percent 50 --reason "no errors"
  gatewright canary step "Swagger Petstore" --group production --off`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	change.add(cmd)
	canary.add(cmd, 0)
	cmd.Flags().BoolVar(&canary.on, "on", false, "the canary gets its share again")
	cmd.MarkFlagsMutuallyExclusive("on", "off")
	a.groupFlag(cmd, &group)
	required(cmd, "group")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		p, err := canary.patch(cmd)
		if err != nil {
			return err
		}
		a.working = true
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangeCanaryStep, Group: group, Items: []client.Item{{API: args[0], Canary: p}},
		})
	}
	return cmd
}

func (a *app) canaryPromote() *cobra.Command {
	return a.switching("promote", gatewright.ChangeCanaryPromote, "Make a canary what the group runs",
		`Make a canary what the gateway group runs: its revision becomes the current one
and answers all requests, at its own upstream if it has one. What ran before is
where a rollback goes.`, `  gatewright canary promote "Swagger Petstore" --group production`)
}

func (a *app) canaryAbort() *cobra.Command {
	return a.switching("abort", gatewright.ChangeCanaryAbort, "End a canary; the current revision answers everything",
		`End a canary. The current revision answers all requests again. That is allowed
in a freeze window too.`, `  gatewright canary abort "Swagger Petstore" --group production --reason "orders fail"`)
}

func (a *app) canaryStatus() *cobra.Command {
	var group string
	cmd := a.clientFlags(&cobra.Command{
		Use:   "status [API]",
		Short: "Show the canaries that run",
		Example: `  gatewright canary status
  gatewright canary status "Swagger Petstore" --group production`,
		Args:              between(0, "the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	a.groupFlag(cmd, &group)
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		c, err := a.connect()
		if err != nil {
			return err
		}
		defer c.Close()
		f := client.DeploymentFilter{Group: group}
		if len(args) > 0 {
			f.API = args[0]
		}
		all, err := deployments(cmd.Context(), c, f)
		if err != nil {
			return err
		}
		running := []*gatewright.Deployment{}
		for _, d := range all {
			if d.Content.Canary != nil {
				running = append(running, d)
			}
		}
		return a.show(client.List[*gatewright.Deployment]{Items: running}, func(s *term.Screen) error {
			return writeCanaries(s, running)
		})
	})
	return cmd
}

func writeCanaries(s *term.Screen, ds []*gatewright.Deployment) error {
	if len(ds) == 0 {
		_, err := fmt.Fprintln(s, "no canary runs")
		return err
	}
	t := term.NewTable("API", "GROUP", "CURRENT", "CANARY", "SHARE", "ON", "MATCH", "BY", "UPSTREAM", "SINCE", "NEXT", "NAME")
	for _, d := range ds {
		c := d.Content.Canary
		on, upstream := "yes", ""
		if !c.Enabled {
			on = "no"
		}
		if c.Upstream != nil {
			upstream = addressText(c.Upstream)
		}
		t.Row(apiTrack(d.APIName, d.Track), d.GroupName, d.Content.Label(), c.Label(), fmt.Sprintf("%g %%", c.Percent), on,
			matchText(c.Match), c.Key, upstream, timeText(c.Since), nextStepText(c), c.Name)
	}
	return t.Write(s)
}

// nextStepText tells the share to come and when, "" when there is none.
func nextStepText(c *gatewright.Canary) string {
	if len(c.Steps) == 0 {
		return ""
	}
	text := fmt.Sprintf("%g %%", c.Steps[0].Percent)
	if due := c.Due(); !due.IsZero() {
		text += " at " + timeText(due)
	}
	return text
}
