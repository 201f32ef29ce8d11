package importer

import (
	"bytes"
	"path"
	"strings"
	"unicode"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
	"github.com/gatewright/gatewright/internal/importer/openapi"
)

// Result is what a file says about an API.
type Result struct {
	Definition gatewright.Definition

	// Name of the API and Label of its revision, when the file says them apart
	// from what the definition has; "" otherwise, as of an OpenAPI document.
	Name  string `json:",omitempty"`
	Label string `json:",omitempty"`

	// Upstream seeds the runtime configuration at the first publish; nil when
	// the file names no usable server.
	Upstream *gatewright.Upstream

	// Hosts are those the API is called at; empty when the file does not say
	// it. OpenAPI documents do not: their servers may be the backend's.
	Hosts []string

	// Findings are warnings and information, in the order of the file.
	Findings []gatewright.Finding
}

// Import reads a file. name is its name or path, which locations begin with,
// and text its content, at most [gatewright.MaxDocumentBytes]: an OpenAPI
// document of version 2.0, 3.0 or 3.1, in YAML or JSON.
//
// An error is one [gatewright.Error] of code [gatewright.Invalid] that lists
// everything found wrong, [doctree.MaxErrors] at most, each with its file,
// line and column and its JSON pointer.
func Import(name string, text []byte) (*Result, error) {
	name = fileName(name)
	report := doctree.NewReport(name)
	root := doctree.Parse(report, text)
	if root == nil {
		return nil, report.Err()
	}
	content := openapi.Read(report, root)
	if content == nil {
		return nil, report.Err()
	}
	d := content.Definition
	d.Document.Name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	d.Document.Text = bytes.Clone(text)
	if err := d.Validate(); err != nil {
		return nil, err
	}
	return &Result{Definition: d, Upstream: content.Upstream, Findings: report.Findings()}, nil
}

// maxFileName bounds the names of files, in bytes.
const maxFileName = 4096

// fileName returns name if it can stand in messages.
func fileName(name string) string {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if len(name) > maxFileName || strings.ContainsFunc(name, unprintable) || gatewright.CheckName("file name", path.Base(name)) != nil || name == "" {
		return "document"
	}
	return name
}
