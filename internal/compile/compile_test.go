package compile_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/compile"
)

// fixture is one slot's parts, with everything set that ends in the resource.
type fixture struct {
	api     gatewright.API
	rev     gatewright.Revision
	runtime gatewright.RuntimeConfig
	group   gatewright.Group
}

func newFixture() *fixture {
	return &fixture{
		api: gatewright.API{ID: "api_1", Name: "Petstore", Kind: gatewright.KindProxy, Owner: "ann"},
		rev: gatewright.Revision{
			ID: "rev_1", API: "api_1", Number: 3, Version: "1.2.0", Track: "v1", Hash: gatewright.HashBytes(nil),
			Definition: gatewright.Definition{
				Title: "Petstore", BasePath: "/v2",
				Routes:   []gatewright.Route{{Name: "getPet", Methods: []string{"GET"}, Path: "/pet/{petId}", Priority: 2}},
				Document: gatewright.Document{Format: "openapi-3.0", Text: []byte("openapi: 3.0.0")},
			},
		},
		runtime: gatewright.RuntimeConfig{
			Enabled: true, Hosts: []string{"pets.example"}, PathPrefix: "/eu", KeepPathPrefix: true,
			Upstream: gatewright.Upstream{
				Scheme: "https", Nodes: []gatewright.Node{{Host: "10.0.0.1", Port: 8080, Weight: 100}},
				HostHeader: gatewright.HostHeaderFixed, Host: "backend.example",
				Timeouts: gatewright.Timeouts{Connect: gatewright.Duration(time.Second), Send: gatewright.Duration(2 * time.Second), Read: gatewright.Duration(3 * time.Second)},
			},
		},
		group: gatewright.Group{ID: "grp_1", Name: "eu", Stage: gatewright.StageProduction, Hostnames: []string{"*.eu.example"}},
	}
}

func (f *fixture) compile() *gatewright.Resource {
	return compile.API(&f.api, &f.rev, f.runtime, &f.group)
}

func encode(t *testing.T, r *gatewright.Resource) []byte {
	t.Helper()
	b, _, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAPI(t *testing.T) {
	f := newFixture()
	want := &gatewright.Resource{
		Format: gatewright.ResourceFormat,
		API: &gatewright.APIResource{
			ID: "api_1", Name: "Petstore", Track: "v1", Revision: 3, Version: "1.2.0", Enabled: true,
			Hosts: []string{"pets.example"}, PathPrefix: "/eu", KeepPathPrefix: true, BasePath: "/v2",
			Routes:   f.rev.Definition.Routes,
			Upstream: f.runtime.Upstream,
		},
	}
	if diff := cmp.Diff(want, f.compile()); diff != "" {
		t.Fatal(diff)
	}
}

func TestAPIDefaults(t *testing.T) {
	f := newFixture()
	f.runtime = gatewright.RuntimeConfig{Upstream: gatewright.Upstream{Scheme: "http"}}
	got := f.compile().API
	if got.Enabled {
		t.Error("a disabled slot compiles to an enabled one")
	}
	if diff := cmp.Diff(f.group.Hostnames, got.Hosts); diff != "" {
		t.Errorf("hosts are not the group's: %s", diff)
	}
	if got.Upstream.Timeouts != (gatewright.Timeouts{}).WithDefaults() {
		t.Errorf("timeouts are %+v; a gateway would have to know the defaults of its control plane", got.Upstream.Timeouts)
	}
	f.group.Hostnames = nil
	if hosts := f.compile().API.Hosts; len(hosts) != 0 {
		t.Errorf("hosts are %q, want any", hosts)
	}
}

// TestAPIIsPure compiles twice, with other things in between, and looks at
// what went in.
func TestAPIIsPure(t *testing.T) {
	f := newFixture()
	f.runtime.Upstream.Timeouts = gatewright.Timeouts{}
	first := encode(t, f.compile())
	other := newFixture()
	other.api.Name = "Other"
	other.compile()
	if second := encode(t, f.compile()); !bytes.Equal(first, second) {
		t.Fatalf("compiled again: %s, want %s", second, first)
	}
	untouched := newFixture()
	untouched.runtime.Upstream.Timeouts = gatewright.Timeouts{}
	if diff := cmp.Diff(untouched, f, cmp.AllowUnexported(fixture{})); diff != "" {
		t.Fatalf("compiling altered its input: %s", diff)
	}
}

// TestAPIKeepsNoHoldOfTheRuntime alters the configuration afterwards.
func TestAPIKeepsNoHoldOfTheRuntime(t *testing.T) {
	f := newFixture()
	f.runtime.Upstream.Discovery = &gatewright.Discovery{Registry: "dns", Namespace: "default", Service: "pets"}
	r := f.compile()
	before := encode(t, r)
	f.runtime.Hosts[0] = "x"
	f.runtime.Upstream.Nodes[0].Port = 1
	f.runtime.Upstream.Discovery.Service = "x"
	if after := encode(t, r); !bytes.Equal(before, after) {
		t.Fatalf("the resource became %s, was %s", after, before)
	}
}

// TestAPIBytes says what may and what must alter a resource: what alters one
// needlessly is sent to every gateway and rebuilt there.
func TestAPIBytes(t *testing.T) {
	tests := []struct {
		name  string
		alter func(f *fixture)
		same  bool
	}{
		{"nothing", func(*fixture) {}, true},
		{"owner", func(f *fixture) { f.api.Owner = "bob" }, true},
		{"revision's identifier", func(f *fixture) { f.rev.ID = "rev_2" }, true},
		{"revision's author", func(f *fixture) { f.rev.CreatedBy = "bob" }, true},
		{"sealing", func(f *fixture) { f.rev.SealedAt = f.rev.SealedAt.AddDate(2000, 0, 0) }, true},
		{"description", func(f *fixture) { f.rev.Definition.Description = "x" }, true},
		{"document", func(f *fixture) { f.rev.Definition.Document = gatewright.Document{} }, true},
		{"group's name", func(f *fixture) { f.group.Name = "x" }, true},
		{"group's generation", func(f *fixture) { f.group.Generation++ }, true},
		{"group's hosts, when the slot has its own", func(f *fixture) { f.group.Hostnames = nil }, true},

		{"API's name", func(f *fixture) { f.api.Name = "x" }, false},
		{"API's identifier", func(f *fixture) { f.api.ID = "api_2" }, false},
		{"number", func(f *fixture) { f.rev.Number++ }, false},
		{"version", func(f *fixture) { f.rev.Version = "" }, false},
		{"track", func(f *fixture) { f.rev.Track = "v2" }, false},
		{"base path", func(f *fixture) { f.rev.Definition.BasePath = "/" }, false},
		{"route's path", func(f *fixture) { f.rev.Definition.Routes[0].Path = "/pet/{id}" }, false},
		{"route's priority", func(f *fixture) { f.rev.Definition.Routes[0].Priority = 0 }, false},
		{"enabled", func(f *fixture) { f.runtime.Enabled = false }, false},
		{"hosts", func(f *fixture) { f.runtime.Hosts = nil }, false},
		{"prefix", func(f *fixture) { f.runtime.PathPrefix = "" }, false},
		{"keeping the prefix", func(f *fixture) { f.runtime.KeepPathPrefix = false }, false},
		{"scheme", func(f *fixture) { f.runtime.Upstream.Scheme = "http" }, false},
		{"node", func(f *fixture) { f.runtime.Upstream.Nodes[0].Weight = 1 }, false},
		{"host header", func(f *fixture) { f.runtime.Upstream.Host = "x" }, false},
		{"timeout", func(f *fixture) { f.runtime.Upstream.Timeouts.Read = 0 }, false},
	}
	base := encode(t, newFixture().compile())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture()
			tt.alter(f)
			if same := bytes.Equal(base, encode(t, f.compile())); same != tt.same {
				t.Fatalf("same bytes: %t, want %t", same, tt.same)
			}
		})
	}
}

func TestAPIDecodes(t *testing.T) {
	r := newFixture().compile()
	b, hash, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := gatewright.DecodeResource(b, hash)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestFullPath(t *testing.T) {
	tests := []struct {
		name                string
		prefix, base, route string
		want                string
	}{
		{"root", "", "/", "/pets", "/pets"},
		{"base", "", "/v2", "/pets", "/v2/pets"},
		{"prefix", "/eu", "/", "/pets", "/eu/pets"},
		{"prefix and base", "/eu", "/v2", "/pets/{id}", "/eu/v2/pets/{id}"},
		{"root route below a base", "/eu", "/v2", "/", "/eu/v2/"},
		{"tail", "", "/v2", "/*", "/v2/*"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rev := &gatewright.Revision{Definition: gatewright.Definition{BasePath: tt.base}}
			got := compile.FullPath(gatewright.RuntimeConfig{PathPrefix: tt.prefix}, rev, &gatewright.Route{Path: tt.route})
			if got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRegistry(t *testing.T) {
	tests := []struct {
		name  string
		stale time.Duration
		want  time.Duration
	}{
		{"default", 0, gatewright.DefaultStale},
		{"given", time.Second, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := gatewright.Registry{Name: "dns", Type: gatewright.RegistryDNS, Servers: []string{"127.0.0.1:53"}, Stale: gatewright.Duration(tt.stale)}
			r := compile.Registry(&in)
			want := in
			want.Stale = gatewright.Duration(tt.want)
			if diff := cmp.Diff(&gatewright.Resource{Format: gatewright.ResourceFormat, Registry: &want}, r); diff != "" {
				t.Fatal(diff)
			}
			if time.Duration(in.Stale) != tt.stale {
				t.Fatal("compiling altered its input")
			}
		})
	}
}
