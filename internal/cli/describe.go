package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

// description is all there is to know of an API, for programs.
type description struct {
	API         *client.APIInfo          `json:"api"`
	Deployments []*gatewright.Deployment `json:"deployments"`
	Underway    []*gatewright.Change     `json:"underway"`
}

func (a *app) describe() *cobra.Command {
	var group string
	cmd := a.clientFlags(&cobra.Command{
		Use:   "describe API",
		Short: "Show where an API runs and with which upstream, hosts, access and canary",
		Long: `Show an API and, for each gateway group that runs it, all that decides what its
callers get: version, upstream, hosts, path prefix, who may call, canary,
deprecation; and the change under way, if there is one.`,
		Example: `  gatewright describe "Swagger Petstore"
  gatewright describe "Swagger Petstore@v2" --group production -o yaml`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	a.groupFlag(cmd, &group)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		var d description
		var err error
		if d.API, err = c.API(ctx, args[0]); err != nil {
			return err
		}
		if d.Deployments, err = deployments(ctx, c, client.DeploymentFilter{Group: group, API: args[0]}); err != nil {
			return err
		}
		if d.Underway, err = underway(ctx, c, client.DeploymentFilter{Group: group, API: args[0]}); err != nil {
			return err
		}
		groups, err := collect(ctx, c.Groups)
		if err != nil {
			return err
		}
		return a.show(&d, func(s *term.Screen) error { return writeDescription(s, &d, groups) })
	})
	return cmd
}

// underway lists the changes that have not ended.
func underway(ctx context.Context, c *client.Client, f client.DeploymentFilter) ([]*gatewright.Change, error) {
	return collect(ctx, func(ctx context.Context, p client.Page) (*client.List[*gatewright.Change], error) {
		return c.Changes(ctx, client.ChangeFilter{Group: f.Group, API: f.API, State: client.Underway}, p)
	})
}

// facts writes names and values, a line each.
type facts struct{ text strings.Builder }

// line writes a fact; one without a value is left out.
func (b *facts) line(name, value string) {
	if value != "" {
		fmt.Fprintf(&b.text, "  %-13s %s\n", name+":", term.Clean(value))
	}
}

func writeDescription(s *term.Screen, d *description, groups []*gatewright.Group) error {
	var b facts
	fmt.Fprintln(&b.text, s.Paint(term.Bold, term.Clean(d.API.Name)))
	b.line("kind", string(d.API.Kind))
	b.line("owner", d.API.Owner)
	b.line("description", d.API.Settings.Description)
	tracks := make([]string, len(d.API.Tracks))
	for i, t := range d.API.Tracks {
		tracks[i] = t.Name + " at " + t.BasePath
	}
	b.line("tracks", strings.Join(tracks, ", "))
	b.line("created", timeText(d.API.CreatedAt))
	b.line("id", string(d.API.ID))
	hostnames := map[gatewright.GroupID][]string{}
	for _, g := range groups {
		hostnames[g.ID] = g.Hostnames
	}
	if len(d.Deployments) == 0 {
		fmt.Fprintln(&b.text, "\nit is not deployed")
	}
	for _, dep := range d.Deployments {
		fmt.Fprintf(&b.text, "\n%s\n", s.Paint(term.Bold, term.Clean(apiTrack(dep.APIName, dep.Track)+" in "+dep.GroupName)))
		writeDeployment(&b, dep, hostnames[dep.Group])
	}
	if len(d.Underway) > 0 {
		fmt.Fprintln(&b.text)
	}
	for _, ch := range d.Underway {
		fmt.Fprintln(&b.text, term.Clean(underwayText(ch)))
	}
	_, err := io.WriteString(s, b.text.String())
	return err
}

func writeDeployment(b *facts, d *gatewright.Deployment, hostnames []string) {
	c, rt := &d.Content, &d.Content.Runtime
	b.line("version", fmt.Sprintf("%s (revision %d)", cmp.Or(c.Version, "none"), c.Number))
	b.line("config ID", c.ConfigID)
	b.line("state", string(d.State)+": "+d.Message)
	b.line("since", timeText(d.Since)+", by "+string(d.Change))
	b.line("base path", d.BasePath)
	prefix := rt.PathPrefix
	if prefix != "" && rt.KeepPathPrefix {
		prefix += ", sent on to the upstream"
	}
	b.line("path prefix", prefix)
	hosts := strings.Join(rt.Hosts, ", ")
	if hosts == "" {
		hosts = cmp.Or(strings.Join(hostnames, ", "), "any") + " (the group's)"
	}
	b.line("hosts", hosts)
	writeUpstream(b, &rt.Upstream)
	b.line("access", describeAccess(rt.Access))
	if !rt.Enabled {
		b.line("enabled", "no; callers are answered 404")
	}
	if c.Canary != nil {
		text := c.Canary.Name + ": " + canaryText(c.Canary)
		if c.Canary.Key != "" {
			text += ", a caller is kept by " + c.Canary.Key
		}
		if next := nextStepText(c.Canary); next != "" {
			text += ", next " + next
		}
		b.line("canary", text)
	}
	if c.Lifecycle != nil {
		b.line("lifecycle", lifecycleText(c.Lifecycle))
	}
	for _, in := range d.Instances {
		text := fmt.Sprintf("%s at %s, %s, %s", in.Name, in.Address, in.Health, in.State)
		if in.Message != "" {
			text += ": " + in.Message
		}
		b.line("gateway", text)
	}
}

func writeUpstream(b *facts, u *gatewright.Upstream) {
	b.line("upstream", addressText(u))
	switch u.HostHeader {
	case gatewright.HostHeaderClient:
		b.line("host header", "the client's")
	case gatewright.HostHeaderFixed:
		b.line("host header", u.Host)
	}
	t := u.Timeouts.WithDefaults()
	b.line("timeouts", fmt.Sprintf("connect %s, send %s, read %s", time.Duration(t.Connect), time.Duration(t.Send), time.Duration(t.Read)))
}

func describeAccess(a gatewright.Access) string {
	if a.Mode == gatewright.AccessOpen {
		return "open"
	}
	text := "apps with a grant, by the header " + cmp.Or(a.Header, gatewright.DefaultKeyHeader)
	if a.Query != "" {
		text += " or the query parameter " + a.Query
	}
	return text
}
