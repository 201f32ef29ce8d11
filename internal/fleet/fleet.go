package fleet

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// Why the fleet ends a stream, as the gateway is told.
var (
	errStopping   = errors.New("the control plane stops or restarts")
	errRevoked    = errors.New("the token was revoked")
	errSuperseded = errors.New("this gateway has opened a newer stream")
)

// Fleet is the control plane's side of the link. Its methods may be called
// concurrently.
type Fleet struct {
	control Control
	cfg     Config
	handler http.Handler
	wake    chan struct{} // a group became dirty
	blobs   chan struct{} // one element per blob in memory
	answers chan struct{} // one element per gateway's answer in memory

	mu      sync.Mutex
	running bool
	open    sync.WaitGroup // streams; Add only while running
	groups  map[gatewright.GroupID]*group
	present map[gatewright.InstanceID]*presence
}

// group is a group that has open streams. Fleet.mu guards it.
type group struct {
	id      gatewright.GroupID
	streams map[*stream]struct{}
	dirty   bool          // what it wants is to be read
	view    *view         // what it wanted when last read; nil before
	changed chan struct{} // closed when view is replaced
}

// New returns the fleet of a control plane. It answers requests at once, but
// streams only while [Fleet.Run] runs.
func New(c Control, cfg Config) *Fleet {
	f := &Fleet{
		control: c,
		cfg:     cfg.withDefaults(),
		wake:    make(chan struct{}, 1),
		blobs:   make(chan struct{}, maxBlobReads),
		answers: make(chan struct{}, maxAnswers),
		groups:  map[gatewright.GroupID]*group{},
		present: map[gatewright.InstanceID]*presence{},
	}
	f.handler = f.routes()
	return f
}

// Handler serves the link below [link.Prefix].
func (f *Fleet) Handler() http.Handler { return f.handler }

// Run keeps streams told until ctx ends. Then it ends them with a goodbye and
// waits for that, so that an http.Server can be shut down without delay. It
// may be called once.
func (f *Fleet) Run(ctx context.Context) error {
	f.mu.Lock()
	f.running = true
	f.mu.Unlock()
	defer f.stop()

	sub := f.control.Subscribe()
	defer func() { sub.Close() }()
	tick := time.NewTicker(f.cfg.Ping)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.wake:
		case e, ok := <-sub.C:
			if !ok { // it fell behind: what happened meanwhile is in the store
				sub = f.control.Subscribe()
				f.markAll()
				break
			}
			f.note(e)
			f.drain(sub)
		case <-tick.C:
			// Other replicas and lost events: level, not edge.
			f.markAll()
			f.checkTokens(ctx)
			f.forget()
		}
		f.refresh(ctx)
	}
}

// stop ends all streams and waits for them.
func (f *Fleet) stop() {
	f.mu.Lock()
	f.running = false
	for _, g := range f.groups {
		for s := range g.streams {
			s.end(errStopping)
		}
	}
	f.mu.Unlock()
	f.open.Wait()
}

// note marks the group an event concerns.
func (f *Fleet) note(e control.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case e.Change != nil:
		f.mark(e.Change.Group)
	case e.Group != nil:
		f.mark(e.Group.ID)
	case e.Question != nil:
		f.mark(e.Question.Group)
	}
}

// drain notes what else has happened, so that a burst costs one reading.
func (f *Fleet) drain(sub *control.Subscription) {
	for range maxEventBatch {
		select {
		case e, ok := <-sub.C:
			if !ok {
				return // Run sees it too
			}
			f.note(e)
		default:
			return
		}
	}
}

// mark says that what a group wants is to be read again. f.mu is held.
func (f *Fleet) mark(id gatewright.GroupID) {
	if g := f.groups[id]; g != nil {
		g.dirty = true
	}
}

func (f *Fleet) markAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, g := range f.groups {
		g.dirty = true
	}
}

// ask has a group read again soon, on behalf of a stream.
func (f *Fleet) ask(id gatewright.GroupID) {
	f.mu.Lock()
	f.mark(id)
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default: // it is about to look anyway
	}
}

// refresh reads what the marked groups want, each once, and wakes the streams
// of those that want something new.
func (f *Fleet) refresh(ctx context.Context) {
	f.mu.Lock()
	var marked []*group
	for _, g := range f.groups {
		if g.dirty {
			g.dirty = false
			marked = append(marked, g)
		}
	}
	f.mu.Unlock()
	for _, g := range marked {
		readCtx, cancel := context.WithTimeout(ctx, readTimeout)
		w, err := f.control.Wanted(readCtx, g.id)
		cancel()
		if err != nil {
			if ctx.Err() == nil { // the next tick tries again
				f.cfg.Log.Error("what a group wants could not be read", slog.String("group", string(g.id)), slog.Any("error", err))
			}
			continue
		}
		v := newView(f.control, g.id, w)
		f.mu.Lock()
		if g.view == nil || !g.view.same(v) {
			g.view = v
			close(g.changed)
			g.changed = make(chan struct{})
		}
		f.mu.Unlock()
	}
}

// wanted returns what the group of s wants and what is closed when that
// changes; the view is nil before it was read for the first time.
func (f *Fleet) wanted(g *group) (*view, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return g.view, g.changed
}

// checkTokens ends the streams whose token is no longer valid. Each token is
// looked at once, however many streams it opened.
func (f *Fleet) checkTokens(ctx context.Context) {
	f.mu.Lock()
	bySecret := map[string][]*stream{}
	for _, g := range f.groups {
		for s := range g.streams {
			bySecret[s.secret] = append(bySecret[s.secret], s)
		}
	}
	f.mu.Unlock()
	for secret, streams := range bySecret {
		readCtx, cancel := context.WithTimeout(ctx, readTimeout)
		_, err := f.control.Authenticate(readCtx, gatewright.TokenInstance, secret)
		cancel()
		if gatewright.CodeOf(err) != gatewright.Unauthenticated {
			continue // valid; or it cannot be known now, which must not cut off a fleet
		}
		for _, s := range streams {
			s.end(errRevoked)
		}
	}
}
