package gatewright

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPolicyValidate(t *testing.T) {
	tests := []struct {
		name   string
		policy Policy
		want   string // in the error; "" for none
	}{
		{"bare", Policy{Type: "cors"}, ""},
		{"named", Policy{Name: "Länder", Type: "ip-restriction", Config: json.RawMessage(` {"allow":[]}`)}, ""},
		{"no type", Policy{}, "is not a type of policy"},
		{"upper case", Policy{Type: "Cors"}, "is not a type of policy"},
		{"hyphen at the end", Policy{Type: "a-"}, "is not a type of policy"},
		{"two hyphens", Policy{Type: "a--b"}, "is not a type of policy"},
		{"long type", Policy{Type: strings.Repeat("a", 65)}, "is not a type of policy"},
		{"longest type", Policy{Type: strings.Repeat("a", 64)}, ""},
		{"control character", Policy{Name: "a\x1b", Type: "cors"}, "unprintable"},
		{"list", Policy{Type: "cors", Config: json.RawMessage(`[]`)}, "not a JSON object"},
		{"broken", Policy{Type: "cors", Config: json.RawMessage(`{"a":`)}, "not a JSON object"},
		{"two objects", Policy{Type: "cors", Config: json.RawMessage(`{}{}`)}, "not a JSON object"},
		{"too long", Policy{Type: "cors", Config: json.RawMessage(`{"a":"` + strings.Repeat("x", MaxPolicyConfigBytes) + `"}`)}, "at most"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.policy.Validate()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Validate() = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestPoliciesOfADefinition(t *testing.T) {
	d := Definition{Title: "a", BasePath: "/", Routes: []Route{{Name: "r", Path: "/"}}}
	bare := d.ContentHash()
	if types := d.PolicyTypes(); types != nil {
		t.Errorf("types of no policies: %v", types)
	}
	d.Policies = []Policy{{Type: "headers"}, {Name: "again", Type: "headers"}}
	d.Routes[0].Policies = []Policy{{Type: "cors"}, {Type: "headers"}}
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"cors", "headers"}, d.PolicyTypes()); diff != "" {
		t.Error(diff)
	}
	if d.ContentHash() == bare {
		t.Error("policies are no part of the content hash")
	}
	d.Routes[0].Policies = make([]Policy, MaxPolicies+1)
	if err := d.Validate(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("at most %d", MaxPolicies)) {
		t.Errorf("too many policies: %v", err)
	}
}
