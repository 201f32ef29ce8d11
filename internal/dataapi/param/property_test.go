package param_test

import (
	"encoding/json"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// TestDecimalKeepsTheNumber compares with exact arithmetic.
func TestDecimalKeepsTheNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number")
		d, ok := param.ParseDecimal(text)
		want, _ := new(big.Rat).SetString(text)
		if !ok {
			return // more digits than are allowed
		}
		got, valid := new(big.Rat).SetString(string(d))
		if !valid || got.Cmp(want) != 0 {
			t.Fatalf("%s became %s", text, d)
		}
		if again, ok := param.ParseDecimal(string(d)); !ok || again != d {
			t.Fatalf("%s is not canonical: %s", d, again)
		}
		if len(d) > param.MaxDigits+2 || strings.ContainsAny(string(d), "eE+") {
			t.Fatalf("%s is not plain", d)
		}
		if _, whole := d.Integer(); whole != want.IsInt() {
			t.Fatalf("%s: whole is %v", text, whole)
		}
	})
}

// TestFormIsJSON: what a form says, and the JSON it is, are the same call.
func TestFormIsJSON(t *testing.T) {
	s := newSet(t, gatewright.DataParam{Name: "n", Type: "decimal", Optional: true}, gatewright.DataParam{Name: "s", Type: "string", Optional: true},
		gatewright.DataParam{Name: "l", Type: "array<string>", Optional: true})
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.String()).Draw(t, "list")
		if list == nil {
			list = []string{}
		}
		sent := map[string]any{
			"n": json.Number(rapid.StringMatching(`-?[1-9][0-9]{0,40}`).Draw(t, "number")),
			"s": rapid.String().Draw(t, "text"),
			"l": list,
		}
		var fields []param.Field
		for name, v := range sent {
			text, _ := json.Marshal(v)
			fields = append(fields, param.Field{Name: name, Text: string(text)})
		}
		body, err := s.FormBody(fields)
		if err != nil {
			t.Fatal(err)
		}
		direct, _ := json.Marshal(sent)
		a, errA := s.FromJSON(body)
		b, errB := s.FromJSON(direct)
		if errA != nil || errB != nil || !reflect.DeepEqual(a.Map(), b.Map()) {
			t.Fatalf("%v %v: %#v is not %#v", errA, errB, a.Map(), b.Map())
		}
	})
}

// TestCommasAreAList: text without commas is the same in both notations.
func TestCommasAreAList(t *testing.T) {
	s := newSet(t, gatewright.DataParam{Name: "l", Type: "array<string>"})
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.StringMatching(`[ a-z"'\\;]{0,5}`), 1, 5).Draw(t, "list")
		joined := strings.Join(list, ",")
		if joined == "" {
			return
		}
		a, _ := json.Marshal(map[string]any{"l": list})
		b, _ := json.Marshal(map[string]any{"l": joined})
		x, errX := s.FromJSON(a)
		y, errY := s.FromJSON(b)
		if errX != nil || errY != nil || !reflect.DeepEqual(x.Map(), y.Map()) {
			t.Fatalf("%v %v: %q is not %q", errX, errY, x.Map(), y.Map())
		}
	})
}

func FuzzConvert(f *testing.F) {
	types := []gatewright.DataType{"bool", "int", "float", "decimal", "string", "date", "time", "datetime", "uuid", "json", "binary", "array<int>", "array<string>", "array<json>"}
	for i, text := range []string{"true", "1e3", "1.5", "-0.10", "x", "2024-02-29", "23:59:59", "2024-01-02T03:04:05+08:00", "u", `{"a":[1]}`, "AA==", "1,2", "[1]", `[{}]`} {
		f.Add(i, text)
	}
	f.Fuzz(func(t *testing.T, kind int, text string) {
		typ := types[uint(kind)%uint(len(types))]
		v, err := param.Convert(typ, text)
		if err != nil {
			if param.ReasonOf(err) == 0 || !utf8.ValidString(err.Error()) {
				t.Errorf("%q: %v is no fault", text, err)
			}
			return
		}
		s := newSet(t, gatewright.DataParam{Name: "p", Type: typ})
		if typ == "json" || typ.IsArray() && strings.HasPrefix(text, "[") {
			return
		}
		body, _ := json.Marshal(map[string]any{"p": text})
		again, err := s.FromJSON(body)
		if err != nil {
			t.Fatalf("%q is a value but not in JSON: %v", text, err)
		}
		if got, _ := again.At(0); !reflect.DeepEqual(got, v) {
			t.Errorf("%q is %#v, in JSON %#v", text, v, got)
		}
	})
}

func FuzzFromJSON(f *testing.F) {
	f.Add([]byte(`{"i":1,"l":[1,2],"j":{"a":null}}`))
	f.Add([]byte(`"{\"i\":1}"`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := newSet(t, gatewright.DataParam{Name: "i", Type: "int", Optional: true}, gatewright.DataParam{Name: "l", Type: "array<decimal>", Optional: true},
			gatewright.DataParam{Name: "j", Type: "json", Optional: true})
		if v, err := s.FromJSON(body); err != nil && param.ReasonOf(err) == 0 {
			t.Errorf("%v is no fault", err)
		} else if err == nil && !v.Of(s) {
			t.Error("the values are not of the set")
		}
	})
}
