package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) status() *cobra.Command {
	var (
		group string
		watch bool
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "status [API]",
		Short: "Show what runs where, and whether the gateways agree",
		Long: `Show what runs in which gateway group and how far its gateways have come with
it, from what they report. For one API every gateway is listed.`,
		Example: `  gatewright status
  gatewright status "Swagger Petstore" --group production
  gatewright status --watch`,
		Args:              between(0, "the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	a.groupFlag(cmd, &group)
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "follow what happens; ends with Ctrl-C")
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
		if watch {
			return a.watchStatus(cmd.Context(), c, f)
		}
		r, err := readRunning(cmd.Context(), c, f)
		if err != nil {
			return err
		}
		return a.show(r, func(s *term.Screen) error { return writeStatus(s, r, f.API != "") })
	})
	return cmd
}

// running is what runs and what is about to, for programs.
type running struct {
	Items    []*gatewright.Deployment `json:"items"`
	Underway []*gatewright.Change     `json:"underway"` // changes that have not ended, newest first
}

func readRunning(ctx context.Context, c *client.Client, f client.DeploymentFilter) (r *running, err error) {
	r = &running{}
	if r.Items, err = deployments(ctx, c, f); err != nil {
		return nil, err
	}
	r.Underway, err = underway(ctx, c, f)
	return r, err
}

func deployments(ctx context.Context, c *client.Client, f client.DeploymentFilter) ([]*gatewright.Deployment, error) {
	ds, err := collect(ctx, func(ctx context.Context, p client.Page) (*client.List[*gatewright.Deployment], error) {
		return c.Deployments(ctx, f, p)
	})
	slices.SortFunc(ds, func(x, y *gatewright.Deployment) int {
		return cmp.Or(cmp.Compare(x.APIName, y.APIName), cmp.Compare(x.Track, y.Track), cmp.Compare(x.GroupName, y.GroupName))
	})
	return ds, err
}

// collect returns all items of a list; never nil, so that it is shown as a
// list when there are none.
func collect[T any](ctx context.Context, list func(context.Context, client.Page) (*client.List[T], error)) ([]T, error) {
	items := []T{}
	for item, err := range client.All(ctx, list) {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// writeStatus writes deployments, and with detail each instance of them;
// then the canaries, and the changes under way.
func writeStatus(s *term.Screen, r *running, detail bool) error {
	if len(r.Items) == 0 {
		if _, err := fmt.Fprintln(s, "nothing is deployed"); err != nil {
			return err
		}
	} else if err := writeDeployments(s, r.Items, detail); err != nil {
		return err
	}
	var lines []string
	for _, d := range r.Items {
		if c := d.Content.Canary; c != nil {
			line := fmt.Sprintf("canary: %s in %s: %s", apiTrack(d.APIName, d.Track), d.GroupName, canaryText(c))
			if next := nextStepText(c); next != "" {
				line += ", next " + next
			}
			lines = append(lines, line)
		}
		if d.Content.Lifecycle != nil {
			lines = append(lines, fmt.Sprintf("lifecycle: %s in %s: %s", apiTrack(d.APIName, d.Track), d.GroupName, lifecycleText(d.Content.Lifecycle)))
		}
	}
	for _, ch := range r.Underway {
		lines = append(lines, underwayText(ch))
	}
	for i, line := range lines {
		if i == 0 {
			line = "\n" + term.Clean(line)
		} else {
			line = term.Clean(line)
		}
		if _, err := fmt.Fprintln(s, line); err != nil {
			return err
		}
	}
	return nil
}

// underwayText tells on one line of a change that has not ended.
func underwayText(ch *gatewright.Change) string {
	var whats []string
	for i := range ch.Items {
		what, _, _ := itemText(&ch.Items[i])
		whats = append(whats, what)
	}
	text := fmt.Sprintf("under way: %s of %s in %s by %s is %s", ch.Kind, shortList(whats), ch.GroupName, ch.Author, ch.State)
	if ch.State == gatewright.ChangeScheduled && !ch.NotBefore.IsZero() {
		text += " for " + timeText(ch.NotBefore)
	}
	if ch.Approval != nil && ch.State == gatewright.ChangePendingApproval {
		text += ", " + approvalText(ch.Approval)
	}
	return text + " (" + string(ch.ID) + ")"
}

func writeDeployments(s *term.Screen, ds []*gatewright.Deployment, detail bool) error {
	t := term.NewTable("API", "GROUP", "VERSION", "STATE", "GATEWAYS", "SINCE", "MESSAGE")
	for _, d := range ds {
		deployed := 0
		for _, in := range d.Instances {
			if in.State == gatewright.InstanceDeployed {
				deployed++
			}
		}
		name := apiTrack(d.APIName, d.Track)
		if d.Kind == gatewright.KindFlow {
			name += " (flow)"
		}
		t.Cells(
			term.Cell{Text: name}, term.Cell{Text: d.GroupName}, term.Cell{Text: d.Content.Label()},
			term.Cell{Text: string(d.State), Style: stateStyle(d.State)},
			term.Cell{Text: strconv.Itoa(deployed) + "/" + strconv.Itoa(len(d.Instances))},
			term.Cell{Text: timeText(d.Since)}, term.Cell{Text: d.Message},
		)
	}
	if err := t.Write(s); err != nil || !detail {
		return err
	}
	instances := term.NewTable("GATEWAY", "GROUP", "ADDRESS", "HEALTH", "STATE", "VERSION", "LAST SEEN", "MESSAGE")
	for _, d := range ds {
		for _, in := range d.Instances {
			instances.Cells(
				term.Cell{Text: in.Name}, term.Cell{Text: d.GroupName}, term.Cell{Text: in.Address},
				term.Cell{Text: string(in.Health), Style: healthStyle(in.Health)},
				term.Cell{Text: string(in.State), Style: instanceStyle(in.State)},
				term.Cell{Text: in.Version}, term.Cell{Text: timeText(in.LastSeen)}, term.Cell{Text: in.Message},
			)
		}
	}
	if _, err := fmt.Fprintln(s); err != nil {
		return err
	}
	return instances.Write(s)
}

// apiTrack names an API, and its track where there can be several.
func apiTrack(name, track string) string {
	if track == "" || track == "v1" {
		return name
	}
	return name + "@" + track
}

func stateStyle(state gatewright.State) term.Style {
	switch state {
	case gatewright.StateReady:
		return term.Green
	case gatewright.StateError:
		return term.Red
	case gatewright.StateProgressing:
		return term.Yellow
	}
	return term.Dim
}

func instanceStyle(state gatewright.InstanceState) term.Style {
	switch state {
	case gatewright.InstanceDeployed:
		return term.Green
	case gatewright.InstanceError:
		return term.Red
	}
	return term.Yellow
}

func healthStyle(h gatewright.Health) term.Style {
	switch h {
	case gatewright.Healthy:
		return term.Green
	case gatewright.OutOfSync:
		return term.Yellow
	}
	return term.Red
}

// timeText returns t for people, in UTC, "" for none.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}
