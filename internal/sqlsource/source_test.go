//go:build unix

package sqlsource

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

// TestClose interrupts what runs when the time to end it by itself is over.
func TestClose(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		s := b.open(t, gatewright.SourceLimits{})
		began := make(chan struct{})
		ended := make(chan error, 1)
		go func() {
			rows, err := s.Query(context.Background(), Statement{Text: endless(b.config.Dialect), MaxRows: 100_000_000})
			close(began)
			if err != nil {
				ended <- err
				return
			}
			defer rows.Close()
			for rows.Next() {
			}
			ended <- rows.Err()
		}()
		<-began
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s.Close(ctx)
		if err := <-ended; !errors.Is(err, Closed) && !errors.Is(err, TooLarge) {
			t.Errorf("what ran ended with %v", err)
		}
		if _, err := s.Query(t.Context(), Statement{Text: "SELECT 1"}); !errors.Is(err, Closed) {
			t.Errorf("after closing: %v", err)
		}
		if stats := s.Stats(); stats != (Stats{}) {
			t.Errorf("%+v", stats)
		}
		s.Close(ctx)
	})
}

// TestParallel has many callers share few connections.
func TestParallel(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		s := b.open(t, gatewright.SourceLimits{Connections: 3, Queue: 1000, WaitTimeout: gatewright.Duration(time.Minute)})
		var group sync.WaitGroup
		for range 40 {
			group.Go(func() {
				for range 5 {
					rows, err := s.Query(t.Context(), Statement{Text: "SELECT 7"})
					if err != nil {
						t.Error(err)
						return
					}
					if !rows.Next() || string(rows.Row()[0].Bytes) != "7" {
						t.Error(rows.Err())
					}
					if rows.Next() {
						t.Error("there are two rows")
					}
					rows.Close()
				}
			})
		}
		group.Wait()
		if stats := s.Stats(); stats.Open > 3 || stats.Open != stats.Idle {
			t.Errorf("%+v", stats)
		}
	})
}

// TestAllocations counts what a row costs. The driver for MySQL makes a value
// for each cell; what this package does with it costs nothing.
func TestAllocations(t *testing.T) {
	texts := map[gatewright.Dialect]string{
		gatewright.PostgreSQL: "SELECT generate_series(1, 100000), 1.5::numeric, 'text', '2024-01-02 03:04:05+00'::timestamptz, true, ARRAY['x','y']",
		gatewright.MySQL:      "SELECT 'a text', 1.5, TIMESTAMP '2024-01-02 03:04:05' FROM seq_1_to_100000",
		gatewright.ClickHouse: "SELECT number, 1.5, 'text', toDateTime('2024-01-02 03:04:05'), [1, 2], NULL FROM numbers(100000)",
	}
	most := map[gatewright.Dialect]float64{gatewright.PostgreSQL: 0, gatewright.MySQL: 4, gatewright.ClickHouse: 0}
	for kind, text := range texts {
		t.Run(string(kind), func(t *testing.T) {
			s := newBed(t, kind).open(t, gatewright.SourceLimits{})
			rows, err := s.Query(t.Context(), Statement{Text: text})
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for range 100 {
				rows.Next()
			}
			got := testing.AllocsPerRun(10_000, func() {
				if !rows.Next() {
					t.Fatal(rows.Err())
				}
			})
			if got > most[kind] {
				t.Errorf("a row costs %v allocations", got)
			}
		})
	}
}

func BenchmarkRows(b *testing.B) {
	texts := map[gatewright.Dialect]string{
		gatewright.PostgreSQL: "SELECT generate_series(1, 1000), 'some text', 1.5::numeric, '2024-01-02 03:04:05+00'::timestamptz",
		gatewright.MySQL:      "SELECT seq, 'some text', 1.5, TIMESTAMP '2024-01-02 03:04:05' FROM seq_1_to_1000",
		gatewright.ClickHouse: "SELECT number, 'some text', 1.5, toDateTime('2024-01-02 03:04:05', 'UTC') FROM numbers(1000)",
		gatewright.SQLite:     "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 1000) SELECT n, 'some text', 1.5, '2024-01-02 03:04:05' FROM r",
	}
	for _, kind := range kinds {
		b.Run(string(kind), func(b *testing.B) {
			s := newBed(b, kind).open(b, gatewright.SourceLimits{})
			b.ReportAllocs()
			for b.Loop() {
				rows, err := s.Query(b.Context(), Statement{Text: texts[kind]})
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				for rows.Next() {
					n++
				}
				rows.Close()
				if n != 1000 {
					b.Fatalf("%d rows, %v", n, rows.Err())
				}
			}
		})
	}
}
