package control_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// ways are the forms an order may have: each publishes the same.
var ways = []struct {
	name   string
	submit func(ctx context.Context, c *control.Control, req control.Request, reason string) error
}{
	{"submit", func(ctx context.Context, c *control.Control, req control.Request, reason string) error {
		_, err := c.Submit(ctx, admin, req, control.SubmitOptions{Reason: reason})
		return err
	}},
	{"apply", func(ctx context.Context, c *control.Control, req control.Request, reason string) error {
		item := req.Items[0]
		state := control.State{APIs: []*control.StatedAPI{{Name: "Pets", Version: item.Version, Definition: item.Definition}}}
		_, err := c.Apply(ctx, admin, control.ApplyRequest{Group: req.Group, State: state, AllowBreaking: req.AllowBreaking}, control.SubmitOptions{Reason: reason})
		return err
	}},
}

// watchedStore tells when transactions begin and end.
type watchedStore struct {
	control.Store
	viewed, updating func()
}

func (s *watchedStore) View(ctx context.Context, f func(control.Tx) error) error {
	defer s.viewed()
	return s.Store.View(ctx, f)
}

func (s *watchedStore) Update(ctx context.Context, f func(control.Tx) error) error {
	s.updating()
	return s.Store.Update(ctx, f)
}

// TestComparisonsHoldNobodyUp holds the comparison up and sees that no
// transaction waits with it.
func TestComparisonsHoldNobodyUp(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			w := newWorld(t)
			w.standard()
			w.live(documented("test", "1.0.0", "/", "id name", "/a"))

			looked, entered := make(chan struct{}), make(chan struct{})
			store := &watchedStore{Store: w.store, viewed: func() {}, updating: func() {}}
			c, err := control.New(w.ctx, store, control.Config{Log: slog.New(slog.DiscardHandler)})
			w.must(err)
			store.viewed, store.updating = sync.OnceFunc(func() { close(looked) }), sync.OnceFunc(func() { close(entered) })
			release := c.HoldComparisons()
			ctx, cancel := context.WithCancel(w.ctx)
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- way.submit(ctx, c, documented("test", "1.1.0", "/", "id name", "/a", "/b"), "test") }()
			select {
			case <-looked:
			case <-entered:
				release()
				<-done
				t.Fatal("a transaction of the store began before the definitions were compared")
			}
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("with the comparison held up: %v, want that it was cancelled", err)
			}
			select {
			case <-entered:
				t.Error("a transaction began although nothing was compared")
			default:
			}
			release()
			w.must(way.submit(w.ctx, c, documented("test", "1.1.0", "/", "id name", "/a", "/b"), "test"))
		})
	}
}

func TestBreakingNeedsAReason(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			w := newWorld(t)
			w.standard()
			w.live(documented("production", "1.0.0", "/", "id name", "/a", "/b"))
			before := w.states()
			req := documented("production", "2.0.0", "/", "id name", "/a")
			if err := way.submit(w.ctx, w.c, req, "test"); gatewright.CodeOf(err) != gatewright.PreconditionFailed {
				t.Fatalf("a removed route: %v, want that it is refused", err)
			}
			req.AllowBreaking = []control.Allowance{{Rule: "operation-removed"}}
			for _, reason := range []string{"", " \t"} {
				err := way.submit(w.ctx, w.c, req, reason)
				if gatewright.CodeOf(err) != gatewright.Invalid || !strings.Contains(err.Error(), "--reason") {
					t.Errorf("with the reason %q: %v", reason, err)
				}
			}
			if w.states() != before {
				t.Error("a refused order left a change behind")
			}
		})
	}
}

// TestTwiceIsSeenEarly: thousands of items about one thing are refused at the
// second of them, however they name it.
func TestTwiceIsSeenEarly(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	api, _, err := w.c.API(w.ctx, "Pets")
	w.must(err)
	for _, test := range []struct {
		name  string
		kind  gatewright.ChangeKind
		names []string
		item  control.Item
	}{
		{"publish", gatewright.ChangePublish, []string{"Pets"}, publish("test", "1.1.0", "/b").Items[0]},
		{"disable", gatewright.ChangeDisable, []string{"Pets", "Pets@v1", string(api.ID)}, control.Item{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			reads := 0
			c, err := control.New(w.ctx, &countingStore{w.store, &reads}, control.Config{Log: slog.New(slog.DiscardHandler)})
			w.must(err)
			req := control.Request{Kind: test.kind, Group: "test"}
			for i := range control.MaxItems {
				item := test.item
				item.API = test.names[i%len(test.names)]
				req.Items = append(req.Items, item)
			}
			_, err = c.Plan(w.ctx, req)
			if gatewright.CodeOf(err) != gatewright.Invalid || !strings.Contains(err.Error(), "Pets@v1 appears twice") {
				t.Errorf("%v", err)
			}
			if reads > 20 {
				t.Errorf("%d slots and tracks were read", reads)
			}
		})
	}
}

// countingStore counts what is read of slots, tracks and all that runs.
type countingStore struct {
	control.Store
	reads *int
}

func (s *countingStore) Update(ctx context.Context, f func(control.Tx) error) error {
	return s.Store.Update(ctx, func(tx control.Tx) error { return f(countingTx{tx, s.reads}) })
}

func (s *countingStore) View(ctx context.Context, f func(control.Tx) error) error {
	return s.Store.View(ctx, func(tx control.Tx) error { return f(countingTx{tx, s.reads}) })
}

type countingTx struct {
	control.Tx
	reads *int
}

func (tx countingTx) Slot(key gatewright.SlotKey) (*gatewright.Slot, error) {
	*tx.reads++
	return tx.Tx.Slot(key)
}

func (tx countingTx) Tracks(api gatewright.APIID) ([]*gatewright.Track, error) {
	*tx.reads++
	return tx.Tx.Tracks(api)
}

func (tx countingTx) Running(group gatewright.GroupID) ([]control.Running, error) {
	*tx.reads += wholeGroup
	return tx.Tx.Running(group)
}

// wholeGroup is what counting all that runs adds to the reads.
const wholeGroup = 1 << 20

// TestUnitsAreCountedWhenNeeded: all that runs is counted for plans, which
// tell it, and for limits that what grows could reach.
func TestUnitsAreCountedWhenNeeded(t *testing.T) {
	w := newWorld(t)
	w.standard()
	reads := 0
	c, err := control.New(w.ctx, &countingStore{w.store, &reads}, control.Config{Log: slog.New(slog.DiscardHandler)})
	w.must(err)
	w.c = c
	grow, stay := publish("test", "1.0.0", "/a"), publish("test", "1.1.0", "/b")
	limit := func(alter func(*gatewright.Limits)) {
		w.setGroup("test", func(s *gatewright.GroupSettings) { s.Limits = gatewright.Limits{}; alter(&s.Limits) })
	}
	none := func(*gatewright.Limits) {}
	for _, test := range []struct {
		name  string
		limit func(*gatewright.Limits)
		req   control.Request
		want  bool
	}{
		{"no limit", none, grow, false},
		{"a limit on units, and nothing grows", func(l *gatewright.Limits) { l.Units = 9 }, stay, false},
		{"a limit on units, and units fall", func(l *gatewright.Limits) { l.Units = 9 }, request(gatewright.ChangeUndeploy, "test", control.Item{API: "Pets"}), false},
		{"a limit on proxies", func(l *gatewright.Limits) { l.Proxies = 9 }, publishing("test", "Cats", "1.0.0"), false},
		{"a limit on units that could be reached", func(l *gatewright.Limits) { l.Units = 9 }, publishing("test", "Dogs", "1.0.0"), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			limit(test.limit)
			reads = 0
			if p := w.planned(test.req); p.Units == nil || reads < wholeGroup {
				t.Errorf("the plan tells units %+v after %d reads", p.Units, reads)
			}
			reads = 0
			w.live(test.req)
			if counted := reads >= wholeGroup; counted != test.want {
				t.Errorf("counted on the way: %t, want %t", counted, test.want)
			}
		})
	}
}
