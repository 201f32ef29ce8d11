package sqlstore

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// folded returns text without the difference of case, of how accents are
// written and of the width of letters.
func folded(text string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(text)))
}

const catalogColumns = "api_id, name, words, kind, owner, security, project, folder_id, folder1, folder2, folder3, changed_at"

// indexAPI makes an API be found by what it is now. Whatever writes an API
// calls it.
func (t *tx) indexAPI(a *gatewright.API) error {
	line, err := t.folderLine(a.Settings.Folder)
	if err != nil {
		return err
	}
	s := &a.Settings
	if _, err := t.exec("INSERT INTO api_catalog ("+catalogColumns+") VALUES "+tuples(1, 12)+
		" ON CONFLICT (api_id) DO UPDATE SET name = excluded.name, words = excluded.words, kind = excluded.kind, owner = excluded.owner,"+
		" security = excluded.security, project = excluded.project, folder_id = excluded.folder_id, folder1 = excluded.folder1,"+
		" folder2 = excluded.folder2, folder3 = excluded.folder3, changed_at = excluded.changed_at",
		a.ID, a.Name, folded(a.Name+"\n"+s.Description), a.Kind, a.Owner, cmp.Or(s.Security, gatewright.SecurityPublic),
		cmp.Or(s.Project, gatewright.DefaultProject), s.Folder, line[0], line[1], line[2], t.Now().UnixMicro()); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM api_tags WHERE api_id = ?", a.ID); err != nil {
		return err
	}
	rows := make([][]any, len(s.Tags))
	for i, tag := range s.Tags {
		rows[i] = []any{tag, a.Name, a.ID}
	}
	return t.insertRows("INSERT INTO api_tags (tag_id, name, api_id)", "ON CONFLICT DO NOTHING", rows)
}

// folderLine returns the folders from level 1 down to id.
func (t *tx) folderLine(id gatewright.FolderID) (folderLine, error) {
	if id == "" {
		return folderLine{}, nil
	}
	var folders []*gatewright.Folder
	for up := id; up != "" && len(folders) < gatewright.MaxFolderDepth; {
		f, err := t.Folder(up)
		if gatewright.CodeOf(err) == gatewright.NotFound {
			break // control sees to it that there are no such folders
		}
		if err != nil {
			return folderLine{}, err
		}
		folders = append(folders, f)
		up = f.Parent
	}
	return lineOf(gatewright.NewFolderTree(folders), id), nil
}

// touchAPI notes that something of an API was altered. Whatever stores a
// revision or alters a slot calls it.
func (t *tx) touchAPI(id gatewright.APIID) error {
	_, err := t.exec("UPDATE api_catalog SET changed_at = ? WHERE api_id = ?", t.Now().UnixMicro(), id)
	return err
}

// SearchAPIs implements [control.Tx].
func (t *tx) SearchAPIs(f control.APIFilter) ([]*control.FoundAPI, error) {
	column := ""
	if f.Folder != "" {
		line, err := t.folderLine(f.Folder)
		if err != nil {
			return nil, err
		}
		column = "c.folder" + strconv.Itoa(1+max(0, slices.Index(line[:], f.Folder)))
	}
	query, args := searchQuery(&f, column)
	found, err := list(t, func(r row) (*control.FoundAPI, error) {
		a := new(control.FoundAPI)
		return a, r.Scan(&a.ID, intoTime(&a.ChangedAt))
	}, query, args...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found, t.fillAPIs(found)
}

// maxAPIsPerQuery bounds the APIs that one statement reads by their IDs.
const maxAPIsPerQuery = 500

// fillAPIs reads the APIs of which only the ID is known.
func (t *tx) fillAPIs(found []*control.FoundAPI) error {
	byID := make(map[gatewright.APIID]*control.FoundAPI, len(found))
	args := make([]any, len(found))
	for i, a := range found {
		byID[a.ID], args[i] = a, a.ID
	}
	for len(args) > 0 {
		n := min(len(args), maxAPIsPerQuery)
		apis, err := list(t, scanAPI, "SELECT "+apiColumns+" FROM apis WHERE id IN "+tuples(1, n), args[:n]...)
		if err != nil {
			return err
		}
		for _, a := range apis {
			byID[a.ID].API = *a
		}
		args = args[n:]
	}
	return nil
}

// conditions are what a search asks for, joined by AND.
type conditions struct {
	where []string
	args  []any
}

func (c *conditions) add(condition string, args ...any) {
	c.where, c.args = append(c.where, condition), append(c.args, args...)
}

// equal asks for a value of a column unless it is empty.
func equal[T ~string](c *conditions, column string, value T) {
	if value != "" {
		c.add(column+" = ?", value)
	}
}

// searchQuery returns the statement for a page of a search: it walks an index
// in the order of the page, that of the first tag when there is one, and stops
// when the page is full. folder is the column in which APIs name the folder of
// the filter.
func searchQuery(f *control.APIFilter, folder string) (string, []any) {
	c := &conditions{}
	from, name := "api_catalog c", "c.name"
	for i, tag := range f.Tags {
		if i == 0 && f.Sort != control.SortByChange {
			from, name = "api_tags t JOIN api_catalog c ON c.api_id = t.api_id", "t.name"
			c.add("t.tag_id = ?", tag)
			continue
		}
		c.add("EXISTS (SELECT 1 FROM api_tags x WHERE x.api_id = c.api_id AND x.tag_id = ?)", tag)
	}
	equal(c, "c.owner", f.Owner)
	equal(c, "c.security", f.Security)
	equal(c, "c.kind", f.Kind)
	equal(c, "c.project", f.Project)
	switch {
	case f.Direct:
		c.add("c.folder_id = ?", f.Folder)
	case f.Folder != "":
		c.add(folder+" = ?", f.Folder)
	}
	if f.Text != "" {
		c.add("c.words LIKE ? ESCAPE '!'", "%"+strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(folded(f.Text))+"%")
	}
	c.deployment(f)
	order := name
	if f.Sort == control.SortByChange {
		order = "c.changed_at DESC, c.api_id DESC"
		if f.After.API != "" {
			c.add("(c.changed_at, c.api_id) < (?, ?)", f.After.ChangedAt.UnixMicro(), f.After.API)
		}
	} else if f.After.Name != "" {
		c.add(name+" > ?", f.After.Name)
	}
	query := "SELECT c.api_id, c.changed_at FROM " + from
	if len(c.where) > 0 {
		query += " WHERE " + strings.Join(c.where, " AND ")
	}
	return query + " ORDER BY " + order + " LIMIT ?", append(c.args, max(0, f.Limit))
}

// deployment asks for what an API runs, in one group or anywhere.
func (c *conditions) deployment(f *control.APIFilter) {
	slot := &conditions{}
	slot.add("s.api_id = c.api_id")
	equal(slot, "s.group_id", f.Group)
	slot.add("s.revision_id IS NOT NULL")
	wanted := f.Group != ""
	if f.Version != "" {
		if f.Group == "" {
			c.add("EXISTS (SELECT 1 FROM revisions r WHERE r.api_id = c.api_id AND r.version = ?)", f.Version)
		} else {
			slot.add("s.version = ?", f.Version)
		}
	}
	exists := "EXISTS"
	switch f.State {
	case control.RunDeployed:
		wanted = true
	case control.RunUndeployed:
		wanted, exists = true, "NOT EXISTS"
	case control.RunDisabled:
		wanted = true
		slot.add("s.runtime LIKE ?", `{"enabled":false%`) // the first member of the JSON
	case control.RunCanary:
		wanted = true
		slot.add("s.canary_revision_id IS NOT NULL")
	case control.RunDeprecated:
		wanted = true
		slot.add("s.lifecycle IS NOT NULL")
	case control.RunRetired:
		wanted = true
		slot.add("s.lifecycle LIKE ?", `%"retiredAt":%`) // there when it is set; text in JSON has no bare quotes
	}
	if wanted {
		c.add(exists+" (SELECT 1 FROM slots s WHERE "+strings.Join(slot.where, " AND ")+")", slot.args...)
	}
}
