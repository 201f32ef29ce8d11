package control_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// other is content that no group of these tests has.
var other = map[gatewright.Key]gatewright.Hash{"api/other/v1": gatewright.HashBytes([]byte("other"))}

// health returns how the control plane hears f.
func (f *fakeGateway) health() gatewright.Health {
	f.w.t.Helper()
	all, err := f.w.c.Instances(f.w.ctx, string(f.group.ID))
	f.w.must(err)
	for _, in := range all {
		if in.ID == f.id {
			return in.Health
		}
	}
	f.w.t.Fatalf("instance %s is not listed", f.name)
	return ""
}

// on returns what one instance does with an API.
func (w *world) on(api string, f *fakeGateway) gatewright.InstanceStatus {
	w.t.Helper()
	d := w.deployment(api, f.group.Name)
	i := slices.IndexFunc(d.Instances, func(in gatewright.InstanceStatus) bool { return in.ID == f.id })
	if i < 0 {
		w.t.Fatalf("%s is no instance of %s", f.name, d.GroupName)
	}
	return d.Instances[i]
}

// birds is a request to publish a second API.
func birds(version string) control.Request {
	req := publish("test", version, "/b")
	req.Items[0].Definition = definition("Birds", version, "/birds", "/b"+version)
	return req
}

// TestEqualGenerationsOfTwoHistories: an instance whose generation the group
// has too, or had, but with other content, runs nothing that is known.
func TestEqualGenerationsOfTwoHistories(t *testing.T) {
	w := newWorld(t)
	gw := w.join(w.group("test", gatewright.StageTest), "gw")
	w.live(publish("test", "1.0.0", "/a"))
	w.live(birds("1"))
	w.live(birds("2"))
	gw.deaf = true // it goes on with what it has
	manifest := gw.wanted
	report := func(generation int64, entries map[gatewright.Key]gatewright.Hash) {
		gw.generation, gw.wanted = generation, entries
		gw.step()
	}
	for _, tt := range []struct {
		name       string
		generation int64
		entries    map[gatewright.Key]gatewright.Hash
		pets       gatewright.InstanceState // brought by generation 1
		say        string
	}{
		{"the present one", 3, manifest, gatewright.InstanceDeployed, ""},
		{"its number with other content", 3, other, gatewright.InstancePending, "as generation 3 is not what this control plane has"},
		{"its number with nothing", 3, nil, gatewright.InstancePending, "as generation 3 is not what this control plane has"},
		{"an earlier number with other content", 2, other, gatewright.InstancePending, "as generation 2 is not what this control plane has"},
		{"an earlier number with the present content", 2, manifest, gatewright.InstancePending, "as generation 2 is not what this control plane has"},
		{"the number that brought it with other content", 1, other, gatewright.InstancePending, "as generation 1 is not what this control plane has"},
		{"a number before it", 0, nil, gatewright.InstancePending, "runs generation 0, the change is generation 1"},
		{"a later number", 9, manifest, gatewright.InstancePending, "runs generation 9, which this control plane does not know"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			report(tt.generation, tt.entries)
			st := w.on("Pets", gw)
			if st.State != tt.pets || !strings.Contains(st.Message, tt.say) {
				t.Errorf("Pets is %s: %s", st.State, st.Message)
			}
			inSync := tt.say == ""
			if got := gw.health(); (got == gatewright.Healthy) != inSync {
				t.Errorf("the instance is %s", got)
			}
			if d := w.deployment("Pets", "test"); (d.State == gatewright.StateReady) != inSync {
				t.Errorf("the deployment is %s: %s", d.State, d.Message)
			}
		})
	}
	gw.deaf = false
	report(3, other)
	w.settle()
	if st := w.on("Pets", gw); st.State != gatewright.InstanceDeployed || gw.running("Pets") == nil {
		t.Errorf("in the end Pets is %s: %s", st.State, st.Message)
	}
}

// An instance that is merely behind is not taken for one of another history.
func TestBehindIsNotAnotherHistory(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	w.join(g, "prompt")
	slow := w.join(g, "slow")
	w.live(publish("test", "1.0.0", "/a"))
	slow.deaf = true
	req := birds("1")
	sub, err := w.c.Submit(w.ctx, admin, req, control.SubmitOptions{})
	w.must(err)
	prepared, err := w.c.Wanted(w.ctx, g.ID)
	w.must(err)
	r := slow.report() // it prepares, and is slow only afterwards
	r.Prepared = []control.Prepared{{Change: prepared.Staged[0].Change, Generation: prepared.Generation, Digest: prepared.Digest}}
	w.must(w.c.Report(w.ctx, g.ID, r))
	w.settle()
	if ch, err := w.c.Change(w.ctx, sub.Change.ID); err != nil || ch.State != gatewright.ChangeActivating {
		t.Fatalf("the change is %s: %v", ch.State, err)
	}
	if st := w.on("Pets", slow); st.State != gatewright.InstanceDeployed {
		t.Errorf("Pets, which it runs, is %s: %s", st.State, st.Message)
	}
	if st := w.on("Birds", slow); st.State != gatewright.InstancePending {
		t.Errorf("Birds, which it does not run yet, is %s: %s", st.State, st.Message)
	}
}

// A change is applied by those who run its content, not by those who count as
// far.
func TestOutcomeGoesByContent(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	gw := w.join(g, "gw")
	sub, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.0", "/a"), control.SubmitOptions{})
	w.must(err)
	gw.step()
	_, err = w.c.Advance(w.ctx, g.ID)
	w.must(err)
	gw.deaf, gw.generation, gw.wanted = true, 1, other
	w.settle()
	w.clock.advance(control.ActivateTimeout)
	w.settle()
	ch, err := w.c.Change(w.ctx, sub.Change.ID)
	w.must(err)
	if ch.State != gatewright.ChangeLive || ch.Error == nil || !strings.Contains(ch.Error.Error(), "is not what this control plane has as that") {
		t.Errorf("the change is %s: %v", ch.State, ch.Error)
	}
	if ch.Outcomes[0].State != gatewright.OutcomePending {
		t.Errorf("the outcome is %+v", ch.Outcomes[0])
	}
}

// answer is an answer of f to the change that is prepared.
func (f *fakeGateway) answer(ch *gatewright.Change, generation int64, digest gatewright.Digest, rejections ...gatewright.Rejection) gatewright.ChangeState {
	f.w.t.Helper()
	r := f.report()
	r.Prepared = []control.Prepared{{Change: ch.ID, Generation: generation, Digest: digest, Rejections: rejections}}
	f.w.must(f.w.c.Report(f.w.ctx, f.group.ID, r))
	_, err := f.w.c.Advance(f.w.ctx, f.group.ID)
	f.w.must(err)
	now, err := f.w.c.Change(f.w.ctx, ch.ID)
	f.w.must(err)
	return now.State
}

// Only what was built on what the group runs when the change is activated
// counts, be it a yes or a no.
func TestAnswersToAPrepareHaveABase(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	a, b := w.join(g, "a"), w.join(g, "b")
	w.live(publish("test", "1.0.0", "/a"))
	sub, err := w.c.Submit(w.ctx, admin, publish("test", "1.1.0", "/a", "/b"), control.SubmitOptions{})
	w.must(err)
	ch, present := sub.Change, a.digest()
	no := gatewright.Rejection{Key: "api/x/v1", Reason: "no"}
	if state := a.answer(ch, 1, present); state != gatewright.ChangePreparing {
		t.Fatalf("one of two has answered: %s", state)
	}
	for _, tt := range []struct {
		name       string
		generation int64
		digest     gatewright.Digest
	}{
		{"an earlier generation", 0, gatewright.NoEntries}, {"a later generation", 2, present},
		{"another history", 1, gatewright.DigestOf(other)}, {"nobody knows what", 1, ""},
	} {
		if state := b.answer(ch, tt.generation, tt.digest); state != gatewright.ChangePreparing {
			t.Fatalf("a yes on %s: %s", tt.name, state)
		}
		if state := b.answer(ch, tt.generation, tt.digest, no); state != gatewright.ChangePreparing {
			t.Fatalf("a no on %s: %s", tt.name, state)
		}
	}

	// The group moves on: a's answer, good until now, is good no more.
	var moved gatewright.Digest
	w.must(w.store.Update(w.ctx, func(tx control.Tx) error {
		if _, err := tx.ApplyDelta(g.ID, gatewright.Delta{Upserts: other}); err != nil {
			return err
		}
		now, err := tx.Group(g.ID)
		moved = now.Digest
		return err
	}))
	if state := b.answer(ch, 2, moved); state != gatewright.ChangePreparing {
		t.Fatalf("with an answer on the former generation: %s", state)
	}
	if state := a.answer(ch, 1, present); state != gatewright.ChangePreparing {
		t.Fatalf("with an answer that comes too late: %s", state)
	}
	if state := a.answer(ch, 2, moved); state != gatewright.ChangeActivating {
		t.Fatalf("with both answers on the present generation: %s", state)
	}
}

// A no on what the group no longer runs fails nothing.
func TestRejectionOnAFormerBase(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	gw := w.join(g, "gw")
	sub, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.0", "/a"), control.SubmitOptions{})
	w.must(err)
	r := gw.report()
	r.Prepared = []control.Prepared{{Change: sub.Change.ID, Digest: gatewright.NoEntries, Rejections: []gatewright.Rejection{{Key: "api/x/v1", Reason: "no"}}}}
	w.must(w.c.Report(w.ctx, g.ID, r))
	var moved gatewright.Digest
	w.must(w.store.Update(w.ctx, func(tx control.Tx) error { // before anybody has acted on it
		if _, err := tx.ApplyDelta(g.ID, gatewright.Delta{}); err != nil {
			return err
		}
		now, err := tx.Group(g.ID)
		moved = now.Digest
		return err
	}))
	if state := gw.answer(sub.Change, 1, moved); state != gatewright.ChangeActivating {
		t.Errorf("the change is %s", state)
	}
}

// fill makes the group run n APIs more, past the pipeline, and returns them as
// rejected.
func (w *world) fill(g *gatewright.Group, n int) (rejections []gatewright.Rejection) {
	w.t.Helper()
	d := gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{}}
	w.must(w.store.Update(w.ctx, func(tx control.Tx) error {
		for i := range n {
			name := fmt.Sprintf("api-%05d", i)
			def := definition(name, "1", "/"+name, "/a")
			api := &gatewright.API{ID: gatewright.APIID("api_" + name), Name: name, Kind: gatewright.KindProxy, CreatedAt: tx.Now()}
			rev := &gatewright.Revision{ID: gatewright.RevisionID("rev_" + name), API: api.ID, Version: "1", Track: "v1", Hash: def.ContentHash(), Definition: *def, CreatedAt: tx.Now()}
			slot := &gatewright.Slot{SlotKey: gatewright.SlotKey{Group: g.ID, API: api.ID, Track: "v1"}, Revision: rev.ID, Version: "1", Generation: g.Generation + 1, Runtime: gatewright.RuntimeConfig{Enabled: true}}
			key, hash := gatewright.SlotResourceKey(slot.SlotKey), gatewright.HashBytes([]byte(name))
			d.Upserts[key] = hash
			rejections = append(rejections, gatewright.Rejection{Key: key, Hash: hash, Reason: "resource format 2 is not supported by this gateway"})
			for _, err := range []error{
				tx.CreateAPI(api), tx.CreateTrack(&gatewright.Track{API: api.ID, Name: "v1", BasePath: "/" + name}), tx.CreateRevision(rev), tx.PutSlot(slot),
			} {
				if err != nil {
					return err
				}
			}
		}
		_, err := tx.ApplyDelta(g.ID, d)
		return err
	}))
	return rejections
}

// TestManyRejections: however many an instance rejects, more than a report or a
// page of the status can list, none is taken for running.
func TestManyRejections(t *testing.T) {
	const n, page = 2 * control.MaxRejections, control.MaxRejections * 3 / 2
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	gw := w.join(g, "gw")
	rejections := w.fill(g, n)
	m, err := w.c.Manifest(w.ctx, g.ID)
	w.must(err)
	gw.generation, gw.wanted = 1, m.Entries
	check := func(what string, first, listed int, say string) {
		t.Helper()
		all, err := w.c.Status(w.ctx, control.StatusQuery{Group: "test", Limit: first})
		w.must(err)
		counts := map[gatewright.InstanceState]int{}
		for _, d := range all {
			if d.State == gatewright.StateReady {
				t.Fatalf("%s: %s is ready: %s", what, d.APIName, d.Message)
			}
			in := d.Instances[0]
			counts[in.State]++
			if in.State == gatewright.InstancePending && !strings.Contains(in.Message, say) {
				t.Fatalf("%s: %s is pending: %s", what, d.APIName, in.Message)
			}
		}
		if counts[gatewright.InstanceError] != listed || counts[gatewright.InstancePending] != first-listed {
			t.Errorf("%s: of %d APIs these are the states: %v", what, first, counts)
		}
		if got := gw.health(); got != gatewright.OutOfSync {
			t.Errorf("%s: the instance is %s", what, got)
		}
	}
	gw.rejections = rejections[:1] // a join has only the number
	gw.join()
	check("after a join", page, 0, "of 1 rejected resources this instance lists 0")
	r := gw.report()
	r.Rejections, r.Unlisted = rejections[:control.MaxRejections], n-control.MaxRejections
	w.must(w.c.Report(w.ctx, g.ID, r))
	check("a gateway that clips", n, control.MaxRejections, fmt.Sprintf("of %d rejected resources this instance lists %d, and this may be one of the others", n, control.MaxRejections))
	r = gw.report()
	r.Rejections = rejections
	w.must(w.c.Report(w.ctx, g.ID, r))
	check("one that lists all", page, control.MaxRejections, fmt.Sprintf("of %d rejected resources", n))
	for _, unlisted := range []int{-5, 1 << 62} {
		r = gw.report()
		r.Rejections, r.Unlisted = rejections, unlisted
		w.must(w.c.Report(w.ctx, g.ID, r))
		check("one that cannot count", page, control.MaxRejections, "rejected resources")
	}

	// A change is not applied by an instance that may have rejected it.
	gw.deaf, gw.rejections = true, rejections
	sub, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.0", "/a"), control.SubmitOptions{})
	w.must(err)
	if state := gw.answer(sub.Change, 1, gw.digest()); state != gatewright.ChangeActivating {
		t.Fatalf("the change is %s", state)
	}
	m, err = w.c.Manifest(w.ctx, g.ID)
	w.must(err)
	gw.generation, gw.wanted = 2, m.Entries
	w.settle()
	ch, err := w.c.Change(w.ctx, sub.Change.ID)
	w.must(err)
	if ch.State != gatewright.ChangeLive || ch.Error == nil || ch.Outcomes[0].State != gatewright.OutcomePending {
		t.Errorf("the change is %s: %v, %+v", ch.State, ch.Error, ch.Outcomes)
	}
}

// TestOvertakenReports: what arrives late says nothing about now.
func TestOvertakenReports(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	say := func(r control.Report, healthy bool) {
		t.Helper()
		w.must(w.c.Report(w.ctx, gw.group.ID, r))
		if got := gw.health(); (got == gatewright.Healthy) != healthy {
			t.Errorf("the instance is %s", got)
		}
	}
	early := gw.report()
	early.Generation, early.Digest = 0, gatewright.NoEntries
	say(gw.report(), true) // no news, and not written down
	say(early, true)

	before := gw.report()
	changed := gw.report()
	changed.Warnings = []string{"the disk is full"}
	say(changed, true)
	w.restart() // that is known to every control plane, and ever after
	say(before, true)
	in, err := w.c.Instances(w.ctx, "test")
	w.must(err)
	if len(in[0].Warnings) != 1 {
		t.Errorf("a late report took back what a later one said: %+v", in[0].Warnings)
	}

	heartbeat, goodbye := gw.report(), gw.report()
	goodbye.Leaving = true
	say(goodbye, false)
	say(heartbeat, false)
	gw.join() // another session counts from the beginning
	say(gw.report(), true)
}
