package gate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
)

// newTable checks a logical table and writes its sub-select.
func newTable(d *dialect, t Table) (*table, error) {
	if !plainName(t.Name) {
		return nil, gatewright.FieldErrorf("tables", "%q is no name for a logical table: use letters, digits and underscores, at most %d bytes", t.Name, MaxName)
	}
	for _, name := range []string{t.Schema, t.Table} {
		if !d.printable(name) {
			return nil, gatewright.FieldErrorf("tables", "logical table %s: %q cannot be the name of a schema or table of %s", t.Name, name, d.name)
		}
	}
	if d.system(t.Schema, t.Table) {
		return nil, gatewright.FieldErrorf("tables", "logical table %s reads %s.%s, which belongs to the database system; select a table of your own", t.Name, t.Schema, t.Table)
	}
	if n := len(t.Fields); n == 0 || n > MaxFields {
		return nil, gatewright.FieldErrorf("tables", "logical table %s has %d fields; 1 to %d are possible", t.Name, n, MaxFields)
	}
	made := &table{Table: t}
	seen := map[string]bool{}
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, f := range t.Fields {
		if !d.printable(f.Name) || !d.printable(f.Column) {
			return nil, gatewright.FieldErrorf("tables", "logical table %s: field %q of column %q has a name that %s cannot take", t.Name, f.Name, f.Column, d.name)
		}
		if key := strings.ToLower(f.Name); seen[key] {
			return nil, gatewright.FieldErrorf("tables", "logical table %s has two fields %s", t.Name, f.Name)
		} else {
			seen[key] = true
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(d.quote(f.Column) + " AS " + d.quote(f.Name))
		made.columns = append(made.columns, f.Name)
	}
	b.WriteString(" FROM " + d.quote(t.Schema) + "." + d.quote(t.Table))
	made.source = b.String()
	made.index = newIndex(made.columns)
	if t.Where != nil {
		w := conditionWriter{dialect: d, table: &made.Table}
		if err := w.write(t.Where, 0); err != nil {
			return nil, err
		}
		made.where = " WHERE " + w.b.String()
	}
	return made, nil
}

// plainName reports whether a name needs no quotes for people: letters of any
// script, digits and underscores.
func plainName(s string) bool {
	if s == "" || len(s) > MaxName || !utf8.ValidString(s) {
		return false
	}
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return true
}
