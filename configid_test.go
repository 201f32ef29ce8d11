package gatewright_test

import (
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

func TestConfigID(t *testing.T) {
	id := gatewright.NewConfigID(time.Date(2026, 11, 21, 23, 59, 0, 0, time.FixedZone("", 3600)), 7)
	if id.String() != "2026-11-21r7" {
		t.Errorf("got %s", id)
	}
	back, err := gatewright.ParseConfigID(id.String())
	if err != nil || back != id {
		t.Errorf("%s comes back as %s (%v)", id, back, err)
	}
	for _, wrong := range []string{"", "2026-11-21", "2026-11-21r", "2026-11-21r01", "2026-11-21r-1", "2026-02-30r0", "2026-11-21r10000", "2026-11-21R0", " 2026-11-21r0"} {
		if id, err := gatewright.ParseConfigID(wrong); gatewright.CodeOf(err) != gatewright.Invalid {
			t.Errorf("%q is read as %s (%v)", wrong, id, err)
		}
	}
}

func TestNextConfigID(t *testing.T) {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name, last, want string
		now              time.Time
	}{
		{"first of the day", "2026-11-20r4", "2026-11-21r0", noon},
		{"again", "2026-11-21r0", "2026-11-21r1", noon},
		{"tenth", "2026-11-21r9", "2026-11-21r10", noon},
		{"midnight", "2026-11-21r3", "2026-11-22r0", noon.Add(12 * time.Hour)},
		{"another zone", "2026-11-21r3", "2026-11-21r4", noon.In(time.FixedZone("", 13*3600))},
		{"a clock that went back", "2026-11-21r3", "2026-11-21r4", noon.Add(-48 * time.Hour)},
		{"the day is full", "2026-11-21r9999", "", noon},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			last, err := gatewright.ParseConfigID(tt.last)
			if err != nil {
				t.Fatal(err)
			}
			next, err := last.Next(tt.now)
			if tt.want == "" {
				if gatewright.CodeOf(err) != gatewright.LimitExceeded {
					t.Errorf("got %s (%v), want the limit", next, err)
				}
				return
			}
			if err != nil || next.String() != tt.want {
				t.Errorf("got %s (%v), want %s", next, err, tt.want)
			}
		})
	}
	if first, err := (gatewright.ConfigID{}).Next(noon); err != nil || first.String() != "2026-11-21r0" {
		t.Errorf("the first ID is %s (%v)", first, err)
	}
}
