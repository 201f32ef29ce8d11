package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

// slowBackend sends "begin", waits for go-ahead and sends "end".
func slowBackend(t *testing.T) (b *backend, goAhead chan struct{}) {
	t.Helper()
	goAhead = make(chan struct{})
	b = newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "begin,")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-goAhead:
			_, _ = io.WriteString(w, "end")
		case <-r.Context().Done():
		}
	})
	return b, goAhead
}

// open starts a request and reads the beginning of its answer.
func (r *rig) open(ctx context.Context, target string) *http.Response {
	r.t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+r.addr+target, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	begin := make([]byte, len("begin,"))
	if _, err := io.ReadFull(res.Body, begin); err != nil || string(begin) != "begin," {
		r.t.Fatalf("%q, %v", begin, err)
	}
	return res
}

func TestStreamOutlivesItsRevision(t *testing.T) {
	tests := []struct {
		name    string
		replace func(t *testing.T, n gatewright.Node) gateway.Update
	}{
		{"by another revision", func(t *testing.T, n gatewright.Node) gateway.Update {
			a := petAPI("pets", 2, n)
			a.Upstream.Timeouts.Read = gatewright.Duration(time.Minute)
			return upsert(t, a)
		}},
		{"by a deletion", func(*testing.T, gatewright.Node) gateway.Update {
			return gateway.Update{Deletes: []gatewright.Key{"slot/pets/v1"}}
		}},
		{"by being disabled", func(t *testing.T, n gatewright.Node) gateway.Update {
			a := petAPI("pets", 1, n)
			a.Enabled = false
			return upsert(t, a)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			slow, goAhead := slowBackend(t)
			fresh := marker(t, "fresh")
			g := newRig(t, gateway.Config{})
			g.commit(1, upsert(t, petAPI("pets", 1, node(t, slow.addr, 100))))
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			res := g.open(ctx, "/pets/x")
			defer res.Body.Close()

			g.commit(2, tt.replace(t, node(t, fresh.addr, 100)))
			if n := g.Status().Draining; n != 1 {
				t.Errorf("%d revisions are draining, want 1", n)
			}
			if got := g.get("/pets/x"); got.status == 200 && got.body != "fresh" {
				t.Errorf("new request: %+v", got)
			}
			close(goAhead)
			rest, err := io.ReadAll(res.Body)
			if err != nil || string(rest) != "end" || res.Header.Get(gateway.RevisionHeader) != "1" {
				t.Errorf("stream ends with %q, %v, revision %s", rest, err, res.Header.Get(gateway.RevisionHeader))
			}
			eventually(t, "the end of draining", func() bool { return g.Status().Draining == 0 })
		})
	}
}

func TestTunnelOutlivesCommits(t *testing.T) {
	b := newBackend(t, func(w http.ResponseWriter, r *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		_ = rw.Flush()
		_, _ = io.Copy(c, rw) // echo
	})
	g := newRig(t, gateway.Config{})
	n := node(t, b.addr, 100)
	g.commit(1, upsert(t, petAPI("pets", 1, n)))

	c, err := net.Dial("tcp", g.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(c, "GET /pets/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, &http.Request{Method: "GET"})
	if err != nil || res.StatusCode != 101 || res.Header.Get(gateway.RevisionHeader) != "1" {
		t.Fatalf("%+v, %v", res, err)
	}
	echo := func(s string) {
		t.Helper()
		buf := make([]byte, len(s))
		_, _ = io.WriteString(c, s)
		if _, err := io.ReadFull(r, buf); err != nil || string(buf) != s {
			t.Fatalf("echo of %q: %q, %v", s, buf, err)
		}
	}
	echo("before")
	g.commit(2, upsert(t, petAPI("other", 1, n)))
	echo("after another API's change")
	if n := g.Status().Draining; n != 0 {
		t.Errorf("%d revisions are draining, though the API has not changed", n)
	}
	g.commit(3, upsert(t, petAPI("pets", 2, n)))
	echo("after its own change")
	if n := g.Status().Draining; n != 1 {
		t.Errorf("%d revisions are draining, want 1", n)
	}
	_ = c.Close()
	eventually(t, "the end of draining", func() bool { return g.Status().Draining == 0 })
}

func TestShutdownLetsRequestsFinish(t *testing.T) {
	slow, goAhead := slowBackend(t)
	g := newRig(t, gateway.Config{})
	g.commit(1, upsert(t, petAPI("pets", 1, node(t, slow.addr, 100))))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	res := g.open(ctx, "/pets/x")
	defer res.Body.Close()
	done := make(chan error, 1)
	go func() { done <- g.Shutdown(ctx) }()
	eventually(t, "no new connections", func() bool {
		c, err := net.Dial("tcp", g.addr)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	close(goAhead)
	if rest, err := io.ReadAll(res.Body); err != nil || string(rest) != "end" {
		t.Errorf("the request under way ends with %q, %v", rest, err)
	}
	if err := <-done; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

func TestShutdownCutsWhatDoesNotFinish(t *testing.T) {
	slow, _ := slowBackend(t)
	var log logBuffer
	g := newRig(t, gateway.Config{AccessLog: &log})
	g.commit(1, upsert(t, petAPI("pets", 1, node(t, slow.addr, 100))))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	res := g.open(ctx, "/pets/x")
	defer res.Body.Close()
	over, end := context.WithCancel(context.Background())
	end()
	if err := g.Shutdown(over); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v", err)
	}
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("the broken response looks whole")
	}
	eventually(t, "the log of the cut request", func() bool { return logHas(&log, `"cause":"shutdown"`) })
}
