package gatewright

import (
	"regexp"
	"slices"
	"strings"
)

// Limits of logical tables.
const (
	MaxTableFields      = 2000
	MaxQueryConstraints = 16
	MaxTableReaders     = 1000
	MaxFieldNameLength  = 128 // bytes
	maxPhysicalName     = 256
)

// Table is a group resource: a logical table, the named view of one physical
// table that APIs are written against. Tables of the same name in several
// groups are the same thing to APIs, over each group's own database.
type Table struct {
	Name        string        `json:"name"` // unique in its group
	Project     ProjectID     `json:"project,omitempty"`
	Readers     []ProjectID   `json:"readers,omitempty"` // other projects whose APIs may read it
	Owner       string        `json:"owner,omitempty"`
	Description string        `json:"description,omitempty"`
	Source      string        `json:"source"` // name of a data source of the same group
	Physical    PhysicalTable `json:"physical"`
	Security    SecurityLevel `json:"security,omitempty"` // of fields that say nothing themselves
	Fields      []Field       `json:"fields"`
	// Constraints are sets of fields. A query must have a condition on every
	// field of at least one of them; none is no constraint.
	Constraints [][]string `json:"constraints,omitempty"`
}

// PhysicalTable names a table or view of a database.
type PhysicalTable struct {
	Schema string `json:"schema,omitempty"` // of PostgreSQL; a database of MySQL and ClickHouse; "" for the source's own
	Name   string `json:"name"`
}

// String returns schema.name.
func (p PhysicalTable) String() string {
	if p.Schema == "" {
		return p.Name
	}
	return p.Schema + "." + p.Name
}

// Field is one column of a logical table.
type Field struct {
	Name        string        `json:"name"`
	Column      string        `json:"column,omitempty"` // of the physical table; "" is the name
	Type        DataType      `json:"type"`
	Nullable    bool          `json:"nullable,omitempty"`
	Primary     bool          `json:"primary,omitempty"` // part of the primary key
	Security    SecurityLevel `json:"security,omitempty"`
	Description string        `json:"description,omitempty"`
}

// ColumnName returns the field's column in the physical table.
func (f *Field) ColumnName() string {
	if f.Column != "" {
		return f.Column
	}
	return f.Name
}

// Level returns the security level of a field of the table.
func (t *Table) Level(f *Field) SecurityLevel { return max(f.Security, t.Security, SecurityPublic) }

// Field returns the field of that name, in any case; nil when there is none.
func (t *Table) Field(name string) *Field {
	for i := range t.Fields {
		if strings.EqualFold(t.Fields[i].Name, name) {
			return &t.Fields[i]
		}
	}
	return nil
}

func (t *Table) key() Key      { return TableKey(t.Name) }
func (t *Table) title() string { return "table " + t.Name }

var fieldName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_]*$`)

// CheckFieldName reports whether name can name what SQL is written with: a
// logical table's field, a parameter, a returned column. It begins with a
// letter of any script or an underscore; letters, digits and underscores
// follow, at most [MaxFieldNameLength] bytes.
func CheckFieldName(what, name string) error {
	if len(name) > MaxFieldNameLength || !fieldName.MatchString(name) {
		return FieldErrorf(what, "%s %q is not a letter or underscore followed by letters, digits and underscores, at most %d bytes", what, name, MaxFieldNameLength)
	}
	return nil
}

// Validate checks the table's form. Whether its source and its physical table
// exist is not asked here.
func (t *Table) Validate() error {
	if err := CheckFieldName("table", t.Name); err != nil {
		return err
	}
	if err := CheckText("description", t.Description, MaxDescription); err != nil {
		return err
	}
	if err := CheckSourceName(t.Source); err != nil {
		return err
	}
	if t.Physical.Name == "" || len(t.Physical.Name) > maxPhysicalName || len(t.Physical.Schema) > maxPhysicalName || strings.ContainsRune(t.Physical.String(), 0) {
		return FieldErrorf("physical", "physical table %q is not a name of at most %d bytes", t.Physical, maxPhysicalName)
	}
	if t.Security != "" {
		if err := t.Security.Validate(); err != nil {
			return err
		}
	}
	if len(t.Fields) == 0 || len(t.Fields) > MaxTableFields {
		return FieldErrorf("fields", "table %s has %d fields, not 1 to %d", t.Name, len(t.Fields), MaxTableFields)
	}
	if err := t.checkFields(); err != nil {
		return err
	}
	if err := checkDistinctNames("readers", t.Readers, MaxTableReaders, func(ProjectID) error { return nil }); err != nil {
		return err
	}
	return t.checkConstraints()
}

func (t *Table) checkFields() error {
	named := make(map[string]bool, len(t.Fields))
	for i := range t.Fields {
		f := &t.Fields[i]
		if err := CheckFieldName("field", f.Name); err != nil {
			return err
		}
		if folded := strings.ToLower(f.Name); named[folded] {
			return FieldErrorf("fields", "table %s has two fields %s", t.Name, f.Name)
		} else {
			named[folded] = true
		}
		if len(f.Column) > maxPhysicalName || strings.ContainsRune(f.Column, 0) {
			return FieldErrorf("fields", "field %s: its column is not a name of at most %d bytes", f.Name, maxPhysicalName)
		}
		if err := f.Type.Validate(); err != nil {
			return err
		}
		if f.Security != "" {
			if err := f.Security.Validate(); err != nil {
				return err
			}
		}
		if err := CheckText("description", f.Description, MaxDescription); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) checkConstraints() error {
	if len(t.Constraints) > MaxQueryConstraints {
		return FieldErrorf("constraints", "table %s has %d query constraints; at most %d are allowed", t.Name, len(t.Constraints), MaxQueryConstraints)
	}
	for _, set := range t.Constraints {
		if len(set) == 0 || len(set) > MaxTableFields {
			return FieldErrorf("constraints", "a query constraint of table %s names no field", t.Name)
		}
		for i, name := range set {
			if t.Field(name) == nil || slices.Contains(set[:i], name) {
				return FieldErrorf("constraints", "a query constraint of table %s names %q, which is no field of it, or names it twice", t.Name, name)
			}
		}
	}
	return nil
}
