package management

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
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

// RevisedInput is embedded in the input of an operation that replaces what
// people edit. Its entity tag is the number of alterations so far, so that
// what happens to the thing by itself does not stand in their way.
type RevisedInput struct {
	IfMatch string `header:"If-Match" doc:"The ETag of what is replaced, as it was read; * replaces whatever it is now."`
}

// tagOfRevised returns the entity tag of a thing that was altered that often.
func tagOfRevised(revised int64) string { return `"` + strconv.FormatInt(revised, 10) + `"` }

// revised returns what the caller expects the thing's number of alterations to
// be; now is what it is.
func (in *RevisedInput) revised(what string, now int64) (int64, error) {
	switch tag := strings.TrimSpace(in.IfMatch); {
	case tag == "":
		return 0, &statusError{gatewright.FieldErrorf("If-Match", "read %s first, and send its ETag as If-Match: somebody else may alter it meanwhile", what), http.StatusPreconditionRequired}
	case tag == "*" || tag == tagOfRevised(now):
		return now, nil
	default:
		return 0, gatewright.Errorf(gatewright.PreconditionFailed, "%s was altered meanwhile: If-Match says %s, it is %s; read it again", what, tag, tagOfRevised(now))
	}
}

// UnchangedInput is embedded in the input of an operation that alters some
// members of a thing and leaves the others as they are. Its entity tag stands
// for all that people edit of it; whoever sends none alters it whatever it is.
type UnchangedInput struct {
	IfMatch string `header:"If-Match" doc:"The ETag of what is altered, as it was read: 412 if it was altered meanwhile. It may be left out."`
}

// unchanged refuses to alter what is not as the caller has read it.
func (in *UnchangedInput) unchanged(what, etag string) error {
	switch tag := strings.TrimSpace(in.IfMatch); tag {
	case "", "*", etag:
		return nil
	}
	return gatewright.Errorf(gatewright.PreconditionFailed, "%s was altered meanwhile; read it again", what)
}
