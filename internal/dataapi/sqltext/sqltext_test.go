package sqltext_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
)

const (
	pg = gatewright.PostgreSQL
	my = gatewright.MySQL
	ch = gatewright.ClickHouse
	sl = gatewright.SQLite
)

func TestNext(t *testing.T) {
	all := []gatewright.Dialect{pg, my, ch, sl}
	for _, tt := range []struct {
		name     string
		dialects []gatewright.Dialect
		sql      string
		kind     sqltext.Kind
		token    string // the first one; the rest is not closed when it is ""
	}{
		{"blanks", all, " \t\nx", sqltext.Space, " \t\n"},
		{"word", all, "a1_é+", sqltext.Word, "a1_é"},
		{"word in front of a fragment", all, "t_${x}", sqltext.Word, "t_"},
		{"string", all, "'a''b' c", sqltext.String, "'a''b'"},
		{"string with markup", all, "'<if>#' c", sqltext.String, "'<if>#'"},
		{"string with a backslash", []gatewright.Dialect{pg, sl}, `'\' c`, sqltext.String, `'\'`},
		{"string with an escape", []gatewright.Dialect{my, ch}, `'\'' c`, sqltext.String, `'\''`},
		{"string without end", all, `'a`, sqltext.String, ""},
		{"string with an escaped end", []gatewright.Dialect{my, ch}, `'a\'`, sqltext.String, ""},
		{"double quotes", []gatewright.Dialect{pg, ch, sl}, `"a""b" c`, sqltext.Name, `"a""b"`},
		{"double quotes in MySQL", []gatewright.Dialect{my}, `"a\"b" c`, sqltext.String, `"a\"b"`},
		{"backticks", []gatewright.Dialect{my, ch, sl}, "`a``b` c", sqltext.Name, "`a``b`"},
		{"backtick in PostgreSQL", []gatewright.Dialect{pg}, "`a`", sqltext.Symbol, "`"},
		{"brackets", []gatewright.Dialect{sl}, "[a b] c", sqltext.Name, "[a b]"},
		{"brackets elsewhere", []gatewright.Dialect{pg, my, ch}, "[1]", sqltext.Symbol, "["},
		{"dollar quotes", []gatewright.Dialect{pg, ch}, "$a$ '; $$ $a$ c", sqltext.String, "$a$ '; $$ $a$"},
		{"dollar quotes without a tag", []gatewright.Dialect{pg, ch}, "$$'$$ c", sqltext.String, "$$'$$"},
		{"dollar quotes without end", []gatewright.Dialect{pg, ch}, "$a$ $b$", sqltext.String, ""},
		{"comment", all, "-- 'a\nb", sqltext.LineComment, "-- 'a\n"},
		{"two signs in MySQL", []gatewright.Dialect{my}, "--1", sqltext.Symbol, "-"},
		{"comment without blank", []gatewright.Dialect{pg, ch, sl}, "--1\n2", sqltext.LineComment, "--1\n"},
		{"hash", []gatewright.Dialect{my}, "#a\nb", sqltext.LineComment, "#a\n"},
		{"hash and brace", all, "#{a}", sqltext.Symbol, "#"},
		{"hash and blank", []gatewright.Dialect{my, ch}, "# a\nb", sqltext.LineComment, "# a\n"},
		{"hash in PostgreSQL", []gatewright.Dialect{pg, sl}, "# a", sqltext.Symbol, "#"},
		{"block", all, "/* '; */ c", sqltext.BlockComment, "/* '; */"},
		{"block in a block", []gatewright.Dialect{pg}, "/* /* */ */ c", sqltext.BlockComment, "/* /* */ */"},
		{"block in a block elsewhere", []gatewright.Dialect{my, sl}, "/* /* */ */", sqltext.BlockComment, "/* /* */"},
		{"block in a block is doubtful", []gatewright.Dialect{ch}, "/* /* */ */", sqltext.BlockComment, ""},
		{"block without end", all, "/*/", sqltext.BlockComment, ""},
		{"hint", all, "/*+ x */ c", sqltext.Hint, "/*+ x */"},
		{"executable", all, "/*!50000 x */ c", sqltext.Hint, "/*!50000 x */"},
		{"semicolon", all, ";", sqltext.Semicolon, ";"},
		{"question mark", []gatewright.Dialect{my, sl}, "? ", sqltext.Parameter, "?"},
		{"question mark as operator", []gatewright.Dialect{pg, ch}, "?|", sqltext.Symbol, "?"},
		{"numbered question mark", []gatewright.Dialect{sl}, "?12 ", sqltext.Parameter, "?12"},
		{"dollar number", []gatewright.Dialect{pg, sl}, "$1 ", sqltext.Parameter, "$1"},
		{"dollar in a word", []gatewright.Dialect{pg}, "a$1 ", sqltext.Word, "a$1"},
		{"colon name", []gatewright.Dialect{sl}, ":a ", sqltext.Parameter, ":a"},
		{"at name", []gatewright.Dialect{sl}, "@a ", sqltext.Parameter, "@a"},
		{"colon elsewhere", []gatewright.Dialect{pg, my, ch}, ":a", sqltext.Symbol, ":"},
		{"cast", []gatewright.Dialect{pg, ch}, "::int", sqltext.Symbol, ":"},
		{"substitution", []gatewright.Dialect{ch}, "{ a : Array(Int8) } c", sqltext.Parameter, "{ a : Array(Int8) }"},
		{"map", []gatewright.Dialect{ch}, "{'a':1}", sqltext.Symbol, "{"},
		{"brace", []gatewright.Dialect{pg, my, sl}, "{a:b}", sqltext.Symbol, "{"},
	} {
		for _, d := range tt.dialects {
			t.Run(tt.name+"/"+string(d), func(t *testing.T) {
				tok := sqltext.Next(d, tt.sql, 0)
				if tok.Kind != tt.kind || tok.Closed != (tt.token != "") || tt.token != "" && tt.sql[:tok.End] != tt.token {
					t.Errorf("got %+v %q", tok, tt.sql[:tok.End])
				}
			})
		}
	}
	t.Run("escapes need a word of their own", func(t *testing.T) {
		if tok := sqltext.Next(pg, `E'\'' c`, 1); tok.End != 5 {
			t.Errorf("E'': %+v", tok)
		}
		if tok := sqltext.Next(pg, `name'\' c`, 4); tok.End != 7 {
			t.Errorf("name'': %+v", tok)
		}
	})
}

func FuzzNext(f *testing.F) {
	f.Add(uint8(0), `SELECT 'a' -- b`)
	f.Add(uint8(2), "{a:b} /* /* */")
	f.Fuzz(func(t *testing.T, d uint8, sql string) {
		dialect := []gatewright.Dialect{pg, my, ch, sl}[d%4]
		for i := 0; i < len(sql); {
			tok := sqltext.Next(dialect, sql, i)
			if tok.End <= i || tok.End > len(sql) || tok.Kind == 0 {
				t.Fatalf("%q at %d: %+v", sql, i, tok)
			}
			i = tok.End
		}
	})
}

func TestQuoteName(t *testing.T) {
	for _, tt := range []struct {
		dialect gatewright.Dialect
		name    string
		want    string
	}{
		{pg, `a"b`, `"a""b"`}, {sl, `a"b`, `"a""b"`}, {my, "a`b", "`a``b`"}, {ch, "a`b\\", "`a\\`b\\\\`"}, {pg, "", ""}, {my, "a\x00", ""},
	} {
		got, err := sqltext.QuoteName(tt.dialect, tt.name)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s %q: %q, %v", tt.dialect, tt.name, got, err)
		}
		if err == nil {
			if tok := sqltext.Next(tt.dialect, got+" x", 0); tok.End != len(got) || tok.Kind != sqltext.Name {
				t.Errorf("%s: %s is not one name: %+v", tt.dialect, got, tok)
			}
		}
	}
	if got, err := sqltext.QuotePath(my, "t.a"); got != "`t`.`a`" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

func TestBind(t *testing.T) {
	for _, tt := range []struct {
		name  string
		value any
		typ   gatewright.DataType
		want  map[gatewright.Dialect]string
	}{
		{"null", nil, "int", map[gatewright.Dialect]string{pg: "$1", my: "?", sl: "?", ch: "{p1:Nullable(Int64)}"}},
		{"null of an unknown type", nil, "", map[gatewright.Dialect]string{pg: "$1", ch: "{p1:Nullable(String)}"}},
		{"bool", true, "", map[gatewright.Dialect]string{pg: "$1", ch: "{p1:Bool}"}},
		{"int", int64(1), "", map[gatewright.Dialect]string{pg: "$1", my: "?", ch: "{p1:Int64}"}},
		{"uint", uint64(1 << 63), "", map[gatewright.Dialect]string{my: "?", ch: "{p1:UInt64}"}},
		{"float", 1.5, "", map[gatewright.Dialect]string{my: "?", ch: "{p1:Float64}"}},
		{"decimal", param.Decimal("-1.50"), "", map[gatewright.Dialect]string{pg: "CAST($1 AS NUMERIC)", my: "CAST(? AS DECIMAL(65,2))", sl: "CAST(? AS NUMERIC)", ch: "{p1:Decimal(76,2)}"}},
		{"decimal too long", param.Decimal(strings.Repeat("9", 80)), "", map[gatewright.Dialect]string{pg: "CAST($1 AS NUMERIC)", my: "", ch: ""}},
		{"decimal too fine", param.Decimal("0." + strings.Repeat("9", 31)), "", map[gatewright.Dialect]string{my: "", ch: "{p1:Decimal(76,31)}"}},
		{"string", "x' OR 1=1", "", map[gatewright.Dialect]string{pg: "$1", my: "?", ch: "{p1:String}"}},
		{"string with NUL", "\x00", "", map[gatewright.Dialect]string{pg: "", my: "?", ch: "{p1:String}"}},
		{"date", param.Date("2024-01-01"), "", map[gatewright.Dialect]string{pg: "$1", ch: "{p1:Date32}"}},
		{"instant", time.Unix(0, 0), "", map[gatewright.Dialect]string{pg: "$1", ch: "{p1:DateTime64(9)}"}},
		{"uuid", param.UUID("x"), "", map[gatewright.Dialect]string{ch: "{p1:UUID}"}},
		{"list", []any{int64(1)}, "", map[gatewright.Dialect]string{pg: "", my: "", ch: "", sl: ""}},
		{"structure", map[string]any{}, "", map[gatewright.Dialect]string{pg: ""}},
	} {
		for d, want := range tt.want {
			t.Run(tt.name+"/"+string(d), func(t *testing.T) {
				var b sqltext.Builder
				b.Reset(d)
				err := b.Bind(tt.value, tt.typ)
				if want == "" {
					if param.ReasonOf(err) == 0 {
						t.Errorf("error is %v", err)
					}
					return
				}
				if got, args := b.Statement(); err != nil || got != want || len(args) != 1 {
					t.Errorf("got %s %v, %v", got, args, err)
				}
			})
		}
	}
}

// TestSeams: what stood apart in a script does not become one token.
func TestSeams(t *testing.T) {
	for _, tt := range []struct{ a, b, want string }{
		{"1", "AND", "1 AND"}, {"'a'", "'b'", "'a' 'b'"}, {"-", "-1", "- -1"}, {"/", "* x", "/ * x"}, {"a ", "b", "a b"}, {"(", "b", "(b"}, {"a", ")", "a)"},
		{"a", ", b", "a, b"}, {"t.", "a", "t.a"}, {"count", "(*)", "count(*)"}, {"<", "=", "< ="}, {"", "x", "x"},
	} {
		var b sqltext.Builder
		b.Reset(my)
		if err := errors.Join(b.Text(tt.a), func() error { b.Seam(); return b.Text(tt.b) }()); err != nil {
			t.Fatal(err)
		}
		if got, _ := b.Statement(); got != tt.want {
			t.Errorf("%q and %q become %q", tt.a, tt.b, got)
		}
	}
}

func TestBuilderLimits(t *testing.T) {
	t.Run("bytes", func(t *testing.T) {
		var b sqltext.Builder
		b.Reset(my)
		text := strings.Repeat("x", 1000)
		var err error
		for err == nil {
			err = b.Text(text)
		}
		if param.ReasonOf(err) != param.TooLarge || b.Len() > sqltext.MaxStatementBytes {
			t.Errorf("%d bytes, %v", b.Len(), err)
		}
		if err := b.Splice(0, 1, strings.Repeat("y", sqltext.MaxStatementBytes)); param.ReasonOf(err) != param.TooLarge {
			t.Errorf("splice: %v", err)
		}
	})
	t.Run("values", func(t *testing.T) {
		var b sqltext.Builder
		b.Reset(my)
		for range sqltext.MaxArgs {
			if err := b.Bind(int64(1), ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Bind(int64(1), ""); param.ReasonOf(err) != param.TooLarge {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("list", func(t *testing.T) {
		var b sqltext.Builder
		b.Reset(my)
		if err := b.BindList(make([]any, sqltext.MaxListArgs), "int", true); err != nil {
			t.Error(err)
		}
		if err := b.BindList(make([]any, sqltext.MaxListArgs+1), "int", true); param.ReasonOf(err) != param.TooLarge {
			t.Errorf("error is %v", err)
		}
	})
}

func TestSplice(t *testing.T) {
	for _, tt := range []struct {
		from, to int
		text     string
	}{{0, 0, "WHERE "}, {0, 3, ""}, {0, 3, "x"}, {2, 4, "a longer text than there was"}, {6, 6, "end"}, {0, 6, ""}} {
		var b sqltext.Builder
		b.Reset(my)
		if err := b.Text("abcdef"); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprint("abcdef"[:tt.from], tt.text, "abcdef"[tt.to:])
		if err := b.Splice(tt.from, tt.to, tt.text); err != nil || string(b.From(0)) != want {
			t.Errorf("%+v: %q, %v", tt, b.From(0), err)
		}
	}
}
