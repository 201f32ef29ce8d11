package gatewright_test

import (
	"encoding/json"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
)

func TestParseNode(t *testing.T) {
	node := func(host string, port, weight int) *gatewright.Node {
		return &gatewright.Node{Host: host, Port: port, Weight: weight}
	}
	tests := []struct {
		name string
		in   string
		want *gatewright.Node // nil when it is to be refused
		text string           // what it prints as
	}{
		{"name", "a.example:80", node("a.example", 80, 100), "a.example:80"},
		{"upper case", "A.Example:80", node("a.example", 80, 100), "a.example:80"},
		{"underscore", "my_app:80", node("my_app", 80, 100), "my_app:80"},
		{"address", "10.0.0.1:65535", node("10.0.0.1", 65535, 100), "10.0.0.1:65535"},
		{"IPv6", "[::1]:1", node("::1", 1, 100), "[::1]:1"},
		{"IPv6 with a zone", "[fe80::1%eth0]:80", node("fe80::1%eth0", 80, 100), "[fe80::1%eth0]:80"},
		{"weight", "a:80@5", node("a", 80, 5), "a:80@5"},
		{"weight of an IPv6 node", "[::1]:80@5", node("::1", 80, 5), "[::1]:80@5"},
		{"no weight", "a:80@0", node("a", 80, 0), "a:80@0"},
		{"default weight", "a:80@100", node("a", 80, 100), "a:80"},
		{"greatest weight", "a:80@1000000", node("a", 80, gatewright.MaxWeight), "a:80@1000000"},
		{"weight too great", "a:80@1000001", nil, ""},
		{"weight negative", "a:80@-1", nil, ""},
		{"weight empty", "a:80@", nil, ""},
		{"weight broken", "a:80@1.5", nil, ""},
		{"weight beyond any integer", "a:80@99999999999999999999", nil, ""},
		{"two weights", "a:80@1@2", nil, ""},
		{"no port", "a", nil, ""},
		{"no port but a weight", "a@5", nil, ""},
		{"empty port", "a:", nil, ""},
		{"port 0", "a:0", nil, ""},
		{"port too high", "a:65536", nil, ""},
		{"port negative", "a:-1", nil, ""},
		{"port by name", "a:http", nil, ""},
		{"empty", "", nil, ""},
		{"only a port", ":80", nil, ""},
		{"empty brackets", "[]:80", nil, ""},
		{"IPv6 without brackets", "::1:80", nil, ""},
		{"bracket not closed", "[::1:80", nil, ""},
		{"bracket not opened", "::1]:80", nil, ""},
		{"URL", "http://a:80", nil, ""},
		{"path", "a:80/x", nil, ""},
		{"space", "a b:80", nil, ""},
		{"line feed", "a\n:80", nil, ""},
		{"international name", "bücher:80", nil, ""},
		{"Kelvin sign, whose lower case is k", "\u212a:80", nil, ""},
		{"wildcard", "*.a:80", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := gatewright.ParseNode(tt.in)
			wantCode(t, err, accepted(tt.want != nil))
			if err != nil {
				return
			}
			if diff := cmp.Diff(*tt.want, got); diff != "" {
				t.Fatal(diff)
			}
			if got.String() != tt.text {
				t.Fatalf("prints as %q, want %q", got, tt.text)
			}
			checkNode(t, tt.in)
		})
	}
}

func FuzzParseNode(f *testing.F) {
	for _, s := range []string{"a:80", "A:80@5", "[::1]:80@0", "[fe80::1%x]:1", "::1:80", "a@", "[]:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkNode(t, s) })
}

// checkNode checks what holds for every node's text.
func checkNode(t *testing.T, s string) {
	t.Helper()
	n, err := gatewright.ParseNode(s)
	if err != nil {
		return
	}
	if err := n.Validate(); err != nil {
		t.Fatalf("%q parses to what is not valid: %v", s, err)
	}
	if again, err := gatewright.ParseNode(n.String()); err != nil || again != n {
		t.Fatalf("%q parses to %+v, printed %q, parsed %+v (%v)", s, n, n.String(), again, err)
	}
	host, _, err := net.SplitHostPort(n.Address())
	if err != nil || host != n.Host {
		t.Fatalf("%q: address %q is of host %q, not %q (%v)", s, n.Address(), host, n.Host, err)
	}
}

func TestParseDiscovery(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want *gatewright.Discovery // nil when it is to be refused
	}{
		{"three parts", "dns/default/pets:80", &gatewright.Discovery{Registry: "dns", Namespace: "default", Service: "pets:80"}},
		{"slash in the service", "dns/default/a/b", &gatewright.Discovery{Registry: "dns", Namespace: "default", Service: "a/b"}},
		{"empty", "", nil},
		{"two parts", "dns/pets", nil},
		{"no registry", "/default/pets", nil},
		{"no namespace", "dns//pets", nil},
		{"no service", "dns/default/", nil},
		{"slashes", "//", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := gatewright.ParseDiscovery(tt.in)
			wantCode(t, err, accepted(tt.want != nil))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatal(diff)
			}
			if got != nil && got.String() != tt.in {
				t.Fatalf("prints as %q", got)
			}
		})
	}
}

// TestDiscoveryTextRoundTrip holds every discovery that an upstream may have
// against its text.
func TestDiscoveryTextRoundTrip(t *testing.T) {
	part := rapid.StringMatching(`[a/.:é ]{0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		d := gatewright.Discovery{Registry: part.Draw(t, "registry"), Namespace: part.Draw(t, "namespace"), Service: part.Draw(t, "service")}
		up := gatewright.Upstream{Scheme: "http", Discovery: &d}
		if up.Validate() != nil {
			return
		}
		if got, err := gatewright.ParseDiscovery(d.String()); err != nil || *got != d {
			t.Fatalf("%+v is written %q, which reads %+v (%v)", d, d.String(), got, err)
		}
	})
}

func TestUpstreamValidate(t *testing.T) {
	nodes := func(n int) []gatewright.Node {
		list := make([]gatewright.Node, n)
		for i := range list {
			list[i] = gatewright.Node{Host: "a", Port: i + 1, Weight: 1}
		}
		return list
	}
	dns := &gatewright.Discovery{Registry: "dns", Namespace: "default", Service: "pets"}
	tests := []struct {
		name  string
		alter func(u *gatewright.Upstream)
		ok    bool
	}{
		{"node", func(*gatewright.Upstream) {}, true},
		{"https", func(u *gatewright.Upstream) { u.Scheme = "https" }, true},
		{"no scheme", func(u *gatewright.Upstream) { u.Scheme = "" }, false},
		{"scheme in upper case", func(u *gatewright.Upstream) { u.Scheme = "HTTP" }, false},
		{"other scheme", func(u *gatewright.Upstream) { u.Scheme = "ftp" }, false},
		{"nothing", func(u *gatewright.Upstream) { u.Nodes = nil }, false},
		{"empty list of nodes", func(u *gatewright.Upstream) { u.Nodes = []gatewright.Node{} }, false},
		{"as many nodes as allowed", func(u *gatewright.Upstream) { u.Nodes = nodes(gatewright.MaxNodes) }, true},
		{"one node too many", func(u *gatewright.Upstream) { u.Nodes = nodes(gatewright.MaxNodes + 1) }, false},
		{"node twice", func(u *gatewright.Upstream) {
			u.Nodes = append(nodes(2), gatewright.Node{Host: "a", Port: 2, Weight: 9})
		}, false},
		{"same host, other port", func(u *gatewright.Upstream) { u.Nodes = nodes(2) }, true},
		{"a node in reserve", func(u *gatewright.Upstream) { u.Nodes = nodes(2); u.Nodes[0].Weight = 0 }, true},
		{"all nodes in reserve", func(u *gatewright.Upstream) { u.Nodes = nodes(2); u.Nodes[0].Weight, u.Nodes[1].Weight = 0, 0 }, false},
		{"bad second node", func(u *gatewright.Upstream) { u.Nodes = nodes(2); u.Nodes[1].Host = "a b" }, false},
		{"port 0", func(u *gatewright.Upstream) { u.Nodes[0].Port = 0 }, false},
		{"port too high", func(u *gatewright.Upstream) { u.Nodes[0].Port = 65536 }, false},
		{"weight negative", func(u *gatewright.Upstream) { u.Nodes[0].Weight = -1 }, false},
		{"weight too great", func(u *gatewright.Upstream) { u.Nodes[0].Weight = gatewright.MaxWeight + 1 }, false},
		{"IPv6 node", func(u *gatewright.Upstream) { u.Nodes[0].Host = "::1" }, true},
		{"IPv6 node in brackets", func(u *gatewright.Upstream) { u.Nodes[0].Host = "[::1]" }, false},
		{"host with a port", func(u *gatewright.Upstream) { u.Nodes[0].Host = "a:80" }, false},
		{"no host", func(u *gatewright.Upstream) { u.Nodes[0].Host = "" }, false},

		{"discovery", func(u *gatewright.Upstream) { u.Nodes, u.Discovery = nil, dns }, true},
		{"nodes and discovery", func(u *gatewright.Upstream) { u.Discovery = dns }, false},
		{"discovery of nothing", func(u *gatewright.Upstream) { u.Nodes, u.Discovery = nil, &gatewright.Discovery{} }, false},
		{"discovery without registry", func(u *gatewright.Upstream) {
			u.Nodes, u.Discovery = nil, &gatewright.Discovery{Namespace: "n", Service: "s"}
		}, false},
		{"discovery without namespace", func(u *gatewright.Upstream) {
			u.Nodes, u.Discovery = nil, &gatewright.Discovery{Registry: "r", Service: "s"}
		}, false},
		{"discovery without service", func(u *gatewright.Upstream) {
			u.Nodes, u.Discovery = nil, &gatewright.Discovery{Registry: "r", Namespace: "n"}
		}, false},
		{"slash in the registry", func(u *gatewright.Upstream) {
			u.Nodes, u.Discovery = nil, &gatewright.Discovery{Registry: "r/x", Namespace: "n", Service: "s"}
		}, false},
		{"slash in the namespace", func(u *gatewright.Upstream) {
			u.Nodes, u.Discovery = nil, &gatewright.Discovery{Registry: "r", Namespace: "n/x", Service: "s"}
		}, false},

		{"client's host", func(u *gatewright.Upstream) { u.HostHeader = gatewright.HostHeaderClient }, true},
		{"fixed host", func(u *gatewright.Upstream) { u.HostHeader, u.Host = gatewright.HostHeaderFixed, "a.example:8080" }, true},
		{"fixed host not given", func(u *gatewright.Upstream) { u.HostHeader = gatewright.HostHeaderFixed }, false},
		{"fixed host that splits the head", func(u *gatewright.Upstream) { u.HostHeader, u.Host = gatewright.HostHeaderFixed, "a\r\nX: y" }, false},
		{"host that nothing uses", func(u *gatewright.Upstream) { u.Host = "a" }, false},
		{"client's host and another", func(u *gatewright.Upstream) { u.HostHeader, u.Host = gatewright.HostHeaderClient, "a" }, false},
		{"unknown way to choose the host", func(u *gatewright.Upstream) { u.HostHeader = "node" }, false},

		{"longest timeout", func(u *gatewright.Upstream) { u.Timeouts.Read = gatewright.Duration(gatewright.MaxTimeout) }, true},
		{"connect timeout too long", func(u *gatewright.Upstream) { u.Timeouts.Connect = gatewright.Duration(gatewright.MaxTimeout + 1) }, false},
		{"send timeout too long", func(u *gatewright.Upstream) { u.Timeouts.Send = math.MaxInt64 }, false},
		{"read timeout negative", func(u *gatewright.Upstream) { u.Timeouts.Read = -1 }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := gatewright.Upstream{Scheme: "http", Nodes: []gatewright.Node{{Host: "a.example", Port: 80, Weight: 1}}}
			tt.alter(&u)
			wantCode(t, u.Validate(), accepted(tt.ok))
		})
	}
}

func TestTimeoutsWithDefaults(t *testing.T) {
	d := func(v time.Duration) gatewright.Duration { return gatewright.Duration(v) }
	all := gatewright.Timeouts{Connect: d(gatewright.DefaultConnectTimeout), Send: d(gatewright.DefaultSendTimeout), Read: d(gatewright.DefaultReadTimeout)}
	given := gatewright.Timeouts{Connect: 1, Send: 2, Read: 3}
	some := all
	some.Send = 9
	tests := []struct {
		name     string
		in, want gatewright.Timeouts
	}{
		{"none given", gatewright.Timeouts{}, all},
		{"all given", given, given},
		{"one given", gatewright.Timeouts{Send: 9}, some},
		{"defaults stay", all, all},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := tt.in
			if got := tt.in.WithDefaults(); got != tt.want {
				t.Fatalf("got %+v, want %+v", got, tt.want)
			}
			if tt.in != before {
				t.Fatal("the original changed")
			}
		})
	}
}

func TestDurationText(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want time.Duration
		ok   bool
	}{
		{"milliseconds", `"300ms"`, 300 * time.Millisecond, true},
		{"fraction", `"1.5s"`, 1500 * time.Millisecond, true},
		{"compound", `"1m30s"`, 90 * time.Second, true},
		{"zero", `"0"`, 0, true},
		{"negative, for the rules to refuse", `"-1s"`, -time.Second, true},
		{"no unit", `"5"`, 0, false},
		{"empty", `""`, 0, false},
		{"days", `"1d"`, 0, false},
		{"words", `"soon"`, 0, false},
		{"number", `5`, 0, false},
		{"too long", `"9999999h"`, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d gatewright.Duration
			err := json.Unmarshal([]byte(tt.in), &d)
			if (err == nil) != tt.ok || time.Duration(d) != tt.want {
				t.Fatalf("got %s (%v), want %s", time.Duration(d), err, tt.want)
			}
		})
	}
}

func TestDurationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := gatewright.Duration(rapid.Int64().Draw(t, "nanoseconds"))
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatalf("%v", err)
		}
		var back gatewright.Duration
		if err := json.Unmarshal(b, &back); err != nil || back != d {
			t.Fatalf("%d is written %s, which reads %d (%v)", d, b, back, err)
		}
	})
}

func TestUpstreamJSONLeavesOutWhatIsNotSet(t *testing.T) {
	u := gatewright.Upstream{Scheme: "http", Timeouts: gatewright.Timeouts{Read: gatewright.Duration(90 * time.Second)}}
	b, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(b), `{"scheme":"http","timeouts":{"read":"1m30s"}}`; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	b, err = json.Marshal(gatewright.Upstream{Scheme: "http"})
	if err != nil || strings.Contains(string(b), "timeouts") {
		t.Fatalf("got %s (%v), want no timeouts", b, err)
	}
}
