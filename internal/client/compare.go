package client

import (
	"context"
	"net/url"

	"github.com/gatewright/gatewright/internal/management/wire"
)

// Comparison says in what two revisions of an API differ.
type Comparison = wire.Comparison

// ComparisonSide is one side of a comparison.
type ComparisonSide = wire.ComparisonSide

// Difference is one value that is not the same on two sides.
type Difference = wire.Difference

// Compare tells in what two revisions of an API differ. Each side is a version,
// a number, or the name of a group for what runs there.
func (c *Client) Compare(ctx context.Context, api, from, to string) (*Comparison, error) {
	return fetch[Comparison](ctx, c, get(url.Values{"from": {from}, "to": {to}}, "apis", api, "comparison"))
}
