package control

import (
	"context"
	"fmt"
	"strings"

	"github.com/gatewright/gatewright"
)

// movedAtOnce is how many APIs of a dissolved folder are read at a time.
const movedAtOnce = 500

// FolderInfo is a folder and what is in it.
type FolderInfo struct {
	gatewright.Folder
	Path string `json:"path"` // "Payments/Cards"
	APIs int    `json:"apis"` // right in it
}

// Folders lists the folders of a project by path, each before those in it, and
// how many APIs are right in the project's root. The project is named by name
// or ID; "" is the default one.
func (c *Control) Folders(ctx context.Context, project string) (folders []*FolderInfo, atRoot int, err error) {
	err = c.store.View(ctx, func(tx Tx) error {
		in, err := findProject(tx, project)
		if err != nil {
			return err
		}
		tree, err := folderTree(tx, in.ID)
		if err != nil {
			return err
		}
		counts, err := tx.FolderCounts(in.ID)
		if err != nil {
			return err
		}
		folders, atRoot = nil, counts[""]
		var walk func(gatewright.FolderID)
		walk = func(parent gatewright.FolderID) {
			for _, f := range tree.Children(parent) {
				folders = append(folders, &FolderInfo{Folder: *f, Path: tree.Path(f.ID), APIs: counts[f.ID]})
				walk(f.ID)
			}
		}
		walk("")
		return nil
	})
	return folders, atRoot, err
}

// Folder returns a folder by ID, or by its path in the project, which is named
// by name or ID; "" is the default one.
func (c *Control) Folder(ctx context.Context, project, folder string) (*FolderInfo, error) {
	var info *FolderInfo
	err := c.store.View(ctx, func(tx Tx) error {
		in, err := findProject(tx, project)
		if err != nil {
			return err
		}
		f, tree, err := findFolder(tx, in.ID, folder)
		if err != nil {
			return err
		}
		counts, err := tx.FolderCounts(f.Project)
		info = &FolderInfo{Folder: *f, Path: tree.Path(f.ID), APIs: counts[f.ID]}
		return err
	})
	return info, err
}

// CreateFolder creates a folder of that name in parent, which is an ID, a path
// or "" for the root of the project. Errors: those of
// [gatewright.FolderTree.Place].
func (c *Control) CreateFolder(ctx context.Context, actor gatewright.Actor, project gatewright.ProjectID, parent, name string) (*gatewright.Folder, error) {
	var f *gatewright.Folder
	err := c.store.Update(ctx, func(tx Tx) error {
		in, err := findProject(tx, string(project))
		if err != nil {
			return err
		}
		f = &gatewright.Folder{
			ID: gatewright.FolderID(gatewright.NewID("fld_", tx.Now())), Project: in.ID,
			Name: normal(name), CreatedAt: tx.Now(), CreatedBy: actor.Name,
		}
		above, tree, err := findFolderOrRoot(tx, f.Project, parent)
		if err != nil {
			return err
		}
		f.Parent = above
		if err := tree.Place(f); err != nil {
			return err
		}
		if err := tx.CreateFolder(f); err != nil {
			return err
		}
		return auditChange(tx, actor, "folder.create", string(f.ID), nil, f)
	})
	return f, err
}

// FolderPatch alters a folder; nil members stay as they are.
type FolderPatch struct {
	Name   *string
	Parent *string // an ID, a path, or "" for the root
}

// UpdateFolder renames or moves a folder, with all that is in it; revised is
// what its Revised was when it was read. Errors: those of
// [gatewright.FolderTree.Place], and [gatewright.Conflict] when it was altered
// since.
func (c *Control) UpdateFolder(ctx context.Context, actor gatewright.Actor, folder string, revised int64, p FolderPatch) (*gatewright.Folder, error) {
	var f *gatewright.Folder
	err := c.store.Update(ctx, func(tx Tx) error {
		before, tree, err := findFolder(tx, gatewright.DefaultProject, folder)
		if err != nil {
			return err
		}
		altered := *before
		f = &altered
		f.Revised = revised
		if p.Name != nil {
			f.Name = normal(*p.Name)
		}
		if p.Parent != nil {
			if f.Parent, err = above(tx, tree, f, *p.Parent); err != nil {
				return err
			}
		}
		if err := tree.Place(f); err != nil {
			return err
		}
		if err := tx.UpdateFolder(f); err != nil {
			return err
		}
		return auditChange(tx, actor, "folder.edit", string(f.ID), before, f)
	})
	return f, err
}

// above returns the folder that f is to be moved into, which is of the same
// project.
func above(tx Tx, tree *gatewright.FolderTree, f *gatewright.Folder, parent string) (gatewright.FolderID, error) {
	if parent == "" || parent == "/" {
		return "", nil
	}
	into, _, err := findFolder(tx, f.Project, parent)
	if err != nil {
		return "", err
	}
	if into.Project != f.Project {
		return "", gatewright.FieldErrorf("parent", "folder %s cannot be moved into a folder of another project; move its APIs", tree.Label(f.ID))
	}
	return into.ID, nil
}

// Dissolved tells what became of what was in a deleted folder.
type Dissolved struct {
	Folders []gatewright.FolderID `json:"folders,omitempty"` // that moved up one level
	APIs    int                   `json:"apis"`              // how many moved up one level
}

// DeleteFolder deletes a folder. What is in it moves up one level: nothing is
// lost. [gatewright.Conflict] when there are folders of the same names, and
// when it was altered since revised was read.
func (c *Control) DeleteFolder(ctx context.Context, actor gatewright.Actor, folder string, revised int64) (*Dissolved, error) {
	var d *Dissolved
	err := c.store.Update(ctx, func(tx Tx) error {
		d = &Dissolved{}
		f, tree, err := findFolder(tx, gatewright.DefaultProject, folder)
		if err != nil {
			return err
		}
		if f.Revised != revised {
			return altered("folder " + tree.Label(f.ID))
		}
		children, err := tree.Dissolve(f.ID)
		if err != nil {
			return err
		}
		if err := dissolve(tx, f, children, d); err != nil {
			return err
		}
		if err := tx.DeleteFolder(f.ID); err != nil {
			return err
		}
		return auditChange(tx, actor, "folder.delete", string(f.ID), f, d)
	})
	return d, err
}

// dissolve moves what is in f up one level. A sub-folder may be called like f
// itself: that one leaves last, under another name for a moment.
func dissolve(tx Tx, f *gatewright.Folder, children []*gatewright.Folder, d *Dissolved) error {
	for {
		found, err := tx.SearchAPIs(APIFilter{Project: f.Project, Folder: f.ID, Direct: true, Limit: movedAtOnce})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			break
		}
		for _, a := range found {
			a.Settings.Folder = f.Parent
			if err := tx.UpdateAPI(&a.API); err != nil {
				return err
			}
			d.APIs++
		}
	}
	out := *f
	out.Name = string(f.ID)
	if err := tx.UpdateFolder(&out); err != nil {
		return err
	}
	for _, child := range children {
		moved := *child
		moved.Parent = f.Parent
		if err := tx.UpdateFolder(&moved); err != nil {
			return err
		}
		d.Folders = append(d.Folders, child.ID)
	}
	return nil
}

// altered says that a thing is no longer what its editor has read.
func altered(what string) error {
	return gatewright.Errorf(gatewright.Conflict, "somebody altered %s meanwhile; read it again, and alter that", what)
}

func folderTree(tx Tx, project gatewright.ProjectID) (*gatewright.FolderTree, error) {
	folders, err := tx.Folders(project)
	if err != nil {
		return nil, fmt.Errorf("read folders: %w", err)
	}
	return gatewright.NewFolderTree(folders), nil
}

// findFolder finds a folder by ID, in whichever project, or by its path in
// project, and returns the tree of its project.
func findFolder(tx Tx, project gatewright.ProjectID, name string) (*gatewright.Folder, *gatewright.FolderTree, error) {
	if strings.Trim(name, "/") == "" {
		return nil, nil, gatewright.FieldErrorf("folder", "no folder is named; see: gatewright folder list")
	}
	if strings.HasPrefix(name, "fld_") {
		f, err := tx.Folder(gatewright.FolderID(name))
		if err == nil {
			tree, err := folderTree(tx, f.Project)
			return f, tree, err
		}
		if !isNotFound(err) {
			return nil, nil, err
		}
	}
	tree, err := folderTree(tx, project)
	if err != nil {
		return nil, nil, err
	}
	f, err := tree.Find(normal(name))
	return f, tree, err
}

// findFolderOrRoot is findFolder with "" and "/" for the root.
func findFolderOrRoot(tx Tx, project gatewright.ProjectID, name string) (gatewright.FolderID, *gatewright.FolderTree, error) {
	if strings.Trim(name, "/") == "" {
		tree, err := folderTree(tx, project)
		return "", tree, err
	}
	f, tree, err := findFolder(tx, project, name)
	if err != nil {
		return "", nil, err
	}
	if f.Project != project {
		return "", nil, gatewright.FieldErrorf("folder", "folder %s belongs to another project", tree.Label(f.ID))
	}
	return f.ID, tree, nil
}
