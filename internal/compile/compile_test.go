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
	content gatewright.SlotContent
	group   gatewright.Group
}

func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

func newFixture() *fixture {
	up := gatewright.Upstream{
		Scheme: "https", Nodes: []gatewright.Node{{Host: "10.0.0.1", Port: 8080, Weight: 100}},
		HostHeader: gatewright.HostHeaderFixed, Host: "backend.example",
		Timeouts: gatewright.Timeouts{Connect: gatewright.Duration(time.Second), Send: gatewright.Duration(2 * time.Second), Read: gatewright.Duration(3 * time.Second)},
	}
	other := up.Clone()
	other.Nodes[0].Port = 8081
	return &fixture{
		api: gatewright.API{
			ID: "api_1", Name: "Petstore", Kind: gatewright.KindProxy, Owner: "ann",
			Settings: gatewright.APISettings{Description: "pets", Security: gatewright.SecuritySecret, MaxQPS: 50},
		},
		rev: gatewright.Revision{
			ID: "rev_1", API: "api_1", Number: 3, Version: "1.2.0", Track: "v1", Hash: gatewright.HashBytes(nil),
			Definition: gatewright.Definition{
				Title: "Petstore", BasePath: "/v2",
				Routes:   []gatewright.Route{{Name: "getPet", Methods: []string{"GET"}, Path: "/pet/{petId}", Priority: 2}},
				Document: gatewright.Document{Format: "openapi-3.0", Text: []byte("openapi: 3.0.0")},
			},
		},
		content: gatewright.SlotContent{
			Revision: "rev_1", Number: 3, Version: "1.2.0", Hash: gatewright.HashBytes(nil), ConfigID: "2026-11-21r0",
			Runtime: gatewright.RuntimeConfig{
				Enabled: true, Hosts: []string{"pets.example"}, PathPrefix: "/eu", KeepPathPrefix: true, Upstream: up,
				Access: gatewright.Access{Mode: gatewright.AccessApp, Header: "X-Key", Query: "key"},
			},
			Canary: &gatewright.Canary{
				Name: "c", Description: "d", Revision: "rev_2", Number: 4, Version: "1.3.0", Upstream: &other,
				Percent: 12.34, Enabled: true, Key: "app", Since: day(1),
				Match: []gatewright.CanaryMatch{{Source: "header", Name: "X-Beta", Values: []string{"1"}}},
				Steps: []gatewright.CanaryStep{{Percent: 50, Hold: gatewright.Duration(time.Hour)}},
			},
			Lifecycle: &gatewright.Lifecycle{DeprecatedAt: day(2), SunsetAt: day(3), RetiredAt: day(4), Successor: "Petstore@v2", Link: "https://x.example"},
		},
		group: gatewright.Group{ID: "grp_1", Name: "eu", Stage: gatewright.StageProduction, Hostnames: []string{"*.eu.example"}},
	}
}

func (f *fixture) compile() *gatewright.Resource {
	return compile.Slot(&f.api, "v1", &f.content, &f.group)
}

func encode(t *testing.T, r *gatewright.Resource) []byte {
	t.Helper()
	b, _, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSlot(t *testing.T) {
	f := newFixture()
	want := &gatewright.Resource{
		Format: gatewright.ResourceFormat,
		Slot: &gatewright.SlotResource{
			API: "api_1", Name: "Petstore", Track: "v1", Current: gatewright.RevisionRef{Number: 3, Version: "1.2.0"}, Enabled: true,
			Canary: &gatewright.CanaryResource{
				RevisionRef: gatewright.RevisionRef{Number: 4, Version: "1.3.0"}, Upstream: f.content.Canary.Upstream,
				Share: 1234, Match: f.content.Canary.Match, Key: "app",
			},
			Lifecycle: f.content.Lifecycle, ConfigID: "2026-11-21r0",
			Hosts: []string{"pets.example"}, PathPrefix: "/eu", KeepPathPrefix: true,
			Upstream: f.content.Runtime.Upstream, Access: f.content.Runtime.Access,
			Security: gatewright.SecuritySecret, MaxQPS: 50,
		},
	}
	if diff := cmp.Diff(want, f.compile()); diff != "" {
		t.Fatal(diff)
	}
}

func TestSlotDefaults(t *testing.T) {
	f := newFixture()
	f.content = gatewright.SlotContent{Number: 1, Runtime: gatewright.RuntimeConfig{Upstream: gatewright.Upstream{Scheme: "http"}}}
	got := f.compile().Slot
	if got.Enabled {
		t.Error("a disabled slot compiles to an enabled one")
	}
	if diff := cmp.Diff(f.group.Hostnames, got.Hosts); diff != "" {
		t.Errorf("hosts are not the group's: %s", diff)
	}
	if got.Upstream.Timeouts != (gatewright.Timeouts{}).WithDefaults() {
		t.Errorf("timeouts are %+v; a gateway would have to know the defaults of its control plane", got.Upstream.Timeouts)
	}
	if got.Canary != nil || got.Lifecycle != nil {
		t.Errorf("canary %v, lifecycle %v", got.Canary, got.Lifecycle)
	}
	f.group.Hostnames = nil
	if hosts := f.compile().Slot.Hosts; len(hosts) != 0 {
		t.Errorf("hosts are %q, want any", hosts)
	}
}

func TestCanaryShare(t *testing.T) {
	for percent, want := range map[float64]int{0: 0, 0.01: 1, 0.29: 29, 1.15: 115, 33.33: 3333, 99.99: 9999, 100: 10_000} {
		f := newFixture()
		f.content.Canary.Percent = percent
		f.content.Canary.Upstream = nil
		got := f.compile().Slot.Canary
		if got.Share != want || got.Upstream != nil {
			t.Errorf("%g %% is share %d with upstream %v, want %d and none", percent, got.Share, got.Upstream, want)
		}
		f.content.Canary.Enabled = false
		if got := f.compile().Slot.Canary; got != nil {
			t.Errorf("a canary that is switched off compiles to %+v", got)
		}
	}
}

// TestSlotIsPure compiles twice, with other things in between, and looks at
// what went in.
func TestSlotIsPure(t *testing.T) {
	f := newFixture()
	f.content.Runtime.Upstream.Timeouts = gatewright.Timeouts{}
	first := encode(t, f.compile())
	other := newFixture()
	other.api.Name = "Other"
	other.compile()
	if second := encode(t, f.compile()); !bytes.Equal(first, second) {
		t.Fatalf("compiled again: %s, want %s", second, first)
	}
	untouched := newFixture()
	untouched.content.Runtime.Upstream.Timeouts = gatewright.Timeouts{}
	if diff := cmp.Diff(untouched, f, cmp.AllowUnexported(fixture{})); diff != "" {
		t.Fatalf("compiling altered its input: %s", diff)
	}
}

// TestSlotKeepsNoHoldOfItsContent alters the content afterwards.
func TestSlotKeepsNoHoldOfItsContent(t *testing.T) {
	f := newFixture()
	f.content.Runtime.Hosts = nil // the group's, then
	f.content.Runtime.Upstream.Discovery = &gatewright.Discovery{Registry: "dns", Namespace: "default", Service: "pets"}
	r := f.compile()
	before := encode(t, r)
	f.group.Hostnames[0] = "x"
	f.content.Runtime.Upstream.Nodes[0].Port = 1
	f.content.Runtime.Upstream.Discovery.Service = "x"
	f.content.Canary.Upstream.Nodes[0].Port = 1
	f.content.Canary.Match[0].Values[0] = "x"
	f.content.Lifecycle.Successor = "x"
	if after := encode(t, r); !bytes.Equal(before, after) {
		t.Fatalf("the resource became %s, was %s", after, before)
	}
}

// TestSlotBytes says what may and what must alter a resource: what alters one
// needlessly is sent to every gateway and rebuilt there.
func TestSlotBytes(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	tests := []struct {
		name  string
		alter func(f *fixture)
		same  bool
	}{
		{"nothing", func(*fixture) {}, true},
		{"owner", func(f *fixture) { f.api.Owner = "bob" }, true},
		{"API's description", func(f *fixture) { f.api.Settings.Description = "x" }, true},
		{"how often settings were altered", func(f *fixture) { f.api.Revised++ }, true},
		{"revision's identifier", func(f *fixture) { f.content.Revision = "rev_2" }, true},
		{"group's name", func(f *fixture) { f.group.Name = "x" }, true},
		{"group's generation", func(f *fixture) { f.group.Generation++ }, true},
		{"group's hosts, when the slot has its own", func(f *fixture) { f.group.Hostnames = nil }, true},
		{"canary's name", func(f *fixture) { f.content.Canary.Name = "x" }, true},
		{"canary's steps", func(f *fixture) { f.content.Canary.Steps = nil }, true},
		{"since when the share is live", func(f *fixture) { f.content.Canary.Since = day(9) }, true},
		{"time zone of a date", func(f *fixture) { f.content.Lifecycle.SunsetAt = day(3).In(berlin) }, true},

		{"API's name", func(f *fixture) { f.api.Name = "x" }, false},
		{"API's identifier", func(f *fixture) { f.api.ID = "api_2" }, false},
		{"security level", func(f *fixture) { f.api.Settings.Security = "" }, false},
		{"max QPS", func(f *fixture) { f.api.Settings.MaxQPS = 0 }, false},
		{"number", func(f *fixture) { f.content.Number++ }, false},
		{"version", func(f *fixture) { f.content.Version = "" }, false},
		{"config ID", func(f *fixture) { f.content.ConfigID = "" }, false},
		{"enabled", func(f *fixture) { f.content.Runtime.Enabled = false }, false},
		{"hosts", func(f *fixture) { f.content.Runtime.Hosts = nil }, false},
		{"prefix", func(f *fixture) { f.content.Runtime.PathPrefix = "" }, false},
		{"keeping the prefix", func(f *fixture) { f.content.Runtime.KeepPathPrefix = false }, false},
		{"scheme", func(f *fixture) { f.content.Runtime.Upstream.Scheme = "http" }, false},
		{"node", func(f *fixture) { f.content.Runtime.Upstream.Nodes[0].Weight = 1 }, false},
		{"host header", func(f *fixture) { f.content.Runtime.Upstream.Host = "x" }, false},
		{"timeout", func(f *fixture) { f.content.Runtime.Upstream.Timeouts.Read = 0 }, false},
		{"access", func(f *fixture) { f.content.Runtime.Access.Mode = gatewright.AccessOpen }, false},
		{"key's header", func(f *fixture) { f.content.Runtime.Access.Header = "" }, false},
		{"canary off", func(f *fixture) { f.content.Canary.Enabled = false }, false},
		{"canary's share", func(f *fixture) { f.content.Canary.Percent = 12.35 }, false},
		{"canary's revision", func(f *fixture) { f.content.Canary.Number++ }, false},
		{"canary's conditions", func(f *fixture) { f.content.Canary.Match[0].Values[0] = "2" }, false},
		{"canary's key", func(f *fixture) { f.content.Canary.Key = "" }, false},
		{"retirement", func(f *fixture) { f.content.Lifecycle.RetiredAt = time.Time{} }, false},
		{"successor", func(f *fixture) { f.content.Lifecycle.Successor = "" }, false},
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

func TestRevision(t *testing.T) {
	f := newFixture()
	r := compile.Revision("api_1", &f.rev)
	want := &gatewright.Resource{Format: gatewright.ResourceFormat, Revision: &gatewright.RevisionResource{
		API: "api_1", Number: 3, BasePath: "/v2", Routes: []gatewright.Route{{Name: "getPet", Methods: []string{"GET"}, Path: "/pet/{petId}", Priority: 2}},
	}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Fatal(diff)
	}
	before := encode(t, r)
	// Who made it, when it was sealed and what it is called is no content: two
	// groups share the bytes, and a revision that gets a version keeps them.
	again := newFixture()
	again.rev.ID, again.rev.CreatedBy, again.rev.SealedAt, again.rev.Version = "rev_9", "bob", day(5), ""
	again.rev.Definition.Description, again.rev.Definition.Document = "x", gatewright.Document{}
	if after := encode(t, compile.Revision("api_1", &again.rev)); !bytes.Equal(before, after) {
		t.Errorf("got %s, want %s", after, before)
	}
	f.rev.Definition.Routes[0].Methods[0] = "PUT"
	if after := encode(t, r); !bytes.Equal(before, after) {
		t.Errorf("the resource became %s, was %s", after, before)
	}
}

func TestApp(t *testing.T) {
	key := func(text string) gatewright.Hash { return gatewright.HashBytes([]byte(text)) }
	app := gatewright.App{
		ID: "app_1", Name: "Shop", Description: "d", Owner: "ann", CreatedAt: day(1),
		Credentials: []gatewright.Credential{
			{ID: "crd_1", Name: "old", Hint: "gw_a", Hash: key("a"), CreatedAt: day(1), RevokedAt: day(2)},
			{ID: "crd_2", Name: "now", Hint: "gw_b", Hash: key("b"), CreatedAt: day(1), NotBefore: day(2), ExpiresAt: day(3).In(time.FixedZone("", 3600))},
		},
		Grants: []gatewright.Grant{{API: "api_1", CreatedBy: "bob", ExpiresAt: day(4), QPS: 5, Clearance: gatewright.SecuritySecret}},
	}
	want := &gatewright.AppResource{
		ID: "app_1", Name: "Shop",
		Keys:   []gatewright.KeyResource{{Hash: key("b"), NotBefore: day(2), ExpiresAt: day(3)}},
		Grants: []gatewright.GrantResource{{API: "api_1", ExpiresAt: day(4), QPS: 5, Clearance: gatewright.SecuritySecret}},
	}
	if diff := cmp.Diff(want, compile.App(&app).App); diff != "" {
		t.Error(diff)
	}
	app.Disabled = true
	if got := compile.App(&app).App; len(got.Keys) != 0 {
		t.Errorf("a disabled app has the keys %v", got.Keys)
	}
}

func TestResourcesDecode(t *testing.T) {
	f := newFixture()
	for _, r := range []*gatewright.Resource{
		f.compile(), compile.Revision("api_1", &f.rev), compile.App(&gatewright.App{ID: "app_1", Name: "x"}), compile.Registry(&gatewright.Registry{Name: "dns"}),
	} {
		b, hash, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := gatewright.DecodeResource(b, hash)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Error(diff)
		}
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
