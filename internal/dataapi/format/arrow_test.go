package format

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatewright/gatewright/internal/sqlsource"
)

var write = flag.String("write", "", "a directory to write the Arrow streams of the tests to, for other readers to look at")

// TestArrow pins streams that were read, cell by cell, with the library of Apache
// Arrow for Go. When one changes on purpose, have another implementation read
// what -write writes before it is pinned.
func TestArrow(t *testing.T) {
	for _, tt := range []struct {
		name string
		rows int
		want string
	}{
		{"none", 0, "9c441fae558ef726"},
		{"few", 11, "837b9915bf82da86"},
		{"two batches", maxBatchRows + 3, "e9830417414e382b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := New(Arrow, Options{})
			out := e.Head(nil, columns())
			for i := range tt.rows {
				cells := row()
				cells[0] = cell(sqlsource.Integer, fmt.Sprint(i))
				cells[1] = cell(sqlsource.String, fmt.Sprintf("name %d", i))
				if i%3 == 1 {
					clear(cells[1:])
				}
				out = e.Row(out, cells)
			}
			out = e.Tail(e.End(out), &Summary{})
			if err := e.Err(); err != nil {
				t.Fatal(err)
			}
			if *write != "" {
				if err := os.WriteFile(filepath.Join(*write, tt.name+".arrows"), out, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := fmt.Sprintf("%x", sha256.Sum256(out))[:16]; got != tt.want {
				t.Errorf("%d bytes are another stream: %s", len(out), got)
			}
		})
	}
}

// TestArrowRefuses: what a column's type cannot hold is an error and not
// another value.
func TestArrowRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		typ  sqlsource.Type
		cell sqlsource.Cell
		ok   bool
	}{
		{"too large a number", sqlsource.TypeBigInt, cell(sqlsource.Integer, "9223372036854775808"), false},
		{"the largest number", sqlsource.TypeBigInt, cell(sqlsource.Integer, "9223372036854775807"), true},
		{"text for a number", sqlsource.TypeInt, cell(sqlsource.String, "x"), false},
		{"zero date", sqlsource.TypeDate, cell(sqlsource.Date, "0000-00-00"), false},
		{"number for a truth value", sqlsource.TypeBool, cell(sqlsource.Integer, "1"), false},
		{"bytes for a text", sqlsource.TypeString, cell(sqlsource.Bytes, "x"), false},
		{"text for bytes", sqlsource.TypeBinary, cell(sqlsource.String, "x"), false},
		{"NaN", sqlsource.TypeDouble, cell(sqlsource.Float, "NaN"), true},
		{"infinity", sqlsource.TypeDouble, cell(sqlsource.Float, "-Infinity"), true},
		{"null", sqlsource.TypeBigInt, sqlsource.Cell{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := New(Arrow, Options{})
			e.Row(e.Head(nil, []Column{{Name: "a", Type: tt.typ}}), []sqlsource.Cell{tt.cell})
			if err := e.Err(); (err == nil) != tt.ok {
				t.Error(err)
			}
		})
	}
}
