package client

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// What travels of a save.
type (
	// SaveRequest asks to keep a document without publishing it.
	SaveRequest = wire.SaveRequest
	// Saved is what a save made.
	Saved = wire.Saved
)

// SaveAPI saves a document as revision 1 of a new API.
func (c *Client) SaveAPI(ctx context.Context, req SaveRequest) (*Saved, error) {
	return fetch[Saved](ctx, c, post(req, "apis"))
}

// SaveVersion saves a document as the next revision of an API.
func (c *Client) SaveVersion(ctx context.Context, api string, req SaveRequest) (*Saved, error) {
	return fetch[Saved](ctx, c, post(req, "apis", api, "revisions"))
}

// SaveOver saves a document in place of a revision, which had the content hash
// read. [gatewright.PreconditionFailed] when it has another one by now,
// [gatewright.Conflict] when it can no longer be altered.
func (c *Client) SaveOver(ctx context.Context, api, revision string, read gatewright.Hash, req SaveRequest) (*Saved, error) {
	return fetch[Saved](ctx, c, call{
		method: http.MethodPut, segments: []string{"apis", api, "revisions", revision}, body: req,
		header: http.Header{"If-Match": {`"` + string(read) + `"`}},
	})
}
