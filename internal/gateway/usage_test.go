package gateway

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

func TestUsage(t *testing.T) {
	spec := guarded()
	g := idle(t, Config{Clock: clock}, spec)
	addApps(t, g, shop("Shop", "secret", spec.ID), shop("Stranger", "other", "api_9"))
	h := g.Handler()
	call := func(method, path, key string, took time.Duration, status int, failure exchange.Failure) {
		ex := request(method, path)
		if key != "" {
			ex.Header.AddParsed("X-API-Key", key)
		}
		h.Begin(ex)
		if !ex.Response.Local {
			ex.Response.Status = status
		}
		ex.Result.Total, ex.Result.Failure = took, failure
		h.End(ex)
	}
	call("GET", "/pets/1", "secret", 0, 200, exchange.None)
	call("GET", "/pets/2", "secret", 45*time.Minute, 503, exchange.None) // ends within the next hour
	call("GET", "/pets/3", "secret", 0, 404, exchange.None)
	call("GET", "/pets/4", "secret", 0, 499, exchange.ClientGone)
	call("POST", "/pets/1/image", "secret", 0, 101, exchange.None)
	call("GET", "/pets/1", "", 0, 0, exchange.None)
	call("GET", "/pets/1", "other", 0, 0, exchange.None)
	call("GET", "/nowhere", "secret", 0, 0, exchange.None)

	of := gatewright.Usage{Bucket: clock().Truncate(time.Hour), API: "api_1", Track: "v2", Revision: 7, Version: "1.0.1", Route: "get pet", LastCall: clock()}
	nobody, mine, stranger, upload := of, of, of, of
	nobody.Calls, nobody.Refused = 1, 1
	mine.App, mine.Calls, mine.Errors, mine.Refused = "app_shop", 4, 1, 1
	mine.LastCall = clock().Add(45 * time.Minute)
	mine.Bucket = mine.LastCall.Truncate(time.Hour)
	stranger.App, stranger.Calls, stranger.Refused = "app_stranger", 1, 1
	upload.Route, upload.App, upload.Calls = "upload", "app_shop", 1
	if diff := cmp.Diff([]gatewright.Usage{nobody, mine, stranger, upload}, g.TakeUsage(10)); diff != "" {
		t.Error(diff)
	}
	if again := g.TakeUsage(10); again != nil {
		t.Errorf("taken twice: %+v", again)
	}
}

// TestUsageIsTakenInParts takes fewer counts than there are, while calls go on
// and the slot is replaced, and misses none.
func TestUsageIsTakenInParts(t *testing.T) {
	spec := pets()
	spec.Routes = nil
	for i := range 20 {
		spec.Routes = append(spec.Routes, gatewright.Route{Name: fmt.Sprint("r", i), Path: fmt.Sprintf("/r%d", i)})
	}
	g := idle(t, Config{}, spec)
	var callers sync.WaitGroup
	const each = 2000
	for range 4 {
		callers.Go(func() {
			for i := range each {
				ask(g, request("GET", fmt.Sprintf("/pets/r%d", i%20)))
			}
		})
	}
	done := make(chan struct{})
	go func() { callers.Wait(); close(done) }()
	total := map[string]int64{}
	take := func() int {
		counts := g.TakeUsage(3)
		if len(counts) > 3 {
			t.Errorf("%d counts at a time", len(counts))
		}
		for _, c := range counts {
			total[c.Route] += c.Calls
		}
		return len(counts)
	}
	for n := 0; ; n++ {
		select {
		case <-done:
			for take() > 0 {
			}
			for route, calls := range total {
				if calls != 4*each/20 {
					t.Errorf("route %s: %d calls, want %d", route, calls, 4*each/20)
				}
			}
			if len(total) != 20 {
				t.Errorf("%d routes", len(total))
			}
			return
		default:
			take()
			altered := *spec
			altered.Version = fmt.Sprint("1.", n%3)
			g.Apply(updateOf(t, &altered), int64(n))
		}
	}
}

func TestUsageIsBounded(t *testing.T) {
	g := idle(t, Config{}, pets())
	g.usage.limit = 5
	of := &usageOf{api: "api_1", revision: 7}
	ex := request("GET", "/")
	for i := range 100 {
		g.usage.add(0, usageKey{of: of, route: &route{name: fmt.Sprint("r", i)}}, ex)
	}
	counts := g.TakeUsage(100)
	var calls int64
	for _, c := range counts {
		calls += c.Calls
	}
	if len(counts) != 6 || calls != 100 || counts[0].Route != "" || counts[0].Calls != 95 || g.Status().Uncounted != 95 {
		t.Errorf("%d counts of %d calls, the first %+v; %d without route", len(counts), calls, counts[0], g.Status().Uncounted)
	}
	// What is not called any more makes room.
	g.TakeUsage(100)
	g.TakeUsage(100)
	for i := range g.usage.shards {
		if sh := &g.usage.shards[i]; len(sh.counts) != 0 || len(sh.spare) != 0 {
			t.Errorf("stripe %d still has %d and %d combinations", i, len(sh.counts), len(sh.spare))
		}
	}
}
