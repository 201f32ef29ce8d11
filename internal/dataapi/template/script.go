package template

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/expr"
	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
)

// Limits of scripts. The length of the statement and the number of values are
// limited by package sqltext, the steps of expressions by package expr.
const (
	MaxScriptBytes = gatewright.MaxScriptBytes
	MaxNesting     = 32     // of elements
	MaxCalls       = 32     // of functions within each other
	MaxIterations  = 10_000 // of all <foreach> of one statement
	MaxFindings    = 20     // told of one script
)

// Options are what a script is compiled for.
type Options struct {
	Dialect gatewright.Dialect
	Params  *param.Set // the only names an expression may use
	Fields  []string   // what an identifier or an order may name: "id", "orders.id"
}

// Script is a compiled script, immutable and safe for use by several
// goroutines.
type Script struct {
	source   string
	dialect  gatewright.Dialect
	params   *param.Set
	fields   map[string]string // name → as it is quoted
	body     []node
	locals   int // slots of the body
	used     []string
	branches int       // the most that are to be told apart in samples
	machines sync.Pool // of *renderer
}

// Statement is SQL and the values of its placeholders, in their order. The
// values are of the types that package param lists, without lists and
// structures. The placeholders are $1, $2 … for PostgreSQL, {p1:Type} … for
// ClickHouse, and ? for the others.
type Statement struct {
	SQL  string
	Args []any
}

// Environment is what a statement may depend on beside its parameters.
type Environment struct {
	Partition expr.PartitionFunc // nil when the table has no ready time
	Zone      *time.Location     // in which a ready time is a day; nil is that of the time
}

// Parse compiles a script. The error is a [gatewright.Error] that lists what
// is wrong, each with "line:column".
func Parse(source string, o Options) (*Script, error) {
	if err := o.Dialect.Validate(); err != nil {
		return nil, err
	}
	if o.Params == nil {
		o.Params = &param.Set{}
	}
	s := &Script{source: source, dialect: o.Dialect, params: o.Params, fields: make(map[string]string, len(o.Fields))}
	for _, f := range o.Fields {
		q, err := sqltext.QuotePath(o.Dialect, f)
		if err != nil {
			return nil, err
		}
		s.fields[f] = q
	}
	p := newParser(source, o.Dialect)
	p.declare(o.Params)
	s.body = p.parse()
	if err := p.err(); err != nil {
		return nil, err
	}
	s.locals, s.used, s.branches = p.frame.size, p.used, p.branches
	return s, nil
}

// Names returns the parameters the script reads, in the order of their first
// use.
func (s *Script) Names() []string { return s.used }

// Render makes the statement for one call. values must have been read with the
// set the script was compiled with. It depends on nothing but its arguments.
// Errors are [param.Fault]s; their places are in the script.
func (s *Script) Render(values param.Values, env Environment) (Statement, error) {
	if s.params.Len() > 0 && !values.Of(s.params) {
		return Statement{}, gatewright.Errorf(gatewright.Internal, "the parameters were read for another script")
	}
	r, ok := s.machines.Get().(*renderer)
	if !ok {
		r = &renderer{script: s}
		r.builder.Reset(s.dialect)
	}
	r.machine.Globals = values.All()
	r.machine.Partition, r.machine.Zone = env.Partition, env.Zone
	if cap(r.locals) < s.locals {
		r.locals = make([]any, s.locals)
	}
	r.machine.Locals = r.locals[:s.locals]
	r.iterations, r.calls = 0, 0
	err := r.nodes(s.body)
	var out Statement
	if err == nil {
		out.SQL, out.Args = r.builder.Statement()
		if out.SQL == "" {
			err = param.Faultf(param.Refused, "", "with these parameters the script says nothing")
		}
	}
	r.builder.Reset(s.dialect) // what waits for the next call holds no values of this one
	r.machine.Reset()
	clear(r.locals)
	s.machines.Put(r)
	if err != nil {
		return Statement{}, err
	}
	return out, nil
}

// place returns "line:column" of a byte of the script, both from 1, columns in
// characters.
func place(source string, offset int) string {
	offset = min(offset, len(source))
	before := source[:offset]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("%d:%d", line, column)
}
