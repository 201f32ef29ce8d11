package gateway_test

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

var (
	deprecatedAt = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	sunsetAt     = time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
)

func TestLifecycleOnEveryAnswer(t *testing.T) {
	upstream := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Link", `</next>; rel="next"`)
		w.Header().Set("Deprecation", "@1")
		if strings.HasSuffix(r.URL.Path, "/fails") {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, "x")
	})
	garbage := rawBackend(t, func(c net.Conn) { readHead(c); _, _ = io.WriteString(c, "SSH-2.0-OpenSSH\r\n\r\n") })
	const deprecation, successor = `<https://docs.example/v1>; rel="deprecation"`, `<https://api.example/v2/>; rel="successor-version"`
	tests := []struct {
		name   string
		target string
		change func(*gateway.APISpec, *gatewright.SlotResource)
		status int
		cause  string
		links  []string
	}{
		{name: "answer", target: "/pets/x", status: 200, links: []string{`</next>; rel="next"`, deprecation, successor}},
		{name: "upstream's error", target: "/pets/fails", status: 500, links: []string{`</next>; rel="next"`, deprecation, successor}},
		{name: "upstream is gone", target: "/pets/x", status: 502, cause: "connect-failed", links: []string{deprecation, successor},
			change: func(_ *gateway.APISpec, s *gatewright.SlotResource) {
				s.Upstream.Nodes = []gatewright.Node{node(t, deadAddr(t), 1)}
			}},
		{name: "upstream speaks something else", target: "/pets/x", status: 502, cause: "bad-response", links: []string{deprecation, successor},
			change: func(_ *gateway.APISpec, s *gatewright.SlotResource) {
				s.Upstream.Nodes = []gatewright.Node{node(t, garbage, 1)}
			}},
		{name: "no key", target: "/pets/x", status: 401, cause: "unauthenticated", links: []string{deprecation, successor},
			change: func(_ *gateway.APISpec, s *gatewright.SlotResource) { s.Access.Mode = gatewright.AccessApp }},
		{name: "disabled", target: "/pets/x", status: 404, cause: "api-disabled", links: []string{deprecation, successor},
			change: func(_ *gateway.APISpec, s *gatewright.SlotResource) { s.Enabled = false }},
		{name: "retired", target: "/pets/x", status: 410, cause: "api-retired", links: []string{deprecation, successor},
			change: func(_ *gateway.APISpec, s *gatewright.SlotResource) { s.Lifecycle.RetiredAt = sunsetAt }},
		{name: "successor in words", target: "/pets/x", status: 200, links: []string{`</next>; rel="next"`, deprecation},
			change: func(_ *gateway.APISpec, s *gatewright.SlotResource) { s.Lifecycle.Successor = "Pets@v2" }},
		{name: "successor that would break out", target: "/pets/x", status: 200, links: []string{`</next>; rel="next"`, deprecation},
			change: func(_ *gateway.APISpec, s *gatewright.SlotResource) {
				s.Lifecycle.Successor = "https://a.example/>; rel=x"
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := petAPI("pets", 1, node(t, upstream.addr, 1))
			a.Slot = func(s *gatewright.SlotResource) {
				s.Lifecycle = &gatewright.Lifecycle{DeprecatedAt: deprecatedAt, SunsetAt: sunsetAt, Link: "https://docs.example/v1", Successor: "https://api.example/v2/"}
				if tt.change != nil {
					tt.change(a, s)
				}
			}
			g := newRig(t, gateway.Config{})
			g.apply(1, upsert(t, a))
			got := g.get(tt.target)
			if got.status != tt.status {
				t.Fatalf("%d %s", got.status, got.body)
			}
			if tt.cause != "" {
				g.wantProblem(got, tt.status, tt.cause)
			}
			if d := got.header.Values("Deprecation"); !slices.Equal(d, []string{"@1793534400"}) {
				t.Errorf("Deprecation: %q", d)
			}
			if s := got.header.Get("Sunset"); s != "Mon, 01 Mar 2027 00:00:00 GMT" {
				t.Errorf("Sunset: %q", s)
			}
			if l := got.header.Values("Link"); !slices.Equal(l, tt.links) {
				t.Errorf("Link: %q, want %q", l, tt.links)
			}
			if tt.status == 410 && !strings.Contains(got.body, "retired on 2027-03-01 and does not answer any more. Use https://api.example/v2/ instead.") {
				t.Errorf("the detail does not name the successor: %s", got.body)
			}
		})
	}
	t.Run("nothing to tell", func(t *testing.T) {
		g := newRig(t, gateway.Config{})
		g.apply(1, upsert(t, petAPI("pets", 1, node(t, upstream.addr, 1))))
		got := g.get("/pets/x")
		if got.header.Get("Sunset") != "" || got.header.Get("Deprecation") != "@1" || len(got.header.Values("Link")) != 1 {
			t.Errorf("%v", got.header)
		}
	})
}

// TestStreamsOutliveSmallChanges: a stream goes on while the slot is altered in
// every way that leaves its route, and connections are kept.
func TestStreamsOutliveSmallChanges(t *testing.T) {
	more := make(chan string)
	upstream := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/stream") {
			return
		}
		_ = http.NewResponseController(w).Flush()
		for text := range more {
			_, _ = io.WriteString(w, text)
			_ = http.NewResponseController(w).Flush()
		}
	})
	end := sync.OnceFunc(func() { close(more) })
	t.Cleanup(end)
	a := petAPI("pets", 1, node(t, upstream.addr, 1))
	a.Canary = &gatewright.RevisionResource{API: a.ID, Number: 2, BasePath: a.BasePath, Routes: a.Routes}
	var alter []func(*gatewright.SlotResource)
	a.Slot = func(s *gatewright.SlotResource) {
		for _, f := range alter {
			f(s)
		}
	}
	g := newRig(t, gateway.Config{})
	g.commit(1, upsert(t, a))
	res, err := g.client.Get("http://" + g.addr + "/pets/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	say := func(text string) {
		t.Helper()
		more <- text
		b := make([]byte, len(text))
		if _, err := io.ReadFull(res.Body, b); err != nil || string(b) != text {
			t.Fatalf("the stream says %q, %v; want %q", b, err, text)
		}
	}
	say("begin")
	g.get("/pets/x")
	connections := upstream.accepted.Load()
	for i, f := range []func(*gatewright.SlotResource){
		func(s *gatewright.SlotResource) {
			s.Canary = &gatewright.CanaryResource{RevisionRef: gatewright.RevisionRef{Number: 2}, Share: 100}
		},
		func(s *gatewright.SlotResource) { s.Canary.Share = 10_000 },
		func(s *gatewright.SlotResource) { s.Lifecycle = &gatewright.Lifecycle{DeprecatedAt: deprecatedAt} },
		func(s *gatewright.SlotResource) { s.MaxQPS = 1000 },
		func(s *gatewright.SlotResource) { s.Current, s.Canary = gatewright.RevisionRef{Number: 2}, nil },
	} {
		alter = append(alter, f)
		g.commit(int64(i+2), upsert(t, a))
		say("on")
		g.get("/pets/x")
	}
	if n := upstream.accepted.Load(); n != connections {
		t.Errorf("%d connections were opened by changes that leave the upstream", n-connections)
	}
	end()
	if rest, err := io.ReadAll(res.Body); err != nil || len(rest) > 0 {
		t.Errorf("the stream ends with %q, %v", rest, err)
	}
	eventually(t, "the end of all draining", func() bool { return g.Status().Draining == 0 })
}
