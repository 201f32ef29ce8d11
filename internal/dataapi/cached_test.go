//go:build unix

package dataapi_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi"
	"github.com/gatewright/gatewright/internal/dataapi/cache"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/query"
)

// cachedAPI is an API with a cache, and what counts its statements.
func cachedAPI(t testing.TB, b *bed, def *gatewright.DataDefinition, set ...func(*dataapi.Options)) (*dataapi.API, *counting, *cache.Cache) {
	t.Helper()
	c, store := &counting{Source: b.source}, newCache(t, cache.Options{})
	def.Cache = gatewright.CacheSystem
	o := dataapi.Options{API: "a", Source: "shop", Cache: store, Query: query.Options{Schema: b.schema}, Now: func() time.Time { return time.Unix(1, 0) }}
	for _, f := range set {
		f(&o)
	}
	a, err := dataapi.New(def, b.tables(), b.dialect, c, o)
	if err != nil {
		t.Fatal(err)
	}
	return a, c, store
}

// TestCachedIsTheSame: for every format, an answer that was kept is, byte for
// byte, the one that the database gives.
func TestCachedIsTheSame(t *testing.T) {
	b := newBed(t, gatewright.SQLite)
	b.fill(t)
	for _, f := range format.Formats() {
		t.Run(string(f), func(t *testing.T) {
			a, c, _ := cachedAPI(t, b, wizard(everyColumn))
			fresh := answer(t, a, dataapi.Request{Format: f, NoCache: true, Call: query.Call{Total: true}})
			first := answer(t, a, dataapi.Request{Format: f, Call: query.Call{Total: true}})
			before := c.n.Load()
			again := answer(t, a, dataapi.Request{Format: f, Call: query.Call{Total: true}})
			if fresh != first || first != again {
				t.Errorf("fresh %q\nfirst %q\nagain %q", fresh, first, again)
			}
			if n := c.n.Load(); n != before {
				t.Errorf("the database was asked %d times more", n-before)
			}
		})
	}
}

// TestCacheKeys: whatever differs in what an answer depends on makes another
// answer.
func TestCacheKeys(t *testing.T) {
	b := newBed(t, gatewright.SQLite)
	b.fill(t)
	a, c, store := cachedAPI(t, b, wizard("+id name secret region", param("region", "region", "")))
	ask := func(change func(*dataapi.Request)) (string, bool) {
		t.Helper()
		r := dataapi.Request{Format: format.Array}
		change(&r)
		before := c.n.Load()
		text := answer(t, a, r)
		return text, c.n.Load() > before
	}
	ask(func(*dataapi.Request) {})
	low, high := grant(t, query.Rights{}), grant(t, query.Rights{Clearance: gatewright.SecurityConfidential})
	for _, tt := range []struct {
		name   string
		change func(*dataapi.Request)
	}{
		{"parameter", func(r *dataapi.Request) { r.JSON = []byte(`{"region":"north"}`) }},
		{"another value", func(r *dataapi.Request) { r.JSON = []byte(`{"region":"south"}`) }},
		{"null", func(r *dataapi.Request) { r.JSON = []byte(`{"region":null}`) }},
		{"format", func(r *dataapi.Request) { r.Format = format.CSV }},
		{"option of the format", func(r *dataapi.Request) { r.Format, r.Options.PlainCells = format.CSV, true }},
		{"total", func(r *dataapi.Request) { r.Total = true }},
		{"limit", func(r *dataapi.Request) { r.MaxRows = 2 }},
		{"clearance", func(r *dataapi.Request) { r.Grant = high }},
		{"rows", func(r *dataapi.Request) { r.Grant = grant(t, query.Rights{Rows: north()}) }},
		{"columns", func(r *dataapi.Request) { r.Grant = grant(t, query.Rights{Columns: []string{"id"}}) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, asked := ask(tt.change); !asked {
				t.Error("served from another's answer")
			}
			if _, asked := ask(tt.change); asked {
				t.Error("not kept")
			}
		})
	}
	if text, _ := ask(func(r *dataapi.Request) { r.Grant = low }); strings.Contains(text, "hidden") {
		t.Error("an answer of a higher clearance was served")
	}
	if _, asked := ask(func(r *dataapi.Request) { r.NoCache = true }); !asked {
		t.Error("the cache was asked though it was not to be")
	}
	store.PurgeSource("shop")
	if _, asked := ask(func(*dataapi.Request) {}); !asked {
		t.Error("served behind a purge")
	}
	other, c2, _ := cachedAPI(t, b, wizard("+id name secret region", param("region", "region", "")), func(o *dataapi.Options) { o.Cache, o.Identity = store, "r2" })
	answer(t, other, dataapi.Request{Format: format.Array})
	if c2.n.Load() == 0 {
		t.Error("one revision's answer served for another")
	}
}

// TestErrorsAreNotKept: an error is told, and the next call asks anew.
func TestErrorsAreNotKept(t *testing.T) {
	b := newBed(t, gatewright.SQLite)
	b.fill(t)
	a, _, _ := cachedAPI(t, b, wizard("+id"))
	b.execute("ALTER TABLE t_orders RENAME TO elsewhere")
	_, err := call(t, a, dataapi.Request{})
	if err == nil || codeOf(err) != "5003" {
		t.Fatalf("%v", err)
	}
	b.execute("ALTER TABLE elsewhere RENAME TO t_orders")
	answer(t, a, dataapi.Request{})
}

// TestCoalescedCalls: identical calls at once ask the database once, and each
// gets the whole answer with its own end.
func TestCoalescedCalls(t *testing.T) {
	b := newBed(t, gatewright.SQLite)
	b.fill(t)
	a, c, store := cachedAPI(t, b, wizard(everyColumn))
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			result, err := a.Call(context.Background(), &dataapi.Request{RequestID: "mine"})
			if err != nil {
				t.Error(err)
				return
			}
			defer result.Close()
			var out bytes.Buffer
			if _, err := result.WriteTo(&out); err != nil || !strings.Contains(out.String(), `"DataCnt":7,`) || !strings.Contains(out.String(), `"RequestId":"mine"`) {
				t.Errorf("%v: %s", err, out.String())
			}
		})
	}
	wg.Wait()
	if n := c.n.Load(); n != 1 {
		t.Errorf("the database was asked %d times", n)
	}
	if got := store.Stats(); got.Entries != 1 || got.Hits+got.Coalesced != 31 {
		t.Errorf("%+v", got)
	}
}

func TestETags(t *testing.T) {
	b := newBed(t, gatewright.SQLite)
	b.fill(t)
	a, _, _ := cachedAPI(t, b, wizard("+id name"))
	tag := func(r dataapi.Request) string {
		result, err := a.Call(t.Context(), &r)
		if err != nil {
			t.Fatal(err)
		}
		defer result.Close()
		return result.ETag()
	}
	rows := tag(dataapi.Request{Format: format.Array})
	if !strings.HasPrefix(rows, `"`) || rows != tag(dataapi.Request{Format: format.Array}) || rows != tag(dataapi.Request{Format: format.Array, NoCache: true}) {
		t.Errorf("array: %s", rows)
	}
	if enveloped := tag(dataapi.Request{}); !strings.HasPrefix(enveloped, `W/"`) {
		t.Errorf("envelope: %s", enveloped)
	}
	b.execute("UPDATE t_orders SET name = 'other' WHERE order_id = 1")
	if changed := tag(dataapi.Request{Format: format.Array, NoCache: true}); changed == rows {
		t.Error("other content has the same validator")
	}
}
