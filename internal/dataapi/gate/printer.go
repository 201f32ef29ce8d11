package gate

import (
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
)

// printer writes a resolved tree.
type printer struct {
	dialect *dialect
	b       strings.Builder
	last    byte  // the last one written
	counted bool  // without the statement's order and limit
	seen    []int // indices of the placeholders, as they were written
	places  map[int]int
}

// write adds the texts to a statement.
func (g *Gate) write(q *query, s *Statement) *refusal {
	p := &printer{dialect: g.dialect}
	twin := duplicate(s.Columns)
	if g.mustWrap(q) {
		if twin != "" {
			return refuse(gatewright.Invalid, q.offset, "two columns of the result are named %q, which is possible only with one SELECT and a limit in digits; give each a name of its own with AS", twin)
		}
		p.put("SELECT * FROM (")
		p.query(q, true)
		p.put(") AS " + g.dialect.quote("gw_rows") + " LIMIT " + strconv.Itoa(g.maxRows))
	} else {
		limited := *q
		if q.limit.count == nil || q.limit.number > g.maxRows {
			limited.limit.count = fixed(strconv.Itoa(g.maxRows))
		}
		p.query(&limited, true)
	}
	s.SQL = p.b.String()
	if twin == "" {
		s.Count = g.count(q)
	}
	if len(s.SQL) > MaxOutput {
		return refuse(gatewright.LimitExceeded, q.offset, "with its tables written out the statement has more than %d bytes; read from fewer tables", MaxOutput)
	}
	return nil
}

// mustWrap reports whether the limit goes around the query: where the
// statement's own is not known yet, for ClickHouse where it belongs to the
// last of several selections, and for SQLite where VALUES cannot have one.
func (g *Gate) mustWrap(q *query) bool {
	_, parameter := q.limit.count.(*placeholder)
	switch g.dialect.name {
	case ClickHouse:
		return parameter || len(q.terms) > 1
	case SQLite:
		return parameter || q.terms[len(q.terms)-1].values != nil
	default:
		return parameter
	}
}

// duplicate returns a name that two columns have, "" for none.
func duplicate(columns []string) string {
	seen := map[string]bool{}
	for _, c := range columns {
		if key := strings.ToLower(c); c != "" && seen[key] {
			return c
		} else {
			seen[key] = true
		}
	}
	return ""
}

// count returns the statement that counts the rows of a query. Placeholders
// are numbered anew: those of the limit are gone.
func (g *Gate) count(q *query) Count {
	p := &printer{dialect: g.dialect, counted: true, places: map[int]int{}}
	p.put("SELECT count(*) FROM (")
	p.query(q, true)
	p.put(") AS " + g.dialect.quote("gw_rows"))
	return Count{SQL: p.b.String(), Params: p.seen}
}

// put writes text of our own. Words are apart; parentheses, brackets and
// commas stick to their neighbours.
func (p *printer) put(s string) {
	if s == "" {
		return
	}
	if p.last != 0 && p.last != '(' && p.last != '[' && s[0] != ',' && s[0] != ')' && s[0] != ']' {
		p.b.WriteByte(' ')
	}
	p.glue(s)
}

// glue writes text right behind the last.
func (p *printer) glue(s string) {
	p.b.WriteString(s)
	p.last = s[len(s)-1]
}

func (p *printer) quoted(s string) { p.put(p.dialect.quote(s)) }

func (p *printer) names(list []name) {
	if len(list) == 0 {
		return
	}
	p.put("(")
	for i, n := range list {
		if i > 0 {
			p.put(",")
		}
		p.quoted(n.text)
	}
	p.put(")")
}

// query writes a query without its parentheses.
func (p *printer) query(q *query, top bool) {
	p.with(q.with)
	for _, t := range q.terms {
		p.put(string(t.operator))
		switch {
		case t.selected != nil:
			p.selection(t.selected)
		case t.nested != nil:
			p.put("(")
			p.query(t.nested, false)
			p.put(")")
		default:
			p.expression(t.values)
		}
	}
	counted := top && p.counted
	if len(q.order) > 0 && !counted {
		p.put("ORDER BY")
		p.expression(q.order)
	}
	p.expression(q.limitBy)
	if !counted {
		p.limit(q.limit)
	}
}

func (p *printer) limit(l limit) {
	if l.count != nil {
		p.put("LIMIT")
		p.expression(l.count)
	}
	if l.skip != nil {
		if l.count == nil && p.dialect.name != PostgreSQL {
			p.put("LIMIT " + strconv.Itoa(MaxRowLimit*100)) // OFFSET needs a LIMIT before it
		}
		p.put("OFFSET")
		p.expression(l.skip)
	}
}

func (p *printer) with(list []*common) {
	for i, c := range list {
		if i == 0 {
			p.put("WITH")
		} else {
			p.put(",")
		}
		if c.scalar != nil {
			p.expression(c.scalar)
			p.put("AS")
			p.quoted(c.name.text)
			continue
		}
		p.quoted(c.printed)
		p.names(c.columns)
		p.put("AS")
		p.put(string(c.hint))
		p.put("(")
		p.query(c.query, false)
		p.put(")")
	}
}

func (p *printer) selection(s *selection) {
	p.put("SELECT")
	p.expression(s.distinct)
	for i := range s.items {
		if i > 0 {
			p.put(",")
		}
		p.item(&s.items[i])
	}
	if s.from != nil {
		p.put("FROM")
		p.source(s.from)
	}
	if s.where != nil {
		p.put("WHERE")
		p.expression(s.where)
	}
	if len(s.group) > 0 {
		p.put("GROUP BY")
		p.expression(commas(s.group))
	}
	if s.having != nil {
		p.put("HAVING")
		p.expression(s.having)
	}
	for i, w := range s.windows {
		if i == 0 {
			p.put("WINDOW")
		} else {
			p.put(",")
		}
		p.quoted(w.name.text)
		p.put("AS")
		p.expression(w.spec)
	}
}

// item writes one result.
func (p *printer) item(it *item) {
	switch {
	case it.star && it.printed != "":
		p.quoted(it.printed)
		p.glue(".*")
		return
	case it.star:
		p.put("*")
		return
	}
	p.expression(it.expr)
	if it.alias.text != "" {
		p.put("AS")
		p.quoted(it.alias.text)
	}
}

func (p *printer) expression(n node) {
	switch v := n.(type) {
	case fixed:
		p.put(string(v))
	case seq:
		for _, part := range v {
			p.expression(part)
		}
	case *column:
		p.put(v.printed)
	case *placeholder:
		p.placeholder(v)
	case *subquery:
		p.query(v.query, false)
	case *lambda:
		p.names(v.params)
		p.put("->")
		p.expression(v.body)
	}
}

func (p *printer) placeholder(v *placeholder) {
	place, known := v.index, false
	if p.places != nil {
		if place, known = p.places[v.index]; !known || p.dialect.questionMark {
			place = len(p.seen)
			p.places[v.index] = place
			p.seen = append(p.seen, v.index)
		}
	}
	switch p.dialect.name {
	case PostgreSQL:
		p.put("$" + strconv.Itoa(place+1))
	case ClickHouse:
		name := v.name
		if p.places != nil {
			name = "p" + strconv.Itoa(place+1)
		}
		p.put("{" + name + ":" + v.typeText + "}")
	default:
		p.put("?")
	}
}
