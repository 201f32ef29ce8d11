package management

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gatewright/gatewright"
)

// etagOf returns the entity tag of what v says.
func etagOf(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("make an entity tag: %w", err)
	}
	return etagOfBytes(b), nil
}

func etagOfBytes(b []byte) string { return `"` + string(gatewright.HashBytes(b)) + `"` }

// ConditionalInput is embedded in the input of an operation that knows entity tags.
type ConditionalInput struct {
	IfNoneMatch string `header:"If-None-Match" doc:"Entity tags that the caller has; 304 is the answer while one of them is current."`
}

// notModifiedResponse documents what an operation with entity tags may answer.
func notModifiedResponse() map[string]*huma.Response {
	return map[string]*huma.Response{"304": {Description: "The caller has the present state."}}
}

// has reports whether the caller has the entity tag.
func (c *ConditionalInput) has(etag string) bool {
	for tag := range strings.SplitSeq(c.IfNoneMatch, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// notModified answers 304. The framework takes it for an error.
type notModified struct{ etag string }

func (*notModified) Error() string             { return "not modified" }
func (*notModified) GetStatus() int            { return http.StatusNotModified }
func (n *notModified) GetHeaders() http.Header { return http.Header{"Etag": {n.etag}} }

// tag answers with v and its entity tag, or with 304 when the caller has it.
func tag[T any](c ConditionalInput, v T, err error) (*tagged[T], error) {
	if err != nil {
		return nil, err
	}
	etag, err := etagOf(v)
	if err != nil {
		return nil, err
	}
	if c.has(etag) {
		return nil, &notModified{etag}
	}
	return &tagged[T]{etag, v}, nil
}
