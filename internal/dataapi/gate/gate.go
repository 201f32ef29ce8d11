package gate

import (
	"strings"

	"github.com/gatewright/gatewright"
)

// The limits of a statement and of the rules.
const (
	MaxBytes      = 256 << 10 // of the caller's text
	MaxTokens     = 65_536    // words, literals and signs in it
	MaxDepth      = 64        // parentheses, sub-queries and calls inside one another
	MaxReferences = 32        // tables and sub-queries after FROM and JOIN
	MaxColumns    = 4096      // of the result of a query or sub-query
	MaxParams     = 16_384    // placeholders
	MaxOutput     = 2 << 20   // bytes of the text that is written
	MaxTables     = 10        // logical tables a statement may choose from
	MaxFields     = 2000      // of one logical table
	MaxName       = 128       // bytes of an identifier
	MaxConditions = 1000      // comparisons in a table's row condition
	MaxValues     = 10_000    // values in it
	MaxRowLimit   = 10_000_000
)

// Dialect is the SQL that a database speaks.
type Dialect string

// The dialects of the gate.
const (
	PostgreSQL Dialect = "postgres"
	MySQL      Dialect = "mysql" // and MariaDB
	ClickHouse Dialect = "clickhouse"
	SQLite     Dialect = "sqlite"
)

// Rules say what a statement may read.
type Rules struct {
	Dialect Dialect
	Tables  []Table // 1 to MaxTables; how many an API may select is its definition's rule
	MaxRows int     // rows a statement may return, 1 to MaxRowLimit

	// Functions are further functions of the database, which its owner trusts:
	// they must read nothing but their arguments and change nothing. Those that
	// are known to do more are refused here, too.
	Functions []string
}

// Table is a logical table: what statements name, and what is read for it.
type Table struct {
	Name   string // the logical name: letters, digits, underscores
	Schema string // the schema or database; "main" for SQLite
	Table  string // the physical table
	Fields []Field
	Where  *Condition // the rows that may be read; nil for all
}

// Field is a logical field: its name in statements and the column behind it.
// A field that the caller may not see is not listed.
type Field struct {
	Name   string
	Column string
}

// Statement is a statement that may run.
type Statement struct {
	// SQL is the text for the database.
	SQL string
	// Params are the placeholders in the order in which they are bound: "$1",
	// "$2" … for PostgreSQL, one "?" for each value for MySQL and SQLite, the
	// names for ClickHouse. They are the caller's own, in the caller's order.
	Params []string
	// Columns are the names of the result's columns where they can be told
	// without the database, "" elsewhere.
	Columns []string
	// Reads are the logical tables that are read, with the fields, in the order
	// of the rules. A field that is selected by a star counts.
	Reads []Read
	// Functions are the functions that are called, sorted, each once.
	Functions []string
	// Count is the statement that counts the rows without ordering and limit.
	// Its SQL is "" where the database would not take it, which is when two
	// columns of the result have the same name.
	Count Count
}

// Read is a logical table that a statement reads, and the fields of it.
type Read struct {
	Table  string
	Fields []string
}

// Count is a statement that returns one number.
type Count struct {
	// SQL has placeholders of its own: those of what is left out are gone, and
	// the others numbered anew, p1, p2 … for ClickHouse.
	SQL string
	// Params are the places in Statement.Params of what is bound to it.
	Params []int
}

// Gate holds valid rules. It is immutable and may be shared.
type Gate struct {
	dialect   *dialect
	functions map[string]string // those of the rules: lower case → as written
	tables    []*table
	maxRows   int
}

// table is a Table with its sub-select ready to be printed.
type table struct {
	Table
	columns []string // the logical names
	index   index
	source  string // `SELECT … FROM "schema"."table"`
	where   string // ` WHERE …`, "" for all rows
}

// New returns the gate of the rules. The error is a [gatewright.Error] that
// names the rule that is wrong.
func New(rules Rules) (*Gate, error) {
	d := dialectOf(rules.Dialect)
	if d == nil {
		return nil, gatewright.FieldErrorf("dialect", "there is no SQL dialect %q; use postgres, mysql, clickhouse or sqlite", rules.Dialect)
	}
	if n := len(rules.Tables); n == 0 || n > MaxTables {
		return nil, gatewright.FieldErrorf("tables", "%d logical tables are selected; 1 to %d are possible", n, MaxTables)
	}
	if rules.MaxRows < 1 || rules.MaxRows > MaxRowLimit {
		return nil, gatewright.FieldErrorf("maxRows", "the row limit is %d; it must be 1 to %d", rules.MaxRows, MaxRowLimit)
	}
	g := &Gate{dialect: d, maxRows: rules.MaxRows, functions: map[string]string{}}
	for _, name := range rules.Functions {
		if err := d.checkFunction(name); err != nil {
			return nil, err
		}
		g.functions[strings.ToLower(name)] = name
	}
	for _, t := range rules.Tables {
		made, err := newTable(d, t)
		if err != nil {
			return nil, err
		}
		for _, other := range g.tables {
			if strings.EqualFold(other.Name, t.Name) {
				return nil, gatewright.FieldErrorf("tables", "logical table %s is selected twice", t.Name)
			}
		}
		g.tables = append(g.tables, made)
	}
	return g, nil
}

// Check returns the statement that may run for the caller's text. The error
// is a [gatewright.Error] that says what is refused, at which line and column,
// and what to do: [gatewright.Invalid] for what is no query the gate
// understands, [gatewright.Forbidden] for tables, fields and functions outside
// of the rules, [gatewright.LimitExceeded] for what is too large.
func (g *Gate) Check(sql string) (Statement, error) {
	tokens, refusal := scan(g.dialect, sql)
	if refusal != nil {
		return Statement{}, refusal.at(sql)
	}
	p := &parser{dialect: g.dialect, extra: g.functions, source: sql, tokens: tokens, functions: map[string]bool{}}
	q := p.statement()
	if p.refusal != nil {
		return Statement{}, p.refusal.at(sql)
	}
	r := newResolver(g)
	columns := r.query(q, nil, nil)
	if r.refusal != nil {
		return Statement{}, r.refusal.at(sql)
	}
	s := Statement{Params: p.params, Columns: columns, Reads: r.reads(), Functions: p.called()}
	if refusal := g.write(q, &s); refusal != nil {
		return Statement{}, refusal.at(sql)
	}
	return s, nil
}
