package control_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func ptr[T any](v T) *T { return &v }

// twoVersions runs 1.0.0 in the group test, with 1.1.0 stored beside it.
func twoVersions(t *testing.T) (*world, *fakeGateway) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	w.live(publish("test", "1.1.0", "/a", "/b"))
	w.live(request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"}))
	return w, gw
}

func startCanary(patch *control.CanaryPatch) control.Request {
	return request(gatewright.ChangeCanaryStart, "test", control.Item{API: "Pets", Revision: "1.1.0", Canary: patch})
}

func TestCanary(t *testing.T) {
	w, gw := twoVersions(t)
	w.live(startCanary(&control.CanaryPatch{Percent: ptr(12.34), Name: ptr("try it"), Key: ptr("header:X-User")}))
	run := gw.running("Pets")
	if run.Version != "1.0.0" || run.Canary == nil || run.Canary.Version != "1.1.0" || run.Canary.Share != 1234 || run.Canary.Key != "header:X-User" {
		t.Fatalf("the gateway runs %s with the canary %+v", run.Version, run.Canary)
	}
	if d := w.deployment("Pets", "test"); d.Content.Canary == nil || d.Content.Canary.Percent != 12.34 || d.Content.Canary.Since.IsZero() {
		t.Errorf("status shows the canary %+v", d.Content.Canary)
	}
	w.refused(startCanary(nil), gatewright.Conflict, "has the canary try it")

	step := func(p *control.CanaryPatch) control.Request {
		return request(gatewright.ChangeCanaryStep, "test", control.Item{API: "Pets", Canary: p})
	}
	w.live(step(&control.CanaryPatch{Enabled: ptr(false)}))
	if run := gw.running("Pets"); run.Canary != nil {
		t.Errorf("a canary that is off gets requests: %+v", run.Canary)
	}
	w.live(step(&control.CanaryPatch{Enabled: ptr(true), Percent: ptr(100.0)}))
	if run := gw.running("Pets"); run.Canary == nil || run.Canary.Share != 10_000 {
		t.Errorf("at 100 %% it is %+v", run.Canary)
	}
	w.live(request(gatewright.ChangeCanaryPromote, "test", control.Item{API: "Pets"}))
	if run := gw.running("Pets"); run.Version != "1.1.0" || run.Canary != nil || len(gw.entries) != 2 {
		t.Errorf("after the promotion %s runs with %+v; %d resources", run.Version, run.Canary, len(gw.entries))
	}
	w.refused(step(nil), gatewright.PreconditionFailed, "has no canary")
	w.live(request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"}))
	if v := gw.running("Pets").Version; v != "1.0.0" {
		t.Errorf("after the rollback %s runs", v)
	}
}

func TestCanaryOfAnotherUpstream(t *testing.T) {
	w, gw := twoVersions(t)
	same := request(gatewright.ChangeCanaryStart, "test", control.Item{API: "Pets", Canary: &control.CanaryPatch{Percent: ptr(10.0)}})
	w.refused(same, gatewright.Invalid, "has a backend of its own")
	same.Items[0].Canary.Upstream = nodes("127.0.0.1:7009")
	w.live(same)
	if c := gw.running("Pets").Canary; c.Version != "1.0.0" || c.Upstream.Nodes[0].Port != 7009 {
		t.Fatalf("canary %+v", c)
	}
	w.live(request(gatewright.ChangeCanaryPromote, "test", control.Item{API: "Pets"}))
	if run := gw.running("Pets"); run.Upstream.Nodes[0].Port != 7009 || run.Canary != nil {
		t.Errorf("after the promotion: %+v", run.Upstream)
	}
}

func TestChangesUnderACanary(t *testing.T) {
	w, gw := twoVersions(t)
	w.live(startCanary(&control.CanaryPatch{Percent: ptr(10.0)}))
	w.live(publish("production", "1.1.0", "/a", "/b"))
	for _, req := range []control.Request{
		publish("test", "1.2.0", "/c"),
		request(gatewright.ChangeRollback, "test", control.Item{API: "Pets", Revision: "1.1.0"}),
		request(gatewright.ChangeSync, "test", control.Item{API: "Pets", From: "production"}),
		request(gatewright.ChangeUndeploy, "test", control.Item{API: "Pets"}),
	} {
		w.refused(req, gatewright.Conflict, "has the canary", "--abort-canary")
	}
	w.live(request(gatewright.ChangeConfigure, "test", control.Item{API: "Pets", Runtime: nodes("127.0.0.1:7005")}))
	if gw.running("Pets").Canary == nil {
		t.Error("another upstream ended the canary")
	}
	req := publish("test", "1.2.0", "/c")
	req.AbortCanary = true
	w.live(req)
	if run := gw.running("Pets"); run.Version != "1.2.0" || run.Canary != nil || len(gw.entries) != 2 {
		t.Errorf("%s runs with %+v; %d resources", run.Version, run.Canary, len(gw.entries))
	}
}

// TestCanaryIsNotSynced: sync carries what runs, never a trial of something else.
func TestCanaryIsNotSynced(t *testing.T) {
	w, _ := twoVersions(t)
	w.live(startCanary(&control.CanaryPatch{Percent: ptr(50.0)}))
	w.live(request(gatewright.ChangeSync, "production", control.Item{API: "Pets", From: "test", Runtime: nodes("127.0.0.1:7002")}))
	if c := w.deployment("Pets", "production").Content; c.Version != "1.0.0" || c.Canary != nil {
		t.Errorf("production runs %s with %+v", c.Version, c.Canary)
	}
}

func TestCanarySteps(t *testing.T) {
	w, gw := twoVersions(t)
	w.live(startCanary(&control.CanaryPatch{Percent: ptr(5.0), Steps: &[]gatewright.CanaryStep{
		{Percent: 25, Hold: gatewright.Duration(time.Hour)}, {Percent: 100, Hold: gatewright.Duration(2 * time.Hour)},
	}}))
	other, err := control.New(w.ctx, w.store, control.Config{Log: discard()})
	w.must(err)
	share := func(want int) {
		t.Helper()
		// Two replicas of the control plane look at the same moment.
		w.must(w.c.KeepTime(w.ctx))
		w.must(other.KeepTime(w.ctx))
		w.settle()
		w.must(other.KeepTime(w.ctx))
		w.settle()
		if c := gw.running("Pets").Canary; c.Share != want {
			t.Fatalf("share %d, want %d", c.Share, want)
		}
	}
	share(500)
	w.clock.advance(59 * time.Minute)
	share(500)
	w.clock.advance(time.Minute)
	share(2500)
	w.clock.advance(119 * time.Minute)
	share(2500)
	w.clock.advance(time.Minute)
	share(10_000)
	w.clock.advance(100 * time.Hour)
	share(10_000)
	if c := w.deployment("Pets", "test").Content.Canary; len(c.Steps) != 0 {
		t.Errorf("steps are left: %v", c.Steps)
	}
}

func TestCanaryBadInput(t *testing.T) {
	tests := []struct {
		name  string
		patch control.CanaryPatch
		words string
	}{
		{"above 100", control.CanaryPatch{Percent: ptr(100.01)}, "percentage"},
		{"negative", control.CanaryPatch{Percent: ptr(-1.0)}, "percentage"},
		{"three decimals", control.CanaryPatch{Percent: ptr(1.001)}, "two decimals"},
		{"key", control.CanaryPatch{Key: ptr("header:")}, "name of a header"},
		{"key of another kind", control.CanaryPatch{Key: ptr("body")}, "is not app, address"},
		{"name", control.CanaryPatch{Name: ptr("a\x00b")}, "canary name"},
		{"match on nothing", control.CanaryPatch{Match: &[]gatewright.CanaryMatch{{Source: "header", Name: "x"}}}, "values"},
		{"match on a bad address", control.CanaryPatch{Match: &[]gatewright.CanaryMatch{{Source: "address", Values: []string{"10.0.0.0/33"}}}}, "CIDR"},
		{"steps down", control.CanaryPatch{Percent: ptr(50.0), Steps: &[]gatewright.CanaryStep{{Percent: 20, Hold: 1}}}, "not above"},
		{"step without a hold", control.CanaryPatch{Steps: &[]gatewright.CanaryStep{{Percent: 20}}}, "held for"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := twoVersions(t)
			w.refused(startCanary(&tt.patch), gatewright.Invalid, tt.words)
		})
	}
}

func TestDeprecateAndRetire(t *testing.T) {
	w, gw := twoVersions(t)
	app := gatewright.AppID("app_1")
	retire := request(gatewright.ChangeRetire, "test", control.Item{API: "Pets"})
	w.refused(retire, gatewright.PreconditionFailed, "not deprecated")
	now := w.clock.Now()
	deprecate := func(l *gatewright.Lifecycle) control.Request {
		return request(gatewright.ChangeDeprecate, "test", control.Item{API: "Pets", Lifecycle: l})
	}
	w.refused(deprecate(&gatewright.Lifecycle{SunsetAt: now.Add(-time.Hour)}), gatewright.Invalid, "lies before")
	w.refused(deprecate(&gatewright.Lifecycle{Link: "javascript:alert(1)"}), gatewright.Invalid, "http or https")

	plan, err := w.c.Plan(w.ctx, deprecate(&gatewright.Lifecycle{SunsetAt: now.Add(time.Hour), Successor: "Pets@v2"}))
	w.must(err)
	w.clock.advance(time.Second) // the plan is still good: when it begins is no part of it
	_, err = w.c.Submit(w.ctx, admin, deprecate(&gatewright.Lifecycle{SunsetAt: now.Add(time.Hour), Successor: "Pets@v2"}), control.SubmitOptions{PlanHash: plan.Hash})
	w.must(err)
	w.settle()
	if l := gw.running("Pets").Lifecycle; l == nil || l.DeprecatedAt.IsZero() || l.Successor != "Pets@v2" {
		t.Fatalf("lifecycle %+v", l)
	}
	w.refused(retire, gatewright.PreconditionFailed, "were told that it answers until")
	w.clock.advance(2 * time.Hour)
	w.must(w.c.Report(w.ctx, gw.group.ID, usage(gw, 1, gatewright.Usage{
		Bucket: w.clock.Now().Truncate(time.Hour), API: gw.running("Pets").API, Track: "v1", Revision: 1, App: app, Calls: 7, LastCall: w.clock.Now(),
	})))
	w.must(w.c.Report(w.ctx, gw.group.ID, usage(gw, 1, gatewright.Usage{ // told twice, counted once
		Bucket: w.clock.Now().Truncate(time.Hour), API: gw.running("Pets").API, Track: "v1", Revision: 1, App: app, Calls: 7, LastCall: w.clock.Now(),
	})))
	w.refused(retire, gatewright.PreconditionFailed, "app_1 (7 calls", "--force")
	retire.Force = true
	w.live(retire)
	if l := gw.running("Pets").Lifecycle; l.RetiredAt.IsZero() {
		t.Errorf("lifecycle %+v", l)
	}
	w.refused(publish("test", "1.2.0", "/c"), gatewright.PreconditionFailed, "is retired", "--undo")
	w.live(deprecate(nil))
	w.live(publish("test", "1.2.0", "/c"))
	if l := gw.running("Pets").Lifecycle; l != nil {
		t.Errorf("lifecycle %+v", l)
	}
}

// usage returns a report that tells of calls.
func usage(f *fakeGateway, batch int64, counts ...gatewright.Usage) control.Report {
	r := f.report()
	r.Usage, r.UsageBatch = counts, batch
	return r
}

func TestRetireWhenNobodyCalls(t *testing.T) {
	w, gw := twoVersions(t)
	w.live(request(gatewright.ChangeDeprecate, "test", control.Item{API: "Pets", Lifecycle: &gatewright.Lifecycle{}}))
	w.must(w.c.Report(w.ctx, gw.group.ID, usage(gw, 1, gatewright.Usage{
		Bucket: w.clock.Now().Truncate(time.Hour), API: gw.running("Pets").API, Track: "v1", Calls: 1, LastCall: w.clock.Now(),
	})))
	retire := request(gatewright.ChangeRetire, "test", control.Item{API: "Pets"})
	w.refused(retire, gatewright.PreconditionFailed, "callers without a key (1 calls")
	w.clock.advance(8 * 24 * time.Hour)
	w.must(w.c.Listen(w.ctx))
	w.settle()
	w.live(retire)
}

func TestVersionOrder(t *testing.T) {
	w, _ := twoVersions(t)
	err := w.refused(publish("test", "0.9.0", "/a", "/z"), gatewright.Conflict, "below 1.0.0", "gatewright rollback")
	if !strings.Contains(err.Error(), "--override") {
		t.Errorf("no way out is named: %v", err)
	}
	w.live(publish("test", "spring", "/a", "/z")) // no order, no refusal
}

func TestPublishTellsOneConfigID(t *testing.T) {
	w := newWorld(t)
	gw, prod := w.standard()
	two := control.Request{Kind: gatewright.ChangePublish, Group: "test", Items: []control.Item{
		{API: "Pets", Definition: definition("Pets", "1.0", "/v1", "/a"), Version: "1.0", Runtime: nodes("127.0.0.1:7001")},
		{API: "Pets", Definition: definition("Pets", "2.0", "/v2", "/a"), Version: "2.0", Runtime: nodes("127.0.0.1:7001")},
	}}
	ch := w.live(two)
	if ch.ConfigID != "2026-11-21r0" {
		t.Fatalf("config ID %q", ch.ConfigID)
	}
	for _, d := range w.all("test") {
		if d.Content.ConfigID != ch.ConfigID {
			t.Errorf("%s@%s shows %q", d.APIName, d.Track, d.Content.ConfigID)
		}
	}
	if ch := w.live(publish("production", "9.0.0", "/x")); ch.ConfigID != "2026-11-21r1" {
		t.Errorf("the next is %q", ch.ConfigID)
	}
	w.clock.advance(24 * time.Hour)
	w.must(w.c.Listen(w.ctx))
	w.settle()
	other := publish("test", "1.0.0", "/other")
	other.Items[0].API = "Other"
	if ch := w.live(other); ch.ConfigID != "2026-11-22r0" {
		t.Errorf("the first of the next day is %q", ch.ConfigID)
	}
	w.live(request(gatewright.ChangeSync, "production", control.Item{API: "Pets@v2", From: "test", Runtime: nodes("127.0.0.1:7002")}))
	_ = gw
	for key := range prod.entries {
		if s := prod.resource(key).Slot; s != nil && s.Track == "v2" && s.ConfigID != "2026-11-21r0" {
			t.Errorf("after a sync the target shows %q", s.ConfigID)
		}
	}
}

func (w *world) all(group string) []*gatewright.Deployment {
	w.t.Helper()
	ds, err := w.c.Status(context.Background(), control.StatusQuery{Group: group})
	w.must(err)
	return ds
}
