package role

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/config"
	"github.com/gatewright/gatewright/internal/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func devConfig(dir string) DevConfig {
	const free = "127.0.0.1:0"
	return DevConfig{
		DataDir: filepath.Join(dir, "data"), Listen: free, Test: free, Production: free,
		Backends: []DevBackend{
			{Name: "pets", Address: Address{Listen: free, What: "pets", Flag: "--pets"}},
			{Name: "httpbin", Address: Address{Listen: free, What: "httpbin", Flag: "--httpbin"}, Httpbin: true},
		},
	}
}

// runDev runs a development installation, calls f once it is ready, and stops
// it.
func runDev(t *testing.T, cfg DevConfig, f func(*Dev)) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	d, err := OpenDev(ctx, cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	called := false
	err = d.Run(ctx, func() error {
		called = true
		f(d)
		stop()
		return nil
	})
	if err != nil || !called {
		t.Fatalf("run: %v, ready %v", err, called)
	}
}

func TestDevKeepsItsTokens(t *testing.T) {
	cfg := devConfig(t.TempDir())
	read := func() (texts []string) {
		for _, name := range []string{"admin-token", "gateways/test/token", "gateways/production/token"} {
			secret, err := config.ReadToken(filepath.Join(cfg.DataDir, name))
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, secret)
		}
		return texts
	}
	var first []string
	runDev(t, cfg, func(d *Dev) {
		first = read()
		c, err := client.New(d.Plane.URL(), first[0], client.Options{Transport: &http.Transport{DisableKeepAlives: true}})
		if err != nil {
			t.Fatal(err)
		}
		instances, err := c.Instances(t.Context(), "", client.Page{})
		if err != nil || len(instances.Items) != 2 {
			t.Errorf("%v instances, %v", instances, err)
		}
	})
	// A token file that is lost or holds nonsense is replaced; one that is good
	// stays.
	if err := os.Remove(filepath.Join(cfg.DataDir, "gateways/test/token")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cfg.DataDir, "admin-token"), []byte("gwa_nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	runDev(t, cfg, func(*Dev) {
		second := read()
		if second[0] == first[0] || second[1] == first[1] || second[2] != first[2] {
			t.Errorf("tokens %q after %q", second, first)
		}
	})
}

// TestOpenDevLeavesNothingBehind takes each port in turn: what was opened
// before it must be closed again, so that the next try succeeds.
func TestOpenDevLeavesNothingBehind(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := []struct {
		name string
		take func(*DevConfig, string)
		flag string
	}{
		{"backend", func(c *DevConfig, a string) { c.Backends[1].Listen = a }, "--httpbin"},
		{"control plane", func(c *DevConfig, a string) { c.Listen = a }, "--listen"},
		{"test", func(c *DevConfig, a string) { c.Test = a }, "--test-listen"},
		{"production", func(c *DevConfig, a string) { c.Production = a }, "--production-listen"},
	}
	dir := t.TempDir()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := devConfig(dir)
			tt.take(&cfg, taken.Addr().String())
			_, err := OpenDev(t.Context(), cfg, quiet())
			if gatewright.CodeOf(err) != gatewright.Conflict || !strings.Contains(err.Error(), tt.flag) || !strings.Contains(err.Error(), taken.Addr().String()) {
				t.Errorf("got %v", err)
			}
		})
	}
	runDev(t, devConfig(dir), func(*Dev) {})
}

func TestDevStopsWhenReadyFails(t *testing.T) {
	d, err := OpenDev(t.Context(), devConfig(t.TempDir()), quiet())
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken pipe")
	if err := d.Run(t.Context(), func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestCloseWithoutRun(t *testing.T) {
	d, err := OpenDev(t.Context(), devConfig(t.TempDir()), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestDrain stops everything while a request is with its backend. The request
// is answered although nothing new is accepted any more.
func TestDrain(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		_, _ = w.Write([]byte("late but whole"))
	}))
	defer backend.Close()
	node, err := gatewright.ParseNode(strings.TrimPrefix(backend.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	cfg := devConfig(t.TempDir())
	d, err := OpenDev(ctx, cfg, quiet())
	if err != nil {
		t.Fatal(err)
	}
	answer := make(chan string, 1)
	err = d.Run(ctx, func() error {
		if err := publish(ctx, d, cfg.DataDir, node); err != nil {
			return err
		}
		go func() { answer <- get(d.Gateways[0].URL() + "/slow") }()
		<-arrived
		stop()
		for accepts(d.Gateways[0].Address()) {
		}
		close(release)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if got := <-answer; got != "200 OK late but whole" {
		t.Errorf("got %q", got)
	}
}

// accepts reports whether somebody listens there.
func accepts(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// publish publishes an API with one route to the group test and waits until it
// is live.
func publish(ctx context.Context, d *Dev, dataDir string, node gatewright.Node) error {
	secret, err := config.ReadToken(filepath.Join(dataDir, AdminTokenFile))
	if err != nil {
		return err
	}
	c, err := client.New(d.Plane.URL(), secret, client.Options{Transport: &http.Transport{DisableKeepAlives: true}})
	if err != nil {
		return err
	}
	document := `{"openapi":"3.0.3","info":{"title":"Slow","version":"1"},"paths":{"/slow":{"get":{"responses":{"200":{"description":"ok"}}}}}}`
	sub, err := c.Submit(ctx, client.ChangeRequest{PlanRequest: client.PlanRequest{
		Kind: gatewright.ChangePublish, Group: "test", Items: []client.Item{{
			Document: client.NewDocument("slow.json", []byte(document)), Runtime: &client.Runtime{UpstreamPatch: client.UpstreamPatch{Nodes: client.Nodes{node}}},
		}},
	}}, "")
	if err != nil {
		return err
	}
	ch, err := c.WaitChange(ctx, sub.Change.ID, nil)
	if err == nil && ch.State != gatewright.ChangeLive {
		err = fmt.Errorf("the change is %s: %w", ch.State, ch.Error)
	}
	return err
}

func get(url string) string {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return resp.Status + " " + string(body)
}

func TestDefaultsAgree(t *testing.T) {
	if config.DefaultMaxRoutes != gateway.DefaultMaxRoutes {
		t.Errorf("%d routes here, %d in the gateway", config.DefaultMaxRoutes, gateway.DefaultMaxRoutes)
	}
}

func TestLocalAddress(t *testing.T) {
	tests := []struct{ name, ip, want string }{
		{"loopback", "127.0.0.1", "127.0.0.1:80"},
		{"any", "0.0.0.0", "127.0.0.1:80"},
		{"any of both", "::", "127.0.0.1:80"},
		{"IPv6", "::1", "[::1]:80"},
		{"outside", "192.0.2.1", "192.0.2.1:80"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := localAddress(&net.TCPAddr{IP: net.ParseIP(tt.ip), Port: 80}); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
