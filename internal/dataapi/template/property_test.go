package template_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
	"github.com/gatewright/gatewright/internal/dataapi/template"
)

// secret marks values: it is in every text a caller sends, and must never be in
// a statement.
const secret = "zQx"

// model is what a script means, made together with the script: the words of its
// statement, "?" for each value, and the values.
type model struct {
	words []string
	args  []any
}

func (m *model) add(o model) {
	m.words = append(m.words, o.words...)
	m.args = append(m.args, o.args...)
}

// call is a call's parameters as the model sees them.
type call struct {
	id    int64
	name  string
	names []string
}

// part draws a piece of a script and what it means.
func part(t *rapid.T, c call, depth int) (string, model) {
	kinds := 9
	if depth == 0 {
		kinds = 5
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		w := rapid.SampledFrom([]string{"a", "b1", "f(", ")", ",", "1", "<", "<>", "orders", "brand"}).Draw(t, "word")
		return " " + w + " ", model{words: []string{w}}
	case 1:
		s := rapid.SampledFrom([]string{"'<if>'", "'it''s'", "`a b`", "\"--\"", "/*+ h */"}).Draw(t, "opaque")
		return " " + s + " ", model{words: []string{s}}
	case 2:
		return "#{name}", model{[]string{"?"}, []any{c.name}}
	case 3:
		return "#{id + 1}", model{[]string{"?"}, []any{c.id + 1}}
	case 4:
		if len(c.names) == 0 {
			return " ", model{}
		}
		m := model{words: []string{"IN", "("}}
		for i, n := range c.names {
			if i > 0 {
				m.words = append(m.words, ",")
			}
			m.words = append(m.words, "?")
			m.args = append(m.args, n)
		}
		m.words = append(m.words, ")")
		return " IN #{names}", m
	case 5:
		n := rapid.Int64Range(0, 3).Draw(t, "limit")
		src, m := parts(t, c, depth-1)
		if c.id <= n {
			return fmt.Sprintf(`<if test="id &lt;= %d">%s</if>`, n, src), m
		}
		return fmt.Sprintf(`<if test="id &lt;= %d">%s</if>`, n, src), model{}
	case 6:
		a, ma := parts(t, c, depth-1)
		b, mb := parts(t, c, depth-1)
		src := fmt.Sprintf(`<choose><when test="len(names) > 1">%s</when><otherwise>%s</otherwise></choose>`, a, b)
		if len(c.names) > 1 {
			return src, ma
		}
		return src, mb
	case 7:
		src, m := parts(t, c, depth-1)
		if rapid.Bool().Draw(t, "and") {
			src = " AND " + src
		} else if len(m.words) > 0 && (m.words[0] == "AND" || m.words[0] == "OR") {
			m.words = m.words[1:]
		}
		if len(m.words) > 0 {
			m.words = append([]string{"WHERE"}, m.words...)
		}
		return "<where>" + src + "</where>", m
	}
	return loop(t, c, depth)
}

// loop repeats one body for each name.
func loop(t *rapid.T, c call, depth int) (string, model) {
	v := fmt.Sprintf("i%d", depth)
	out := model{}
	for i, n := range c.names {
		if i > 0 {
			out.words = append(out.words, "OR")
		} else {
			out.words = append(out.words, "(")
		}
		out.add(model{[]string{"x", "=", "?", "?"}, []any{n, int64(i)}})
	}
	if len(c.names) > 0 {
		out.words = append(out.words, ")")
	}
	return fmt.Sprintf(`<foreach collection="names" item="%s" index="n" open="(" separator="OR" close=")">x = #{%s} #{n}</foreach>`, v, v), out
}

func parts(t *rapid.T, c call, depth int) (string, model) {
	var src strings.Builder
	var m model
	for range rapid.IntRange(0, 4).Draw(t, "parts") {
		s, p := part(t, c, depth)
		src.WriteString(s)
		m.add(p)
	}
	return src.String(), m
}

// words splits a statement the way the model writes it.
func words(sql string) []string {
	var out []string
	for i := 0; i < len(sql); {
		tok := sqltext.Next(gatewright.MySQL, sql, i)
		if tok.Code() {
			raw := sql[i:tok.End]
			if last := len(out) - 1; tok.Kind == sqltext.Symbol && raw == ">" && out[last] == "<" && sql[i-1] == '<' || last >= 0 && raw == "(" && out[last] == "f" {
				out[last] += raw
			} else {
				out = append(out, raw)
			}
		}
		i = tok.End
	}
	return out
}

// TestModel compares random scripts with what they were made to mean.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := call{
			id:    rapid.Int64Range(0, 4).Draw(rt, "id"),
			name:  secret + rapid.String().Draw(rt, "name"),
			names: rapid.SliceOfN(rapid.Map(rapid.String(), func(s string) string { return secret + s }), 0, 3).Draw(rt, "names"),
		}
		src, want := parts(rt, c, 3)
		src = "<select>SELECT " + src + "</select>"
		want.words = append([]string{"SELECT"}, want.words...)
		s, set, err := parse(t, my, src)
		if err != nil {
			rt.Fatalf("%s: %v", src, err)
		}
		sent := map[string]any{"id": c.id, "name": c.name, "names": c.names}
		if c.names == nil {
			sent["names"] = []string{}
		}
		body, _ := json.Marshal(sent)
		v, err := set.FromJSON(body)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := s.Render(v, environment())
		if err != nil {
			rt.Fatalf("%s: %v", src, err)
		}
		if w := words(got.SQL); !reflect.DeepEqual(w, want.words) {
			rt.Fatalf("%s\ngot  %q\nwant %q", src, w, want.words)
		}
		if len(got.Args)+len(want.args) > 0 && !reflect.DeepEqual(got.Args, want.args) {
			rt.Fatalf("%s\ngot  %q\nwant %q", src, got.Args, want.args)
		}
		if strings.Contains(got.SQL, secret) {
			rt.Fatalf("a value is in the statement: %s", got.SQL)
		}
		if again, err := s.Render(v, environment()); err != nil || !reflect.DeepEqual(again, got) {
			rt.Fatalf("a second time it is %v, %v", again, err)
		}
	})
}

// count counts the placeholders of a statement.
func count(d gatewright.Dialect, sql string) int {
	n := 0
	for i := 0; i < len(sql); {
		tok := sqltext.Next(d, sql, i)
		if tok.Kind == sqltext.Parameter {
			n++
		}
		i = tok.End
	}
	return n
}

// FuzzScript: whatever parses gives, with whatever parameters, as many
// placeholders as values in every dialect, or a fault.
func FuzzScript(f *testing.F) {
	for _, src := range []string{
		"SELECT #{id} FROM t WHERE n = #{name} AND x IN (#{ids})",
		`<select>SELECT <where><if test="id > 0">AND a = #{id}</if></where><foreach collection="ids" item="i" separator=",">#{i}</foreach></select>`,
		`<select><bind name="p" value="name + '%'"/><trim prefix="(" suffixOverrides=",">#{p},</trim><choose><when test="flag">1</when><otherwise>2</otherwise></choose></select>`,
		`<select><function name="f" params="n"><call name="f" n="n"/></function><![CDATA[ a < b ]]> &lt; ${sort} ${TO_YYYYMMDD(d)}</select>`,
		"SELECT 1 -- 'x\n, $$ $1 $$, E'\\'', {a:b} [c] ;",
	} {
		f.Add(src, "zQx", int64(3), uint8(0))
	}
	f.Fuzz(func(t *testing.T, src, name string, id int64, dialect uint8) {
		d := []gatewright.Dialect{pg, my, ch, sl}[dialect%4]
		_, _ = template.FindParams(d, src)
		s, set, err := parse(t, d, src)
		if err != nil {
			if e := gatewright.AsError(err); e.Code != gatewright.Invalid || len(e.Details) == 0 {
				t.Fatalf("%q: %v", src, err)
			}
			return
		}
		samples, err := s.Samples()
		if err != nil && gatewright.CodeOf(err) == gatewright.Internal {
			t.Fatalf("%q: %v", src, err)
		}
		for _, st := range samples {
			if n := count(d, st.SQL); n != len(st.Args) {
				t.Fatalf("%s %q: sample %q with %d placeholders and %d values", d, src, st.SQL, n, len(st.Args))
			}
		}
		marked := "zQx" + name
		body, _ := json.Marshal(map[string]any{"id": id, "name": marked, "ids": []int64{id, 2}, "names": []string{marked}, "d": "2024-02-29", "amount": 1.5,
			"flag": true, "tree": map[string]any{"a": []any{1, marked}}, "col": "id", "cols": "id,name", "sort": "id desc", "num": id, "nums": []int64{id}, "kind": "COUNT(*)"})
		v, err := set.FromJSON(body)
		if err != nil {
			return // the text is not valid UTF-8 or too long
		}
		got, err := s.Render(v, environment())
		if err != nil {
			if param.ReasonOf(err) == 0 {
				t.Fatalf("%q: %v is no fault", src, err)
			}
			return
		}
		if n := count(d, got.SQL); n != len(got.Args) {
			t.Fatalf("%s %q became %q with %d placeholders and %d values", d, src, got.SQL, n, len(got.Args))
		}
		if !strings.Contains(src, "zQx") && strings.Contains(got.SQL, "zQx") {
			t.Fatalf("%q: a value is in the statement %q", src, got.SQL)
		}
	})
}

func BenchmarkRender(b *testing.B) {
	for _, bb := range []struct{ name, source, params string }{
		{"plain", "SELECT a, b FROM t WHERE id = #{id} AND n = #{name} LIMIT #{(id - 1) * 10}, 10", `{"id":5,"name":"x"}`},
		{"dynamic", `<select>SELECT a FROM t <where><if test="id > 0">AND id = #{id}</if><if test="name != null and name != ''">AND n = #{name}</if>
			<if test="len(ids) > 0">AND x IN <foreach collection="ids" item="i" open="(" separator="," close=")">#{i}</foreach></if></where> ORDER BY ${sort}</select>`,
			`{"id":5,"name":"x","ids":[1,2,3],"sort":"id desc"}`},
		{"list of 1000", "SELECT a FROM t WHERE x IN (#{ids})", `{"ids":"1` + strings.Repeat(",1", 999) + `"}`},
	} {
		b.Run(bb.name, func(b *testing.B) {
			s, set, err := parse(b, my, bb.source)
			if err != nil {
				b.Fatal(err)
			}
			v, err := set.FromJSON([]byte(bb.params))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Render(v, template.Environment{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	set := declared(b)
	for b.Loop() {
		if _, err := template.Parse(`<select>SELECT a FROM t <where><if test="id > 0">AND id = #{id}</if></where></select>`, template.Options{Dialect: my, Params: set}); err != nil {
			b.Fatal(err)
		}
	}
}
