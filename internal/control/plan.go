package control

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// Plan computes what the request would do. It changes nothing.
func (c *Control) Plan(ctx context.Context, req Request) (*gatewright.Plan, error) {
	return c.planOf(ctx, &req)
}

func (c *Control) describe(d *draft) (*gatewright.Plan, error) {
	p := &gatewright.Plan{
		Kind: d.req.Kind, Group: d.group.Name, Units: d.units, NoOp: true,
		Items: []gatewright.PlanItem{}, Findings: slices.Clone(d.findings), Instances: []gatewright.PlanTarget{},
	}
	if p.Findings == nil {
		p.Findings = []gatewright.Finding{}
	}
	for i := range d.items {
		item, err := d.describeItem(&d.items[i])
		if err != nil {
			return nil, err
		}
		p.NoOp = p.NoOp && item.Action == "none"
		p.Items = append(p.Items, item)
	}
	instances, err := d.tx.Instances(d.group.ID)
	if err != nil {
		return nil, err
	}
	now := d.tx.Now()
	for _, in := range instances {
		c.refresh(in)
		p.Instances = append(p.Instances, gatewright.PlanTarget{
			ID: in.ID, Name: in.Name, Health: in.HealthAt(now, c.cfg.LostAfter, d.group),
		})
	}
	p.Approval = d.approvalNeeded()
	p.Hash = d.hash()
	return p, nil
}

// hash identifies what the plan does and what the checks found. Numbers,
// identifiers and times that storing the plan would give out take no part, nor
// does anything else that goes on in the group.
func (d *draft) hash() gatewright.Hash {
	type item struct {
		Action        gatewright.ChangeKind
		Subject       string
		Before, After *gatewright.SlotContent
		Stamp         string
		Resource      *gatewright.ResourceChange
	}
	type finding struct{ Check, Level, Subject, Message string }
	var in struct {
		Kind                 gatewright.ChangeKind
		Group                gatewright.GroupID
		NotBefore, ExpiresAt time.Time
		Items                []item
		Findings             []finding
	}
	in.Kind, in.Group, in.NotBefore, in.ExpiresAt = d.req.Kind, d.group.ID, d.req.NotBefore.UTC(), d.req.ExpiresAt.UTC()
	for i := range d.items {
		it := &d.items[i]
		in.Items = append(in.Items, item{it.action, it.subject(), d.anonymous(it.before), d.anonymous(it.after), it.stamp, it.resource})
	}
	for _, f := range d.findings {
		if f.Check == "instances" || f.Check == "units" {
			continue // who is reachable, and what else is deployed, changes by itself and alters nothing of what is done
		}
		in.Findings = append(in.Findings, finding{f.Check, string(f.Level), f.Subject, f.Message})
	}
	b, err := json.Marshal(in)
	if err != nil {
		panic("control: plan does not marshal: " + err.Error()) // plain data
	}
	return gatewright.HashBytes(b)
}

// anonymous returns c without what only storing the plan would decide.
func (d *draft) anonymous(c *gatewright.SlotContent) *gatewright.SlotContent {
	if c == nil {
		return nil
	}
	copied := *c
	copied.Revision, copied.Number, copied.ConfigID = "", 0, ""
	if c.Lifecycle != nil {
		l, now := *c.Lifecycle, d.tx.Now()
		for _, at := range []*time.Time{&l.DeprecatedAt, &l.RetiredAt} {
			if at.Equal(now) {
				*at = time.Unix(0, 0).UTC() // "as it goes live", whenever that is
			}
		}
		copied.Lifecycle = &l
	}
	return &copied
}

func (d *draft) describeItem(it *draftItem) (gatewright.PlanItem, error) {
	if it.resource != nil {
		return describeResource(it.resource), nil
	}
	item := gatewright.PlanItem{Kind: it.action, Subject: it.api.Name, Track: it.track.Name, Action: "update", Lines: []string{}}
	if it.before != nil {
		item.From = it.before.Label()
	} else {
		item.Action = "create"
	}
	if it.after == nil {
		item.Action = "remove"
		item.Lines = append(item.Lines, "- "+it.before.Label()+" no longer runs in "+d.group.Name)
		return item, nil
	}
	item.To = it.after.Label()
	if it.relabels {
		item.Lines = append(item.Lines, "~ groups that run it without a version show "+it.stamp+" too")
	}
	if it.before == nil {
		item.Lines = append(item.Lines, describeFirst(it)...)
		return item, nil
	}
	lines, err := d.describeUpdate(it)
	if err != nil {
		return item, err
	}
	item.Lines = append(item.Lines, lines...)
	if len(item.Lines) == 0 {
		if it.action == gatewright.ChangeSettings {
			item.Lines = append(item.Lines, "~ settings of the API")
		} else if d.supersedes(it) {
			item.Lines = append(item.Lines, "~ the change under way is given up; "+it.after.Label()+" goes on serving")
		} else {
			item.Action = "none"
		}
	}
	return item, nil
}

func describeFirst(it *draftItem) []string {
	def, rt := &it.revision.Definition, &it.after.Runtime
	if it.api.Kind == gatewright.KindFlow {
		return diffPolicies(&gatewright.Definition{}, def)
	}
	lines := []string{
		fmt.Sprintf("+ base path %s, %s", shownBase(rt.PathPrefix, def.BasePath), count(len(def.Routes), "route")),
		"+ upstream " + describeUpstream(&rt.Upstream),
	}
	if def.Data != nil {
		lines = []string{"+ path " + shownBase(rt.PathPrefix, def.BasePath), "+ " + describeData(def.Data)}
	}
	lines = append(lines, diffPolicies(&gatewright.Definition{}, def)...)
	if len(rt.Hosts) > 0 {
		lines = append(lines, "+ hosts "+strings.Join(rt.Hosts, ", "))
	}
	return lines
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// shownBase is what stands in front of every route's path.
func shownBase(prefix, base string) string {
	if base == "/" && prefix != "" {
		return prefix
	}
	return gatewright.JoinPath(prefix, base)
}

func (d *draft) describeUpdate(it *draftItem) ([]string, error) {
	var lines []string
	if it.before.Label() != it.after.Label() {
		lines = append(lines, "~ "+it.before.Label()+" → "+it.after.Label())
	}
	if it.before.Hash != it.after.Hash {
		before, err := d.tx.Revision(it.before.Revision)
		if err != nil {
			return nil, err
		}
		diff := append(diffData(before.Definition.Data, it.revision.Definition.Data), diffRoutes(before.Definition.Routes, it.revision.Definition.Routes)...)
		diff = append(diff, diffPolicies(&before.Definition, &it.revision.Definition)...)
		switch {
		case len(diff) > 0:
		case it.api.Kind == gatewright.KindFlow:
			diff = []string{"~ title or description changed; its policies are the same"}
		default:
			diff = []string{"~ document changed; its routes are the same"}
		}
		lines = append(lines, diff...)
	}
	lines = append(lines, diffRuntime(&it.before.Runtime, &it.after.Runtime)...)
	lines = append(lines, diffCanary(it.before.Canary, it.after.Canary)...)
	return append(lines, diffLifecycle(it.before.Lifecycle, it.after.Lifecycle)...), nil
}

// diffRoutes lists added, removed and altered routes, by what they answer to.
func diffRoutes(before, after []gatewright.Route) []string {
	name := func(r *gatewright.Route) string {
		methods := "*"
		if len(r.Methods) > 0 {
			methods = strings.Join(r.Methods, ",")
		}
		return methods + " " + r.Path
	}
	old := make(map[string]*gatewright.Route, len(before))
	for i := range before {
		old[name(&before[i])] = &before[i]
	}
	var lines []string
	for i := range after {
		n := name(&after[i])
		b, ok := old[n]
		switch {
		case !ok:
			lines = append(lines, "+ "+n)
		case b.Name != after[i].Name:
			lines = append(lines, "~ "+n+": "+b.Name+" → "+after[i].Name)
		case b.Priority != after[i].Priority:
			lines = append(lines, fmt.Sprintf("~ %s: priority %d → %d", n, b.Priority, after[i].Priority))
		}
		delete(old, n)
	}
	gone := make([]string, 0, len(old))
	for n := range old {
		gone = append(gone, "- "+n)
	}
	slices.Sort(gone)
	return append(gone, lines...)
}
