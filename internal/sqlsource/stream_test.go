package sqlsource

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

// readStream reads a document and returns its rows as text.
func readStream(document string, maxRow int64) (rows [][]string, failure string, err error) {
	s := newCompactStream(strings.NewReader(document), maxRow)
	if err := s.head(); err != nil {
		return nil, s.failure, err
	}
	raw := make([]bool, len(s.names))
	for {
		more, err := s.row(raw)
		if err != nil || !more {
			return rows, s.failure, err
		}
		var row []string
		for _, c := range s.spans {
			row = append(row, string(s.text[c.from:c.to]))
		}
		rows = append(rows, row)
	}
}

const twoRows = `{"meta":[{"name":"a","type":"Int8"},{"name":"b","type":"String"}],"data":[[1,"x\"\u00e9\ud83d\ude00\/"],[-2.50e3,null]],"rows":2,"statistics":{"elapsed":0.1,"x":[1,{"y":"z"}]}}`

func TestCompactStream(t *testing.T) {
	rows, failure, err := readStream(twoRows+"\n", 1000)
	want := [][]string{{"1", `x"é😀/`}, {"-2.50e3", "null"}}
	if err != nil || failure != "" || !reflect.DeepEqual(rows, want) {
		t.Fatalf("%q, %q, %v", rows, failure, err)
	}
}

// TestCompactStreamCut cuts a result at every byte: none may pass for whole.
func TestCompactStreamCut(t *testing.T) {
	for n := range len(twoRows) {
		if _, _, err := readStream(twoRows[:n], 1000); err == nil {
			t.Errorf("%s passes for whole", twoRows[:n])
		}
		message := twoRows[:n] + "Code: 241, e.displayText() = DB::Exception: Memory limit"
		if _, failure, err := readStream(message, 1000); err == nil {
			t.Errorf("an error after %s passes", twoRows[:n])
		} else if inText := strings.Count(twoRows[:n], `"`)%2 == 1; !inText && n > 0 && failure == "" && !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "no value") {
			t.Errorf("the error after %s is not told: %v", twoRows[:n], err)
		}
	}
}

func TestCompactStreamWrong(t *testing.T) {
	head := `{"meta":[{"name":"a","type":"Int8"}],"data":[`
	tests := []struct{ name, document string }{
		{"fewer rows than said", head + `[1]],"rows":2}`},
		{"no number of rows", head + `[1]]}`},
		{"no rows", `{"meta":[]}`},
		{"rows before columns", `{"data":[],"rows":0}`},
		{"too many cells", head + `[1,2]],"rows":1}`},
		{"too few cells", head + `[]],"rows":1}`},
		{"something after it", head + `[1]],"rows":1} x`},
		{"rows twice", head + `[1]],"data":[[1]],"rows":1}`},
		{"bare word", head + `[nope]],"rows":1}`},
		{"number with a zero before it", head + `[01]],"rows":1}`},
		{"line in a string", head + "[\"\n\"]],\"rows\":1}"},
		{"escape", head + `["\x"]],"rows":1}`},
		{"half an escape", head + `["\u12"]],"rows":1}`},
		{"no comma", head + `[1][2]],"rows":2}`},
		{"deep", head + "[" + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `]],"rows":1}`},
		{"not JSON", "Code: 1. DB::Exception: x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if rows, failure, err := readStream(tt.document, 1000); err == nil && failure == "" {
				t.Errorf("it passes: %q", rows)
			}
		})
	}
	if _, failure, err := readStream(head+`[1]],"rows":1,"exception":"Code: 1. DB::Exception: late"}`, 1000); err != nil || failure == "" {
		t.Errorf("an exception in the document: %q, %v", failure, err)
	}
	huge := head + `["` + strings.Repeat("x", maxCompactHead+2000) + `"]],"rows":1}`
	if _, _, err := readStream(huge, 1000); !errors.Is(err, errCompactSize) {
		t.Errorf("a huge cell: %v", err)
	}
	columns := `{"meta":[` + strings.TrimSuffix(strings.Repeat(`{"name":"a","type":"x"},`, maxCompactColumns+1), ",") + `],"data":[],"rows":0}`
	if _, _, err := readStream(columns, 1000); err == nil {
		t.Error("too many columns pass")
	}
}

func FuzzCompactStream(f *testing.F) {
	f.Add(twoRows)
	f.Add(`{"meta":[{"name":"a","type":"Int8"}],"data":[[[1,{"a":"\ud800"}]]],"rows":1}`)
	f.Add(`{"meta":[],"data":[],"rows":0,"exception":"x"}`)
	f.Fuzz(func(t *testing.T, document string) {
		rows, failure, err := readStream(document, 1000)
		if err != nil || failure != "" {
			return
		}
		var oracle struct {
			Data [][]any
			Rows json.Number
		}
		if err := json.Unmarshal([]byte(document), &oracle); err != nil {
			if strings.Contains(err.Error(), "cannot unmarshal") {
				return // members that only the oracle looks at
			}
			t.Fatalf("it passes, and is no JSON: %v", err)
		}
		if fmt.Sprint(len(rows)) != oracle.Rows.String() && !strings.Contains(strings.ToLower(document), `\u`) && strings.Count(strings.ToLower(document), `"rows"`) == 1 {
			t.Fatalf("%d rows instead of %s", len(rows), oracle.Rows)
		}
	})
}

func TestPostgresArrays(t *testing.T) {
	tests := []struct {
		name, text string
		element    CellKind
		want       string
	}{
		{"broken", "{1,2", Integer, `"{1,2"`},
		{"broken quote", `{"a`, String, `"{\"a"`},
		{"nothing", "", String, `""`},
		{"more after it", "{1}x", Integer, `"{1}x"`},
		{"too deep", "{{{{{{{1}}}}}}}", Integer, `"{{{{{{{1}}}}}}}"`},
		{"quoted null", `{"NULL",NULL}`, String, `["NULL",null]`},
		{"number that is none", `{NaN}`, Decimal, `["NaN"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(appendPostgresArray(nil, []byte(tt.text), tt.element)); got != tt.want {
				t.Errorf("%s, not %s", got, tt.want)
			}
		})
	}
}

func FuzzPostgresArray(f *testing.F) {
	f.Add(`{"a\"b",NULL,{1,2}}`)
	f.Add(`[0:1]={5,6}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, element := range []CellKind{String, Integer, Bool, Timestamp, DateTime, UUID} {
			if got := appendPostgresArray(nil, []byte(text), element); !json.Valid(got) {
				t.Fatalf("%q became %q", text, got)
			}
		}
	})
}
