package openapi

import (
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// version is a version of the specification.
type version int

const (
	v20 version = iota
	v30
	v31
)

// format returns the version as gatewright.Document names it.
func (v version) format() string {
	switch v {
	case v20:
		return "openapi-2.0"
	case v30:
		return "openapi-3.0"
	default:
		return "openapi-3.1"
	}
}

// methods returns the members of a path item that are operations, sorted.
func (v version) methods() []string {
	methods := []string{"delete", "get", "head", "options", "patch", "post", "put"}
	if v != v20 {
		methods = append(methods, "trace")
	}
	return methods
}

// detect returns the version that the document is written in, and false after
// reporting when it is none that can be read.
func detect(report *doctree.Report, root *doctree.Node) (version, bool) {
	if root.Kind != doctree.Mapping {
		report.Errorf(root.Place(), "the document is %s; it must be a mapping that begins with openapi: or swagger:", root.Kind)
		return 0, false
	}
	swagger, openapi := root.Member("swagger"), root.Member("openapi")
	named := openapi
	switch {
	case swagger != nil && openapi != nil:
		report.Errorf(root.KeyPlace(openapi), "openapi is here and swagger at %s; a document is one or the other, remove one", report.At(root.KeyPlace(swagger)))
		return 0, false
	case swagger != nil:
		named = swagger
		if strings.TrimSpace(swagger.Value.Text) == "2.0" {
			return v20, true
		}
	case openapi != nil:
		text := openapi.Value.Text
		switch {
		case text == "3.0" || strings.HasPrefix(text, "3.0."):
			return v30, true
		case text == "3.1" || strings.HasPrefix(text, "3.1."):
			return v31, true
		}
	default:
		report.Errorf(root.Place(), "neither openapi nor swagger says which version of OpenAPI this is; begin with openapi: 3.0.3")
		return 0, false
	}
	if !named.Value.Scalar() {
		report.Errorf(named.Value.Place(), "%s is %s; it must be text like 3.0.3", named.Key, named.Value.Kind)
		return 0, false
	}
	report.Errorf(named.Value.Place(), "%s version %q is not supported; 2.0 (swagger), 3.0 and 3.1 (openapi) are", named.Key, clip(named.Value.Text))
	return 0, false
}

// clip shortens text of the document for a message.
func clip(s string) string {
	const limit = 80
	runes := 0
	for i := range s {
		if runes++; runes > limit {
			return s[:i] + "…"
		}
	}
	return s
}
