package openapi

import (
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
)

// Content is what a document says about an API.
type Content struct {
	Definition gatewright.Definition // without its document's name and text
	Upstream   *gatewright.Upstream  // nil when the document names no usable server
}

// importerVersion is raised when more is read out of documents than before.
const importerVersion = 2

// Read returns the content of the document. Everything it finds goes into the
// report; when that holds an error, it returns nil.
func Read(report *doctree.Report, root *doctree.Node) *Content {
	v, ok := detect(report, root)
	if !ok {
		return nil
	}
	r := &reader{report: report, root: root, version: v, refs: newReferences(report, root)}
	r.checkStructure(newGrammar(v).root)
	definition := gatewright.Definition{Document: gatewright.Document{Format: v.format(), Importer: importerVersion}}
	r.info(&definition)
	base, upstream := r.servers()
	definition.BasePath = base
	definition.Policies = r.policies(root)
	definition.Routes = r.routes()
	r.endpoints(&definition)
	r.security()
	if report.Failed() {
		return nil
	}
	definition.Document.Digest = digest(root)
	return &Content{Definition: definition, Upstream: upstream}
}

// reader holds what the steps of [Read] share.
type reader struct {
	report  *doctree.Report
	root    *doctree.Node
	version version
	refs    *references
}

// Names of the checks in findings.
const (
	checkStructure  = "openapi-structure"
	checkInfo       = "openapi-info"
	checkServers    = "openapi-servers"
	checkPaths      = "openapi-paths"
	checkParameters = "openapi-parameters"
	checkSecurity   = "openapi-security"
	checkEndpoints  = "openapi-endpoints"
)

// info reads the description of the API. Its absence is a matter of structure
// and reported there.
func (r *reader) info(d *gatewright.Definition) {
	info := r.root.Get("info")
	if title := info.Get("title"); title.Scalar() {
		d.Title = strings.TrimSpace(title.Text)
		if err := gatewright.CheckName("info.title", d.Title); err != nil {
			r.report.Errorf(title.Place(), "%s; it names the API", err)
		}
	}
	if version := info.Get("version"); version.Scalar() {
		d.Version = strings.TrimSpace(version.Text)
		if err := gatewright.CheckName("info.version", d.Version); err != nil {
			r.report.Errorf(version.Place(), "%s; write one like 1.0.0", err)
		}
	}
	if description := info.Get("description"); description.Scalar() {
		d.Description = description.Text
	}
}

// digest returns the hash of the document's content. The versions are text
// with or without quotes, as the definition has them: version: 1.0 and
// version: "1.0" are one content.
func digest(root *doctree.Node) gatewright.Hash {
	quoted := func(n *doctree.Node) *doctree.Node {
		return &doctree.Node{Kind: doctree.String, Text: n.Text}
	}
	root = root.With("swagger", quoted).With("openapi", quoted).With("info", func(info *doctree.Node) *doctree.Node {
		return info.With("version", quoted)
	})
	return gatewright.HashBytes(root.AppendCanonical(nil))
}
