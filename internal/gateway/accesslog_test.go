package gateway

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

var update = flag.Bool("update", false, "write the golden files anew")

// idle is a gateway that no transport is attached to, with the given APIs.
func idle(t testing.TB, cfg Config, apis ...*APISpec) *Gateway {
	t.Helper()
	cfg.Log = quiet()
	g := New(cfg)
	t.Cleanup(func() { _ = g.Shutdown(t.Context()) })
	if rej := g.Apply(updateOf(t, apis...), 1); len(rej) > 0 {
		t.Fatal(rej)
	}
	return g
}

func updateOf(t testing.TB, apis ...*APISpec) Update {
	t.Helper()
	u := Update{Upserts: map[gatewright.Key]Loaded{}}
	for _, a := range apis {
		for key, r := range a.Resources() {
			u.Upserts[key] = Load(t, r)
		}
	}
	return u
}

func pets() *APISpec {
	return &APISpec{
		ID: "api_1", Name: "Pet \"store\"\n", Track: "v2", Revision: 7, Version: "1.0.1", Enabled: true,
		BasePath: "/pets",
		Routes: []gatewright.Route{
			{Name: "get pet", Methods: []string{"GET"}, Path: "/{id}"},
			{Name: "upload", Methods: []string{"POST"}, Path: "/{id}/image"},
		},
		Upstream: gatewright.Upstream{Scheme: "http", Nodes: []gatewright.Node{
			{Host: "192.0.2.1", Port: 8080, Weight: 100}, {Host: "192.0.2.2", Port: 8080, Weight: 100},
		}},
	}
}

// request is an exchange as a transport hands it to Begin.
func request(method, path string) *exchange.Exchange {
	return &exchange.Exchange{
		Method: method, Scheme: "http", Proto: "HTTP/1.1",
		RawHost: "pets.example:9080", Host: "pets.example", RawPath: path, Path: path,
		RemoteAddr: netip.MustParseAddrPort("203.0.113.9:40000"),
		ClientAddr: netip.MustParseAddr("203.0.113.9"),
		RequestID:  "req-1", Start: clock(),
	}
}

func TestAccessLogGolden(t *testing.T) {
	var out bytes.Buffer
	g := idle(t, Config{AccessLog: &out, Clock: clock}, pets())
	h := g.Handler()
	run := func(ex *exchange.Exchange, between func()) {
		h.Begin(ex)
		if between != nil {
			between()
		}
		h.End(ex)
	}

	ex := request("GET", "/pets/1")
	ex.Query, ex.HasQuery = "apikey=TOPSECRET", true
	ex.Header.Add("User-Agent", "curl/8.0")
	ex.Header.Add("Authorization", "Bearer TOPSECRET")
	run(ex, func() {
		h.Response(ex)
		ex.Response.Status = 200
		ex.Result = exchange.Result{
			BytesOut: 512, Endpoint: ex.Target.Endpoint, Upstream: 200,
			Connect: 1500 * time.Microsecond, FirstByte: 12345 * time.Microsecond, Total: 13 * time.Millisecond, Complete: true,
		}
	})

	ex = request("POST", "/pets/1/image")
	ex.ClientAddr = netip.MustParseAddr("2001:db8::7")
	run(ex, func() {
		ex.Result.Failure = exchange.ConnectFailed
		for h.Repick(ex) {
		}
		h.Fail(ex, exchange.ConnectFailed)
		ex.Result.Endpoint, ex.Result.Detail, ex.Result.BytesIn = ex.Target.Endpoint, "connection refused", 3
	})

	ex = request("GET", "/pets/2")
	run(ex, func() {
		ex.Response.Status = 201
		ex.Result = exchange.Result{Endpoint: ex.Target.Endpoint, Upstream: 201, Retried: true, Failure: exchange.ClientGone}
	})

	run(request("DELETE", "/pets/1"), nil)
	run(request("GET", "/nowhere"), nil)

	// Refused by the transport: Begin was never called.
	ex = request("GET", "")
	ex.Path, ex.Host, ex.RawPath = "", "", "/a%2f\x1b[31m\r\n{\"status\":200}"
	ex.Header.AddParsed("User-Agent", "evil\x1b]0;owned\x07\u202e"+strings.Repeat("A", 400))
	ex.Result.Failure, ex.Result.Detail = exchange.BadRequest, "path has an encoded slash"
	h.Fail(ex, exchange.BadRequest)
	ex.Response.Status = 400
	h.End(ex)

	if err := g.log.close(t.Context()); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "access.log")
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(out.String(), "TOPSECRET") {
		t.Error("a secret is in the log")
	}
	for line := range strings.Lines(out.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil || m["time"] == nil || m["status"] == nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// TestHotPathAllocatesNothing drives the gateway as a transport does that
// re-uses its exchange.
func TestHotPathAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("allocations cannot be counted: under the race detector pools forget on purpose")
	}
	g := idle(t, Config{AccessLog: discard{}}, pets())
	h := g.Handler()
	ex := request("GET", "/pets/1")
	allocs := testing.AllocsPerRun(1000, func() {
		serve(h, ex)
	})
	if allocs > 0 {
		t.Errorf("a request allocates %v times", allocs)
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// discard is a writer that goes nowhere.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// serve runs one exchange through h, which begins afterwards anew.
func serve(h exchange.Handler, ex *exchange.Exchange) {
	h.Begin(ex)
	h.Response(ex)
	ex.Response.Status = 200
	ex.Result.Endpoint = ex.Target.Endpoint
	h.End(ex)
	ex.Response.Header.Reset()
	ex.Response = exchange.Response{Header: ex.Response.Header}
}

func TestAccessLogTellsSideAndApp(t *testing.T) {
	var out bytes.Buffer
	spec := withCanary(fullShare)
	canary := spec.Slot
	spec.Slot = func(s *gatewright.SlotResource) {
		canary(s)
		s.Access.Mode, s.ConfigID = gatewright.AccessApp, "2026-11-21r0"
	}
	g := idle(t, Config{AccessLog: &out, Clock: clock}, spec)
	addApps(t, g, shop("Shop \"1\"", "TOPSECRET", spec.ID))
	ex := request("GET", "/pets/1")
	ex.Header.AddParsed("X-API-Key", "TOPSECRET")
	ask(g, ex)
	if err := g.log.close(t.Context()); err != nil {
		t.Fatal(err)
	}
	const want = `"revision":8,"version":"2.0.0","canary":true,"config_id":"2026-11-21r0","route":"get pet","app":"Shop \"1\""`
	if got := out.String(); !strings.Contains(got, want) || strings.Contains(got, "TOPSECRET") {
		t.Errorf("%s lacks %s, or tells the key", got, want)
	}
}
