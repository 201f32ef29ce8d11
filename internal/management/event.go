package management

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type eventsInput struct {
	Group string `query:"group" doc:"Name or identifier of a group: only its events."`
	API   string `query:"api" doc:"Name or identifier of an API, or name@track: of changes, only those of that API."`
}

const eventsDescription = `A stream of server-sent events: what happens from the moment the answer's head arrives. Open it first, then read the present state.

| event | data |
|---|---|
| change | a Change that was submitted or moved on |
| instance | an Instance that joined, reported something new, or left |
| group | a Group that was created or altered |
| end | a StreamEnd: the last event; read the present state and open a new stream |

Comment lines show that a silent stream lives. A reader that falls behind is cut off.`

func (a *API) eventRoutes() {
	op := get("/events", "streamEvents", "system", "Stream events")
	op.description, op.waits = eventsDescription, true
	data := &huma.Schema{Type: huma.TypeString, Description: "Server-sent events; the data of each is one of the schemas Change, Instance, Group and StreamEnd as JSON."}
	for _, v := range []any{gatewright.Change{}, gatewright.Instance{}, gatewright.Group{}, wire.StreamEnd{}} {
		a.schema(v) // so that the description has them
	}
	op.responses = map[string]*huma.Response{"200": {
		Description: "The stream.", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: data}},
	}}
	handle(a, op, a.events)
}

// eventFilter selects the events a stream tells.
type eventFilter struct {
	group gatewright.GroupID
	api   gatewright.APIID
	track string

	who    *control.Authenticated // who listens, as it was at looked
	looked time.Time
}

// stillEvery bounds how often it is looked whether somebody who listens may
// still do so.
const stillEvery = time.Second

// still reports whether who listens may still listen at all, and refreshes
// what they may hear.
func (a *API) still(ctx context.Context, f *eventFilter) bool {
	if now := a.cfg.Clock(); f.who == nil || now.Sub(f.looked).Abs() >= stillEvery {
		who, err := a.control.Again(ctx, requestOf(ctx).who)
		if err != nil {
			return false
		}
		f.who, f.looked = who, now
	}
	return auth.DecideAnywhere(f.who.Principal, gatewright.ActionEventRead) == nil
}

// mayHear reports whether who listens may see what an event is about.
func (a *API) mayHear(ctx context.Context, f *eventFilter, e control.Event) bool {
	var scopes []auth.Scope
	switch {
	case auth.Decide(f.who.Principal, gatewright.ActionEventRead, auth.Scope{}) == nil: // all of it
	case e.Change != nil:
		var err error
		if scopes, err = a.control.ChangeScopes(ctx, f.who.Principal, e.Change); err != nil {
			return false
		}
	case e.Instance != nil:
		return auth.Decide(f.who.Principal, gatewright.ActionInstanceRead, auth.Scope{Group: e.Instance.Group}) == nil
	case e.Group != nil:
		return auth.Decide(f.who.Principal, gatewright.ActionGroupRead, auth.Scope{Group: e.Group.ID}) == nil
	}
	for _, s := range scopes {
		if auth.Decide(f.who.Principal, gatewright.ActionEventRead, s) != nil {
			return false
		}
	}
	return true
}

func (a *API) eventFilter(ctx context.Context, in *eventsInput) (f eventFilter, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if in.Group != "" {
		g, err := a.control.Group(ctx, in.Group)
		if err != nil {
			return f, err
		}
		f.group = g.ID
	}
	if in.API != "" {
		api, _, err := a.control.API(ctx, in.API)
		if err != nil {
			return f, err
		}
		f.api = api.ID
		if in.API != api.Name && in.API != string(api.ID) {
			f.track = in.API[strings.LastIndexByte(in.API, '@')+1:]
		}
	}
	return f, nil
}

func (f *eventFilter) wants(e control.Event) bool {
	switch {
	case e.Change != nil:
		if f.group != "" && e.Change.Group != f.group {
			return false
		}
		if f.api == "" {
			return true
		}
		for _, item := range e.Change.Items {
			if s := item.Slot; s != nil && s.API == f.api && (f.track == "" || s.Track == f.track) {
				return true
			}
		}
		return false
	case e.Instance != nil:
		return f.group == "" || e.Instance.Group == f.group
	case e.Group != nil:
		return f.group == "" || e.Group.ID == f.group
	}
	return false
}

func (a *API) events(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	filter, err := a.eventFilter(ctx, in)
	if err != nil {
		return nil, err
	}
	done, err := take(a.streams, "event streams")
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer done()
		_, w := humago.Unwrap(hctx)
		if hctx.Method() == http.MethodHead {
			w.Header().Set("Content-Type", "text/event-stream")
			return
		}
		s := &stream{w: w, rc: http.NewResponseController(w)}
		a.stream(hctx.Context(), s, filter)
	}}, nil
}

// stream tells events until the reader goes away, falls behind, or the API
// closes. What ends it early is a failed write: nobody is left to tell.
func (a *API) stream(ctx context.Context, s *stream, filter eventFilter) {
	sub := a.control.Subscribe()
	defer sub.Close()
	s.w.Header().Set("Content-Type", "text/event-stream")
	s.comment("connected")
	beat := time.NewTicker(a.cfg.Heartbeat)
	defer beat.Stop()
	for s.err == nil {
		select {
		case <-ctx.Done():
			return
		case <-a.closing:
			s.event(wire.EventEnd, wire.StreamEnd{Reason: wire.EndShutdown})
			return
		case <-beat.C:
			if !a.still(ctx, &filter) {
				s.event(wire.EventEnd, wire.StreamEnd{Reason: wire.EndRights})
				return
			}
			s.comment("heartbeat")
		case e, open := <-sub.C:
			switch {
			case !open:
				s.event(wire.EventEnd, wire.StreamEnd{Reason: wire.EndBehind})
				return
			case !filter.wants(e):
			case !a.still(ctx, &filter):
				s.event(wire.EventEnd, wire.StreamEnd{Reason: wire.EndRights})
				return
			case !a.mayHear(ctx, &filter, e):
			case e.Change != nil:
				s.event(wire.EventChange, e.Change)
			case e.Instance != nil:
				s.event(wire.EventInstance, e.Instance)
			case e.Group != nil:
				s.event(wire.EventGroup, e.Group)
			}
		}
	}
}

// stream writes server-sent events. After the first failure it writes nothing
// more.
type stream struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	err error
}

func (s *stream) comment(text string) { s.write([]byte(": " + text + "\n\n")) }

func (s *stream) event(name string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		s.err = fmt.Errorf("encode event: %w", err)
		return
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", name, data)
	s.write(b.Bytes())
}

func (s *stream) write(b []byte) {
	if s.err != nil {
		return
	}
	// Writers without deadlines belong to tests.
	_ = s.rc.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, s.err = s.w.Write(b); s.err == nil {
		s.err = s.rc.Flush()
	}
}
