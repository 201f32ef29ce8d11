package gate

// limitBy takes ClickHouse's LIMIT n BY …, which is no limit of the result.
func (p *parser) limitBy(q *query) {
	if p.dialect.name != ClickHouse || !p.is("LIMIT") || !p.peekAt(2).is("BY") {
		return
	}
	p.expect("LIMIT")
	count, _ := p.rows()
	p.expect("BY")
	q.limitBy = seq{fixed("LIMIT"), count, fixed("BY"), commas(p.list())}
}

// limit takes LIMIT, OFFSET and FETCH.
func (p *parser) limit(q *query) {
	l := &q.limit
	for {
		switch {
		case l.count == nil && p.accept("LIMIT"):
			if p.dialect.name == PostgreSQL && p.accept("ALL") {
				continue
			}
			l.count, l.number = p.rows()
			if p.dialect.name != PostgreSQL && p.accept(",") {
				l.skip = l.count
				l.count, l.number = p.rows()
				p.commaLimit(l)
			}
		case l.skip == nil && p.accept("OFFSET"):
			l.skip, _ = p.rows()
			_, _ = p.acceptAny("ROWS", "ROW")
		case l.count == nil && p.dialect.name == PostgreSQL && p.accept("FETCH"):
			if _, ok := p.acceptAny("FIRST", "NEXT"); !ok {
				p.unexpected("FIRST or NEXT")
			}
			l.count, l.number = fixed("1"), 1
			if !p.is("ROW") && !p.is("ROWS") {
				l.count, l.number = p.rows()
			}
			if _, ok := p.acceptAny("ROWS", "ROW"); !ok {
				p.unexpected("ROWS")
			}
			p.expect("ONLY")
		default:
			return
		}
	}
}

// commaLimit keeps "LIMIT skip, count" from changing the order in which two
// question marks are bound.
func (p *parser) commaLimit(l *limit) {
	_, first := l.skip.(*placeholder)
	_, second := l.count.(*placeholder)
	if first && second && p.dialect.questionMark {
		p.fail("write LIMIT count OFFSET skip when both are parameters")
	}
}

// rows takes a number of rows: digits or a placeholder.
func (p *parser) rows() (node, int) {
	t := p.peek()
	if t.kind == marker || t.is("{") {
		return p.placeholder(), 0
	}
	n := 0
	for _, c := range t.value {
		if n > MaxRowLimit*100 {
			break
		}
		n = n*10 + int(c-'0')
	}
	if t.kind != number || digits(t.value) != len(t.value) || n > MaxRowLimit*100 {
		p.fail("a number of rows must be written in digits, at most %d, or be a parameter", MaxRowLimit*100)
		return fixed("0"), 0
	}
	p.take()
	return fixed(t.value), n
}
