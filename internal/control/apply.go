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

// Limits of an apply.
const (
	DefaultPruneLimit = 10
	MaxPruneLimit     = MaxItems
)

// Scope says which things an apply may remove: those of a kind ("api",
// "flow", "registry", "app", "flowhooks", "datasource", "table" or "dataapi"), or one of them.
type Scope struct {
	Kind string
	Name string // of an API with or without its track; "" for all of the kind
}

func (s Scope) covers(kind, name string) bool {
	if s.Kind != kind || s.Name == "" || s.Name == name {
		return s.Kind == kind
	}
	i := strings.LastIndexByte(name, '@')
	return (kind == "api" || kind == "flow" || kind == "dataapi") && i > 0 && s.Name == name[:i]
}

// ApplyRequest asks that a group has a state. What the state does not speak of
// stays as it is, unless it is pruned.
type ApplyRequest struct {
	Group      string
	State      State
	Prune      []Scope // what is not in the state and to be removed; nil for nothing
	PruneLimit int     // removals that are refused beyond; 0 is DefaultPruneLimit

	AbortCanary, AllowNoInstance, BreakFreeze, Force bool
	AllowBreaking                                    []Allowance
	NotBefore, ExpiresAt                             time.Time
	Notify                                           []string

	opener *Control // see Request
}

// request returns the change that an apply makes, without its items.
func (r *ApplyRequest) request() *Request {
	return &Request{
		Kind: gatewright.ChangeApply, Group: r.Group, Override: true,
		AbortCanary: r.AbortCanary, AllowNoInstance: r.AllowNoInstance, BreakFreeze: r.BreakFreeze, Force: r.Force,
		AllowBreaking: r.AllowBreaking, NotBefore: r.NotBefore, ExpiresAt: r.ExpiresAt, Notify: r.Notify, opener: r.opener,
	}
}

// PlanApply computes what an apply would do. It changes nothing. Its items say
// what is the same already, too.
func (c *Control) PlanApply(ctx context.Context, req ApplyRequest) (*gatewright.Plan, error) {
	return c.planOf(ctx, &req)
}

// Apply plans again and makes the group have the state: what gateways run as
// one change, settings of APIs and of the group at once, all in one
// transaction. The submission's change is nil when gateways are not concerned.
// Errors are those of [Control.Submit].
func (c *Control) Apply(ctx context.Context, actor gatewright.Actor, req ApplyRequest, opts SubmitOptions) (*Submission, error) {
	return c.carryOut(ctx, actor, &req, opts)
}

func (r *ApplyRequest) change() *Request { return r.request() }

func (r *ApplyRequest) knows(c *Control) { r.opener = c }

func (r *ApplyRequest) resolve(tx Tx) (resolved, error) { return resolveApply(tx, r) }

// applying is an apply resolved against the present state.
type applying struct {
	req *ApplyRequest
	d   *draft

	planned  []gatewright.PlanItem // of d's items
	same     []gatewright.PlanItem // what is as it shall be
	settings []apiAlteration
	group    *gatewright.Group // as it shall be; nil when it is that
	pending  []pendingGrant
	known    []*gatewright.App           // the group's, read once
	names    map[gatewright.APIID]string // of APIs that apps are granted
}

// apiAlteration is new owner and settings of an API.
type apiAlteration struct{ before, after *gatewright.API }

// pendingGrant is a grant of an API that the apply makes.
type pendingGrant struct {
	app *gatewright.App
	api *gatewright.API
	at  gatewright.Grant
}

func (a *applying) draft() *draft { return a.d }

// resolveApply resolves the request. As with [resolve], what the rules have to
// say comes from the checks.
func resolveApply(tx Tx, req *ApplyRequest) (*applying, error) {
	a := &applying{
		req: req, names: map[gatewright.APIID]string{},
		d: &draft{tx: tx, req: req.request(), made: map[string]*gatewright.API{}},
	}
	if err := a.checkSize(); err != nil {
		return nil, err
	}
	var err error
	if a.d.group, err = findGroup(tx, req.Group); err != nil {
		return nil, err
	}
	stated := map[string]bool{}
	for _, s := range req.State.APIs {
		title, err := a.api(s)
		if err != nil {
			return nil, err
		}
		if stated[title] {
			return nil, gatewright.FieldErrorf("state", "%s is stated twice", title)
		}
		stated[title] = true
	}
	for _, r := range req.State.Registries {
		if err := a.resource(&Item{Resource: &gatewright.GroupResource{Registry: r}}, gatewright.ChangeConfigure); err != nil {
			return nil, err
		}
	}
	if err := a.dataResources(); err != nil {
		return nil, err
	}
	if err := a.flowHooks(); err != nil {
		return nil, err
	}
	for _, s := range req.State.Apps {
		if err := a.app(s); err != nil {
			return nil, err
		}
	}
	if err := a.groupSettings(); err != nil {
		return nil, err
	}
	if err := a.prune(stated); err != nil {
		return nil, err
	}
	return a, a.d.checkDistinct()
}

func (a *applying) checkSize() error {
	s := &a.req.State
	if n := len(s.APIs) + len(s.Registries) + len(s.Sources) + len(s.Tables) + len(s.Apps); n > MaxItems {
		return gatewright.Errorf(gatewright.LimitExceeded, "%d things; at most %d are allowed in one change", n, MaxItems)
	}
	if n := a.req.PruneLimit; n < 0 || n > MaxPruneLimit {
		return gatewright.FieldErrorf("pruneLimit", "%d is not between 0 and %d", n, MaxPruneLimit)
	}
	sized := *a.d.req
	for _, api := range s.APIs {
		sized.Items = append(sized.Items, Item{Definition: api.Definition})
		if api.Canary != nil {
			sized.Items = append(sized.Items, Item{Definition: api.Canary.Definition})
		}
	}
	sized.Items = sized.Items[:min(len(sized.Items), MaxItems)]
	return checkSize(&sized)
}

// apps returns the group's apps.
func (a *applying) apps() (apps []*gatewright.App, err error) {
	if a.known == nil {
		a.known, err = appsOf(a.d.tx, a.d.group)
	}
	return a.known, err
}

// resource adds a group resource, unless it is the same already.
func (a *applying) resource(item *Item, action gatewright.ChangeKind) error {
	n := len(a.d.items)
	if err := a.d.configureResource(item); err != nil {
		return err
	}
	it := &a.d.items[n]
	it.action = action
	if sameResource(it.resource.Before, it.resource.After) && !slices.ContainsFunc(a.pending, func(p pendingGrant) bool { return p.app == item.Resource.App }) {
		a.same = append(a.same, gatewright.PlanItem{Kind: action, Subject: it.resource.Name, Action: "none", Lines: []string{}})
		a.d.items = a.d.items[:n]
	}
	return nil
}

func (a *applying) groupSettings() error {
	s := a.req.State.Group
	if s == nil {
		return nil
	}
	g := *a.d.group
	if s.Labels != nil {
		g.Labels = *s.Labels
	}
	if s.Settings != nil {
		g.Settings = *s.Settings
	}
	if err := g.Validate(); err != nil {
		return err
	}
	if len(a.groupLines(&g)) > 0 {
		a.group = &g
	} else {
		a.same = append(a.same, gatewright.PlanItem{Kind: gatewright.ChangeConfigure, Subject: "settings of the group", Action: "none", Lines: []string{}})
	}
	return nil
}

// describe returns the plan.
func (a *applying) describe(c *Control) (*gatewright.Plan, error) {
	for _, p := range a.pending { // for the description: by name, as there is no ID yet
		p.app.Grants = append(p.app.Grants, gatewright.Grant{API: gatewright.APIID(p.api.Name), Clearance: p.at.Clearance})
	}
	plan, err := c.describe(a.d)
	if err != nil {
		return nil, err
	}
	for _, p := range a.pending {
		p.app.Grants = p.app.Grants[:len(p.app.Grants)-1]
	}
	for i := range plan.Items {
		for j, line := range plan.Items[i].Lines {
			for id, name := range a.names {
				line = strings.ReplaceAll(line, string(id), name)
			}
			plan.Items[i].Lines[j] = line
		}
	}
	a.planned = slices.Clone(plan.Items)
	plan.Items = append(plan.Items, a.settingItems()...)
	plan.NoOp = len(plan.Items) == 0
	plan.Items = append(plan.Items, a.same...)
	plan.Hash, err = a.hash(plan)
	return plan, err
}

// settingItems tells what becomes of settings.
func (a *applying) settingItems() []gatewright.PlanItem {
	var items []gatewright.PlanItem
	for _, s := range a.settings {
		items = append(items, gatewright.PlanItem{
			Kind: gatewright.ChangeSettings, Subject: "settings of " + s.after.Name, Action: "update", Lines: settingLines(s.before, s.after),
		})
	}
	if a.group != nil {
		items = append(items, gatewright.PlanItem{
			Kind: gatewright.ChangeConfigure, Subject: "settings of the group", Action: "update", Lines: a.groupLines(a.group),
		})
	}
	return items
}

func settingLines(before, after *gatewright.API) []string {
	type shown struct {
		Owner string `json:"owner"`
		gatewright.APISettings
	}
	return linesOf(differences(shown{before.Owner, portable(before.Settings)}, shown{after.Owner, portable(after.Settings)}))
}

func (a *applying) groupLines(after *gatewright.Group) []string {
	type shown struct {
		Labels   map[string]string        `json:"labels,omitempty"`
		Settings gatewright.GroupSettings `json:"settings"`
	}
	return linesOf(differences(shown{a.d.group.Labels, a.d.group.Settings}, shown{after.Labels, after.Settings}))
}

// hash identifies what was asked for and what the plan says of it. Who is
// reachable and what time it is take no part.
func (a *applying) hash(plan *gatewright.Plan) (gatewright.Hash, error) {
	var in struct {
		Request  *ApplyRequest
		Items    []gatewright.PlanItem
		Findings []gatewright.Finding
	}
	in.Request = a.req
	now := a.d.tx.Now().UTC().Format(time.RFC3339)
	for _, item := range plan.Items {
		item.Lines = slices.Clone(item.Lines)
		for i, line := range item.Lines {
			item.Lines[i] = strings.ReplaceAll(line, now, "now")
		}
		in.Items = append(in.Items, item)
	}
	in.Findings = slices.DeleteFunc(slices.Clone(plan.Findings), func(f gatewright.Finding) bool { return f.Check == "instances" })
	b, err := json.Marshal(in)
	if err != nil {
		return "", fmt.Errorf("hash the plan: %w", err)
	}
	return gatewright.HashBytes(b), nil
}
