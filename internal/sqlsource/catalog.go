package sqlsource

import (
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// catalog holds the statements that read what a database says of itself.
//
// schemas returns names. tables takes schema, name to begin after, part of a
// name and number of rows, and returns name, whether it is a view, and comment,
// in the order of the names' bytes. columns takes schema and table, and returns
// name, type, whether it may be null, whether it is in the primary key, and
// comment.
type catalog struct{ schemas, tables, columns string }

func (s *Source) catalog() catalog {
	switch s.config.Dialect {
	case gatewright.PostgreSQL:
		return postgresCatalog()
	case gatewright.MySQL:
		return mysqlCatalog()
	case gatewright.ClickHouse:
		return clickhouseCatalog()
	}
	return sqliteCatalog()
}

func postgresCatalog() catalog {
	return catalog{
		schemas: `SELECT nspname FROM pg_catalog.pg_namespace
			WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(oid, 'USAGE')
			ORDER BY nspname COLLATE "C"`,
		tables: `SELECT c.relname, c.relkind IN ('v', 'm'), coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '')
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
			AND c.relname COLLATE "C" > $2 AND strpos(lower(c.relname), lower($3)) > 0
			ORDER BY c.relname COLLATE "C" LIMIT $4`,
		columns: `SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
			EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)),
			coalesce(pg_catalog.col_description(c.oid, a.attnum), '')
			FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
			JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
			ORDER BY a.attnum`,
	}
}

func mysqlCatalog() catalog {
	return catalog{
		schemas: `SELECT schema_name FROM information_schema.schemata
			WHERE schema_name NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY BINARY schema_name`,
		tables: `SELECT table_name, table_type LIKE '%VIEW', IF(table_type LIKE '%VIEW', '', table_comment)
			FROM information_schema.tables
			WHERE table_schema = ? AND BINARY table_name > ? AND LOCATE(LOWER(?), LOWER(table_name)) > 0
			ORDER BY BINARY table_name LIMIT ?`,
		columns: `SELECT column_name, column_type, is_nullable = 'YES', column_key = 'PRI', column_comment
			FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position`,
	}
}

// clickhouseCatalog keeps to what version 18 knows: it has no comments of
// tables, and tells the primary key as a text of the table.
func clickhouseCatalog() catalog {
	return catalog{
		schemas: `SELECT name FROM system.databases WHERE name NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema') ORDER BY name`,
		tables: `SELECT name, engine LIKE '%View', '' FROM system.tables
			WHERE database = {p1:String} AND name > {p2:String} AND positionCaseInsensitiveUTF8(name, {p3:String}) > 0
			ORDER BY name LIMIT {p4:UInt32}`,
		columns: `SELECT name, type, type LIKE '%Nullable(%', is_in_primary_key, ''
			FROM system.columns WHERE database = {p1:String} AND table = {p2:String}`,
	}
}

func sqliteCatalog() catalog {
	return catalog{
		schemas: `SELECT 'main'`,
		tables: `SELECT name, type = 'view', '' FROM main.sqlite_master
			WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND ?1 = 'main'
			AND name > ?2 AND instr(lower(name), lower(?3)) > 0 ORDER BY name LIMIT ?4`,
		columns: `SELECT name, type, "notnull" = 0 AND pk = 0, pk > 0, ''
			FROM pragma_table_info(?2) WHERE ?1 = 'main' ORDER BY cid`,
	}
}

// declaredType returns what a type that a database declares is to us.
func declaredType(dialect gatewright.Dialect, declared string) Type {
	switch dialect {
	case gatewright.ClickHouse:
		_, t := clickhouseType(declared, time.UTC)
		return t
	case gatewright.SQLite:
		return sqliteType(declared)
	}
	name := strings.ToLower(declared)
	if dialect == gatewright.PostgreSQL && strings.HasSuffix(name, "[]") {
		return TypeArray
	}
	word, _, _ := strings.Cut(name, "(")
	word = strings.TrimSpace(word)
	if dialect == gatewright.MySQL {
		if first, rest, _ := strings.Cut(word, " "); rest == "" || strings.Contains(name, "unsigned") {
			word = first
		}
		if word == "int" && strings.Contains(name, "unsigned") {
			return TypeBigInt
		}
	}
	switch word {
	case "boolean":
		return TypeBool
	case "smallint", "integer", "int", "tinyint", "mediumint", "year":
		return TypeInt
	case "bigint", "oid", "bit":
		return TypeBigInt
	case "real", "double precision", "double", "float":
		return TypeDouble
	case "numeric", "decimal":
		return TypeDecimal
	case "date":
		return TypeDate
	case "datetime", "timestamp", "timestamp without time zone", "timestamp with time zone":
		return TypeDateTime
	case "json", "jsonb":
		return TypeJSON
	case "bytea", "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return TypeBinary
	}
	if dialect == gatewright.PostgreSQL && strings.HasPrefix(name, "timestamp") {
		return TypeDateTime
	}
	return TypeString
}
