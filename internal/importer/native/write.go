package native

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/gatewright/gatewright"
)

// Files returns the things as files of a directory: one for each thing, and
// one for each document, as it was received, beside the thing that names it.
// The names of files are made of the things' names and hold letters and digits
// of any script, dots, hyphens and underscores.
func Files(list []Thing, format Format) ([]File, error) {
	list = sorted(list)
	named := fileNames(list)
	var files []File
	for i, t := range list {
		spec, documents := beside(t.Spec, named[i])
		text, err := EncodeOne(spec, format)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: named[i] + "." + string(format), Text: text})
		files = append(files, documents...)
	}
	return files, nil
}

// beside returns spec with its documents in files of their own, and these.
func beside(spec Spec, name string) (Spec, []File) {
	a, ok := spec.(*API)
	if !ok {
		return spec, nil
	}
	copied := *a
	if a.Canary.Value != nil {
		canary := *a.Canary.Value
		copied.Canary.Value = &canary
	}
	var files []File
	for i, content := range copied.documents() {
		if content.Document == nil {
			continue
		}
		doc := *content.Document
		file := name
		if i > 0 {
			file += ".canary"
		}
		file += ".document" + extension(doc.name())
		files = append(files, File{Name: file, Text: doc.Text})
		doc.Name, doc.File = doc.name(), path.Base(file)
		content.Document = &doc
	}
	return &copied, files
}

// extension returns that of a document's file: one that tells how to read it.
func extension(name string) string {
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".json", ".yaml", ".yml":
		return ext
	}
	return ".yaml"
}

// fileNames returns the files' names without extension: different ones, on
// file systems that ignore case too.
func fileNames(list []Thing) []string {
	named := make([]string, len(list))
	apis := map[string]int{}
	for _, t := range list {
		if name := apiName(t.Spec); name != "" {
			apis[name]++
		}
	}
	taken := map[string]int{}
	for i, t := range list {
		k := kinds()[findKind(t.Spec.Kind())]
		title := t.Spec.Title()
		if name := apiName(t.Spec); apis[name] == 1 {
			title = name
		}
		named[i] = path.Join(k.dir, cmp.Or(safeName(title), strings.ToLower(k.name)))
		taken[named[i]]++
	}
	for i, t := range list {
		if taken[named[i]] > 1 {
			named[i] += "-" + gatewright.HashBytes([]byte(t.Spec.Title())).Short()
		}
	}
	return named
}

// apiName returns the name of an API that may have several tracks, "" of
// anything else.
func apiName(spec Spec) string {
	switch a := spec.(type) {
	case *API:
		return a.Name
	case *DataAPI:
		return a.Name
	}
	return ""
}

// maxSafeName bounds a file's name, in bytes; file systems take 255.
const maxSafeName = 100

// safeName returns name as a part of a path: small letters, and hyphens for
// what may mean something to a file system or a shell.
func safeName(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '_' {
			r = '-'
		}
		if b.Len()+4 > maxSafeName {
			break
		}
		b.WriteRune(r)
	}
	safe := b.String()
	for strings.Contains(safe, "--") {
		safe = strings.ReplaceAll(safe, "--", "-")
	}
	return strings.Trim(safe, "-.")
}

// sorted returns the things by kind, name and track.
func sorted(list []Thing) []Thing {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Thing) int {
		return cmp.Or(cmp.Compare(findKind(a.Spec.Kind()), findKind(b.Spec.Kind())), cmp.Compare(a.Spec.Title(), b.Spec.Title()))
	})
	return list
}
