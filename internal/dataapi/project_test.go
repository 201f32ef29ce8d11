package dataapi

import (
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/query"
	"github.com/gatewright/gatewright/internal/sqlsource"
)

// TestConversions: a cell of a database without a type is what the declared
// type says, or stays what it is.
func TestConversions(t *testing.T) {
	for _, tt := range []struct {
		name     string
		typ      gatewright.DataType
		kind     sqlsource.CellKind
		text     string
		want     sqlsource.CellKind
		wantText string
	}{
		{"number as truth", gatewright.TypeBool, sqlsource.Integer, "1", sqlsource.Bool, "true"},
		{"number that is no truth", gatewright.TypeBool, sqlsource.Integer, "2", sqlsource.Integer, "2"},
		{"text as truth", gatewright.TypeBool, sqlsource.String, "false", sqlsource.Bool, "false"},
		{"text as number", gatewright.TypeDecimal, sqlsource.String, "-1.50", sqlsource.Decimal, "-1.50"},
		{"text that is no number", gatewright.TypeInt, sqlsource.String, "1e5", sqlsource.String, "1e5"},
		{"text with a zero in front", gatewright.TypeInt, sqlsource.String, "007", sqlsource.String, "007"},
		{"number as text", gatewright.TypeString, sqlsource.Integer, "9007199254740993", sqlsource.String, "9007199254740993"},
		{"bytes are no text", gatewright.TypeString, sqlsource.Bytes, "x", sqlsource.Bytes, "x"},
		{"text as date", gatewright.TypeDate, sqlsource.String, "2024-01-01", sqlsource.Date, "2024-01-01"},
		{"midnight as date", gatewright.TypeDate, sqlsource.DateTime, "2024-01-01T00:00:00", sqlsource.Date, "2024-01-01"},
		{"noon is no date", gatewright.TypeDate, sqlsource.DateTime, "2024-01-01T12:00:00", sqlsource.DateTime, "2024-01-01T12:00:00"},
		{"text as moment", gatewright.TypeDateTime, sqlsource.String, "2024-01-01 10:00:00.25", sqlsource.DateTime, "2024-01-01T10:00:00.25"},
		{"text with a zone", gatewright.TypeDateTime, sqlsource.String, "2024-01-01 10:00:00+01", sqlsource.String, "2024-01-01 10:00:00+01"},
		{"text as JSON", gatewright.TypeJSON, sqlsource.String, `{"a":1}`, sqlsource.JSON, `{"a":1}`},
		{"text that is no JSON", gatewright.TypeJSON, sqlsource.String, `{a`, sqlsource.String, `{a`},
		{"text as list", "array<int>", sqlsource.String, `[1,2]`, sqlsource.Array, `[1,2]`},
		{"text that is no list", "array<int>", sqlsource.String, `1,2`, sqlsource.String, `1,2`},
		{"text as bytes", gatewright.TypeBinary, sqlsource.String, "x", sqlsource.Bytes, "x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := project([]query.Column{{Name: "a", Type: tt.typ, Result: "a"}}, []sqlsource.Column{{Name: "A"}})
			if err != nil {
				t.Fatal(err)
			}
			got := p.of([]sqlsource.Cell{{Kind: tt.kind, Bytes: []byte(tt.text)}})[0]
			if got.Kind != tt.want || string(got.Bytes) != tt.wantText {
				t.Errorf("%s %q", got.Kind, got.Bytes)
			}
		})
	}
}

// TestNoAllocations: making a row out of a database's costs no memory.
func TestNoAllocations(t *testing.T) {
	columns := []query.Column{
		{Name: "a", Type: gatewright.TypeDateTime, Position: 0}, {Name: "b", Type: gatewright.TypeBool, Position: 1},
		{Name: "c", Type: gatewright.TypeString, Masked: true}, {Name: "d", Type: gatewright.TypeInt, Position: 2, Default: int64(1)},
	}
	p, err := project(columns, make([]sqlsource.Column, 3))
	if err != nil {
		t.Fatal(err)
	}
	row := []sqlsource.Cell{{Kind: sqlsource.String, Bytes: []byte("2024-01-01 10:00:00")}, {Kind: sqlsource.Integer, Bytes: []byte("1")}, {}}
	p.of(row)
	if n := testing.AllocsPerRun(100, func() { p.of(row) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
