package gate

// The tree of a statement. An expression is a flat sequence of fixed words and
// of what must be resolved: precedence is the database's.

// node is a part of an expression: fixed, seq, *column, *placeholder,
// *subquery or *lambda.
type node interface{ node() }

// fixed is text of our own: keywords, signs, literals in canonical form.
type fixed string

// seq is parts one after the other.
type seq []node

// name is an identifier as a statement gave it.
type name struct {
	text   string
	exact  bool // was in quotes
	offset int
}

// column is a reference to a column.
type column struct {
	relation name // text "" without qualifier
	name     name
	printed  string // what the resolver found
}

// placeholder is a value that is bound.
type placeholder struct {
	index    int    // into parser.params
	name     string // ClickHouse's name
	typeText string // ClickHouse's type
}

// subquery is a query in an expression. Its parentheses are in the sequence.
type subquery struct{ query *query }

// lambda is a function of ClickHouse: (x, y) -> body.
type lambda struct {
	params []name
	body   node
}

func (fixed) node()        {}
func (seq) node()          {}
func (*column) node()      {}
func (*placeholder) node() {}
func (*subquery) node()    {}
func (*lambda) node()      {}

// query is terms joined by set operators, with what surrounds them. Set
// operators have no precedence here either.
type query struct {
	offset  int
	with    []*common
	terms   []term
	order   seq
	limitBy seq // ClickHouse's
	limit   limit
}

// common is a common table expression, or ClickHouse's "expression AS name".
type common struct {
	name    name
	columns []name
	hint    fixed // MATERIALIZED, NOT MATERIALIZED
	query   *query
	scalar  node   // instead of query
	printed string // the name in the output
	outputs []string
}

// term is one operand of a set operator: one of the three.
type term struct {
	operator fixed // before it; "" for the first
	selected *selection
	nested   *query
	values   seq
	width    int // columns of values
}

// selection is SELECT … WINDOW.
type selection struct {
	distinct seq
	items    []item
	from     source
	where    node
	group    []node
	having   node
	windows  []window
}

// window is a named window.
type window struct {
	name name
	spec seq
}

// item is one column of a result, a star, or a star of one relation.
type item struct {
	expr     node // nil for a star
	star     bool
	relation name // of a star
	alias    name
	source   string // the caller's text
	printed  string // the relation of a star
}

// source is what stands after FROM: *tableSource, *querySource, *join,
// *parentheses or *arrayJoin.
type source interface{ source() }

// tableSource is a logical table or a common table expression.
type tableSource struct {
	name    name
	alias   name
	columns []name
	final   bool
	table   *table  // resolved: one of the two
	common  *common // resolved
}

// querySource is a sub-query.
type querySource struct {
	lateral bool
	query   *query
	alias   name
	columns []name
}

// join is two sources. A comma is a join, too.
type join struct {
	left, right source
	words       fixed // "," or "LEFT JOIN"
	natural     bool
	on          node
	using       []name
	offset      int
}

// parentheses is a join in parentheses.
type parentheses struct{ inner source }

// arrayJoin is ClickHouse's.
type arrayJoin struct {
	left  source
	words fixed
	items []item
}

func (*tableSource) source() {}
func (*querySource) source() {}
func (*join) source()        {}
func (*parentheses) source() {}
func (*arrayJoin) source()   {}

// limit is LIMIT and OFFSET.
type limit struct {
	count  node // a number or a placeholder; nil for none
	number int  // the count when it is a number
	skip   node
}
