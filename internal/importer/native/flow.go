package native

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
	"github.com/gatewright/gatewright/internal/importer"
)

// Flow is a shared flow that runs in the group, and its settings. There is no
// document beside it: this is all it says.
type Flow struct {
	Name        string              `json:"name"`
	Heading     string              `json:"title,omitempty"` // of the definition; "" is the name
	Description string              `json:"description,omitempty"`
	Owner       string              `json:"owner,omitempty"`
	Settings    Section[Settings]   `json:"settings,omitzero"`
	Version     string              `json:"version,omitempty"` // label of the revision, "" for none
	Policies    []gatewright.Policy `json:"policies"`
}

// NewFlow returns what a document says of the flow of that name with that
// content.
func NewFlow(name string, def *gatewright.Definition) *Flow {
	f := &Flow{Name: name, Description: def.Description, Policies: def.Policies}
	if def.Title != name {
		f.Heading = def.Title
	}
	return f
}

// Definition returns the content of the flow's revision.
func (f *Flow) Definition() *gatewright.Definition {
	return &gatewright.Definition{
		Kind: gatewright.KindFlow, Title: cmp.Or(f.Heading, f.Name), Description: f.Description, Policies: f.Policies,
	}
}

// FlowHooks says which shared flows act before and after all proxies of the
// group; without any, none does.
type FlowHooks struct {
	Before []string `json:"before,omitempty"`
	After  []string `json:"after,omitempty"`
}

// Kind implements [Spec].
func (*Flow) Kind() string { return KindFlow }

// Kind implements [Spec].
func (*FlowHooks) Kind() string { return KindFlowHooks }

// Title implements [Spec].
func (f *Flow) Title() string { return f.Name }

// Title implements [Spec]. A group has one of them.
func (*FlowHooks) Title() string { return "" }

func (*Flow) documents() []*Content      { return nil }
func (*FlowHooks) documents() []*Content { return nil }

// checkFlow finds what is wrong with a flow as a whole.
func (d *decoder) checkFlow(root *doctree.Node, f *Flow) {
	d.name(root, "flow name", f.Name)
	d.label(root, f.Version)
	if err := f.Definition().Validate(); err != nil {
		for _, detail := range gatewright.AsError(err).Details {
			d.failf(root.Place(), "%s: %s", detail.Subject, detail.Message)
		}
	}
}

func (d *decoder) checkFlowHooks(root *doctree.Node, s *FlowHooks) {
	hooks := gatewright.FlowHooks{Before: s.Before, After: s.After}
	if hooks.Empty() {
		return
	}
	if err := hooks.Validate(); err != nil {
		d.failf(root.Place(), "%s", err)
	}
}

// Import reads what [importer.Import] reads, and a file of this format that
// holds one shared flow or one data API. Its errors are those of
// [importer.Import].
func Import(name string, text []byte) (*importer.Result, error) {
	if !mayHoldThings(text) || !holdsThings(text) {
		return importer.Import(name, text)
	}
	file := path.Base(strings.ReplaceAll(name, `\`, "/"))
	if !inside(file) || gatewright.CheckName("file name", file) != nil {
		file = "document"
	}
	all, err := Decode([]File{{Name: file, Text: text}})
	if err != nil {
		return nil, err
	}
	var r *importer.Result
	var more bool // it says more than a publish does
	switch s := all[0].Spec.(type) {
	case *Flow:
		r = &importer.Result{Definition: *s.Definition(), Name: s.Name, Label: s.Version}
		more = s.Owner != "" || s.Settings.Stated
	case *DataAPI:
		def, err := s.Definition()
		if err != nil {
			return nil, err
		}
		r = &importer.Result{Definition: *def, Name: s.Title(), Label: s.Version}
		more = s.Owner != "" || s.Settings.Stated || s.Runtime.Stated || s.Lifecycle.Stated || s.Canary.Stated
	}
	if r == nil || len(all) > 1 {
		return nil, gatewright.Errorf(gatewright.Invalid, "%s: this file holds more than a shared flow or a data API, or something else; apply it: gatewright apply -f %s --group GROUP", all[0].At, file)
	}
	if more {
		r.Findings = append(r.Findings, gatewright.Finding{
			Check: "native-content", Level: gatewright.LevelWarning, Subject: r.Name, Location: all[0].At,
			Message: "owner, settings and what else is beside the content are left as they are; a publish is about the content alone",
			Remedy:  fmt.Sprintf("to set them too: gatewright apply -f %s", file),
		})
	}
	return r, nil
}

// holdsThings reports whether text is of this format, and no document of
// another one that mentions it.
func holdsThings(text []byte) bool {
	for _, root := range things(doctree.ParseStream(doctree.NewReport(""), text, MaxFileBytes)) {
		if root.Get("apiVersion") != nil {
			return true
		}
	}
	return false
}
