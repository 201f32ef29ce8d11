//go:build unix

package dataapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi"
	"github.com/gatewright/gatewright/internal/dataapi/cache"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/query"
)

// many makes the orders a table of n rows.
func (b *bed) many(n int) {
	b.execute("DROP TABLE t_orders", fmt.Sprintf(`CREATE TABLE t_orders AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d)
		SELECT n AS order_id, n * 7 AS n, n + 0.5 AS amount, 'name ' || n AS name, '2024-01-01' AS day, NULL AS at_, n %% 2 AS ok, '{}' AS doc, NULL AS raw, 'north' AS region, 'hidden' AS secret FROM c`, n))
}

func rows(n int) func(*dataapi.Options) {
	return func(o *dataapi.Options) { o.Query.MaxRows = n }
}

// watcher counts lines and looks at the live memory now and then.
type watcher struct {
	lines, looks int
	most         uint64
}

func (w *watcher) Write(p []byte) (int, error) {
	before := w.lines
	w.lines += bytes.Count(p, []byte("\n"))
	if before/100_000 != w.lines/100_000 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		w.most = max(w.most, m.HeapAlloc)
		w.looks++
	}
	return len(p), nil
}

// TestConstantMemory: a million rows pass through memory that does not grow.
func TestConstantMemory(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 110_000
	}
	b := newFilled(t, gatewright.SQLite)
	b.many(n)
	a := b.api(t, wizard("id qty amount name region"), rows(n))
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	result, err := a.Call(t.Context(), &dataapi.Request{Format: format.Lines})
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	var w watcher
	written, err := result.WriteTo(&w)
	if err != nil || w.lines != n || result.Rows() != int64(n) || result.Truncated() {
		t.Fatalf("%d lines, %d rows, %v", w.lines, result.Rows(), err)
	}
	if grown := int64(w.most) - int64(before.HeapAlloc); w.looks < n/100_000 || grown > 4<<20 {
		t.Errorf("%d bytes written, the heap grew by %d (%d looks)", written, grown, w.looks)
	}
}

// TestLargeThroughCache: what is too large to be kept is whole for each of
// those who ask at once, and nothing of it stays.
func TestLargeThroughCache(t *testing.T) {
	const n = 20_000 // more than may be kept
	b := newFilled(t, gatewright.SQLite)
	b.many(n)
	a, c, store := cachedAPI(t, b, wizard("id qty amount name region"), rows(n))
	results := make(chan error, 4)
	for range cap(results) {
		go func() {
			result, err := a.Call(context.Background(), &dataapi.Request{Format: format.Lines})
			if err != nil {
				results <- err
				return
			}
			defer result.Close()
			var w watcher
			if _, err = result.WriteTo(&w); err == nil && w.lines != n {
				err = fmt.Errorf("%d lines", w.lines)
			}
			results <- err
		}()
	}
	for range cap(results) {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if got := store.Stats(); got.Entries != 0 || got.Larger == 0 {
		t.Errorf("%+v", got)
	}
	if n := c.n.Load(); n > int64(cap(results)) {
		t.Errorf("the database was asked %d times", n)
	}
	checkIdle(t, b)
}

// checkIdle makes sure that no statement runs any more.
func checkIdle(t testing.TB, b *bed) {
	t.Helper()
	if s := b.source.Stats(); s.Open != s.Idle {
		t.Errorf("connections are in use: %+v", s)
	}
}

// TestGoingAway: a caller that goes away in the middle ends the statement.
func TestGoingAway(t *testing.T) {
	b := newFilled(t, gatewright.SQLite)
	b.many(50_000)
	for _, tt := range []struct {
		name string
		away func(cancel func(), result *dataapi.Result) error
	}{
		{"unwritten", func(_ func(), r *dataapi.Result) error { return nil }},
		{"its writer fails", func(_ func(), r *dataapi.Result) error {
			if _, err := r.WriteTo(&broken{after: 100_000}); !errors.Is(err, io.ErrClosedPipe) {
				return fmt.Errorf("writing ended with %w", err)
			}
			return nil
		}},
		{"its context ends", func(cancel func(), r *dataapi.Result) error {
			cancel()
			_, err := r.WriteTo(io.Discard)
			var f *dataapi.Failure
			if !errors.As(err, &f) || f.Cause != dataapi.CauseCancelled {
				return fmt.Errorf("writing ended with %w", err)
			}
			return nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, cached := range []bool{false, true} {
				a, _, _ := cachedAPI(t, b, wizard("id qty amount name region"), rows(50_000))
				ctx, cancel := context.WithCancel(t.Context())
				result, err := a.Call(ctx, &dataapi.Request{Format: format.Lines, NoCache: !cached})
				if err != nil {
					t.Fatal(err)
				}
				if err := tt.away(cancel, result); err != nil {
					t.Error(err)
				}
				result.Close()
				result.Close()
				cancel()
				checkIdle(t, b)
			}
		})
	}
}

// broken is a writer that breaks.
type broken struct{ after int }

func (b *broken) Write(p []byte) (int, error) {
	if b.after -= len(p); b.after < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// TestLateFailure: an error behind the first rows is told by the end of an
// envelope, which stays valid JSON, and breaks the other formats off.
func TestLateFailure(t *testing.T) {
	b := newFilled(t, gatewright.SQLite)
	b.many(50_000)
	a := b.api(t, wizard("+id qty amount name region"), rows(50_000), func(o *dataapi.Options) { o.MaxBytes = 500_000 })
	for _, f := range format.Formats() {
		t.Run(string(f), func(t *testing.T) {
			result, err := a.Call(t.Context(), &dataapi.Request{Format: f})
			if err != nil { // Arrow's first batch is larger than what is read first
				if codeOf(err) != "5004" {
					t.Error(err)
				}
				return
			}
			defer result.Close()
			var out strings.Builder
			_, err = result.WriteTo(&out)
			if !f.Enveloped() {
				if err == nil || codeOf(err) != "5004" {
					t.Errorf("%v", err)
				}
				return
			}
			end := exactly(t, out.String()).(map[string]any)
			if err != nil || fmt.Sprint(end["ErrorCode"]) != "5004" || result.Failure() == nil || fmt.Sprint(end["DataCnt"]) != fmt.Sprint(len(end["Data"].([]any))) {
				t.Errorf("%v, %v, %v", err, end["ErrorCode"], end["DataCnt"])
			}
		})
	}
	checkIdle(t, b)
}

// BenchmarkCall answers a call with 100 rows of 8 columns.
func BenchmarkCall(b *testing.B) {
	bed := newFilled(b, gatewright.SQLite)
	bed.many(100)
	for _, kept := range []bool{false, true} {
		b.Run(map[bool]string{false: "database", true: "cache"}[kept], func(b *testing.B) {
			def := wizard("+id qty amount name day created paid region", param("qty", "qty", gatewright.OpGreater))
			if kept {
				def.Cache = gatewright.CacheSystem
			}
			a := bed.api(b, def, func(o *dataapi.Options) { o.Cache = newCache(b, cache.Options{}) })
			r := dataapi.Request{Call: query.Call{JSON: []byte(`{"qty":0}`)}}
			b.ReportAllocs()
			for b.Loop() {
				result, err := a.Call(context.Background(), &r)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := result.WriteTo(io.Discard); err != nil {
					b.Fatal(err)
				}
				result.Close()
			}
		})
	}
}
