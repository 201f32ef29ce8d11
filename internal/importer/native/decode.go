package native

import (
	"bytes"
	"path"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
)

// Limits of what is read at a time.
const (
	MaxFileBytes   = 16 << 20 // of one file
	MaxBundleBytes = 64 << 20 // of all files
	MaxFiles       = 20_000
	MaxThings      = 20_000
)

// File is a file of a bundle.
type File struct {
	Name string // path from the directory that was named, with slashes
	Text []byte
}

// Decode reads the things in the files. Files that hold none are documents,
// and each must be named by a thing.
//
// An error is one [gatewright.Error] of code [gatewright.Invalid] that lists
// what is wrong in the first files that are not right, each with its file,
// line and column, and what is allowed there.
func Decode(files []File) ([]Thing, error) {
	b, err := newBundle(files)
	if err != nil {
		return nil, err
	}
	for i := range files {
		b.read(&files[i])
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	for i := range files {
		if name := files[i].Name; !b.native[name] && !b.used[name] {
			b.failf(name+":1:1", "this is neither a document with apiVersion: %s nor one that such a document names; move it away, or put a dot in front of its name", Version)
		}
	}
	return b.things, b.err()
}

// bundle is files being read.
type bundle struct {
	files  map[string]*File
	native map[string]bool // holds things
	used   map[string]bool // is named by a thing
	things []Thing
	placed map[string]string // kind and title → where
	faults []gatewright.Detail
}

func newBundle(files []File) (*bundle, error) {
	if len(files) > MaxFiles {
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "%d files; at most %d are read at a time", len(files), MaxFiles)
	}
	b := &bundle{files: map[string]*File{}, native: map[string]bool{}, used: map[string]bool{}, placed: map[string]string{}}
	size := 0
	for i := range files {
		f := &files[i]
		if !inside(f.Name) {
			return nil, gatewright.FieldErrorf("files", "file name %.200q is not a path within the directory", f.Name)
		}
		if b.files[f.Name] != nil {
			return nil, gatewright.FieldErrorf("files", "file %s is here twice", f.Name)
		}
		b.files[f.Name] = f
		size += len(f.Text)
	}
	if size > MaxBundleBytes {
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "the files have %d bytes; at most %d are read at a time: choose some with --only", size, MaxBundleBytes)
	}
	return b, nil
}

// maxFaultyFiles bounds the files whose errors are told at a time.
const maxFaultyFiles = 20

func (b *bundle) failf(at, format string, args ...any) {
	b.faults = append(b.faults, gatewright.Detail{Location: at, Message: gatewright.Errorf("", format, args...).Message})
}

func (b *bundle) err() error {
	if len(b.faults) == 0 {
		return nil
	}
	return &gatewright.Error{Code: gatewright.Invalid, Message: "the files cannot be applied", Details: b.faults}
}

// read adds the things of one file.
func (b *bundle) read(f *File) {
	if !mayHoldThings(f.Text) || len(b.faults) > maxFaultyFiles*doctree.MaxErrors {
		return
	}
	report := doctree.NewReport(f.Name)
	roots := doctree.ParseStream(report, f.Text, MaxFileBytes)
	d := &decoder{report: report, bundle: b, file: f}
	for _, root := range things(roots) {
		if root.Get("apiVersion") == nil && len(roots) == 1 {
			return // a document that mentions the name of the format
		}
		b.native[f.Name] = true
		if spec := d.thing(root); spec != nil {
			b.add(report, root, spec)
		}
	}
	if err := report.Err(); err != nil {
		b.native[f.Name] = true
		b.faults = append(b.faults, gatewright.AsError(err).Details...)
	}
}

func (b *bundle) add(report *doctree.Report, root *doctree.Node, spec Spec) {
	key := spec.Kind() + "/" + spec.Title()
	if first, twice := b.placed[key]; twice {
		report.Errorf(root.Place(), "%s is here twice, first at %s; remove one", strings.TrimSuffix(key, "/"), first)
		return
	}
	if len(b.things) == MaxThings {
		report.Errorf(root.Place(), "more than %d things; divide them", MaxThings)
		return
	}
	b.placed[key] = report.At(root.Place())
	b.things = append(b.things, Thing{At: b.placed[key], Spec: spec})
}

// things returns the roots, a list's items in its place.
func things(roots []*doctree.Node) []*doctree.Node {
	var all []*doctree.Node
	for _, root := range roots {
		if root.Kind == doctree.List {
			all = append(all, root.Items...)
			continue
		}
		all = append(all, root)
	}
	return all
}

// mayHoldThings spares parsing what cannot hold any.
func mayHoldThings(text []byte) bool { return bytes.Contains(text, []byte("gatewright.dev/")) }

// thing reads one document; nil after reporting when that cannot be.
func (d *decoder) thing(root *doctree.Node) Spec {
	if !root.Is(doctree.Mapping) {
		d.report.Errorf(root.Place(), "%s where a document begins; a document has the members apiVersion and kind", root.Kind)
		return nil
	}
	if v := root.Get("apiVersion"); v == nil || v.Text != Version {
		at := root
		if v != nil {
			at = v
		}
		d.report.Errorf(at.Place(), "apiVersion is not %s, which is what this build reads", Version)
		return nil
	}
	k := root.Get("kind")
	if k == nil || findKind(k.Text) < 0 {
		at := root
		if k != nil {
			at = k
		}
		d.report.Errorf(at.Place(), "kind is not one of %s", strings.Join(kindNames(), ", "))
		return nil
	}
	spec := kinds()[findKind(k.Text)].make()
	before := d.failures
	d.members(root, spec, "apiVersion", "kind")
	if d.failures > before {
		return nil
	}
	d.check(root, spec)
	return spec
}

// check finds what no single member can be blamed for.
func (d *decoder) check(root *doctree.Node, spec Spec) {
	switch s := spec.(type) {
	case *Registry:
		if err := s.Validate(); err != nil {
			d.failf(root.Place(), "%s", err)
		}
	case *API:
		d.name(root, "API name", s.Name)
		if s.Type == gatewright.KindFlow || s.Content.Definition != nil && s.Content.Definition.Kind == gatewright.KindFlow {
			d.failf(root.Place(), "%s is a shared flow; write it as a document of kind: %s", s.Name, KindFlow)
			return
		}
		if s.Type == gatewright.KindData || s.Content.Definition != nil && s.Content.Definition.Kind == gatewright.KindData {
			d.failf(root.Place(), "%s is an API of data; write it as a document of kind: %s", s.Name, KindDataAPI)
			return
		}
		if s.Content.Empty() {
			d.failf(root.Place(), "API %s has no document; name its file with document: ./openapi.yaml", s.Name)
		}
		d.label(root, s.Version)
		if c := s.Canary.Value; c != nil {
			d.label(root.Get("canary"), c.Version)
		}
	case *DataSource:
		d.checkDataSource(root, s)
	case *Table:
		if err := s.Validate(); err != nil {
			d.failAt(root, err)
		}
	case *DataAPI:
		d.checkDataAPI(root, s)
	case *Flow:
		d.checkFlow(root, s)
	case *FlowHooks:
		d.checkFlowHooks(root, s)
	case *App:
		d.name(root, "app name", s.Name)
	}
}

func (d *decoder) name(root *doctree.Node, what, name string) {
	if err := gatewright.CheckName(what, name); err != nil {
		at := root
		if n := root.Get("name"); n != nil {
			at = n
		}
		d.failf(at.Place(), "%s", err)
	}
}

func (d *decoder) label(root *doctree.Node, version string) {
	if version == "" {
		return
	}
	if err := gatewright.CheckLabel(version); err != nil {
		d.failf(root.Get("version").Place(), "%s", err)
	}
}

// resolve returns the file that ref, written in file, names.
func (b *bundle) resolve(file, ref string) (name string, f *File) {
	name, ok := resolve(file, ref)
	if !ok {
		return "", nil
	}
	return name, b.files[name]
}

// resolve returns the path in the bundle that ref, written in file, names, and
// false when it leads out of it.
func resolve(file, ref string) (string, bool) {
	if ref == "" || path.IsAbs(ref) || strings.ContainsAny(ref, "\\\x00") || len(ref) > 1 && ref[1] == ':' {
		return "", false
	}
	name := path.Join(path.Dir(file), ref)
	return name, inside(name)
}

// inside reports whether name is a clean path that stays where it begins.
func inside(name string) bool {
	return name != "" && name != "." && path.Clean(name) == name && !path.IsAbs(name) && name != ".." && !strings.HasPrefix(name, "../") &&
		!strings.ContainsAny(name, "\\\x00") && len(name) <= 4096
}
