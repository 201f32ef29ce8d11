package gateway_test

import (
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

// poller sends requests to one path without a pause and counts the answers.
type poller struct {
	good atomic.Int64
	stop func()

	mu     sync.Mutex
	failed []string // what was not 200
}

func poll(t *testing.T, g *rig, target string) *poller {
	t.Helper()
	p, end, done := &poller{}, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-end:
				return
			default:
			}
			got, err := g.try("GET", "", target, nil)
			if err == nil && got.status == 200 {
				p.good.Add(1)
				continue
			}
			p.mu.Lock()
			p.failed = append(p.failed, fmt.Sprintf("%d %s %v", got.status, got.body, err))
			p.mu.Unlock()
		}
	}()
	p.stop = sync.OnceFunc(func() { close(end); <-done })
	t.Cleanup(p.stop)
	return p
}

// check lets some more requests pass and fails if any so far was not answered.
func (p *poller) check(t *testing.T, when string) {
	t.Helper()
	enough := p.good.Load() + 20
	eventually(t, "requests are answered "+when, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.failed) > 0 {
			t.Fatalf("%s: %d requests failed, the first with %s", when, len(p.failed), p.failed[0])
		}
		return p.good.Load() >= enough
	})
}

// TestNoRequestIsLostByAnEdit changes a registry in every way while its DNS
// server does not answer.
func TestNoRequestIsLostByAnEdit(t *testing.T) {
	port := onPort(t, map[string]string{"127.0.0.1": "one", "127.0.0.2": "two"})
	ns, other := newNameServer(t), newNameServer(t)
	ns.set("pets.example.", "pets.example. 60 A 127.0.0.1")
	other.set("pets.example.", "pets.example. 60 A 127.0.0.2")
	without := newNameServer(t)
	answered := newRig(t, gateway.Config{ResolveWait: patience})
	hasty := newRig(t, gateway.Config{ResolveWait: time.Millisecond})
	service := "pets.example:" + strconv.Itoa(port)
	registry := func(stale time.Duration, servers ...string) *gatewright.Registry {
		return &gatewright.Registry{Name: "dc", Type: gatewright.RegistryDNS, Servers: servers, Stale: gatewright.Duration(stale)}
	}
	first := upsert(t, registry(time.Minute, ns.addr), discovered("pets", 1, "dc", service))
	for _, g := range []*rig{answered, hasty} {
		g.commit(1, first)
		eventually(t, "the name is found", func() bool { return g.get("/pets/x").status == 200 })
	}
	up := sync.OnceFunc(ns.mu.Unlock)
	ns.mu.Lock() // from now on it does not answer
	defer up()

	// A server that is slower than the wait, or does not answer at all.
	p := poll(t, hasty, "/pets/x")
	p.check(t, "before the edits")
	dead := deadDNS(t)
	generation := int64(1)
	for _, edit := range []struct {
		name     string
		registry *gatewright.Registry
	}{
		{"stale is edited", registry(time.Hour, ns.addr)},
		{"stale is edited back", registry(time.Minute, ns.addr)},
		{"a dead server", registry(time.Minute, dead)},
		{"a dead server before a slow one", registry(time.Minute, dead, ns.addr)},
		{"a server without the name", registry(time.Minute, without.addr)},
		{"the first server", registry(time.Minute, ns.addr)},
	} {
		generation++
		u := upsert(t, edit.registry)
		hasty.commit(generation, u)
		p.check(t, edit.name)
	}
	generation++
	if rej := hasty.Apply(upsert(t, registry(2*time.Minute, ns.addr)), generation); len(rej) > 0 {
		t.Fatalf("Apply rejects %+v", rej)
	}
	p.check(t, "applied, not committed")
	if c, rej := hasty.Prepare(upsert(t, registry(time.Minute, other.addr))); c == nil {
		t.Fatalf("Prepare rejects %+v", rej)
	} else {
		c.Discard()
	}
	generation++
	hasty.commit(generation, upsert(t, registry(time.Hour, ns.addr)))
	p.check(t, "after a change that was given up")
	p.stop()

	// With enough time the answer of a new server counts, not what was known.
	answered.commit(2, upsert(t, registry(time.Minute, other.addr)))
	if got := answered.get("/pets/x"); got.body != "two" {
		t.Errorf("after an edit to a server that answers: %d %q", got.status, got.body)
	}
}

// TestDisabledAPIComesBack disables and enables an API while DNS is down.
func TestDisabledAPIComesBack(t *testing.T) {
	port := onPort(t, map[string]string{"127.0.0.1": "one"})
	ns := newNameServer(t)
	ns.set("pets.example.", "pets.example. 60 A 127.0.0.1")
	g := newRig(t, gateway.Config{ResolveWait: time.Millisecond})
	api := func(enabled bool) *gateway.APISpec {
		a := discovered("pets", 1, "dc", "pets.example:"+strconv.Itoa(port))
		a.Enabled = enabled
		return a
	}
	g.commit(1, upsert(t, registryAt("dc", ns), api(true)))
	eventually(t, "the name is found", func() bool { return g.get("/pets/x").status == 200 })
	up := sync.OnceFunc(ns.mu.Unlock)
	ns.mu.Lock() // from now on it does not answer
	defer up()

	g.commit(2, upsert(t, api(false)))
	g.wantProblem(g.get("/pets/x"), 404, "api-disabled")
	eventually(t, "its look-up is released", func() bool { return g.Status().Draining == 0 })
	g.commit(3, upsert(t, api(true)))
	if got := g.get("/pets/x"); got.body != "one" {
		t.Errorf("enabled again: %d %q", got.status, got.body)
	}
	if l := g.Status().APIs[0].Lookups; len(l) != 1 || l[0].Phase != "pending" || l[0].Addresses != 1 {
		t.Errorf("look-ups %+v", l)
	}

	// Gone and published again is no different; another registry is.
	g.commit(4, gateway.Update{Deletes: []gatewright.Key{"slot/pets/v1"}})
	eventually(t, "its look-up is released", func() bool { return g.Status().Draining == 0 })
	g.commit(5, upsert(t, api(true)))
	if got := g.get("/pets/x"); got.body != "one" {
		t.Errorf("published again: %d %q", got.status, got.body)
	}
	g.commit(6, upsert(t, registryAt("dc2", ns), discovered("pets", 1, "dc2", "pets.example:"+strconv.Itoa(port))))
	g.wantProblem(g.get("/pets/x"), 503, "no-upstream")
}

// deadDNS returns the address of a DNS server that is not there.
func deadDNS(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().String()
}
