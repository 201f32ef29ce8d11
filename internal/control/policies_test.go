package control_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// TestPoliciesAreCheckedAtPlan tries policies that no gateway could run.
func TestPoliciesAreCheckedAtPlan(t *testing.T) {
	w := newWorld(t)
	w.standard()
	broken := publishing("test", "Pets", "1.0.0", "headers")
	def := broken.Items[0].Definition
	def.Policies[0].Config = json.RawMessage(`{"request":{"set":{"Content-Length":"0"}}}`)
	w.refused(broken, gatewright.Invalid, "/policies/0/config/request/set/Content-Length", "gateway's own")
	def.Policies = nil
	def.Routes[0].Policies = []gatewright.Policy{{Type: "headers", Config: json.RawMessage(`{"response":{"remove":["Server"]}}`)}, {Type: "teleport"}}
	w.refused(broken, gatewright.Invalid, "route get /x: /policies/1/type", "teleport", "it knows flow, headers")

	// A draft may be anything; deploying it may not.
	def.Routes[0].Policies = def.Routes[0].Policies[1:]
	w.live(publishing("test", "Pets", "0.9.0"))
	_, err := w.c.Save(w.ctx, admin, control.SaveRequest{API: "Pets", Mode: control.SaveNewVersion, Definition: def})
	w.must(err)
	deploy := request(gatewright.ChangeDeploy, "production", control.Item{API: "Pets", Revision: "2", Runtime: nodes("127.0.0.1:7002")})
	w.refused(deploy, gatewright.Invalid, "teleport")
}

func TestPlanTellsPolicies(t *testing.T) {
	w := newWorld(t)
	w.standard()
	lines := w.planned(publishing("test", "Pets", "1.0.0", "headers", "/respond")).Items[0].Lines
	for _, want := range []string{"~ policies: (none) → headers", "+ policies of get /x: respond"} {
		if !slices.Contains(lines, want) {
			t.Errorf("the plan does not say %q: %q", want, lines)
		}
	}
	w.live(publishing("test", "Pets", "1.0.0", "headers", "/respond"))
	other := publishing("test", "Pets", "1.1.0", "headers")
	other.Items[0].Definition.Policies[0].Config = json.RawMessage(`{"response":{"remove":["Server"]}}`)
	lines = w.planned(other).Items[0].Lines
	for _, want := range []string{"~ policies: headers → headers", "~ policies of get /x: respond → (none)"} {
		if !slices.Contains(lines, want) {
			t.Errorf("the plan does not say %q: %q", want, lines)
		}
	}
	// What runs has them.
	w.live(other)
	slot := w.gateways[0].running("Pets")
	rev := w.gateways[0].resource(gatewright.RevisionKey(slot.API, slot.Revision)).Revision
	if len(rev.Policies) != 1 || rev.Policies[0].Type != "headers" || len(rev.Routes[0].Policies) != 0 {
		t.Errorf("gateways got %+v", rev)
	}
}

// TestAllowCORSIsTold: who may pass without a key is told before it is so,
// wherever the documents say it.
func TestAllowCORSIsTold(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(publish("test", "1.0.0", "/a"))
	req := publish("test", "1.1.0", "/a")
	req.Items[0].Definition.AllowCORS = true
	if lines := w.planned(req).Items[0].Lines; !slices.Contains(lines, "~ allowCors false → true") {
		t.Errorf("the plan tells %q", lines)
	}
	w.live(req)
	if lines := w.planned(publish("test", "1.2.0", "/a")).Items[0].Lines; !slices.Contains(lines, "~ allowCors true → false") {
		t.Errorf("the plan tells %q", lines)
	}
	cmp, err := w.c.Compare(w.ctx, "Pets", "1.0.0", "1.1.0")
	w.must(err)
	if !slices.Contains(cmp.Definition, control.Difference{Pointer: "/allowCORS", New: "true"}) {
		t.Errorf("the comparison tells %+v", cmp.Definition)
	}
}
