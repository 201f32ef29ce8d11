package native

import (
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// Version is the apiVersion of the documents of this build.
const Version = "gatewright.dev/v1"

// The kinds of document.
const (
	KindGroup      = "Group"
	KindRegistry   = "Registry"
	KindDataSource = "DataSource"
	KindTable      = "Table"
	KindFlow       = "Flow"
	KindFlowHooks  = "FlowHooks"
	KindDataAPI    = "DataAPI"
	KindAPI        = "API"
	KindApp        = "App"
)

// kind says how documents of one kind are made and where they are kept.
type kind struct {
	name string
	dir  string // of its files in an export, "" for the top
	make func() Spec
}

// kinds lists the kinds in the order in which their things are written.
func kinds() []kind {
	return []kind{
		{KindGroup, "", func() Spec { return &Group{} }},
		{KindRegistry, "registries", func() Spec { return &Registry{} }},
		{KindDataSource, "datasources", func() Spec { return &DataSource{} }},
		{KindTable, "tables", func() Spec { return &Table{} }},
		{KindFlow, "flows", func() Spec { return &Flow{} }},
		{KindFlowHooks, "", func() Spec { return &FlowHooks{} }},
		{KindDataAPI, "dataapis", func() Spec { return &DataAPI{} }},
		{KindAPI, "apis", func() Spec { return &API{} }},
		{KindApp, "apps", func() Spec { return &App{} }},
	}
}

func kindNames() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// findKind returns the place of a kind in the table, -1 when there is none of
// that name.
func findKind(name string) int {
	return slices.IndexFunc(kinds(), func(k kind) bool { return k.name == name })
}

// Spec is what a document says of its thing: *[Group], *[Registry],
// *[DataSource], *[Table], *[Flow], *[FlowHooks], *[DataAPI], *[API] or *[App].
type Spec interface {
	Kind() string
	// Title names the thing among those of its kind: "Petstore@v2". It is ""
	// for the group and its flow hooks.
	Title() string

	// documents returns the places where the document holds an API's document.
	documents() []*Content
}

// Thing is one document.
type Thing struct {
	At   string // "file:line:column" where it begins
	Spec Spec
}

// Selector picks things by kind, and by name unless that is "".
type Selector struct {
	Kind string
	Name string // of an API with or without its track
}

// ParseSelector reads "api", "api/Petstore" or "api/Petstore@v2"; the case of
// the kind does not matter.
func ParseSelector(s string) (Selector, error) {
	kindName, name, named := strings.Cut(s, "/")
	for _, known := range kindNames() {
		if strings.EqualFold(kindName, known) {
			if named && name == "" {
				break
			}
			return Selector{Kind: known, Name: name}, nil
		}
	}
	return Selector{}, gatewright.FieldErrorf("only", "%q selects nothing; write a kind, or a kind and a name like api/Petstore; the kinds are %s",
		s, strings.ToLower(strings.Join(kindNames(), ", ")))
}

// String returns the selector as [ParseSelector] reads it.
func (s Selector) String() string {
	if s.Name == "" {
		return strings.ToLower(s.Kind)
	}
	return strings.ToLower(s.Kind) + "/" + s.Name
}

// Matches reports whether the selector picks the thing with that kind and
// title.
func (s Selector) Matches(kind, title string) bool {
	if s.Kind != kind {
		return false
	}
	if s.Name == "" || s.Name == title {
		return true
	}
	name, track, tracked := cutLast(title, '@')
	return tracked && (kind == KindAPI || kind == KindDataAPI) && s.Name == name && track != ""
}

// Selected reports whether one of the selectors picks the thing; no selectors
// pick everything.
func Selected(only []Selector, kind, title string) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(s Selector) bool { return s.Matches(kind, title) })
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}
