package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatewright/gatewright"
)

// Side is one side of a comparison.
type Side struct {
	Number  int
	Version string
	Hash    gatewright.Hash
	Group   string // when the side is what a group runs
	Track   string
}

// Comparison says in what two revisions of an API differ.
type Comparison struct {
	API        string
	From, To   Side
	Definition []Difference // title, description, version and base path
	Routes     []string     // a line for each route that came, went or is another
	Document   []Difference // of the documents, by JSON pointer
	Opaque     string       // why the documents were compared as a whole, "" when they were read
	Runtime    []Difference // when both sides are what groups run
	More       bool         // there are differences that are not told
}

// Same reports whether there is no difference.
func (cmp *Comparison) Same() bool {
	return len(cmp.Definition)+len(cmp.Routes)+len(cmp.Document)+len(cmp.Runtime) == 0
}

// groupSide marks a side as the name of a group, whatever versions there are.
const groupSide = "group:"

// Compare tells in what two revisions of an API differ. Each side is a version,
// a revision's number, or a group's name, which stands for what runs there;
// they are looked for in that order, and "group:NAME" is a group only. The API
// can be named with its track.
func (c *Control) Compare(ctx context.Context, api, from, to string) (*Comparison, error) {
	var cmp *Comparison
	err := c.store.View(ctx, func(tx Tx) error {
		a, track, err := findAPI(tx, api)
		if err != nil {
			return err
		}
		old, oldRuntime, err := comparedSide(tx, a, track, from)
		if err != nil {
			return err
		}
		now, nowRuntime, err := comparedSide(tx, a, track, to)
		if err != nil {
			return err
		}
		cmp = compareRevisions(old.rev, now.rev)
		cmp.API, cmp.From, cmp.To = a.Name, old.Side, now.Side
		if oldRuntime != nil && nowRuntime != nil {
			cmp.Runtime = differences(oldRuntime, nowRuntime)
		}
		return nil
	})
	return cmp, err
}

type comparedRevision struct {
	Side
	rev *gatewright.Revision
}

// comparedSide finds what a side names, and its runtime configuration when that
// is a group.
func comparedSide(tx Tx, api *gatewright.API, track, name string) (*comparedRevision, *gatewright.RuntimeConfig, error) {
	if name == "" {
		return nil, nil, gatewright.FieldErrorf("from", "a comparison needs two sides; each is a version, a number or a group")
	}
	groupName, only := strings.CutPrefix(name, groupSide)
	if !only {
		rev, err := findRevision(tx, api, name)
		if err == nil {
			return sideOf(rev, rev.Version), nil, nil
		}
		if !isNotFound(err) {
			return nil, nil, err
		}
	}
	g, err := findGroup(tx, groupName)
	if isNotFound(err) {
		return nil, nil, gatewright.Errorf(gatewright.NotFound, "%s has no version or revision %q, and there is no group of that name; see: gatewright get revisions %q", api.Name, name, api.Name)
	}
	if err != nil {
		return nil, nil, err
	}
	d := &draft{tx: tx, group: g}
	full := string(api.ID)
	if track != "" {
		full += "@" + track
	}
	_, slot, err := d.deployed(full)
	if err != nil {
		return nil, nil, err
	}
	rev, err := tx.Revision(slot.Revision)
	if err != nil {
		return nil, nil, err
	}
	side := sideOf(rev, slot.Version)
	side.Group = g.Name
	return side, &slot.Runtime, nil
}

func sideOf(rev *gatewright.Revision, version string) *comparedRevision {
	return &comparedRevision{Side{Number: rev.Number, Version: version, Hash: rev.Hash, Track: rev.Track}, rev}
}

func compareRevisions(old, now *gatewright.Revision) *Comparison {
	type head struct {
		Title       string `json:"title"`
		Description string `json:"description,omitempty"`
		Version     string `json:"version,omitempty"`
		BasePath    string `json:"basePath"`
		AllowCORS   bool   `json:"allowCORS,omitempty"`

		Policies []gatewright.Policy `json:"policies,omitempty"` // of a shared flow, which has no document that says them

		Data *gatewright.DataDefinition `json:"data,omitempty"`
	}
	headOf := func(d *gatewright.Definition) head {
		h := head{d.Title, d.Description, d.Version, d.BasePath, d.AllowCORS, nil, d.Data}
		if d.Kind == gatewright.KindFlow {
			h.Policies = d.Policies
		}
		return h
	}
	cmp := &Comparison{
		Definition: differences(headOf(&old.Definition), headOf(&now.Definition)),
		Routes:     diffRoutes(old.Definition.Routes, now.Definition.Routes),
	}
	if len(cmp.Routes) > MaxDifferences {
		cmp.Routes, cmp.More = cmp.Routes[:MaxDifferences], true
	}
	cmp.document(&old.Definition.Document, &now.Definition.Document)
	return cmp
}

// document compares two documents by what they say, not by how it is written.
func (cmp *Comparison) document(old, now *gatewright.Document) {
	if old.Digest == now.Digest && old.Digest != "" || bytes.Equal(old.Text, now.Text) {
		return
	}
	a, errA := readTree(old.Text)
	b, errB := readTree(now.Text)
	if errA != nil || errB != nil {
		cmp.Opaque = "they are not YAML or JSON"
		cmp.Document = []Difference{{Old: shown(string(old.Digest)), New: shown(string(now.Digest))}}
		return
	}
	d := &differ{}
	d.compare("", a, b)
	cmp.Document, cmp.More = d.found, cmp.More || d.more
}

// readTree reads a stored document. Importers have bounded its depth and what
// its aliases make of it before it was stored.
func readTree(text []byte) (any, error) {
	if len(text) == 0 {
		return nil, nil
	}
	if text[0] == '{' {
		var v any
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		if err := dec.Decode(&v); err == nil {
			return v, nil
		}
	}
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		return nil, fmt.Errorf("read a stored document: %w", err)
	}
	if len(node.Content) == 0 {
		return nil, nil
	}
	return plainTree(node.Content[0]), nil
}

// plainTree returns a node as JSON would have it; numbers are kept as they are
// written, and keys are text.
func plainTree(n *yaml.Node) any {
	switch n.Kind {
	case yaml.AliasNode:
		return plainTree(n.Alias)
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plainTree(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i := range n.Content {
			list[i] = plainTree(n.Content[i])
		}
		return list
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		return json.Number(n.Value)
	}
	return n.Value
}
