package gateway_test

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

// nameServer is a DNS server on a loopback port whose records can change.
type nameServer struct {
	addr string

	mu      sync.Mutex
	records map[string][]string // zone file lines by name
	broken  bool
}

func newNameServer(t *testing.T) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{addr: conn.LocalAddr().String(), records: map[string][]string{}}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(s.answer)}
	started, done := make(chan struct{}), make(chan error, 1)
	server.NotifyStartedFunc = func() { close(started) }
	go func() { done <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		_ = server.Shutdown()
		<-done
	})
	return s
}

// set makes records the only ones of name.
func (s *nameServer) set(name string, records ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[name] = records
}

func (s *nameServer) setBroken(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

func (s *nameServer) answer(w dns.ResponseWriter, q *dns.Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := new(dns.Msg).SetReply(q)
	records, known := s.records[strings.ToLower(q.Question[0].Name)]
	switch {
	case s.broken:
		m.Rcode = dns.RcodeServerFailure
	case !known:
		m.Rcode = dns.RcodeNameError
	}
	for _, line := range records {
		rr, err := dns.NewRR(line)
		if err == nil && !s.broken && rr.Header().Rrtype == q.Question[0].Qtype {
			m.Answer = append(m.Answer, rr)
		}
	}
	_ = w.WriteMsg(m)
}

// onPort starts markers that listen on one port at several loopback addresses.
func onPort(t *testing.T, texts map[string]string) (port int) {
	t.Helper()
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port = l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		var listeners []net.Listener
		for ip := range texts {
			if l, err = net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(port))); err != nil {
				break
			}
			listeners = append(listeners, l)
		}
		if err == nil {
			for _, l := range listeners {
				serveMarker(t, l, texts[l.Addr().(*net.TCPAddr).IP.String()])
			}
			return port
		}
		for _, l := range listeners {
			_ = l.Close()
		}
	}
	t.Fatal("no port is free on all addresses")
	return 0
}

func discovered(id string, revision int, registry, service string) *gateway.APISpec {
	a := petAPI(id, revision)
	a.Upstream.Discovery = &gatewright.Discovery{Registry: registry, Namespace: "default", Service: service}
	return a
}

func registryAt(name string, s *nameServer) *gatewright.Registry {
	return &gatewright.Registry{Name: name, Type: gatewright.RegistryDNS, Servers: []string{s.addr}, Stale: gatewright.Duration(patience)}
}

func TestDiscovery(t *testing.T) {
	port := onPort(t, map[string]string{"127.0.0.1": "one", "127.0.0.2": "two", "127.0.0.3": "three"})
	ns := newNameServer(t)
	ns.set("pets.example.", "pets.example. 1 A 127.0.0.1")
	g := newRig(t, gateway.Config{ResolveWait: patience})
	service := "pets.example:" + strconv.Itoa(port)
	g.commit(1, upsert(t, registryAt("dc", ns), discovered("pets", 1, "dc", service)))

	// The first answer was awaited: no request comes too early.
	if got := g.get("/pets/x"); got.body != "one" {
		t.Fatalf("first request: %d %q", got.status, got.body)
	}
	ns.set("pets.example.", "pets.example. 1 A 127.0.0.2", "pets.example. 1 A 127.0.0.3")
	eventually(t, "the new records are used", func() bool {
		got := g.get("/pets/x")
		if got.status != 200 {
			t.Fatalf("while records change: %d %q", got.status, got.body)
		}
		return got.body != "one"
	})
	counts := map[string]int{}
	for range 20 {
		counts[g.get("/pets/x").body]++
	}
	if counts["two"] != 10 || counts["three"] != 10 {
		t.Errorf("20 requests went %v", counts)
	}

	// A failing registry leaves the last answer in use.
	ns.setBroken(true)
	phase := func() string { return string(g.Status().APIs[0].Lookups[0].Phase) }
	eventually(t, "the look-up fails", func() bool { return phase() == "stale" })
	if got := g.get("/pets/x"); got.status != 200 {
		t.Errorf("with a failing registry: %d", got.status)
	}
	// Another revision shares the look-up and its state.
	g.commit(2, upsert(t, discovered("pets", 2, "dc", service)))
	if got := g.get("/pets/x"); got.status != 200 || got.header.Get(gateway.RevisionHeader) != "2" {
		t.Errorf("new revision: %+v", got)
	}
}

func TestDiscoveryWithoutAnAnswer(t *testing.T) {
	port := onPort(t, map[string]string{"127.0.0.1": "one"})
	ns := newNameServer(t)
	var log logBuffer
	g := newRig(t, gateway.Config{AccessLog: &log, ResolveWait: patience})
	g.commit(1, upsert(t, registryAt("dc", ns), discovered("pets", 1, "dc", "secret-name.example:"+strconv.Itoa(port))))
	got := g.get("/pets/x")
	g.wantProblem(got, 503, "no-upstream")
	if strings.Contains(got.body, "secret-name") {
		t.Errorf("the client learns the service's name: %s", got.body)
	}
	ns.set("secret-name.example.", "secret-name.example. 1 A 127.0.0.1")
	eventually(t, "the name is found", func() bool { return g.get("/pets/x").status == 200 })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := g.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if s := log.String(); !strings.Contains(s, `"cause":"no-upstream","detail":"`) || !strings.Contains(s, "secret-name.example") {
		t.Errorf("the log does not say why: %s", s)
	}
}

func TestRegistryChangeRetargetsItsAPIs(t *testing.T) {
	port := onPort(t, map[string]string{"127.0.0.1": "one", "127.0.0.2": "two"})
	first, second := newNameServer(t), newNameServer(t)
	first.set("pets.example.", "pets.example. 60 A 127.0.0.1")
	second.set("pets.example.", "pets.example. 60 A 127.0.0.2")
	g := newRig(t, gateway.Config{ResolveWait: patience})
	service := "pets.example:" + strconv.Itoa(port)
	g.commit(1, upsert(t, registryAt("dc", first), registryAt("dc2", first),
		discovered("pets", 1, "dc", service), discovered("other", 1, "dc2", service)))
	hash := g.Entries()["slot/pets/v1"]
	if got := g.get("/pets/x"); got.body != "one" {
		t.Fatalf("%+v", got)
	}

	g.commit(2, upsert(t, registryAt("dc", second)))
	if got := g.get("/pets/x"); got.body != "two" || got.header.Get(gateway.RevisionHeader) != "1" {
		t.Errorf("after its registry changed: %+v", got)
	}
	if got := g.get("/other/x"); got.body != "one" {
		t.Errorf("API of another registry: %+v", got)
	}
	if g.Entries()["slot/pets/v1"] != hash {
		t.Errorf("the API's hash changed")
	}

	// A registry cannot go while an API needs it …
	gone := gateway.Update{Deletes: []gatewright.Key{"registry/dc"}}
	c, rej := g.Prepare(gone)
	if c != nil || len(rej) != 1 || rej[0].Key != "slot/pets/v1" || rej[0].Hash != hash ||
		rej[0].Reason != "registry dc is not in this group's configuration" {
		t.Fatalf("Prepare: %v %+v", c, rej)
	}
	// … but a gateway that is told so all the same goes on with what it had,
	if rej := g.Apply(gone, 3); len(rej) != 2 || rej[0].Key != "slot/pets/v1" || rej[1].Key != "registry/dc" {
		t.Fatalf("Apply: %+v", rej)
	}
	if got := g.get("/pets/x"); got.body != "two" {
		t.Errorf("without its registry: %+v", got)
	}
	if g.Entries()["registry/dc"] == "" {
		t.Errorf("what serves could not serve again after a restart: its registry is not among %v", g.Entries())
	}
	// and follows the registry when it is back.
	g.commit(4, upsert(t, registryAt("dc", first)))
	if got := g.get("/pets/x"); got.body != "one" {
		t.Errorf("with its registry again: %+v", got)
	}
	// Both go together.
	g.commit(5, gateway.Update{Deletes: []gatewright.Key{"registry/dc", "slot/pets/v1"}})
	g.wantProblem(g.get("/pets/x"), 404, "no-route")
	if s := g.Status(); len(s.Registries) != 1 || s.Registries[0].Name != "dc2" || s.Registries[0].APIs != 1 {
		t.Errorf("registries %+v", s.Registries)
	}
}

// TestResolveWaitIsBounded has a DNS server that never answers.
func TestResolveWaitIsBounded(t *testing.T) {
	deaf, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	g := newRig(t, gateway.Config{ResolveWait: time.Millisecond})
	r := registryAt("dc", &nameServer{addr: deaf.LocalAddr().String()})
	g.commit(1, upsert(t, r, discovered("pets", 1, "dc", "pets.example:80")))
	g.wantProblem(g.get("/pets/x"), 503, "no-upstream")
	if l := g.Status().APIs[0].Lookups; len(l) != 1 || l[0].Phase != "pending" {
		t.Errorf("look-ups %+v", l)
	}
}

// TestStartDoesNotWaitForNames starts from a full configuration while the DNS
// server is silent. Were the names awaited, the look-up would have come to an
// end, good or bad, before Apply does.
func TestStartDoesNotWaitForNames(t *testing.T) {
	port := onPort(t, map[string]string{"127.0.0.1": "one"})
	ns := newNameServer(t)
	ns.set("pets.example.", "pets.example. 60 A 127.0.0.1")
	answer := sync.OnceFunc(ns.mu.Unlock)
	ns.mu.Lock() // no question is answered until it is released
	defer answer()
	g := newRig(t, gateway.Config{ResolveWait: 24 * time.Hour})
	u := upsert(t, registryAt("dc", ns), discovered("pets", 1, "dc", "pets.example:"+strconv.Itoa(port)), petAPI("plain", 1, node(t, marker(t, "plain").addr, 100)))
	u.Full = true
	g.apply(1, u)
	for _, a := range g.Status().APIs {
		for _, l := range a.Lookups {
			if l.Phase != "pending" {
				t.Errorf("the look-up of %s was awaited: it is %s", a.Name, l.Phase)
			}
		}
	}
	if got := g.get("/plain/x"); got.body != "plain" {
		t.Errorf("an API that needs no name: %d %q", got.status, got.body)
	}
	g.wantProblem(g.get("/pets/x"), 503, "no-upstream")
	answer()
	eventually(t, "the name is found", func() bool { return g.get("/pets/x").status == 200 })

	// Whatever comes later is awaited again: something is served that would suffer.
	ns.set("birds.example.", "birds.example. 60 A 127.0.0.1")
	more := upsert(t, discovered("birds", 1, "dc", "birds.example:"+strconv.Itoa(port)))
	for k := range u.Upserts {
		more.Upserts[k] = u.Upserts[k]
	}
	more.Full = true
	g.apply(2, more)
	if got := g.get("/birds/x"); got.body != "one" {
		t.Errorf("after a later full update: %d %q", got.status, got.body)
	}
}

// TestNamedNode asks no DNS server: "localhost" needs none.
func TestNamedNode(t *testing.T) {
	b := echo(t)
	_, port, _ := net.SplitHostPort(b.addr)
	g := newRig(t, gateway.Config{ResolveWait: patience})
	g.commit(1, upsert(t, petAPI("pets", 1, node(t, "localhost:"+port, 100))))
	if got := g.get("/pets/x"); got.body != "GET localhost:"+port+" /pets/x" {
		t.Errorf("got %d %q", got.status, got.body)
	}
}
