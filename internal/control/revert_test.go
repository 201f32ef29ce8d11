package control_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
)

func reverting(ch *gatewright.Change) control.Request {
	return request(gatewright.ChangeRevert, string(ch.Group), control.Item{Change: ch.ID})
}

// latest returns the newest change of a group that was activated.
func (w *world) latest(group string) *gatewright.Change {
	w.t.Helper()
	var last *gatewright.Change
	for _, ch := range mustChanges(w) {
		if ch.GroupName == group && (last == nil || ch.Generation > last.Generation) {
			last = ch
		}
	}
	return last
}

func dns(server string) control.Item {
	return control.Item{Resource: &gatewright.GroupResource{Registry: &gatewright.Registry{Name: "dns", Type: gatewright.RegistryDNS, Servers: []string{server}}}}
}

// TestRevertPutsEverythingBack: whatever a change did, what gateways run
// afterwards is what they ran before.
func TestRevertPutsEverythingBack(t *testing.T) {
	pets := control.Item{API: "Pets"}
	simple := func(kind gatewright.ChangeKind, item control.Item) control.Request {
		return request(kind, "test", item)
	}
	canary := startCanary(&control.CanaryPatch{Percent: ptr(10.0), Steps: &[]gatewright.CanaryStep{{Percent: 50, Hold: gatewright.Duration(time.Hour)}}})
	own := startCanary(&control.CanaryPatch{Percent: ptr(10.0), Upstream: nodes("127.0.0.1:7009")})
	deprecate := simple(gatewright.ChangeDeprecate, control.Item{API: "Pets", Lifecycle: &gatewright.Lifecycle{Successor: "Pets@v2"}})
	replacing := publish("test", "1.2.0", "/c")
	replacing.Items[0].Runtime = nodes("127.0.0.1:7005")
	replacing.Items[0].Runtime.Hosts = &[]string{"pets.example.com"}
	ending := publish("test", "1.2.0", "/c")
	ending.AbortCanary = true
	both := control.Request{Kind: gatewright.ChangeApply, Group: "test", Items: []control.Item{
		{Action: gatewright.ChangeConfigure, API: "Pets", Runtime: nodes("127.0.0.1:7006")},
		{Action: gatewright.ChangePublish, Definition: definition("Birds", "1.0.0", "/birds", "/a"), Version: "1.0.0", Runtime: nodes("127.0.0.1:7007")},
	}}
	both.Items = append(both.Items, dns("127.0.0.1:54"))
	both.Items[2].Action = gatewright.ChangeConfigure

	for _, tc := range []struct {
		name   string
		before []control.Request
		change control.Request
	}{
		{"publish with other upstream and hosts", nil, replacing},
		{"first publish", []control.Request{simple(gatewright.ChangeUndeploy, pets)}, publish("test", "1.2.0", "/c")},
		{"publish that ended a canary", []control.Request{canary}, ending},
		{"deploy", []control.Request{simple(gatewright.ChangeUndeploy, pets)}, simple(gatewright.ChangeDeploy, control.Item{API: "Pets", Revision: "2"})},
		{"sync", []control.Request{publish("production", "1.3.0", "/d")}, simple(gatewright.ChangeSync, control.Item{API: "Pets", From: "production"})},
		{"rollback", nil, simple(gatewright.ChangeRollback, control.Item{API: "Pets", Revision: "2"})},
		{"undeploy", nil, simple(gatewright.ChangeUndeploy, pets)},
		{"undeploy with a canary", []control.Request{canary}, func() control.Request {
			req := simple(gatewright.ChangeUndeploy, pets)
			req.AbortCanary = true
			return req
		}()},
		{"disable", nil, simple(gatewright.ChangeDisable, pets)},
		{"enable", []control.Request{simple(gatewright.ChangeDisable, pets)}, simple(gatewright.ChangeEnable, pets)},
		{"configure", nil, simple(gatewright.ChangeConfigure, control.Item{API: "Pets", Runtime: nodes("127.0.0.1:7005@3")})},
		{"canary start", nil, canary},
		{"canary step", []control.Request{canary}, simple(gatewright.ChangeCanaryStep, pets)},
		{"canary promote", []control.Request{own}, simple(gatewright.ChangeCanaryPromote, pets)},
		{"canary abort", []control.Request{canary}, simple(gatewright.ChangeCanaryAbort, pets)},
		{"deprecate", nil, deprecate},
		{"retire", []control.Request{deprecate}, simple(gatewright.ChangeRetire, pets)},
		{"registry added", nil, simple(gatewright.ChangeConfigure, dns("127.0.0.1:54"))},
		{"registry replaced", []control.Request{simple(gatewright.ChangeConfigure, dns("127.0.0.1:53"))}, simple(gatewright.ChangeConfigure, dns("127.0.0.1:54"))},
		{
			"registry removed", []control.Request{simple(gatewright.ChangeConfigure, dns("127.0.0.1:53"))},
			simple(gatewright.ChangeConfigure, control.Item{Remove: gatewright.RegistryKey("dns")}),
		},
		{"flow hooks", []control.Request{publishFlow("test", "Block", "1.0.0")}, hooking("test", []string{"Block"}, nil)},
		{"flow", []control.Request{publishFlow("test", "Block", "1.0.0"), hooking("test", []string{"Block"}, nil)}, publishFlow("test", "Block", "1.1.0")},
		{"several things", nil, both},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w, gw := twoVersions(t)
			for _, req := range tc.before {
				w.live(req)
			}
			runs, shows := maps.Clone(gw.entries), w.all("test")
			ch := w.live(tc.change)
			if maps.Equal(gw.entries, runs) {
				t.Fatal("the change changes nothing")
			}
			by := w.live(reverting(ch))
			if diff := cmp.Diff(runs, gw.entries); diff != "" {
				t.Errorf("gateways do not run what they ran (-before +after):\n%s", diff)
			}
			times := cmpopts.IgnoreFields(gatewright.Canary{}, "Since")
			for i, d := range w.all("test") {
				if diff := cmp.Diff(shows[i].Content, d.Content, times); diff != "" {
					t.Errorf("status (-before +after):\n%s", diff)
				}
			}
			was := w.change(ch.ID)
			if was.State != gatewright.ChangeReverted || was.RevertedBy != by.ID || by.Reverts != ch.ID || by.Kind != gatewright.ChangeRevert {
				t.Errorf("%s is %s by %q, %s reverts %q", ch.ID, was.State, was.RevertedBy, by.ID, by.Reverts)
			}
			w.refused(reverting(ch), gatewright.PreconditionFailed, "was put back already, by "+string(by.ID))

			again := w.live(reverting(by)) // and there again
			if got := w.change(by.ID); got.State != gatewright.ChangeReverted || got.RevertedBy != again.ID {
				t.Errorf("the revert is %s by %s", got.State, got.RevertedBy)
			}
			w.live(reverting(again))
			if diff := cmp.Diff(runs, gw.entries); diff != "" {
				t.Errorf("there and back again (-before +after):\n%s", diff)
			}
		})
	}
}

func TestRevertOfTheFirstPublish(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	ch := w.live(publish("test", "1.0.0", "/a"))
	plan := w.planned(reverting(ch))
	if len(plan.Items) != 1 || plan.Items[0].Action != "remove" || plan.Items[0].Kind != gatewright.ChangeRevert {
		t.Errorf("plan %+v", plan.Items)
	}
	w.live(reverting(ch))
	if len(gw.entries) != 0 || len(w.all("test")) != 0 {
		t.Errorf("the gateway runs %v", gw.entries)
	}
	w.live(publish("production", "1.0.0", "/a")) // the version is bound as before
	w.refused(publish("production", "1.0.0", "/b"), gatewright.Conflict, "stands for other content")
}

// TestRevertGivesNoVersionBack: a version that a revision was given since stays
// its own.
func TestRevertGivesNoVersionBack(t *testing.T) {
	w := newWorld(t)
	w.standard()
	unlabelled := publish("test", "", "/a")
	unlabelled.Items[0].Definition.Version = ""
	w.live(unlabelled)
	w.live(request(gatewright.ChangeSync, "production", control.Item{API: "Pets", From: "test", Version: "1.0.0", Runtime: nodes("127.0.0.1:7002")}))
	shown := w.latest("test")
	if v := w.deployment("Pets", "test").Content.Version; v != "1.0.0" {
		t.Fatalf("test shows %q", v)
	}
	plan := w.planned(reverting(shown))
	if !plan.NoOp {
		t.Errorf("to put a version back would be %+v", plan.Items)
	}
	ch := w.live(request(gatewright.ChangeConfigure, "test", control.Item{API: "Pets", Runtime: nodes("127.0.0.1:7009")}))
	w.live(reverting(ch))
	if v := w.deployment("Pets", "test").Content.Version; v != "1.0.0" {
		t.Errorf("test shows %q", v)
	}
}

func TestRevertIsRefused(t *testing.T) {
	w, _ := twoVersions(t)
	configure := func(port int) *gatewright.Change {
		return w.live(request(gatewright.ChangeConfigure, "test", control.Item{API: "Pets", Runtime: nodes(fmt.Sprintf("127.0.0.1:%d", port))}))
	}
	first := configure(7005)
	second := configure(7001) // as before the first
	third := configure(7005)  // as after it
	err := w.refused(reverting(first), gatewright.Conflict, "cannot be put back")
	if text := details(err); !strings.Contains(text, "Pets@v1: was changed since, by "+string(third.ID)) {
		t.Errorf("it does not say by what: %s", text)
	}
	w.refused(reverting(second), gatewright.Conflict)

	elsewhere := reverting(third)
	elsewhere.Group = "production"
	w.refused(elsewhere, gatewright.Invalid, "is of test, not of production")
	w.refused(request(gatewright.ChangeRevert, "test", control.Item{Change: "chg_none"}), gatewright.NotFound, "does not exist")
	w.refused(request(gatewright.ChangeRevert, "test", control.Item{}), gatewright.Invalid, "no change is named")
	two := reverting(third)
	two.Items = append(two.Items, two.Items[0])
	w.refused(two, gatewright.Invalid, "one change")
	mixed := reverting(third)
	mixed.Kind, mixed.Items[0].Action = gatewright.ChangeApply, gatewright.ChangeRevert
	w.refused(mixed, gatewright.Invalid, "one change")

	later := publish("test", "1.2.0", "/c")
	later.NotBefore = w.clock.Now().Add(time.Hour)
	waiting := w.submit(later)
	w.refused(reverting(waiting), gatewright.PreconditionFailed, "is scheduled", "gatewright cancel")
	_, err = w.c.Cancel(w.ctx, admin, waiting.ID, "")
	w.must(err)
	w.refused(reverting(waiting), gatewright.PreconditionFailed, "is cancelled", "nothing of it to put back")

	rolling, err := w.c.Submit(w.ctx, admin, publish("test", "1.3.0", "/d"), control.SubmitOptions{})
	w.must(err)
	w.refused(reverting(rolling.Change), gatewright.PreconditionFailed, "is preparing")
	w.refused(reverting(third), gatewright.Conflict, "is under way")
}

func details(err error) string {
	var lines []string
	for _, d := range gatewright.AsError(err).Details {
		lines = append(lines, d.String())
	}
	return strings.Join(lines, "\n")
}

// TestRevertLooksPastSettings: what leaves the slot as it was does not keep a
// change from being put back, and what it hides does.
func TestRevertLooksPastSettings(t *testing.T) {
	w, gw := twoVersions(t)
	configure := func(port int) *gatewright.Change {
		return w.live(request(gatewright.ChangeConfigure, "test", control.Item{API: "Pets", Runtime: nodes(fmt.Sprintf("127.0.0.1:%d", port))}))
	}
	first := configure(7005)
	w.update("Pets", control.APIPatch{MaxQPS: ptr(7)})
	w.settle()
	settings := w.latest("test")
	if settings.Kind != gatewright.ChangeSettings {
		t.Fatalf("the last change is a %s", settings.Kind)
	}
	w.refused(reverting(settings), gatewright.PreconditionFailed, "gatewright set")
	w.live(reverting(first))
	if port := gw.running("Pets").Upstream.Nodes[0].Port; port != 7001 || gw.running("Pets").MaxQPS != 7 {
		t.Errorf("it runs at %d with %d requests per second", port, gw.running("Pets").MaxQPS)
	}

	first = configure(7005)
	configure(7001)
	third := configure(7005)
	w.update("Pets", control.APIPatch{MaxQPS: ptr(8)})
	w.settle()
	if text := details(w.refused(reverting(first), gatewright.Conflict)); !strings.Contains(text, string(third.ID)) {
		t.Errorf("it does not say by what: %s", text)
	}
}

func TestRevertOfWhatIsDeleted(t *testing.T) {
	w, _ := twoVersions(t)
	ch := w.live(publish("test", "1.2.0", "/c"))
	w.must(w.c.DeleteRevision(w.ctx, admin, "Pets", "1.0.0"))
	err := w.refused(reverting(ch), gatewright.PreconditionFailed)
	if text := details(err); !strings.Contains(text, "revision 1 of Pets, which would run again, was deleted") {
		t.Errorf("it says %s", text)
	}
	gone := w.live(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Pets"}))
	api, _, err := w.c.API(w.ctx, "Pets")
	w.must(err)
	w.must(w.c.DeleteAPI(w.ctx, admin, "Pets", api.Revised))
	if text := details(w.refused(reverting(gone), gatewright.PreconditionFailed)); !strings.Contains(text, "the API was deleted") {
		t.Errorf("it says %s", text)
	}
}

// TestRevertOfSeveralThings: one thing that was altered since holds up all.
func TestRevertOfSeveralThings(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	var items []control.Item
	for i := range 2 * 20 {
		name := fmt.Sprintf("API %02d", i)
		items = append(items, control.Item{
			Definition: definition(name, "1.0.0", fmt.Sprintf("/api-%02d", i), "/a"), Version: "1.0.0", Runtime: nodes("127.0.0.1:7001"),
		})
	}
	ch := w.live(control.Request{Kind: gatewright.ChangePublish, Group: "test", Items: items})
	altered := w.live(request(gatewright.ChangeDisable, "test", control.Item{API: "API 07"}))
	if text := details(w.refused(reverting(ch), gatewright.Conflict)); text != "API 07@v1: was changed since, by "+string(altered.ID)+" (disable by admin at "+altered.CreatedAt.UTC().Format("2006-01-02 15:04:05")+"); revert that one first" {
		t.Errorf("it says %s", text)
	}
	var all []control.Item
	for i := range items {
		all = append(all, control.Item{API: fmt.Sprintf("API %02d", i), Runtime: nodes("127.0.0.1:7002")})
	}
	w.live(control.Request{Kind: gatewright.ChangeConfigure, Group: "test", Items: all})
	if text := details(w.refused(reverting(ch), gatewright.Conflict)); !strings.Contains(text, "… and ") || strings.Count(text, "\n") > 25 {
		t.Errorf("of 40 reasons it tells %s", text)
	}
	w.live(reverting(w.latest("test")))
	w.live(reverting(altered))
	w.live(reverting(ch))
	if len(gw.entries) != 0 {
		t.Errorf("the gateway runs %d resources", len(gw.entries))
	}
}

// TestRevertGivesNoAccessBack: a revert may take access from apps, never give
// it.
func TestRevertGivesNoAccessBack(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	did := func(_ any, err error) *gatewright.Change {
		w.must(err)
		w.settle()
		return w.latest("test")
	}
	key := func(name string) *gatewright.Change {
		_, _, err := w.c.AddCredential(w.ctx, admin, "test", "shop", control.NewCredential{Name: name})
		return did(nil, err)
	}
	grant := func(qps int) *gatewright.Change {
		return did(w.c.PutGrant(w.ctx, admin, "test", "shop", control.NewGrant{API: "Pets", QPS: qps}))
	}
	refused := func(ch *gatewright.Change, words string) {
		t.Helper()
		if text := details(w.refused(reverting(ch), gatewright.PreconditionFailed)); !strings.Contains(text, words) {
			t.Errorf("it says %s, not %s", text, words)
		}
	}
	did(w.c.CreateApp(w.ctx, admin, "test", "shop", ""))
	key("one")
	leaked := key("two")
	granted := grant(10)
	refused(grant(5), "a grant again that was taken or narrowed")
	w.live(reverting(grant(0))) // down to 5 again
	if a := gw.app("shop"); a.Grants[0].QPS != 5 {
		t.Errorf("the grant is of %d requests", a.Grants[0].QPS)
	}
	refused(did(w.c.DeleteGrant(w.ctx, admin, "test", "shop", "Pets")), "a grant again")
	w.refused(reverting(granted), gatewright.Conflict)
	refused(did(w.c.RevokeCredential(w.ctx, admin, "test", "shop", "one")), "its key one would be good again")
	w.refused(reverting(leaked), gatewright.Conflict)
	w.live(reverting(key("three")))
	if a := gw.app("shop"); len(a.Keys) != 1 {
		t.Errorf("%d keys are good", len(a.Keys))
	}
	refused(did(w.c.UpdateApp(w.ctx, admin, "test", "shop", control.AppPatch{Disabled: ptr(true)})), "is disabled")
	enabled := did(w.c.UpdateApp(w.ctx, admin, "test", "shop", control.AppPatch{Disabled: ptr(false)}))
	w.live(reverting(enabled))
	if a := gw.app("shop"); a != nil && len(a.Keys) > 0 {
		t.Errorf("the app is %+v", a)
	}
	refused(did(w.c.DeleteApp(w.ctx, admin, "test", "shop")), "was deleted, and its keys would be good again")

	made := did(w.c.CreateApp(w.ctx, admin, "test", "other", ""))
	w.live(reverting(made))
	_, err := w.c.App(w.ctx, "test", "other")
	code(t, err, gatewright.NotFound)
}

func TestRevertWaitsForApproval(t *testing.T) {
	w := governed(t, gatewright.GroupSettings{})
	ch := w.live(publish("production", "1.0.0", "/a"))
	next := w.live(publish("production", "1.1.0", "/b"))
	w.set("production", gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 1}}})
	by, other := w.submit(reverting(next)), w.submit(reverting(next))
	if by.State != gatewright.ChangePendingApproval {
		t.Fatalf("it is %s", by.State)
	}
	// What it needs is kept while it waits.
	err := w.c.DeleteRevision(w.ctx, admin, "Pets", "1.0.0")
	code(t, err, gatewright.Conflict)
	if s := w.change(next.ID).State; s != gatewright.ChangeLive {
		t.Errorf("before anybody approved, the change is %s", s)
	}
	yes := control.Verdict{PlanHash: by.PlanHash, Approve: true, Roles: []string{"approver"}}
	_, err = w.c.Decide(w.ctx, actor("bob"), by.ID, yes)
	w.must(err)
	w.settle()
	if got := w.change(next.ID); got.State != gatewright.ChangeReverted || got.RevertedBy != by.ID {
		t.Errorf("the change is %s by %q", got.State, got.RevertedBy)
	}
	_, err = w.c.Decide(w.ctx, actor("bob"), other.ID, yes)
	w.must(err)
	w.settle()
	if got := w.change(other.ID); got.State != gatewright.ChangeSuperseded {
		t.Errorf("the second revert is %s", got.State)
	}
	if got := w.change(next.ID); got.RevertedBy != by.ID || w.change(ch.ID).State != gatewright.ChangeLive {
		t.Errorf("the change is reverted by %s", got.RevertedBy)
	}
}

func TestRevertInAFreeze(t *testing.T) {
	w := governed(t, gatewright.GroupSettings{})
	w.live(publish("production", "1.0.0", "/a"))
	ch := w.live(publish("production", "1.1.0", "/b"))
	now := w.clock.Now()
	w.set("production", gatewright.GroupSettings{Freezes: []gatewright.FreezeWindow{{Name: "xmas", From: now.Add(-time.Hour), Until: now.Add(time.Hour)}}})
	req := reverting(ch)
	w.refused(req, gatewright.PreconditionFailed, "is frozen")
	req.BreakFreeze = true
	w.live(req)
}

// TestRevertsInTurn: the changes of a slot are put back one after the other,
// the last first, and what was put back is in nobody's way unless it is there
// again.
func TestRevertsInTurn(t *testing.T) {
	w, gw := twoVersions(t)
	configure := func(port int) *gatewright.Change {
		return w.live(request(gatewright.ChangeConfigure, "test", control.Item{API: "Pets", Runtime: nodes(fmt.Sprintf("127.0.0.1:%d", port))}))
	}
	first, second, third := configure(7002), configure(7003), configure(7004)
	w.refused(reverting(first), gatewright.Conflict, string(third.ID))
	w.live(reverting(third))
	w.refused(reverting(first), gatewright.Conflict, string(second.ID))
	back := w.live(reverting(second))
	w.live(reverting(back)) // the second is there again
	w.refused(reverting(second), gatewright.PreconditionFailed, "was put back already")
	again := w.latest("test")
	w.refused(reverting(first), gatewright.Conflict, "revert that one first", string(again.ID))
	w.live(reverting(again))
	w.live(reverting(first))
	if port := gw.running("Pets").Upstream.Nodes[0].Port; port != 7001 {
		t.Errorf("it runs at %d", port)
	}
}

// TestRevertThatGatewaysReject: nothing of it served, so nothing was put back.
func TestRevertThatGatewaysReject(t *testing.T) {
	w, gw := twoVersions(t)
	ch := w.live(publish("test", "1.2.0", "/c"))
	gw.reject = func(r *gatewright.Resource) string {
		if r.Slot != nil && r.Slot.Current.Version == "1.0.0" {
			return "no"
		}
		return ""
	}
	by := w.submit(reverting(ch))
	if by.State != gatewright.ChangeFailed || w.change(ch.ID).State != gatewright.ChangeLive || w.change(ch.ID).RevertedBy != "" {
		t.Errorf("the revert is %s, the change %s", by.State, w.change(ch.ID).State)
	}
	gw.reject = nil
	w.live(reverting(ch))
}

// TestRevertKeepsCallersFrom410: to retire again in passing takes what a
// retirement takes.
func TestRevertKeepsCallersFrom410(t *testing.T) {
	w, gw := twoVersions(t)
	w.live(request(gatewright.ChangeDeprecate, "test", control.Item{API: "Pets", Lifecycle: &gatewright.Lifecycle{}}))
	w.live(request(gatewright.ChangeRetire, "test", control.Item{API: "Pets"}))
	back := w.live(request(gatewright.ChangeDeprecate, "test", control.Item{API: "Pets"}))
	w.must(w.c.Report(w.ctx, gw.group.ID, usage(gw, 1, gatewright.Usage{
		Bucket: w.clock.Now().Truncate(time.Hour), API: gw.running("Pets").API, Track: "v1", Calls: 1, LastCall: w.clock.Now(),
	})))
	req := reverting(back)
	w.refused(req, gatewright.PreconditionFailed, "callers without a key (1 calls")
	req.Force = true
	w.live(req)
	if l := gw.running("Pets").Lifecycle; l == nil || l.RetiredAt.IsZero() {
		t.Errorf("lifecycle %+v", l)
	}
}

// TestRollbackAfterARevert does not go to what was given up.
func TestRollbackAfterARevert(t *testing.T) {
	w, gw := twoVersions(t) // 1.0.0, after 1.1.0 was given up
	w.live(publish("test", "1.2.0", "/c"))
	w.live(reverting(w.live(publish("test", "1.3.0", "/d"))))
	w.live(request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"}))
	if v := gw.running("Pets").Version; v != "1.0.0" {
		t.Errorf("it rolled back to %s", v)
	}
}

// TestRevertedIsTold to receivers and to those who watch.
func TestRevertedIsTold(t *testing.T) {
	w := telling(t)
	w.live(publish("test", "1.0.0", "/a"))
	ch := w.live(publish("test", "1.1.0", "/b"))
	w.receiver(control.NewReceiver{Name: "hook", Events: []gatewright.NotificationEvent{gatewright.EventReverted}})
	watch := w.c.Subscribe()
	defer watch.Close()
	by := w.live(reverting(ch))
	sent := w.deliveries(control.DeliveryQuery{Receiver: "hook"})
	if len(sent) != 1 || !strings.Contains(sent[0].Notification.Data["error"], "put back by "+string(by.ID)) || sent[0].Notification.Data["state"] != "reverted" {
		t.Errorf("told %+v", sent)
	}
	var seen []string
	for len(watch.C) > 0 {
		if e := <-watch.C; e.Change != nil && e.Change.ID == ch.ID {
			seen = append(seen, string(e.Change.State))
		}
	}
	if !slices.Equal(seen, []string{"reverted"}) {
		t.Errorf("who watches saw %v", seen)
	}
}

func TestRevertLooksBackSoFar(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	ch := w.live(request(gatewright.ChangeConfigure, "test", dns("127.0.0.1:53")))
	const limit = 5000
	add := func(from, to int) {
		w.must(w.store.Update(w.ctx, func(tx control.Tx) error {
			for i := from; i < to; i++ {
				err := tx.CreateChange(&gatewright.Change{
					ID: gatewright.ChangeID(gatewright.NewID("chg_", tx.Now())), Group: gw.group.ID, GroupName: "test", Kind: gatewright.ChangeAccess,
					State: gatewright.ChangeLive, CreatedAt: tx.Now(), ActivatedAt: tx.Now(), SettledAt: tx.Now(), Generation: ch.Generation + int64(i) + 1,
				})
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
	add(0, limit-1)
	w.planned(reverting(ch))
	add(limit-1, limit)
	w.refused(reverting(ch), gatewright.PreconditionFailed, "more than 5000 changes")
}

func TestRevertNeeds(t *testing.T) {
	w, _ := twoVersions(t)
	pets := w.latest("test")
	registry := w.live(request(gatewright.ChangeConfigure, "test", dns("127.0.0.1:53")))
	_, err := w.c.CreateApp(w.ctx, admin, "test", "shop", "")
	w.must(err)
	w.settle()
	app := w.latest("test")
	for _, tc := range []struct {
		name   string
		change *gatewright.Change
		needs  string
	}{
		{"an API", pets, "change.revert Pets"},
		{"a registry", registry, "change.revert, registry.edit"},
		{"an app", app, "change.revert, app.edit, app.delete"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			req := reverting(tc.change)
			needs, err := w.c.SubmitNeeds(w.ctx, auth.Principal{Name: "bob"}, &req)
			w.must(err)
			var got []string
			for _, n := range needs {
				if n.Scope.Group != tc.change.Group {
					t.Errorf("%s is needed in the group %q", n.Action, n.Scope.Group)
				}
				got = append(got, strings.TrimSpace(string(n.Action)+" "+n.Scope.APIName))
			}
			if text := strings.Join(got, ", "); text != tc.needs {
				t.Errorf("it takes %s, want %s", text, tc.needs)
			}
		})
	}
}
