package management

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type submitInput struct {
	jsonBody[wire.ChangeRequest]
	IdempotencyKey string `header:"Idempotency-Key" doc:"The same key and request return the same change, for a day."`
	Client         string `header:"Gatewright-Client" doc:"What the caller is, as cli/0.1.0."`
}

type submitOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     wire.Submission
}

type changeInput struct {
	ConditionalInput
	ID   string `path:"id"`
	Wait string `query:"wait" example:"30s" doc:"How long to wait for the change to settle, at most 1m. With If-None-Match, any news ends the wait."`
}

type changesInput struct {
	PageInput
	Group string `query:"group" doc:"Name or identifier of a group."`
	API   string `query:"api" doc:"Name or identifier of an API, or name@track: its history."`
	State string `query:"state" enum:"pending-approval,scheduled,preparing,activating,underway" doc:"Only changes that have not ended and are in that state; underway for all of them."`
}

func (a *API) changeRoutes() {
	handle(a, operation{
		method: http.MethodPost, path: "/changes", id: "createChange", tag: "changes", summary: "Submit a change",
		description: "Plans the change again and records it. It then goes its way to the instances: wait for it with getChange.",
		status:      http.StatusAccepted, body: wire.ChangeRequest{},
		responses: map[string]*huma.Response{
			"200": {Description: "Nothing would change; no change was recorded.", Content: map[string]*huma.MediaType{"application/json": {Schema: a.schema(wire.Submission{})}}},
		},
	}, a.submit)
	handle(a, operation{
		method: http.MethodGet, path: "/changes/{id}", id: "getChange", tag: "changes", summary: "Get a change, or wait for it",
		description: "With wait, answers when the change has settled or the time is over, whichever is first.",
		waits:       true,
		responses:   notModifiedResponse(),
	}, a.change)
	op := get("/changes", "listChanges", "changes", "List changes")
	op.description = "Newest first."
	handle(a, op, a.changes)
}

func (a *API) submit(ctx context.Context, in *submitInput) (*submitOutput, error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	if body.PlanHash != "" && !body.PlanHash.Valid() {
		return nil, gatewright.FieldErrorf("planHash", "plan hash %q is not a hash; take it from the plan as it is", body.PlanHash)
	}
	req, err := controlRequest(&body.PlanRequest)
	if err != nil {
		return nil, err
	}
	needs, err := a.control.SubmitNeeds(ctx, requestOf(ctx).principal(), req)
	if err != nil {
		return nil, err
	}
	if err := a.permit(ctx, needs...); err != nil {
		return nil, err
	}
	sub, err := a.control.Submit(ctx, requestOf(ctx).actor, *req, control.SubmitOptions{
		PlanHash: body.PlanHash, Reason: body.Reason, IdempotencyKey: in.IdempotencyKey,
	})
	if err != nil {
		return nil, err
	}
	out := &submitOutput{Status: http.StatusOK, Body: wire.Submission{Plan: sub.Plan, Change: sub.Change, NoOp: sub.Change == nil}}
	if sub.Change != nil {
		out.Status, out.Location = http.StatusAccepted, "/api/v1/changes/"+string(sub.Change.ID)
	}
	return out, nil
}

func (a *API) changes(ctx context.Context, in *changesInput) (*answer[wire.List[*gatewright.Change]], error) {
	before, err := in.after("changes")
	if err != nil {
		return nil, err
	}
	q := control.ChangeQuery{Group: in.Group, API: in.API, Before: gatewright.ChangeID(before), Limit: in.Limit + 1}
	var cs []*gatewright.Change
	switch in.State {
	case "":
		cs, err = a.control.Changes(ctx, q)
	case wire.StateUnderway:
		cs, err = a.control.Underway(ctx, q)
	default:
		cs, err = a.control.Underway(ctx, q, gatewright.ChangeState(in.State))
	}
	if err != nil {
		return nil, err
	}
	l := page("changes", cs, in.Limit, func(c *gatewright.Change) string { return string(c.ID) })
	if l.Items, err = a.control.MayRead(ctx, requestOf(ctx).principal(), l.Items); l.Items == nil {
		l.Items = []*gatewright.Change{}
	}
	return ok(l, err)
}

func (a *API) change(ctx context.Context, in *changeInput) (*tagged[*gatewright.Change], error) {
	wait := time.Duration(0)
	if in.Wait != "" {
		var err error
		if wait, err = time.ParseDuration(in.Wait); err != nil || wait < 0 || wait > MaxWait {
			return nil, gatewright.FieldErrorf("wait", "wait %q is not a duration from 0s to %s, like 30s", in.Wait, MaxWait)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, wait+requestTimeout)
	defer cancel()
	if wait == 0 {
		ch, err := a.control.Change(ctx, gatewright.ChangeID(in.ID))
		return tag(in.ConditionalInput, ch, err)
	}
	done, err := take(a.waiting, "requests that wait")
	if err != nil {
		return nil, err
	}
	defer done()
	ch, err := a.awaitChange(ctx, in, wait)
	return tag(in.ConditionalInput, ch, err)
}

// outcomePoll is how often a waiting request looks for news that no event
// tells: what single instances said, or a move made by another process.
const outcomePoll = time.Second

// awaitChange returns the change once it has settled, once it is no longer
// what the caller has, or when the time is over.
func (a *API) awaitChange(ctx context.Context, in *changeInput, wait time.Duration) (*gatewright.Change, error) {
	id := gatewright.ChangeID(in.ID)
	sub := a.control.Subscribe() // before the first look, so that no move is missed
	defer func() { sub.Close() }()
	over := time.NewTimer(wait)
	defer over.Stop()
	poll := time.NewTicker(outcomePoll)
	defer poll.Stop()
	for {
		ch, err := a.control.Change(ctx, id)
		if err != nil || ch.State.Settled() {
			return ch, err
		}
		if strings.TrimSpace(in.IfNoneMatch) != "" {
			etag, err := etagOf(ch)
			if err != nil || !in.has(etag) {
				return ch, err
			}
		}
		for look := false; !look; {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-a.closing:
				return ch, nil
			case <-over.C:
				return ch, nil
			case <-poll.C:
				look = true
			case e, open := <-sub.C:
				if !open { // fell behind in other changes' events
					sub = a.control.Subscribe()
				}
				look = !open || e.Change != nil && e.Change.ID == id
			}
		}
	}
}

// checkKeys refuses two different idempotency keys: only one of them would
// count. The same one twice, as proxies that retry may send it, is one.
func checkKeys(h http.Header) error {
	keys := h.Values("Idempotency-Key")
	for _, key := range keys {
		if key != keys[0] {
			return gatewright.FieldErrorf("Idempotency-Key", "the request has several idempotency keys; send one")
		}
	}
	return nil
}
