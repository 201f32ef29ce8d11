//go:build unix

package sqlsource

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestArgForms(t *testing.T) {
	tests := []struct {
		name string
		arg  Arg
		want bool
	}{
		{"null", Arg{}, true},
		{"null with text", Arg{Null, "x"}, false},
		{"bool", Arg{Bool, "true"}, true},
		{"bool as number", Arg{Bool, "1"}, false},
		{"integer", Arg{Integer, "-123456789012345678901234567890"}, true},
		{"integer and more", Arg{Integer, "1 OR 1=1"}, false},
		{"integer with a line", Arg{Integer, "1\n"}, false},
		{"integer, no digit", Arg{Integer, "-"}, false},
		{"decimal", Arg{Decimal, "0.10"}, true},
		{"decimal with exponent", Arg{Decimal, "1e5"}, false},
		{"decimal, nothing after the point", Arg{Decimal, "1."}, false},
		{"float", Arg{Float, "1e300"}, true},
		{"float too large", Arg{Float, "1e400"}, false},
		{"float in hexadecimal", Arg{Float, "0x1p4"}, false},
		{"not a number", Arg{Float, "NaN"}, false},
		{"string", Arg{String, "x' OR '1'='1"}, true},
		{"string that is no UTF-8", Arg{String, "\xbf\x5c"}, false},
		{"bytes", Arg{Bytes, "\xbf\x5c\x00"}, true},
		{"date", Arg{Date, "2024-02-29"}, true},
		{"date in words", Arg{Date, "now"}, false},
		{"time", Arg{Time, "-100:00:00.5"}, true},
		{"date and time", Arg{DateTime, "2024-01-02T03:04:05.123456"}, true},
		{"instant without zone", Arg{Timestamp, "2024-01-02T03:04:05"}, false},
		{"instant", Arg{Timestamp, "2024-01-02T03:04:05Z"}, true},
		{"UUID", Arg{UUID, "6F9619FF-8b86-d011-b42d-00cf4fc964ff"}, true},
		{"UUID too short", Arg{UUID, "6F9619FF"}, false},
		{"JSON", Arg{JSON, `{"a":1}`}, true},
		{"no JSON", Arg{JSON, `{a:1}`}, false},
		{"unknown kind", Arg{CellKind(99), ""}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.arg.valid(); got != tt.want {
				t.Errorf("valid is %v", got)
			}
		})
	}
	if err := validateArgs(make([]Arg, maxArgs)); err != nil {
		t.Error(err)
	}
	if err := validateArgs(make([]Arg, maxArgs+1)); gatewright.CodeOf(err) != gatewright.LimitExceeded {
		t.Errorf("too many arguments: %v", err)
	}
	if err := validateArgs([]Arg{{String, strings.Repeat("x", maxArgBytes+1)}}); gatewright.CodeOf(err) != gatewright.LimitExceeded {
		t.Errorf("too large an argument: %v", err)
	}
}

// nasty are texts that end up as code where they are not bound.
var nasty = []string{
	"", "x' OR '1'='1", `\`, `\'`, `'`, `"`, "`", "''", "?", "$1", "{p1:String}", "#{x}", "--", "/* */", ";", "a\nb\r\t", "\x00",
	"grüße 😀", "\u2028", "%_", `\N`, `\x41`, "NULL", strings.Repeat("x'", 5000),
}

// TestArguments sends values and reads them back: what comes must be what went.
func TestArguments(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		kind := b.config.Dialect
		s := b.open(t, gatewright.SourceLimits{})
		pick := func(n int, clickhouseType, postgresType string) string {
			p := placeholder(kind, n, clickhouseType)
			if kind == gatewright.PostgreSQL {
				p += "::" + postgresType
			}
			return p
		}
		for _, text := range nasty {
			if strings.Contains(text, "\x00") && (kind == gatewright.PostgreSQL || kind == gatewright.SQLite) {
				continue // PostgreSQL has no such text, SQLite ends it there
			}
			got := read(t, s, "SELECT "+pick(1, "String", "text"), Arg{String, text})
			if got[0][0] != "string:"+text {
				t.Errorf("%.40q came back as %.40q", text, got[0][0])
			}
		}
		random := rand.New(rand.NewPCG(1, 2))
		for range 50 {
			n := strconv.FormatInt(random.Int64()-random.Int64(), 10)
			if got := read(t, s, "SELECT "+pick(1, "Int64", "int8"), Arg{Integer, n}); got[0][0] != "integer:"+n {
				t.Errorf("%s came back as %s", n, got[0][0])
			}
			f := strconv.FormatFloat(math.Float64frombits(random.Uint64()&^(1<<62)), 'g', -1, 64)
			if got := read(t, s, "SELECT "+pick(1, "Float64", "float8"), Arg{Float, f}); !sameFloat(got[0][0], "float:"+f, kind == gatewright.ClickHouse) {
				t.Errorf("%s came back as %s", f, got[0][0])
			}
		}
		got := read(t, s, "SELECT "+pick(1, "Nullable(Int64)", "int8"), Arg{})
		if got[0][0] != "null" {
			t.Errorf("null came back as %q", got)
		}
	})
}

// sameFloat compares two cells. ClickHouse 18 reads the last digit wrong, in
// its own literals as well.
func sameFloat(got, want string, nearly bool) bool {
	a, errA := strconv.ParseFloat(strings.TrimPrefix(got, "float:"), 64)
	b, errB := strconv.ParseFloat(strings.TrimPrefix(want, "float:"), 64)
	return errA == nil && errB == nil && (a == b || nearly && math.Abs(a-b) <= math.Abs(b)*1e-14)
}

// TestExactComparison looks for rows by numbers that differ in their last
// digit only, which is lost where a number passes through a float.
func TestExactComparison(t *testing.T) {
	const wide, next = "12345678901234567890.123456789012345678", "12345678901234567890.123456789012345679"
	types := map[gatewright.Dialect]struct{ table, decimal string }{
		gatewright.PostgreSQL: {"CREATE TABLE exact (n bigint, d numeric)", "numeric"},
		gatewright.MySQL:      {"CREATE TABLE exact (n BIGINT, d DECIMAL(65,30))", ""},
		gatewright.ClickHouse: {"CREATE TABLE exact (n Int64, d Decimal(38,18)) ENGINE = Memory", "Decimal(38,18)"},
	}
	eachKind(t, func(t *testing.T, b bed) {
		kind := b.config.Dialect
		if kind == gatewright.SQLite {
			t.Skip("SQLite has no decimals")
		}
		b.execute(t, types[kind].table, "INSERT INTO exact VALUES (9007199254740993, "+exactLiteral(kind, wide)+")")
		s := b.open(t, gatewright.SourceLimits{})
		count := func(condition string, a Arg) string {
			return read(t, s, "SELECT count(*) FROM exact WHERE "+condition, a)[0][0]
		}
		for _, tt := range []struct {
			name, condition string
			arg             Arg
			want            string
		}{
			{"integer", "n = " + placeholder(kind, 1, "Int64"), Arg{Integer, "9007199254740993"}, "integer:1"},
			{"integer beside it", "n = " + placeholder(kind, 1, "Int64"), Arg{Integer, "9007199254740992"}, "integer:0"},
			{"decimal", "d = " + placeholder(kind, 1, types[kind].decimal), Arg{Decimal, wide}, "integer:1"},
			{"decimal beside it", "d = " + placeholder(kind, 1, types[kind].decimal), Arg{Decimal, next}, "integer:0"},
		} {
			if got := count(tt.condition, tt.arg); got != tt.want {
				t.Errorf("%s: %s rows, not %s", tt.name, got, tt.want)
			}
		}
	})
}

func exactLiteral(kind gatewright.Dialect, number string) string {
	if kind == gatewright.ClickHouse {
		return "'" + number + "'"
	}
	return number
}

func TestWrongArguments(t *testing.T) {
	eachKind(t, func(t *testing.T, b bed) {
		if b.config.Dialect == gatewright.SQLite {
			t.Skip("SQLite takes what is not bound as null")
		}
		s := b.open(t, gatewright.SourceLimits{})
		one := "SELECT " + placeholder(b.config.Dialect, 1, "String")
		for _, args := range [][]Arg{{}, {{String, "a"}, {String, "b"}}} {
			if _, err := s.Query(t.Context(), Statement{Text: one, Args: args}); !errors.Is(err, Refused) {
				t.Errorf("%d arguments for one placeholder: %v", len(args), err)
			}
		}
		if _, err := s.Query(t.Context(), Statement{Text: one, Args: []Arg{{Integer, "x"}}}); gatewright.CodeOf(err) != gatewright.Invalid {
			t.Errorf("an argument of another form: %v", err)
		}
		if got := read(t, s, one+", '?', '$1', '{p1:String}'", Arg{String, "v"}); strings.Join(got[0], " ") != "string:v string:? string:$1 string:{p1:String}" {
			t.Errorf("placeholders in quotes were bound: %q", got)
		}
	})
}

func TestMySQLCasts(t *testing.T) {
	tests := []struct {
		name string
		arg  Arg
		want string
		err  bool
	}{
		{"small integer", Arg{Integer, "5"}, "", false},
		{"unsigned integer", Arg{Integer, "18446744073709551615"}, "", false},
		{"huge integer", Arg{Integer, "18446744073709551616"}, "DECIMAL(65,0)", false},
		{"too many digits", Arg{Integer, strings.Repeat("9", 66)}, "", true},
		{"zeros before them", Arg{Integer, strings.Repeat("0", 66) + "1"}, "", false},
		{"decimal", Arg{Decimal, "1.5"}, "DECIMAL(65,30)", false},
		{"long decimal", Arg{Decimal, strings.Repeat("9", 40) + ".5"}, "DECIMAL(65,1)", false},
		{"too long a fraction", Arg{Decimal, "0." + strings.Repeat("1", 31)}, "", true},
		{"bytes", Arg{Bytes, "x"}, "BINARY", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mysqlCast(tt.arg)
			if got != tt.want || (err != nil) != tt.err {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	got, err := castPlaceholders("SELECT '?', ?, ? -- ?\n, ?", []Arg{{Integer, "1"}, {Decimal, "1.5"}, {Bytes, "x"}})
	if want := "SELECT '?', ?, CAST(? AS DECIMAL(65,30)) -- ?\n, CAST(? AS BINARY)"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
}

// TestClickHouseModernBinding covers what a server of Debian cannot: the
// parameters of newer ones.
func TestClickHouseModernBinding(t *testing.T) {
	parameters := map[string][]string{}
	got, err := bindClickHouse("SELECT {p1:String}, '{p9:String}', {p2:Nullable(Int64)}, {p1:String}, {p3:DateTime('UTC')}, {p4:Bool}",
		[]Arg{{String, "a\t\\\n'"}, {}, {Timestamp, "1970-01-01T00:01:40Z"}, {Bool, "true"}}, true, parameters)
	if err != nil || !strings.HasPrefix(got, "SELECT {p1:String}, '{p9:String}'") {
		t.Fatalf("%q, %v", got, err)
	}
	want := map[string]string{"param_p1": `a\t\\\n'`, "param_p2": `\N`, "param_p3": "100", "param_p4": "1"}
	for name, value := range want {
		if v := parameters[name]; len(v) != 1 || v[0] != value {
			t.Errorf("%s is %q, not %q", name, v, value)
		}
	}
	if len(parameters) != len(want) {
		t.Errorf("%d parameters", len(parameters))
	}
	for _, bad := range []string{"SELECT {p2:String}, {p1:String}", "SELECT {x:String}", "SELECT {p1:Str;ing}", "SELECT 1", "SELECT {p1:String"} {
		if _, err := bindClickHouse(bad, []Arg{{String, "a"}}, true, map[string][]string{}); !errors.Is(err, Refused) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
