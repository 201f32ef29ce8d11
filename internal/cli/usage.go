package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) usage() *cobra.Command {
	var group string
	cmd := a.clientFlags(&cobra.Command{
		Use: "usage", Short: "Count what is deployed, against its limits",
		Long: `Count proxies, shared flows and deployment units: in the whole organisation and
in each gateway group, or in one. A deployment unit is a revision that runs × a
group × a location of the group; the number of gateways does not matter. Proxies
are extensible when one of their policies is, else standard.`,
		Example: `  gatewright usage
  gatewright usage --group production -o json`,
		Args: exactly(),
	})
	a.groupFlag(cmd, &group)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		if group != "" {
			u, err := c.GroupUsage(ctx, group)
			if err != nil {
				return err
			}
			return a.show(u, func(s *term.Screen) error { return writeGroupUsage(s, []gatewright.GroupUsage{*u}) })
		}
		u, err := c.DeploymentUsage(ctx)
		if err != nil {
			return err
		}
		return a.show(u, func(s *term.Screen) error { return writeUsage(s, u) })
	})
	return cmd
}

// writeUsage writes the numbers of the organisation, a line each, and then a
// table of its groups.
func writeUsage(s *term.Screen, u *gatewright.DeploymentUsage) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-37s %s\n", name+":", fmt.Sprintf(format, args...))
	}
	line("proxies created", "%d", u.Created.Proxies)
	line("shared flows created", "%d", u.Created.SharedFlows)
	line("proxies deployed", "%s", ofLimit(u.Proxies, u.Limits.Proxies))
	line("shared flows deployed", "%s", ofLimit(u.SharedFlows, u.Limits.SharedFlows))
	line("proxies and shared flows deployed", "%s", ofLimit(u.Together(), u.Limits.Deployed))
	line("proxy revisions deployed", "%d", u.ProxyRevisions)
	line("deployment units", "%s", ofLimit(u.Units.Total, u.Limits.Units))
	line("  of standard proxies", "%d", u.Units.Standard)
	line("  of extensible proxies", "%d", u.Units.Extensible)
	line("  of shared flows", "%d", u.Units.SharedFlow)
	if _, err := fmt.Fprint(s, b.String()); err != nil || len(u.Groups) == 0 {
		return err
	}
	if _, err := fmt.Fprintln(s); err != nil {
		return err
	}
	return writeGroupUsage(s, u.Groups)
}

func writeGroupUsage(s *term.Screen, groups []gatewright.GroupUsage) error {
	t := term.NewTable("GROUP", "STAGE", "LOCATIONS", "PROXIES", "REVISIONS", "SHARED FLOWS", "UNITS", "STANDARD", "EXTENSIBLE", "SHARED FLOW UNITS")
	for i := range groups {
		g := &groups[i]
		t.Row(g.Name, string(g.Stage), strings.Join(g.Locations, ", "), ofLimit(g.Proxies, g.Limits.Proxies), strconv.Itoa(g.ProxyRevisions),
			ofLimit(g.SharedFlows, g.Limits.SharedFlows), ofLimit(g.Units.Total, g.Limits.Units),
			strconv.Itoa(g.Units.Standard), strconv.Itoa(g.Units.Extensible), strconv.Itoa(g.Units.SharedFlow))
	}
	return t.Write(s)
}

// ofLimit returns a number and its limit, if there is one.
func ofLimit(n, limit int) string {
	if limit == 0 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d of %d", n, limit)
}
