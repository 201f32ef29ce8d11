package control

import (
	"context"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// TagGroups lists the tag groups with their tags by name.
func (c *Control) TagGroups(ctx context.Context) ([]*gatewright.TagGroup, error) {
	var gs []*gatewright.TagGroup
	err := c.store.View(ctx, func(tx Tx) (err error) {
		gs, err = tx.TagGroups()
		return err
	})
	return gs, err
}

// TagGroup returns a tag group by name or ID.
func (c *Control) TagGroup(ctx context.Context, name string) (*gatewright.TagGroup, error) {
	var g *gatewright.TagGroup
	err := c.store.View(ctx, func(tx Tx) (err error) {
		g, err = findTagGroup(tx, name)
		return err
	})
	return g, err
}

// CreateTagGroup creates a tag group with tags of these names.
func (c *Control) CreateTagGroup(ctx context.Context, actor gatewright.Actor, name, description string, tags []string) (*gatewright.TagGroup, error) {
	var g *gatewright.TagGroup
	err := c.store.Update(ctx, func(tx Tx) error {
		all, err := tx.TagGroups()
		if err != nil {
			return err
		}
		if len(all) >= gatewright.MaxTagGroups {
			return gatewright.Errorf(gatewright.LimitExceeded, "there are %d tag groups; at most %d are allowed", len(all), gatewright.MaxTagGroups)
		}
		g = &gatewright.TagGroup{
			ID: gatewright.TagGroupID(gatewright.NewID("tgr_", tx.Now())), Name: normal(name), Description: description,
			Tags: []gatewright.Tag{}, CreatedAt: tx.Now(), CreatedBy: actor.Name,
		}
		addTags(tx, g, tags)
		if err := g.Validate(); err != nil {
			return err
		}
		if err := tx.CreateTagGroup(g); err != nil {
			return err
		}
		return auditChange(tx, actor, "tag.edit", string(g.ID), nil, g)
	})
	return g, err
}

func addTags(tx Tx, g *gatewright.TagGroup, names []string) {
	for _, name := range names {
		g.Tags = append(g.Tags, gatewright.Tag{ID: gatewright.TagID(gatewright.NewID("tag_", tx.Now())), Name: normal(name)})
	}
}

// TagGroupPatch alters a tag group; nil members stay as they are.
type TagGroupPatch struct {
	Name        *string
	Description *string
	Add         []string          // names of new tags
	Remove      []string          // names or IDs of tags
	Rename      map[string]string // name or ID of a tag → its new name
	Force       bool              // removes tags that APIs have, and takes them off these
}

// UpdateTagGroup alters a tag group and its tags; revised is what its Revised
// was when it was read. [gatewright.Conflict] when it was altered since, when a
// name is taken, and when a tag to remove is on an API and Force is not set.
func (c *Control) UpdateTagGroup(ctx context.Context, actor gatewright.Actor, group string, revised int64, p TagGroupPatch) (*gatewright.TagGroup, error) {
	var g *gatewright.TagGroup
	err := c.store.Update(ctx, func(tx Tx) error {
		before, err := findTagGroup(tx, group)
		if err != nil {
			return err
		}
		changed := *before
		g = &changed
		g.Revised, g.Tags = revised, slices.Clone(before.Tags)
		if p.Name != nil {
			g.Name = normal(*p.Name)
		}
		set(&g.Description, p.Description)
		if err := p.alterTags(tx, g); err != nil {
			return err
		}
		if err := g.Validate(); err != nil {
			return err
		}
		if err := tx.UpdateTagGroup(g); err != nil {
			return err
		}
		return auditChange(tx, actor, "tag.edit", string(g.ID), before, g)
	})
	return g, err
}

func (p *TagGroupPatch) alterTags(tx Tx, g *gatewright.TagGroup) error {
	renamed := map[*gatewright.Tag]string{} // found first, so that two tags can swap names
	for old, name := range p.Rename {
		t := g.Tag(normal(old))
		if t == nil {
			return noTag(g, old)
		}
		renamed[t] = normal(name)
	}
	for t, name := range renamed {
		t.Name = name
	}
	for _, name := range p.Remove {
		t := g.Tag(normal(name))
		if t == nil {
			return noTag(g, name)
		}
		gone := *t
		if err := untag(tx, g, gone, p.Force); err != nil {
			return err
		}
		g.Tags = slices.DeleteFunc(g.Tags, func(o gatewright.Tag) bool { return o.ID == gone.ID })
	}
	addTags(tx, g, p.Add)
	return nil
}

func noTag(g *gatewright.TagGroup, name string) error {
	return gatewright.Errorf(gatewright.NotFound, "tag group %q has no tag %q", g.Name, name)
}

// untag takes a tag off the APIs that have it, which must be none unless force
// is set.
func untag(tx Tx, g *gatewright.TagGroup, t gatewright.Tag, force bool) error {
	for {
		found, err := tx.SearchAPIs(APIFilter{Tags: []gatewright.TagID{t.ID}, Limit: movedAtOnce})
		if err != nil || len(found) == 0 {
			return err
		}
		if !force {
			e := gatewright.Errorf(gatewright.Conflict, "tag %s/%s is on APIs; take it off them, or remove it with force, which does that", g.Name, t.Name)
			for _, a := range found[:min(len(found), maxNamed)] {
				e.Details = append(e.Details, gatewright.Detail{Subject: a.Name, Message: "has the tag"})
			}
			return e
		}
		for _, a := range found {
			a.Settings.Tags = slices.DeleteFunc(slices.Clone(a.Settings.Tags), func(id gatewright.TagID) bool { return id == t.ID })
			if err := tx.UpdateAPI(&a.API); err != nil {
				return err
			}
		}
	}
}

// maxNamed bounds how many things an error names one by one.
const maxNamed = 10

// DeleteTagGroup deletes a tag group with its tags; [gatewright.Conflict] when
// it was altered since revised was read, and while one of its tags is on an
// API, unless force takes them off.
func (c *Control) DeleteTagGroup(ctx context.Context, actor gatewright.Actor, group string, revised int64, force bool) error {
	return c.store.Update(ctx, func(tx Tx) error {
		g, err := findTagGroup(tx, group)
		if err != nil {
			return err
		}
		if g.Revised != revised {
			return altered("tag group " + g.Name)
		}
		for _, t := range g.Tags {
			if err := untag(tx, g, t, force); err != nil {
				return err
			}
		}
		if err := tx.DeleteTagGroup(g.ID); err != nil {
			return err
		}
		return auditChange(tx, actor, "tag.edit", string(g.ID), g, nil)
	})
}

// TagAPI adds and removes tags of an API, each "group/tag" or an ID. Adding
// what it has and removing what it has not does nothing.
func (c *Control) TagAPI(ctx context.Context, actor gatewright.Actor, name string, add, remove []string) (*gatewright.API, error) {
	var api *gatewright.API
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		if api, _, err = findAPI(tx, name); err != nil {
			return err
		}
		added, err := findTags(tx, add)
		if err != nil {
			return err
		}
		removed, err := findTags(tx, remove)
		if err != nil {
			return err
		}
		before := *api
		before.Settings = api.Settings.Clone()
		for _, id := range added {
			if !slices.Contains(api.Settings.Tags, id) {
				api.Settings.Tags = append(api.Settings.Tags, id)
			}
		}
		api.Settings.Tags = slices.DeleteFunc(api.Settings.Tags, func(id gatewright.TagID) bool { return slices.Contains(removed, id) })
		if slices.Equal(before.Settings.Tags, api.Settings.Tags) {
			return nil
		}
		if err := api.Settings.Validate(); err != nil {
			return err
		}
		if err := tx.UpdateAPI(api); err != nil {
			return err
		}
		return auditChange(tx, actor, "api.tag", string(api.ID), &before, api)
	})
	return api, err
}

func findTagGroup(tx Tx, name string) (*gatewright.TagGroup, error) {
	if strings.HasPrefix(name, "tgr_") {
		if g, err := tx.TagGroup(gatewright.TagGroupID(name)); !isNotFound(err) {
			return g, err
		}
	}
	g, err := tx.TagGroupByName(normal(name))
	if isNotFound(err) {
		return nil, gatewright.Errorf(gatewright.NotFound, "tag group %q does not exist; see: gatewright tag list", name)
	}
	return g, err
}

// findTags finds tags by ID or as "group/tag".
func findTags(tx Tx, names []string) ([]gatewright.TagID, error) {
	if len(names) > gatewright.MaxTagsPerAPI {
		return nil, gatewright.FieldErrorf("tags", "%d tags; an API has at most %d", len(names), gatewright.MaxTagsPerAPI)
	}
	groups, err := tx.TagGroups()
	if err != nil || len(names) == 0 {
		return nil, err
	}
	ids := make([]gatewright.TagID, len(names))
	for i, name := range names {
		if ids[i] = findTag(groups, normal(name)); ids[i] == "" {
			return nil, gatewright.Errorf(gatewright.NotFound, "tag %q does not exist; write it as group/tag, see: gatewright tag list", name)
		}
	}
	return ids, nil
}

func findTag(groups []*gatewright.TagGroup, name string) gatewright.TagID {
	group, tag, _ := strings.Cut(name, "/")
	for _, g := range groups {
		if g.Name == group {
			if t := g.Tag(tag); t != nil {
				return t.ID
			}
		}
		if t := g.Tag(name); t != nil && string(t.ID) == name {
			return t.ID
		}
	}
	return ""
}

// tagNames returns the tags as "group/tag", in order of name.
func tagNames(groups []*gatewright.TagGroup, ids []gatewright.TagID) []string {
	names := make([]string, 0, len(ids))
	for _, g := range groups {
		for _, t := range g.Tags {
			if slices.Contains(ids, t.ID) {
				names = append(names, g.Name+"/"+t.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}
