package control_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func TestPublishGoesLive(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	ch := w.live(publish("test", "1.0.0", "/pet/{id}", "/pet/findByStatus"))
	if ch.Generation != 1 || ch.Author != "admin" || ch.Reason != "test" || ch.ActivatedAt.IsZero() {
		t.Errorf("the record of the change is incomplete: %+v", ch)
	}
	run := gw.running("Pets")
	if run == nil || run.Version != "1.0.0" || run.Revision != 1 || len(run.Routes) != 2 || !run.Enabled {
		t.Fatalf("the gateway runs %+v", run)
	}
	d := w.deployment("Pets", "test")
	if d.State != gatewright.StateReady || d.Instances[0].State != gatewright.InstanceDeployed {
		t.Errorf("state %s (%s), instance %+v", d.State, d.Message, d.Instances[0])
	}
	rev, err := w.c.Revision(w.ctx, "Pets", "1.0.0")
	w.must(err)
	if !rev.Sealed() {
		t.Error("the deployed revision is not sealed")
	}
}

func TestPublishUnchangedIsNoOp(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	sub, err := w.c.Submit(w.ctx, admin, publish("test", "1.0.0", "/a"), control.SubmitOptions{})
	w.must(err)
	if sub.Change != nil || !sub.Plan.NoOp {
		t.Errorf("publishing the same again is change %+v", sub.Change)
	}
}

func TestVersionNamesOneContentForEver(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	w.refused(publish("test", "1.0.0", "/b"), gatewright.Conflict, "version 1.0.0 of Pets stands for other content")
	w.refused(publish("production", "1.0.0", "/b"), gatewright.Conflict, "other content")

	w.live(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Pets"}))
	w.refused(publish("test", "1.0.0", "/b"), gatewright.Conflict, "other content")

	// The same content under its own label is the same revision, anywhere.
	w.live(publish("production", "1.0.0", "/a"))
	if d := w.deployment("Pets", "production"); d.Content.Number != 1 {
		t.Errorf("the same version is revision %d", d.Content.Number)
	}
}

func TestFailedPublishBindsNoVersion(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	gw.reject = func(*gatewright.Resource) string { return "no room" }
	if ch := w.submit(publish("test", "1.0.0", "/a")); ch.State != gatewright.ChangeFailed {
		t.Fatalf("state %s", ch.State)
	}
	gw.reject = nil
	ch := w.live(publish("test", "1.0.0", "/b"))
	if n := ch.Items[0].Slot.After.Number; n != 2 {
		t.Errorf("the mended document is revision %d; the number of the failed one must not be used again", n)
	}
}

func TestRetryOfFailedPublishUsesItsDraft(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	gw.reject = func(*gatewright.Resource) string { return "no room" }
	w.submit(publish("test", "1.0.0", "/a"))
	gw.reject = nil
	if n := w.live(publish("test", "1.0.0", "/a")).Items[0].Slot.After.Number; n != 1 {
		t.Errorf("the same content is revision %d", n)
	}
}

func TestPublishKeepsRuntimeConfiguration(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	w.live(request(gatewright.ChangeConfigure, "test", control.Item{API: "Pets", Runtime: nodes("127.0.0.1:8001@5")}))
	second := publish("test", "1.1.0", "/a", "/b")
	second.Items[0].Runtime = nil
	second.Items[0].Seed = &gatewright.Upstream{Scheme: "http", Nodes: []gatewright.Node{{Host: "seed.example", Port: 80, Weight: 100}}}
	w.live(second)
	if n := gw.running("Pets").Upstream.Nodes; len(n) != 1 || n[0].String() != "127.0.0.1:8001@5" {
		t.Errorf("after the publish the upstream is %v", n)
	}
}

func TestPublishNeedsAnUpstreamTheFirstTime(t *testing.T) {
	w := newWorld(t)
	w.standard()
	req := publish("test", "1.0.0", "/a")
	req.Items[0].Runtime = nil
	w.refused(req, gatewright.Invalid, "--node")
	req.Items[0].Seed = &gatewright.Upstream{Scheme: "https", Nodes: []gatewright.Node{{Host: "seed.example", Port: 443, Weight: 100}}}
	w.live(req)
}

func TestSync(t *testing.T) {
	w := newWorld(t)
	_, prod := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	w.live(publish("test", "1.0.1", "/a", "/b"))
	sync := request(gatewright.ChangeSync, "production", control.Item{API: "Pets", From: "test", Runtime: nodes("127.0.0.1:7002")})

	noUpstream := sync
	noUpstream.Items = []control.Item{{API: "Pets", From: "test"}}
	w.refused(noUpstream, gatewright.Invalid, "no upstream in production yet", "--node")

	w.live(sync)
	run := prod.running("Pets")
	if run.Version != "1.0.1" || run.Upstream.Nodes[0].Port != 7002 {
		t.Errorf("production runs %s on %v", run.Version, run.Upstream.Nodes)
	}
	test, production := w.deployment("Pets", "test"), w.deployment("Pets", "production")
	if test.Content.Hash != production.Content.Hash || test.Content.Version != production.Content.Version {
		t.Error("the two groups do not run the same")
	}
	// Only what runs is synced: 1.0.0 is history now and cannot be asked for.
	withVersion := sync
	withVersion.Items = []control.Item{{API: "Pets", From: "test", Version: "1.0.0"}}
	w.refused(withVersion, gatewright.Invalid, "sync keeps it")
	same := sync
	same.Items = []control.Item{{API: "Pets", From: "production"}}
	w.refused(same, gatewright.Invalid, "same group")
}

func TestSyncWithoutVersionStampsBothSides(t *testing.T) {
	w := newWorld(t)
	testGW, prodGW := w.standard()
	w.live(publish("test", "", "/a"))
	item := control.Item{API: "Pets", From: "test", Runtime: nodes("127.0.0.1:7002")}
	w.refused(request(gatewright.ChangeSync, "production", item), gatewright.Invalid, "--version")
	item.Version = "2.3.0"
	w.live(request(gatewright.ChangeSync, "production", item))
	for name, gw := range map[string]*fakeGateway{"test": testGW, "production": prodGW} {
		if v := gw.running("Pets").Version; v != "2.3.0" {
			t.Errorf("the gateway of %s shows version %q", name, v)
		}
		if d := w.deployment("Pets", name); d.Content.Version != "2.3.0" || d.State != gatewright.StateReady {
			t.Errorf("%s shows %q, %s", name, d.Content.Version, d.State)
		}
	}
	// The label is bound now.
	w.refused(publish("test", "2.3.0", "/b"), gatewright.Conflict, "other content")
}

func TestRollbackKeepsRuntimeConfiguration(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	w.live(publish("test", "1.0.1", "/b"))
	w.live(request(gatewright.ChangeConfigure, "test", control.Item{API: "Pets", Runtime: nodes("127.0.0.1:8009")}))
	w.live(request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"}))
	run := gw.running("Pets")
	if run.Version != "1.0.0" || run.Upstream.Nodes[0].Port != 8009 {
		t.Errorf("rolled back to %s on %v", run.Version, run.Upstream.Nodes)
	}
}

func TestRollbackOnlyToWhatRanThere(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	w.refused(request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"}), gatewright.PreconditionFailed, "nothing earlier to roll back to")
	w.live(publish("test", "1.0.1", "/b"))
	w.live(request(gatewright.ChangeSync, "production", control.Item{API: "Pets", From: "test", Runtime: nodes("127.0.0.1:7002")}))
	w.refused(request(gatewright.ChangeRollback, "production", control.Item{API: "Pets", Revision: "1.0.0"}), gatewright.PreconditionFailed, "never ran in production")
	w.refused(request(gatewright.ChangeRollback, "production", control.Item{API: "Pets", Revision: "9.9"}), gatewright.NotFound, "9.9")

	// What failed to go live never ran.
	gws := w.gateways[0]
	gws.reject = func(*gatewright.Resource) string { return "no" }
	w.submit(publish("test", "1.0.2", "/c"))
	gws.reject = nil
	w.refused(request(gatewright.ChangeRollback, "test", control.Item{API: "Pets", Revision: "3"}), gatewright.PreconditionFailed, "never ran")
}

func TestRollbackOfUndeployed(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	w.live(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Pets"}))
	if gw.running("Pets") != nil {
		t.Fatal("the gateway still runs what was undeployed")
	}
	w.refused(request(gatewright.ChangeUndeploy, "test", control.Item{API: "Pets"}), gatewright.PreconditionFailed, "not deployed")
	w.live(request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"}))
	if run := gw.running("Pets"); run == nil || run.Version != "1.0.0" {
		t.Errorf("the gateway runs %+v", run)
	}
}

func TestDeployNeedsOverride(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	w.live(publish("test", "1.0.1", "/b"))
	req := request(gatewright.ChangeDeploy, "test", control.Item{API: "Pets", Revision: "1"})
	w.refused(req, gatewright.Conflict, "--override")
	req.Override = true
	w.live(req)
	if v := gw.running("Pets").Version; v != "1.0.0" {
		t.Errorf("runs %s", v)
	}
	w.refused(request(gatewright.ChangeDeploy, "test", control.Item{API: "Pets", Revision: "7"}), gatewright.NotFound, "no version or revision")
}

func TestDisableAndEnable(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	w.live(request(gatewright.ChangeDisable, "test", control.Item{API: "Pets"}))
	if gw.running("Pets").Enabled {
		t.Error("the gateway still serves it")
	}
	if d := w.deployment("Pets", "test"); d.State != gatewright.StateDisabled {
		t.Errorf("state %s", d.State)
	}
	// A disabled slot keeps its claim.
	other := publish("test", "1.0.0", "/a")
	other.Items[0].API = "Other"
	w.refused(other, gatewright.Conflict, "both answer to GET /a")
	// Publishing does not switch it on by the way.
	w.live(publish("test", "1.0.1", "/a", "/b"))
	if gw.running("Pets").Enabled {
		t.Error("a publish switched it on")
	}
	w.live(request(gatewright.ChangeEnable, "test", control.Item{API: "Pets"}))
	if !gw.running("Pets").Enabled {
		t.Error("the gateway does not serve it")
	}
}

func TestTracks(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	at := func(version, base string) control.Request {
		return request(gatewright.ChangePublish, "test", control.Item{
			Definition: definition("Echo", version, base, "/echo"), Version: version, Runtime: nodes("127.0.0.1:7001"),
		})
	}
	w.live(at("1.1", "/v1"))
	w.live(at("1.2", "/v1")) // replaces in place
	w.refused(at("1.3", "/other"), gatewright.Conflict, "keep the base path", "new major")
	w.live(at("2.0", "/v2"))  // runs beside
	if len(gw.entries) != 4 { // two slots, two revisions
		t.Fatalf("%d resources run", len(gw.entries))
	}
	w.refused(request(gatewright.ChangeDisable, "test", control.Item{API: "Echo"}), gatewright.Invalid, "Echo@v1, Echo@v2")
	w.live(request(gatewright.ChangeDisable, "test", control.Item{API: "Echo@v2"}))
	w.refused(request(gatewright.ChangeDisable, "test", control.Item{API: "Echo@v3"}), gatewright.NotFound, "no track")
	w.live(request(gatewright.ChangeRollback, "test", control.Item{API: "Echo@v1"}))
}

func TestSeveralItemsAreOneChange(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	req := control.Request{Kind: gatewright.ChangePublish, Group: "test", Items: []control.Item{
		{Definition: definition("Echo", "1.1", "/v1", "/echo"), Version: "1.1", Runtime: nodes("127.0.0.1:7001")},
		{Definition: definition("Other", "1.0", "/other", "/echo"), Version: "1.0", Runtime: nodes("127.0.0.1:7001")},
	}}
	ch := w.live(req)
	if ch.Generation != 1 || len(gw.entries) != 4 || len(gw.history) != 1 {
		t.Errorf("generation %d, %d resources in %d steps", ch.Generation, len(gw.entries), len(gw.history))
	}
	req.Items = append(req.Items[:1:1], req.Items[0])
	w.refused(req, gatewright.Invalid, "twice")
	clash := control.Request{Kind: gatewright.ChangePublish, Group: "production", Items: []control.Item{
		{Definition: definition("X", "1.1", "/", "/echo"), Version: "1.1", Runtime: nodes("127.0.0.1:7001")},
		{Definition: definition("Y", "1.1", "/", "/echo"), Version: "1.1", Runtime: nodes("127.0.0.1:7001")},
	}}
	w.refused(clash, gatewright.Conflict, "of Y@v1 and route get /echo of X@v1 both answer to")
}

func TestTwoTracksOfANewAPIAreOneChange(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	req := control.Request{Kind: gatewright.ChangePublish, Group: "test", Items: []control.Item{
		{Definition: definition("Echo", "1.1", "/v1", "/echo"), Version: "1.1", Runtime: nodes("127.0.0.1:7001")},
		{Definition: definition("Echo", "2.0", "/v2", "/echo"), Version: "2.0", Runtime: nodes("127.0.0.1:7001")},
	}}
	w.live(req)
	if _, tracks, err := w.c.API(w.ctx, "Echo"); err != nil || len(tracks) != 2 || len(gw.entries) != 4 {
		t.Errorf("tracks %v, %d resources: %v", tracks, len(gw.entries), err)
	}
}

func TestRollbackTwiceGoesBackTwoSteps(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	for i, path := range []string{"/a", "/b", "/c"} {
		w.live(publish("test", fmt.Sprintf("1.%d", i), path))
	}
	back := request(gatewright.ChangeRollback, "test", control.Item{API: "Pets"})
	for _, want := range []string{"1.1", "1.0"} {
		w.live(back)
		if v := gw.running("Pets").Version; v != want {
			t.Fatalf("rolled back to %s, want %s", v, want)
		}
	}
	w.refused(back, gatewright.PreconditionFailed, "nothing earlier", "--to")
	w.live(request(gatewright.ChangeRollback, "test", control.Item{API: "Pets", Revision: "1.2"})) // forward again, on request
	w.live(publish("test", "1.3", "/d"))
	w.live(back)
	if v := gw.running("Pets").Version; v != "1.2" {
		t.Errorf("rolled back to %s", v)
	}
}

func TestSyncRelabelsEveryGroupThatRunsIt(t *testing.T) {
	w := newWorld(t)
	testGW, prodGW := w.standard()
	thirdGW := w.join(w.group("third", gatewright.StageTest), "third-1")
	w.live(publish("test", "", "/a"))
	w.live(request(gatewright.ChangeDeploy, "third", control.Item{API: "Pets", Revision: "1", Runtime: nodes("127.0.0.1:7003")}))
	thirdGW.reject = func(*gatewright.Resource) string { return "busy" }
	w.live(request(gatewright.ChangeSync, "production", control.Item{API: "Pets", From: "test", Version: "1.0", Runtime: nodes("127.0.0.1:7002")}))
	if testGW.running("Pets").Version != "1.0" || prodGW.running("Pets").Version != "1.0" {
		t.Error("source and target do not show the version")
	}
	// The third could not be told; status says what its gateways show, and
	// the next sync tells it.
	if v := w.deployment("Pets", "third").Content.Version; v != "" || thirdGW.running("Pets").Version != "" {
		t.Errorf("status shows version %q, the gateway %q", v, thirdGW.running("Pets").Version)
	}
	thirdGW.reject = nil
	w.live(request(gatewright.ChangeConfigure, "production", control.Item{API: "Pets", Runtime: nodes("127.0.0.1:7004")}))
	w.live(request(gatewright.ChangeSync, "third", control.Item{API: "Pets", From: "production"}))
	if v := thirdGW.running("Pets").Version; v != "1.0" {
		t.Errorf("after a sync the third shows %q", v)
	}
}

func TestRoutesMoveWithinOneChange(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	swap := func(version, x, y string) control.Request {
		return control.Request{Kind: gatewright.ChangePublish, Group: "test", Items: []control.Item{
			{API: "X", Definition: definition("X", version, "/", x), Version: version, Runtime: nodes("127.0.0.1:7001")},
			{API: "Y", Definition: definition("Y", version, "/", y), Version: version, Runtime: nodes("127.0.0.1:7001")},
		}}
	}
	w.live(swap("1.0.0", "/a", "/b"))
	w.live(swap("1.1.0", "/b", "/a"))
	if gw.running("X").Routes[0].Path != "/b" || gw.running("Y").Routes[0].Path != "/a" {
		t.Error("the routes did not change places")
	}
	w.refused(swap("1.2.0", "/a", "/a"), gatewright.Conflict, "both answer to GET /a")
	stays := swap("1.1.0", "/a", "/a") // Y as it is, X takes its route
	stays.Items[0].Version = "1.2.0"
	w.refused(stays, gatewright.Conflict, "both answer to GET /a")
}

func TestRegistries(t *testing.T) {
	w := newWorld(t)
	gw, _ := w.standard()
	disc := &control.RuntimePatch{Discovery: &gatewright.Discovery{Registry: "local-dns", Namespace: "default", Service: "pets.example.internal:8080"}}
	req := publish("test", "1.0.0", "/a")
	req.Items[0].Runtime = disc
	w.refused(req, gatewright.PreconditionFailed, "no registry \"local-dns\"", "gatewright registry add")
	add := request(gatewright.ChangeConfigure, "test", control.Item{Resource: &gatewright.GroupResource{Registry: &gatewright.Registry{Name: "local-dns", Type: "dns"}}})
	w.live(add)
	w.live(req)
	if len(gw.entries) != 3 { // registry, slot, revision
		t.Errorf("the gateway runs %d resources", len(gw.entries))
	}
	remove := request(gatewright.ChangeConfigure, "test", control.Item{Remove: gatewright.RegistryKey("local-dns")})
	w.refused(remove, gatewright.Conflict, "used by Pets")
	both := control.Request{Kind: gatewright.ChangeApply, Group: "test", Items: []control.Item{ // the last user and what it used
		{Action: gatewright.ChangeConfigure, Remove: gatewright.RegistryKey("local-dns")},
		{Action: gatewright.ChangeConfigure, API: "Pets", Runtime: nodes("127.0.0.1:7001")},
	}}
	w.live(both)
	if len(gw.entries) != 2 {
		t.Errorf("the gateway runs %d resources", len(gw.entries))
	}
	w.refused(remove, gatewright.NotFound, "no registry")
}

func TestOddNames(t *testing.T) {
	tests := []struct {
		name string
		api  string
		ok   bool
	}{
		{"Chinese", "宠物商店", true},
		{"slash, at and quotes", `a/b@c "d"`, true},
		{"emoji", "pets 🐶", true},
		{"newline", "a\nb", false},
		{"direction override", "pets\u202etset", false},
		{"leading space", " pets", false},
		{"too long", strings.Repeat("x", 257), false},
		{"invalid UTF-8", "a\xffb", false},
		{"looks like an identifier", "api_x", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			gw, _ := w.standard()
			req := publish("test", "1.0.0", "/a")
			req.Items[0].API = tt.api
			if !tt.ok {
				if _, err := w.c.Plan(w.ctx, req); err == nil {
					t.Error("accepted")
				}
				return
			}
			w.live(req)
			if gw.running(tt.api) == nil {
				t.Error("it does not run")
			}
		})
	}
}
