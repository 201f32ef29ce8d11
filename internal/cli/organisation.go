package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) organisation() *cobra.Command {
	return parent("organisation", "Show and alter the organisation's limits and what counts as extensible",
		`  gatewright organisation show
  gatewright organisation set --limit-units 250 --limit-mode warn --policy-type headers=extensible`,
		a.organisationShow(), a.organisationSet())
}

func (a *app) organisationShow() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "show", Short: "Show the organisation's settings",
		Long:    "Show the limits of all gateway groups together, and which types of policy make a\nproxy extensible.",
		Example: "  gatewright organisation show",
		Args:    exactly(),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		o, err := c.Organisation(ctx)
		if err != nil {
			return err
		}
		return a.show(o, func(s *term.Screen) error { return writeOrganisation(s, o) })
	})
	return cmd
}

// organisationFlags say what becomes of the organisation's settings. One that
// is not given leaves its setting as it is.
type organisationFlags struct {
	limitMode   string
	limits      gatewright.Limits
	policyTypes map[string]string
	unset       []string
	revised     int64
}

func (f *organisationFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.limitMode, "limit-mode", "", "what happens at a limit: warn or reject")
	flags.IntVar(&f.limits.Units, "limit-units", 0, "most deployment units: running revisions × groups × locations; 0 for no limit")
	flags.IntVar(&f.limits.Proxies, "limit-proxies", 0, "most deployed proxies; 0 for no limit")
	flags.IntVar(&f.limits.SharedFlows, "limit-flows", 0, "most deployed shared flows; 0 for no limit")
	flags.IntVar(&f.limits.Deployed, "limit-deployed", 0, "most deployed proxies and shared flows together; 0 for no limit")
	flags.StringToStringVar(&f.policyTypes, "policy-type", nil, "`type=class`: whether policies of that type make a proxy standard or extensible; repeat for several")
	flags.StringArrayVar(&f.unset, "unset", nil, "`what` to take away: limits, policy-types, policy-type:TYPE; repeat for several")
	flags.Int64Var(&f.revised, "revised", 0, "refuse if the settings were altered since they had this `number` (revised in: gatewright organisation show)")
	complete(cmd, "limit-mode", "warn", "reject")
	complete(cmd, "unset", "limits", "policy-types")
}

func (a *app) organisationSet() *cobra.Command {
	var f organisationFlags
	cmd := a.clientFlags(&cobra.Command{
		Use: "set", Short: "Alter the organisation's settings",
		Long: `Alter how much may be deployed in all gateway groups together, and which types
of policy make a proxy extensible. They take effect at once; what is deployed
stays. What no flag names stays as it is.`,
		Example: `  gatewright organisation set --limit-units 250 --limit-deployed 6000 --limit-mode warn
  gatewright organisation set --policy-type headers=extensible
  gatewright organisation set --unset limits --unset policy-type:headers`,
		Args: exactly(),
	})
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		names := []string{"limit-mode", "limit-units", "limit-proxies", "limit-flows", "limit-deployed", "policy-type", "unset"}
		if !slices.ContainsFunc(names, func(name string) bool { return cmd.Flags().Changed(name) }) {
			return usagef("nothing to set; give --limit-…, --policy-type or --unset")
		}
		return a.look(func(ctx context.Context, c *client.Client, _ []string) error {
			o, err := c.Organisation(ctx)
			if err != nil {
				return err
			}
			revised := o.Revised
			if cmd.Flags().Changed("revised") {
				revised = f.revised
			}
			if err := f.apply(cmd, &o.Settings); err != nil {
				return err
			}
			if o, err = c.UpdateOrganisation(ctx, revised, o.Settings); err != nil {
				return err
			}
			return a.show(o, func(s *term.Screen) error {
				if err := a.resultf("the organisation is set\n"); err != nil {
					return err
				}
				return writeOrganisation(s, o)
			})
		})(cmd, args)
	}
	return cmd
}

// apply alters s as the flags say: first what is taken away, then what is set.
func (f *organisationFlags) apply(cmd *cobra.Command, s *gatewright.OrganisationSettings) error {
	for _, what := range f.unset {
		name, typed := strings.CutPrefix(what, "policy-type:")
		switch {
		case what == "limits":
			s.Limits = gatewright.Limits{}
		case what == "policy-types":
			s.PolicyTypes = nil
		case typed:
			if _, has := s.PolicyTypes[name]; !has {
				return gatewright.Errorf(gatewright.NotFound, "the organisation says nothing about policies of type %q", name)
			}
			delete(s.PolicyTypes, name)
		default:
			return usagef("--unset: %q is not limits, policy-types or policy-type:TYPE", what)
		}
	}
	if cmd.Flags().Changed("limit-mode") {
		s.Limits.Mode = gatewright.LimitMode(f.limitMode)
	}
	for _, limit := range []struct {
		flag        string
		value, into *int
	}{
		{"limit-units", &f.limits.Units, &s.Limits.Units},
		{"limit-proxies", &f.limits.Proxies, &s.Limits.Proxies},
		{"limit-flows", &f.limits.SharedFlows, &s.Limits.SharedFlows},
		{"limit-deployed", &f.limits.Deployed, &s.Limits.Deployed},
	} {
		if cmd.Flags().Changed(limit.flag) {
			*limit.into = *limit.value
		}
	}
	for name, class := range f.policyTypes {
		if s.PolicyTypes == nil {
			s.PolicyTypes = map[string]gatewright.PolicyClass{}
		}
		s.PolicyTypes[name] = gatewright.PolicyClass(class)
	}
	return nil
}

// writeOrganisation writes the settings, a line each, and the table of types
// of policy.
func writeOrganisation(s *term.Screen, o *gatewright.Organisation) error {
	l := o.Settings.Limits
	mode := l.Mode
	if mode == "" {
		mode = gatewright.LimitReject
	}
	if _, err := fmt.Fprintf(s, "limits:   units %s, proxies %s, shared flows %s, together %s; %s\nrevised:  %d\n\n",
		limitText(l.Units), limitText(l.Proxies), limitText(l.SharedFlows), limitText(l.Deployed), mode, o.Revised); err != nil {
		return err
	}
	classes := gatewright.DefaultPolicyClasses()
	maps.Copy(classes, o.Settings.PolicyTypes)
	t := term.NewTable("POLICY TYPE", "CLASS", "SAID BY")
	for _, name := range slices.Sorted(maps.Keys(classes)) {
		by := "default"
		if _, set := o.Settings.PolicyTypes[name]; set {
			by = "organisation"
		}
		t.Row(name, string(classes[name]), by)
	}
	return t.Write(s)
}
