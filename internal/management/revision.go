package management

import (
	"context"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type revisionsInput struct {
	APIInput
	PageInput
}

type revisionInput struct {
	APIInput
	ConditionalInput
	Revision string `path:"revision" doc:"Version or number. A version goes before a number that looks the same."`
}

type documentOutput struct {
	ETag        string `header:"ETag"`
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (a *API) revisionRoutes() {
	op := get("/apis/{api}/revisions", "listRevisions", "apis", "List the revisions of an API")
	op.description = "Newest first, without routes and document."
	handle(a, op, func(ctx context.Context, in *revisionsInput) (*answer[wire.List[*gatewright.Revision]], error) {
		before, err := in.afterNumber("revisions")
		if err != nil {
			return nil, err
		}
		rs, err := a.control.Revisions(ctx, in.API, int(before), in.Limit+1)
		return ok(page("revisions", rs, in.Limit, func(r *gatewright.Revision) string { return strconv.Itoa(r.Number) }), err)
	})

	op = get("/apis/{api}/revisions/{revision}", "getRevision", "apis", "Get a revision")
	op.description = "With its routes. The text of its document is getDocument's."
	op.responses = notModifiedResponse()
	handle(a, op, func(ctx context.Context, in *revisionInput) (*tagged[*gatewright.Revision], error) {
		r, err := a.control.Revision(ctx, in.API, in.Revision)
		if err != nil {
			return nil, err
		}
		shown := *r
		shown.Definition.Document.Text = nil
		return tag(in.ConditionalInput, &shown, nil)
	})

	op = get("/apis/{api}/revisions/{revision}/document", "getDocument", "apis", "Get the document of a revision")
	op.description = "The file it was imported from, byte by byte."
	op.responses = notModifiedResponse()
	op.responses["200"] = &huma.Response{
		Description: "The file.",
		Content:     map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}
	handle(a, op, a.document)
}

func (a *API) document(ctx context.Context, in *revisionInput) (*documentOutput, error) {
	r, err := a.control.Revision(ctx, in.API, in.Revision)
	if err != nil {
		return nil, err
	}
	text := r.Definition.Document.Text
	etag := etagOfBytes(text)
	if in.has(etag) {
		return nil, &notModified{etag}
	}
	// Whatever the file is: no browser shall show it as a page of this host.
	return &documentOutput{ETag: etag, ContentType: "application/octet-stream", Body: text}, nil
}
