package format

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright/internal/sqlsource"
)

func cell(kind sqlsource.CellKind, text string) sqlsource.Cell {
	return sqlsource.Cell{Kind: kind, Bytes: []byte(text)}
}

func TestCells(t *testing.T) {
	for _, tt := range []struct {
		name      string
		cell      sqlsource.Cell
		json, csv string
	}{
		{"null", sqlsource.Cell{}, "null", ""},
		{"true", cell(sqlsource.Bool, "true"), "true", "true"},
		{"whole number", cell(sqlsource.Integer, "18446744073709551616"), "18446744073709551616", "18446744073709551616"},
		{"number with zeros in front", cell(sqlsource.Integer, "-0042"), "-42", "-0042"},
		{"zeros only", cell(sqlsource.Integer, "000"), "0", "000"},
		{"decimal", cell(sqlsource.Decimal, "-0.10"), "-0.10", "-0.10"},
		{"decimal that is no number", cell(sqlsource.Decimal, "NaN"), `"NaN"`, "NaN"},
		{"decimal that begins with its point", cell(sqlsource.Decimal, ".5"), `".5"`, ".5"},
		{"float", cell(sqlsource.Float, "1e-07"), "1e-07", "1e-07"},
		{"infinity", cell(sqlsource.Float, "-Infinity"), `"-Infinity"`, "-Infinity"},
		{"text", cell(sqlsource.String, "a\"b\\c\n\x00\u2028é"), `"a\"b\\c\n\u0000\u2028é"`, "\"a\"\"b\\c\n\x00\u2028é\""},
		{"empty text", cell(sqlsource.String, ""), `""`, `""`},
		{"text with blanks", cell(sqlsource.String, " a"), `" a"`, `" a"`},
		{"invalid text", cell(sqlsource.String, "a\xffb\xc3"), "\"a\uFFFDb\uFFFD\"", "\"a\uFFFDb\uFFFD\""},
		{"bytes", cell(sqlsource.Bytes, "\x00\xff?"), `"AP8/"`, "AP8/"},
		{"no bytes", cell(sqlsource.Bytes, ""), `""`, `""`},
		{"date", cell(sqlsource.Date, "2024-02-29"), `"2024-02-29"`, "2024-02-29"},
		{"moment", cell(sqlsource.Timestamp, "2024-02-29T00:00:00Z"), `"2024-02-29T00:00:00Z"`, "2024-02-29T00:00:00Z"},
		{"JSON on lines", cell(sqlsource.JSON, "{\n\t\"a\": 1\r\n}"), "{  \"a\": 1  }", "\"{  \"\"a\"\": 1  }\""},
		{"array", cell(sqlsource.Array, `[[1],null]`), `[[1],null]`, `"[[1],null]"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(appendCell(nil, tt.cell)); got != tt.json || !json.Valid([]byte(got)) {
				t.Errorf("JSON %s", got)
			}
			if got := string((&table{}).cell(nil, tt.cell)); got != tt.csv {
				t.Errorf("CSV %q", got)
			}
		})
	}
}

func TestColumns(t *testing.T) {
	var in []Column
	for _, name := range []string{"id", "ID", "", "id", "id_2", "", "a\"b"} {
		in = append(in, Column{Name: name})
	}
	var got []string
	for _, c := range Columns(in) {
		got = append(got, c.Name)
	}
	if diff := cmp.Diff([]string{"id", "ID_2", "column_3", "id_3", "id_2_2", "column_6", "a\"b"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFormulas(t *testing.T) {
	for _, tt := range []struct {
		name string
		cell sqlsource.Cell
		want string
	}{
		{"formula", cell(sqlsource.String, "=1+1"), `"'=1+1"`},
		{"plus", cell(sqlsource.String, "+1"), `"'+1"`},
		{"minus", cell(sqlsource.String, "-1"), `"'-1"`},
		{"at", cell(sqlsource.String, "@a"), `"'@a"`},
		{"tab before it", cell(sqlsource.String, "\t=1"), "\"'\t=1\""},
		{"wide", cell(sqlsource.String, "\uFF1D1"), "\"'\uFF1D1\""},
		{"bytes", cell(sqlsource.Bytes, "\xfb\xff"), `"'+/8="`},
		{"a number is one", cell(sqlsource.Integer, "-1"), "-1"},
		{"within a text", cell(sqlsource.String, "a=1"), "a=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := string((&table{plain: true}).cell(nil, tt.cell)); got != tt.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestOneColumn: in a table of one column null is not an empty line, which
// readers skip.
func TestOneColumn(t *testing.T) {
	e := New(CSV, Options{})
	out := e.Head(nil, []Column{{Name: "a"}})
	out = e.Row(out, []sqlsource.Cell{{}})
	records, err := csv.NewReader(strings.NewReader(string(out))).ReadAll()
	if err != nil || len(records) != 2 {
		t.Errorf("%q, %v", records, err)
	}
}

// columns and row are one of each kind.
func columns() []Column {
	return []Column{
		{"id", sqlsource.TypeBigInt}, {"name", sqlsource.TypeString}, {"amount", sqlsource.TypeDecimal}, {"rate", sqlsource.TypeDouble},
		{"day", sqlsource.TypeDate}, {"at", sqlsource.TypeDateTime}, {"ok", sqlsource.TypeBool}, {"raw", sqlsource.TypeBinary},
	}
}

func row() []sqlsource.Cell {
	return []sqlsource.Cell{
		cell(sqlsource.Integer, "9007199254740993"), cell(sqlsource.String, "größe \"x\" \u2028"), cell(sqlsource.Decimal, "99999999999999.99"), cell(sqlsource.Float, "1.5e-07"),
		cell(sqlsource.Date, "1969-12-31"), cell(sqlsource.DateTime, "2024-02-29T10:00:00.5"), cell(sqlsource.Bool, "true"), cell(sqlsource.Bytes, "\x00\xff\x10"),
	}
}

// TestNoAllocations: a row costs no memory but the bytes it becomes, whatever
// the format.
func TestNoAllocations(t *testing.T) {
	for _, f := range Formats() {
		t.Run(string(f), func(t *testing.T) {
			e, cells := New(f, Options{PlainCells: true}), row()
			buffer := e.Head(nil, columns())
			for range 2*maxBatchRows + 1 { // until all memory is there
				buffer = e.Row(buffer[:0], cells)
			}
			if n := testing.AllocsPerRun(1000, func() { buffer = e.Row(buffer[:0], cells) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func BenchmarkRows(b *testing.B) {
	for _, f := range Formats() {
		b.Run(string(f), func(b *testing.B) {
			cells := row()
			var buffer []byte
			b.ReportAllocs()
			for b.Loop() {
				e := New(f, Options{})
				buffer = e.Head(buffer[:0], columns())
				for range 100 {
					buffer = e.Row(buffer, cells)
				}
				buffer = e.Tail(e.End(buffer), &Summary{})
			}
			b.SetBytes(int64(len(buffer)))
		})
	}
	b.Run("plain appends", func(b *testing.B) {
		cells := row()
		var buffer []byte
		for b.Loop() {
			buffer = buffer[:0]
			for range 100 {
				for i := range cells {
					buffer = append(buffer, cells[i].Bytes...)
					buffer = append(buffer, ',')
				}
			}
		}
		b.SetBytes(int64(len(buffer)))
	})
}

func FuzzText(f *testing.F) {
	f.Add([]byte("a\"\\\n\xff\u2028"), true)
	f.Add([]byte("=1,\r\n"), false)
	f.Fuzz(func(t *testing.T, b []byte, plain bool) {
		want := strings.ToValidUTF8(string(b), "\uFFFD")
		if !utf8.Valid(b) { // one sign for each byte, as encoding/json does
			want = string([]rune(string(b)))
		}
		var got string
		if err := json.Unmarshal(AppendText(nil, b), &got); err != nil || got != want {
			t.Errorf("JSON of %q is %q, %v", b, got, err)
		}
		e := New(CSV, Options{PlainCells: plain})
		line := e.Row(e.Head(nil, []Column{{Name: "a"}, {Name: "b"}}), []sqlsource.Cell{{Kind: sqlsource.String, Bytes: b}, {}})
		records, err := csv.NewReader(strings.NewReader(string(line))).ReadAll()
		if err != nil || len(records) != 2 {
			t.Fatalf("CSV of %q: %q, %v", b, records, err)
		}
		want = strings.ReplaceAll(want, "\r\n", "\n") // the reader's doing
		read := records[1][0]
		if plain && strings.HasPrefix(read, "'") && !strings.HasPrefix(want, "'") {
			read = read[1:]
		}
		if read != want {
			t.Errorf("CSV of %q is %q", b, read)
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "-0042", "1e5", "NaN", "", "-", "00.5", "1.", "1e"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if out := appendNumber(nil, b); !json.Valid(out) {
			t.Errorf("%q becomes %q", b, out)
		}
		if isNumber(b) != (json.Valid(b) && len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9') && !strings.ContainsAny(string(b), " \t\r\n")) {
			t.Errorf("%q", b)
		}
	})
}

func TestDays(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int32
		ok   bool
	}{
		{"1970-01-01", 0, true}, {"1969-12-31", -1, true}, {"0001-01-01", -719162, true}, {"9999-12-31", 2932896, true}, {"2024-02-29", 19782, true},
		{"2023-02-29", math.MinInt32, false}, {"0000-00-00", math.MinInt32, false}, {"2024-1-1", 0, false}, {"2024-0a-01", 0, false}, {"", 0, false},
	} {
		got, ok := daysOf([]byte(tt.text))
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: %d, %v", tt.text, got, ok)
		}
	}
}
