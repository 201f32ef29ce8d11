package discover

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/gatewright/gatewright"
)

// newResolver returns a resolver with a fake clock. The machine it believes to
// run on has neither DNS servers nor hosts.
func newResolver(t testing.TB) (*Resolver, *fakeClock) {
	t.Helper()
	c := newClock()
	none := machine(t, "", "")
	r := New(Options{
		Logger:       slog.New(slog.DiscardHandler),
		Clock:        c.clock(),
		QueryTimeout: longTimeout,
		ResolvConf:   none.resolvConf,
		HostsFile:    none.hostsFile,
	})
	t.Cleanup(r.Close)
	return r, c
}

func registryOf(servers ...*dnsServer) gatewright.Registry {
	r := gatewright.Registry{Name: "local-dns", Type: gatewright.RegistryDNS}
	for _, s := range servers {
		r.Servers = append(r.Servers, s.addr)
	}
	return r
}

// recorder collects what a watcher is told.
type recorder struct{ snapshots chan Snapshot }

func record() recorder              { return recorder{make(chan Snapshot, 100)} }
func (r recorder) emit(s Snapshot)  { r.snapshots <- s }
func (r recorder) none() bool       { return len(r.snapshots) == 0 }
func (r recorder) next() Snapshot   { return <-r.snapshots }
func (r recorder) nextText() string { return describe(r.next()) }
func describe(s Snapshot) string    { return strings.TrimSpace(string(s.Phase) + " " + text(s.Addresses)) }
func ignore(Snapshot)               {}

func watch(t testing.TB, r *Resolver, reg gatewright.Registry, service string, emit func(Snapshot)) *Watch {
	t.Helper()
	w, err := r.Watch(reg, service, emit)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestFollow leads one service through its life.
func TestFollow(t *testing.T) {
	server := newServer(t)
	server.set(t, "pets.example. A", "pets.example. 10 A 192.0.2.1")
	r, clock := newResolver(t)
	reg := registryOf(server)
	reg.Stale = gatewright.Duration(5 * time.Second)
	rec := record()
	w := watch(t, r, reg, "pets.example:80", rec.emit)

	const a, b = "192.0.2.1:80@100", "192.0.2.2:80@100"
	steps := []struct {
		name   string
		change func()
		want   string // "" when the watcher hears nothing
		min    time.Duration
		max    time.Duration
	}{
		{"first answer", func() {}, "ok " + a, 10 * time.Second, 11 * time.Second},
		{"no change", func() {}, "", 10 * time.Second, 11 * time.Second},
		{"another record, TTL 0", func() { server.set(t, "pets.example. A", "pets.example. 0 A 192.0.2.2") }, "ok " + b, gatewright.MinRegistryTTL, 1100 * time.Millisecond},
		{"one more", func() {
			server.set(t, "pets.example. A", "pets.example. 1 A 192.0.2.2", "pets.example. 1 A 192.0.2.1")
		}, "ok " + a + " " + b, time.Second, 1100 * time.Millisecond},
		{"other order", func() {
			server.set(t, "pets.example. A", "pets.example. 1 A 192.0.2.1", "pets.example. 1 A 192.0.2.2")
		}, "", time.Second, 1100 * time.Millisecond},
		{"SERVFAIL", func() { server.fail(dns.RcodeServerFailure) }, "stale " + a + " " + b, time.Second, 1100 * time.Millisecond},
		{"still", func() {}, "", 2 * time.Second, 2200 * time.Millisecond},
		{"name is gone", func() { server.fail(dns.RcodeNameError) }, "stale " + a + " " + b, time.Second, 2 * time.Second},
		{"too old", func() {}, "failed", 8 * time.Second, 9 * time.Second},
		{"back", func() { server.fail(dns.RcodeSuccess) }, "ok " + a + " " + b, time.Second, 1100 * time.Millisecond},
	}
	var wait time.Duration
	for _, s := range steps {
		s.change()
		clock.advance(wait)
		wait = <-clock.waits
		if wait < s.min || wait > s.max {
			t.Errorf("%s: next lookup in %s, want %s to %s", s.name, wait, s.min, s.max)
		}
		if s.want == "" {
			if !rec.none() {
				t.Errorf("%s: told %s", s.name, rec.nextText())
			}
			continue
		}
		if got := rec.nextText(); got != s.want {
			t.Errorf("%s: told %q, want %q", s.name, got, s.want)
		}
		if got := describe(w.Snapshot()); got != s.want {
			t.Errorf("%s: snapshot %q", s.name, got)
		}
	}
	w.Release()
}

func TestWatchersShareALookup(t *testing.T) {
	server := newServer(t)
	server.set(t, "pets.example. A", "pets.example. 10 A 192.0.2.1")
	r, clock := newResolver(t)
	reg := registryOf(server)
	first, second := record(), record()
	w1 := watch(t, r, reg, "pets.example:80", first.emit)
	wait := <-clock.waits
	w2 := watch(t, r, reg, "Pets.example:80", second.emit)
	if a, b := first.nextText(), second.nextText(); a != b {
		t.Errorf("told %q and %q", a, b)
	}
	if q := server.asked(); len(q) != 1 {
		t.Errorf("asked %v for two watchers", q)
	}
	w1.Release()
	w1.Release()
	server.set(t, "pets.example. A", "pets.example. 10 A 192.0.2.2")
	clock.advance(wait)
	<-clock.waits
	if got := second.nextText(); got != "ok 192.0.2.2:80@100" {
		t.Errorf("the one that is left was told %q", got)
	}
	if !first.none() {
		t.Errorf("told after release: %s", first.nextText())
	}
	w2.Release()
	if n := len(r.followers); n != 0 {
		t.Errorf("%d services are followed for nobody", n)
	}
	// Watching again asks again.
	server.asked()
	w3 := watch(t, r, reg, "pets.example:80", ignore)
	defer w3.Release()
	<-clock.waits
	if q := server.asked(); len(q) != 1 {
		t.Errorf("asked %v", q)
	}
}

func TestWhatIsNotShared(t *testing.T) {
	server, other := newServer(t), newServer(t)
	r, _ := newResolver(t)
	reg := registryOf(server)
	patient := reg
	patient.Stale = gatewright.Duration(time.Hour)
	renamed := reg
	renamed.Name = "other-name"
	for _, w := range []struct {
		reg     gatewright.Registry
		service string
	}{
		{reg, "pets.example:80"}, {reg, "pets.example:81"}, {reg, "pets.example"}, {reg, "pets.example.:80"},
		{patient, "pets.example:80"}, {renamed, "pets.example:80"}, {registryOf(other), "pets.example:80"}, {gatewright.Registry{}, "pets.example:80"},
	} {
		defer watch(t, r, w.reg, w.service, ignore).Release()
	}
	if n := len(r.followers); n != 8 {
		t.Errorf("%d services are followed, want 8", n)
	}
}

// TestFixedNodes watches what an upstream's fixed nodes are, on a machine that
// has no DNS server.
func TestFixedNodes(t *testing.T) {
	r, clock := newResolver(t)
	tests := []struct{ name, service, want string }{
		{"localhost", "localhost:8080", "ok 127.0.0.1:8080@100"},
		{"address", "192.0.2.1:80", "ok 192.0.2.1:80@100"},
		{"IPv6 address", "[2001:db8::1]:80", "ok [2001:db8::1]:80@100"},
		{"name", "pets.example.internal:8080", "failed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := watch(t, r, gatewright.Registry{}, tt.service, ignore)
			defer w.Release()
			s, err := w.Wait(t.Context())
			if err != nil || describe(s) != tt.want || !s.Since.Equal(clock.now()) {
				t.Errorf("got %+v, error %v; want %s", s, err, tt.want)
			}
			if s.Phase == PhaseFailed && s.Reason == "" {
				t.Error("failed without a reason")
			}
		})
	}
}

func TestWaitGivesUp(t *testing.T) {
	server := newServer(t)
	server.keepSilent()
	r, _ := newResolver(t)
	w := watch(t, r, registryOf(server), "pets.example:80", func(s Snapshot) { t.Errorf("told %+v", s) })
	if s := w.Snapshot(); s.Phase != PhasePending {
		t.Errorf("snapshot %+v before the first answer", s)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("shutting down")
	cancel(cause)
	if _, err := w.Wait(ctx); !errors.Is(err, cause) {
		t.Errorf("error %v", err)
	}
	w.Release()
	r.Close()
}

func TestWatchRefuses(t *testing.T) {
	r, _ := newResolver(t)
	tests := []struct {
		name    string
		reg     gatewright.Registry
		service string
	}{
		{"service", gatewright.Registry{}, "pets:none"},
		{"registry type", gatewright.Registry{Name: "r", Type: "zookeeper"}, "pets:80"},
		{"registry server", gatewright.Registry{Name: "r", Type: gatewright.RegistryDNS, Servers: []string{"ns.example:53"}}, "pets:80"},
		{"servers without a type", gatewright.Registry{Servers: []string{"127.0.0.1:53"}}, "pets:80"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := r.Watch(tt.reg, tt.service, ignore); gatewright.CodeOf(err) != gatewright.Invalid {
				t.Errorf("error %v, want invalid", err)
			}
		})
	}
	r.Close()
	if _, err := r.Watch(gatewright.Registry{}, "localhost:80", ignore); gatewright.CodeOf(err) != gatewright.Unavailable {
		t.Errorf("error %v after Close, want unavailable", err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	server := newServer(t)
	server.keepSilent()
	r, _ := newResolver(t)
	var watches []*Watch
	for i := range MaxConcurrentLookups + 10 {
		watches = append(watches, watch(t, r, registryOf(server), fmt.Sprintf("h%d.example:80", i), ignore))
	}
	r.Close() // goleak checks that nothing is left
	for _, w := range watches {
		w.Release()
	}
}

func TestLookupsWaitForASlot(t *testing.T) {
	server := newServer(t)
	server.set(t, "pets.example. A", "pets.example. 10 A 192.0.2.1")
	d := &dnsDiscoverer{
		service: service{host: "pets.example", port: 80},
		lookup:  &lookup{exchanger: exchanger{longTimeout}, servers: []string{server.addr}},
		slots:   make(chan struct{}, 1),
	}
	d.slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.lookUp(ctx); !errors.Is(err, context.Canceled) || len(server.asked()) > 0 {
		t.Errorf("error %v without a free slot", err)
	}
	<-d.slots
	if _, err := d.lookUp(t.Context()); err != nil || len(d.slots) != 0 {
		t.Errorf("error %v, %d slots taken afterwards", err, len(d.slots))
	}
}

// TestWatchAndReleaseAtOnce is about data races and the promise that nobody is
// told anything after release.
func TestWatchAndReleaseAtOnce(t *testing.T) {
	server := newServer(t)
	server.set(t, "pets.example. A", "pets.example. 0 A 192.0.2.1")
	r := New(Options{Logger: slog.New(slog.DiscardHandler), QueryTimeout: longTimeout})
	defer r.Close()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				released := false // a call after release would be a data race too
				w, err := r.Watch(registryOf(server), "pets.example:80", func(Snapshot) {
					if released {
						t.Error("told after release")
					}
				})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := w.Wait(t.Context()); err != nil {
					t.Error(err)
				}
				w.Release()
				released = true
			}
		})
	}
	wg.Wait()
}
