package template_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/dataapi/template"
)

func TestParseErrors(t *testing.T) {
	deep := func(n int) string {
		return "<select>" + strings.Repeat(`<if test="true">`, n) + "1" + strings.Repeat("</if>", n) + "</select>"
	}
	if _, _, err := parse(t, my, deep(template.MaxNesting)); err != nil {
		t.Errorf("the deepest script: %v", err)
	}
	for _, tt := range []struct {
		name   string
		source string
		at     string // of the first finding
		want   string
	}{
		{"empty", " \n", "1:1", "empty"},
		{"too long", strings.Repeat("x", template.MaxScriptBytes+1), "1:1", "at most"},
		{"too deep", deep(template.MaxNesting + 1), "1:521", "deeper"},
		{"undeclared", "SELECT\n  #{unknown}", "2:5", "not declared"},
		{"undeclared, columns are characters", "SELECT 'äö', #{unknown}", "1:16", "not declared"},
		{"undeclared in an attribute with entities", `<select>SELECT <if test="1 &lt; 2 and unknown">1</if></select>`, "1:39", "not declared"},
		{"semicolon", "SELECT 1; DROP TABLE t", "1:9", "one statement"},
		{"semicolon and an element", `<select>SELECT 1; <if test="true">x</if></select>`, "1:17", "one statement"},
		{"semicolon and a value", "SELECT 1; #{id}", "1:9", "one statement"},
		{"value in a string", "SELECT '#{id}'", "1:9", "quotes"},
		{"value in a string with more", "SELECT 'a%${name}'", "1:11", "quotes"},
		{"value in a name", "SELECT `${col}`", "1:9", "quotes"},
		{"value in a comment", "SELECT 1 -- #{id}\n", "1:13", "comment"},
		{"value in a block", "SELECT 1 /* #{id} */", "1:13", "comment"},
		{"value in a hint", "SELECT /*!50000 #{id} */ 1", "1:17", "comment"},
		{"string without end", "SELECT 'abc", "1:8", "no end"},
		{"comment without end", "SELECT /* abc", "1:8", "no end"},
		{"value without end", "SELECT #{id", "1:8", `no "}"`},
		{"value of nothing", "SELECT #{ }", "1:8", "empty"},
		{"value in a value", "SELECT #{${id}}", "1:8", "another"},
		{"question mark", "SELECT ? FROM t", "1:8", "database's own"},
		{"fragment not allowed", "SELECT ${name}", "1:8", "no fragment"},
		{"fragment of an expression", "SELECT ${id + 1}", "1:8", "takes a parameter"},
		{"fragment of a bound name", `<select><bind name="x" value="name"/>SELECT ${x}</select>`, "1:45", "takes a parameter"},
		{"fragment of an element that is none", `<select><foreach collection="ids" item="i">${i}</foreach></select>`, "1:44", "no fragment"},
		{"fragment of a name's end", "SELECT t_${col}", "1:10", "whole name"},
		{"fragment of a name's begin", "SELECT ${col}_x", "1:8", "whole name"},
		{"fragment with a date that is not digits", "SELECT ${ADD_DATE(d, 1)}", "1:8", "takes a parameter"},
		{"date function in a test", `<select>SELECT <if test="TO_YYYYMMDD(d) == '1'">1</if></select>`, "1:26", "within"},
		{"element in plain SQL", `SELECT 1 <where> a = 1 </where>`, "1:10", "put <select>"},
		{"element with attributes in plain SQL", `SELECT 1 <if test="a">x</if>`, "1:10", "put <select>"},
		{"not closed", `<select>SELECT <if test="true">1</select>`, "1:33", "</if> is expected"},
		{"not closed at all", `<select>SELECT 1`, "1:1", "no </select>"},
		{"closed too often", `<select>SELECT 1</if></select>`, "1:17", "</select> is expected"},
		{"closing tag in a comment", "<select>SELECT <if test=\"true\">1 -- x </if>\n</select>", "2:1", "</if> is expected"},
		{"something behind", `<select>SELECT 1</select> x`, "1:27", "nothing can follow"},
		{"select in select", `<select><select>1</select></select>`, "1:9", "nowhere else"},
		{"set", `<select><set>a = 1</set></select>`, "1:9", "only reads"},
		{"insert", `<select><insert>a</insert></select>`, "1:9", "only reads"},
		{"include", `<select><include refid="x"/></select>`, "1:9", "<function>"},
		{"script", `<select><script>x</script></select>`, "1:9", "cannot be used"},
		{"if without test", `<select><if>1</if></select>`, "1:9", "needs the attribute test"},
		{"unknown attribute", `<select><if test="true" tset="1">1</if></select>`, "1:31", "no attribute tset"},
		{"attribute twice", `<select><if test="true" test="false">1</if></select>`, "1:25", "twice"},
		{"attribute without value", `<select><if test>1</if></select>`, "1:13", "no value"},
		{"attribute without quotes", `<select><if test=true>1</if></select>`, "1:13", "not in quotes"},
		{"attribute without end", `<select><if test="true>1</if></select>`, "1:13", "no end"},
		{"operator that looks like an element", `<select>SELECT a <if (b)</select>`, "1:22", "put a blank"},
		{"when outside", `<select><when test="true">1</when></select>`, "1:9", "outside of <choose>"},
		{"choose without when", `<select><choose><otherwise>1</otherwise></choose></select>`, "1:9", "needs a <when>"},
		{"choose with text", `<select><choose>x<when test="true">1</when></choose></select>`, "1:9", "no text"},
		{"choose with if", `<select><choose><if test="true">1</if></choose></select>`, "1:17", "<when> and <otherwise> only"},
		{"two otherwise", `<select><choose><when test="true">1</when><otherwise>1</otherwise><otherwise>2</otherwise></choose></select>`, "1:9", "one <otherwise>"},
		{"when behind otherwise", `<select><choose><otherwise>1</otherwise><when test="true">1</when></choose></select>`, "1:9", "before <otherwise>"},
		{"foreach without collection", `<select><foreach item="i">1</foreach></select>`, "1:9", "collection"},
		{"foreach with a broken name", `<select><foreach collection="ids" item="a-b">1</foreach></select>`, "1:41", "name of a variable"},
		{"foreach with a reserved name", `<select><foreach collection="ids" item="null">1</foreach></select>`, "1:41", "name of a variable"},
		{"foreach with one name for two", `<select><foreach collection="ids" item="a" index="a">1</foreach></select>`, "1:51", "same name"},
		{"foreach nullable", `<select><foreach collection="ids" nullable="yes">1</foreach></select>`, "1:45", "true or false"},
		{"foreach with a comment", `<select><foreach collection="ids" open="/*">1</foreach></select>`, "1:41", "neither comments"},
		{"foreach with an open quote", `<select><foreach collection="ids" open="'">1</foreach></select>`, "1:41", "open quotes"},
		{"foreach with a semicolon", `<select><foreach collection="ids" separator=";">1</foreach></select>`, "1:46", "semicolons"},
		{"foreach with a value", `<select><foreach collection="ids" separator="#{id}">1</foreach></select>`, "1:46", "placeholders"},
		{"item outside of its loop", `<select><foreach collection="ids" item="i">1</foreach>#{i}</select>`, "1:57", "not declared"},
		{"trim of a placeholder", `<select><trim suffixOverrides="?">#{id}</trim></select>`, "1:32", "cannot be stripped"},
		{"trim of a digit", `<select><trim suffixOverrides="AND|1">#{id}</trim></select>`, "1:32", "cannot be stripped"},
		{"bind outside of its element", `<select><if test="true"><bind name="x" value="1"/></if>#{x}</select>`, "1:58", "not declared"},
		{"bind with a body", `<select><bind name="x" value="1">2</bind></select>`, "1:9", "no body"},
		{"function in an element", `<select><if test="true"><function name="f">1</function></if></select>`, "1:25", "directly"},
		{"function twice", `<select><function name="f">1</function><function name="f">1</function></select>`, "1:56", "two functions"},
		{"function with a parameter twice", `<select><function name="f" params="a,a">1</function></select>`, "1:36", "twice"},
		{"function sees no loop of its caller", `<select><foreach collection="ids" item="i"><call name="f"/></foreach><function name="f">#{i}</function></select>`, "1:91", "not declared"},
		{"call of nothing", `<select><call name="f"/></select>`, "1:9", "no <function"},
		{"call without a parameter", `<select><call name="f"/><function name="f" params="a">1</function></select>`, "1:9", `needs the parameter "a"`},
		{"call with another parameter", `<select><call name="f" b="1"/><function name="f">1</function></select>`, "1:9", `no parameter "b"`},
		{"quote as an entity", `<select>SELECT &apos;x&apos;</select>`, "1:16", "itself"},
		{"quote as an entity in a string", `<select>SELECT 'it&apos;s'</select>`, "1:16", "twice"},
		{"XML comment without end", `<select>SELECT 1 <!-- x</select>`, "1:18", `no "-->"`},
		{"DOCTYPE", `<select><!DOCTYPE x [<!ENTITY a "b">]>&a;</select>`, "1:9", "no XML"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := parse(t, my, tt.source)
			var e *gatewright.Error
			if !errors.As(err, &e) || e.Code != gatewright.Invalid || len(e.Details) == 0 {
				t.Fatalf("error is %v", err)
			}
			if d := e.Details[0]; d.Location != tt.at || !strings.Contains(d.Message, tt.want) {
				t.Errorf("got %s, want %q at %s", d, tt.want, tt.at)
			}
		})
	}
}

func TestReservedParameter(t *testing.T) {
	set, err := param.NewSet([]gatewright.DataParam{{Name: "null", Type: "int"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := template.Parse("SELECT #{null}", template.Options{Dialect: my, Params: set}); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("error is %v", err)
	}
	if _, err := template.Parse("SELECT 1", template.Options{Dialect: "oracle"}); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("error is %v", err)
	}
	s, err := template.Parse("SELECT 1", template.Options{Dialect: my})
	if err != nil {
		t.Fatal(err)
	}
	if st, err := s.Render(param.Values{}, template.Environment{}); err != nil || st.SQL != "SELECT 1" {
		t.Errorf("without parameters: %v, %v", st, err)
	}
}

func TestParametersOfTheDatabase(t *testing.T) {
	for d, sources := range map[gatewright.Dialect][]string{
		pg: {"SELECT $1"}, my: {"SELECT ?"}, ch: {"SELECT {x:Int64}", "SELECT { x : Array(String) }"}, sl: {"SELECT ?", "SELECT ?1", "SELECT :a", "SELECT @a", "SELECT $a"},
	} {
		for _, source := range sources {
			if _, _, err := parse(t, d, source); err == nil || !strings.Contains(err.Error(), "database's own") {
				t.Errorf("%s %s: %v", d, source, err)
			}
		}
	}
}

func TestSeveralErrors(t *testing.T) {
	_, _, err := parse(t, my, "<select>\n#{a}\n<if test=\"b\">#{c}</if>\n<if>?</if></select>")
	var places []string
	for _, d := range gatewright.AsError(err).Details {
		places = append(places, d.Location)
	}
	if want := []string{"2:3", "3:11", "3:16", "4:1", "4:5"}; !reflect.DeepEqual(places, want) {
		t.Errorf("places are %v, want %v: %v", places, want, err)
	}
	_, _, err = parse(t, my, strings.Repeat("#{a} ", 1000))
	if n := len(gatewright.AsError(err).Details); n != template.MaxFindings+1 {
		t.Errorf("%d findings are told", n)
	}
}

func TestFragmentDeclarations(t *testing.T) {
	for _, tt := range []struct {
		name  string
		param gatewright.DataParam
		want  string
	}{
		{"number as text", gatewright.DataParam{Type: "string", Fragment: gatewright.FragmentInteger}, "of type int"},
		{"order as number", gatewright.DataParam{Type: "int", Fragment: gatewright.FragmentSort}, "of type string"},
		{"open quote", gatewright.DataParam{Type: "string", Fragment: gatewright.FragmentEnum, Texts: []string{"'a"}}, "quote"},
		{"semicolon", gatewright.DataParam{Type: "string", Fragment: gatewright.FragmentEnum, Texts: []string{"a;"}}, "ends the statement"},
		{"comment", gatewright.DataParam{Type: "string", Fragment: gatewright.FragmentEnum, Texts: []string{"a -- b"}}, "comment"},
		{"parameter", gatewright.DataParam{Type: "string", Fragment: gatewright.FragmentEnum, Texts: []string{"?"}}, "parameter"},
		{"placeholder", gatewright.DataParam{Type: "string", Fragment: gatewright.FragmentEnum, Texts: []string{"#{p}"}}, "parameter"},
		{"closing parenthesis", gatewright.DataParam{Type: "string", Fragment: gatewright.FragmentEnum, Texts: []string{"a) OR (b"}}, "parenthesis"},
		{"opening parenthesis", gatewright.DataParam{Type: "string", Fragment: gatewright.FragmentEnum, Texts: []string{"(a"}}, "parenthesis"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.param.Name = "p"
			set, err := param.NewSet([]gatewright.DataParam{tt.param})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := template.Parse("SELECT ${p}", template.Options{Dialect: my, Params: set}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestFindParams(t *testing.T) {
	for _, tt := range []struct {
		name   string
		source string
		want   string // "name field operator type optional" of each
	}{
		{"all operators", `SELECT * FROM t WHERE a = #{a} AND b != #{b} AND c > #{c} AND d < #{d} AND e >= #{e} AND f <= #{f} AND g LIKE #{g} AND h NOT LIKE #{h} AND i IN (#{i}) AND j NOT IN #{j} AND k <> #{k}`,
			"a a = string; b b != string; c c > string; d d < string; e e >= string; f f <= string; g g LIKE string; h h NOT LIKE string; i i IN string; j j NOT IN string; k k != string"},
		{"turned around", `SELECT 1 WHERE #{low} <= t.price AND #{high} > price`, "low t.price >= string; high price < string"},
		{"between", `SELECT 1 WHERE d BETWEEN #{from} AND #{to} AND x = #{x}`, "from d >= string; to d <= string; x x = string"},
		{"aliases", `SELECT 1 FROM shop.orders AS o, "Items" i JOIN users u ON u.id = o.uid WHERE o.id = #{a} AND u.name = #{b} AND i."Q" = #{c} AND orders.z = #{d} AND v.y = #{e}`,
			"a orders.id = string; b users.name = string; c Items.Q = string; d orders.z = string; e v.y = string"},
		{"functions of columns", `SELECT 1 WHERE date(o.d) = #{a} AND lower(name) LIKE concat('%', #{b}, '%') AND c LIKE '%' || #{c} || '%' AND f(a, b) = #{d}`,
			"a o.d = string; b name LIKE string; c c LIKE string; d  = string"},
		{"paging", `SELECT 1 LIMIT #{pageSize} OFFSET #{(pageNum - 1) * pageSize}`, "pageSize  = int; pageNum  = int"},
		{"paging with a comma", `SELECT 1 LIMIT #{skip}, #{pageSize}`, "skip  = int; pageSize  = int"},
		{"fragments", `SELECT ${col} FROM t ORDER BY ${sort} LIMIT ${n}`, "col  = string; sort  = string sort; n  = int integer"},
		{"names in strings and comments are none", `SELECT 'x' -- a = 1`, ""},
		{"same one twice", `SELECT #{a} WHERE b = #{a} AND c > #{a}`, "a b = string"},
		{"expression", `SELECT 1 WHERE d = #{TO_YYYYMMDD(day)}`, "day d = string"},
		{"tests make optional", `<select>SELECT 1 <where><if test="a != null">AND a = #{a}</if><if test="mode == 1">AND x = #{b}</if> AND c = #{c}</where></select>`,
			"a a = string optional; mode  = string optional; b x = string optional; c c = string"},
		{"foreach", `<select>SELECT 1 WHERE id IN <foreach collection="ids" item="i" open="(" close=")" separator=",">#{i}</foreach> AND n NOT IN <foreach collection="ns" item="i" open="(" close=")" separator="," nullable="true">#{i}</foreach></select>`,
			"ids id IN string; ns n NOT IN string optional"},
		{"bind", `<select><bind name="p" value="'%' + name + '%'"/>SELECT 1 WHERE n LIKE #{p}</select>`, "name n LIKE string"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, err := template.FindParams(pg, tt.source)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, p := range found {
				s := fmt.Sprintf("%s %s %s %s", p.Name, p.Field, p.Operator, p.Type)
				if p.Fragment != "" {
					s += " " + string(p.Fragment)
				}
				if p.Optional {
					s += " optional"
				}
				out = append(out, s)
			}
			if got := strings.Join(out, "; "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	if _, err := template.FindParams(pg, "SELECT '#{a}'"); err == nil {
		t.Error("a broken script is read")
	}
}
