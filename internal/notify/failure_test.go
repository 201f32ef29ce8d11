package notify_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/notify"
)

func TestJudge(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		status int
		after  string
		ok     bool
		final  bool
		wait   time.Duration
	}{
		{"ok", 200, "", true, false, 0},
		{"no content", 204, "", true, false, 0},
		{"redirect", 307, "", false, true, 0},
		{"bad request", 400, "60", false, true, 0},
		{"gone", 410, "", false, true, 0},
		{"request timeout", 408, "", false, false, 0},
		{"too early", 425, "", false, false, 0},
		{"too many", 429, "60", false, false, time.Minute},
		{"too many, date", 429, now.Add(90 * time.Second).Format(http.TimeFormat), false, false, 90 * time.Second},
		{"too many, date passed", 429, now.Add(-time.Hour).Format(http.TimeFormat), false, false, 0},
		{"too many, for a year", 429, "31536000", false, false, notify.MaxBackoff},
		{"too many, date far off", 429, now.AddDate(1, 0, 0).Format(http.TimeFormat), false, false, notify.MaxBackoff},
		{"too many, negative", 429, "-5", false, false, 0},
		{"too many, beyond numbers", 429, "99999999999999999999", false, false, 0},
		{"too many, words", 429, "soon", false, false, 0},
		{"error", 500, "60", false, false, 0},
		{"unavailable", 503, "60", false, false, time.Minute},
		{"unheard of", 999, "", false, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := notify.Judge(tt.status, http.Header{"Retry-After": {tt.after}}, now)
			if (err == nil) != tt.ok {
				t.Fatalf("error %v", err)
			}
			if f, _ := errors.AsType[*notify.Failure](err); f != nil && (f.Final != tt.final || f.After != tt.wait) {
				t.Fatalf("got %+v", f)
			}
		})
	}
}
