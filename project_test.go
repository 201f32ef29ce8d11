package gatewright_test

import (
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestProjectValidate(t *testing.T) {
	tests := []struct {
		name    string
		project gatewright.Project
		ok      bool
	}{
		{"default", gatewright.Project{ID: gatewright.DefaultProject, Name: gatewright.DefaultProjectName}, true},
		{"described", gatewright.Project{Name: "支付", Description: "first line\nsecond line"}, true},
		{"no name", gatewright.Project{}, false},
		{"longest description", gatewright.Project{Name: "a", Description: strings.Repeat("ä", gatewright.MaxDescriptionLength)}, true},
		{"too long a description", gatewright.Project{Name: "a", Description: strings.Repeat("ä", gatewright.MaxDescriptionLength+1)}, false},
		{"control character", gatewright.Project{Name: "a", Description: "a\x1b[2J"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.project.Validate()
			wantCode(t, err, accepted(tt.ok))
			if err != nil && strings.Contains(err.Error(), "reason") {
				t.Errorf("%q speaks of something else", err)
			}
		})
	}
}
