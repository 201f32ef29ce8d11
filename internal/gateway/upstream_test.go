package gateway_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

func newReader(r io.Reader) *bufio.Reader { return bufio.NewReader(r) }

func TestWhatTheUpstreamSees(t *testing.T) {
	e := echo(t)
	_, port, _ := strings.Cut(e.addr, ":")
	tests := []struct {
		name   string
		change func(*gateway.APISpec)
		host   string
		target string
		want   string
	}{
		{"path and query as they came", nil, "", "/pets/a/b?x=1&y=%2F", "GET " + e.addr + " /pets/a/b?x=1&y=%2F"},
		{"empty query", nil, "", "/pets/a?", "GET " + e.addr + " /pets/a?"},
		{"canonical path", nil, "", "/pets//a/./b/../c%7e", "GET " + e.addr + " /pets/a/c~"},
		{"prefix is stripped", func(a *gateway.APISpec) { a.PathPrefix = "/shop/v2" }, "", "/shop/v2/pets/a", "GET " + e.addr + " /pets/a"},
		{"prefix in front of the root", func(a *gateway.APISpec) { a.PathPrefix, a.BasePath = "/shop", "/" }, "", "/shop/", "GET " + e.addr + " /"},
		{"prefix written otherwise", func(a *gateway.APISpec) { a.PathPrefix = "/shop" }, "", "/%73hop//pets/a", "GET " + e.addr + " /pets/a"},
		{"prefix is kept", func(a *gateway.APISpec) { a.PathPrefix, a.KeepPathPrefix = "/shop", true }, "", "/shop/pets/a", "GET " + e.addr + " /shop/pets/a"},
		{"host of the node by name", func(a *gateway.APISpec) { a.Upstream.Nodes[0].Host = "localhost" }, "client.example", "/pets/a", "GET localhost:" + port + " /pets/a"},
		{"host of the client", func(a *gateway.APISpec) { a.Upstream.HostHeader = gatewright.HostHeaderClient }, "client.example:8443", "/pets/a", "GET client.example:8443 /pets/a"},
		{"fixed host", func(a *gateway.APISpec) {
			a.Upstream.HostHeader, a.Upstream.Host = gatewright.HostHeaderFixed, "fixed.example"
		}, "client.example", "/pets/a", "GET fixed.example /pets/a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(t, gateway.Config{})
			a := petAPI("pets", 1, node(t, e.addr, 100))
			if tt.change != nil {
				tt.change(a)
			}
			g.commit(1, upsert(t, a))
			host := tt.host
			if host == "" {
				host = "gateway.example"
			}
			if got := roundTripRaw(t, g.addr, "GET", tt.target, host); got.body != tt.want {
				t.Errorf("the upstream saw %q, want %q", got.body, tt.want)
			}
		})
	}
}

func TestTLSUpstreamIsVerified(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", r.Host, r.TLS.ServerName)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that fail are what is tested
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate()) // for example.com and 127.0.0.1
	trusting := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	addr := s.Listener.Addr().String()
	tests := []struct {
		name   string
		tls    *tls.Config
		fixed  string
		status int
		want   string
	}{
		{"certificate for the node's address", trusting, "", 200, addr + " "},
		{"certificate for the fixed host", trusting, "example.com", 200, "example.com example.com"},
		{"certificate for another host", trusting, "other.example", 502, ""},
		{"unknown authority", nil, "", 502, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(t, gateway.Config{UpstreamTLS: tt.tls})
			a := petAPI("pets", 1, node(t, addr, 100))
			a.Upstream.Scheme = "https"
			if tt.fixed != "" {
				a.Upstream.HostHeader, a.Upstream.Host = gatewright.HostHeaderFixed, tt.fixed
			}
			g.commit(1, upsert(t, a))
			got := g.get("/pets/x")
			if got.status != tt.status || tt.status == 200 && got.body != tt.want {
				t.Errorf("got %d %q, want %d %q", got.status, got.body, tt.status, tt.want)
			}
		})
	}
}

func TestWeightsAreExact(t *testing.T) {
	backends := []*backend{marker(t, "a"), marker(t, "b"), marker(t, "c"), marker(t, "d")}
	weights := []int{5, 3, 2, 0}
	a := petAPI("pets", 1)
	for i, b := range backends {
		a.Upstream.Nodes = append(a.Upstream.Nodes, node(t, b.addr, weights[i]))
	}
	g := newRig(t, gateway.Config{})
	g.commit(1, upsert(t, a))
	counts := map[string]int{}
	for range 200 {
		counts[g.get("/pets/x").body]++
	}
	if counts["a"] != 100 || counts["b"] != 60 || counts["c"] != 40 || counts["d"] != 0 {
		t.Errorf("200 requests went %v, want 100, 60, 40 and 0", counts)
	}
}

func TestRevisionHeaderCanBeHidden(t *testing.T) {
	b := marker(t, "a")
	g := newRig(t, gateway.Config{HideRevision: true})
	g.commit(1, upsert(t, petAPI("pets", 1, node(t, b.addr, 100))))
	if got := g.get("/pets/x"); got.status != 200 || got.header.Get(gateway.RevisionHeader) != "" {
		t.Errorf("got %+v", got)
	}
}

// TestUpstreamCannotForgeTheRevision puts a gateway behind a gateway.
func TestUpstreamCannotForgeTheRevision(t *testing.T) {
	b := newBackend(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set(gateway.RevisionHeader, "99") })
	g := newRig(t, gateway.Config{})
	g.commit(1, upsert(t, petAPI("pets", 3, node(t, b.addr, 100))))
	if got := g.get("/pets/x").header.Values(gateway.RevisionHeader); len(got) != 1 || got[0] != "3" {
		t.Errorf("%s = %q, want 3 alone", gateway.RevisionHeader, got)
	}
}
