package expr_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright/internal/dataapi/expr"
	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// vars is a scope of globals.
type vars struct {
	names  []string
	values []any
}

func (v *vars) Resolve(name string) (expr.Var, bool) {
	for i, n := range v.names {
		if n == name {
			return expr.Var{Slot: i}, true
		}
	}
	return expr.Var{}, false
}

func sample() *vars {
	v := &vars{}
	for _, e := range []struct {
		name  string
		value any
	}{
		{"n", int64(5)}, {"big", uint64(1 << 63)}, {"huge", param.Decimal("9007199254740993.10")}, {"f", 0.1},
		{"s", "abc"}, {"empty", ""}, {"absent", nil}, {"yes", true},
		{"d", param.Date("2024-02-29")}, {"dt", param.DateTime("2024-02-29 10:00:00")}, {"at", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		{"ids", []any{int64(1), int64(2), int64(3)}}, {"none_", []any{}},
		{"o", map[string]any{"a": map[string]any{"b": int64(7)}, "k": "v"}},
		{"rows", []any{map[string]any{"p": int64(1)}, map[string]any{"p": int64(9)}}},
	} {
		v.names = append(v.names, e.name)
		v.values = append(v.values, e.value)
	}
	return v
}

func evaluate(src string, dates bool) (any, error) {
	v := sample()
	p, err := expr.Compile(src, v, dates)
	if err != nil {
		return nil, err
	}
	m := &expr.Machine{Globals: v.values, Partition: func(key, value string) (time.Time, bool) {
		return time.Date(2024, 3, 1, 20, 0, 0, 0, time.UTC), key == "" || key == "region" && value == "eu"
	}, Zone: time.FixedZone("UTC+8", 8*3600)}
	return p.Eval(m)
}

func TestEval(t *testing.T) {
	for _, tt := range []struct {
		src  string
		want any
	}{
		// literals
		{`1_000`, int64(1000)}, {`1.50`, param.Decimal("1.50")}, {`1e3`, int64(1000)}, {`'a\'b'`, "a'b"}, {`"a\n"`, "a\n"},
		{`true`, true}, {`nil`, nil}, {`null`, nil}, {`[1, 'a', nil]`, []any{int64(1), "a", nil}}, {`{a: 1, "b": 2}.b`, int64(2)},
		{`18446744073709551616`, param.Decimal("18446744073709551616")},
		// members
		{`o.a.b`, int64(7)}, {`o["k"]`, "v"}, {`o.missing`, nil}, {`o.missing.deeper`, nil}, {`absent.x`, nil}, {`absent?.x ?? 3`, int64(3)},
		{`ids[0]`, int64(1)}, {`ids[-1]`, int64(3)}, {`ids[1:3]`, []any{int64(2), int64(3)}}, {`ids[:1]`, []any{int64(1)}}, {`ids[5:]`, []any{}},
		{`ids[2:1]`, []any{}}, {`s[1:]`, "bc"}, {`ids[0:2][1]`, int64(2)},
		// arithmetic is exact
		{`1 + 2 * 3`, int64(7)}, {`(1 + 2) * 3`, int64(9)}, {`-n`, int64(-5)}, {`7 / 2`, param.Decimal("3.5")}, {`6 / 2`, int64(3)}, {`7 % 3`, int64(1)}, {`-7 % 3`, int64(-1)},
		{`2 ** 10`, int64(1024)}, {`2 ** 3 ** 2`, int64(512)}, {`-2 ** 2`, int64(-4)}, {`2 ** 64`, param.Decimal("18446744073709551616")},
		{`9223372036854775807 + 1`, uint64(1 << 63)}, {`big + big`, param.Decimal("18446744073709551616")}, {`huge + 0.05`, param.Decimal("9007199254740993.15")},
		{`9007199254740993 * 3`, int64(27021597764222979)}, {`f + 0.2 == 0.3`, true}, {`1 / 3`, param.Decimal("0." + strings.Repeat("3", 34))},
		{`(n - 1) * 10`, int64(40)},
		// comparison
		{`n == 5`, true}, {`n == 5.0`, true}, {`n == '5'`, false}, {`n != nil`, true}, {`absent == nil`, true}, {`absent != ''`, true}, {`absent > 0`, false}, {`absent <= 0`, false},
		{`n eq 5 and n neq 6 and n lt 6 and n lte 5 and n gt 4 and n gte 5`, true}, {`'a' < 'b'`, true}, {`d >= '2024-02-29'`, true}, {`d < '2024-03-01'`, true}, {`dt > d`, true},
		{`9007199254740993 == 9007199254740992`, false}, {`huge > 9007199254740993`, true}, {`ids == [1,2,3]`, true}, {`[1] == ['1']`, false}, {`o.a == {b: 7}`, true},
		// logic
		{`yes && !false || false`, true}, {`not false`, true}, {`absent or yes`, true}, {`absent and (1/0 == 1)`, false}, {`yes ? 'a' : 'b'`, "a"}, {`n > 9 ? 1 : n > 4 ? 2 : 3`, int64(2)},
		// membership and text
		{`2 in ids`, true}, {`9 not in ids`, true}, {`'k' in o`, true}, {`'b' in s`, true}, {`1 in absent`, false}, {`s contains 'b'`, true}, {`ids contains 2`, true},
		{`s startsWith 'ab'`, true}, {`s endsWith 'ab'`, false}, {`s not contains 'x'`, true}, {`s matches '^a.c$'`, true}, {`absent contains 'x'`, false}, {`'%' + s + '%'`, "%abc%"},
		{`s + n`, "abc5"}, {`'d' + d`, "d2024-02-29"},
		// functions
		{`len(ids)`, int64(3)}, {`len('äö')`, int64(2)}, {`len(absent)`, int64(0)}, {`len(o)`, int64(2)}, {`ids.size()`, int64(3)}, {`s.length()`, int64(3)}, {`empty.isEmpty()`, true}, {`absent.isEmpty()`, true},
		{`all(ids, {# > 0})`, true}, {`any(ids, # == 2)`, true}, {`none(ids, # > 2)`, false}, {`one(ids, # > 2)`, true}, {`filter(ids, # >= 2)`, []any{int64(2), int64(3)}},
		{`map(ids, # * 2)`, []any{int64(2), int64(4), int64(6)}}, {`map(rows, .p)`, []any{int64(1), int64(9)}}, {`filter(rows, .p > 5)[0].p`, int64(9)}, {`any(ids, any(ids[1:], # == 3))`, true},
		{`all(absent, false)`, true}, {`filter(none_, true)`, []any{}}, {`1..3`, []any{int64(1), int64(2), int64(3)}}, {`3..1`, []any{}}, {`all(1..3, # in ids)`, true},
		// a placeholder in a test is its name
		{`#{n} == 5`, true}, {`${n} > 4 and #{ s } != ''`, true},
	} {
		t.Run(tt.src, func(t *testing.T) {
			got, err := evaluate(tt.src, false)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v, %v; want %#v", got, err, tt.want)
			}
		})
	}
}

func TestDates(t *testing.T) {
	for _, tt := range []struct {
		src  string
		want any
	}{
		{`TO_YYYYMMDD('2024-02-29')`, "20240229"}, {`to_yyyymmdd('2024/02/29')`, "20240229"}, {`TO_YYYYMMDD(d)`, "20240229"}, {`TO_YYYYMMDD(dt)`, "20240229"}, {`TO_YYYYMMDD(absent)`, nil},
		{`ADD_DATE('2024-02-28', 2)`, "2024-03-01"}, {`ADD_DATE('2024.02.28', 1)`, "2024.02.29"}, {`ADD_DATE('2024/02/28', 1)`, "2024/02/29"}, {`ADD_DATE('2024_02_28', 1)`, "2024_02_29"},
		{`ADD_DATE('2024:02:28', 1)`, "2024:02:29"}, {`ADD_DATE('20240228', 1)`, "20240229"}, {`SUB_DATE(d, 60)`, param.Date("2023-12-31")}, {`TO_YYYYMMDD(SUB_DATE(d, 1))`, "20240228"},
		{`DATE_PARTITION()`, param.Date("2024-03-02")}, {`DATE_SUB_PARTITION('region', 'eu')`, param.Date("2024-03-02")},
		{`ADD_DATE('2024-02-30', 1)`, nil}, {`ADD_DATE('2024-02/28', 1)`, nil}, {`ADD_DATE('0000-00-00', 1)`, nil}, {`ADD_DATE('9999-12-31', 1)`, nil}, {`ADD_DATE('2024-02-28', 1.5)`, nil},
		{`ADD_DATE('2024-02-28', 99999999999)`, nil}, {`DATE_SUB_PARTITION('region', 'xx')`, nil}, {`TO_YYYYMMDD('2024-01-01; drop')`, nil}, {`TO_YYYYMMDD(yes)`, nil},
	} {
		t.Run(tt.src, func(t *testing.T) {
			got, err := evaluate(tt.src, true)
			if !reflect.DeepEqual(got, tt.want) || (err == nil) != (tt.want != nil || tt.src == `TO_YYYYMMDD(absent)`) {
				t.Errorf("got %#v, %v; want %#v", got, err, tt.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		src    string
		offset int
		want   string
	}{
		{"undeclared", `1 + unknown`, 4, "not declared"},
		{"assignment", `n = 5`, 2, "=="},
		{"class", `@java.lang.Math@abs(n)`, 0, "classes"},
		{"object", `new Foo()`, 0, "objects"},
		{"method", `s.trim()`, 2, "no method"},
		{"function", `exec('x')`, 0, "no function"},
		{"clock", `now()`, 0, "no function"},
		{"date function in a test", `TO_YYYYMMDD(d)`, 0, "within"},
		{"single ampersand", `yes & yes`, 4, "&&"},
		{"pipe", `ids | len()`, 4, "||"},
		{"end", `n +`, 3, "expected"},
		{"nothing", ``, 0, "expected"},
		{"two values", `n n`, 2, "expected"},
		{"bracket", `(n`, 2, "expected"},
		{"string without end", `'abc`, 0, "no end"},
		{"escape", `'\x'`, 1, "escape"},
		{"hash outside", `# > 1`, 0, "element"},
		{"pattern not in quotes", `s matches s`, 2, "quotes"},
		{"pattern broken", `s matches '('`, 2, "not valid"},
		{"pattern too long", `s matches '` + strings.Repeat("a", expr.MaxPatternBytes+1) + `'`, 2, "at most"},
		{"pattern of repetitions", `s matches '(a{999}){999}'`, 2, "not valid"},
		{"too long", `'` + strings.Repeat("a", expr.MaxBytes) + `'`, 0, "at most"},
		{"too deep", strings.Repeat("(", expr.MaxNesting+1) + "1", 64, "deeper"},
		{"too deep signs", strings.Repeat("!", expr.MaxNesting+1) + "yes", 64, "deeper"},
		{"too deep members", `o` + strings.Repeat(".a", expr.MaxNesting+2), 131, "deeper"},
		{"too many operators", `1` + strings.Repeat("+1", 300), 515, "too many"},
		{"number", `12abc`, 0, "decimal"},
		{"number of too many digits", strings.Repeat("9", param.MaxDigits+1), 0, "digits"},
		{"test of a number", `not n`, 0, "neither true nor false"},
		{"adding nil", `n + absent`, 2, "adds numbers"},
		{"order of kinds", `n < 'a'`, 2, "no order"},
		{"division by zero", `n / 0`, 2, "zero"},
		{"remainder by zero", `n % 0`, 2, "zero"},
		{"outside of the list", `ids[3]`, 3, "no element"},
		{"member of a number", `n.x`, 2, "no members"},
		{"length of a number", `len(n)`, 0, "no length"},
		{"list of a number", `all(n, true)`, 0, "list"},
		{"power too large", `9 ** 1000`, 2, "digits"},
		{"power negative", `2 ** -1`, 2, "exponent"},
		{"range too large", `1..1e9`, 1, "more than"},
		{"range of everything", `-9223372036854775807..9223372036854775807`, 20, "more than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := evaluate(tt.src, false)
			var e *expr.Error
			if !errors.As(err, &e) || !strings.Contains(e.Message, tt.want) {
				t.Fatalf("error is %v", err)
			}
			if e.Offset != tt.offset {
				t.Errorf("offset is %d, want %d: %s", e.Offset, tt.offset, e.Message)
			}
		})
	}
}

// TestBudget: nested closures multiply, and texts double; both end.
func TestBudget(t *testing.T) {
	for _, tt := range []struct{ name, src string }{
		{"closures", `all(1..10000, all(1..10000, all(1..10000, # > 0)))`},
		{"lists", `map(1..10000, 1..10000)`},
		{"texts", `map(1..10000, map(1..10000, '` + strings.Repeat("x", 2000) + `' + '` + strings.Repeat("y", 2000) + `'))`},
		{"membership", `all(1..10000, # not in map(1..10000, -#))`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := expr.Compile(tt.src, sample(), false)
			if err != nil {
				t.Fatal(err)
			}
			m := &expr.Machine{Globals: sample().values}
			if _, err := p.Eval(m); err == nil || !m.Exhausted() {
				t.Errorf("error is %v", err)
			}
			m.Reset()
			m.Globals = sample().values
			if again, err := expr.Compile("any(ids, # == 1)", sample(), false); err != nil {
				t.Fatal(err)
			} else if ok, err := again.Test(m); !ok || err != nil {
				t.Errorf("after a reset: %v, %v", ok, err)
			}
		})
	}
}

func TestNoPartition(t *testing.T) {
	p, err := expr.Compile("DATE_PARTITION()", sample(), true)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := p.Eval(&expr.Machine{}); err == nil || !strings.Contains(err.Error(), "ready time") {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestTextLimit(t *testing.T) {
	v := &vars{names: []string{"s"}, values: []any{strings.Repeat("x", expr.MaxTextBytes)}}
	p, err := expr.Compile("s + 'y'", v, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Eval(&expr.Machine{Globals: v.values}); err == nil {
		t.Error("a text may grow without bound")
	}
}

// TestArithmetic compares with big numbers where no digit may be lost.
func TestArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64().Draw(t, "a")
		b := rapid.Int64Range(-1<<40, 1<<40).Draw(t, "b")
		v := &vars{names: []string{"a", "b"}, values: []any{a, b}}
		for _, law := range []string{"a + b - b == a", "a * b == b * a", "a - b == -(b - a)", "(a + b) * 3 == a * 3 + b * 3", "b == 0 or a * b / b == a", "a < b or a >= b", "(a == b) != (a != b)"} {
			p, err := expr.Compile(law, v, false)
			if err != nil {
				t.Fatal(err)
			}
			if ok, err := p.Test(&expr.Machine{Globals: v.values}); !ok || err != nil {
				t.Fatalf("%s: %v, %v", law, ok, err)
			}
		}
	})
}

func FuzzCompile(f *testing.F) {
	for _, src := range []string{`all(ids, {# > 0}) and s matches '^a'`, `o?.a["b"] ?? 1..3`, `#{n} + ${n} eq 5 ? {a: 1} : [1:2]`, `TO_YYYYMMDD(ADD_DATE(d, -1))`, `not in`, `.p`, `2**2**2`} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		v := sample()
		p, err := expr.Compile(src, v, true)
		if err != nil {
			var e *expr.Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(src) {
				t.Fatalf("%q: %#v", src, err)
			}
			return
		}
		first, err1 := p.Eval(&expr.Machine{Globals: v.values})
		second, err2 := p.Eval(&expr.Machine{Globals: v.values})
		if fmt.Sprint(first, err1) != fmt.Sprint(second, err2) {
			t.Errorf("%q: %v, %v and then %v, %v", src, first, err1, second, err2)
		}
	})
}

func BenchmarkTest(b *testing.B) {
	v := sample()
	p, err := expr.Compile(`s != null and s != '' and len(ids) > 0`, v, false)
	if err != nil {
		b.Fatal(err)
	}
	m := &expr.Machine{}
	b.ReportAllocs()
	for b.Loop() {
		m.Reset()
		m.Globals = v.values
		if ok, err := p.Test(m); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
