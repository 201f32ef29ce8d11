package discover

import (
	"fmt"
	"testing"
	"time"
)

func nameOf(host string) memoryKey { return memoryKey{registry: "local-dns", host: host} }

func findingOf(port uint16) finding { return finding{addresses: answerOf(0, port).addresses} }

// learnt makes a service known that nobody follows afterwards.
func (m *memory) learnt(key memoryKey, f finding, now time.Time) {
	n, _ := m.enter(key, now)
	m.learn(key, n, f)
	m.leave(key, n, now)
}

func TestWhoInheritsWhat(t *testing.T) {
	key := nameOf("pets.example")
	tests := []struct {
		name string
		play func(m *memory)
		want uint16 // port of the address inherited afterwards, 0 for none
	}{
		{"nothing was there", func(*memory) {}, 0},
		{"no answer came", func(m *memory) {
			a, _ := m.enter(key, epoch)
			m.leave(key, a, epoch)
		}, 0},
		{"from one that left", func(m *memory) { m.learnt(key, findingOf(1), epoch) }, 1},
		{"from one that is there", func(m *memory) {
			a, _ := m.enter(key, epoch)
			m.learn(key, a, findingOf(1))
			m.learn(key, a, findingOf(2))
		}, 2},
		{"through one that never had an answer", func(m *memory) {
			a, _ := m.enter(key, epoch)
			m.learn(key, a, findingOf(1))
			b, _ := m.enter(key, epoch)
			m.leave(key, a, epoch)
			m.leave(key, b, epoch)
		}, 1},
		{"from the newest with an answer", func(m *memory) {
			a, _ := m.enter(key, epoch)
			b, _ := m.enter(key, epoch)
			_, _ = m.enter(key, epoch)
			m.learn(key, b, findingOf(2))
			m.learn(key, a, findingOf(1))
		}, 2},
		{"not from a change that was given up", func(m *memory) {
			a, _ := m.enter(key, epoch)
			m.learn(key, a, findingOf(1))
			b, _ := m.enter(key, epoch)
			m.learn(key, b, findingOf(2))
			m.leave(key, b, epoch)
			m.learn(key, b, findingOf(3))
		}, 1},
		{"not from one that left and lags behind", func(m *memory) {
			a, _ := m.enter(key, epoch)
			m.learn(key, a, findingOf(1))
			m.leave(key, a, epoch)
			m.learn(key, a, findingOf(2))
		}, 1},
		{"not from another registry", func(m *memory) {
			m.learnt(memoryKey{registry: "other", host: key.host}, findingOf(1), epoch)
		}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory()
			tt.play(m)
			_, f := m.enter(key, epoch)
			var got uint16
			if len(f.addresses) > 0 {
				got = f.addresses[0].Port()
			}
			if got != tt.want {
				t.Errorf("inherits port %d, want %d", got, tt.want)
			}
		})
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory()
	followed := nameOf("followed.example")
	n, _ := m.enter(followed, epoch)
	m.learn(followed, n, findingOf(80))
	host := func(i int) memoryKey { return nameOf(fmt.Sprintf("h%d.example", i)) }
	for i := range MaxRemembered {
		m.learnt(host(i), findingOf(80), epoch)
	}
	// Watched once more, the first is not the one given up first any more.
	m.learnt(host(0), findingOf(80), epoch)
	m.learnt(host(MaxRemembered), findingOf(80), epoch)
	if len(m.entries) != MaxRemembered+1 || m.idle.Len() != MaxRemembered {
		t.Fatalf("%d entries, %d of them idle", len(m.entries), m.idle.Len())
	}
	for i, want := range map[int]bool{0: true, 1: false, 2: true, MaxRemembered: true} {
		if got := m.entries[host(i)] != nil; got != want {
			t.Errorf("service %d is remembered: %t", i, got)
		}
	}
	if m.entries[followed] == nil {
		t.Error("a service that is followed is forgotten")
	}
}

func TestMemoryAges(t *testing.T) {
	m := newMemory()
	followed := nameOf("followed.example")
	n, _ := m.enter(followed, epoch)
	m.learn(followed, n, findingOf(80))
	old, young := nameOf("old.example"), nameOf("young.example")
	m.learnt(old, findingOf(80), epoch)
	m.learnt(young, findingOf(80), epoch.Add(1))
	if m.prune(epoch.Add(MaxMemoryAge - 1)); len(m.entries) != 3 {
		t.Errorf("%d entries before the limit, want 3", len(m.entries))
	}
	if _, f := m.enter(old, epoch.Add(MaxMemoryAge)); len(f.addresses) > 0 {
		t.Error("inherited at the age limit")
	}
	if _, f := m.enter(young, epoch.Add(MaxMemoryAge)); len(f.addresses) != 1 {
		t.Error("not inherited just before the age limit")
	}
	if _, f := m.enter(followed, epoch.Add(2*MaxMemoryAge)); len(f.addresses) != 1 {
		t.Error("a service that is followed is forgotten")
	}
}
