package sqlsource

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// Report is what a test of the connection found.
type Report struct {
	Version  string        `json:"version"`  // of the server, as it says
	Latency  time.Duration `json:"latency"`  // of one statement on an open connection
	Warnings []string      `json:"warnings"` // what the account should not be able to do
}

// Check connects and returns what it finds: the server's version, how long an
// answer takes, and a warning for everything by which the account could write
// or reach beyond the database.
func (s *Source) Check(ctx context.Context) (Report, error) {
	checks := map[gatewright.Dialect]struct{ version, rights string }{
		gatewright.PostgreSQL: {"SELECT version()", postgresRights},
		gatewright.MySQL:      {"SELECT version()", mysqlRights},
		gatewright.ClickHouse: {"SELECT version()", ""},
		gatewright.SQLite:     {"SELECT sqlite_version()", ""},
	}[s.config.Dialect]
	report := Report{Warnings: []string{}}
	version := Statement{Text: checks.version}
	for range 2 { // the first time opens the connection
		began := s.pool.now()
		err := s.each(ctx, version, func(row []string) error {
			report.Version = row[0]
			return nil
		})
		if err != nil {
			return Report{}, err
		}
		report.Latency = s.pool.now().Sub(began)
	}
	if s.config.TLS.Mode == gatewright.SourceTLSRequire {
		report.Warnings = append(report.Warnings, "the connection is encrypted, but whoever answers is believed; use the TLS mode verify")
	}
	if s.config.Dialect == gatewright.ClickHouse {
		return s.checkClickHouse(ctx, report)
	}
	if checks.rights == "" {
		return report, nil
	}
	err := s.each(ctx, Statement{Text: checks.rights, MaxRows: maxMetadataRows}, func(row []string) error {
		report.Warnings = append(report.Warnings, "the account "+row[0])
		return nil
	})
	return report, err
}

// postgresRights returns a phrase for everything that a reading account should
// not have.
const postgresRights = `
SELECT what FROM (
	SELECT 1 AS place, 'is a superuser: it can read and write files and run programs on the server' AS what
		FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolsuper
	UNION ALL SELECT 2, 'may create roles' FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolcreaterole AND NOT rolsuper
	UNION ALL SELECT 3, 'may create databases' FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolcreatedb AND NOT rolsuper
	UNION ALL SELECT 4, 'is a member of ' || r.rolname FROM pg_catalog.pg_roles r, pg_catalog.pg_roles me
		WHERE me.rolname = current_user AND NOT me.rolsuper AND pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER')
		AND r.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_write_all_data', 'pg_signal_backend')
	UNION ALL SELECT 5, 'may create tables in the schema ' || nspname FROM pg_catalog.pg_namespace
		WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(oid, 'CREATE')
	UNION ALL SELECT 6, 'may create schemas in the database'
		WHERE pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
	UNION ALL (SELECT 7, 'may write to ' || count(*) || ' tables, ' || min(n.nspname || '.' || c.relname) || ' among them'
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
		AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
		HAVING count(*) > 0)
) AS found ORDER BY place, what`

// mysqlRights does the same. Rights of single columns and by roles are not
// looked at.
const mysqlRights = `
SELECT CONCAT('has the right ', GROUP_CONCAT(DISTINCT privilege_type ORDER BY privilege_type SEPARATOR ', '), ' on ', place) FROM (
	SELECT grantee, privilege_type, 'everything' AS place FROM information_schema.user_privileges
	UNION ALL SELECT grantee, privilege_type, CONCAT('the database ', table_schema) FROM information_schema.schema_privileges
	UNION ALL SELECT grantee, privilege_type, CONCAT('the table ', table_schema, '.', table_name) FROM information_schema.table_privileges
) AS found
WHERE privilege_type NOT IN ('USAGE', 'SELECT', 'SHOW VIEW', 'SHOW DATABASES', 'PROCESS')
AND grantee = CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')
GROUP BY place ORDER BY place`

// checkClickHouse looks at how far the account's profile lets it go, without
// what this package asks for, and where there are grants at those.
func (s *Source) checkClickHouse(ctx context.Context, report Report) (Report, error) {
	conn, err := s.pool.acquire(ctx)
	if err != nil {
		return Report{}, err
	}
	session, ok := conn.session.(*clickhouseSession)
	s.pool.release(conn, true)
	if !ok || session.readonly != "0" {
		return report, nil
	}
	if !session.modern {
		report.Warnings = append(report.Warnings, "the account may write: its profile does not say readonly")
		return report, nil
	}
	reading := []string{"SELECT", "SHOW", "USAGE", "dictGet", "KILL QUERY"}
	err = s.each(ctx, Statement{Text: "SHOW GRANTS", MaxRows: maxMetadataRows}, func(row []string) error {
		rights, place, _ := strings.Cut(strings.TrimPrefix(row[0], "GRANT "), " ON ")
		for right := range strings.SplitSeq(rights, ", ") {
			right, _, _ = strings.Cut(right, "(")
			if !slices.ContainsFunc(reading, func(r string) bool { return strings.HasPrefix(right, r) }) {
				report.Warnings = append(report.Warnings, "the account has the right "+right+" on "+place)
			}
		}
		return nil
	})
	return report, err
}
