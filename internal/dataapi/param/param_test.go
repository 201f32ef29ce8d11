package param_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/param"
)

func newSet(t testing.TB, params ...gatewright.DataParam) *param.Set {
	t.Helper()
	s, err := param.NewSet(params)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConvertJSON(t *testing.T) {
	type list = []any
	for _, tt := range []struct {
		name string
		typ  gatewright.DataType
		json string
		want any // an error's reason when it is one
	}{
		{"bool", "bool", `true`, true},
		{"bool as text", "bool", `"false"`, false},
		{"bool in capitals", "bool", `"True"`, param.WrongType},
		{"bool as number", "bool", `1`, param.WrongType},
		{"int", "int", `1`, int64(1)},
		{"int as text keeps digits", "int", `"9007199254740993"`, int64(9007199254740993)},
		{"int beyond doubles", "int", `9007199254740993`, int64(9007199254740993)},
		{"int -2^63", "int", `-9223372036854775808`, int64(-9223372036854775808)},
		{"int 2^63", "int", `9223372036854775808`, uint64(9223372036854775808)},
		{"int 2^64-1", "int", `18446744073709551615`, uint64(18446744073709551615)},
		{"int 2^64", "int", `18446744073709551616`, param.Decimal("18446744073709551616")},
		{"int below -2^63", "int", `-9223372036854775809`, param.Decimal("-9223372036854775809")},
		{"int with an exponent", "int", `1e3`, int64(1000)},
		{"int with a zero fraction", "int", `5.0`, int64(5)},
		{"int minus zero", "int", `-0`, int64(0)},
		{"int with a fraction", "int", `1.5`, param.WrongType},
		{"int injection", "int", `"1 OR 1=1"`, param.WrongType},
		{"int second statement", "int", `"1;drop table t"`, param.WrongType},
		{"int hexadecimal", "int", `"0x1F"`, param.WrongType},
		{"int with blanks", "int", `" 1"`, param.WrongType},
		{"int huge exponent", "int", `1e400`, param.WrongType},
		{"int exponent bomb", "int", `1e999999999`, param.WrongType},
		{"int empty", "int", `""`, param.WrongType},
		{"decimal keeps every digit", "decimal", `12345678901234567890.123456789012345678`, param.Decimal("12345678901234567890.123456789012345678")},
		{"decimal keeps zeros", "decimal", `1.50`, param.Decimal("1.50")},
		{"decimal with exponent", "decimal", `1.5e-3`, param.Decimal("0.0015")},
		{"decimal with positive exponent", "decimal", `"1.23e+1"`, param.Decimal("12.3")},
		{"decimal minus zero", "decimal", `-0.00`, param.Decimal("0.00")},
		{"decimal NaN", "decimal", `"NaN"`, param.WrongType},
		{"decimal of too many digits", "decimal", strings.Repeat("9", param.MaxDigits+1), param.WrongType},
		{"decimal of most digits", "decimal", strings.Repeat("9", param.MaxDigits), param.Decimal(strings.Repeat("9", param.MaxDigits))},
		{"float", "float", `1.2`, 1.2},
		{"float with exponent", "float", `1.5E+3`, 1500.0},
		{"float minus zero", "float", `-0.0`, 0.0},
		{"float too large", "float", `1e400`, param.WrongType},
		{"float NaN", "float", `"NaN"`, param.WrongType},
		{"float infinity", "float", `"Inf"`, param.WrongType},
		{"float hexadecimal", "float", `"0x1p-2"`, param.WrongType},
		{"string", "string", `"x' OR '1'='1"`, "x' OR '1'='1"},
		{"string with backslash and NUL", "string", `"a\\'\u0000\\"`, "a\\'\x00\\"},
		{"string empty is a value", "string", `""`, ""},
		{"string with placeholders", "string", `"#{y} ${y} <if>"`, "#{y} ${y} <if>"},
		{"string as number", "string", `1`, param.WrongType},
		{"string as object", "string", `{"a":1}`, param.WrongType},
		{"date", "date", `"2024-02-29"`, param.Date("2024-02-29")},
		{"date not in the calendar", "date", `"2024-02-30"`, param.WrongType},
		{"date zero", "date", `"0000-00-00"`, param.WrongType},
		{"date year zero", "date", `"0000-01-01"`, param.WrongType},
		{"date year 10000", "date", `"10000-01-01"`, param.WrongType},
		{"date with a zone", "date", `"2024-01-01Z"`, param.WrongType},
		{"date with slashes", "date", `"2024/01/01"`, param.WrongType},
		{"time", "time", `"23:59:59.123456"`, param.Time("23:59:59.123456")},
		{"time leap second", "time", `"23:59:60"`, param.WrongType},
		{"datetime", "datetime", `"2024-01-02T03:04:05.5"`, param.DateTime("2024-01-02 03:04:05.5")},
		{"datetime of a date", "datetime", `"2024-01-02"`, param.DateTime("2024-01-02 00:00:00")},
		{"datetime with a zone", "datetime", `"2024-01-02T03:04:05+08:00"`, time.Date(2024, 1, 1, 19, 4, 5, 0, time.UTC)},
		{"datetime leap second", "datetime", `"2016-12-31T23:59:60Z"`, param.WrongType},
		{"datetime too precise", "datetime", `"2024-01-02 03:04:05.1234567890"`, param.WrongType},
		{"datetime with a comma", "datetime", `"2024-01-02T03:04:05,5Z"`, param.WrongType},
		{"uuid", "uuid", `"018F3E5A-0000-7000-8000-0123456789AB"`, param.UUID("018f3e5a-0000-7000-8000-0123456789ab")},
		{"uuid in braces", "uuid", `"{018F3E5A-0000-7000-8000-0123456789AB}"`, param.WrongType},
		{"binary", "binary", `"AP8="`, []byte{0, 0xff}},
		{"binary broken", "binary", `"AP8"`, param.WrongType},
		{"json", "json", `{"a":[1,2.50,null,"x"]}`, map[string]any{"a": list{int64(1), param.Decimal("2.50"), nil, "x"}}},
		{"list", "array<int>", `[1,2,3]`, list{int64(1), int64(2), int64(3)}},
		{"list of strings with a comma", "array<string>", `["gre,en","red"]`, list{"gre,en", "red"}},
		{"list empty", "array<int>", `[]`, list{}},
		{"list with null", "array<int>", `[1,null]`, param.WrongType},
		{"list nested", "array<int>", `[[1]]`, param.WrongType},
		{"list of the wrong type", "array<int>", `["a"]`, param.WrongType},
		{"list as a number", "array<int>", `1`, param.WrongType},
		{"commas string", "array<string>", `"abc,def"`, list{"abc", "def"}},
		{"commas int", "array<int>", `"1,2,3"`, list{int64(1), int64(2), int64(3)}},
		{"commas float", "array<float>", `"1.2,4.5,6.89"`, list{1.2, 4.5, 6.89}},
		{"commas bool", "array<bool>", `"true,false"`, list{true, false}},
		{"commas date", "array<date>", `"2022-01-01,2023-01-01"`, list{param.Date("2022-01-01"), param.Date("2023-01-01")}},
		{"commas split elements", "array<string>", `"gre,en,red"`, list{"gre", "en", "red"}},
		{"commas keep blanks", "array<string>", `" green , red "`, list{" green ", " red "}},
		{"commas keep blanks of numbers", "array<int>", `"1, 2"`, param.WrongType},
		{"commas empty", "array<string>", `""`, list{}},
		{"commas injection", "array<int>", `"1,2),(select"`, param.WrongType},
		{"commas with an empty element", "array<string>", `"a,,b"`, list{"a", "", "b"}},
		{"commas with brackets in JSON text", "array<string>", `"[1,2]"`, list{"[1", "2]"}},
		{"commas for structures", "array<json>", `"1,2"`, param.WrongType},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSet(t, gatewright.DataParam{Name: "p", Type: tt.typ})
			v, err := s.FromJSON([]byte(`{"p":` + tt.json + `}`))
			if reason, bad := tt.want.(param.Reason); bad {
				if param.ReasonOf(err) != reason {
					t.Fatalf("error is %v, want reason %d", err, reason)
				}
				if e := gatewright.AsError(err); e.Field != "p" || e.Code == gatewright.Internal {
					t.Errorf("error does not name the parameter: %+v", e)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, state := v.At(0); !reflect.DeepEqual(got, tt.want) || state != param.Given {
				t.Errorf("got %#v (state %d), want %#v", got, state, tt.want)
			}
		})
	}
}

func TestRequest(t *testing.T) {
	s := newSet(t,
		gatewright.DataParam{Name: "must", Type: "int"},
		gatewright.DataParam{Name: "may", Type: "string", Optional: true},
		gatewright.DataParam{Name: "preset", Type: "int", Operator: gatewright.OpIn, Default: "1,2"},
	)
	preset := []any{int64(1), int64(2)}
	for _, tt := range []struct {
		name   string
		body   string
		want   map[string]any
		reason param.Reason
	}{
		{"object", `{"must":1}`, map[string]any{"must": int64(1), "preset": preset}, 0},
		{"object in a string", `"{\"must\":1}"`, map[string]any{"must": int64(1), "preset": preset}, 0},
		{"null is not absent", `{"must":null,"may":null,"preset":null}`, map[string]any{"must": nil, "may": nil, "preset": nil}, 0},
		{"default replaced", `{"must":1,"preset":[]}`, map[string]any{"must": int64(1), "preset": []any{}}, 0},
		{"nothing", ``, nil, param.Missing},
		{"null", `null`, nil, param.Missing},
		{"string of nothing", `""`, nil, param.Missing},
		{"array", `[]`, nil, param.Malformed},
		{"number", `5`, nil, param.Malformed},
		{"string in a string", `"\"x\""`, nil, param.Malformed},
		{"broken", `{"must":1`, nil, param.Malformed},
		{"comma at the end", `{"must":1,}`, nil, param.Malformed},
		{"twice", `{"must":1,"must":2}`, nil, param.Malformed},
		{"unknown", `{"must":1,"__proto__":{}}`, nil, param.Malformed},
		{"other case", `{"must":1,"MAY":"x"}`, nil, param.Malformed},
		{"invalid UTF-8", "{\"must\":1,\"may\":\"\xbf\x5c\x27\"}", nil, param.Malformed},
		{"too large", `{"may":"` + strings.Repeat("x", param.MaxBodyBytes) + `"}`, nil, param.TooLarge},
		{"text too large", `{"must":1,"may":"` + strings.Repeat("x", param.MaxTextBytes+1) + `"}`, nil, param.TooLarge},
		{"too deep", `{"must":` + strings.Repeat("[", param.MaxDepth+1) + strings.Repeat("]", param.MaxDepth+1) + `}`, nil, param.TooLarge},
		{"too many elements", `{"must":1,"preset":[1` + strings.Repeat(",1", param.MaxItems) + `]}`, nil, param.TooLarge},
		{"too many elements with commas", `{"must":1,"preset":"1` + strings.Repeat(",1", param.MaxItems) + `"}`, nil, param.TooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := s.FromJSON([]byte(tt.body))
			if got := param.ReasonOf(err); got != tt.reason {
				t.Fatalf("error is %v with reason %d, want %d", err, got, tt.reason)
			}
			if err == nil && !reflect.DeepEqual(v.Map(), tt.want) {
				t.Errorf("got %#v, want %#v", v.Map(), tt.want)
			}
			limit := tt.reason == param.TooLarge
			if err != nil && limit != (gatewright.CodeOf(err) == gatewright.LimitExceeded) {
				t.Errorf("code is %s", gatewright.CodeOf(err))
			}
		})
	}
}

func TestAllFaultsAreTold(t *testing.T) {
	s := newSet(t, gatewright.DataParam{Name: "a", Type: "int"}, gatewright.DataParam{Name: "b", Type: "int"})
	_, err := s.FromJSON([]byte(`{"b":"x","c":1}`))
	var e *gatewright.Error
	if !errors.As(err, &e) || len(e.Details) != 3 || param.ReasonOf(err) != param.Missing {
		t.Errorf("error is %v", err)
	}
	_, err = s.FromJSON([]byte(`{"a":1,"b":2,` + manyNames(1000) + `"z":1}`))
	if !errors.As(err, &e) || len(e.Details) > gatewright.MaxFindings+1 {
		t.Errorf("%d findings are told", len(e.Details))
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"n%d":1,`, i)
	}
	return b.String()
}

func TestForm(t *testing.T) {
	s := newSet(t,
		gatewright.DataParam{Name: "n", Type: "int", Optional: true},
		gatewright.DataParam{Name: "f", Type: "bool", Optional: true},
		gatewright.DataParam{Name: "s", Type: "string", Optional: true},
		gatewright.DataParam{Name: "l", Type: "array<string>", Optional: true},
	)
	for _, tt := range []struct {
		name   string
		fields []param.Field
		want   string
		reason param.Reason
	}{
		{"bare number and boolean", []param.Field{{Name: "n", Text: "9007199254740993"}, {Name: "f", Text: "true"}}, `{"n":9007199254740993,"f":true}`, 0},
		{"text in quotes", []param.Field{{Name: "s", Text: `"a"`}}, `{"s":"a"}`, 0},
		{"text without quotes", []param.Field{{Name: "s", Text: `a`}}, ``, param.WrongType},
		{"date without quotes", []param.Field{{Name: "s", Text: `2024-01-01`}}, ``, param.WrongType},
		{"number with a sign too many", []param.Field{{Name: "n", Text: `+1`}}, ``, param.WrongType},
		{"null is not sent", []param.Field{{Name: "s", Text: `"a"`, Null: true}, {Name: "n"}}, `{}`, 0},
		{"list", []param.Field{{Name: "l", Text: `["a","b"]`}}, `{"l":["a","b"]}`, 0},
		{"list with commas", []param.Field{{Name: "l", Text: `"a,b"`}}, `{"l":"a,b"}`, 0},
		{"breaking out", []param.Field{{Name: "n", Text: `1,"s":2`}}, ``, param.WrongType},
		{"twice", []param.Field{{Name: "n", Text: `1`}, {Name: "n", Text: `2`}}, ``, param.Malformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, err := s.FormBody(tt.fields)
			if string(body) != tt.want || param.ReasonOf(err) != tt.reason {
				t.Fatalf("got %s, %v", body, err)
			}
			if err == nil {
				if _, err := s.FromJSON(body); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestQuery(t *testing.T) {
	s := newSet(t,
		gatewright.DataParam{Name: "s", Type: "string", Optional: true},
		gatewright.DataParam{Name: "l", Type: "array<string>", Optional: true},
		gatewright.DataParam{Name: "j", Type: "json", Optional: true},
	)
	many := make([]string, param.MaxItems+1)
	for _, tt := range []struct {
		name   string
		query  map[string][]string
		want   map[string]any
		reason param.Reason
	}{
		{"text without quotes", map[string][]string{"s": {"null"}}, map[string]any{"s": "null"}, 0},
		{"text with quotes", map[string][]string{"s": {`"a"`}}, map[string]any{"s": `"a"`}, 0},
		{"commas", map[string][]string{"l": {"a, b"}}, map[string]any{"l": []any{"a", " b"}}, 0},
		{"JSON list", map[string][]string{"l": {`["a,b"]`}}, map[string]any{"l": []any{"a,b"}}, 0},
		{"repeated", map[string][]string{"l": {"a,b", "c"}}, map[string]any{"l": []any{"a,b", "c"}}, 0},
		{"json null", map[string][]string{"j": {"null"}}, map[string]any{"j": nil}, 0},
		{"no value", map[string][]string{"s": nil}, map[string]any{}, 0},
		{"twice", map[string][]string{"s": {"a", "b"}}, nil, param.Malformed},
		{"not UTF-8", map[string][]string{"s": {"\xbf'"}}, nil, param.WrongType},
		{"too many", map[string][]string{"l": many}, nil, param.TooLarge},
		{"too large", map[string][]string{"s": {strings.Repeat("x", param.MaxBodyBytes)}}, nil, param.TooLarge},
		{"json broken", map[string][]string{"j": {"{"}}, nil, param.Malformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := s.FromQuery(tt.query)
			if param.ReasonOf(err) != tt.reason {
				t.Fatalf("error is %v", err)
			}
			if err == nil && !reflect.DeepEqual(v.Map(), tt.want) {
				t.Errorf("got %#v", v.Map())
			}
		})
	}
}

func TestNewSet(t *testing.T) {
	many := make([]gatewright.DataParam, gatewright.MaxDataParams+1)
	for i := range many {
		many[i] = gatewright.DataParam{Name: fmt.Sprint("p", i), Type: "int"}
	}
	for _, tt := range []struct {
		name   string
		params []gatewright.DataParam
		want   string // part of the error
	}{
		{"twice", []gatewright.DataParam{{Name: "a", Type: "int"}, {Name: "a", Type: "int"}}, "declared twice"},
		{"default of the wrong type", []gatewright.DataParam{{Name: "a", Type: "int", Default: "x"}}, "default"},
		{"LIKE of numbers", []gatewright.DataParam{{Name: "a", Type: "int", Operator: gatewright.OpLike}}, "compares texts"},
		{"order of booleans", []gatewright.DataParam{{Name: "a", Type: "bool", Operator: gatewright.OpLess}}, "no order"},
		{"order of lists", []gatewright.DataParam{{Name: "a", Type: "array<int>", Operator: gatewright.OpLess}}, "single values"},
		{"IN of structures", []gatewright.DataParam{{Name: "a", Type: "json", Operator: gatewright.OpIn}}, "single values"},
		{"too many", many, "at most"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := param.NewSet(tt.params)
			if gatewright.CodeOf(err) != gatewright.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestMessagesAreShort(t *testing.T) {
	s := newSet(t, gatewright.DataParam{Name: "n", Type: "int"})
	for _, body := range []string{
		`{"n":"` + strings.Repeat("é", 100_000) + `"}`,
		`{"` + strings.Repeat("é", 100_000) + `":1}`,
	} {
		if _, err := s.FromJSON([]byte(body)); err == nil || len(err.Error()) > 1000 {
			t.Errorf("the message has %d bytes", len(err.Error()))
		}
	}
}
