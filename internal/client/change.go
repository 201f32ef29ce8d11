package client

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// How a change is waited for.
const (
	waitChunk    = 30 * time.Second // asked of the server at a time
	waitGrace    = 15 * time.Second // for the answer to come after that
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 2 * time.Second
)

// Plan computes what a change would do. It changes nothing. A plan with
// findings that forbid the change is an answer, not an error; see
// [gatewright.Plan.Blocked].
func (c *Client) Plan(ctx context.Context, req PlanRequest) (*gatewright.Plan, error) {
	return fetch[gatewright.Plan](ctx, c, post(req, "plans"))
}

// Submit asks for a change and returns without waiting for the instances; see
// [Client.WaitChange]. The same idempotency key and request return the same
// change; "" is no key.
//
// Errors: [gatewright.Conflict] when a change of the same slot is under way,
// [gatewright.PreconditionFailed] when the plan no longer has req.PlanHash,
// and what the checks refuse with.
func (c *Client) Submit(ctx context.Context, req ChangeRequest, idempotencyKey string) (*Submission, error) {
	k := post(req, "changes")
	if idempotencyKey != "" {
		k.header = http.Header{"Idempotency-Key": {idempotencyKey}}
	}
	return fetch[Submission](ctx, c, k)
}

// Change returns a change with what its instances said.
func (c *Client) Change(ctx context.Context, id gatewright.ChangeID) (*gatewright.Change, error) {
	return fetch[gatewright.Change](ctx, c, get(nil, "changes", string(id)))
}

// ChangeFilter selects changes; empty members select all.
type ChangeFilter struct {
	Group string // name or identifier
	API   string // name or identifier, name@track
	State string // only those that have not ended and are in that state; see [Underway]
}

// Changes lists changes newest first. With an API named it is its history.
func (c *Client) Changes(ctx context.Context, f ChangeFilter, page Page) (*List[*gatewright.Change], error) {
	return fetch[List[*gatewright.Change]](ctx, c, get(page.query("group", f.Group, "api", f.API, "state", f.State), "changes"))
}

// Decide approves or rejects a change that waits for approval. plan is the
// hash of the plan that was looked at; a rejection needs a comment.
//
// Errors: [gatewright.Forbidden] for the author and for those without the role
// it asks for, [gatewright.Conflict] when it does not wait any more or the
// caller has decided already, [gatewright.PreconditionFailed] when the change
// has another plan.
func (c *Client) Decide(ctx context.Context, id gatewright.ChangeID, plan gatewright.Hash, approve bool, comment string) (*gatewright.Change, error) {
	return fetch[gatewright.Change](ctx, c, post(wire.DecisionRequest{PlanHash: plan, Approve: &approve, Comment: comment}, "changes", string(id), "decisions"))
}

// Cancel withdraws a change that has not begun; [gatewright.Conflict] when it
// has.
func (c *Client) Cancel(ctx context.Context, id gatewright.ChangeID, reason string) (*gatewright.Change, error) {
	return fetch[gatewright.Change](ctx, c, post(wire.CancelRequest{Reason: reason}, "changes", string(id), "cancel"))
}

// WaitChange waits until the change has settled, however it ended: its State
// says how, its Error why. onUpdate, unless nil, is called with the change at
// first and whenever it or its outcomes differ, the last time included.
//
// While the control plane is away it keeps trying until ctx ends; then it
// returns what it saw last, which may be nil, and an error.
func (c *Client) WaitChange(ctx context.Context, id gatewright.ChangeID, onUpdate func(*gatewright.Change)) (*gatewright.Change, error) {
	var seen *gatewright.Change
	etag := ""
	backoff := firstBackoff
	for {
		ch, tag, err := c.pollChange(ctx, id, etag)
		code := gatewright.CodeOf(err)
		if code == gatewright.LimitExceeded {
			etag = "" // no place to wait in: ask now and then
		}
		if code == gatewright.Unavailable || code == gatewright.LimitExceeded {
			if err := pause(ctx, backoff); err != nil {
				return seen, err
			}
			backoff = min(2*backoff, maxBackoff)
			continue
		}
		if err != nil {
			return seen, err
		}
		backoff = firstBackoff
		if ch == nil {
			continue // as it was
		}
		seen, etag = ch, tag
		if onUpdate != nil {
			onUpdate(ch)
		}
		if ch.State.Settled() {
			return ch, nil
		}
	}
}

// pollChange returns the change as soon as it is no longer as etag says, or
// nil when it still is after a while.
func (c *Client) pollChange(ctx context.Context, id gatewright.ChangeID, etag string) (*gatewright.Change, string, error) {
	k := get(nil, "changes", string(id))
	if etag != "" {
		k.query = url.Values{"wait": {waitChunk.String()}}
		k.header = http.Header{"If-None-Match": {etag}}
		k.timeout = waitChunk + waitGrace
	}
	a, err := c.do(ctx, k)
	if err != nil || a.status == http.StatusNotModified {
		return nil, "", err
	}
	ch, err := decode[gatewright.Change](c, a)
	return ch, a.header.Get("ETag"), err
}

// pause waits about d, or until ctx ends. The clients of a control plane that
// returns must not all come at once.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d/2 + rand.N(d))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
