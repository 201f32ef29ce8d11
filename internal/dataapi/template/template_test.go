package template_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
	"github.com/gatewright/gatewright/internal/dataapi/template"
)

const (
	pg = gatewright.PostgreSQL
	my = gatewright.MySQL
	ch = gatewright.ClickHouse
	sl = gatewright.SQLite
)

// declared are the parameters of the scripts in these tests.
func declared(t testing.TB) *param.Set {
	t.Helper()
	set, err := param.NewSet([]gatewright.DataParam{
		{Name: "id", Type: "int", Optional: true},
		{Name: "name", Type: "string", Optional: true},
		{Name: "ids", Type: "array<int>", Optional: true},
		{Name: "names", Type: "array<string>", Optional: true},
		{Name: "d", Type: "date", Optional: true},
		{Name: "amount", Type: "decimal", Optional: true},
		{Name: "flag", Type: "bool", Optional: true},
		{Name: "tree", Type: "json", Optional: true},
		{Name: "col", Type: "string", Optional: true, Fragment: gatewright.FragmentIdentifier},
		{Name: "cols", Type: "string", Optional: true, Fragment: gatewright.FragmentIdentifierList},
		{Name: "sort", Type: "string", Optional: true, Fragment: gatewright.FragmentSort},
		{Name: "num", Type: "int", Optional: true, Fragment: gatewright.FragmentInteger},
		{Name: "nums", Type: "int", Optional: true, Fragment: gatewright.FragmentIntegerList},
		{Name: "kind", Type: "string", Optional: true, Fragment: gatewright.FragmentEnum, Texts: []string{"SUM(a)", "COUNT(*)"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func parse(t testing.TB, d gatewright.Dialect, source string) (*template.Script, *param.Set, error) {
	t.Helper()
	set := declared(t)
	s, err := template.Parse(source, template.Options{Dialect: d, Params: set, Fields: []string{"id", "name", "t.name"}})
	return s, set, err
}

func environment() template.Environment {
	return template.Environment{
		Partition: func(string, string) (time.Time, bool) { return time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC), true },
		Zone:      time.UTC,
	}
}

func render(t testing.TB, d gatewright.Dialect, source, params string) (template.Statement, error) {
	t.Helper()
	s, set, err := parse(t, d, source)
	if err != nil {
		t.Fatal(err)
	}
	v, err := set.FromJSON([]byte(params))
	if err != nil {
		t.Fatal(err)
	}
	return s.Render(v, environment())
}

func TestRender(t *testing.T) {
	type args = []any
	for _, tt := range []struct {
		name   string
		source string
		params string
		want   string
		args   args
	}{
		// plain SQL
		{"plain", "SELECT 1", `{}`, "SELECT 1", args{}},
		{"one semicolon goes", "SELECT 1 ; \n", `{}`, "SELECT 1", args{}},
		{"semicolon in a string", "SELECT ';'", `{}`, "SELECT ';'", args{}},
		{"value", "SELECT a FROM t WHERE n = #{name}", `{"name":"x' OR '1'='1"}`, "SELECT a FROM t WHERE n = ?", args{"x' OR '1'='1"}},
		{"value with markup is not read again", "SELECT #{name}", `{"name":"#{id} ${id} <if>"}`, "SELECT ?", args{"#{id} ${id} <if>"}},
		{"null and absent bind null", "SELECT #{id}, #{name}", `{"id":null}`, "SELECT ?, ?", args{nil, nil}},
		{"expression", "SELECT 1 LIMIT #{(id - 1) * 10}, 10", `{"id":3}`, "SELECT 1 LIMIT ?, 10", args{int64(20)}},
		{"big numbers", "SELECT #{id}, #{amount}", `{"id":9007199254740993,"amount":0.10}`, "SELECT ?, CAST(? AS DECIMAL(65,2))", args{int64(9007199254740993), param.Decimal("0.10")}},
		{"less than is no element", "SELECT a<b, a <= b, a<if(b,1,2) FROM t", `{}`, "SELECT a<b, a <= b, a<if(b,1,2) FROM t", args{}},
		{"words do not melt", "SELECT#{id}AS x", `{"id":1}`, "SELECT ? AS x", args{int64(1)}},
		{"map in a placeholder", "SELECT #{ {a: 1, b: '}'}.a }", `{}`, "SELECT ?", args{int64(1)}},
		// lists
		{"list gets parentheses", "SELECT 1 WHERE a IN #{ids}", `{"ids":[1,2]}`, "SELECT 1 WHERE a IN (?, ?)", args{int64(1), int64(2)}},
		{"list in parentheses", "SELECT 1 WHERE a IN ( #{ids} )", `{"ids":"1,2"}`, "SELECT 1 WHERE a IN ( ?, ? )", args{int64(1), int64(2)}},
		{"list in a list", "SELECT 1 WHERE a IN (0, #{ids})", `{"ids":[1,2]}`, "SELECT 1 WHERE a IN (0, ?, ?)", args{int64(1), int64(2)}},
		{"list empty", "SELECT 1 WHERE a IN (#{ids}) AND b NOT IN #{names}", `{"ids":[],"names":""}`, "SELECT 1 WHERE a IN (SELECT NULL FROM (SELECT 1) AS nothing WHERE FALSE) AND b NOT IN (SELECT NULL FROM (SELECT 1) AS nothing WHERE FALSE)", args{}},
		{"list null", "SELECT 1 WHERE a IN #{ids} AND a IN (#{ids})", `{}`, "SELECT 1 WHERE a IN (?) AND a IN (?)", args{nil, nil}},
		{"list of a slice", "SELECT 1 WHERE a IN #{filter(ids, {# > 1})}", `{"ids":[1,2,3]}`, "SELECT 1 WHERE a IN (?, ?)", args{int64(2), int64(3)}},
		// date functions
		{"dates", "SELECT #{TO_YYYYMMDD(d)}, #{ADD_DATE(d, 1)}, #{SUB_DATE('2024/03/01', 1)}, #{DATE_PARTITION()}", `{"d":"2024-02-28"}`, "SELECT ?, ?, ?, ?",
			args{"20240228", param.Date("2024-02-29"), "2024/02/29", param.Date("2024-03-01")}},
		{"date as digits", "SELECT * FROM t WHERE p = ${TO_YYYYMMDD(SUB_DATE(d, 1))}", `{"d":"2024-03-01"}`, "SELECT * FROM t WHERE p = 20240229", args{}},
		// fragments
		{"identifier", "SELECT ${col} FROM t", `{"col":"t.name"}`, "SELECT `t`.`name` FROM t", args{}},
		{"identifiers", "SELECT ${cols} FROM t", `{"cols":"id,name"}`, "SELECT `id`, `name` FROM t", args{}},
		{"order", "SELECT 1 ORDER BY ${sort}", `{"sort":"id desc,  name"}`, "SELECT 1 ORDER BY `id` DESC, `name`", args{}},
		{"number", "SELECT ${num}", `{"num":-5}`, "SELECT -5", args{}},
		{"number in front of a sign", "SELECT 1-${num}", `{"num":-5}`, "SELECT 1- -5", args{}},
		{"numbers", "SELECT 1 WHERE a IN (${nums})", `{"nums":"1,18446744073709551616"}`, "SELECT 1 WHERE a IN (1, 18446744073709551616)", args{}},
		{"enumeration", "SELECT ${kind} FROM t", `{"kind":"COUNT(*)"}`, "SELECT COUNT(*) FROM t", args{}},
		// if
		{"select in capitals", "<SELECT>SELECT 1</SELECT>", `{}`, "SELECT 1", args{}},
		{"select with a semicolon", " <select> SELECT 1; </select> ; ", `{}`, "SELECT 1", args{}},
		{"if true", `<select>SELECT 1 <if test="id > 0">WHERE id = #{id}</if></select>`, `{"id":1}`, "SELECT 1 WHERE id = ?", args{int64(1)}},
		{"if absent", `<select>SELECT 1 <if test="id > 0">WHERE id = #{id}</if></select>`, `{}`, "SELECT 1", args{}},
		{"if with MyBatis' idiom", `<select>SELECT 1 <if test='name != null and name != ""'>WHERE n = #{name}</if></select>`, `{"name":""}`, "SELECT 1", args{}},
		{"if with entities", `<select>SELECT 1 <if test="id &gt; 0 &amp;&amp; id &lt; 9">WHERE 1 &lt; 2</if></select>`, `{"id":1}`, "SELECT 1 WHERE 1 < 2", args{}},
		{"if with a placeholder in the test", `<select>SELECT 1 <if test="#{id} == 1">WHERE 1</if></select>`, `{"id":1}`, "SELECT 1 WHERE 1", args{}},
		{"if of a boolean", `<select>SELECT 1 <if test="flag">A</if><if test="!flag">B</if></select>`, `{}`, "SELECT 1 B", args{}},
		{"if without a body", `<select>SELECT 1 <if test="true"/></select>`, `{}`, "SELECT 1", args{}},
		// choose
		{"choose first", `<select>SELECT <choose><when test="id == 1">a</when><when test="id > 0">b</when><otherwise>c</otherwise></choose></select>`, `{"id":1}`, "SELECT a", args{}},
		{"choose second", `<select>SELECT <choose> <when test="id == 1">a</when> <!-- x --> <when test="id > 0">b</when><otherwise>c</otherwise></choose></select>`, `{"id":2}`, "SELECT b", args{}},
		{"choose otherwise", `<select>SELECT <choose><when test="id == 1">a</when><otherwise>c</otherwise></choose></select>`, `{}`, "SELECT c", args{}},
		{"choose none", `<select>SELECT 1 <choose><when test="id == 1">a</when></choose></select>`, `{}`, "SELECT 1", args{}},
		// where and trim
		{"where strips AND", "<select>SELECT 1 <where>\n\tand id = 1</where> LIMIT 1</select>", `{}`, "SELECT 1 WHERE id = 1 LIMIT 1", args{}},
		{"where strips OR", "<select>SELECT 1 <where> OR(id = 1) </where></select>", `{}`, "SELECT 1 WHERE (id = 1)", args{}},
		{"where keeps words that begin so", "<select>SELECT 1 <where> order_id = 1 </where></select>", `{}`, "SELECT 1 WHERE order_id = 1", args{}},
		{"where empty", `<select>SELECT 1 <where> <if test="id > 0"> AND id = 1</if> </where> LIMIT 1</select>`, `{}`, "SELECT 1  LIMIT 1", args{}},
		{"where of a comment is empty", "<select>SELECT 1 <where> /* AND */ -- x\n</where></select>", `{}`, "SELECT 1", args{}},
		{"where strips behind a comment", "<select>SELECT 1 <where> /* first */ AND id = 1</where></select>", `{}`, "SELECT 1  /* first */ WHERE id = 1", args{}},
		{"where of AND alone is empty", "<select>SELECT 1 <where> AND </where></select>", `{}`, "SELECT 1", args{}},
		{"where in where", `<select>SELECT 1 <where> AND a IN (SELECT b FROM c <where> AND d = #{id}</where>)</where></select>`, `{"id":1}`, "SELECT 1 WHERE a IN (SELECT b FROM c WHERE d = ?)", args{int64(1)}},
		{"trim", `<select>SELECT <trim prefix="(" suffix=")" prefixOverrides="," suffixOverrides=", | AND">, a = 1, b = 2 ,</trim></select>`, `{}`, "SELECT ( a = 1, b = 2 )", args{}},
		{"trim strips one only", `<select>SELECT <trim suffixOverrides=",">1,,</trim></select>`, `{}`, "SELECT 1,", args{}},
		{"trim keeps words", `<select>SELECT <trim suffixOverrides="AND">brand</trim></select>`, `{}`, "SELECT brand", args{}},
		{"trim behind a value", `<select>SELECT <trim suffixOverrides=",">#{id},</trim></select>`, `{"id":1}`, "SELECT ?", args{int64(1)}},
		// foreach
		{"foreach", `<select>SELECT 1 WHERE id IN <foreach collection="ids" item="i" open="(" separator="," close=")">#{i}</foreach></select>`, `{"ids":[4,5]}`, "SELECT 1 WHERE id IN (?,?)", args{int64(4), int64(5)}},
		{"foreach with words between", `<select>SELECT 1 <foreach collection="ids" item="i" index="n" open="WHERE" separator="OR">a = #{i + n}</foreach></select>`, `{"ids":[4,5]}`, "SELECT 1 WHERE a = ? OR a = ?", args{int64(4), int64(6)}},
		{"foreach empty", `<select>SELECT 1 <foreach collection="ids" item="i" open="(" separator="," close=")">#{i}</foreach> X</select>`, `{"ids":[]}`, "SELECT 1  X", args{}},
		{"foreach nullable", `<select>SELECT 1 <foreach collection="ids" item="i" open="(" separator="," close=")" nullable="true">#{i}</foreach></select>`, `{}`, "SELECT 1", args{}},
		{"foreach skips empty bodies", `<select>SELECT <foreach collection="ids" item="i" separator="+"><if test="i > 1">#{i}</if></foreach></select>`, `{"ids":[1,2,1,3]}`, "SELECT ? + ?", args{int64(2), int64(3)}},
		{"foreach over a map is sorted", `<select>SELECT <foreach collection="tree" item="v" index="k" separator="AND">#{k} = #{v}</foreach></select>`, `{"tree":{"b":2,"a":1,"c":null}}`, "SELECT ? = ? AND ? = ? AND ? = ?", args{"a", int64(1), "b", int64(2), "c", nil}},
		{"foreach in foreach", `<select>SELECT <foreach collection="tree" item="row" separator="OR">(<foreach collection="row.l" item="i" separator=",">#{i}</foreach>)</foreach></select>`, `{"tree":[{"l":[1,2]},{"l":[3]}]}`, "SELECT (?,?) OR(?)", args{int64(1), int64(2), int64(3)}},
		{"foreach of a range", `<select>SELECT <foreach collection="1..3" item="i" separator=",">#{i}</foreach></select>`, `{}`, "SELECT ?,?,?", args{int64(1), int64(2), int64(3)}},
		{"foreach of identifiers", `<select>SELECT <foreach collection="cols" item="c" separator=",">MAX(${c})</foreach> FROM t</select>`, `{"cols":["id","name"]}`, "SELECT MAX(`id`),MAX(`name`) FROM t", args{}},
		{"foreach shadows", `<select>SELECT <foreach collection="ids" item="id">#{id}</foreach> #{id}</select>`, `{"id":9,"ids":[1]}`, "SELECT ? ?", args{int64(1), int64(9)}},
		// bind
		{"bind", `<select><bind name="p" value="'%' + name + '%'"/>SELECT 1 WHERE n LIKE #{p} OR m LIKE #{p}</select>`, `{"name":"x"}`, "SELECT 1 WHERE n LIKE ? OR m LIKE ?", args{"%x%", "%x%"}},
		{"bind with an end", `<select><bind name="p" value="1"> </bind>SELECT #{p}</select>`, `{}`, "SELECT ?", args{int64(1)}},
		{"bind in foreach is new each time", `<select>SELECT <foreach collection="ids" item="i" separator=","><bind name="q" value="i * 2"/>#{q}</foreach></select>`, `{"ids":[1,2]}`, "SELECT ?,?", args{int64(2), int64(4)}},
		// functions
		{"function", `<select><function name="both" params="x, y">(#{x}, #{y}, #{id})</function>SELECT <call name="both" x="1" y="id + 1"/>, <call name="both" x="name" y="nil"/></select>`, `{"id":5,"name":"n"}`,
			"SELECT (?, ?, ?), (?, ?, ?)", args{int64(1), int64(6), int64(5), "n", nil, int64(5)}},
		{"function calls itself", `<select>SELECT 1 WHERE <call name="f" node="tree"/><function name="f" params="node"><choose><when test="node.kids != nil">(<foreach collection="node.kids" item="k" separator="OR"><call name="f" node="k"/></foreach>)</when><otherwise>a = #{node.v}</otherwise></choose></function></select>`,
			`{"tree":{"kids":[{"v":1},{"kids":[{"v":2},{"v":3}]}]}}`, "SELECT 1 WHERE (a = ? OR(a = ? OR a = ?))", args{int64(1), int64(2), int64(3)}},
		// what is not SQL, and what is opaque
		{"XML comment", `<select>SELECT <!-- #{nothing} </if> --> 1</select>`, `{}`, "SELECT   1", args{}},
		{"CDATA", `<select>SELECT 1 <![CDATA[ WHERE a < b AND c &lt <if> #{id} ]]></select>`, `{"id":1}`, "SELECT 1  WHERE a < b AND c &lt <if> ?", args{int64(1)}},
		{"string with an element", `<select>SELECT '<if>' , '</select>', 'a &lt; b'</select>`, `{}`, "SELECT '<if>' , '</select>', 'a < b'", args{}},
		{"comment with an element", `<select>SELECT 1 /* <if test="x"> */</select>`, `{}`, `SELECT 1 /* <if test="x"> */`, args{}},
		{"operators are no elements", `<select>SELECT a < b, a <> b, a <= b, a<b</select>`, `{}`, "SELECT a < b, a <> b, a <= b, a<b", args{}},
		{"entities make operators", `<select>SELECT a &lt;= b, a &lt;&gt; b, c &amp; d,&nbsp;e & f, &lt;if&gt;</select>`, `{}`, "SELECT a <= b, a <> b, c & d, e & f, <if>", args{}},
		{"strings of two elements", `<select>SELECT <if test="true">'a'</if><if test="true">'b'</if></select>`, `{}`, "SELECT 'a' 'b'", args{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := render(t, my, tt.source, tt.params)
			if err != nil {
				t.Fatal(err)
			}
			if got.SQL != tt.want {
				t.Errorf("got  %s\nwant %s", got.SQL, tt.want)
			}
			if !reflect.DeepEqual(got.Args, tt.args) {
				t.Errorf("args %#v, want %#v", got.Args, tt.args)
			}
		})
	}
}

func TestRenderDialects(t *testing.T) {
	for _, tt := range []struct {
		name   string
		source string
		params string
		want   map[gatewright.Dialect]string
	}{
		{"placeholders", "SELECT #{id}, #{name} FROM t WHERE x IN (#{ids})", `{"id":1,"name":"x","ids":[1,2]}`, map[gatewright.Dialect]string{
			pg: "SELECT $1, $2 FROM t WHERE x IN ($3, $4)", my: "SELECT ?, ? FROM t WHERE x IN (?, ?)", sl: "SELECT ?, ? FROM t WHERE x IN (?, ?)",
			ch: "SELECT {p1:Int64}, {p2:String} FROM t WHERE x IN ({p3:Int64}, {p4:Int64})"}},
		{"test for null", "SELECT 1 WHERE (#{id} IS NULL OR id = #{id}) AND #{name} is not null", `{}`, map[gatewright.Dialect]string{
			pg: "SELECT 1 WHERE (CAST($1 AS bigint) IS NULL OR id = $2) AND CAST($3 AS text) is not null", my: "SELECT 1 WHERE (? IS NULL OR id = ?) AND ? is not null",
			ch: "SELECT 1 WHERE ({p1:Nullable(Int64)} IS NULL OR id = {p2:Nullable(Int64)}) AND {p3:Nullable(String)} is not null"}},
		{"empty list", "SELECT 1 WHERE id IN (#{ids})", `{"ids":[]}`, map[gatewright.Dialect]string{
			pg: "SELECT 1 WHERE id IN (SELECT CAST(NULL AS bigint) WHERE FALSE)", sl: "SELECT 1 WHERE id IN (SELECT NULL WHERE 0)", ch: "SELECT 1 WHERE id IN (SELECT CAST(NULL AS Nullable(Int64)) WHERE 0)"}},
		{"names", "SELECT ${col} FROM t", `{"col":"name"}`, map[gatewright.Dialect]string{pg: `SELECT "name" FROM t`, my: "SELECT `name` FROM t", ch: "SELECT `name` FROM t", sl: `SELECT "name" FROM t`}},
		{"operators of the dialect", "SELECT a::int, b ? 'k', c[1:2], d #> e, $$#x$$ FROM t", `{}`, map[gatewright.Dialect]string{pg: "SELECT a::int, b ? 'k', c[1:2], d #> e, $$#x$$ FROM t"}},
		{"ternary and maps", "SELECT a ? b : c, {'k': 1}['k'], x::Int8", `{}`, map[gatewright.Dialect]string{ch: "SELECT a ? b : c, {'k': 1}['k'], x::Int8"}},
	} {
		for d, want := range tt.want {
			t.Run(tt.name+"/"+string(d), func(t *testing.T) {
				got, err := render(t, d, tt.source, tt.params)
				if err != nil || got.SQL != want {
					t.Errorf("got %s, %v\nwant %s", got.SQL, err, want)
				}
			})
		}
	}
}

func TestRenderErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		source string
		params string
		reason param.Reason
		want   string
	}{
		{"identifier not of the table", "SELECT ${col}", `{"col":"password"}`, param.Refused, "not the name of a field"},
		{"identifier with a backtick", "SELECT ${col}", "{\"col\":\"i`d\"}", param.Refused, "not the name of a field"},
		{"identifier in quotes", "SELECT ${col}", `{"col":"\"a\"\".b\""}`, param.Refused, "not the name of a field"},
		{"identifier null", "SELECT ${col}", `{}`, param.Refused, "null"},
		{"identifiers empty", "SELECT ${cols}", `{"cols":[]}`, param.Refused, "empty"},
		{"order with a statement", "SELECT 1 ORDER BY ${sort}", `{"sort":"id desc; drop table x"}`, param.Refused, "no order"},
		{"order with a query", "SELECT 1 ORDER BY ${sort}", `{"sort":"(select sleep(9))"}`, param.Refused, "not the name"},
		{"order with a comment", "SELECT 1 ORDER BY ${sort}", `{"sort":"id/**/desc"}`, param.Refused, "not the name"},
		{"order with a comma too many", "SELECT 1 ORDER BY ${sort}", `{"sort":"id,"}`, param.Refused, "no order"},
		{"enumeration", "SELECT ${kind}", `{"kind":"sum(a)"}`, param.Refused, "not one of"},
		{"numbers too many", "SELECT ${nums}", `{"nums":"1` + strings.Repeat(",1", sqltext.MaxListArgs) + `"}`, param.TooLarge, "at most"},
		{"structure", "SELECT #{tree}", `{"tree":{"a":1}}`, param.Refused, "structure"},
		{"list of lists", "SELECT #{tree}", `{"tree":[[1]]}`, param.Refused, "structure"},
		{"list too long", "SELECT 1 WHERE a IN (#{ids})", `{"ids":"1` + strings.Repeat(",1", sqltext.MaxListArgs) + `"}`, param.TooLarge, "at most"},
		{"empty list not behind IN", "SELECT f(#{ids})", `{"ids":[]}`, param.Refused, "empty"},
		{"empty list among others", "SELECT 1 WHERE a IN (#{ids}, 0)", `{"ids":[]}`, param.Refused, "empty"},
		{"foreach over null", `<select>SELECT <foreach collection="ids" item="i">#{i}</foreach></select>`, `{"ids":null}`, param.WrongType, "nullable"},
		{"foreach over a number", `<select>SELECT <foreach collection="id" item="i">#{i}</foreach></select>`, `{"id":1}`, param.WrongType, "neither"},
		{"test that is no truth", `<select>SELECT <if test="id">1</if></select>`, `{"id":1}`, param.WrongType, "1:26"},
		{"date that is none", "SELECT #{ADD_DATE(name, 1)}", `{"name":"2024-02-30"}`, param.WrongType, "not a date"},
		{"date as digits that is none", "SELECT ${TO_YYYYMMDD(name)}", `{"name":"20240101 OR 1=1"}`, param.WrongType, "not a date"},
		{"nothing", `<select><if test="id > 0">SELECT 1</if></select>`, `{}`, param.Refused, "nothing"},
		{"statement too large", `<select>SELECT 1 <foreach collection="1..9999" item="i">` + strings.Repeat("x", 100) + ` </foreach></select>`, `{}`, param.TooLarge, "bytes"},
		{"too many values", `<select>SELECT 1 <foreach collection="1..9999" item="i">#{i},#{i}</foreach></select>`, `{}`, param.TooLarge, "binds more"},
		{"too many rounds", `<select>SELECT 1 <foreach collection="1..101" item="i"><foreach collection="1..101" item="j"> </foreach></foreach></select>`, `{}`, param.TooLarge, "repeats"},
		{"range too large", `<select>SELECT 1 <foreach collection="1..1000000" item="i"> </foreach></select>`, `{}`, param.WrongType, "range"},
		{"too many steps", `<select>SELECT 1 <if test="all(1..10000, all(1..10000, # > 0))">x</if></select>`, `{}`, param.TooLarge, "steps"},
		{"text thrown away costs", `<select>SELECT 1 <foreach collection="1..9999" item="i">/*` + strings.Repeat("x", 60_000) + `*/</foreach></select>`, `{}`, param.TooLarge, "steps"},
		{"endless recursion", `<select>SELECT <call name="f"/><function name="f">1 + <call name="f"/></function></select>`, `{}`, param.TooLarge, "deeper"},
		{"branching recursion", `<select>SELECT <call name="f" n="1"/><function name="f" params="n"><if test="n lt 30"><call name="f" n="n+1"/><call name="f" n="n+1"/></if></function></select>`, `{}`, param.TooLarge, "repeats"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := render(t, my, tt.source, tt.params)
			if param.ReasonOf(err) != tt.reason || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %q with error %v, reason %d", got.SQL, err, param.ReasonOf(err))
			}
			if len(err.Error()) > 2000 {
				t.Errorf("the message has %d bytes", len(err.Error()))
			}
		})
	}
}

func TestForeignValues(t *testing.T) {
	s, _, err := parse(t, my, "SELECT #{id}")
	if err != nil {
		t.Fatal(err)
	}
	other, err := declared(t).FromJSON([]byte(`{"id":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Render(other, template.Environment{}); gatewright.CodeOf(err) != gatewright.Internal {
		t.Errorf("error is %v", err)
	}
	if names := s.Names(); !reflect.DeepEqual(names, []string{"id"}) {
		t.Errorf("names are %v", names)
	}
}

func TestSamples(t *testing.T) {
	for _, tt := range []struct {
		name   string
		source string
		want   []string
	}{
		{"plain", "SELECT #{id} WHERE a IN #{ids}", []string{"SELECT ? WHERE a IN (?)"}},
		{"every if and none", `<select>SELECT 1 <where><if test="id > 0">AND a = #{id}</if><if test="id > 1">AND b = 1</if></where></select>`, []string{"SELECT 1 WHERE a = ? AND b = 1", "SELECT 1"}},
		{"every branch", `<select>SELECT <choose><when test="id == 1">a</when><when test="id == 2">b</when><when test="id == 3">c</when><otherwise>d</otherwise></choose></select>`,
			[]string{"SELECT a", "SELECT d", "SELECT b", "SELECT c"}},
		{"every text", "SELECT ${kind}, ${col}, ${num} ORDER BY ${sort}", []string{"SELECT SUM(a), `id`, 0 ORDER BY `id`", "SELECT COUNT(*), `id`, 0 ORDER BY `id`"}},
		{"loops and functions", `<select>SELECT <foreach collection="ids" item="i" open="(" close=")">#{i}</foreach><function name="f" params="n">(#{n})<call name="f" n="n"/><call name="g"/></function> <call name="f" n="id"/><function name="g">, 1</function></select>`,
			[]string{"SELECT (?) (?), 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _, err := parse(t, my, tt.source)
			if err != nil {
				t.Fatal(err)
			}
			samples, err := s.Samples()
			var got []string
			for _, st := range samples {
				got = append(got, st.SQL)
				if n := count(my, st.SQL); n != len(st.Args) {
					t.Errorf("%s: %d placeholders, %d values", st.SQL, n, len(st.Args))
				}
			}
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
	t.Run("too many branches", func(t *testing.T) {
		for n, code := range map[int]gatewright.Code{template.MaxSamples: "", template.MaxSamples + 1: gatewright.LimitExceeded} {
			var b strings.Builder
			for i := range n - 1 {
				fmt.Fprintf(&b, `<when test="id == %d">%d</when>`, i, i)
			}
			s, _, err := parse(t, my, "<select>SELECT <choose>"+b.String()+"<otherwise>b</otherwise></choose></select>")
			if err != nil {
				t.Fatal(err)
			}
			if samples, err := s.Samples(); gatewright.CodeOf(err) != code || code == "" && len(samples) != n {
				t.Errorf("%d branches: %d samples, %v", n, len(samples), err)
			}
		}
	})
}

// TestConcurrentRender: one script, many calls at the same time, each with its
// own values; a failed one leaves nothing behind.
func TestConcurrentRender(t *testing.T) {
	s, set, err := parse(t, my, `<select>SELECT #{name} <foreach collection="ids" item="i" separator=",">#{i}</foreach> <if test="id > 0">#{ids[5]}</if></select>`)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				v, err := set.FromJSON(fmt.Appendf(nil, `{"name":"%d/%d","ids":[%d,%d],"id":%d}`, g, i, g, i, i%2))
				if err != nil {
					t.Error(err)
					return
				}
				st, err := s.Render(v, template.Environment{})
				if i%2 == 1 {
					if err == nil {
						t.Error("an element that is not there was found")
					}
					continue
				}
				want := []any{fmt.Sprintf("%d/%d", g, i), int64(g), int64(i)}
				if err != nil || !reflect.DeepEqual(st.Args, want) {
					t.Errorf("got %v, %v; want %v", st.Args, err, want)
				}
			}
		})
	}
	wg.Wait()
}
