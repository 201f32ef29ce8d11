package gateway

import (
	"fmt"
	"testing"

	"github.com/gatewright/gatewright"
)

// manyAPIs makes APIs with 20 routes each, all on any host.
func manyAPIs(n int) []*APISpec {
	apis := make([]*APISpec, n)
	for i := range apis {
		a := pets()
		a.ID, a.Name = gatewright.APIID(fmt.Sprintf("api_%06d", i)), fmt.Sprintf("API %d", i)
		a.BasePath = fmt.Sprintf("/svc%d", i)
		a.Upstream.Nodes[0].Port = 1000 + i%50_000
		for j := len(a.Routes); j < 20; j++ {
			a.Routes = append(a.Routes, gatewright.Route{Name: fmt.Sprintf("r%d", j), Methods: []string{"GET"}, Path: fmt.Sprintf("/r%d/{id}", j)})
		}
		apis[i] = a
	}
	return apis
}

// BenchmarkRequest is the gateway's own part of a request: match, pick, count
// and log, without any transport.
func BenchmarkRequest(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		for _, logging := range []bool{false, true} {
			b.Run(fmt.Sprintf("apis=%d/log=%t", n, logging), func(b *testing.B) {
				cfg := Config{}
				if logging {
					cfg.AccessLog = discard{}
				}
				h := idle(b, cfg, manyAPIs(n)...).Handler()
				ex := request("GET", fmt.Sprintf("/svc%d/r7/42", n/2))
				b.ReportAllocs()
				for b.Loop() {
					serve(h, ex)
				}
			})
		}
	}
}

// BenchmarkCommit replaces one API of 20 routes.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("apis=%d", n), func(b *testing.B) {
			apis := manyAPIs(n)
			g := idle(b, Config{}, apis...)
			var updates []Update
			for revision := range 2 {
				a := *apis[n/2]
				a.Revision = 100 + revision
				updates = append(updates, updateOf(b, &a))
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c, rej := g.Prepare(updates[i%2])
				if len(rej) > 0 {
					b.Fatal(rej)
				}
				if err := g.Commit(c, int64(i)); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// BenchmarkStart applies a whole configuration to an empty gateway.
func BenchmarkStart(b *testing.B) {
	u := updateOf(b, manyAPIs(10_000)...)
	u.Full = true
	b.ReportAllocs()
	for b.Loop() {
		g := idle(b, Config{})
		if rej := g.Apply(u, 1); len(rej) > 0 {
			b.Fatal(rej)
		}
		_ = g.Shutdown(b.Context())
	}
}
