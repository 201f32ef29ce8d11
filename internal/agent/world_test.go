package agent_test

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/fleet/fleettest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a control plane with one group, "test", and gateways.
type world struct {
	*fleettest.Plane
	t      testing.TB
	group  *gatewright.Group
	token  *gatewright.Token
	secret string
}

func newWorld(t testing.TB, change ...func(*fleettest.Plane)) *world {
	w := &world{Plane: fleettest.New(t), t: t}
	for _, c := range change {
		c(w.Plane)
	}
	w.Start()
	w.group = w.Group("test")
	w.token, w.secret = w.Token("test")
	return w
}

// node is a gateway: an agent with a runtime and a data directory.
type node struct {
	*agent.Agent
	cfg     agent.Config
	rt      *fakeRuntime
	runtime agent.Runtime // when set, used in place of rt
	logs    *logs
	w       *world
	end     func()
}

// node returns a gateway that is to be started.
func (w *world) node(name string, change ...func(*agent.Config)) *node {
	n := &node{w: w, rt: newRuntime(), logs: newLogs()}
	n.cfg = agent.Config{
		Servers: []string{w.URL}, Token: func() (string, error) { return w.secret, nil },
		Group: "test", Name: name, Address: "127.0.0.1:9080", Version: "test", DataDir: w.t.(*testing.T).TempDir(),
		RetryMin: time.Millisecond, RetryMax: 20 * time.Millisecond, RetrySlow: 20 * time.Millisecond, SaveRetry: time.Nanosecond,
		Log: slog.New(n.logs),
	}
	for _, c := range change {
		c(&n.cfg)
	}
	return n
}

// start starts the gateway's process, so to speak, with an empty runtime.
func (n *node) start() *node {
	n.w.t.Helper()
	n.logs.forget()
	n.rt = &fakeRuntime{changed: make(chan struct{}), entries: entries{}, reject: n.rt.reject, gate: n.rt.gate}
	var rt agent.Runtime = n.rt
	if n.runtime != nil {
		rt = n.runtime
	}
	a, err := agent.New(n.cfg, rt)
	if err != nil {
		n.w.t.Fatalf("new agent: %v", err)
	}
	n.Agent = a
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := a.Run(ctx); err != nil {
			n.w.t.Errorf("agent %s: %v", n.cfg.Name, err)
		}
	})
	n.end = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
	})
	n.w.t.Cleanup(n.end)
	n.w.t.Cleanup(func() {
		if n.w.t.Failed() {
			n.logs.tell(n.w.t, n.cfg.Name)
		}
	})
	<-a.Restored()
	return n
}

// joined starts the gateway and waits until it is current.
func (n *node) joined() *node {
	n.w.t.Helper()
	n.start()
	g, err := n.w.Control.Group(context.Background(), "test")
	if err != nil {
		n.w.t.Fatal(err)
	}
	n.w.Instance("test", n.cfg.Name, "current", func(in *control.InstanceInfo) bool {
		return in.Generation == g.Generation && in.LeftAt.IsZero()
	})
	n.logs.until(n.w.t, "in step with the control plane")
	return n
}

// manifest returns what the group wants.
func (w *world) manifest() *gatewright.Manifest {
	w.t.Helper()
	m, err := w.Control.Manifest(context.Background(), w.group.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// serves fails the test unless the gateway serves what the group wants.
func (n *node) serves(m *gatewright.Manifest) {
	n.w.t.Helper()
	n.rt.reaches(n.w.t, m.Generation)
	if got, _ := n.rt.runs(); !maps.Equal(got, m.Entries) {
		n.w.t.Errorf("%s serves %v, not %v", n.cfg.Name, got, m.Entries)
	}
}

// live publishes and fails the test unless that goes live.
func (w *world) live(api, version string) *gatewright.Change {
	w.t.Helper()
	c := w.Publish("test", api, version)
	if c.State != gatewright.ChangeLive {
		w.t.Fatalf("publishing %s %s: %s: %v", api, version, c.State, c.Error)
	}
	return c
}

// logs keeps what is logged and lets tests wait for it.
type logs struct {
	mu      sync.Mutex
	lines   []string
	changed chan struct{}
}

func newLogs() *logs { return &logs{changed: make(chan struct{})} }

func (l *logs) Enabled(context.Context, slog.Level) bool { return true }
func (l *logs) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logs) WithGroup(string) slog.Handler            { return l }

func (l *logs) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(" " + a.String())
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, b.String())
	close(l.changed)
	l.changed = make(chan struct{})
	return nil
}

// until waits for a line that has all the words, from now on when fresh.
func (l *logs) until(t testing.TB, words ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fleettest.Patience)
	defer cancel()
	for {
		l.mu.Lock()
		changed := l.changed
		found := slices.ContainsFunc(l.lines, func(line string) bool { return hasAll(line, words) })
		l.mu.Unlock()
		if found {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			l.mu.Lock()
			defer l.mu.Unlock()
			t.Fatalf("waited in vain for the log to say %q; it says at last:\n%s", words, strings.Join(l.lines[max(0, len(l.lines)-20):], "\n"))
		}
	}
}

// tell shows what was logged last.
func (l *logs) tell(t testing.TB, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.Logf("%s logged at last:\n%s", name, strings.Join(l.lines[max(0, len(l.lines)-30):], "\n"))
}

// forget begins anew.
func (l *logs) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = nil
}

func hasAll(s string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}

// transport lets a test see and alter what a gateway receives.
type transport struct {
	base *http.Transport
	see  func(*http.Request, *http.Response) error
}

func newTransport(t testing.TB, see func(*http.Request, *http.Response) error) *transport {
	tr := &transport{base: &http.Transport{}, see: see}
	t.Cleanup(tr.base.CloseIdleConnections)
	return tr
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if err := t.see(r, resp); err != nil {
		return nil, err
	}
	return resp, nil
}
