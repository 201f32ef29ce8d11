package gate

// source writes what stands after FROM. A logical table becomes a sub-select of
// what may be read of it.
func (p *printer) source(src source) {
	switch s := src.(type) {
	case *tableSource:
		p.table(s)
	case *querySource:
		if s.lateral {
			p.put("LATERAL")
		}
		p.put("(")
		p.query(s.query, false)
		p.put(")")
		if s.alias.text != "" {
			p.put("AS")
			p.quoted(s.alias.text)
			p.names(s.columns)
		}
	case *join:
		p.source(s.left)
		p.put(string(s.words))
		p.source(s.right)
		if s.on != nil {
			p.put("ON")
			p.expression(s.on)
		}
		if len(s.using) > 0 {
			p.put("USING")
			p.names(s.using)
		}
	case *parentheses:
		p.put("(")
		p.source(s.inner)
		p.put(")")
	case *arrayJoin:
		p.source(s.left)
		p.put(string(s.words))
		for i := range s.items {
			if i > 0 {
				p.put(",")
			}
			p.item(&s.items[i])
		}
	}
}

func (p *printer) table(s *tableSource) {
	if s.common != nil {
		p.quoted(s.common.printed)
	} else {
		p.put("(" + s.table.source)
		if s.final {
			p.put("FINAL")
		}
		p.glue(s.table.where + ")")
	}
	p.put("AS")
	p.quoted(s.alias.text)
	p.names(s.columns)
}
