package query

import (
	"crypto/sha256"
	"fmt"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/gate"
)

// view is the API as callers with the same rights see it.
type view struct {
	query    *Query
	rights   Rights
	gate     *gate.Gate
	verdicts *lru.Cache[[32]byte, *verdict]
	wizard   wizard // of a wizard
}

// verdict is what the gate said of a statement.
type verdict struct {
	statement gate.Statement
	level     gatewright.SecurityLevel // the highest of the fields that are read
	err       error
}

// view returns the API as the grant shows it.
func (q *Query) view(g *Grant) (*view, error) {
	key := g.Key()
	if v, ok := q.views.Get(key); ok {
		return v, nil
	}
	v, err := q.newView(g.of())
	if err != nil {
		return nil, err
	}
	q.views.Add(key, v)
	return v, nil
}

func (q *Query) newView(r Rights) (*view, error) {
	v := &view{query: q, rights: r}
	var err error
	if v.verdicts, err = lru.New[[32]byte, *verdict](MaxVerdicts); err != nil {
		return nil, fmt.Errorf("make room for verdicts: %w", err)
	}
	rules := gate.Rules{Dialect: gateDialect(q.dialect), MaxRows: q.maxGateRows(), Functions: q.options.Functions}
	for i := range q.tables {
		t := &q.tables[i]
		where, err := t.rows(&r)
		if err != nil {
			return nil, &Error{Misgranted, err}
		}
		table := t.rules(v.readable, where)
		if len(table.Fields) == 0 {
			return nil, refuse(Denied, "the grant gives no field of table %s: its clearance is %s", t.name, r.Clearance)
		}
		rules.Tables = append(rules.Tables, table)
	}
	if v.gate, err = gate.New(rules); err != nil {
		return nil, err
	}
	if q.def.Mode == gatewright.DataWizard {
		err = v.readWizard()
	}
	return v, err
}

// rows returns the condition that the rights put on the rows of a table, nil
// for none.
func (t *table) rows(r *Rights) (*gate.Condition, error) {
	for i := range r.Rows {
		if strings.EqualFold(r.Rows[i].Table, t.name) {
			c, err := t.condition(&r.Rows[i].Where)
			return &c, err
		}
	}
	return nil, nil
}

// readable reports whether statements may name a field. The author's may name
// all that the definition lists; what comes out of them is masked.
func (v *view) readable(t *table, f *field) bool {
	if v.query.def.Mode != gatewright.DataNative {
		return true
	}
	return v.rights.Clearance.Covers(t.level(f)) && v.rights.column(f.name, t.name+"."+f.name)
}

// check returns the gate's verdict about a statement. Refusals are remembered
// as well.
func (v *view) check(sql string) (*verdict, error) {
	var key [32]byte
	kept := len(sql) <= MaxVerdictBytes
	if kept {
		key = sha256.Sum256([]byte(sql))
		if known, ok := v.verdicts.Get(key); ok {
			return known, known.err
		}
	}
	made := &verdict{}
	if made.statement, made.err = v.gate.Check(sql); made.err == nil {
		made.level = v.query.highest(made.statement.Reads)
	}
	if kept {
		v.verdicts.Add(key, made)
	}
	return made, made.err
}

// highest returns the highest level of fields that are read.
func (q *Query) highest(reads []gate.Read) gatewright.SecurityLevel {
	level := gatewright.SecurityPublic
	for _, r := range reads {
		for _, name := range r.Fields {
			if t, f, err := q.field(r.Table + "." + name); err == nil {
				level = max(level, t.level(f))
			}
		}
	}
	return level
}
