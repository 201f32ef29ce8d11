package discover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/gatewright/gatewright"
)

// queryTimeout is short where a test waits for it to pass, and long where it
// must not.
const (
	shortTimeout = 50 * time.Millisecond
	longTimeout  = 30 * time.Second
)

// text returns addresses as "192.0.2.1:80@100 …".
func text(addresses []Address) string {
	var parts []string
	for _, a := range addresses {
		parts = append(parts, fmt.Sprintf("%s@%d", a.AddrPort, a.Weight))
	}
	return strings.Join(parts, " ")
}

func lookUp(t testing.TB, l *lookup, name string) (answer, error) {
	t.Helper()
	svc, err := parseService(name)
	if err != nil {
		t.Fatal(err)
	}
	return l.service(t.Context(), svc)
}

func TestLookup(t *testing.T) {
	zone := map[string][]string{
		"pets.example. A":          {"pets.example. 60 A 192.0.2.2", "pets.example. 30 A 192.0.2.1", "pets.example. 60 A 192.0.2.2"},
		"pets.example. AAAA":       {"pets.example. 60 AAAA 2001:db8::1"},
		"six.example. AAAA":        {"six.example. 60 AAAA 2001:db8::2", "six.example. 60 AAAA 2001:db8::1"},
		"alias.example. A":         {"two.example. 5 CNAME PETS.example.", "alias.example. 60 CNAME two.example.", "pets.example. 60 A 192.0.2.1", "evil.example. 60 A 192.0.2.66"},
		"loop.example. A":          {"loop.example. 5 CNAME loop.example."},
		"zero.example. A":          {"zero.example. 0 A 192.0.2.1"},
		"blocked.example. A":       {"blocked.example. 60 A 0.0.0.0"},
		"one.example. A":           {"one.example. 60 A 192.0.2.11"},
		"three.example. A":         {"three.example. 20 A 192.0.2.31", "three.example. 20 A 192.0.2.32"},
		"_a._tcp.example. SRV":     {"_a._tcp.example. 60 SRV 10 3 8080 one.example.", "_a._tcp.example. 60 SRV 10 7 8081 three.example.", "_a._tcp.example. 60 SRV 20 9 1 pets.example."},
		"_zero._tcp.example. SRV":  {"_zero._tcp.example. 60 SRV 0 0 80 one.example.", "_zero._tcp.example. 60 SRV 0 0 81 one.example."},
		"_mixed._tcp.example. SRV": {"_mixed._tcp.example. 60 SRV 0 0 80 one.example.", "_mixed._tcp.example. 60 SRV 0 5 81 one.example."},
		"_next._tcp.example. SRV":  {"_next._tcp.example. 60 SRV 0 1 80 gone.example.", "_next._tcp.example. 60 SRV 1 1 80 one.example."},
		"_none._tcp.example. SRV":  {"_none._tcp.example. 60 SRV 0 0 0 ."},
		"_dead._tcp.example. SRV":  {"_dead._tcp.example. 60 SRV 0 0 80 gone.example."},
		"_max._tcp.example. SRV":   {"_max._tcp.example. 60 SRV 0 65535 80 one.example.", "_max._tcp.example. 60 SRV 1 65535 80 one.example."},
		"_twice._tcp.example. SRV": {"_twice._tcp.example. 60 SRV 0 2 80 one.example.", "_twice._tcp.example. 60 SRV 0 3 80 one.example."},
	}
	server := newServer(t)
	for question, records := range zone {
		server.set(t, question, records...)
	}
	l := &lookup{exchanger: exchanger{longTimeout}, servers: []string{server.addr}}
	tests := []struct {
		name, service string
		want          string
		ttl           time.Duration
		err           error
		queries       int // when it matters
	}{
		{name: "in order, once, IPv4 first", service: "pets.example:80", want: "192.0.2.1:80@100 192.0.2.2:80@100", ttl: 30 * time.Second, queries: 1},
		{name: "IPv6 if there is nothing else", service: "six.example:80", want: "[2001:db8::1]:80@100 [2001:db8::2]:80@100", ttl: time.Minute, queries: 2},
		{name: "aliases in any order and case", service: "alias.example:80", want: "192.0.2.1:80@100", ttl: 5 * time.Second},
		{name: "alias of itself", service: "loop.example:80", err: errNoRecords},
		{name: "TTL 0", service: "zero.example:80", want: "192.0.2.1:80@100"},
		{name: "filtered by the resolver", service: "blocked.example:80", err: errNoRecords},
		{name: "no such name", service: "gone.example:80", err: errNoName, queries: 1},
		{name: "SRV", service: "_a._tcp.example", want: "192.0.2.11:8080@30 192.0.2.31:8081@35 192.0.2.32:8081@35", ttl: 20 * time.Second},
		{name: "SRV, all weights 0", service: "_zero._tcp.example", want: "192.0.2.11:80@100 192.0.2.11:81@100", ttl: time.Minute},
		{name: "SRV, weight 0 beside others", service: "_mixed._tcp.example", want: "192.0.2.11:80@1 192.0.2.11:81@50", ttl: time.Minute},
		{name: "SRV, next priority", service: "_next._tcp.example", want: "192.0.2.11:80@10", ttl: time.Minute},
		{name: "SRV, not offered", service: "_none._tcp.example", err: errNoRecords},
		{name: "SRV, host is gone", service: "_dead._tcp.example", err: errNoRecords},
		{name: "SRV, highest weight", service: "_max._tcp.example", want: "192.0.2.11:80@655350", ttl: time.Minute},
		{name: "SRV, one host twice", service: "_twice._tcp.example", want: "192.0.2.11:80@50", ttl: time.Minute},
		{name: "SRV, no such name", service: "_gone._tcp.example", err: errNoName},
		{name: "SRV, other records only", service: "pets.example", err: errNoRecords},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server.asked()
			a, err := lookUp(t, l, tt.service)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if got := text(a.addresses); got != tt.want || a.ttl != tt.ttl {
				t.Errorf("got %s for %s, want %s for %s", got, a.ttl, tt.want, tt.ttl)
			}
			if q := server.asked(); tt.queries > 0 && len(q) != tt.queries {
				t.Errorf("asked %v, want %d queries", q, tt.queries)
			}
		})
	}
}

func TestSRVAddressesThatCameAlong(t *testing.T) {
	server := newServer(t)
	server.set(t, "_a._tcp.example. SRV", "_a._tcp.example. 60 SRV 0 1 80 one.example.")
	extra := parseRecords(t, []string{"one.example. 7 A 192.0.2.1", "one.example. 60 AAAA 2001:db8::1", "other.example. 60 A 192.0.2.66"})
	server.change(func(s *dnsServer) { s.extra = extra })
	l := &lookup{exchanger: exchanger{longTimeout}, servers: []string{server.addr}}
	a, err := lookUp(t, l, "_a._tcp.example")
	if err != nil || text(a.addresses) != "192.0.2.1:80@10" || a.ttl != 7*time.Second {
		t.Errorf("got %s for %s, error %v", text(a.addresses), a.ttl, err)
	}
	if q := server.asked(); len(q) != 1 {
		t.Errorf("asked %v", q)
	}
}

// TestSRVHalfAnAnswer: a host whose lookup fails for another reason than that
// it is gone must not take its share out of service.
func TestSRVHalfAnAnswer(t *testing.T) {
	srv, hosts := newServer(t), newServer(t)
	srv.set(t, "_a._tcp.example. SRV", "_a._tcp.example. 60 SRV 0 1 80 one.example.", "_a._tcp.example. 60 SRV 0 1 80 two.example.")
	extra := parseRecords(t, []string{"one.example. 60 A 192.0.2.1"})
	srv.change(func(s *dnsServer) { s.extra = extra })
	hosts.fail(dns.RcodeServerFailure)
	l := &lookup{exchanger: exchanger{longTimeout}}
	svc, err := parseService("_a._tcp.example")
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.exchanger.ask(t.Context(), []string{srv.addr}, "_a._tcp.example.", dns.TypeSRV)
	if err != nil {
		t.Fatal(err)
	}
	tl := targetLookup{lookup: l, src: source{[]string{hosts.addr}, func(n string) []string { return []string{n} }}, extra: r.Extra}
	if got, err := tl.group(t.Context(), []*dns.SRV{r.Answer[0].(*dns.SRV), r.Answer[1].(*dns.SRV)}); err == nil || got != nil {
		t.Errorf("%s: got %v, error %v", svc.host, got, err)
	}
}

func TestLimits(t *testing.T) {
	server := newServer(t)
	l := &lookup{exchanger: exchanger{longTimeout}, servers: []string{server.addr}}
	t.Run("addresses", func(t *testing.T) {
		var records []string
		for i := range MaxAddresses + 3 {
			records = append(records, fmt.Sprintf("big.example. 60 A 10.0.%d.%d", 9-i/100, i%100))
		}
		server.set(t, "big.example. A", records...)
		a, err := lookUp(t, l, "big.example:80")
		if err != nil || len(a.addresses) != MaxAddresses || a.dropped != 3 {
			t.Fatalf("%d addresses, %d dropped, error %v", len(a.addresses), a.dropped, err)
		}
		if !slices.IsSortedFunc(a.addresses, func(x, y Address) int { return x.Compare(y.AddrPort) }) {
			t.Error("not in order")
		}
	})
	t.Run("hosts of SRV records", func(t *testing.T) {
		var records []string
		for i := range maxTargetLookups + 2 {
			records = append(records, fmt.Sprintf("_b._tcp.example. 60 SRV 0 0 80 h%03d.example.", i))
			server.set(t, fmt.Sprintf("h%03d.example. A", i), fmt.Sprintf("h%03d.example. 60 A 10.1.1.%d", i, i+1))
		}
		server.set(t, "_b._tcp.example. SRV", records...)
		a, err := lookUp(t, l, "_b._tcp.example")
		if err != nil || len(a.addresses) != maxTargetLookups || a.dropped != 2 {
			t.Errorf("%d addresses, %d dropped, error %v", len(a.addresses), a.dropped, err)
		}
	})
	t.Run("aliases", func(t *testing.T) {
		var records []string
		for i := range maxAliases + 1 {
			records = append(records, fmt.Sprintf("c%d.example. 60 CNAME c%d.example.", i, i+1))
		}
		records = append(records, fmt.Sprintf("c%d.example. 60 A 192.0.2.1", maxAliases+1))
		server.set(t, "c0.example. A", records...)
		server.set(t, "c1.example. A", records...)
		if _, err := lookUp(t, l, "c0.example:80"); !errors.Is(err, errNoRecords) {
			t.Errorf("one alias too many: error %v", err)
		}
		if _, err := lookUp(t, l, "c1.example:80"); err != nil {
			t.Errorf("as many as allowed: %v", err)
		}
	})
}

func TestServersThatFail(t *testing.T) {
	good := newServer(t)
	good.set(t, "pets.example. A", "pets.example. 60 A 192.0.2.1")
	tests := []struct {
		name    string
		broken  func(s *dnsServer)
		timeout time.Duration
		reason  string
	}{
		{"SERVFAIL", func(s *dnsServer) { s.rcode = dns.RcodeServerFailure }, longTimeout, "SERVFAIL"},
		{"REFUSED", func(s *dnsServer) { s.rcode = dns.RcodeRefused }, longTimeout, "REFUSED"},
		{"unknown code", func(s *dnsServer) { s.rcode = 13 }, longTimeout, "code 13"},
		{"another question", func(s *dnsServer) { s.twisted = true }, longTimeout, "another question"},
		{"silence", func(s *dnsServer) { s.silent = true }, shortTimeout, "no answer within 50ms"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad := newServer(t)
			bad.change(tt.broken)
			l := &lookup{exchanger: exchanger{tt.timeout}, servers: []string{bad.addr, bad.addr}}
			_, err := lookUp(t, l, "pets.example:80")
			if err == nil || strings.Count(err.Error(), tt.reason) != 2 || !strings.Contains(err.Error(), bad.addr) {
				t.Errorf("error %v", err)
			}
			l = &lookup{exchanger: exchanger{longTimeout}, servers: []string{bad.addr, good.addr}}
			if tt.timeout == shortTimeout {
				return // the other server would have as little time
			}
			if a, err := lookUp(t, l, "pets.example:80"); err != nil || text(a.addresses) != "192.0.2.1:80@100" {
				t.Errorf("next server: %v, error %v", a, err)
			}
		})
	}
	t.Run("closed port", func(t *testing.T) {
		free, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		closed := free.LocalAddr().String()
		free.Close()
		l := &lookup{exchanger: exchanger{longTimeout}, servers: []string{closed, good.addr}}
		if _, err := lookUp(t, l, "pets.example:80"); err != nil {
			t.Errorf("next server: %v", err)
		}
		l.servers = l.servers[:1]
		_, first := lookUp(t, l, "pets.example:80")
		_, second := lookUp(t, l, "pets.example:80")
		if first == nil || second == nil || first.Error() != second.Error() {
			t.Errorf("errors %v and %v, want the same twice", first, second)
		}
	})
	t.Run("that a name is missing is an answer", func(t *testing.T) {
		empty := newServer(t)
		l := &lookup{exchanger: exchanger{longTimeout}, servers: []string{empty.addr, good.addr}}
		if _, err := lookUp(t, l, "pets.example:80"); !errors.Is(err, errNoName) {
			t.Errorf("error %v", err)
		}
	})
}

func TestTruncatedAnswer(t *testing.T) {
	server := newServer(t)
	server.set(t, "pets.example. A", "pets.example. 60 A 192.0.2.1", "pets.example. 60 A 192.0.2.2")
	server.change(func(s *dnsServer) { s.clip = true })
	l := &lookup{exchanger: exchanger{longTimeout}, servers: []string{server.addr}}
	a, err := lookUp(t, l, "pets.example:80")
	if err != nil || len(a.addresses) != 2 {
		t.Errorf("got %v, error %v", a, err)
	}
	if q := server.asked(); !slices.Equal(q, []string{"udp A pets.example.", "tcp A pets.example."}) {
		t.Errorf("asked %v", q)
	}
}

func TestCancelledLookupEnds(t *testing.T) {
	server := newServer(t)
	server.keepSilent()
	l := &lookup{exchanger: exchanger{longTimeout}, servers: []string{server.addr, server.addr}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := l.service(ctx, service{host: "pets.example", port: 80})
		done <- err
	}()
	<-server.arrived
	cancel()
	if err := <-done; err == nil {
		t.Error("no error from a cancelled lookup")
	}
}

// machine returns a system with its own files.
func machine(t testing.TB, resolvConf, hosts string) system {
	t.Helper()
	dir := t.TempDir()
	s := system{filepath.Join(dir, "resolv.conf"), filepath.Join(dir, "hosts"), "53"}
	for path, content := range map[string]string{s.resolvConf: resolvConf, s.hostsFile: hosts} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestHostsFile(t *testing.T) {
	hosts := "# comment\n127.0.0.1 localhost\n::1 localhost ip6-localhost\n192.0.2.7\tPets.internal pets # petshop\n192.0.2.6 pets.\nnonsense pets\n10.0.0.1\n0.0.0.0 ads.example\n"
	tests := []struct {
		name, service, hosts string
		want                 string
	}{
		{name: "localhost", service: "localhost:80", hosts: hosts, want: "127.0.0.1:80@100"},
		{name: "IPv6 only", service: "ip6-localhost:80", hosts: hosts, want: "[::1]:80@100"},
		{name: "several lines", service: "pets:80", hosts: hosts, want: "192.0.2.6:80@100 192.0.2.7:80@100"},
		{name: "case", service: "PETS.Internal:80", hosts: hosts, want: "192.0.2.7:80@100"},
		{name: "localhost without a line", service: "localhost:80", want: "127.0.0.1:80@100"},
		{name: "below localhost", service: "a.localhost:80", want: "127.0.0.1:80@100"},
		{name: "unknown, and no DNS server", service: "dogs:80", hosts: hosts},
		{name: "blocked", service: "ads.example:80", hosts: hosts},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := &lookup{exchanger: exchanger{longTimeout}, system: machine(t, "", tt.hosts)}
			a, err := lookUp(t, l, tt.service)
			if tt.want == "" {
				if err == nil || !strings.Contains(err.Error(), "no DNS server") {
					t.Errorf("got %v, error %v", a, err)
				}
				return
			}
			if err != nil || text(a.addresses) != tt.want || a.ttl != hostsTTL {
				t.Errorf("got %v, error %v; want %s", a, err, tt.want)
			}
		})
	}
	t.Run("no files", func(t *testing.T) {
		missing := filepath.Join(t.TempDir(), "missing")
		l := &lookup{exchanger: exchanger{longTimeout}, system: system{missing, missing, "53"}}
		if _, err := lookUp(t, l, "localhost:80"); err != nil {
			t.Errorf("localhost: %v", err)
		}
		if _, err := lookUp(t, l, "pets:80"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error %v", err)
		}
	})
}

func TestSearchDomains(t *testing.T) {
	server := newServer(t)
	server.set(t, "pets.ns.cluster. A", "pets.ns.cluster. 60 A 192.0.2.1")
	server.set(t, "pets.example. A", "pets.example. 60 A 192.0.2.2")
	host, port, err := net.SplitHostPort(server.addr)
	if err != nil {
		t.Fatal(err)
	}
	l := &lookup{
		exchanger: exchanger{longTimeout},
		system:    machine(t, "nameserver not-an-address\nnameserver "+host+"\nsearch other.cluster ns.cluster\noptions ndots:2\n", ""),
	}
	l.system.port = port
	tests := []struct{ name, service, want string }{
		{"found in the second domain", "pets:80", "192.0.2.1:80@100"},
		{"found as it is, last", "pets.example:80", "192.0.2.2:80@100"},
		{"absolute", "pets.example.:80", "192.0.2.2:80@100"},
		{"absolute, not searched", "pets.:80", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := lookUp(t, l, tt.service)
			if text(a.addresses) != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("got %v, error %v; asked %v", a, err, server.asked())
			}
		})
	}
	c, err := machine(t, strings.Repeat("nameserver 127.0.0.1\n", 20), "").config()
	if err != nil || len(c.Servers) != gatewright.MaxRegistryServers {
		t.Errorf("%d servers, error %v", len(c.Servers), err)
	}
}
