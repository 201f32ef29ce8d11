package client

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// Organisation returns the organisation's settings.
func (c *Client) Organisation(ctx context.Context) (*gatewright.Organisation, error) {
	return fetch[gatewright.Organisation](ctx, c, get(nil, "organisation"))
}

// UpdateOrganisation replaces the organisation's settings. revised is what its
// Revised was when they were read; the error is [gatewright.PreconditionFailed]
// if they were altered since.
func (c *Client) UpdateOrganisation(ctx context.Context, revised int64, settings gatewright.OrganisationSettings) (*gatewright.Organisation, error) {
	return fetch[gatewright.Organisation](ctx, c, call{
		method: http.MethodPut, segments: []string{"organisation"}, body: wire.OrganisationUpdate{Settings: &settings},
		header: http.Header{"If-Match": {`"` + strconv.FormatInt(revised, 10) + `"`}},
	})
}
