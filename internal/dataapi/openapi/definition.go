package openapi

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

const (
	// format is that of the documents.
	format = "openapi-3.1"
	// name is what the documents are called.
	name = "openapi.json"
	// generatorVersion is raised when documents say more than before.
	generatorVersion = 1
)

// Complete gives the definition of a data API what follows from the rest of it:
// its kind, its routes and its document. It fails where the definition is not
// valid, and with [gatewright.LimitExceeded] where the document would be longer
// than [gatewright.MaxDocumentBytes].
func Complete(def *gatewright.Definition) error {
	if def.Data == nil {
		return gatewright.FieldErrorf("data", "there is no data definition to describe")
	}
	def.Kind, def.Routes, def.Document = gatewright.KindData, def.Data.Routes(), gatewright.Document{}
	if err := def.Validate(); err != nil {
		return err
	}
	text, err := Document(def)
	if err != nil {
		return err
	}
	if len(text) > gatewright.MaxDocumentBytes {
		return gatewright.Errorf(gatewright.LimitExceeded, "the API's document would have %d bytes; at most %d are allowed", len(text), gatewright.MaxDocumentBytes)
	}
	def.Document = gatewright.Document{
		Format: format, Name: name, Digest: gatewright.HashBytes(text), Importer: generatorVersion, Text: text,
	}
	return nil
}

// Document returns the document of a valid definition of a data API, as JSON.
func Document(def *gatewright.Definition) ([]byte, error) {
	d := &describer{def: def, data: def.Data}
	text, err := indented(d.document())
	if err != nil {
		return nil, fmt.Errorf("write the document of %s: %w", def.Title, err)
	}
	return text, nil
}
