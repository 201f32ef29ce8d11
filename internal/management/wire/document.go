package wire

import "unicode/utf8"

// NewDocument returns the document with that content in the form that carries
// it unaltered.
func NewDocument(name string, content []byte) *SourceDocument {
	if utf8.Valid(content) {
		return &SourceDocument{Name: name, Text: string(content)}
	}
	return &SourceDocument{Name: name, Base64: content}
}

// Content returns the file's bytes.
func (d *SourceDocument) Content() []byte {
	if d.Base64 != nil {
		return d.Base64
	}
	return []byte(d.Text)
}
