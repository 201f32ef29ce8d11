package discover

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

var epoch = time.Unix(1_800_000_000, 0)

func answerOf(ttl time.Duration, ports ...uint16) answer {
	a := answer{ttl: ttl}
	for _, p := range ports {
		a.addresses = append(a.addresses, Address{netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), p), 1})
	}
	return a
}

func TestWaitAfterAnAnswer(t *testing.T) {
	tests := []struct {
		name   string
		ttl    time.Duration
		jitter float64
		want   time.Duration
	}{
		{"its time to live", 30 * time.Second, 0, 30 * time.Second},
		{"zero", 0, 0, gatewright.MinRegistryTTL},
		{"a week", 7 * 24 * time.Hour, 0, MaxTTL},
		{"jitter is a tenth", 2 * time.Second, 0.5, 2100 * time.Millisecond},
		{"of at most a second", time.Minute, 0.5, time.Minute + 500*time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, wait := progress{}.succeeded(epoch, answerOf(tt.ttl, 80), tt.jitter)
			if wait != tt.want {
				t.Errorf("wait %s, want %s", wait, tt.want)
			}
			if p.expires.After(epoch.Add(wait)) {
				t.Errorf("the answer expires at %s, after the next lookup", p.expires)
			}
		})
	}
}

// TestRetries never lets an answer arrive.
func TestRetries(t *testing.T) {
	p := progress{snapshot: Snapshot{Phase: PhasePending}}
	now := epoch
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30, 30} {
		var wait time.Duration
		p, wait = p.failed(now, errors.New("broken"), time.Hour, 0)
		if wait != want*time.Second {
			t.Errorf("retry %d after %s, want %s", i, wait, want*time.Second)
		}
		if s := p.snapshot; s.Phase != PhaseFailed || !s.Since.Equal(epoch) || s.Reason != "broken" || s.Addresses != nil {
			t.Errorf("retry %d: %+v", i, s)
		}
		now = now.Add(wait)
	}
	for range 100 {
		p, _ = p.failed(now, errors.New("broken"), time.Hour, 0.99)
	}
	if _, wait := p.failed(now, errors.New("broken"), time.Hour, 0.99); wait < MaxRetry || wait > MaxRetry+MaxJitter {
		t.Errorf("after a hundred failures the next try is in %s", wait)
	}
}

func TestStaleThenFailedThenOK(t *testing.T) {
	const ttl, stale = 10 * time.Second, 4 * time.Second
	p, wait := progress{snapshot: Snapshot{Phase: PhasePending}}.succeeded(epoch, answerOf(ttl, 80, 81), 0)
	steps := []struct {
		name  string
		err   error
		phase Phase
		since time.Duration
		addrs int
		wait  time.Duration
	}{
		{"fails at once", errors.New("one"), PhaseStale, 10 * time.Second, 2, 1 * time.Second},
		{"fails again", errors.New("two"), PhaseStale, 10 * time.Second, 2, 2 * time.Second},
		{"waits no longer than the answer may be used", errors.New("two"), PhaseStale, 10 * time.Second, 2, 1 * time.Second},
		{"too old", errors.New("three"), PhaseFailed, 14 * time.Second, 0, 8 * time.Second},
		{"recovers", nil, PhaseOK, 22 * time.Second, 1, ttl},
		{"stays", nil, PhaseOK, 22 * time.Second, 1, ttl},
		{"retries begin from the start", errors.New("four"), PhaseStale, 42 * time.Second, 1, 1 * time.Second},
		{"recovers from stale", nil, PhaseOK, 43 * time.Second, 1, ttl},
	}
	now := epoch
	for _, s := range steps {
		now = now.Add(wait)
		reason := ""
		if s.err != nil {
			p, wait = p.failed(now, s.err, stale, 0)
			reason = s.err.Error()
		} else {
			p, wait = p.succeeded(now, answerOf(ttl, 80), 0)
		}
		got := p.snapshot
		if got.Phase != s.phase || got.Since.Sub(epoch) != s.since || len(got.Addresses) != s.addrs || got.Reason != reason {
			t.Errorf("%s: %+v (since %s)", s.name, got, got.Since.Sub(epoch))
		}
		if wait != s.wait {
			t.Errorf("%s: wait %s, want %s", s.name, wait, s.wait)
		}
	}
}
