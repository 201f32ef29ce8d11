package discover

import (
	"container/list"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
)

// Bounds of what is remembered of services that nobody watches.
const (
	MaxRemembered = 4096                        // services; of more, those given up first are forgotten
	MaxMemoryAge  = gatewright.MaxRegistryStale // since the last watch was released
)

// memoryKey is what addresses are remembered for: a name in a registry. Other
// than a [followerKey] it leaves out how the registry is asked, so that what
// was found outlives an edit of the registry, and the port, which is not
// looked up.
type memoryKey struct {
	registry string // its name; "" for nodes
	host     string
	absolute bool
	srv      bool // ports come with the addresses
}

func memoryKeyOf(registry string, svc service) memoryKey {
	return memoryKey{registry: registry, host: svc.host, absolute: svc.absolute, srv: svc.port == 0}
}

// finding is a good answer and its age. It is immutable.
type finding struct {
	addresses []Address
	dropped   int
	expires   time.Time
}

// at returns the addresses, with port unless that is 0.
func (f finding) at(port uint16) []Address {
	if port == 0 {
		return f.addresses
	}
	moved := slices.Clone(f.addresses)
	for i := range moved {
		moved[i].AddrPort = netip.AddrPortFrom(moved[i].Addr(), port)
	}
	return moved
}

// memory keeps the last good answer for each name: of those that are followed
// without limit, of the others within [MaxRemembered] and [MaxMemoryAge].
// It is safe for concurrent use.
type memory struct {
	mu      sync.Mutex
	entries map[memoryKey]*remembered
	idle    list.List // of *remembered that nobody follows, longest first
	entered uint64    // followers so far
}

// remembered is the memory's entry for one name. Each follower has a finding of
// its own, so that what is found for a change that is then given up goes with
// it. A finding has no addresses until there was an answer.
type remembered struct {
	key       memoryKey
	followers map[uint64]finding
	last      finding       // of the last follower, once there is none
	left      time.Time     // when it went
	place     *list.Element // in memory.idle; nil while there are followers
}

func newMemory() *memory { return &memory{entries: map[memoryKey]*remembered{}} }

// enter counts a follower of key and returns its number and what it inherits.
func (m *memory) enter(key memoryKey, now time.Time) (uint64, finding) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.prune(now)
	e := m.entries[key]
	if e == nil {
		e = &remembered{key: key, followers: map[uint64]finding{}}
		m.entries[key] = e
	}
	if e.place != nil {
		m.idle.Remove(e.place)
		e.place = nil
	}
	inherited := e.latest()
	e.last = finding{}
	m.entered++
	e.followers[m.entered] = inherited
	return m.entered, inherited
}

// latest returns what the newest follower that knows something knows.
func (e *remembered) latest() finding {
	latest, newest := e.last, uint64(0)
	for number, f := range e.followers {
		if len(f.addresses) > 0 && number > newest {
			latest, newest = f, number
		}
	}
	return latest
}

// learn takes in what a follower found. After it has left this does nothing.
func (m *memory) learn(key memoryKey, follower uint64, f finding) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entries[key]
	if e == nil {
		return
	}
	if _, ok := e.followers[follower]; ok {
		e.followers[follower] = f
	}
}

// leave takes back an enter.
func (m *memory) leave(key memoryKey, follower uint64, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entries[key]
	f := e.followers[follower]
	delete(e.followers, follower)
	switch {
	case len(e.followers) > 0:
	case len(f.addresses) == 0:
		delete(m.entries, key)
	default:
		e.last, e.left = f, now
		e.place = m.idle.PushBack(e)
		m.prune(now)
	}
}

// prune forgets what is too old or too many. m.mu is held.
func (m *memory) prune(now time.Time) {
	for first := m.idle.Front(); first != nil; first = m.idle.Front() {
		e := first.Value.(*remembered)
		if m.idle.Len() <= MaxRemembered && now.Sub(e.left) < MaxMemoryAge {
			return
		}
		m.idle.Remove(first)
		delete(m.entries, e.key)
	}
}
