package gatewright_test

import (
	"testing"

	"github.com/gatewright/gatewright"
)

func TestPlanBlocked(t *testing.T) {
	findings := func(levels ...gatewright.Level) []gatewright.Finding {
		list := make([]gatewright.Finding, len(levels))
		for i, l := range levels {
			list[i].Level = l
		}
		return list
	}
	tests := []struct {
		name     string
		findings []gatewright.Finding
		want     bool
	}{
		{"no findings", nil, false},
		{"nothing grave", findings(gatewright.LevelInfo, gatewright.LevelWarning), false},
		{"an error", findings(gatewright.LevelError), true},
		{"an error at the end", findings(gatewright.LevelInfo, gatewright.LevelWarning, gatewright.LevelError), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := gatewright.Plan{Findings: tt.findings}
			if got := p.Blocked(); got != tt.want {
				t.Fatalf("got %t, want %t", got, tt.want)
			}
		})
	}
}
