package sqlstore

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

const folderColumns = "id, project, parent, name, revised, created_at, created_by"

func scanFolder(r row) (*gatewright.Folder, error) {
	f := new(gatewright.Folder)
	return f, r.Scan(&f.ID, &f.Project, &f.Parent, &f.Name, &f.Revised, intoTime(&f.CreatedAt), &f.CreatedBy)
}

func folderNotFound(id gatewright.FolderID) error {
	return notFound("folder %q does not exist", id)
}

// CreateFolder implements [control.Tx].
func (t *tx) CreateFolder(f *gatewright.Folder) error {
	n, err := t.exec("INSERT INTO folders ("+folderColumns+") VALUES "+tuples(1, 7)+" ON CONFLICT DO NOTHING",
		f.ID, f.Project, f.Parent, f.Name, f.Revised, timeArg(f.CreatedAt), f.CreatedBy)
	if err == nil && n == 0 {
		return conflict("a folder named %q exists there already", f.Name)
	}
	return err
}

// Folder implements [control.Tx].
func (t *tx) Folder(id gatewright.FolderID) (*gatewright.Folder, error) {
	return get(t, scanFolder, folderNotFound(id), "SELECT "+folderColumns+" FROM folders WHERE id = ?", id)
}

// Folders implements [control.Tx].
func (t *tx) Folders(project gatewright.ProjectID) ([]*gatewright.Folder, error) {
	return list(t, scanFolder, "SELECT "+folderColumns+" FROM folders WHERE project = ?", project)
}

// UpdateFolder implements [control.Tx]; it sets the new Revised in f.
func (t *tx) UpdateFolder(f *gatewright.Folder) error {
	stored, err := t.Folder(f.ID)
	if err != nil {
		return err
	}
	taken, err := t.exists("SELECT 1 FROM folders WHERE project = ? AND parent = ? AND name = ? AND id <> ?", stored.Project, f.Parent, f.Name, f.ID)
	if err != nil {
		return err
	}
	if taken {
		return conflict("a folder named %q exists there already", f.Name)
	}
	n, err := t.exec("UPDATE folders SET parent = ?, name = ?, revised = revised + 1 WHERE id = ? AND revised = ?", f.Parent, f.Name, f.ID, f.Revised)
	if err != nil {
		return err
	}
	if n == 0 {
		return conflict("somebody altered folder %q meanwhile; read it again, and alter that", stored.Name)
	}
	f.Revised++
	if f.Parent == stored.Parent {
		return nil
	}
	return t.reindexFolder(f)
}

// reindexFolder makes the APIs in and below a folder that was moved be found
// at their new place.
func (t *tx) reindexFolder(f *gatewright.Folder) error {
	folders, err := t.Folders(f.Project)
	if err != nil {
		return err
	}
	tree := gatewright.NewFolderTree(folders)
	for _, below := range tree.Below(f.ID) {
		line := lineOf(tree, below.ID)
		if _, err := t.exec("UPDATE api_catalog SET folder1 = ?, folder2 = ?, folder3 = ? WHERE folder_id = ?", line[0], line[1], line[2], below.ID); err != nil {
			return err
		}
	}
	return nil
}

// folderLine is the folders from level 1 down to one; "" for none.
type folderLine [gatewright.MaxFolderDepth]gatewright.FolderID

func lineOf(tree *gatewright.FolderTree, id gatewright.FolderID) (line folderLine) {
	for i, f := range tree.Line(id) {
		line[i] = f.ID
	}
	return line
}

// DeleteFolder implements [control.Tx].
func (t *tx) DeleteFolder(id gatewright.FolderID) error {
	for what, query := range map[string]string{
		"folder": "SELECT 1 FROM folders WHERE parent = ?",
		"API":    "SELECT 1 FROM api_catalog WHERE folder_id = ?",
	} {
		full, err := t.exists(query, id)
		if err != nil {
			return err
		}
		if full {
			return conflict("folder %q is not empty: there is at least one %s in it", id, what)
		}
	}
	n, err := t.exec("DELETE FROM folders WHERE id = ?", id)
	if err == nil && n == 0 {
		return folderNotFound(id)
	}
	return err
}

// FolderCounts implements [control.Tx].
func (t *tx) FolderCounts(project gatewright.ProjectID) (map[gatewright.FolderID]int, error) {
	type folderCount struct {
		folder gatewright.FolderID
		n      int
	}
	rows, err := list(t, func(r row) (*folderCount, error) {
		c := new(folderCount)
		return c, r.Scan(&c.folder, &c.n)
	}, "SELECT folder_id, count(*) FROM api_catalog WHERE project = ? GROUP BY folder_id", project)
	if err != nil {
		return nil, fmt.Errorf("count APIs: %w", err)
	}
	counts := make(map[gatewright.FolderID]int, len(rows))
	for _, c := range rows {
		counts[c.folder] = c.n
	}
	return counts, nil
}
