package agent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/fleet/fleettest"
	"github.com/gatewright/gatewright/internal/link"
)

// tap notes what a gateway asks for and is sent.
type tap struct {
	mu      sync.Mutex
	opened  []string // query of each stream
	said    []string // messages of all streams, pings left out
	blobs   int
	reports int
}

func (p *tap) see(r *http.Request, resp *http.Response) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case r.URL.Path == link.StreamPath:
		p.opened = append(p.opened, r.URL.Query().Get(link.QueryGeneration))
		resp.Body = &tapped{ReadCloser: resp.Body, tap: p}
	case strings.HasPrefix(r.URL.Path, link.BlobPath):
		p.blobs++
	case r.URL.Path == link.ReportPath:
		p.reports++
	}
	return nil
}

func (p *tap) messages() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.said)
}

func (p *tap) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened, p.said, p.blobs, p.reports = nil, nil, 0, 0
}

func (p *tap) fetched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.blobs
}

type tapped struct {
	io.ReadCloser
	tap  *tap
	line []byte
}

func (t *tapped) Read(b []byte) (int, error) {
	n, err := t.ReadCloser.Read(b)
	t.line = append(t.line, b[:n]...)
	for {
		text, rest, ended := bytes.Cut(t.line, []byte{'\n'})
		if !ended {
			return n, err
		}
		t.line = rest
		var m link.Message
		if json.Unmarshal(text, &m) == nil && m.Type != link.MessagePing {
			t.tap.mu.Lock()
			t.tap.said = append(t.tap.said, fmt.Sprint(m.Type, " ", m.Generation))
			t.tap.mu.Unlock()
		}
	}
}

func (w *world) tapped(name string) (*node, *tap) {
	p := &tap{}
	return w.node(name, func(c *agent.Config) { c.Transport = newTransport(w.t, p.see) }), p
}

func TestReconnect(t *testing.T) {
	for _, tt := range []struct {
		name    string
		keep    int
		changes int // while the gateway is away
		want    []string
	}{
		{"nothing new", 0, 0, []string{"current 1"}},
		{"one change", 0, 1, []string{"delta 2", "current 2"}},
		{"several changes come as one", 0, 3, []string{"delta 4", "current 4"}},
		{"the log does not reach back", 1, 3, []string{"manifest 4", "current 4"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(p *fleettest.Plane) { p.KeepLog = tt.keep })
			n, tap := w.tapped("n")
			n.joined()
			w.live("pets", "1.0.0")
			n.serves(w.manifest())
			n.end()
			for i := range tt.changes {
				w.live("pets", fmt.Sprint("1.0.", i+1))
			}
			tap.forget()
			n.joined()
			n.serves(w.manifest())
			if got := tap.messages(); !slices.Equal(got, tt.want) {
				t.Errorf("was sent %q, want %q", got, tt.want)
			}
			if want := 2 * min(tt.changes, 1); tap.fetched() != want { // a slot and a revision
				t.Errorf("%d blobs were fetched, want %d", tap.fetched(), want)
			}
		})
	}
}

// After a backup was put back, generations no longer tell what runs.
func TestControlPlaneRestoredFromBackup(t *testing.T) {
	t.Run("gateway is ahead", func(t *testing.T) {
		w := newWorld(t)
		n, tap := w.tapped("n")
		n.joined()
		w.live("pets", "1.0.0")
		w.Stop()
		restore := w.Backup()
		w.Start()
		w.live("pets", "1.0.1")
		w.live("birds", "1.0.0")
		w.Stop()
		restore()
		tap.forget()
		n.logs.forget()
		w.Start()
		n.serves(w.manifest())
		in := w.Instance("test", "n", "told", func(in *control.InstanceInfo) bool { return in.Generation == 1 && len(in.Warnings) == 1 })
		if !strings.Contains(in.Warnings[0], "ran generation 3 and its group is at 1") {
			t.Errorf("warnings %q", in.Warnings)
		}
	})
	for _, tt := range []struct {
		name    string
		changes int
	}{{"same generation, other content", 1}, {"later generation, other content", 2}} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			n, tap := w.tapped("n")
			n.joined()
			w.live("pets", "1.0.0")
			w.Stop()
			restore := w.Backup()
			w.Start()
			w.live("pets", "1.0.1")
			n.serves(w.manifest())
			n.end()
			w.Stop()
			restore()
			w.Start()
			w.Clock.Advance(gatewright.LostAfter) // the gateway is away
			for i := range tt.changes {
				w.live("birds", fmt.Sprint("1.0.", i))
			}
			tap.forget()
			n.start()
			m := w.manifest()
			n.rt.until(t, "the present content serves", func() bool { got, _ := n.rt.runs(); return maps.Equal(got, m.Entries) })
			for _, e := range n.rt.history[1:] {
				if !maps.Equal(e, m.Entries) {
					t.Errorf("it served %v, a mixture of two histories", e)
				}
			}
			if got := tap.messages(); !slices.Contains(got, fmt.Sprint("manifest ", m.Generation)) {
				t.Errorf("was sent %q; want the whole manifest", got)
			}
		})
	}
}

// cutter ends the first stream after n bytes.
type cutter struct {
	n   int
	cut atomic.Bool
}

func (c *cutter) see(r *http.Request, resp *http.Response) error {
	if r.URL.Path == link.StreamPath && !c.cut.Swap(true) {
		resp.Body = &cutBody{ReadCloser: resp.Body, left: c.n}
	}
	return nil
}

type cutBody struct {
	io.ReadCloser
	left int
}

func (b *cutBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// A stream may break at any byte; what serves is a whole generation always.
func TestStreamCutAnywhere(t *testing.T) {
	w := newWorld(t)
	w.live("pets", "1.0.0")
	w.live("birds", "1.0.0")
	m := w.manifest()
	line, err := (&link.Message{Type: link.MessageManifest, Group: w.group.ID, Generation: 2, Entries: m.Entries}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	ping, err := (&link.Message{Type: link.MessagePing}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	// Within and at the borders of the ping, the manifest and the last message.
	begin, end := len(ping), len(ping)+len(line)
	cuts := []int{0, 1, begin - 1, begin, begin + 1, end - 2, end - 1, end, end + 1, end + 20}
	for n := begin + 7; n < end; n += 41 {
		cuts = append(cuts, n)
	}
	for i, n := range cuts {
		t.Run(fmt.Sprint(n, " bytes"), func(t *testing.T) {
			c := &cutter{n: n}
			g := w.node(fmt.Sprint("n", i), func(cfg *agent.Config) { cfg.DataDir = t.TempDir(); cfg.Transport = newTransport(t, c.see) })
			g.joined()
			g.serves(m)
			g.end()
			for _, e := range g.rt.history {
				if !maps.Equal(e, m.Entries) {
					t.Errorf("it served %v, a part of a generation", e)
				}
			}
		})
	}
}

func TestContentAlteredOnTheWay(t *testing.T) {
	for _, tt := range []struct {
		name  string
		times int32 // how often
		state gatewright.ChangeState
	}{
		{"for a while", 3, gatewright.ChangeLive},
		{"always", 1 << 30, gatewright.ChangeFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			var left atomic.Int32
			n := w.node("n", func(c *agent.Config) {
				c.Transport = newTransport(t, func(r *http.Request, resp *http.Response) error {
					if !strings.HasPrefix(r.URL.Path, link.BlobPath) || left.Add(-1) < 0 {
						return nil
					}
					body, err := io.ReadAll(resp.Body)
					if err != nil {
						return err
					}
					body[len(body)/2] ^= 1
					resp.Body = io.NopCloser(bytes.NewReader(body))
					return nil
				})
			})
			n.joined()
			left.Store(tt.times)
			c := w.Publish("test", "pets", "1.0.0")
			if c.State != tt.state {
				t.Fatalf("the change is %s: %v", c.State, c.Error)
			}
			if c.Error != nil && !strings.Contains(c.Error.Error(), "something altered it on the way") {
				t.Errorf("the reason is %v", c.Error)
			}
			n.serves(w.manifest())
			left.Store(0)
			w.live("birds", "1.0.0") // and the group goes on
		})
	}
}

// A fetch that hangs does not hold up what comes after the change it is for.
func TestDiscardStopsAFetch(t *testing.T) {
	w := newWorld(t)
	var hang atomic.Bool
	asked := make(chan struct{}, 1)
	slow := w.node("slow", func(c *agent.Config) {
		c.Transport = newTransport(t, func(r *http.Request, _ *http.Response) error {
			if strings.HasPrefix(r.URL.Path, link.BlobPath) && hang.Load() {
				select {
				case asked <- struct{}{}:
				default:
				}
				<-r.Context().Done()
				return r.Context().Err()
			}
			return nil
		})
	})
	slow.joined()
	hang.Store(true)
	ch := w.Submit("test", "pets", "1.0.0")
	<-asked
	no := w.node("no")
	no.rt.reject = func(*gatewright.Resource) string {
		if hang.Load() {
			return "no"
		}
		return ""
	}
	no.start()
	if c := w.Settled(ch.ID); c.State != gatewright.ChangeFailed {
		t.Fatalf("the change is %s: %v", c.State, c.Error)
	}
	hang.Store(false)
	w.live("birds", "1.0.0")
	slow.serves(w.manifest())
}

// A stream on which nothing comes is given up.
func TestSilentStream(t *testing.T) {
	w := newWorld(t, func(p *fleettest.Plane) { p.Config.Ping = 200 * time.Millisecond })
	var silent atomic.Bool
	n := w.node("n", func(c *agent.Config) {
		c.Transport = newTransport(t, func(r *http.Request, resp *http.Response) error {
			if r.URL.Path == link.StreamPath && silent.Load() {
				resp.Body = &silentBody{resp.Body, r.Context()}
			}
			return nil
		})
	})
	n.joined()
	silent.Store(true)
	n.logs.forget()
	w.Stop()
	w.Start()
	n.logs.until(t, "not connected", "nothing was heard from the control plane")
	silent.Store(false)
	n.logs.forget()
	n.logs.until(t, "in step")
}

// silentBody has nothing to say until its request is over.
type silentBody struct {
	io.ReadCloser
	ctx context.Context
}

func (s *silentBody) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

// Messages of newer control planes: some may be ignored, others must not.
func TestUnknownMessages(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		follows    bool
	}{
		{"optional", `{"type":"weather","optional":true,"generation":0}` + "\n", true},
		{"to be understood", `{"type":"reshard","generation":0}` + "\n", false},
		{"no message", "<html>\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			var insert atomic.Bool
			n := w.node("n", func(c *agent.Config) {
				c.Transport = newTransport(t, func(r *http.Request, resp *http.Response) error {
					if r.URL.Path == link.StreamPath && insert.Load() {
						resp.Body = struct {
							io.Reader
							io.Closer
						}{io.MultiReader(strings.NewReader(tt.line), resp.Body), resp.Body}
					}
					return nil
				})
			})
			n.joined()
			w.live("pets", "1.0.0")
			before := w.manifest()
			insert.Store(true)
			w.Stop()
			n.logs.forget()
			w.Start()
			if tt.follows {
				n.logs.until(t, "in step")
				return
			}
			n.logs.until(t, "not connected to the control plane", "message")
			if tt.name == "to be understood" {
				w.Instance("test", "n", "warned", func(in *control.InstanceInfo) bool {
					return len(in.Warnings) == 1 && strings.Contains(in.Warnings[0], `"reshard" message, which this gateway does not know`)
				})
			}
			n.serves(before)
			insert.Store(false)
			n.logs.forget()
			n.logs.until(t, "in step")
		})
	}
}

// A server that is no control plane, or of another time, is told apart.
func TestVersionSkew(t *testing.T) {
	for _, tt := range []struct {
		name string
		wrap func(http.Handler) http.Handler
		say  []string
	}{
		{"control plane is too new", func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set(link.HeaderProtocol, "7-9")
				w.Header().Set(link.HeaderVersion, "9.0.0")
				_, _ = io.WriteString(w, "{}")
			})
		}, []string{"the control plane (9.0.0) speaks link version 7-9, this gateway speaks 1"}},
		{"no control plane", func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "It works!") })
		}, []string{"the control plane does not speak the Gatewright link"}},
		{"proxy without upstream", func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
		}, []string{"502 Bad Gateway, and not as a control plane does"}},
		{"redirect", func(http.Handler) http.Handler { return http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound) },
			[]string{"302 Found, and not as a control plane does"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(p *fleettest.Plane) { p.Wrap = tt.wrap })
			n := w.node("n").start()
			n.logs.until(t, append(tt.say, "not connected")...)
			if s := n.Status(); s.Connected || s.Configured {
				t.Errorf("status %+v", s)
			}
		})
	}
}

func TestSeveralServers(t *testing.T) {
	w := newWorld(t)
	n := w.node("n", func(c *agent.Config) { c.Servers = []string{"http://127.0.0.1:1", w.URL + "/"} })
	n.joined()
	w.live("pets", "1.0.0")
	n.serves(w.manifest())
}

func TestGoodbyeIsHeard(t *testing.T) {
	w := newWorld(t)
	n := w.node("n").joined()
	w.live("pets", "1.0.0")
	w.StopFleet()
	n.logs.until(t, "not connected", "the control plane ended the stream: the control plane stops or restarts")
	n.serves(w.manifest())
	w.Stop()
	n.logs.forget()
	w.Start()
	n.logs.until(t, "in step")
}
