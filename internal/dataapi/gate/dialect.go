package gate

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
)

// dialect is what differs between databases, as data. It is immutable.
type dialect struct {
	name         Dialect
	backslash    bool // a backslash in '…' escapes
	questionMark bool // a question mark is a placeholder

	signs      []string          // operators and punctuation, longest first
	infix      map[string]bool   // signs between two operands
	functions  map[string]string // lower case → as it is written
	parametric map[string]bool   // aggregates with parameters of their own: quantile(0.9)(x)
	constants  map[string]bool   // functions that are called without parentheses, upper case
	types      map[string]bool   // of casts, lower case
	units      map[string]bool   // of intervals, upper case
	reserved   map[string]bool   // words that are no names without quotes, upper case
	schemas    []string          // schemas of the system, lower case
	denied     []string          // beginnings of the names of functions that no rule may allow
}

// dialectOf returns the dialect of a name, nil for none.
func dialectOf(name Dialect) *dialect {
	switch name {
	case PostgreSQL:
		return postgresDialect()
	case MySQL:
		return mysqlDialect()
	case ClickHouse:
		return clickhouseDialect()
	case SQLite:
		return sqliteDialect()
	default:
		return nil
	}
}

// The dialects are made when they are first used: a gateway rarely needs all.
var (
	postgresDialect   = sync.OnceValue(newPostgres)
	mysqlDialect      = sync.OnceValue(newMySQL)
	clickhouseDialect = sync.OnceValue(newClickHouse)
	sqliteDialect     = sync.OnceValue(newSQLite)
)

// reservedWords end an expression or begin a clause, in one dialect or
// another. As a name each needs quotes, everywhere alike.
const reservedWords = `ALL ALTER ANALYZE AND ANTI ANY ARRAY AS ASC ASOF BETWEEN BOTH BY CALL CASE CAST CHECK COLLATE
COLUMN CONSTRAINT CREATE CROSS CUBE CURRENT CURRENT_CATALOG CURRENT_DATE CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME
CURRENT_TIMESTAMP CURRENT_USER DEFAULT DELETE DESC DISTINCT DIV DO DROP ELSE END ESCAPE EXCEPT EXECUTE EXISTS EXPLAIN
FALSE FETCH FINAL FOR FORCE FORMAT FROM FULL GLOB GLOBAL GRANT GROUP GROUPING HANDLER HAVING IGNORE ILIKE IN INNER
INSERT INTERSECT INTERVAL INTO IS ISNULL JOIN KILL LATERAL LEADING LEFT LIKE LIMIT LOAD LOCALTIME LOCALTIMESTAMP LOCK
MATCH MERGE MINUS MOD NATURAL NOT NOTNULL NULL OF OFFSET ON ONLY OPTIMIZE OR ORDER OUTER OVER OVERLAPS PARTITION
PREWHERE PROCEDURE QUALIFY RECURSIVE REGEXP REPLACE RETURNING REVOKE RIGHT RLIKE ROLLUP ROW ROWS SAMPLE SELECT SEMI
SESSION_USER SET SETTINGS SIMILAR SOME STRAIGHT_JOIN SYMMETRIC SYSTEM_USER TABLE TABLESAMPLE THEN TO TRAILING TRUE
UNION UNIQUE UPDATE USE USER USING VALUES WHEN WHERE WINDOW WITH XOR`

// punctuation are the signs that are no operators.
const punctuation = "( ) [ ] { } , . ; :"

// set returns the fields of a text.
func set(fields string) map[string]bool {
	m := map[string]bool{}
	for _, f := range strings.Fields(fields) {
		m[f] = true
	}
	return m
}

// spelling returns the fields of a text by their lower case.
func spelling(fields string) map[string]string {
	m := map[string]string{}
	for _, f := range strings.Fields(fields) {
		m[strings.ToLower(f)] = f
	}
	return m
}

// operators fills in the signs of a dialect.
func (d *dialect) operators(infix string) {
	d.infix = set(infix)
	d.signs = append(strings.Fields(infix), strings.Fields(punctuation)...)
	d.signs = append(d.signs, "->", "::", "~", "!")
	slices.SortFunc(d.signs, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	d.signs = slices.Compact(d.signs)
}

// printable reports whether an identifier can be written in quotes so that
// every database reads it as it is.
func (d *dialect) printable(s string) bool {
	if s == "" || len(s) > MaxName || !utf8.ValidString(s) || strings.ContainsFunc(s, forbiddenRune) {
		return false
	}
	return d.name != ClickHouse || !strings.ContainsAny(s, "\\`")
}

// quote writes an identifier. SQLite gets back quotes: it takes an unknown name
// in double quotes for a string.
func (d *dialect) quote(s string) string {
	mark := "`"
	if d.name == PostgreSQL {
		mark = `"`
	}
	return mark + strings.ReplaceAll(s, mark, mark+mark) + mark
}

// literal writes a string so that no setting of a session (backslash escapes,
// quotes, character set) makes another of it. It reports false for what is no
// text.
func (d *dialect) literal(s string) (string, bool) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return "", false
	}
	doubled := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	slash := strings.Contains(s, `\`)
	switch {
	case d.name == ClickHouse:
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'", true
	case slash && d.name == PostgreSQL:
		return "E" + strings.ReplaceAll(doubled, `\`, `\\`), true
	case slash && d.name == MySQL:
		return "CONVERT(X'" + hexOf(s) + "' USING utf8mb4)", true
	default:
		return doubled, true
	}
}

func hexOf(s string) string {
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		b = append(b, hex[s[i]>>4], hex[s[i]&15])
	}
	return string(b)
}

// boolean writes a truth value. Not every database has words for it.
func (d *dialect) boolean(v bool) string {
	switch {
	case d.name == PostgreSQL && v:
		return "TRUE"
	case d.name == PostgreSQL:
		return "FALSE"
	case v:
		return "1"
	default:
		return "0"
	}
}

// system reports whether a table belongs to the database system.
func (d *dialect) system(schema, name string) bool {
	schema, name = strings.ToLower(schema), strings.ToLower(name)
	if d.name == SQLite {
		return schema != "main" || strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "pragma_")
	}
	return slices.Contains(d.schemas, schema) || d.name == PostgreSQL && strings.HasPrefix(schema, "pg_")
}

// checkFunction refuses names that rules must not allow.
func (d *dialect) checkFunction(name string) error {
	lower := strings.ToLower(name)
	if !plainName(name) || d.reserved[strings.ToUpper(name)] {
		return gatewright.FieldErrorf("functions", "%q is no name of a function", name)
	}
	if d.dangerous(lower) {
		return gatewright.FieldErrorf("functions", "function %s reaches beyond its arguments (files, network, other tables, locks, waiting or settings) and cannot be allowed", name)
	}
	return nil
}

// dangerous reports whether a function is known to reach beyond its arguments.
func (d *dialect) dangerous(lower string) bool {
	return slices.ContainsFunc(d.denied, func(prefix string) bool { return strings.HasPrefix(lower, prefix) })
}
