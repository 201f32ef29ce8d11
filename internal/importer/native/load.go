package native

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
)

// Load reads the files to apply: those that names name in fsys, and in
// directories all .yaml, .yml and .json files but hidden ones; then the
// documents they name. Things that only does not pick are left out, together
// with their documents. Names of files have slashes.
//
// fsys must not lead out of the directory the user means, not even by
// symbolic links; that of [os.Root] does not.
func Load(fsys fs.FS, names []string, only []Selector) ([]File, error) {
	l := &loader{fsys: fsys, only: only, have: map[string]bool{}}
	for _, name := range names {
		if err := l.walk(name); err != nil {
			return nil, err
		}
	}
	return l.pick()
}

type loader struct {
	fsys  fs.FS
	only  []Selector
	have  map[string]bool
	files []File
	size  int
}

func (l *loader) walk(root string) error {
	return fs.WalkDir(l.fsys, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("read the files to apply: %w", err)
		}
		hidden := name != root && strings.HasPrefix(path.Base(name), ".")
		switch {
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case entry.IsDir() || hidden || name != root && !readable(name):
			return nil
		}
		err = l.read(name)
		var at *fs.PathError
		if entry.Type()&fs.ModeSymlink != 0 && errors.As(err, &at) {
			return fmt.Errorf("read the files to apply: %w", &fs.PathError{Op: "follow", Path: at.Path, Err: errLink})
		}
		return err
	})
}

var errLink = errors.New("the symbolic link leads nowhere, or out of the directory that is applied; put the file itself there")

func readable(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// read adds a file, once.
func (l *loader) read(name string) (err error) {
	if l.have[name] {
		return nil
	}
	if len(l.files) == MaxFiles {
		return gatewright.Errorf(gatewright.LimitExceeded, "more than %d files; apply them in parts", MaxFiles)
	}
	f, err := l.fsys.Open(name)
	if err != nil {
		return fmt.Errorf("read the files to apply: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read the files to apply: %w", err)
	}
	if !info.Mode().IsRegular() {
		return gatewright.Errorf(gatewright.Invalid, "%s is not a regular file", name)
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if err != nil {
		return fmt.Errorf("read the files to apply: %w", err)
	}
	if len(text) > MaxFileBytes {
		return gatewright.Errorf(gatewright.LimitExceeded, "%s is longer than %d bytes, the most a file may have", name, MaxFileBytes)
	}
	if l.size += len(text); l.size > MaxBundleBytes {
		return gatewright.Errorf(gatewright.LimitExceeded, "the files have more than %d bytes; apply them in parts", MaxBundleBytes)
	}
	l.have[name] = true
	l.files = append(l.files, File{Name: name, Text: text})
	return nil
}

// pick reads the documents that things name, and leaves out what is not
// wanted. What is wrong with a document is left to [Decode], which tells all
// of it.
func (l *loader) pick() ([]File, error) {
	unwanted, used := map[string]bool{}, map[string]bool{}
	for i := 0; i < len(l.files); i++ { // documents are added behind
		name := l.files[i].Name
		wanted, refs := l.outline(&l.files[i])
		for _, ref := range refs {
			target, ok := resolve(name, ref)
			if !ok {
				continue
			}
			if !wanted {
				unwanted[target] = true
				continue
			}
			used[target] = true
			if err := l.read(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
		if !wanted {
			unwanted[name] = true
		}
	}
	var picked []File
	for _, f := range l.files {
		if !unwanted[f.Name] || used[f.Name] {
			picked = append(picked, f)
		}
	}
	return picked, nil
}

// outline reports whether the file holds something that is wanted, and which
// documents it names. What holds no things is a document, and wanted.
func (l *loader) outline(f *File) (wanted bool, refs []string) {
	if !mayHoldThings(f.Text) {
		return true, nil
	}
	held := false
	for _, root := range things(doctree.ParseStream(doctree.NewReport(f.Name), f.Text, MaxFileBytes)) {
		kind, name := root.Get("kind"), root.Get("name")
		if root.Get("apiVersion") == nil || !kind.Is(doctree.String) {
			continue
		}
		held = true
		title := ""
		if name.Scalar() {
			title = name.Text
		}
		if track := root.Get("track"); track.Scalar() {
			title += "@" + track.Text
		}
		wanted = wanted || Selected(l.only, kind.Text, title)
		for _, at := range []*doctree.Node{root.Get("document"), root.Get("canary").Get("document")} {
			if at.Is(doctree.Mapping) {
				at = at.Get("file")
			}
			if at.Is(doctree.String) {
				refs = append(refs, at.Text)
			}
		}
	}
	return wanted || !held, refs
}
