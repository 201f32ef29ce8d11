// Package openapi turns the tree of an OpenAPI document, version 2.0, 3.0 or
// 3.1, into what a gateway runs.
//
// It checks in full what the gateway acts on (paths, operations, parameters,
// servers, security requirements, references) and refuses a document in which
// that is wrong. In what the gateway only passes on to readers of the document
// (schemas, examples, descriptions) it looks for slips and warns.
//
// It works on a [doctree.Node] tree alone: it opens no file, follows no
// reference out of the document, and recurses only where the tree's own depth
// bounds it.
package openapi
