package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

// TestSwapUnderLoad commits hundreds of revisions while clients ask. Each
// revision sends its own Host, which the backend answers with. So an answer
// shows which revision directed the request, and its field which one claims to
// have: they must be the same, in every answer, and no request may fail.
func TestSwapUnderLoad(t *testing.T) {
	const commits, clients = 300, 6
	handler := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Backend", name)
			fmt.Fprintf(w, "%s %s %s", r.Host, name, body)
		}
	}
	odd, even := newBackend(t, handler("odd")), newBackend(t, handler("even"))
	other := marker(t, "other")
	g := newRig(t, gateway.Config{})

	revision := func(n int) *gateway.APISpec {
		b := even
		if n%2 == 1 {
			b = odd
		}
		a := petAPI("pets", n, node(t, b.addr, 100))
		a.Version = fmt.Sprintf("1.%d", n)
		a.Upstream.HostHeader, a.Upstream.Host = gatewright.HostHeaderFixed, fmt.Sprintf("rev-%d", n)
		return a
	}
	g.commit(1, upsert(t, revision(1), petAPI("other", 1, node(t, other.addr, 100))))

	check := func(got reply, sent string) error {
		var n int
		if _, err := fmt.Sscanf(got.body, "rev-%d ", &n); err != nil {
			return fmt.Errorf("%d %q", got.status, got.body)
		}
		name := "even"
		if n%2 == 1 {
			name = "odd"
		}
		wantBody := fmt.Sprintf("rev-%d %s %s", n, name, sent)
		wantField := fmt.Sprintf(`%d;version="1.%d"`, n, n)
		if got.body != wantBody || got.header.Get("Backend") != name || got.header.Get(gateway.RevisionHeader) != wantField {
			return fmt.Errorf("mixture: %q from %s says %s", got.body, got.header.Get("Backend"), got.header.Get(gateway.RevisionHeader))
		}
		return nil
	}
	var done atomic.Bool
	var asked atomic.Int64
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for n := 0; !done.Load(); n++ {
				sent, method := "", "GET"
				if n%3 == 0 {
					sent, method = strings.Repeat("x", n%2048), "POST"
				}
				got, err := g.try(method, "", "/pets/a", strings.NewReader(sent))
				if err == nil {
					err = check(got, sent)
				}
				if err == nil && i == 0 {
					if got, err = g.try("GET", "", "/other/", nil); err == nil && got.body != "other" {
						err = fmt.Errorf("unchanged API: %d %q", got.status, got.body)
					}
				}
				if err != nil {
					t.Error(err)
					return
				}
				asked.Add(1)
			}
		})
	}
	for n := 2; n <= commits; n++ {
		floor := asked.Load()
		g.commit(int64(n), upsert(t, revision(n)))
		eventually(t, "an answer between two commits", func() bool { return t.Failed() || asked.Load() > floor })
	}
	done.Store(true)
	wg.Wait()
	if got := g.get("/pets/a"); check(got, "") != nil || got.header.Get(gateway.RevisionHeader) != `300;version="1.300"` {
		t.Errorf("in the end: %+v", got)
	}
	if n := other.accepted.Load(); n > 2 {
		t.Errorf("the unchanged API's backend accepted %d connections from one client at a time", n)
	}
	eventually(t, "the end of all draining", func() bool { return g.Status().Draining == 0 })
	t.Logf("%d requests over %d commits", asked.Load(), commits)
}

func TestConnectionsSurviveCommits(t *testing.T) {
	backendA, backendB := marker(t, "a"), marker(t, "b")
	base := func() *gateway.APISpec { return petAPI("pets", 1, node(t, backendA.addr, 100)) }
	tests := []struct {
		name   string
		change func() *gateway.APISpec
	}{
		{"another API is published", func() *gateway.APISpec { return petAPI("other", 1, node(t, backendB.addr, 100)) }},
		{"only routes change", func() *gateway.APISpec {
			a := base()
			a.Revision = 2
			a.Routes = append(a.Routes, gatewright.Route{Name: "more", Path: "/more/{id}"})
			return a
		}},
		{"only timeouts change", func() *gateway.APISpec {
			a := base()
			a.Upstream.Timeouts.Read = gatewright.Duration(patience)
			return a
		}},
		{"a node joins", func() *gateway.APISpec {
			a := base()
			a.Upstream.Nodes = append(a.Upstream.Nodes, node(t, backendB.addr, 0))
			return a
		}},
		{"the API moves to another path", func() *gateway.APISpec {
			a := base()
			a.PathPrefix = "/shop"
			return a
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(t, gateway.Config{})
			g.commit(1, upsert(t, base()))
			before := backendA.accepted.Load()
			for range 5 {
				g.get("/pets/a")
			}
			g.commit(2, upsert(t, tt.change()))
			for range 5 {
				got := g.get("/pets/a")
				if got.status == 404 {
					got = g.get("/shop/pets/a")
				}
				if got.status != 200 || got.body != "a" {
					t.Fatalf("got %d %q", got.status, got.body)
				}
			}
			if n := backendA.accepted.Load() - before; n != 1 {
				t.Errorf("the backend accepted %d connections, want 1", n)
			}
		})
	}
}

func TestCountersFollowTheRevision(t *testing.T) {
	b := marker(t, "a")
	g := newRig(t, gateway.Config{})
	g.commit(1, upsert(t, petAPI("pets", 1, node(t, b.addr, 100))))
	total := func() uint64 { return g.Status().APIs[0].Requests.Total }
	g.get("/pets/1")
	g.get("/pets/2")
	eventually(t, "two requests counted", func() bool { return total() == 2 })

	configured := petAPI("pets", 1, node(t, b.addr, 7))
	g.commit(2, upsert(t, configured))
	if n := total(); n != 2 {
		t.Errorf("after a change of the runtime configuration: %d requests, want 2", n)
	}
	g.commit(3, upsert(t, petAPI("pets", 2, node(t, b.addr, 7))))
	if n := total(); n != 0 {
		t.Errorf("a new revision begins with %d requests", n)
	}
}
