package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// What travels of an export and an apply.
type (
	// ApplyPlanRequest asks what making a group have what files say would do.
	ApplyPlanRequest = wire.ApplyPlanRequest
	// ApplyRequest asks to make a group have what files say.
	ApplyRequest = wire.ApplyRequest
)

// maxExportRestarts bounds how often an export begins again because the group
// changed in the middle of it.
const maxExportRestarts = 5

// ExportQuery selects what to export.
type ExportQuery struct {
	API        string // name or identifier, name@track; "" for everything
	WithHashes bool   // the hashes of apps' keys, too
}

// Export returns what a group has as native documents in JSON, all of one
// generation of the group. [gatewright.Conflict] when the group does not stay
// as it is for long enough.
func (c *Client) Export(ctx context.Context, group string, q ExportQuery) ([]json.RawMessage, error) {
	for range maxExportRestarts {
		documents, whole, err := c.exportOnce(ctx, group, q)
		if err != nil || whole {
			return documents, err
		}
	}
	return nil, gatewright.Errorf(gatewright.Conflict, "%s was changed again and again while it was exported; try again later", group)
}

// exportOnce reads all pages; false when they are not of one generation.
func (c *Client) exportOnce(ctx context.Context, group string, q ExportQuery) ([]json.RawMessage, bool, error) {
	type page struct {
		Items      []json.RawMessage `json:"items"`
		NextCursor string            `json:"nextCursor"`
		Generation int64             `json:"generation"`
	}
	var all []json.RawMessage
	query := url.Values{}
	if q.API != "" {
		query.Set("api", q.API)
	}
	if q.WithHashes {
		query.Set("withHashes", "true")
	}
	for generation := int64(-1); ; {
		p, err := fetch[page](ctx, c, get(query, "groups", group, "export"))
		if err != nil {
			return nil, false, err
		}
		if generation >= 0 && p.Generation != generation {
			return nil, false, nil
		}
		generation = p.Generation
		all = append(all, p.Items...)
		if p.NextCursor == "" {
			return all, true, nil
		}
		query.Set("cursor", p.NextCursor)
	}
}

// PlanApply tells what making the group have what files say would do.
func (c *Client) PlanApply(ctx context.Context, group string, req ApplyPlanRequest) (*gatewright.Plan, error) {
	return fetch[gatewright.Plan](ctx, c, post(req, "groups", group, "apply-plans"))
}

// Apply makes the group have what files say. The submission's change is nil
// when gateways are not concerned. The same idempotency key and request return
// the same change; "" is no key.
func (c *Client) Apply(ctx context.Context, group string, req ApplyRequest, idempotencyKey string) (*Submission, error) {
	k := post(req, "groups", group, "applies")
	if idempotencyKey != "" {
		k.header = http.Header{"Idempotency-Key": {idempotencyKey}}
	}
	return fetch[Submission](ctx, c, k)
}
