package gatewright_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

func TestGroupSettingsValidate(t *testing.T) {
	window := func(name string, from, until time.Time) []gatewright.FreezeWindow {
		return []gatewright.FreezeWindow{{Name: name, From: from, Until: until}}
	}
	many := make([]string, gatewright.MaxLocations+1)
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	tests := []struct {
		name  string
		stage gatewright.Stage
		in    gatewright.GroupSettings
		says  string // "" when it is to be accepted
	}{
		{"nothing", gatewright.StageTest, gatewright.GroupSettings{}, ""},
		{"locations", gatewright.StageTest, gatewright.GroupSettings{Locations: []string{"eu", "us"}}, ""},
		{"a location twice", gatewright.StageTest, gatewright.GroupSettings{Locations: []string{"eu", "eu"}}, "twice"},
		{"too many locations", gatewright.StageTest, gatewright.GroupSettings{Locations: many}, "at most"},
		{"mode", gatewright.StageTest, gatewright.GroupSettings{Compatibility: "strict"}, "is not off, warn or enforce"},
		{"approval in test", gatewright.StageTest, gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 1}}}, "only a production group"},
		{"approval", gatewright.StageProduction, gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 1}}}, ""},
		{"nobody approves", gatewright.StageProduction, gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{}}}, "between 1 and"},
		{"a crowd approves", gatewright.StageProduction, gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: gatewright.MaxApprovers + 1}}}, "between 1 and"},
		{"approval of what there is not", gatewright.StageProduction, gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 1, Kinds: []gatewright.ChangeKind{"explode"}}}}, "not a kind of change"},
		{"approval by nobody there is", gatewright.StageProduction, gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 1, Role: "king"}}}, "is no role"},
		{"freeze", gatewright.StageTest, gatewright.GroupSettings{Freezes: window("xmas", noon, noon.Add(1))}, ""},
		{"freeze that ends as it begins", gatewright.StageTest, gatewright.GroupSettings{Freezes: window("xmas", noon, noon)}, "before it begins"},
		{"freeze without a name", gatewright.StageTest, gatewright.GroupSettings{Freezes: window("", noon, noon.Add(1))}, "freeze window"},
		{"negative limit", gatewright.StageTest, gatewright.GroupSettings{Limits: gatewright.Limits{Units: -1}}, "negative"},
		{"limit mode", gatewright.StageTest, gatewright.GroupSettings{Limits: gatewright.Limits{Mode: "maybe"}}, "is not warn or reject"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.in.Validate(tt.stage)
			wantCode(t, err, accepted(tt.says == ""))
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %q does not say %q", err, tt.says)
			}
		})
	}
}

func TestFrozen(t *testing.T) {
	s := gatewright.GroupSettings{Freezes: []gatewright.FreezeWindow{{Name: "a", From: noon, Until: noon.Add(time.Hour)}}}
	tests := []struct {
		name string
		at   time.Time
		want bool
	}{
		{"before", noon.Add(-1), false},
		{"as it begins", noon, true},
		{"last moment", noon.Add(time.Hour - 1), true},
		{"as it ends", noon.Add(time.Hour), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.Frozen(tt.at) != nil; got != tt.want {
				t.Fatalf("frozen %t, want %t", got, tt.want)
			}
		})
	}
}

func TestGate(t *testing.T) {
	tests := []struct {
		stage gatewright.Stage
		set   gatewright.CompatibilityMode
		want  gatewright.CompatibilityMode
	}{
		{gatewright.StageTest, "", gatewright.CompatibilityWarn},
		{gatewright.StageProduction, "", gatewright.CompatibilityEnforce},
		{gatewright.StageTest, gatewright.CompatibilityEnforce, gatewright.CompatibilityEnforce},
		{gatewright.StageProduction, gatewright.CompatibilityOff, gatewright.CompatibilityOff},
	}
	for _, tt := range tests {
		t.Run(string(tt.stage)+" "+string(tt.set), func(t *testing.T) {
			s := gatewright.GroupSettings{Compatibility: tt.set}
			if got := s.Gate(tt.stage); got != tt.want {
				t.Fatalf("gate %s, want %s", got, tt.want)
			}
		})
	}
}

func TestApprovalRuleCovers(t *testing.T) {
	every := gatewright.ApprovalRule{Count: 1}
	if !every.Covers(gatewright.ChangePublish) || every.Covers(gatewright.ChangeAccess) {
		t.Error("a rule without kinds covers all but what overtakes: a revocation must not wait for anybody")
	}
	one := gatewright.ApprovalRule{Count: 1, Kinds: []gatewright.ChangeKind{gatewright.ChangeSync}}
	if !one.Covers(gatewright.ChangeSync) || one.Covers(gatewright.ChangePublish) {
		t.Error("a rule with kinds covers these")
	}
}
