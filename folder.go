package gatewright

import (
	"slices"
	"strings"
	"time"
)

// FolderID identifies a folder ("fld_…"). "" is the root of a project.
type FolderID string

// Limits of folders.
const (
	MaxFolderDepth = 3    // levels under the root
	MaxFolders     = 2000 // of one project
)

// Folder keeps APIs of a project in order. It is no part of what gateways run.
type Folder struct {
	ID        FolderID  `json:"id"`
	Project   ProjectID `json:"project"`
	Parent    FolderID  `json:"parent,omitempty"` // "" for a folder of level 1
	Name      string    `json:"name"`             // unique among its siblings
	Revised   int64     `json:"revised"`          // how often it was renamed or moved
	CreatedAt time.Time `json:"createdAt"`
	CreatedBy string    `json:"createdBy"`
}

// CheckFolderName reports whether name can name a folder: [CheckName] without
// the slash, which stands between the folders of a path.
func CheckFolderName(name string) error { return checkPart("folder name", name) }

// checkPart is CheckName for what is part of a path.
func checkPart(what, name string) error {
	if err := CheckName(what, name); err != nil {
		return err
	}
	if name == "." || name == ".." {
		return FieldErrorf(memberOf(what), "%s %q is a step in a path and no name", what, name)
	}
	if strings.Contains(name, "/") {
		return FieldErrorf(memberOf(what), "%s %q contains a slash, which stands between the parts of a path", what, name)
	}
	return nil
}

// FolderTree holds all folders of one project. It is not altered once made.
type FolderTree struct {
	folders  map[FolderID]*Folder
	children map[FolderID][]*Folder // by name
}

// NewFolderTree returns the tree of the folders, which are not copied.
func NewFolderTree(folders []*Folder) *FolderTree {
	t := &FolderTree{folders: make(map[FolderID]*Folder, len(folders)), children: map[FolderID][]*Folder{}}
	for _, f := range folders {
		t.folders[f.ID] = f
		t.children[f.Parent] = append(t.children[f.Parent], f)
	}
	for _, siblings := range t.children {
		slices.SortFunc(siblings, func(a, b *Folder) int { return strings.Compare(a.Name, b.Name) })
	}
	return t
}

// Len returns the number of folders.
func (t *FolderTree) Len() int { return len(t.folders) }

// Folder returns the folder with that ID, or nil.
func (t *FolderTree) Folder(id FolderID) *Folder { return t.folders[id] }

// Children returns the folders right below id, by name.
func (t *FolderTree) Children(id FolderID) []*Folder { return t.children[id] }

// Child returns the folder of that name right below parent, or nil.
func (t *FolderTree) Child(parent FolderID, name string) *Folder {
	i, found := slices.BinarySearchFunc(t.children[parent], name, func(f *Folder, name string) int { return strings.Compare(f.Name, name) })
	if !found {
		return nil
	}
	return t.children[parent][i]
}

// Find returns the folder at a path such as "Payments/Cards". A slash at an
// end counts for nothing.
func (t *FolderTree) Find(path string) (*Folder, error) {
	var at *Folder
	for name := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		parent := FolderID("")
		if at != nil {
			parent = at.ID
		}
		if at = t.Child(parent, name); at == nil {
			return nil, Errorf(NotFound, "folder %q does not exist: there is no %q in %s", path, name, t.Label(parent))
		}
	}
	return at, nil
}

// Line returns the folders from level 1 down to id, which is the last one. It
// is empty for the root.
func (t *FolderTree) Line(id FolderID) []*Folder {
	var line []*Folder
	for f := t.folders[id]; f != nil && len(line) < MaxFolderDepth; f = t.folders[f.Parent] {
		line = append(line, f)
	}
	slices.Reverse(line)
	return line
}

// Path returns the names from level 1 down to id, with slashes between; "" for
// the root.
func (t *FolderTree) Path(id FolderID) string {
	line := t.Line(id)
	names := make([]string, len(line))
	for i, f := range line {
		names[i] = f.Name
	}
	return strings.Join(names, "/")
}

// Label returns what to call a folder in text.
func (t *FolderTree) Label(id FolderID) string {
	if id == "" {
		return "the root"
	}
	return `"` + t.Path(id) + `"`
}

// Below returns the folder and all below it, each after its parent.
func (t *FolderTree) Below(id FolderID) []*Folder {
	f := t.folders[id]
	if f == nil {
		return nil
	}
	all := []*Folder{f}
	for i := 0; i < len(all) && len(all) <= len(t.folders); i++ {
		all = append(all, t.children[all[i].ID]...)
	}
	return all
}

// height returns how many levels the folder and what is below it take; 1 for a
// folder that is not in the tree yet.
func (t *FolderTree) height(id FolderID) int {
	deepest := 0
	for _, f := range t.Below(id) {
		deepest = max(deepest, len(t.Line(f.ID)))
	}
	return max(1, deepest-len(t.Line(id))+1)
}

// Place reports whether f may stand where it says, under its name: new,
// renamed or moved, with all that is below it in the tree. Errors: [Invalid]
// for its name, a depth above [MaxFolderDepth] and a folder in itself;
// [NotFound] for a parent that does not exist; [Conflict] when the parent has
// a folder of that name; [LimitExceeded] for one folder too many.
func (t *FolderTree) Place(f *Folder) error {
	if err := CheckFolderName(f.Name); err != nil {
		return err
	}
	if f.Parent != "" && t.folders[f.Parent] == nil {
		return Errorf(NotFound, "the folder %q to put %q into does not exist", f.Parent, f.Name)
	}
	line := t.Line(f.Parent)
	if slices.ContainsFunc(line, func(above *Folder) bool { return above.ID == f.ID }) {
		return FieldErrorf("parent", "folder %s cannot be moved into %s: that is the folder itself or lies below it", t.Label(f.ID), t.Label(f.Parent))
	}
	if depth := len(line) + t.height(f.ID); depth > MaxFolderDepth {
		if t.folders[f.ID] == nil {
			return FieldErrorf("parent", "folder %q in %s would be on level %d; folders have at most %d levels", f.Name, t.Label(f.Parent), depth, MaxFolderDepth)
		}
		return FieldErrorf("parent", "folder %s cannot be moved into %s: its deepest sub-folder would be on level %d; folders have at most %d levels", t.Label(f.ID), t.Label(f.Parent), depth, MaxFolderDepth)
	}
	if other := t.Child(f.Parent, f.Name); other != nil && other.ID != f.ID {
		return Errorf(Conflict, "%s has a folder %q already; choose another name", t.Label(f.Parent), f.Name)
	}
	if t.folders[f.ID] == nil && len(t.folders) >= MaxFolders {
		return Errorf(LimitExceeded, "the project has %d folders; at most %d are allowed", len(t.folders), MaxFolders)
	}
	return nil
}

// Dissolve returns the folders right below id, which move up one level when it
// is deleted. When one of them would have the name of a folder there, the
// error is a [Conflict] whose details name each.
func (t *FolderTree) Dissolve(id FolderID) ([]*Folder, error) {
	f := t.folders[id]
	if f == nil {
		return nil, Errorf(NotFound, "folder %q does not exist", id)
	}
	e := Errorf(Conflict, "folder %s cannot be deleted: its sub-folders would move to %s, which has folders of the same names; rename or move these first", t.Label(id), t.Label(f.Parent))
	for _, child := range t.children[id] {
		if other := t.Child(f.Parent, child.Name); other != nil && other.ID != id {
			e.Details = append(e.Details, Detail{Subject: t.Path(child.ID), Message: t.Label(other.ID) + " exists"})
		}
	}
	if len(e.Details) > 0 {
		return nil, e
	}
	return t.children[id], nil
}
