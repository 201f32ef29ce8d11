package sqlsource

import (
	"context"
	"slices"
	"strconv"

	"github.com/gatewright/gatewright"
)

const (
	maxMetadataRows = 10_000 // of one answer about the database
	maxTablePage    = 500    // tables of one page
	usualTablePage  = 100
	maxNameFilter   = 128 // bytes
)

// Table is a table of a database, or what can be read like one.
type Table struct {
	Schema  string `json:"schema"`
	Name    string `json:"name"`
	View    bool   `json:"view,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// TableQuery asks for one page of the tables of a schema.
type TableQuery struct {
	Schema   string // required, see [Source.Schemas]
	Contains string // part of the name, in upper or lower case; at most 128 bytes
	After    string // the last name of the page before
	Limit    int    // 1–500, default 100
}

// TablePage is one page of tables in the order of their names.
type TablePage struct {
	Tables []Table
	More   bool // after the last of these
}

// TableColumn is a column of a table.
type TableColumn struct {
	Name       string `json:"name"`
	Type       Type   `json:"type"`
	Database   string `json:"databaseType"` // the type as the database writes it
	Nullable   bool   `json:"nullable,omitempty"`
	PrimaryKey bool   `json:"primaryKey,omitempty"`
	Comment    string `json:"comment,omitempty"`
}

// Schemas returns the schemas that have something to read, without those of
// the system. In MySQL and ClickHouse they are the databases; SQLite has one.
func (s *Source) Schemas(ctx context.Context) ([]string, error) {
	var schemas []string
	err := s.each(ctx, Statement{Text: s.catalog().schemas, MaxRows: maxMetadataRows}, func(row []string) error {
		schemas = append(schemas, row[0])
		return nil
	})
	return schemas, err
}

// Tables returns one page of tables.
func (s *Source) Tables(ctx context.Context, query TableQuery) (TablePage, error) {
	if query.Limit == 0 {
		query.Limit = usualTablePage
	}
	if query.Limit < 1 || query.Limit > maxTablePage {
		return TablePage{}, gatewright.FieldErrorf("limit", "%d is not between 1 and %d tables", query.Limit, maxTablePage)
	}
	if len(query.Contains) > maxNameFilter {
		return TablePage{}, gatewright.FieldErrorf("contains", "the part of a name has more than %d bytes", maxNameFilter)
	}
	text := func(v string) Arg { return Arg{String, v} }
	statement := Statement{
		Text:    s.catalog().tables,
		Args:    []Arg{text(query.Schema), text(query.After), text(query.Contains), {Integer, strconv.Itoa(query.Limit + 1)}},
		MaxRows: maxMetadataRows,
	}
	var page TablePage
	err := s.each(ctx, statement, func(row []string) error {
		if len(page.Tables) == query.Limit {
			page.More = true
			return nil
		}
		page.Tables = append(page.Tables, Table{Schema: query.Schema, Name: row[0], View: yes(row[1]), Comment: row[2]})
		return nil
	})
	return page, err
}

// Columns returns the columns of a table in their order, or a NotFound error.
func (s *Source) Columns(ctx context.Context, schema, table string) ([]TableColumn, error) {
	var columns []TableColumn
	statement := Statement{Text: s.catalog().columns, Args: []Arg{{String, schema}, {String, table}}, MaxRows: maxMetadataRows}
	err := s.each(ctx, statement, func(row []string) error {
		c := TableColumn{Name: row[0], Database: row[1], Nullable: yes(row[2]), PrimaryKey: yes(row[3]), Comment: row[4]}
		c.Type = declaredType(s.config.Dialect, row[1])
		columns = append(columns, c)
		return nil
	})
	if err == nil && len(columns) == 0 {
		err = gatewright.Errorf(gatewright.NotFound, "there is no table %s.%s, or the account may not read it", schema, table)
	}
	return columns, err
}

// yes reads a truth value as the databases give it.
func yes(cell string) bool { return cell == "1" || cell == "true" }

// Difference is how the columns of a table changed.
type Difference struct {
	Added   []TableColumn `json:"added,omitempty"`
	Removed []TableColumn `json:"removed,omitempty"`
	Altered []Alteration  `json:"altered,omitempty"`
}

// Alteration is a column that is not what it was.
type Alteration struct {
	Before TableColumn `json:"before"`
	After  TableColumn `json:"after"`
}

// Empty reports whether nothing changed.
func (d Difference) Empty() bool { return len(d.Added)+len(d.Removed)+len(d.Altered) == 0 }

// Compare returns how columns changed between two readings, in the order of
// the table they are in. The order itself does not count. A renamed column is
// one removed and one added.
func Compare(before, after []TableColumn) Difference {
	var d Difference
	find := func(in []TableColumn, name string) int {
		return slices.IndexFunc(in, func(c TableColumn) bool { return c.Name == name })
	}
	for _, c := range before {
		if at := find(after, c.Name); at < 0 {
			d.Removed = append(d.Removed, c)
		} else if after[at] != c {
			d.Altered = append(d.Altered, Alteration{Before: c, After: after[at]})
		}
	}
	for _, c := range after {
		if find(before, c.Name) < 0 {
			d.Added = append(d.Added, c)
		}
	}
	return d
}
