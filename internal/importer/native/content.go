package native

import (
	"cmp"
	"path"
	"reflect"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/importer"
)

// Content is a definition: a document that says it all, or what was made of a
// document in another way, member by member.
type Content struct {
	Document   *Document              `json:"document,omitempty"`
	Definition *gatewright.Definition `json:"definition,omitempty"` // its document has no text
}

// Document is an API's document: in a file of its own, or within.
type Document struct {
	File string // path in the bundle, with slashes; "" when its text stands within
	Name string // of the document; "" is the file's base name
	Text []byte
	At   string // "file:line:column" of what names it
}

// name returns what the document is called.
func (d *Document) name() string {
	return cmp.Or(d.Name, path.Base(d.File))
}

// NewContent returns the shortest form that [Content.Import] makes def of
// again.
func NewContent(def *gatewright.Definition) Content {
	var c Content
	if text := def.Document.Text; len(text) > 0 {
		c.Document = &Document{Name: def.Document.Name, Text: text}
		read, err := importer.Import(c.Document.name(), text)
		if err == nil && reflect.DeepEqual(&read.Definition, def) {
			return c
		}
	}
	stated := *def
	stated.Document.Text = nil
	c.Definition = &stated
	return c
}

// Empty reports whether the content is left out.
func (c *Content) Empty() bool { return c.Document == nil && c.Definition == nil }

// Import returns the definition, and what its document says besides.
func (c *Content) Import() (*importer.Result, error) {
	if c.Definition != nil {
		def := *c.Definition
		if c.Document != nil {
			def.Document.Text = c.Document.Text
			def.Document.Name = cmp.Or(c.Document.Name, def.Document.Name, path.Base(c.Document.File))
		}
		if err := def.Validate(); err != nil {
			return nil, err
		}
		return &importer.Result{Definition: def}, nil
	}
	d := c.Document
	read, err := importer.Import(cmp.Or(d.File, d.Name), d.Text)
	if err != nil {
		return nil, d.located(err)
	}
	read.Definition.Document.Name = d.name()
	return read, nil
}

// located says where a document within a file is: its own lines count from its
// first.
func (d *Document) located(err error) error {
	if d.File != "" || d.At == "" {
		return err
	}
	e := *gatewright.AsError(err)
	e.Message = d.At + ": the document within: " + e.Message
	return &e
}

// encode returns the document as it is written.
func (d *Document) encode() any {
	type form struct {
		File   string  `json:"file,omitempty"`
		Name   string  `json:"name,omitempty"`
		Text   *string `json:"text,omitempty"`
		Base64 []byte  `json:"base64,omitempty"`
	}
	switch {
	case d.File != "" && d.name() == path.Base(d.File):
		return "./" + d.File
	case d.File != "":
		return form{File: "./" + d.File, Name: d.Name}
	case utf8.Valid(d.Text):
		text := string(d.Text)
		return form{Name: d.Name, Text: &text}
	}
	return form{Name: d.Name, Base64: d.Text}
}
