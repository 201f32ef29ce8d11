package gatewright_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestInstanceSilence(t *testing.T) {
	tests := []struct {
		name      string
		lastSeen  time.Time
		listening time.Time
		want      time.Duration
	}{
		{"heard now", noon, noon.Add(-time.Hour), 0},
		{"heard a while ago", noon.Add(-time.Minute), noon.Add(-time.Hour), time.Minute},
		{"nobody listened before", noon.Add(-time.Hour), noon.Add(-time.Minute), time.Minute},
		{"nobody has listened yet", noon.Add(-time.Hour), noon, 0},
		{"listening since it was heard", noon.Add(-time.Hour), noon.Add(-time.Hour), time.Hour},
		{"never heard", time.Time{}, noon.Add(-time.Minute), time.Minute},
		{"heard in the future", noon.Add(time.Second), noon.Add(-time.Hour), time.Second},
		{"heard in the far future", noon.Add(5 * time.Hour), noon.Add(-time.Hour), time.Hour},
		{"listening from the future", noon.Add(-time.Hour), noon.Add(time.Second), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := gatewright.Instance{LastSeen: tt.lastSeen}
			if got := i.Silence(noon, tt.listening); got != tt.want {
				t.Fatalf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestInstanceHealth(t *testing.T) {
	const wanted = 5
	group := &gatewright.Group{Generation: wanted, Digest: gatewright.NoEntries}
	other := gatewright.DigestOf(entries{"k": gatewright.HashBytes(nil)})
	long := noon.Add(-30 * 24 * time.Hour) // listening all the time
	rejection := []gatewright.Rejection{{Key: "k", Reason: "r"}}
	tests := []struct {
		name      string
		instance  gatewright.Instance
		listening time.Time
		want      gatewright.Health
	}{
		{"runs what is wanted", gatewright.Instance{LastSeen: noon, Generation: wanted}, long, gatewright.Healthy},
		{"behind", gatewright.Instance{LastSeen: noon, Generation: wanted - 1}, long, gatewright.OutOfSync},
		{"ahead of a restored control plane", gatewright.Instance{LastSeen: noon, Generation: wanted + 1}, long, gatewright.OutOfSync},
		{"rejected a part", gatewright.Instance{LastSeen: noon, Generation: wanted, Rejections: rejection}, long, gatewright.OutOfSync},
		{"rejected more than it lists", gatewright.Instance{LastSeen: noon, Generation: wanted, Unlisted: 1}, long, gatewright.OutOfSync},
		{"same generation of another history", gatewright.Instance{LastSeen: noon, Generation: wanted, Digest: other}, long, gatewright.OutOfSync},
		{"another generation of the same content", gatewright.Instance{LastSeen: noon, Generation: wanted - 1, Digest: gatewright.NoEntries}, long, gatewright.OutOfSync},
		{"warnings are no illness", gatewright.Instance{LastSeen: noon, Generation: wanted, Warnings: []string{"w"}}, long, gatewright.Healthy},
		{"silent, just not lost", gatewright.Instance{LastSeen: noon.Add(-gatewright.LostAfter + 1), Generation: wanted}, long, gatewright.Healthy},
		{"just lost", gatewright.Instance{LastSeen: noon.Add(-gatewright.LostAfter), Generation: wanted}, long, gatewright.Lost},
		{"lost hides that it is behind", gatewright.Instance{LastSeen: noon.Add(-gatewright.LostAfter)}, long, gatewright.Lost},
		{"just not offline", gatewright.Instance{LastSeen: noon.Add(-gatewright.OfflineAfter + 1), Generation: wanted}, long, gatewright.Lost},
		{"just offline", gatewright.Instance{LastSeen: noon.Add(-gatewright.OfflineAfter), Generation: wanted}, long, gatewright.Offline},
		{"left a moment ago", gatewright.Instance{LastSeen: noon, LeftAt: noon, Generation: wanted}, long, gatewright.Offline},
		{"no grace in what is told", gatewright.Instance{LastSeen: noon.Add(-time.Minute), Generation: wanted}, noon.Add(-gatewright.LostAfter + 1), gatewright.Lost},
		{"no grace for one that left", gatewright.Instance{LastSeen: noon.Add(-time.Minute), LeftAt: noon.Add(-time.Minute), Generation: wanted}, noon, gatewright.Offline},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.instance.Digest == "" {
				tt.instance.Digest = group.Digest
			}
			got := tt.instance.HealthAt(noon, gatewright.LostAfter, group)
			if got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			reachable := tt.instance.Reachable(noon, tt.listening, gatewright.LostAfter)
			heard := got == gatewright.Healthy || got == gatewright.OutOfSync
			inGrace := tt.instance.LeftAt.IsZero() && noon.Sub(tt.listening) < gatewright.LostAfter
			if want := heard || inGrace; reachable != want {
				t.Fatalf("health %q, yet reachable is %t", got, reachable)
			}
		})
	}
}

// TestInstanceReachableIsHealth holds the two readings of one silence against
// each other: a change waits for exactly those that are not lost, and for
// those that are not heard yet because the control plane has only just begun
// to listen.
func TestInstanceReachableIsHealth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ago := func(name string) time.Time {
			return noon.Add(-time.Duration(rapid.Int64Range(-int64(time.Hour), int64(3*time.Hour)).Draw(t, name)))
		}
		i := gatewright.Instance{LastSeen: ago("lastSeen"), Generation: rapid.Int64Range(0, 2).Draw(t, "generation")}
		if rapid.Bool().Draw(t, "left") {
			i.LeftAt = ago("leftAt")
		}
		listening := ago("listening")
		lostAfter := time.Duration(rapid.Int64Range(1, int64(gatewright.OfflineAfter)).Draw(t, "lostAfter"))
		health := i.HealthAt(noon, lostAfter, &gatewright.Group{Generation: 1})
		heard := health == gatewright.Healthy || health == gatewright.OutOfSync
		inGrace := i.LeftAt.IsZero() && noon.Sub(listening) < lostAfter
		if want := heard || inGrace; i.Reachable(noon, listening, lostAfter) != want {
			t.Fatalf("health %q, yet reachable is %t", health, !want)
		}
		if silence := i.Silence(noon, listening); silence < 0 || silence > max(0, noon.Sub(listening)) {
			t.Fatalf("silence %s is longer than anyone listened", silence)
		}
	})
}

func TestInstanceGone(t *testing.T) {
	tests := []struct {
		name     string
		lastSeen time.Time
		want     bool
	}{
		{"heard now", noon, false},
		{"heard in the future", noon.Add(time.Hour), false},
		{"offline", noon.Add(-gatewright.OfflineAfter), false},
		{"just not gone", noon.Add(-gatewright.GoneAfter + 1), false},
		{"just gone", noon.Add(-gatewright.GoneAfter), true},
		{"long gone", noon.AddDate(-500, 0, 0), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := gatewright.Instance{LastSeen: tt.lastSeen}
			if got := i.Gone(noon); got != tt.want {
				t.Fatalf("got %t, want %t", got, tt.want)
			}
		})
	}
}
