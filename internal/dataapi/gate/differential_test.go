package gate_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gatewright/gatewright/internal/dataapi/gate"
)

// TestRandomStatements compares, for random statements, what the gate's text
// answers over the physical tables with what the caller's text answers over
// tables that have the logical names. The account of the first may read the
// columns of the rules only: a permission error is a failure.
func TestRandomStatements(t *testing.T) {
	count := 400 // MariaDB 10.11 dies of a later statement of this series
	if testing.Short() {
		count = 200
	}
	for d, start := range engines() {
		t.Run(string(d), func(t *testing.T) {
			e := start(t)
			g, err := gate.New(e.rules)
			if err != nil {
				t.Fatal(err)
			}
			answered := 0
			for seed := range count {
				w := &writer{r: rand.New(rand.NewPCG(uint64(seed), 7)), dialect: d}
				text := w.statement()
				s, err := g.Check(text)
				if err != nil {
					t.Fatalf("seed %d: refused: %v\n%s", seed, err, text)
				}
				want, oracleErr := answer(t.Context(), e.oracle, text)
				got, err := answer(t.Context(), e.guest, s.SQL)
				if tooLong(err) || tooLong(oracleErr) {
					continue
				}
				if (err != nil) != (oracleErr != nil) {
					t.Fatalf("seed %d:\n%s\n=>\n%s\nerror %v, of the oracle %v", seed, text, s.SQL, err, oracleErr)
				}
				if err != nil {
					continue
				}
				answered++
				if len(want) > e.rules.MaxRows {
					if len(got) != e.rules.MaxRows {
						t.Fatalf("seed %d: %d rows instead of %d", seed, len(got), e.rules.MaxRows)
					}
					continue
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("seed %d:\n%s\n=>\n%s\n%s", seed, text, s.SQL, diff)
				}
			}
			if answered < count*9/10 {
				t.Errorf("only %d of %d statements had an answer; the rest compares nothing", answered, count)
			}
		})
	}
}

// tooLong reports whether a statement was given up.
func tooLong(err error) bool {
	var e *pgconn.PgError
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &e) && e.Code == "57014"
}

// TestGoldenStatements executes the statements of the golden files: the text
// that is pinned there is one that the database understands.
func TestGoldenStatements(t *testing.T) {
	// Not to be compared or not to be executed, and why.
	skipped := map[string]string{
		"names of any script and case":       "its table is not in these databases",
		"functions that are words elsewhere": "it calls a function that exists in the rules of another test only",
		"names without case":                 "MariaDB's own tables have a case on this system",
		"skip without limit":                 "MariaDB has no OFFSET without LIMIT",
		"json":                               "MariaDB has no -> operator",
	}
	for d, start := range engines() {
		t.Run(string(d), func(t *testing.T) {
			e := start(t)
			g, err := gate.New(e.rules)
			if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join("testdata", string(d)+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			for block := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n\n") {
				first, rest, _ := strings.Cut(block, "\n")
				name := strings.TrimPrefix(first, "-- ")
				text, _, _ := strings.Cut(rest, "\n=> ")
				if skipped[name] != "" {
					continue
				}
				t.Run(name, func(t *testing.T) {
					s, err := g.Check(text)
					if err != nil {
						t.Fatal(err)
					}
					for _, statement := range []string{s.SQL, s.Count.SQL} {
						prepared, err := e.guest.PrepareContext(t.Context(), statement)
						if err != nil {
							t.Fatalf("%v\n%s", err, statement)
						}
						prepared.Close()
					}
					if len(s.Params) > 0 {
						return
					}
					want, err := answer(t.Context(), e.oracle, text)
					if err != nil {
						t.Fatalf("the oracle: %v", err)
					}
					got, err := answer(t.Context(), e.guest, s.SQL)
					if err != nil {
						t.Fatalf("%v\n%s", err, s.SQL)
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("(-want +got)\n%s", diff)
					}
				})
			}
		})
	}
}
