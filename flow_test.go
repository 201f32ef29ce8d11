package gatewright_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func callOf(name string) gatewright.Policy {
	config, err := json.Marshal(gatewright.FlowCall{Name: name})
	if err != nil {
		panic(err)
	}
	return gatewright.Policy{Type: gatewright.PolicyFlow, Config: config}
}

func plainPolicies(n int) []gatewright.Policy {
	list := make([]gatewright.Policy, n)
	for i := range list {
		list[i] = gatewright.Policy{Type: "headers"}
	}
	return list
}

func TestFlowDefinition(t *testing.T) {
	good := func() *gatewright.Definition {
		return &gatewright.Definition{Kind: gatewright.KindFlow, Title: "Common", Policies: plainPolicies(1)}
	}
	if err := good().Validate(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		alter func(*gatewright.Definition)
		says  string
	}{
		{"no policy", func(d *gatewright.Definition) { d.Policies = nil }, "a shared flow is made of policies"},
		{"too many policies", func(d *gatewright.Definition) { d.Policies = plainPolicies(gatewright.MaxPolicies + 1) }, "at most 64"},
		{"a base path", func(d *gatewright.Definition) { d.BasePath = "/" }, "base path"},
		{"a host", func(d *gatewright.Definition) { d.Host = "a.example" }, "host"},
		{"a route", func(d *gatewright.Definition) { d.Routes = []gatewright.Route{{Name: "a", Path: "/"}} }, "routes"},
		{"allowCORS", func(d *gatewright.Definition) { d.AllowCORS = true }, "allowCORS"},
		{"endpoints", func(d *gatewright.Definition) { d.Endpoints = &gatewright.Endpoints{} }, "x-google-endpoints"},
		{"a kind that is none", func(d *gatewright.Definition) { d.Kind = "soap" }, `"soap" is not the kind`},
		{"proxy by name", func(d *gatewright.Definition) { d.Kind = gatewright.KindProxy }, "leave it out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := good()
			tt.alter(d)
			err := d.Validate()
			if gatewright.CodeOf(err) != gatewright.Invalid || !strings.Contains(fmt.Sprint(gatewright.AsError(err).Details), tt.says) {
				t.Errorf("error %v does not say %q", err, tt.says)
			}
		})
	}
}

// TestKindOfADefinitionIsHashed: a proxy's hash is what it was before there
// were flows, a flow's is another.
func TestKindOfADefinitionIsHashed(t *testing.T) {
	d := gatewright.Definition{Title: "A", Policies: plainPolicies(1)}
	flow := d
	flow.Kind = gatewright.KindFlow
	b, err := json.Marshal(&d)
	if err != nil || strings.Contains(string(b), "kind") {
		t.Errorf("a proxy says its kind: %s", b)
	}
	if d.ContentHash() == flow.ContentHash() {
		t.Error("equal hashes")
	}
}

func TestFlowsOfADefinition(t *testing.T) {
	d := gatewright.Definition{
		Policies: []gatewright.Policy{callOf("b"), {Type: "headers", Config: json.RawMessage(`{"name":"no"}`)}, callOf("a")},
		Routes:   []gatewright.Route{{Policies: []gatewright.Policy{callOf("b"), callOf("c"), {Type: gatewright.PolicyFlow, Config: json.RawMessage(`{"name":7}`)}}}},
	}
	if got := strings.Join(d.Flows(), " "); got != "a b c" {
		t.Errorf("it calls %q", got)
	}
}

func TestReach(t *testing.T) {
	chain := func(n int) gatewright.FlowSet {
		s := gatewright.FlowSet{}
		for i := 1; i < n; i++ {
			s[fmt.Sprint("f", i)] = []gatewright.Policy{callOf(fmt.Sprint("f", i+1))}
		}
		s[fmt.Sprint("f", n)] = plainPolicies(1)
		return s
	}
	many := func(inner, calls int) gatewright.FlowSet {
		s := gatewright.FlowSet{"f2": plainPolicies(inner)}
		for range calls {
			s["f1"] = append(s["f1"], callOf("f2"))
		}
		return s
	}
	// Each of them calls the next one 64 times: without a bound that is 64⁷.
	bomb := chain(gatewright.MaxFlowDepth)
	for name, policies := range bomb {
		for len(policies) < gatewright.MaxPolicies {
			bomb[name] = append(bomb[name], bomb[name][0])
			policies = bomb[name]
		}
	}
	short := chain(gatewright.MaxFlowDepth) // seen first at the end of a short way, then of a long one
	short["f1"] = append([]gatewright.Policy{callOf("f3")}, short["f1"]...)
	long := chain(gatewright.MaxFlowDepth + 1)
	long["f1"] = append([]gatewright.Policy{callOf("f4")}, long["f1"]...)
	tests := []struct {
		name  string
		set   gatewright.FlowSet
		wants string // names, or the beginning of the fault
	}{
		{"one", chain(1), "f1"},
		{"as deep as may be", chain(gatewright.MaxFlowDepth), "f1 f2 f3 f4 f5 f6 f7 f8"},
		{"deeper", chain(gatewright.MaxFlowDepth + 1), "f1 → f2 → f3 → f4 → f5 → f6 → f7 → f8 → f9: shared flows call one another more than 8 deep"},
		{"two ways", short, "f1 f2 f3 f4 f5 f6 f7 f8"},
		{"two ways, one too deep", long, "f1 → f2 → f3 → f4 → f5 → f6 → f7 → f8 → f9: shared flows call one another more than 8 deep"},
		{"itself", gatewright.FlowSet{"f1": {callOf("f1")}}, "f1 → f1: shared flows call one another in a circle"},
		{"a circle further on", gatewright.FlowSet{"f1": {callOf("a")}, "a": {callOf("b")}, "b": {callOf("a")}}, "a → b → a: shared flows call one another in a circle"},
		{"missing", gatewright.FlowSet{"f1": {callOf("a")}, "a": {callOf("b")}}, "f1 → a → b: the last of them is no shared flow"},
		{"as many as may be", many(64, 4), "f1 f2"},
		{"more", many(64, 5), "f1: calling it makes more than 256 policies act"},
		{"a bomb", bomb, "f1 → f2 → f3 → f4 → f5 → f6 → f7: calling it makes more than 256 policies act"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			names, err := tt.set.Reach("f1")
			got := strings.Join(names, " ")
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, tt.wants) || err == nil && got != tt.wants {
				t.Errorf("got %q, want %q", got, tt.wants)
			}
		})
	}
}

func TestFlowHooksValidate(t *testing.T) {
	names := make([]string, gatewright.MaxFlowHooks)
	for i := range names {
		names[i] = fmt.Sprint("f", i)
	}
	tests := []struct {
		name  string
		hooks gatewright.FlowHooks
		says  string
	}{
		{"as many as may be", gatewright.FlowHooks{Before: names, After: names}, ""},
		{"too many", gatewright.FlowHooks{After: append(names, "one more")}, "at most 16"},
		{"none", gatewright.FlowHooks{}, "no flow is named"},
		{"a name twice", gatewright.FlowHooks{Before: []string{"a", "a"}}, `"a" is named twice`},
		{"a name that is none", gatewright.FlowHooks{Before: []string{" "}}, "white space"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := gatewright.GroupResource{FlowHooks: &tt.hooks}
			err := r.Validate()
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("error %v, want %q", err, tt.says)
			}
		})
	}
	both := gatewright.GroupResource{FlowHooks: &gatewright.FlowHooks{Before: names}, Registry: &gatewright.Registry{}}
	if both.Key() != "" || both.Validate() == nil {
		t.Error("two things are one resource")
	}
}
