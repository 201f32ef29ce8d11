package discover

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dnsServer is a DNS server on a free loopback port, by UDP and TCP, whose
// records can be changed at any time.
type dnsServer struct {
	addr    string
	arrived chan struct{} // gets something with each query, as long as there is room

	mu      sync.Mutex
	records map[string][]dns.RR // by "name type"
	extra   []dns.RR
	rcode   int
	silent  bool     // leaves queries without an answer
	clip    bool     // truncates answers by UDP
	twisted bool     // answers another question
	queries []string // "udp A pets.example."
}

func newServer(t testing.TB) *dnsServer {
	t.Helper()
	s := &dnsServer{arrived: make(chan struct{}, 1), records: map[string][]dns.RR{}}
	for try := 0; ; try++ {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		udp, err := net.ListenPacket("udp", tcp.Addr().String())
		if err != nil {
			tcp.Close()
			if try == 20 {
				t.Fatalf("no port is free for UDP and TCP: %v", err)
			}
			continue
		}
		s.addr = tcp.Addr().String()
		s.start(t, &dns.Server{Listener: tcp, Handler: s.handler("tcp")})
		s.start(t, &dns.Server{PacketConn: udp, Handler: s.handler("udp")})
		return s
	}
}

func (s *dnsServer) start(t testing.TB, server *dns.Server) {
	started := make(chan struct{})
	server.NotifyStartedFunc = func() { close(started) }
	done := make(chan error, 1)
	go func() { done <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		if err := server.ShutdownContext(context.Background()); err != nil {
			t.Errorf("shut the DNS server down: %v", err)
		}
		<-done
	})
}

func (s *dnsServer) handler(network string) dns.HandlerFunc {
	return func(w dns.ResponseWriter, q *dns.Msg) {
		if r := s.answer(network, q); r != nil {
			_ = w.WriteMsg(r) // the client may be gone
		}
	}
}

func (s *dnsServer) answer(network string, q *dns.Msg) *dns.Msg {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, kind := strings.ToLower(q.Question[0].Name), dns.TypeToString[q.Question[0].Qtype]
	s.queries = append(s.queries, network+" "+kind+" "+name)
	select {
	case s.arrived <- struct{}{}:
	default:
	}
	if s.silent {
		return nil
	}
	r := new(dns.Msg)
	r.SetRcode(q, s.rcode)
	r.Answer = s.records[name+" "+kind]
	r.Extra = s.extra
	if s.rcode == dns.RcodeSuccess && len(r.Answer) == 0 && !s.exists(name) {
		r.Rcode = dns.RcodeNameError
	}
	if s.clip && network == "udp" {
		r.Answer, r.Truncated = r.Answer[:len(r.Answer)/2], true
	} else if network == "udp" {
		r.Truncate(maxUDPSize)
	}
	if s.twisted {
		r.Question = []dns.Question{{Name: "other.example.", Qtype: q.Question[0].Qtype, Qclass: dns.ClassINET}}
	}
	return r
}

func (s *dnsServer) exists(name string) bool {
	for key := range s.records {
		if strings.HasPrefix(key, name+" ") {
			return true
		}
	}
	return false
}

// set replaces the answer to a question by records in zone file notation.
func (s *dnsServer) set(t testing.TB, question string, records ...string) {
	t.Helper()
	list := parseRecords(t, records)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[question] = list
	if list == nil {
		delete(s.records, question)
	}
}

func parseRecords(t testing.TB, records []string) []dns.RR {
	t.Helper()
	var list []dns.RR
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatalf("record %q: %v", text, err)
		}
		list = append(list, rr)
	}
	return list
}

// change changes how the server behaves.
func (s *dnsServer) change(how func(*dnsServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how(s)
}

// fail makes the server answer with rcode.
func (s *dnsServer) fail(rcode int) { s.change(func(s *dnsServer) { s.rcode = rcode }) }

// keepSilent makes the server leave queries without an answer.
func (s *dnsServer) keepSilent() { s.change(func(s *dnsServer) { s.silent = true }) }

// asked returns the queries so far and forgets them.
func (s *dnsServer) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queries
	s.queries = nil
	return q
}

// fakeClock is a clock that moves when it is told to. It reports each wait.
type fakeClock struct {
	waits chan time.Duration

	mu     sync.Mutex
	time   time.Time
	timers []fakeTimer
}

type fakeTimer struct {
	at time.Time
	c  chan time.Time
}

func newClock() *fakeClock {
	return &fakeClock{time: time.Unix(1_800_000_000, 0).UTC(), waits: make(chan time.Duration, 100)}
}

func (c *fakeClock) clock() Clock { return Clock{Now: c.now, After: c.after} }

func (c *fakeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *fakeClock) after(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	timer := fakeTimer{c.time.Add(d), make(chan time.Time, 1)}
	c.timers = append(c.timers, timer)
	c.mu.Unlock()
	c.waits <- d
	return timer.c
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
	var left []fakeTimer
	for _, timer := range c.timers {
		if timer.at.After(c.time) {
			left = append(left, timer)
		} else {
			timer.c <- c.time
		}
	}
	c.timers = left
}
