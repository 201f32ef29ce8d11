package storetest

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// errGiveUp is what an update fails with that the suite lets fail.
var errGiveUp = errors.New("give up")

// testMissing asks an empty store for everything.
func testMissing(s *suite) {
	s.view(func(tx control.Tx) {
		for name, err := range map[string]error{
			"API":               oneError(tx.API("x")),
			"APIByName":         oneError(tx.APIByName("x")),
			"Track":             oneError(tx.Track("y", "x")),
			"Revision":          oneError(tx.Revision("x")),
			"RevisionByVersion": oneError(tx.RevisionByVersion("y", "x")),
			"DraftByContent":    oneError(tx.DraftByContent("y", hash("h"), "x")),
			"VersionBinding":    oneError(tx.VersionBinding("y", "x")),
			"Group":             oneError(tx.Group("x")),
			"GroupByName":       oneError(tx.GroupByName("x")),
			"RevisionHead":      oneError(tx.RevisionHead("x")),
			"GroupResource":     oneError(tx.GroupResource("y", "x")),
			"Slot":              oneError(tx.Slot(gatewright.SlotKey{Track: "x"})),
			"Manifest":          oneError(tx.Manifest("x")),
			"Staged":            oneError(tx.Staged("x")),
			"Change":            oneError(tx.Change("x")),
			"Instance":          oneError(tx.Instance("x")),
			"Token":             oneError(tx.Token("x")),
		} {
			s.Run(name, func(t *testing.T) { (&suite{T: t}).fails(err, gatewright.NotFound, `"x"`) })
		}
		// What was not found does not end the transaction.
		s.same(len(must(tx.Groups())(s)), 0)
	})
}

// testRollback lets an update fail after each writer in turn, and checks with
// the same writer that it would have had an effect.
func testRollback(s *suite) {
	w := s.newWorld()
	before := s.state(w)
	for _, wr := range w.writers() {
		s.Run(wr.name, func(t *testing.T) {
			s := &suite{T: t, store: s.store}
			err := s.store.Update(s.Context(), func(tx control.Tx) error {
				s.ok(wr.write(tx))
				return errGiveUp
			})
			if !errors.Is(err, errGiveUp) {
				s.Fatalf("update returned %v", err)
			}
			s.same(s.state(w), before)
		})
	}
	s.reopen()
	s.same(s.state(w), before)
	for _, wr := range w.writers() {
		if wr.name == "PutBlob" || wr.name == "DeleteUnreferencedBlobs" || wr.name == "NextConfigID" || strings.HasSuffix(wr.name, "LoginCode") {
			continue // shows only by what comes later
		}
		err := s.store.Update(s.Context(), func(tx control.Tx) error {
			s.ok(wr.write(tx))
			if cmp.Equal(before, s.stateIn(tx, w)) {
				s.Errorf("%s changed nothing that can be read", wr.name)
			}
			return errGiveUp
		})
		s.same(errors.Is(err, errGiveUp), true)
	}
}

func testPanic(s *suite) {
	w := s.newWorld()
	before := s.state(w)
	for _, run := range []func(context.Context, func(control.Tx) error) error{s.store.Update, s.store.View} {
		func() {
			defer func() { s.same(recover(), "boom") }()
			err := run(s.Context(), func(tx control.Tx) error {
				_ = w.writeAll(tx) // fails in the View
				panic("boom")
			})
			s.Errorf("returned %v", err)
		}()
	}
	done := make(chan struct{})
	go func() { // a test's FailNow ends its goroutine
		defer close(done)
		_ = s.store.Update(s.Context(), func(tx control.Tx) error {
			s.ok(w.writeAll(tx))
			runtime.Goexit()
			return nil
		})
	}()
	<-done
	s.same(s.state(w), before)
	s.update(func(tx control.Tx) { s.ok(w.writeAll(tx)) }) // and the store still works
}

func testCancel(s *suite) {
	w := s.newWorld()
	before := s.state(w)
	ctx, cancel := context.WithCancel(s.Context())
	err := s.store.Update(ctx, func(tx control.Tx) error {
		s.ok(w.writeAll(tx))
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		s.Errorf("an update whose context ended returned %v", err)
	}
	ctx, cancel = context.WithCancel(s.Context())
	err = s.store.Update(ctx, func(tx control.Tx) error {
		s.ok(w.writeAll(tx))
		cancel()
		if err := oneError(tx.Groups()); !errors.Is(err, context.Canceled) {
			s.Errorf("a statement after the context's end returned %v", err)
		}
		return nil // hides it
	})
	if !errors.Is(err, context.Canceled) {
		s.Errorf("an update that hid the end of its context returned %v", err)
	}
	for _, run := range []func(context.Context, func(control.Tx) error) error{s.store.Update, s.store.View} {
		err := run(ctx, func(control.Tx) error { s.Error("called after the context's end"); return nil })
		if !errors.Is(err, context.Canceled) {
			s.Errorf("returned %v", err)
		}
	}
	s.same(s.state(w), before)

	// Cancelled at any moment, an update is whole or not there.
	for i := range 50 {
		ctx, cancel := context.WithCancel(s.Context())
		go func() {
			for range i * 20 {
				runtime.Gosched()
			}
			cancel()
		}()
		failure := errors.New("")
		err := s.store.Update(ctx, func(tx control.Tx) error {
			for range 3 {
				if err := tx.AppendAudit(&gatewright.AuditEntry{Action: "y"}); err != nil {
					failure = err
					return err
				}
			}
			return nil
		})
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			s.Fatalf("returned %v (%v)", err, failure)
		}
		s.view(func(tx control.Tx) {
			if n := len(must(tx.Audit(control.AuditFilter{Limit: 1000}))(s)); n%3 != 1 {
				s.Fatalf("%d entries: not a multiple of three and the first", n)
			}
		})
	}
}

func testViewWrites(s *suite) {
	w := s.newWorld()
	before := s.state(w)
	for _, wr := range w.writers() {
		s.Run(wr.name, func(t *testing.T) {
			var failed error
			_ = s.store.View(t.Context(), func(tx control.Tx) error { failed = wr.write(tx); return nil })
			if failed == nil {
				t.Error("wrote in a View")
			}
		})
	}
	s.same(s.state(w), before)
}

func testAfterEnd(s *suite) {
	w := s.newWorld()
	var kept []control.Tx
	keep := func(tx control.Tx) error { kept = append(kept, tx); return nil }
	s.ok(s.store.Update(s.Context(), keep))
	s.ok(s.store.View(s.Context(), keep))
	if err := s.store.Update(s.Context(), func(tx control.Tx) error { _ = keep(tx); return errGiveUp }); !errors.Is(err, errGiveUp) {
		s.Fatal(err)
	}
	before := s.state(w)
	for _, tx := range kept {
		if err := oneError(tx.API(w.api.ID)); err == nil || gatewright.CodeOf(err) != gatewright.Internal {
			s.Errorf("a read after the end returned %v", err)
		}
		for _, wr := range w.writers() {
			if wr.write(tx) == nil {
				s.Errorf("%s after the end worked", wr.name)
			}
		}
	}
	s.same(s.state(w), before)
}

// testSerial counts: an update that does not see the one before loses a count.
func testSerial(s *suite) {
	const workers, each = 8, 12
	var g *gatewright.Group
	s.update(func(tx control.Tx) {
		g = s.newGroup(tx, "g")
		s.ok(tx.PutGroupResource(g.ID, registryNamed("n")))
	})
	var wg sync.WaitGroup
	errs := make(chan error, 2*workers*each)
	for range workers {
		wg.Go(func() {
			for range each {
				errs <- s.store.Update(s.Context(), func(tx control.Tx) error {
					r, err := tx.GroupResource(g.ID, registryNamed("n").Key())
					if err != nil {
						return err
					}
					runtime.Gosched()
					r.Registry.Stale++
					return tx.PutGroupResource(g.ID, r)
				})
				errs <- s.store.View(s.Context(), func(tx control.Tx) error { return oneError(tx.Manifest(g.ID)) })
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		s.ok(err)
	}
	s.view(func(tx control.Tx) {
		s.same(must(tx.GroupResource(g.ID, registryNamed("n").Key()))(s).Registry.Stale, gatewright.Duration(workers*each))
	})
}

func testSnapshot(s *suite) {
	w := s.newWorld()
	s.view(func(tx control.Tx) {
		old := must(tx.Manifest(w.group.ID))(s)
		s.update(func(up control.Tx) { s.ok(w.writeAll(up)) }) // beside the View, without waiting for it
		s.same(must(tx.Manifest(w.group.ID))(s), old)
		s.same(must(tx.Group(w.group.ID))(s).Generation, old.Generation)
		s.ok(oneError(tx.Instance(w.instance.ID)))
		s.fails(oneError(tx.APIByName("n")), gatewright.NotFound)
		s.view(func(now control.Tx) {
			s.same(must(now.Manifest(w.group.ID))(s).Generation, old.Generation+1)
			s.fails(oneError(now.Instance(w.instance.ID)), gatewright.NotFound)
			s.ok(oneError(now.APIByName("n")))
		})
	})
}

func testClose(s *suite) {
	started, release := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 2)
	go func() {
		ended <- s.store.Update(s.Context(), func(tx control.Tx) error {
			close(started)
			<-release
			return tx.CreateGroup(&gatewright.Group{ID: "grp_1", Name: "late"})
		})
	}()
	<-started
	go func() { ended <- s.store.Close() }()
	for gatewright.CodeOf(s.store.View(s.Context(), func(control.Tx) error { return nil })) != gatewright.Unavailable {
		runtime.Gosched() // until Close has begun
	}
	close(release)
	s.ok(<-ended)
	s.ok(<-ended)
	s.ok(s.store.Close()) // again
	s.fails(s.store.Update(s.Context(), func(control.Tx) error { return nil }), gatewright.Unavailable, "closed")
	s.openStore()
	s.view(func(tx control.Tx) { s.ok(oneError(tx.GroupByName("late"))) })
}

func testReopen(s *suite) {
	w := s.newWorld()
	for range 3 {
		before := s.state(w)
		s.reopen()
		s.same(s.state(w), before)
		s.clock.Advance(time.Minute)
		s.update(func(tx control.Tx) {
			s.same(tx.Now(), s.clock.Now())
			s.ok(oneError(tx.ApplyDelta(w.group.ID, upsert("k", "1"))))
			s.newRevision(tx, w.api.ID, "", "/z")
			s.newChange(tx, w.group, w.slot)
			s.ok(tx.AppendAudit(&gatewright.AuditEntry{Action: "z"}))
		})
	}
}

// testUnstorable writes text that some databases refuse. It is kept as far as
// it can be, and the store goes on.
func testUnstorable(s *suite) {
	const bad, kept = "a\x00b\xffc", "a\uFFFDb\uFFFDc"
	s.update(func(tx control.Tx) {
		g := s.newGroup(tx, "g")
		c := s.newChange(tx, g)
		s.ok(tx.PutOutcome(c.ID, gatewright.InstanceOutcome{Instance: "ins_1", Reason: bad}))
		s.same(must(tx.Change(c.ID))(s).Outcomes[0].Reason, kept)
		s.ok(tx.PutInstance(&gatewright.Instance{ID: "ins_1", Group: g.ID, Name: bad, Address: bad}))
		s.same(must(tx.Instance("ins_1"))(s).Address, kept)
		s.ok(tx.AppendAudit(&gatewright.AuditEntry{Detail: bad}))
		s.same(must(tx.Audit(control.AuditFilter{Limit: 1}))(s)[0].Detail, kept)
		s.fails(oneError(tx.APIByName("x\x00")), gatewright.NotFound)
		s.fails(oneError(tx.GroupByName("x\xff")), gatewright.NotFound)
	})
}

// testNow: a transaction happens at one time.
func testNow(s *suite) {
	for _, run := range []func(context.Context, func(control.Tx) error) error{s.store.Update, s.store.View} {
		s.ok(run(s.Context(), func(tx control.Tx) error {
			began := tx.Now()
			s.same(began, s.clock.Now())
			s.clock.Advance(time.Hour)
			s.same(tx.Now(), began)
			s.same(began.Location() == time.UTC, true)
			return nil
		}))
	}
}
