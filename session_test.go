package gatewright_test

import (
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

func TestSessionLive(t *testing.T) {
	begin := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		seen time.Duration // after the beginning
		now  time.Duration // after the beginning
		live bool
	}{
		{"new", 0, 0, true},
		{"just before idle", 0, gatewright.SessionIdle - 1, true},
		{"idle", 0, gatewright.SessionIdle, false},
		{"busy", 11*time.Hour + 30*time.Minute, gatewright.SessionLife - 1, true},
		{"busy to the end", gatewright.SessionLife - 1, gatewright.SessionLife, false},
		{"clock put back a little", 0, -time.Minute, true},
		{"clock put back far", 0, -2 * time.Hour, false},
		{"seen far in the future", 5 * time.Hour, time.Hour, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := gatewright.Session{CreatedAt: begin, LastSeen: begin.Add(tt.seen), ExpiresAt: begin.Add(gatewright.SessionLife)}
			if got := s.Live(begin.Add(tt.now)); got != tt.live {
				t.Errorf("live is %t", got)
			}
			// An end that was stored too late does not lengthen a life.
			s.ExpiresAt = begin.Add(1000 * time.Hour)
			if got := s.Live(begin.Add(tt.now)); got != tt.live {
				t.Errorf("with a later end, live is %t", got)
			}
		})
	}
	var zero gatewright.Session
	if zero.Live(begin) {
		t.Error("a session that is none is live")
	}
}

func TestSessionStale(t *testing.T) {
	begin := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	s := gatewright.Session{LastSeen: begin}
	for after, want := range map[time.Duration]bool{0: false, gatewright.SessionTouch - 1: false, gatewright.SessionTouch: true, -gatewright.SessionTouch: true} {
		if got := s.Stale(begin.Add(after)); got != want {
			t.Errorf("after %s stale is %t", after, got)
		}
	}
}
