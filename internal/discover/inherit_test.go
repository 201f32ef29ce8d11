package discover

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/gatewright/gatewright"
)

// deadServer returns the address of a DNS server that is not there.
func deadServer(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().String()
}

// inheritance is a service that was found, and the edits that follow.
type inheritance struct {
	server  *dnsServer // knows pets.example; TTL 10 s
	silent  *dnsServer // never answers
	without *dnsServer // does not know the name
	other   *dnsServer // knows another address
	dead    string
	reg     gatewright.Registry
	service string
}

const (
	foundTTL   = 10 * time.Second
	foundStale = time.Minute
)

func newInheritance(t *testing.T) *inheritance {
	t.Helper()
	e := &inheritance{
		server: newServer(t), silent: newServer(t), without: newServer(t), other: newServer(t),
		dead: deadServer(t), service: "pets.example:80",
	}
	e.server.set(t, "pets.example. A", "pets.example. 10 A 192.0.2.1")
	e.other.set(t, "pets.example. A", "pets.example. 10 A 192.0.2.9")
	e.silent.keepSilent()
	e.reg = registryOf(e.server)
	e.reg.Stale = gatewright.Duration(foundStale)
	return e
}

func (e *inheritance) broken()                  { e.server.fail(dns.RcodeServerFailure) }
func (e *inheritance) ask(servers ...string)    { e.reg.Servers = servers }
func (e *inheritance) stale(d time.Duration)    { e.reg.Stale = gatewright.Duration(d) }
func (e *inheritance) registry(name string)     { e.reg.Name = name }
func (e *inheritance) brokenAnd(f func())       { e.broken(); f() }
func (e *inheritance) brokenFor(service string) { e.broken(); e.service = service }

// TestInherit watches a service, edits, and watches again.
func TestInherit(t *testing.T) {
	const old = "192.0.2.1:80@100"
	tests := []struct {
		name     string
		released bool // before the edit
		age      time.Duration
		edit     func(e *inheritance)
		first    string // told before there is an answer, "" for nothing
		then     string // told by the first answer, "" when there is none
	}{
		{"stale is edited, DNS is down", false, 0, func(e *inheritance) { e.brokenAnd(func() { e.stale(time.Hour) }) }, "pending " + old, "stale " + old},
		{"stale is left out", false, 0, func(e *inheritance) { e.brokenAnd(func() { e.stale(0) }) }, "pending " + old, "stale " + old},
		{"dead server", false, 0, func(e *inheritance) { e.ask(e.dead) }, "pending " + old, "stale " + old},
		{"slow server", false, 0, func(e *inheritance) { e.ask(e.silent.addr) }, "pending " + old, ""},
		{"new server does not know the name", false, 0, func(e *inheritance) { e.ask(e.without.addr) }, "pending " + old, "stale " + old},
		{"new server knows another address", false, 0, func(e *inheritance) { e.ask(e.other.addr) }, "pending " + old, "ok 192.0.2.9:80@100"},
		{"the machine's own configuration", false, 0, func(e *inheritance) { e.ask() }, "pending " + old, "stale " + old},
		{"released, nothing edited, DNS is down", true, 0, func(e *inheritance) { e.broken() }, "pending " + old, "stale " + old},
		{"released and edited", true, 0, func(e *inheritance) { e.ask(e.dead) }, "pending " + old, "stale " + old},
		{"just young enough", true, foundTTL + foundStale - 1, func(e *inheritance) { e.ask(e.silent.addr) }, "pending " + old, ""},
		{"too old", true, foundTTL + foundStale, func(e *inheritance) { e.broken() }, "", "failed"},
		{"too old for the new limit", true, foundTTL + time.Second, func(e *inheritance) { e.brokenAnd(func() { e.stale(time.Second) }) }, "", "failed"},
		{"young enough for the new limit only", true, foundTTL + foundStale, func(e *inheritance) { e.brokenAnd(func() { e.stale(time.Hour) }) }, "pending " + old, "stale " + old},
		{"another port", false, 0, func(e *inheritance) { e.brokenFor("pets.example:81") }, "pending 192.0.2.1:81@100", "stale 192.0.2.1:81@100"},
		{"other capitals", true, 0, func(e *inheritance) { e.brokenFor("PETS.example:80") }, "pending " + old, "stale " + old},
		{"another service", false, 0, func(e *inheritance) { e.brokenFor("birds.example:80") }, "", "failed"},
		{"SRV records of the name", false, 0, func(e *inheritance) { e.brokenFor("pets.example") }, "", "failed"},
		{"absolute name", false, 0, func(e *inheritance) { e.brokenFor("pets.example.:80") }, "", "failed"},
		{"another registry", false, 0, func(e *inheritance) { e.brokenAnd(func() { e.registry("other") }) }, "", "failed"},
		{"another registry, released", true, 0, func(e *inheritance) { e.brokenAnd(func() { e.registry("other") }) }, "", "failed"},
		{"node of that name", false, 0, func(e *inheritance) { e.reg = gatewright.Registry{} }, "", "failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := newInheritance(t)
			r, clock := newResolver(t)
			w := watch(t, r, e.reg, e.service, ignore)
			<-clock.waits
			if tt.released {
				w.Release()
			} else {
				defer w.Release()
			}
			clock.advance(tt.age)
			tt.edit(e)
			rec := record()
			again := watch(t, r, e.reg, e.service, rec.emit)
			defer again.Release()
			if tt.first != "" {
				if got := rec.nextText(); got != tt.first {
					t.Errorf("first told %q, want %q", got, tt.first)
				}
			}
			if tt.then == "" {
				if got := describe(again.Snapshot()); got != tt.first {
					t.Errorf("snapshot %q, want %q", got, tt.first)
				}
				return
			}
			s, err := again.Wait(t.Context())
			if got := describe(s); err != nil || got != tt.then {
				t.Errorf("the first answer: %q, error %v; want %q", got, err, tt.then)
			}
			if got := rec.nextText(); got != tt.then {
				t.Errorf("then told %q, want %q", got, tt.then)
			}
		})
	}
}

// TestInheritedAddressesExpire edits a registry again and again while no DNS
// server answers: that must not make its addresses any younger.
func TestInheritedAddressesExpire(t *testing.T) {
	e := newInheritance(t)
	r, clock := newResolver(t)
	w := watch(t, r, e.reg, e.service, ignore)
	<-clock.waits
	end := clock.now().Add(foundTTL + foundStale)
	w.Release()
	for range 3 {
		clock.advance(foundTTL)
		e.ask(append(e.reg.Servers, e.dead)...)
		e.broken()
		w = watch(t, r, e.reg, e.service, ignore)
		<-clock.waits
		if got := describe(w.Snapshot()); got != "stale 192.0.2.1:80@100" {
			t.Fatalf("after an edit: %s", got)
		}
		w.Release()
	}
	rec := record()
	w = watch(t, r, e.reg, e.service, rec.emit)
	for s := rec.next(); s.Phase != PhaseFailed; {
		if len(s.Addresses) != 1 {
			t.Fatalf("told %+v", s)
		}
		clock.advance(<-clock.waits)
		if !rec.none() || !clock.now().Before(end) {
			s = rec.next()
		}
	}
	if got := w.Snapshot().Since; !got.Equal(end) {
		t.Errorf("given up at %s, want %s", got, end)
	}
	w.Release()

	// A longer limit makes them good again; an answer makes an end of them.
	e.stale(time.Hour)
	e.ask(e.other.addr)
	rec = record()
	w = watch(t, r, e.reg, e.service, rec.emit)
	defer w.Release()
	for _, want := range []string{"pending 192.0.2.1:80@100", "ok 192.0.2.9:80@100"} {
		if got := rec.nextText(); got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
}

// TestNodesInherit has a node's name vanish from the hosts file while nobody
// watches it.
func TestNodesInherit(t *testing.T) {
	r, clock := newResolver(t)
	if err := os.WriteFile(r.system.hostsFile, []byte("192.0.2.1 pets.internal\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := watch(t, r, gatewright.Registry{}, "pets.internal:80", ignore)
	<-clock.waits
	w.Release()
	if err := os.WriteFile(r.system.hostsFile, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, service, want string }{
		{"same node", "pets.internal:80", "stale 192.0.2.1:80@100"},
		{"another port", "pets.internal:8080", "stale 192.0.2.1:8080@100"},
		{"another host", "birds.internal:80", "failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := watch(t, r, gatewright.Registry{}, tt.service, ignore)
			defer w.Release()
			if s, err := w.Wait(t.Context()); err != nil || describe(s) != tt.want {
				t.Errorf("got %s, error %v; want %s", describe(s), err, tt.want)
			}
		})
	}
}
