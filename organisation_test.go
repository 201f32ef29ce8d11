package gatewright

import (
	"fmt"
	"strings"
	"testing"
)

func TestPolicyClass(t *testing.T) {
	s := OrganisationSettings{PolicyTypes: map[string]PolicyClass{"headers": PolicyExtensible, "ours": PolicyExtensible}}
	for name, want := range map[string]PolicyClass{"headers": PolicyExtensible, "ours": PolicyExtensible, "cors": PolicyStandard, "never-heard-of": PolicyStandard} {
		if got := s.Class(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	copied := s.Clone()
	copied.PolicyTypes["cors"] = PolicyExtensible
	if s.Class("cors") != PolicyStandard {
		t.Error("a clone shares its table")
	}
	for name := range DefaultPolicyClasses() {
		if err := CheckPolicyType(name); err != nil {
			t.Error(err)
		}
	}
}

func TestOrganisationSettingsValidate(t *testing.T) {
	many := map[string]PolicyClass{}
	for i := range MaxPolicyTypes + 1 {
		many[fmt.Sprintf("p%d", i)] = PolicyStandard
	}
	tests := []struct {
		name     string
		settings OrganisationSettings
		want     string
	}{
		{"none", OrganisationSettings{}, ""},
		{"all", OrganisationSettings{Limits: Limits{Mode: LimitWarn, Units: 1, Proxies: 2, SharedFlows: 3, Deployed: 4}, PolicyTypes: map[string]PolicyClass{"a": PolicyStandard}}, ""},
		{"class", OrganisationSettings{PolicyTypes: map[string]PolicyClass{"a": "cheap"}}, "standard or extensible"},
		{"type", OrganisationSettings{PolicyTypes: map[string]PolicyClass{"A": PolicyStandard}}, "not a type of policy"},
		{"too many", OrganisationSettings{PolicyTypes: many}, "at most"},
		{"mode", OrganisationSettings{Limits: Limits{Mode: "beg"}}, "warn or reject"},
		{"negative", OrganisationSettings{Limits: Limits{Deployed: -1}}, "negative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.settings.Validate()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Validate() = %v, want %q", err, tt.want)
			}
		})
	}
}
