package dataapi

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/query"
	"github.com/gatewright/gatewright/internal/sqlsource"
)

// projection makes the rows of an answer out of those of the database: columns
// in the declared order, as the declared types, with defaults and masks.
type projection struct {
	columns []format.Column
	cells   []projected // nil when rows stay as they are
	row     []sqlsource.Cell
	scratch []byte // of the present row
	yes, no []byte
}

// projected is how one cell is made.
type projected struct {
	from   int // place in the database's row; -1 for the fixed one
	fixed  sqlsource.Cell
	absent sqlsource.Cell // instead of null
	typ    gatewright.DataType
}

// project plans the rows of an answer for a result with those columns. The
// error is a [Failure] when the result lacks a column.
func project(declared []query.Column, result []sqlsource.Column) (*projection, error) {
	p := &projection{yes: []byte("true"), no: []byte("false")}
	if declared == nil {
		for _, c := range result {
			p.columns = append(p.columns, format.Column{Name: c.Name, Type: c.Type})
		}
		p.columns = format.Columns(p.columns)
		return p, nil
	}
	for i := range declared {
		d := &declared[i]
		p.columns = append(p.columns, format.Column{Name: d.Name, Type: format.TypeOf(d.Type)})
		cell := projected{from: -1, typ: d.Type}
		var err error
		if cell.absent, err = defaultCell(d); err != nil {
			return nil, err
		}
		switch {
		case d.Masked:
			cell.fixed = maskOf(d.Type)
		case d.Result == "":
			cell.from = d.Position
		default:
			cell.from = place(result, d.Result)
		}
		if !d.Masked && (cell.from < 0 || cell.from >= len(result)) {
			if !d.Optional {
				return nil, NewFailure(CauseShape, gatewright.Errorf(gatewright.Internal, "the result has no column %s, which the API must return", d.Name))
			}
			cell.from, cell.fixed = -1, cell.absent
		}
		p.cells = append(p.cells, cell)
	}
	p.row = make([]sqlsource.Cell, len(p.cells))
	return p, nil
}

func defaultCell(d *query.Column) (sqlsource.Cell, error) {
	switch d.Default.(type) {
	case []any, map[string]any:
		text, err := json.Marshal(d.Default)
		return sqlsource.Cell{Kind: sqlsource.JSON, Bytes: text}, err
	}
	return cellOf(d.Default)
}

// maskOf is what is shown instead of what must not be seen: a mark where a text
// is declared, so that nobody takes it for one that is not there.
func maskOf(t gatewright.DataType) sqlsource.Cell {
	if t == gatewright.TypeString {
		return sqlsource.Cell{Kind: sqlsource.String, Bytes: []byte(Mask)}
	}
	return sqlsource.Cell{}
}

// place finds a column by its name, in any case if need be: databases fold what
// is not in quotes.
func place(result []sqlsource.Column, name string) int {
	if at := slices.IndexFunc(result, func(c sqlsource.Column) bool { return c.Name == name }); at >= 0 {
		return at
	}
	return slices.IndexFunc(result, func(c sqlsource.Column) bool { return strings.EqualFold(c.Name, name) })
}

// of returns the answer's row for one of the database. It is valid until the
// next.
func (p *projection) of(row []sqlsource.Cell) []sqlsource.Cell {
	if p.cells == nil {
		return row
	}
	p.scratch = p.scratch[:0]
	for i := range p.cells {
		c := &p.cells[i]
		switch {
		case c.from < 0:
			p.row[i] = c.fixed
		case row[c.from].Kind == sqlsource.Null:
			p.row[i] = c.absent
		default:
			p.row[i] = p.as(row[c.from], c.typ)
		}
	}
	return p.row
}
