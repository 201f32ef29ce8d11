//go:build unix

package dataapi_test

import (
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/query"
)

func grant(t testing.TB, r query.Rights) *query.Grant {
	t.Helper()
	g, err := query.NewGrant(r)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// north are the rows of the north, or without a quantity.
func north() []query.TableRows {
	return []query.TableRows{{Table: "orders", Where: query.RowRule{Any: []query.RowRule{
		{Field: "region", Operator: gatewright.OpIn, Values: []string{"north", "o'north"}},
		{All: []query.RowRule{{Field: "qty"}, {Field: "day", Operator: gatewright.OpGreater, Values: []string{"2024-01-01"}}}},
	}}}}
}

// TestRights: what a caller sees of rows and columns in each mode, on each
// database.
func TestRights(t *testing.T) {
	const low, high = gatewright.SecurityPublic, gatewright.SecurityConfidential
	both := wizard("+id name secret", param("secret", "secret", ""), param("id", "id", ""))
	both.Columns[2].Sort = gatewright.SortDescending
	text := script("SELECT id, secret, length(secret) AS name FROM orders ORDER BY id LIMIT 1", "id secret name")
	text.Columns[2].Field = "" // computed, of no level of its own
	defaulted := wizard("+id", gatewright.DataParam{Name: "secret", Field: "secret", Type: gatewright.TypeString, Default: "hidden"})
	released := script(text.Script, "id secret name")
	released.Columns[2].Field, released.Columns[2].Security = "", gatewright.SecurityPublic
	cases := []struct {
		name   string
		def    *gatewright.DataDefinition
		rights *query.Rights
		call   query.Call
		want   string // rows, or the code of the failure
	}{
		{"wizard, cleared", both, &query.Rights{Clearance: high}, query.Call{JSON: []byte(`{"id":1}`)}, `[{"id":1,"name":"alpha","secret":"hidden"}]`},
		{"wizard, masked", both, &query.Rights{Clearance: low}, query.Call{JSON: []byte(`{"id":1}`)}, `[{"id":1,"name":"alpha","secret":"***"}]`},
		{"wizard, without a grant", both, nil, query.Call{JSON: []byte(`{"id":1}`)}, `[{"id":1,"name":"alpha","secret":"***"}]`},
		{"wizard, asking for what is masked", both, nil, query.Call{JSON: []byte(`{"secret":"hidden"}`)}, "1005"},
		{"wizard, a default of the author's", defaulted, nil, query.Call{}, `[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5},{"id":6},{"id":7}]`},
		{"wizard, another than the default", defaulted, nil, query.Call{JSON: []byte(`{"secret":"x"}`)}, "1005"},
		{"wizard, asking with null", both, nil, query.Call{JSON: []byte(`{"secret":null}`)}, "1005"},
		{"wizard, columns", both, &query.Rights{Clearance: high, Columns: []string{"NAME"}}, query.Call{JSON: []byte(`{"id":1}`)}, `[{"name":"alpha"}]`},
		{"wizard, no column left", both, &query.Rights{Clearance: low, Columns: []string{"secret"}}, query.Call{}, "1005"},
		{"wizard, rows", both, &query.Rights{Clearance: low, Rows: north(), Columns: []string{"id"}}, query.Call{}, `[{"id":1},{"id":2},{"id":3},{"id":5}]`},
		{"wizard, a rule of no field", both, &query.Rights{Rows: []query.TableRows{{Table: "orders", Where: query.RowRule{Field: "nothing"}}}}, query.Call{}, "1005"},
		{"script, masked", text, nil, query.Call{}, `[{"id":1,"secret":"***","name":"***"}]`},
		{"script, cleared", text, &query.Rights{Clearance: gatewright.SecuritySecret}, query.Call{}, `[{"id":1,"secret":"hidden","name":"6"}]`},
		{"script, computed and released", released, nil, query.Call{}, `[{"id":1,"secret":"***","name":"6"}]`},
		{"script, rows", script("SELECT count(*) AS id FROM (SELECT * FROM orders UNION ALL SELECT * FROM orders) AS x", "id"), &query.Rights{Rows: north()}, query.Call{}, `[{"id":8}]`},
		{"script without columns, not cleared", script("SELECT secret AS id FROM orders", ""), nil, query.Call{}, "1005"},
		{"script without columns, cleared", script("SELECT secret AS id FROM orders ORDER BY 1 LIMIT 1", ""), &query.Rights{Clearance: high}, query.Call{}, `[{"id":"hidden"}]`},
		{"native, star", native(), nil, query.Call{SQL: "SELECT * FROM orders WHERE id = 4"},
			`[{"id":4,"qty":-7,"amount":-3.00,"name":"back\\slash","day":"2023-12-31","created":"2023-12-31T00:00:00","paid":true,"doc":null,"raw":null,"region":"east"}]`},
		{"native, by name", native(), nil, query.Call{SQL: "SELECT secret FROM orders"}, "2004"},
		{"native, cleared", native(), &query.Rights{Clearance: high}, query.Call{SQL: "SELECT secret FROM orders WHERE id = 1"}, `[{"secret":"hidden"}]`},
		{"native, columns", native(), &query.Rights{Columns: []string{"orders.id"}}, query.Call{SQL: "SELECT * FROM orders WHERE id < 3"}, `[{"id":1},{"id":2}]`},
		{"native, in a condition", native(), &query.Rights{Columns: []string{"id"}}, query.Call{SQL: "SELECT id FROM orders WHERE name = 'alpha'"}, "2004"},
		{"native, rows", native(), &query.Rights{Rows: north()}, query.Call{SQL: "SELECT id FROM orders WHERE 1 = 1 OR region = 'east' ORDER BY id"}, `[{"id":1},{"id":2},{"id":3},{"id":5}]`},
	}
	eachBed(t, func(t *testing.T, b *bed) {
		for _, tt := range cases {
			t.Run(tt.name, func(t *testing.T) {
				if tt.rights != nil {
					tt.call.Grant = grant(t, *tt.rights)
				}
				got, err := call(t, b.api(t, tt.def), dataapi.Request{Call: tt.call, Format: format.Array})
				if err != nil {
					if code := codeOf(err); code != tt.want {
						t.Fatalf("%s: %v: %v", code, err, dataapi.FailureOf(err).Unwrap())
					}
					return
				}
				if len(tt.want) == 4 {
					t.Fatalf("answered: %s", got)
				}
				same(t, exactly(t, got), exactly(t, b.asKept(tt.want)))
			})
		}
	})
}

// asKept is what a database says of the orders where no type is declared.
func (b *bed) asKept(want string) string {
	switch b.dialect {
	case gatewright.SQLite:
		return strings.ReplaceAll(sqliteNumbers().Replace(want), "T00:00:00", " 00:00:00")
	case gatewright.MySQL:
		return strings.ReplaceAll(want, `"paid":true`, `"paid":1`)
	}
	return want
}

// TestBadRule: a rule that makes no sense denies everything and tells callers
// nothing of itself.
func TestBadRule(t *testing.T) {
	b := newFilled(t, gatewright.SQLite)
	for _, rule := range []query.RowRule{
		{Field: "nothing"}, {Field: "qty", Values: []string{"x"}}, {Field: "qty", Operator: "~", Values: []string{"1"}},
		{Field: "qty", Operator: gatewright.OpGreater}, {Field: "raw", Values: []string{"AAAA"}}, {Field: "qty", Values: []string{"1", "2"}},
	} {
		g := grant(t, query.Rights{Rows: []query.TableRows{{Table: "orders", Where: rule}}})
		text, err := call(t, b.api(t, wizard("+id")), dataapi.Request{Call: query.Call{Grant: g}})
		if err == nil || dataapi.FailureOf(err).Cause != dataapi.CauseDataDenied && dataapi.FailureOf(err).Cause != dataapi.CauseInternal || strings.Contains(err.Error(), "qty") || strings.Contains(err.Error(), "nothing") {
			t.Errorf("%+v: %s %v", rule, text, err)
		}
	}
}
