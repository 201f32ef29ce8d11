package gatewright_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

// folders makes folders of paths, each after its parent; a path is the ID too.
func folders(paths ...string) *gatewright.FolderTree {
	var all []*gatewright.Folder
	for _, p := range paths {
		parent, name := "", p
		if i := strings.LastIndexByte(p, '/'); i >= 0 {
			parent, name = p[:i], p[i+1:]
		}
		all = append(all, &gatewright.Folder{ID: gatewright.FolderID(p), Parent: gatewright.FolderID(parent), Name: name})
	}
	return gatewright.NewFolderTree(all)
}

func TestFolderTree(t *testing.T) {
	tree := folders("b", "a", "a/c", "a/b", "a/b/x", "支付")
	for path, want := range map[string]string{"a/b/x": "a/b/x", "/a/b/": "a/b", "支付": "支付"} {
		f, err := tree.Find(path)
		if err != nil || tree.Path(f.ID) != want {
			t.Errorf("%s is %v, %v", path, f, err)
		}
	}
	for path, want := range map[string]string{
		"":      `folder "" does not exist: there is no "" in the root`,
		"x":     `folder "x" does not exist: there is no "x" in the root`,
		"a//b":  `folder "a//b" does not exist: there is no "" in "a"`,
		"a/b/y": `folder "a/b/y" does not exist: there is no "y" in "a/b"`,
	} {
		if _, err := tree.Find(path); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", path, err, want)
		}
	}
	var below []string
	for _, f := range tree.Below("a") {
		below = append(below, string(f.ID))
	}
	if got := strings.Join(below, " "); got != "a a/b a/c a/b/x" {
		t.Errorf("below a: %s", got)
	}
	if tree.Below("none") != nil || tree.Path("") != "" || tree.Label("") != "the root" || tree.Len() != 6 {
		t.Error("the root or a folder that is not there is told wrongly")
	}
}

func TestFolderTreeLimit(t *testing.T) {
	paths := make([]string, gatewright.MaxFolders)
	for i := range paths {
		paths[i] = fmt.Sprint("f", i)
	}
	tree := folders(paths...)
	err := tree.Place(&gatewright.Folder{ID: "new", Name: "new"})
	if want := "the project has 2000 folders; at most 2000 are allowed"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := tree.Place(&gatewright.Folder{ID: "f1", Name: "other"}); err != nil {
		t.Errorf("a full project cannot rename: %v", err)
	}
}

// TestFolderTreeTangled: a store that was tampered with must not hang anybody.
func TestFolderTreeTangled(t *testing.T) {
	tree := gatewright.NewFolderTree([]*gatewright.Folder{
		{ID: "a", Parent: "b", Name: "a"}, {ID: "b", Parent: "a", Name: "b"}, {ID: "c", Parent: "gone", Name: "c"},
	})
	for _, id := range []gatewright.FolderID{"a", "b", "c"} {
		if n := len(tree.Line(id)); n > gatewright.MaxFolderDepth {
			t.Errorf("%s lies on level %d", id, n)
		}
		if n := len(tree.Below(id)); n > 10 {
			t.Errorf("%d folders are in or below %s", n, id)
		}
		if err := tree.Place(&gatewright.Folder{ID: "d", Parent: id, Name: "d"}); err == nil && id != "c" {
			t.Errorf("a folder may be put into %s, which is in itself", id)
		}
	}
}

// TestFolderTreeProperty does a thousand things that are allowed; whatever
// they are, the tree stays a tree of three levels with distinct siblings.
func TestFolderTreeProperty(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var all []*gatewright.Folder
	refused := 0
	for step := range 3000 {
		tree := gatewright.NewFolderTree(all)
		f := &gatewright.Folder{ID: gatewright.FolderID(fmt.Sprint(step)), Name: string('a' + rune(rnd.IntN(6)))}
		at := len(all)
		if len(all) > 0 {
			if rnd.IntN(3) > 0 {
				at = rnd.IntN(len(all))
				f.ID = all[at].ID
			}
			if p := rnd.IntN(len(all) + 1); p < len(all) {
				f.Parent = all[p].ID
			}
		}
		if tree.Place(f) != nil {
			refused++
			continue
		}
		if at == len(all) {
			all = append(all, f)
		} else {
			all[at] = f
		}
		check := gatewright.NewFolderTree(all)
		seen := map[string]bool{}
		reached := 0
		for _, f := range check.Children("") {
			reached += len(check.Below(f.ID))
		}
		if reached != len(all) {
			t.Fatalf("step %d: %d of %d folders can be reached", step, reached, len(all))
		}
		for _, f := range all {
			path := check.Path(f.ID)
			if seen[path] {
				t.Fatalf("step %d: two folders at %s", step, path)
			}
			seen[path] = true
			if found, err := check.Find(path); err != nil || found.ID != f.ID {
				t.Fatalf("step %d: %s is found as %v, %v", step, path, found, err)
			}
		}
	}
	if refused == 0 || len(all) < 20 {
		t.Errorf("%d refused, %d folders: the steps prove nothing", refused, len(all))
	}
}

func FuzzFolderPath(f *testing.F) {
	f.Add("a/b", "c")
	f.Add("//", "/")
	f.Fuzz(func(t *testing.T, path, name string) {
		tree := folders("a", "a/b")
		found, err := tree.Find(path)
		if (err == nil) == (found == nil) {
			t.Errorf("%q: %v, %v", path, found, err)
		}
		if gatewright.CheckFolderName(name) == nil && strings.Contains(name, "/") {
			t.Errorf("%q may name a folder", name)
		}
	})
}
