package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

// groupSetFlags say what becomes of a group's labels and settings. One that is
// not given leaves its part as it is.
type groupSetFlags struct {
	labels        map[string]string
	locations     []string
	compatibility string
	approvals     []string
	freezes       []string
	limitMode     string
	limitUnits    int
	limitProxies  int
	limitFlows    int
	limitDeployed int
	unset         []string
	revised       int64
}

// anyKind stands in an approval rule for every kind of change.
const anyKind = "all"

func (f *groupSetFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringToStringVar(&f.labels, "label", nil, "label `key=value`, added or replaced; repeat for several")
	flags.StringArrayVar(&f.locations, "location", nil, "`place` where its gateways stand; repeat for several (replaces all)")
	flags.StringVar(&f.compatibility, "compatibility", "", "what is done about incompatible changes: off, warn or enforce")
	flags.StringArrayVar(&f.approvals, "approve", nil, "`kinds=count[@role]`: changes of these kinds need that many approvals, as publish,sync=2 or all=1; repeat for several (replaces all rules)")
	flags.StringArrayVar(&f.freezes, "freeze", nil, "`name=from/until`: nothing is changed in that time; added, or replaces the one of that name")
	flags.StringVar(&f.limitMode, "limit-mode", "", "what happens at a limit: warn or reject")
	flags.IntVar(&f.limitUnits, "limit-units", 0, "most deployment units: deployed revisions × locations; 0 for no limit")
	flags.IntVar(&f.limitProxies, "limit-proxies", 0, "most deployed proxies; 0 for no limit")
	flags.IntVar(&f.limitFlows, "limit-flows", 0, "most deployed shared flows; 0 for no limit")
	flags.IntVar(&f.limitDeployed, "limit-deployed", 0, "most deployed proxies and shared flows together; 0 for no limit")
	flags.StringArrayVar(&f.unset, "unset", nil, "`what` to take away: labels, label:KEY, locations, compatibility, approvals, freezes, freeze:NAME, limits; repeat for several")
	flags.Int64Var(&f.revised, "revised", 0, "refuse if the group was altered since it had this `number` (revised in: gatewright get groups NAME -o json)")
	complete(cmd, "compatibility", "off", "warn", "enforce")
	complete(cmd, "limit-mode", "warn", "reject")
	complete(cmd, "unset", "labels", "locations", "compatibility", "approvals", "freezes", "limits")
}

func (a *app) groupSet() *cobra.Command {
	var f groupSetFlags
	cmd := a.clientFlags(&cobra.Command{
		Use:   "set NAME",
		Short: "Alter labels and settings of a gateway group",
		Long: `Alter labels and settings of a gateway group: where its gateways stand, whether
incompatible changes are refused, which changes need approval, when nothing may
be changed, how much may be deployed. They take effect at once. What no flag
names stays as it is.

Times are as 2026-12-20T00:00Z, 2026-12-20, now, or a span from now (2h).`,
		Example: `  gatewright group set production --approve publish,sync=2 --approve rollback=1@gateway-operator
  gatewright group set production --freeze 'xmas=2026-12-20T00:00Z/2027-01-02T00:00Z'
  gatewright group set production --location eu --location us --limit-units 60 --limit-mode warn
  gatewright group set production --unset freeze:xmas --unset limits`,
		Args:              exactly("the NAME of a group"),
		ValidArgsFunction: a.completeGroupArg,
	})
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		given := false
		for _, name := range []string{
			"label", "location", "compatibility", "approve", "freeze", "limit-mode", "limit-units", "limit-proxies", "limit-flows", "limit-deployed", "unset",
		} {
			given = given || cmd.Flags().Changed(name)
		}
		if !given {
			return usagef("nothing to set; give --label, --location, --compatibility, --approve, --freeze, --limit-… or --unset")
		}
		return a.look(func(ctx context.Context, c *client.Client, args []string) error {
			return a.setGroup(ctx, c, cmd, &f, args[0])
		})(cmd, args)
	}
	return cmd
}

func (a *app) setGroup(ctx context.Context, c *client.Client, cmd *cobra.Command, f *groupSetFlags, name string) error {
	g, err := c.Group(ctx, name)
	if err != nil {
		return err
	}
	revised := g.Revised
	if cmd.Flags().Changed("revised") {
		revised = f.revised
	}
	if err := f.apply(cmd, g, a.env.Now()); err != nil {
		return err
	}
	if g.Labels == nil {
		g.Labels = map[string]string{}
	}
	g, err = c.UpdateGroup(ctx, string(g.ID), revised, client.GroupUpdate{Labels: g.Labels, Settings: &g.Settings})
	if err != nil {
		return err
	}
	return a.show(g, func(s *term.Screen) error {
		if err := a.resultf("group %s is set\n", term.Clean(g.Name)); err != nil {
			return err
		}
		return writeGroupSettings(s, g)
	})
}

// apply alters g as the flags say: first what is taken away, then what is set.
func (f *groupSetFlags) apply(cmd *cobra.Command, g *gatewright.Group, now time.Time) error {
	for _, what := range f.unset {
		if err := unsetGroup(g, what); err != nil {
			return err
		}
	}
	changed := cmd.Flags().Changed
	s := &g.Settings
	if changed("label") {
		labels := maps.Clone(g.Labels)
		if labels == nil {
			labels = map[string]string{}
		}
		maps.Copy(labels, f.labels)
		g.Labels = labels
	}
	if changed("location") {
		s.Locations = f.locations
	}
	if changed("compatibility") {
		s.Compatibility = gatewright.CompatibilityMode(f.compatibility)
	}
	if changed("approve") {
		s.Approvals = nil
		for _, text := range f.approvals {
			rule, err := parseApproval(text)
			if err != nil {
				return err
			}
			s.Approvals = append(s.Approvals, rule)
		}
	}
	for _, text := range f.freezes {
		w, err := parseFreeze(text, now)
		if err != nil {
			return err
		}
		s.Freezes = slices.DeleteFunc(s.Freezes, func(o gatewright.FreezeWindow) bool { return o.Name == w.Name })
		s.Freezes = append(s.Freezes, w)
	}
	if changed("limit-mode") {
		s.Limits.Mode = gatewright.LimitMode(f.limitMode)
	}
	if changed("limit-units") {
		s.Limits.Units = f.limitUnits
	}
	if changed("limit-proxies") {
		s.Limits.Proxies = f.limitProxies
	}
	if changed("limit-flows") {
		s.Limits.SharedFlows = f.limitFlows
	}
	if changed("limit-deployed") {
		s.Limits.Deployed = f.limitDeployed
	}
	return nil
}

// unsetGroup takes one thing away from the group's settings.
func unsetGroup(g *gatewright.Group, what string) error {
	s := &g.Settings
	kind, name, named := strings.Cut(what, ":")
	switch {
	case what == "labels":
		g.Labels = nil
	case kind == "label" && named:
		if _, has := g.Labels[name]; !has {
			return gatewright.Errorf(gatewright.NotFound, "%s has no label %q", g.Name, name)
		}
		delete(g.Labels, name)
	case what == "locations":
		s.Locations = nil
	case what == "compatibility":
		s.Compatibility = ""
	case what == "approvals":
		s.Approvals = nil
	case what == "freezes":
		s.Freezes = nil
	case kind == "freeze" && named:
		n := len(s.Freezes)
		s.Freezes = slices.DeleteFunc(s.Freezes, func(w gatewright.FreezeWindow) bool { return w.Name == name })
		if len(s.Freezes) == n {
			return gatewright.Errorf(gatewright.NotFound, "%s has no freeze window %q", g.Name, name)
		}
	case what == "limits":
		s.Limits = gatewright.Limits{}
	default:
		return usagef("--unset: %q is not labels, label:KEY, locations, compatibility, approvals, freezes, freeze:NAME or limits", what)
	}
	return nil
}

// parseApproval reads "publish,sync=2@approver".
func parseApproval(text string) (gatewright.ApprovalRule, error) {
	kinds, rest, ok := strings.Cut(text, "=")
	count, role, _ := strings.Cut(rest, "@")
	n, err := strconv.Atoi(count)
	if !ok || kinds == "" || err != nil {
		return gatewright.ApprovalRule{}, usagef("--approve: %q is not kinds=count or kinds=count@role, like publish,sync=2", text)
	}
	if role != "" && !slices.Contains(gatewright.Roles(), gatewright.Role(role)) {
		return gatewright.ApprovalRule{}, usagef("--approve: %q is not a role; those are %s", role, rolesText())
	}
	rule := gatewright.ApprovalRule{Count: n, Role: role}
	if kinds == anyKind {
		return rule, nil
	}
	for kind := range strings.SplitSeq(kinds, ",") {
		k := gatewright.ChangeKind(strings.TrimSpace(kind))
		if !k.Known() {
			return rule, usagef("--approve: %q is not a kind of change; those are %s, or %s for every kind", kind, strings.Join(gatewright.ChangeKinds(), ", "), anyKind)
		}
		rule.Kinds = append(rule.Kinds, k)
	}
	return rule, nil
}

func rolesText() string {
	var names []string
	for _, r := range gatewright.Roles() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// parseFreeze reads "name=from/until".
func parseFreeze(text string, now time.Time) (w gatewright.FreezeWindow, err error) {
	name, times, ok := strings.Cut(text, "=")
	from, until, both := strings.Cut(times, "/")
	if !ok || !both || from == "" || until == "" {
		return w, usagef("--freeze: %q is not name=from/until, like xmas=2026-12-20T00:00Z/2027-01-02T00:00Z", text)
	}
	w.Name = name
	if w.From, err = parseTime(from, now); err != nil {
		return w, usagef("--freeze %s: %s", name, err)
	}
	if w.Until, err = parseTime(until, now); err != nil {
		return w, usagef("--freeze %s: %s", name, err)
	}
	return w, nil
}

// writeGroupSettings writes what is set for a group, a line each.
func writeGroupSettings(s *term.Screen, g *gatewright.Group) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-14s %s\n", name+":", term.Clean(fmt.Sprintf(format, args...)))
	}
	set := &g.Settings
	if len(set.Locations) > 0 {
		line("locations", "%s", strings.Join(set.Locations, ", "))
	}
	line("compatibility", "%s", set.Gate(g.Stage))
	for i := range set.Approvals {
		r := &set.Approvals[i]
		kinds := anyKind
		if len(r.Kinds) > 0 {
			texts := make([]string, len(r.Kinds))
			for j, k := range r.Kinds {
				texts[j] = string(k)
			}
			kinds = strings.Join(texts, ",")
		}
		role := r.Role
		if role == "" {
			role = string(gatewright.RoleApprover)
		}
		line("approval", "%s need %d with the role %s", kinds, r.Count, role)
	}
	for _, w := range set.Freezes {
		line("freeze", "%s from %s until %s", w.Name, timeText(w.From), timeText(w.Until))
	}
	if l := set.Limits; l != (gatewright.Limits{}) {
		mode := l.Mode
		if mode == "" {
			mode = gatewright.LimitReject
		}
		line("limits", "units %s, proxies %s, shared flows %s, together %s; %s", limitText(l.Units), limitText(l.Proxies), limitText(l.SharedFlows), limitText(l.Deployed), mode)
	}
	if len(g.Labels) > 0 {
		line("labels", "%s", labelsText(g.Labels))
	}
	line("revised", "%d", g.Revised)
	_, err := fmt.Fprint(s, b.String())
	return err
}

func limitText(n int) string {
	if n == 0 {
		return "unlimited"
	}
	return strconv.Itoa(n)
}
