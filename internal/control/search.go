package control

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
)

// Bounds of a search.
const (
	MaxSearchText = 256 // characters of text to look for
	MaxSearchTags = 10  // tags to look for
)

// APIQuery selects APIs by what people type; empty members select all.
type APIQuery struct {
	Text     string   // part of name or description, whatever its case
	Project  string   // name or ID; a folder's path is one of the default project without it
	Folder   string   // ID or path, sub-folders included; "/" is the root alone
	Tags     []string // all of them, each "group/tag" or an ID
	Owner    string
	Security gatewright.SecurityLevel
	Kind     gatewright.Kind
	Group    string // deployed there, unless State says otherwise; name or ID
	Version  string // label: runs it in Group; without Group, has a revision with it
	State    RunState

	Sort  APISort // "" is SortByName
	After APIPosition
	Limit int
}

// APIEntry is an API as a list shows it.
type APIEntry struct {
	FoundAPI
	FolderPath string   `json:"folderPath,omitempty"` // "" for the root
	TagNames   []string `json:"tagNames,omitempty"`   // each "group/tag"
}

// SearchAPIs lists the APIs that the query selects, in its order. Errors:
// [gatewright.NotFound] for a folder, tag or group that does not exist,
// [gatewright.Invalid] for the rest.
func (c *Control) SearchAPIs(ctx context.Context, q APIQuery) ([]*APIEntry, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	var entries []*APIEntry
	err := c.store.View(ctx, func(tx Tx) error {
		f, err := q.filter(tx)
		if err != nil {
			return err
		}
		found, err := tx.SearchAPIs(*f)
		if err != nil {
			return err
		}
		entries, err = describeAPIs(tx, found)
		return err
	})
	return entries, err
}

// APIEntry returns an API by name or ID as a list shows it.
func (c *Control) APIEntry(ctx context.Context, name string) (*APIEntry, error) {
	var entry *APIEntry
	err := c.store.View(ctx, func(tx Tx) error {
		api, _, err := findAPI(tx, name)
		if err != nil {
			return err
		}
		entries, err := describeAPIs(tx, []*FoundAPI{{API: *api}})
		if err == nil {
			entry = entries[0]
		}
		return err
	})
	return entry, err
}

func (q *APIQuery) check() error {
	if n := utf8.RuneCountInString(q.Text); n > MaxSearchText {
		return gatewright.FieldErrorf("query", "the text to look for has %d characters; at most %d are allowed", n, MaxSearchText)
	}
	if len(q.Tags) > MaxSearchTags {
		return gatewright.FieldErrorf("tag", "%d tags; a search takes at most %d", len(q.Tags), MaxSearchTags)
	}
	if q.Security != "" {
		if err := q.Security.Validate(); err != nil {
			return err
		}
	}
	if q.State != "" && !slices.Contains(RunStates(), q.State) {
		names := make([]string, len(RunStates()))
		for i, s := range RunStates() {
			names[i] = string(s)
		}
		return gatewright.FieldErrorf("state", "%q is no state; use one of %s", q.State, strings.Join(names, ", "))
	}
	if q.Sort != "" && q.Sort != SortByName && q.Sort != SortByChange {
		return gatewright.FieldErrorf("sort", "%q is no order; use %s or %s", q.Sort, SortByName, SortByChange)
	}
	return nil
}

func (q *APIQuery) filter(tx Tx) (*APIFilter, error) {
	f := &APIFilter{
		Text: q.Text, Owner: normal(q.Owner), Security: q.Security, Kind: q.Kind, Version: q.Version, State: q.State,
		Sort: q.Sort, After: q.After, Limit: q.Limit,
	}
	if q.Project != "" || q.Folder != "" {
		p, err := findProject(tx, q.Project)
		if err != nil {
			return nil, err
		}
		f.Project = p.ID
	}
	if q.Folder != "" {
		var err error
		if f.Folder, _, err = findFolderOrRoot(tx, f.Project, q.Folder); err != nil {
			return nil, err
		}
		f.Direct = f.Folder == ""
	}
	if len(q.Tags) > 0 {
		var err error
		if f.Tags, err = findTags(tx, q.Tags); err != nil {
			return nil, err
		}
	}
	if q.Group != "" {
		g, err := findGroup(tx, q.Group)
		if err != nil {
			return nil, err
		}
		f.Group = g.ID
	}
	return f, nil
}

// describeAPIs adds what people call folders and tags.
func describeAPIs(tx Tx, found []*FoundAPI) ([]*APIEntry, error) {
	trees := map[gatewright.ProjectID]*gatewright.FolderTree{}
	var groups []*gatewright.TagGroup
	entries := make([]*APIEntry, len(found))
	for i, a := range found {
		e := &APIEntry{FoundAPI: *a}
		entries[i] = e
		var err error
		if a.Settings.Folder != "" {
			project := cmp.Or(a.Settings.Project, gatewright.DefaultProject)
			if trees[project] == nil {
				if trees[project], err = folderTree(tx, project); err != nil {
					return nil, err
				}
			}
			e.FolderPath = trees[project].Path(a.Settings.Folder)
		}
		if len(a.Settings.Tags) > 0 {
			if groups == nil {
				if groups, err = tx.TagGroups(); err != nil {
					return nil, err
				}
			}
			e.TagNames = tagNames(groups, a.Settings.Tags)
		}
	}
	return entries, nil
}
