package query

import (
	"fmt"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/gate"
)

// table is a logical table of the group as the API reads it.
type table struct {
	name    string // as the definition writes it
	logical *gatewright.Table
	schema  string
	fields  []field // that statements may name
}

// field is a field that statements may name.
type field struct {
	name     string // as the definition writes it
	logical  *gatewright.Field
	declared gatewright.SecurityLevel // by the definition
}

// level is the security level of a field of the table.
func (t *table) level(f *field) gatewright.SecurityLevel {
	return max(t.logical.Level(f.logical), f.declared)
}

// bindTables finds the tables of a definition in the group.
func bindTables(def *gatewright.DataDefinition, all []gatewright.Table, dialect gatewright.Dialect, schema string) ([]table, error) {
	var details []gatewright.Detail
	find := func(format string, args ...any) {
		details = append(details, gatewright.Detail{Message: fmt.Sprintf(format, args...)})
	}
	var tables []table
	for i := range def.Tables {
		wanted := &def.Tables[i]
		t := table{name: wanted.Name}
		for j := range all {
			if strings.EqualFold(all[j].Name, wanted.Name) {
				t.logical = &all[j]
			}
		}
		switch {
		case t.logical == nil:
			find("logical table %s does not exist here", wanted.Name)
			continue
		case t.logical.Source != def.Source:
			find("logical table %s reads data source %s; the API reads %s", wanted.Name, t.logical.Source, def.Source)
			continue
		}
		if t.schema = physicalSchema(t.logical, dialect, schema); t.schema == "" {
			find("logical table %s names no schema for table %s, and the data source has none", wanted.Name, t.logical.Physical)
			continue
		}
		t.bindFields(wanted, find)
		tables = append(tables, t)
	}
	if len(details) > 0 {
		return nil, &gatewright.Error{Code: gatewright.Invalid, Field: "tables", Message: "the group does not have the tables that the API reads", Details: details}
	}
	return tables, nil
}

func (t *table) bindFields(wanted *gatewright.DataTable, find func(string, ...any)) {
	if len(wanted.Fields) == 0 {
		for i := range t.logical.Fields {
			f := &t.logical.Fields[i]
			t.fields = append(t.fields, field{name: f.Name, logical: f})
		}
		return
	}
	for i := range wanted.Fields {
		w := &wanted.Fields[i]
		f := t.logical.Field(w.Name)
		switch {
		case f == nil:
			find("logical table %s has no field %s", wanted.Name, w.Name)
		case f.Type != w.Type:
			find("field %s.%s is of type %s; the API was written for %s", wanted.Name, w.Name, f.Type, w.Type)
		default:
			t.fields = append(t.fields, field{name: w.Name, logical: f, declared: w.Security})
		}
	}
}

func physicalSchema(t *gatewright.Table, dialect gatewright.Dialect, schema string) string {
	switch {
	case t.Physical.Schema != "":
		return t.Physical.Schema
	case schema != "":
		return schema
	case dialect == gatewright.PostgreSQL:
		return "public"
	case dialect == gatewright.SQLite:
		return "main"
	}
	return ""
}

// field finds "table.field", or a field that only one of the tables has.
func (q *Query) field(name string) (*table, *field, error) {
	of, rest, qualified := strings.Cut(name, ".")
	if !qualified {
		rest = name
	}
	var inTable *table
	var found *field
	for i := range q.tables {
		t := &q.tables[i]
		if qualified && !strings.EqualFold(t.name, of) {
			continue
		}
		for j := range t.fields {
			if !strings.EqualFold(t.fields[j].name, rest) {
				continue
			}
			if found != nil {
				return nil, nil, gatewright.FieldErrorf("field", "field %q is in several tables; write table.field", name)
			}
			inTable, found = t, &t.fields[j]
		}
	}
	if found == nil {
		return nil, nil, gatewright.FieldErrorf("field", "field %q is in none of the API's tables", name)
	}
	return inTable, found, nil
}

// fieldNames returns what an identifier of a script may be: "table.field", and
// "field" where that is plain enough.
func (q *Query) fieldNames() []string {
	var names []string
	for i := range q.tables {
		for j := range q.tables[i].fields {
			f := q.tables[i].fields[j].name
			names = append(names, q.tables[i].name+"."+f)
			if _, _, err := q.field(f); err == nil {
				names = append(names, f)
			}
		}
	}
	return names
}

// rules returns the gate's rule about the table, for what visible reports and
// where the rows are those of the condition.
func (t *table) rules(visible func(*table, *field) bool, where *gate.Condition) gate.Table {
	g := gate.Table{Name: t.name, Schema: t.schema, Table: t.logical.Physical.Name, Where: where}
	for i := range t.fields {
		if f := &t.fields[i]; visible(t, f) {
			g.Fields = append(g.Fields, gate.Field{Name: f.name, Column: f.logical.ColumnName()})
		}
	}
	return g
}

// gateDialect is the gate's word for a dialect.
func gateDialect(d gatewright.Dialect) gate.Dialect {
	if d == gatewright.PostgreSQL {
		return gate.PostgreSQL
	}
	return gate.Dialect(d)
}
