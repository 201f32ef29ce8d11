package cli

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	tests := []struct {
		name, text string
		want       string // RFC 3339, "" for an error, "zero" for none
	}{
		{"none", "", "zero"},
		{"now", "now", "2026-01-02T03:04:05Z"},
		{"whole", "2026-12-24T18:00:30Z", "2026-12-24T18:00:30Z"},
		{"without seconds", "2026-12-24T18:00Z", "2026-12-24T18:00:00Z"},
		{"another zone", "2026-12-24T18:00+08:00", "2026-12-24T10:00:00Z"},
		{"date", "2026-12-24", "2026-12-24T00:00:00Z"},
		{"span", "1h30m", "2026-01-02T04:34:05Z"},
		{"days", "3d", "2026-01-05T03:04:05Z"},
		{"days and hours", "1d12h", "2026-01-03T15:04:05Z"},
		{"no zone", "2026-12-24T18:00", ""},
		{"no such day", "2026-02-30", ""},
		{"word", "tomorrow", ""},
		{"number", "5", ""},
		{"past", "-1h", ""},
		{"no time at all", "0s", ""},
		{"hours before days", "1h1d", ""},
		{"negative hours", "1d-1h", ""},
		{"too far", "65536d", ""},
		{"farther than a century", "40000d", ""},
		{"space", " 1h", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseTime(tt.text, theTime())
			switch {
			case tt.want == "":
				if err == nil {
					t.Errorf("%q is read as %s", tt.text, got)
				}
			case tt.want == "zero":
				if err != nil || !got.IsZero() {
					t.Errorf("got %s, %v", got, err)
				}
			case err != nil || got.Format(time.RFC3339) != tt.want || got.Location() != time.UTC:
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

// TestParseTimeRoundsUp: a span never ends before it has passed.
func TestParseTimeRoundsUp(t *testing.T) {
	whole := theTime().Truncate(time.Second)
	tests := []struct {
		name  string
		after time.Duration // now is whole + after
		text  string
		want  time.Duration // whole + want
	}{
		{"on the second", 0, "1s", time.Second},
		{"just after", time.Nanosecond, "1s", 2 * time.Second},
		{"just before the next", time.Second - time.Nanosecond, "1s", 2 * time.Second},
		{"less than a second", 300 * time.Millisecond, "100ms", time.Second},
		{"to the second", 300 * time.Millisecond, "700ms", time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseTime(tt.text, whole.Add(tt.after))
			if want := whole.Add(tt.want); err != nil || !got.Equal(want) {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
		})
	}
}
