//go:build unix

package dataapi_test

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright/internal/dataapi"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/query"
)

const everyColumn = "+id qty amount name day created paid doc raw region"

// wantRows is the orders as JSON says them, the same for all databases.
const wantRows = `[
{"id":1,"qty":1,"amount":1.50,"name":"alpha","day":"2024-01-01","created":"2024-01-01T10:00:00","paid":true,"doc":{"a":[1,2]},"raw":"AP8=","region":"north"},
{"id":2,"qty":null,"amount":0.10,"name":"50%","day":"2024-02-29","created":"2024-02-29T23:59:59","paid":false,"doc":null,"raw":null,"region":"south"},
{"id":3,"qty":9007199254740993,"amount":99999999999999.99,"name":"a_b","day":"2024-03-01","created":null,"paid":null,"doc":[null,"x"],"raw":"aA==","region":"north"},
{"id":4,"qty":-7,"amount":-3.00,"name":"back\\slash","day":"2023-12-31","created":"2023-12-31T00:00:00","paid":true,"doc":null,"raw":null,"region":"east"},
{"id":5,"qty":null,"amount":2.00,"name":"x' OR '1'='1","day":"2024-01-01","created":"2024-01-01T10:00:01","paid":null,"doc":null,"raw":null,"region":"north"},
{"id":6,"qty":9223372036854775807,"amount":1.51,"name":"=HYPERLINK(1)","day":"2024-01-02","created":null,"paid":false,"doc":"t","raw":null,"region":"south"},
{"id":7,"qty":1,"amount":1.49,"name":"größe, \"q\"\nnext","day":"2024-01-03","created":null,"paid":null,"doc":null,"raw":null,"region":"east"}
]`

// TestFormats: all formats say the same of the same rows, and all databases.
func TestFormats(t *testing.T) {
	eachBed(t, func(t *testing.T, b *bed) {
		a := b.api(t, wizard(everyColumn))
		in := func(f format.Format) string { return answer(t, a, dataapi.Request{Format: f}) }
		want := exactly(t, wantRows)
		if b.dialect == "sqlite" { // keeps decimals as binary floats: 1.5 and not 1.50
			want = exactly(t, sqliteNumbers().Replace(wantRows))
		}
		if diff := cmp.Diff(want, exactly(t, in(format.Array))); diff != "" {
			t.Errorf("array: %s", diff)
		}
		var lines []any
		for line := range strings.Lines(in(format.Lines)) {
			lines = append(lines, exactly(t, line))
		}
		if diff := cmp.Diff(want, any(lines)); diff != "" {
			t.Errorf("lines: %s", diff)
		}
		object := exactly(t, in(format.Object)).(map[string]any)
		if diff := cmp.Diff(want, object["rows"]); diff != "" || object["rowCount"] != json.Number("7") || object["truncated"] != false {
			t.Errorf("object: %v %s", object, diff)
		}
		envelope := exactly(t, in(format.Envelope)).(map[string]any)
		if diff := cmp.Diff(want, envelope["Data"]); diff != "" {
			t.Errorf("envelope: %s", diff)
		}
		if envelope["DataCnt"] != json.Number("7") || envelope["ErrorCode"] != json.Number("0") || envelope["TotalCnt"] != nil {
			t.Errorf("envelope: %v", envelope)
		}
		compact := exactly(t, in(format.EnvelopeCompact)).(map[string]any)
		if diff := cmp.Diff(want, objects(compact)); diff != "" {
			t.Errorf("compact: %s", diff)
		}
		if diff := cmp.Diff(envelope["Fields"], compact["Fields"]); diff != "" {
			t.Errorf("fields: %s", diff)
		}
		checkCSV(t, want.([]any), in(format.CSV))
	})
}

// objects makes objects of the arrays of a compact envelope.
func objects(envelope map[string]any) any {
	var out []any
	for _, row := range envelope["Data"].([]any) {
		o := map[string]any{}
		for i, f := range envelope["Fields"].([]any) {
			o[f.(map[string]any)["Name"].(string)] = row.([]any)[i]
		}
		out = append(out, o)
	}
	return out
}

func checkCSV(t *testing.T, want []any, text string) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != len(want)+1 {
		t.Fatalf("%d records", len(records))
	}
	for i, record := range records[1:] {
		for j, cell := range record {
			value := want[i].(map[string]any)[records[0][j]]
			expected := ""
			switch v := value.(type) {
			case nil:
			case string:
				expected = v
				if records[0][j] == "doc" {
					expected = `"` + v + `"`
				}
			case bool:
				expected = map[bool]string{true: "true", false: "false"}[v]
			case json.Number:
				expected = string(v)
			default:
				b, _ := json.Marshal(v)
				expected = string(b)
			}
			if cell != expected {
				t.Errorf("record %d, %s: %q, want %q", i+1, records[0][j], cell, expected)
			}
		}
	}
}

// exactly reads JSON with every digit of its numbers.
func exactly(t testing.TB, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// TestPlainCells: what a spreadsheet would reckon with is a text to it.
func TestPlainCells(t *testing.T) {
	b := newBed(t, "sqlite")
	b.fill(t)
	a := b.api(t, wizard("+id name"))
	r := dataapi.Request{Format: format.CSV}
	if got := answer(t, a, r); !strings.Contains(got, "6,=HYPERLINK(1)\r\n") {
		t.Errorf("as it is: %q", got)
	}
	r.Options.PlainCells = true
	if got := answer(t, a, r); !strings.Contains(got, "6,\"'=HYPERLINK(1)\"\r\n") {
		t.Errorf("plain: %q", got)
	}
}

func TestDryRun(t *testing.T) {
	b := newBed(t, "sqlite")
	b.fill(t)
	c := &counting{Source: b.source}
	a, err := dataapi.New(wizard("id", param("name", "name", "")), b.tables(), b.dialect, c, dataapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := exactly(t, answer(t, a, dataapi.Request{Call: query.Call{JSON: []byte(`{"name":"x"}`)}, DryRun: true})).(map[string]any)
	sql, _ := got["RenderedSql"].(string)
	if !strings.Contains(sql, "`main`.`t_orders`") || !strings.Contains(sql, `-- bound: "x"`) || strings.Contains(sql, "'x'") {
		t.Errorf("rendered %q", sql)
	}
	if n := c.n.Load(); n != 0 {
		t.Errorf("%d statements ran", n)
	}
	if strings.Contains(answer(t, a, dataapi.Request{Call: query.Call{JSON: []byte(`{"name":"x"}`)}}), "t_orders") {
		t.Error("an ordinary answer shows the statement")
	}
}

func same(t testing.TB, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
