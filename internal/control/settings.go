package control

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// APIPatch alters an API's name, owner and settings; nil members stay as they
// are.
type APIPatch struct {
	Name          *string
	Owner         *string
	Description   *string
	Scheme        *gatewright.VersionScheme
	Security      *gatewright.SecurityLevel
	MaxQPS        *int
	MaxRows       *int
	Project       *gatewright.ProjectID
	Folder        *string   // an ID, a path, or "" for the root
	Tags          *[]string // all it has from now on, each "group/tag" or an ID
	Collaborators *[]string
	Pin, Unpin    []string // versions or numbers of revisions
}

// empty reports whether the patch alters nothing.
func (p *APIPatch) empty() bool { return reflect.DeepEqual(p, &APIPatch{}) }

// APIUpdate is an altered API, and the changes that tell gateways.
type APIUpdate struct {
	API     *gatewright.API
	Changes []*gatewright.Change // one for each group, when name, security level or limit of requests changed
}

// UpdateAPI alters name, owner and settings of an API; revised is what its
// Revised was when it was read. They take effect at once: where the API is
// deployed, what gateways know of them goes live as a change of kind settings,
// which waits for nobody. Errors: [gatewright.Conflict] when the API was
// altered since or the name is taken, [gatewright.Invalid] for values that are
// none, [gatewright.NotFound] for a folder, tag or revision that does not exist.
func (c *Control) UpdateAPI(ctx context.Context, actor gatewright.Actor, name string, revised int64, p APIPatch) (*APIUpdate, error) {
	var u *APIUpdate
	err := c.store.Update(ctx, func(tx Tx) error {
		before, _, err := findAPI(tx, name)
		if err != nil {
			return err
		}
		if before.Revised != revised {
			return altered(fmt.Sprintf("API %q", before.Name))
		}
		api := *before
		api.Settings = before.Settings.Clone()
		u = &APIUpdate{API: &api}
		if err := p.apply(tx, &api); err != nil {
			return err
		}
		if reflect.DeepEqual(before, &api) {
			return nil
		}
		if api.Name != before.Name {
			if err := stillCalled(tx, before, "renamed"); err != nil {
				return err
			}
			if err := stillBrought(tx, before, "renamed"); err != nil {
				return err
			}
		}
		if err := tx.UpdateAPI(&api); err != nil {
			return err
		}
		if err := auditChange(tx, actor, "api.settings", string(api.ID), before, &api); err != nil {
			return err
		}
		if lines := shownSettings(before, &api); len(lines) > 0 {
			u.Changes, err = c.sendSettings(tx, actor, &api, strings.Join(lines, ", "))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, ch := range u.Changes {
		c.changed(ch)
	}
	return u, nil
}

func (p *APIPatch) apply(tx Tx, api *gatewright.API) error {
	s := &api.Settings
	if p.Name != nil && normal(*p.Name) != api.Name {
		api.Name = normal(*p.Name)
		if err := gatewright.CheckAPIName(api.Kind, api.Name); err != nil {
			return err
		}
	}
	if p.Owner != nil {
		api.Owner = normal(*p.Owner)
		if err := gatewright.CheckName("owner", api.Owner); err != nil {
			return err
		}
	}
	set(&s.Description, p.Description)
	set(&s.Scheme, p.Scheme)
	set(&s.Security, p.Security)
	set(&s.MaxQPS, p.MaxQPS)
	set(&s.MaxRows, p.MaxRows)
	if p.Collaborators != nil {
		s.Collaborators = nil
		for _, name := range *p.Collaborators {
			s.Collaborators = append(s.Collaborators, normal(name))
		}
	}
	if p.Tags != nil {
		var err error
		if s.Tags, err = findTags(tx, *p.Tags); err != nil {
			return err
		}
	}
	if err := p.place(tx, s); err != nil {
		return err
	}
	if err := p.pin(tx, api); err != nil {
		return err
	}
	return s.Validate()
}

// place puts the API into a project and a folder of it.
func (p *APIPatch) place(tx Tx, s *gatewright.APISettings) error {
	if p.Project != nil {
		into, err := findProject(tx, string(*p.Project))
		if err != nil {
			return err
		}
		if into.ID != cmp.Or(s.Project, gatewright.DefaultProject) {
			s.Project, s.Folder = into.ID, "" // folders do not reach beyond their project
		}
	}
	if p.Folder == nil {
		return nil
	}
	var err error
	s.Folder, _, err = findFolderOrRoot(tx, cmp.Or(s.Project, gatewright.DefaultProject), *p.Folder)
	return err
}

// pin keeps revisions from being pruned, or lets them go.
func (p *APIPatch) pin(tx Tx, api *gatewright.API) error {
	s := &api.Settings
	for _, name := range p.Pin {
		rev, err := findRevision(tx, api, name)
		if err != nil {
			return err
		}
		if !slices.Contains(s.Pinned, rev.Number) {
			s.Pinned = append(s.Pinned, rev.Number)
		}
	}
	for _, name := range p.Unpin {
		rev, err := findRevision(tx, api, name)
		if err != nil {
			return err
		}
		s.Pinned = slices.DeleteFunc(s.Pinned, func(n int) bool { return n == rev.Number })
	}
	slices.Sort(s.Pinned)
	if len(s.Pinned) == 0 {
		s.Pinned = nil
	}
	return nil
}

// shownSettings tells what of an API gateways have to be told, in words.
func shownSettings(before, after *gatewright.API) []string {
	var lines []string
	add := func(what string, from, to any) {
		if from != to {
			lines = append(lines, fmt.Sprintf("%s %v → %v", what, from, to))
		}
	}
	level := func(l gatewright.SecurityLevel) gatewright.SecurityLevel { return cmp.Or(l, gatewright.SecurityPublic) }
	limit := func(n int) string {
		if n == 0 {
			return "none"
		}
		return fmt.Sprint(n)
	}
	add("name", before.Name, after.Name)
	add("security level", level(before.Settings.Security), level(after.Settings.Security))
	add("max QPS", limit(before.Settings.MaxQPS), limit(after.Settings.MaxQPS))
	if after.Kind == gatewright.KindData {
		add("max rows", limit(before.Settings.MaxRows), limit(after.Settings.MaxRows))
	}
	return lines
}

// sendSettings tells every group that runs the API what its settings are now:
// a change for each, through the lane that waits for nobody. The checks are not
// asked: nothing of what runs is another thing than before.
func (c *Control) sendSettings(tx Tx, actor gatewright.Actor, api *gatewright.API, reason string) ([]*gatewright.Change, error) {
	slots, err := tx.Slots(SlotFilter{API: api.ID, Deployed: true})
	if err != nil {
		return nil, err
	}
	var changes []*gatewright.Change
	for len(slots) > 0 {
		req := &Request{Kind: gatewright.ChangeSettings, Group: string(slots[0].Group), AllowNoInstance: true}
		n := 0
		for n < len(slots) && slots[n].Group == slots[0].Group {
			req.Items = append(req.Items, Item{API: string(api.ID) + "@" + slots[n].Track})
			n++
		}
		slots = slots[n:]
		d, err := resolve(tx, req)
		if err != nil {
			return nil, err
		}
		plan, err := c.describe(d)
		if err != nil {
			return nil, err
		}
		plan.Approval = nil // what takes rights away waits for nobody
		ch, err := c.record(d, actor, plan, reason)
		if err != nil {
			return nil, err
		}
		changes = append(changes, ch)
	}
	return changes, nil
}
