package control

import (
	"cmp"
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
	var plan *gatewright.Plan
	err := c.store.View(ctx, func(tx Tx) error {
		d, err := c.draft(tx, &req)
		if err != nil {
			return err
		}
		plan, err = c.describe(d)
		return err
	})
	return plan, err
}

// draft resolves the request and runs every check over it.
func (c *Control) draft(tx Tx, req *Request) (*draft, error) {
	d, err := resolve(tx, req)
	if err != nil {
		return nil, err
	}
	return d, c.runChecks(d)
}

func (c *Control) describe(d *draft) (*gatewright.Plan, error) {
	p := &gatewright.Plan{
		Kind: d.req.Kind, Group: d.group.Name, NoOp: true,
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
	p.Hash = d.hash()
	return p, nil
}

// hash identifies what the plan does and what the checks found. Numbers and
// identifiers that storing the plan would give out take no part, nor does
// anything else that goes on in the group.
func (d *draft) hash() gatewright.Hash {
	type item struct {
		Subject       string
		Before, After *gatewright.SlotContent
		Stamp         string
		Registry      *gatewright.RegistryChange
	}
	type finding struct{ Check, Level, Subject, Message string }
	var in struct {
		Kind     gatewright.ChangeKind
		Group    gatewright.GroupID
		Items    []item
		Findings []finding
	}
	anonymous := func(c *gatewright.SlotContent) *gatewright.SlotContent {
		if c == nil {
			return nil
		}
		copied := *c
		copied.Revision, copied.Number = "", 0
		return &copied
	}
	in.Kind, in.Group = d.req.Kind, d.group.ID
	for i := range d.items {
		it := &d.items[i]
		in.Items = append(in.Items, item{it.subject(), anonymous(it.before), anonymous(it.after), it.stamp, it.registry})
	}
	for _, f := range d.findings {
		if f.Check == "instances" {
			continue // who is reachable changes by itself and alters nothing of what is done
		}
		in.Findings = append(in.Findings, finding{f.Check, string(f.Level), f.Subject, f.Message})
	}
	b, err := json.Marshal(in)
	if err != nil {
		panic("control: plan does not marshal: " + err.Error()) // plain data
	}
	return gatewright.HashBytes(b)
}

func (d *draft) describeItem(it *draftItem) (gatewright.PlanItem, error) {
	if it.registry != nil {
		return describeRegistry(it.registry), nil
	}
	item := gatewright.PlanItem{Subject: it.api.Name, Track: it.track.Name, Action: "update", Lines: []string{}}
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
		if d.supersedes(it) {
			item.Lines = append(item.Lines, "~ the change under way is given up; "+it.after.Label()+" goes on serving")
		} else {
			item.Action = "none"
		}
	}
	return item, nil
}

func describeFirst(it *draftItem) []string {
	def, rt := &it.revision.Definition, &it.after.Runtime
	lines := []string{
		fmt.Sprintf("+ base path %s, %s", shownBase(rt.PathPrefix, def.BasePath), count(len(def.Routes), "route")),
		"+ upstream " + describeUpstream(&rt.Upstream),
	}
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
		diff := diffRoutes(before.Definition.Routes, it.revision.Definition.Routes)
		if len(diff) == 0 {
			diff = []string{"~ document changed; its routes are the same"}
		}
		lines = append(lines, diff...)
	}
	return append(lines, diffRuntime(&it.before.Runtime, &it.after.Runtime)...), nil
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

func diffRuntime(before, after *gatewright.RuntimeConfig) []string {
	var lines []string
	diff := func(what, b, a string) {
		if b != a {
			lines = append(lines, "~ "+what+" "+orNone(b)+" → "+orNone(a))
		}
	}
	diff("enabled", fmt.Sprint(before.Enabled), fmt.Sprint(after.Enabled))
	diff("hosts", strings.Join(before.Hosts, ", "), strings.Join(after.Hosts, ", "))
	diff("path prefix", before.PathPrefix, after.PathPrefix)
	diff("keep path prefix", fmt.Sprint(before.KeepPathPrefix), fmt.Sprint(after.KeepPathPrefix))
	diff("upstream", describeUpstream(&before.Upstream), describeUpstream(&after.Upstream))
	return lines
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

func describeUpstream(u *gatewright.Upstream) string {
	var b strings.Builder
	b.WriteString(u.Scheme + "://")
	for i, n := range u.Nodes {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(n.String())
	}
	if u.Discovery != nil {
		b.WriteString(u.Discovery.String())
	}
	switch u.HostHeader {
	case gatewright.HostHeaderClient:
		b.WriteString(" (client's host)")
	case gatewright.HostHeaderFixed:
		b.WriteString(" (host " + u.Host + ")")
	}
	t := u.Timeouts.WithDefaults()
	if t != (gatewright.Timeouts{}).WithDefaults() {
		fmt.Fprintf(&b, " (timeouts %s %s %s)", time.Duration(t.Connect), time.Duration(t.Send), time.Duration(t.Read))
	}
	return b.String()
}

func describeRegistry(r *gatewright.RegistryChange) gatewright.PlanItem {
	item := gatewright.PlanItem{Subject: "registry " + r.Name, Lines: []string{}}
	text := func(r *gatewright.Registry) string {
		stale := cmp.Or(time.Duration(r.Stale), gatewright.DefaultStale)
		servers := "the machine's resolvers"
		if len(r.Servers) > 0 {
			servers = strings.Join(r.Servers, ", ")
		}
		return fmt.Sprintf("%s, %s, stale %s", r.Type, servers, stale)
	}
	switch {
	case r.After == nil:
		item.Action = "remove"
		item.Lines = append(item.Lines, "- "+text(r.Before))
	case r.Before == nil:
		item.Action = "create"
		item.Lines = append(item.Lines, "+ "+text(r.After))
	case text(r.Before) == text(r.After):
		item.Action = "none"
	default:
		item.Action = "update"
		item.Lines = append(item.Lines, "~ "+text(r.Before)+" → "+text(r.After))
	}
	return item
}
