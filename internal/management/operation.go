package management

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gatewright/gatewright/internal/management/wire"
)

// operation describes a route.
type operation struct {
	method      string
	path        string // below /api/v1
	id          string
	tag         string
	summary     string
	description string
	status      int  // of success; 0 means 200, or 204 without a body
	body        any  // example of the type of the body, nil for none
	waits       bool // bounds its time itself
	responses   map[string]*huma.Response
}

// handle registers the operation. Whether somebody may use it is decided before
// h is called, by what [rights] has under its ID. What h fails with becomes a
// problem.
func handle[I, O any](a *API, op operation, h func(context.Context, *I) (*O, error)) {
	hop := huma.Operation{
		Method: op.method, Path: "/api/v1" + op.path, OperationID: op.id, Tags: []string{op.tag},
		Summary: op.summary, Description: op.description, DefaultStatus: op.status, Responses: op.responses,
		MaxBodyBytes: MaxBodyBytes, BodyReadTimeout: bodyReadTimeout, SkipValidateBody: true,
	}
	if hop.Responses == nil {
		hop.Responses = map[string]*huma.Response{}
	}
	hop.Responses["default"] = &huma.Response{
		Description: "What went wrong.",
		Content:     map[string]*huma.MediaType{wire.ProblemMediaType: {Schema: a.schema(wire.Problem{})}},
	}
	if op.body != nil {
		hop.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
	}
	if a.rights[op.id].access == accessEverybody {
		a.opened[hop.Method+" "+hop.Path] = true
		hop.Security = []map[string][]string{} // none
	}
	huma.Register(a.huma, hop, func(ctx context.Context, in *I) (*O, error) {
		if !op.waits {
			limited, cancel := context.WithTimeout(ctx, requestTimeout)
			defer cancel()
			ctx = limited
		}
		err := a.admit(ctx, op.id, in)
		var out *O
		if err == nil {
			if out, err = h(ctx, in); err == nil {
				err = a.settled(ctx, op.id)
			}
		}
		if same := (*notModified)(nil); errors.As(err, &same) {
			return nil, same
		}
		if err != nil {
			return nil, a.problemOf(ctx, err)
		}
		return out, nil
	})
	if op.body != nil { // the framework knows only that it is bytes
		hop.RequestBody.Content["application/json"] = &huma.MediaType{Schema: a.schema(op.body)}
	}
}

// answer is the output of an operation that has no headers of its own.
type answer[T any] struct {
	Body T
}

func ok[T any](body T, err error) (*answer[T], error) {
	if err != nil {
		return nil, err
	}
	return &answer[T]{body}, nil
}

// created is the output of an operation that makes something.
type created[T any] struct {
	Location string `header:"Location"`
	Body     T
}

// tagged is the output of an operation whose answer can be asked for again
// with If-None-Match.
type tagged[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// get is short for an operation that reads.
func get(path, id, tag, summary string) operation {
	return operation{method: http.MethodGet, path: path, id: id, tag: tag, summary: summary}
}
