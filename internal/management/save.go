package management

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type saveNewInput struct {
	APIInput
	jsonBody[wire.SaveRequest]
}

type saveInput struct {
	APIInput
	jsonBody[wire.SaveRequest]
	Revision string `path:"revision" doc:"Version or number."`
	IfMatch  string `header:"If-Match" doc:"The ETag of the revision as it was read, or its hash in quotes."`
}

func (a *API) saveRoutes() {
	handle(a, operation{
		method: http.MethodPost, path: "/apis", id: "createAPI", tag: "apis", summary: "Save a document as a new API",
		description: "Its revision 1 is a draft; nothing is published.",
		status:      http.StatusCreated, body: wire.SaveRequest{},
	}, func(ctx context.Context, in *jsonBody[wire.SaveRequest]) (*created[*wire.Saved], error) {
		return a.saveNew(ctx, in, control.SaveNewAPI, "")
	})
	handle(a, operation{
		method: http.MethodPost, path: "/apis/{api}/revisions", id: "createRevision", tag: "apis", summary: "Save a document as a new version",
		description: "The API's next revision, as a draft; nothing is published.",
		status:      http.StatusCreated, body: wire.SaveRequest{},
	}, func(ctx context.Context, in *saveNewInput) (*created[*wire.Saved], error) {
		return a.saveNew(ctx, &in.jsonBody, control.SaveNewVersion, in.API)
	})
	handle(a, operation{
		method: http.MethodPut, path: "/apis/{api}/revisions/{revision}", id: "updateRevision", tag: "apis", summary: "Save a document in place of a revision",
		description: "A draft gets other content. A revision that only test groups ran is followed by a new draft with its version, which replaces it there. Anything else is refused.",
		body:        wire.SaveRequest{},
	}, a.saveOver)
}

func (a *API) saveNew(ctx context.Context, in *jsonBody[wire.SaveRequest], mode control.SaveMode, api string) (*created[*wire.Saved], error) {
	req, err := saveRequest(in, api)
	if err != nil {
		return nil, err
	}
	req.Mode = mode
	if err := a.permitSave(ctx, req); err != nil {
		return nil, err
	}
	s, err := a.control.Save(ctx, requestOf(ctx).actor, *req)
	if err != nil {
		return nil, err
	}
	return &created[*wire.Saved]{Location: "/api/v1/apis/" + string(s.API.ID) + "/revisions/" + strconv.Itoa(s.Revision.Number), Body: saved(s)}, nil
}

func (a *API) saveOver(ctx context.Context, in *saveInput) (*answer[*wire.Saved], error) {
	req, err := saveRequest(&in.jsonBody, in.API)
	if err != nil {
		return nil, err
	}
	req.Mode, req.Revision = control.SaveUpdate, in.Revision
	if err := a.permitSave(ctx, req); err != nil {
		return nil, err
	}
	if req.IfHash, err = a.readHash(ctx, in); err != nil {
		return nil, err
	}
	s, err := a.control.Save(ctx, requestOf(ctx).actor, *req)
	if err != nil {
		return nil, err
	}
	return ok(saved(s), nil)
}

// permitSave decides whether who asks may save that.
func (a *API) permitSave(ctx context.Context, req *control.SaveRequest) error {
	needs, err := a.control.SaveNeeds(ctx, requestOf(ctx).principal(), req.Mode, req.API, req.Revision)
	if err != nil {
		return err
	}
	return a.permit(ctx, needs...)
}

// readHash returns the content hash the caller has read: If-Match is the hash
// itself or the revision's entity tag.
func (a *API) readHash(ctx context.Context, in *saveInput) (gatewright.Hash, error) {
	tag := strings.TrimSpace(in.IfMatch)
	if tag == "" {
		return "", &statusError{gatewright.FieldErrorf("If-Match", "read the revision first, and send its ETag as If-Match: somebody else may save it meanwhile"), http.StatusPreconditionRequired}
	}
	if r, err := a.control.Revision(ctx, in.API, in.Revision); err == nil {
		shown := *r
		shown.Definition.Document.Text = nil
		etag, err := etagOf(&shown)
		if err != nil {
			return "", err
		}
		if tag == etag || tag == "*" {
			return r.Hash, nil
		}
	}
	hash := gatewright.Hash(strings.Trim(tag, `"`))
	if !hash.Valid() {
		return "", gatewright.FieldErrorf("If-Match", "If-Match %.200q is no entity tag of a revision", tag)
	}
	return hash, nil
}

func saveRequest(in *jsonBody[wire.SaveRequest], api string) (*control.SaveRequest, error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	if body.Document == nil {
		return nil, gatewright.FieldErrorf("document", "there is nothing to save; send the API's document")
	}
	read, err := readDocument(body.Document)
	if err != nil {
		return nil, err
	}
	if api != "" && body.Name != "" {
		return nil, gatewright.FieldErrorf("name", "name is for a new API; a revision is saved to the API in the path")
	}
	if api == "" {
		api = cmp.Or(body.Name, read.Name, read.Definition.Title)
	}
	return &control.SaveRequest{API: api, Definition: &read.Definition, Version: body.Version, Comment: body.Comment}, nil
}

func saved(s *control.Saved) *wire.Saved {
	shown := *s.Revision
	shown.Definition.Document.Text = nil
	changes := s.Changes
	if changes == nil {
		changes = []*gatewright.Change{}
	}
	return &wire.Saved{API: s.API, Revision: &shown, Changes: changes}
}
