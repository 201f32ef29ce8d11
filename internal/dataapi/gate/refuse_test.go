package gate

import (
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

// attack is a statement that must not pass.
type attack struct {
	name string
	sql  string
	want string // part of the message
}

func runAttacks(t *testing.T, dialects []Dialect, attacks []attack) {
	t.Helper()
	for _, d := range dialects {
		g := mustGate(t, shop(d))
		for _, a := range attacks {
			t.Run(string(d)+"/"+a.name, func(t *testing.T) {
				s, err := g.Check(a.sql)
				if err == nil {
					t.Fatalf("accepted as\n%s", s.SQL)
				}
				e := gatewright.AsError(err)
				if e.Code == gatewright.Internal || e.Field != "sql" || !strings.Contains(e.Message, "line ") {
					t.Errorf("%s: %s is no refusal with a place", e.Code, e.Message)
				}
				if !strings.Contains(e.Message, a.want) {
					t.Errorf("refused with %q; want %q in it", e.Message, a.want)
				}
			})
		}
	}
}

// TestRefuseEverywhere has what no dialect may let through.
func TestRefuseEverywhere(t *testing.T) {
	runAttacks(t, dialects(), []attack{
		{"empty", "", "SELECT is expected"},
		{"only a comment", "-- nothing", "SELECT is expected"},
		{"only a semicolon", ";", "SELECT is expected"},
		{"two statements", "select 1; select 2", "second statement"},
		{"two statements with a comment between", "select 1; -- x\n select 2", "second statement"},
		{"two semicolons", "select 1;;", "second statement"},
		{"drop behind", "select id from orders; drop table t_orders", "second statement"},
		{"insert", "insert into orders values (1)", "INSERT is not allowed"},
		{"update", "update orders set id = 1", "UPDATE is not allowed"},
		{"delete", "delete from orders", "DELETE is not allowed"},
		{"create", "create table x as select 1", "CREATE is not allowed"},
		{"drop", "drop table orders", "DROP is not allowed"},
		{"set", "set role admin", "SET is not allowed"},
		{"set transaction", "SET TRANSACTION READ WRITE", "SET is not allowed"},
		{"use", "use other", "USE is not allowed"},
		{"call", "call p()", "CALL is not allowed"},
		{"do", "do sleep(5)", "DO is not allowed"},
		{"explain", "explain select 1", "EXPLAIN is not allowed"},
		{"explain analyze delete", "explain analyze delete from orders", "EXPLAIN is not allowed"},
		{"copy", "copy (select 1) to '/tmp/x'", "COPY is not allowed"},
		{"copy program", "copy orders to program 'id'", "COPY is not allowed"},
		{"pragma", "pragma query_only = 0", "PRAGMA is not allowed"},
		{"attach", "attach 'x.db' as x", "ATTACH is not allowed"},
		{"handler", "handler orders open", "HANDLER is not allowed"},
		{"prepare", "prepare p from 'select 1'", "PREPARE is not allowed"},
		{"execute", "execute p", "EXECUTE is not allowed"},
		{"show", "show tables", "SHOW is not allowed"},
		{"table", "table orders", "SELECT is expected"},
		{"lock", "lock table orders", "LOCK is not allowed"},
		{"kill", "kill 1", "KILL is not allowed"},
		{"write in with", "with d as (delete from orders returning *) select * from d", "DELETE is not allowed"},
		{"update in with", "with d as (update orders set id = 1 returning id) select * from d", "UPDATE is not allowed"},
		{"write after with", "with d as (select 1) delete from orders", "DELETE is not allowed"},
		{"recursive", "with recursive r as (select 1 union all select 1 from r) select * from r", "recursive"},
		{"into table", "select id into newtable from orders", "INTO is not allowed"},
		{"into outfile", "select id from orders into outfile '/tmp/x'", "INTO is not allowed"},
		{"for update", "select id from orders for update", "locking"},
		{"for share", "select id from orders for share skip locked", "locking"},
		{"lock in share mode", "select id from orders lock in share mode", "locking"},
		{"for update inside", "select * from (select id from orders for update) x", ""},
		{"other table", "select * from secrets", "secrets is no selected logical table"},
		{"physical table", "select * from t_orders", "t_orders is no selected logical table"},
		{"physical table with schema", "select * from shop.t_orders", "shop.t_orders\" is no selected"},
		{"three parts", "select * from a.b.c", "no selected logical table"},
		{"information schema", "select * from information_schema.tables", "no selected logical table"},
		{"system catalog", "select * from pg_catalog.pg_shadow", "no selected logical table"},
		{"system tables", "select * from system.users", "no selected logical table"},
		{"sqlite_master", "select * from sqlite_master", "no selected logical table"},
		{"mysql.user", "select * from mysql.user", "no selected logical table"},
		{"other table in a join", "select * from orders join secrets on true", "secrets"},
		{"other table behind a comma", "select * from orders, secrets", "secrets"},
		{"other table in exists", "select 1 from orders where exists (select 1 from secrets)", "secrets"},
		{"other table in in", "select 1 from orders where id in (select id from secrets)", "secrets"},
		{"other table in union", "select id from orders union all select id from secrets", "secrets"},
		{"other table in with", "with a as (select * from secrets) select 1", "secrets"},
		{"other table in order", "select id from orders order by (select id from secrets)", "secrets"},
		{"other table in group", "select 1 from orders group by (select id from secrets)", "secrets"},
		{"other table in having", "select 1 from orders having (select id from secrets) > 1", "secrets"},
		{"other table in on", "select 1 from orders join customers on (select true from secrets)", "secrets"},
		{"other table in case", "select case when 1 = (select 1 from secrets) then 1 end from orders", "secrets"},
		{"other table in limit", "select id from orders limit (select id from secrets)", "digits"},
		{"other table in a call", "select coalesce((select id from secrets), 1) from orders", "secrets"},
		{"other table in a window", "select sum(id) over (order by (select id from secrets)) from orders", "secrets"},
		{"with is gone outside", "select (with c as (select 1 as a) select a from c), a from c", "c is no selected"},
		{"with sees itself", "with c as (select * from c) select * from c", "c is no selected"},
		{"with sees the next", "with a as (select * from b), b as (select 1) select * from a", "b is no selected"},
		{"column of no field", "select password from orders", "no field password"},
		{"physical column", "select order_id from orders", "no field order_id"},
		{"qualified column of no field", "select o.password from orders o", "no field password in o"},
		{"hidden column ctid", "select ctid from orders", "no field ctid"},
		{"hidden column rowid", "select rowid, _rowid_, oid from orders", "no field rowid"},
		{"condition column", "select region from secured", "no field region"},
		{"column in order", "select id from orders order by password", "no field password"},
		{"column in using", "select 1 from orders o join customers c using (password)", "password"},
		{"whole row", "select o from orders o", "no field o"},
		{"qualified by the hidden name", "select orders.id from orders o", "no table orders"},
		{"star of the hidden name", "select orders.* from orders o", "no table orders"},
		{"sibling without lateral", "select 1 from orders o, (select o.id as x) y", "no table o"},
		{"ambiguous", "select id from orders, customers", "in several tables"},
		{"two of one name", "select 1 from orders, orders", "two tables are named orders"},
		{"two columns of one name", "select id from (select id, id from orders) x", "in several"},
		{"user function", "select steal(id) from orders", "function steal is not on the list"},
		{"function with schema", "select shop.steal(id) from orders", "functions with a schema"},
		{"function in quotes", "select \"lower\"(note) from orders", ""},
		{"function as table", "select * from generate_series(1, 10)", "functions in place of tables"},
		{"function with schema as table", "select * from pg_catalog.pg_ls_dir('/')", "no selected logical table"},
		{"variable", "select @a", "variables"},
		{"variable assignment", "select @a := 1", "variables"},
		{"system variable", "select @@version", ""},
		{"named placeholder", "select :name", ""},
		{"executable comment", "select 1 /*!50000 union select password from secrets */", "comments that databases execute"},
		{"executable comment of MariaDB", "select 1 /*M! union select 1 */", "comments that databases execute"},
		{"hint", "select /*+ MAX_EXECUTION_TIME(0) */ id from orders", "comments that databases execute"},
		{"nested comment", "select 1 /* /* */ union select 2 */", "inside a comment"},
		{"open comment", "select 1 /* union", "does not end"},
		{"carriage return ends a comment", "select 1 -- x\runion select 2", "carriage return"},
		{"open string", "select 'x", "not closed"},
		{"string prefix", "select x'41'", "prefix"},
		{"character set prefix", "select _utf8'x'", "prefix"},
		{"unicode name", `select U&"\0061" from orders`, "Unicode escapes"},
		{"unicode string", `select U&'\0061'`, ""},
		{"dollar quotes", "select $$x$$", ""},
		{"dollar quotes with a tag", "select $a$x$a$", ""},
		{"zero byte", "select 1\x00", "control or formatting"},
		{"direction mark", "select 'a\u202eb'", "control or formatting"},
		{"zero width", "select id\u200b from orders", "control or formatting"},
		{"no UTF-8", "select '\xbf\x5c\x27'", "UTF-8"},
		{"number and word", "select 1union select 2", "no decimal number"},
		{"hexadecimal", "select 0x41", "no decimal number"},
		{"odd number", "select 1.2.3", "no decimal number"},
		{"field of a value", "select (select 1).x", "not possible"},
		{"three parts of a field", "select shop.orders.id from orders", "at most one name"},
		{"type that reads the catalog", "select cast('pg_shadow' as regclass)", "no type"},
		{"type with a schema", "select cast(1 as shop.t)", ""},
		{"long name", "select " + strings.Repeat("a", MaxName+1), "bytes"},
		{"keyword as name", "select select from orders", "word of SQL"},
		{"keyword as alias", "select id from orders as where", "word of SQL"},
		{"trailing comma", "select id, from orders", "word of SQL"},
		{"no operand", "select id + from orders", "word of SQL"},
		{"in without a list", "select 1 from orders where id in customers", "IN needs a list"},
		{"empty list", "select 1 from orders where id in ()", "expected"},
		{"negative limit", "select id from orders limit -1", "digits"},
		{"fractional limit", "select id from orders limit 1.5", "digits"},
		{"limit by a function", "select id from orders limit abs(1)", "digits"},
		{"huge limit", "select id from orders limit 99999999999999999999", "digits"},
		{"partition", "select id from orders partition (p0)", ""},
		{"sample", "select id from orders tablesample system (1)", ""},
		{"index hint", "select id from orders use index (a)", ""},
		{"procedure", "select id from orders procedure analyse()", ""},
		{"settings", "select id from orders settings max_execution_time = 0", ""},
		{"format", "select id from orders format Native", ""},
		{"padding without a length", "select lpad(note, id) from orders", ""},
	})
}

// TestRefusePostgres has what only PostgreSQL would understand; a transaction
// that only reads stops none of the first.
func TestRefusePostgres(t *testing.T) {
	attacks := []attack{
		{"for no key update", "select 1 from orders for no key update", "locking"},
		{"from only", "select * from only orders", "word of SQL"},
		{"rows from", "select * from rows from (now())", ""},
		{"json table", "select * from json_table('[]', '$' columns (a int)) x", "functions in place"},
		{"with ties", "select id from orders order by id fetch first 1 rows with ties", "ONLY"},
		{"regclass", "select 'pg_shadow'::regclass", "no type"},
		{"regproc array", "select '{}'::regproc[]", "no type"},
		{"name of a gap", "select $2", "$1 is not used"},
		{"parameter zero", "select $0", "$1 for a parameter"},
		{"parameter far out", "select $99999", "parameters"},
		{"attribute as function", "select o.row_to_json from orders o", "no field row_to_json"},
		{"field of a row", "select (o).id from orders o", "not possible"},
		{"star of a row", "select (o).* from orders o", "not possible"},
		{"escape", `select E'\x41'`, "escape"},
		{"operator of an extension", "select 1 operator(pg_catalog.+) 2", ""},
		{"padding", "select lpad('x', 1000000000)", "length in digits"},
		{"padding through a type", "select 'x'::char(1000000)", "number up to"},
		{"session user", "select session_user", "word of SQL"},
		{"current user", "select current_user", "word of SQL"},
		{"user", "select user", "word of SQL"},
		{"current schema", "select current_schema", "word of SQL"},
		{"current role", "select current_role", "word of SQL"},
		{"current catalog", "select current_catalog", "word of SQL"},
	}
	for _, call := range []string{
		"pg_sleep(10)", "pg_sleep_for('1 day')", "pg_read_file('/etc/passwd')", "pg_read_binary_file('x')", "pg_ls_dir('/')",
		"pg_stat_file('x')", "lo_import('/etc/passwd')", "lo_creat(1)", "lo_get(1)", "lo_export(1, 'x')", "pg_reload_conf()",
		"pg_notify('a', 'b')", "pg_advisory_lock(1)", "pg_try_advisory_lock(1)", "pg_terminate_backend(1)", "pg_cancel_backend(1)",
		"query_to_xml('select 1', true, true, '')", "table_to_xml('secrets', true, true, '')", "database_to_xml(true, true, '')",
		"set_config('statement_timeout', '0', false)", "current_setting('data_directory')", "dblink('x', 'y')",
		"dblink_connect('x')", "nextval('s')", "setval('s', 1)", "currval('s')", "txid_current()", "ts_stat('select 1')",
		"inet_server_addr()", "version()", "has_table_privilege('x', 'select')", "to_regclass('secrets')",
		"pg_get_viewdef('x')", "pg_relation_size('secrets')", "pg_logical_emit_message(true, 'a', 'b')", "pg_export_snapshot()",
		"pg_file_write('x', 'y', true)", "pg_current_wal_lsn()", "pg_create_restore_point('x')", "repeat('x', 1000000000)",
		"generate_series(1, 1000000000)", "unnest(array[1])", "xmlparse(document '<a/>')", "pg_catalog.pg_sleep(1)",
		"pg_event_trigger_ddl_commands()", "current_database()", "getpgusername()", "pg_typeof(1)", "lastval()",
		"convert_from('x', 'utf8')", "json_populate_record(null, '{}')", "cursor_to_xml('a', 1, true, true, '')",
	} {
		attacks = append(attacks, attack{call, "select " + call, ""})
	}
	runAttacks(t, []Dialect{PostgreSQL}, attacks)
}

// TestRefuseMySQL has what only MySQL and MariaDB would understand.
func TestRefuseMySQL(t *testing.T) {
	attacks := []attack{
		{"dash without space", "select 1--1", "- -"},
		{"into dumpfile", "select note from orders into dumpfile '/tmp/x'", "INTO is not allowed"},
		{"into variable", "select note into @v from orders", "variables"},
		{"hash comment with carriage return", "select 1 # a\r, password", "carriage return"},
		{"values row", "values row(1)", "VALUES is not supported"},
		{"table statement", "select 1 union table secrets", "SELECT is expected"},
		{"json_table", "select * from json_table('[]', '$[*]' columns (a int path '$')) t", "functions in place"},
		{"match against", "select match(note) against('x') from orders", ""},
		{"name with a back quote", "select `a``b` from orders", "no field"},
		{"odd escape", `select 'a\0b'`, "escape"},
		{"system versioning", "select id from orders for system_time all", "locking"},
		{"nulls last", "select id from orders order by id nulls last", "NULLS"},
		{"character set", "select convert(note using gbk) from orders", "utf8mb4"},
		{"for update of", "select id from orders for update of orders nowait", "locking"},
		{"set variable", "select id from orders where @a := id", "variables"},
		{"limit as a pair of parameters", "select id from orders limit ?, ?", "OFFSET"},
		{"two columns of one name in a limit", "select id, id from orders limit ?", "two columns of the result"},
	}
	for _, call := range []string{
		"sleep(10)", "SLEEP(10)", "sleep (10)", "benchmark(1000000000, md5('x'))", "load_file('/etc/passwd')", "get_lock('a', 1)",
		"release_lock('a')", "is_free_lock('a')", "master_pos_wait('a', 1)", "source_pos_wait('a', 1)", "last_insert_id(1)",
		"name_const('a', 1)", "user()", "current_user()", "database()", "schema()", "version()", "connection_id()", "found_rows()",
		"row_count()", "extractvalue('a', 'b')", "updatexml('a', 'b', 'c')", "sys_exec('id')", "sys_eval('id')",
		"wait_for_executed_gtid_set('a')", "values(note)", "uuid_short()", "repeat('x', 1000000000)", "space(1000000000)",
		"lpad('x', 1000000000, 'y')", "export_set(1, 'a', 'b')", "nextval(s)", "shop.steal()", "ps_thread_id(1)",
	} {
		attacks = append(attacks, attack{call, "select " + call + " from orders", ""})
	}
	runAttacks(t, []Dialect{MySQL}, attacks)
}

// TestRefuseSQLite has what only SQLite would understand.
func TestRefuseSQLite(t *testing.T) {
	attacks := []attack{
		{"other schema", "select * from temp.orders", "no selected"},
		{"brackets", "select [id] from orders", ""},
		{"table-valued pragma", "select * from pragma_table_info('t_secrets')", "functions in place"},
		{"match", "select id from orders where note match 'x'", ""},
		{"in a table", "select id from orders where id in secrets", "IN needs"},
		{"in a function", "select id from orders where id in pragma_x('a')", "IN needs"},
		{"name in double quotes is no string", `select "nothing" from orders`, "no field nothing"},
		{"numbered placeholder", "select ?1", ""},
		{"dollar placeholder", "select $a", ""},
		{"indexed by", "select id from orders indexed by x", ""},
		{"raise", "select raise(abort, 'x')", "function raise"},
	}
	for _, call := range []string{
		"load_extension('x')", "readfile('/etc/passwd')", "writefile('x', 'y')", "edit('x')", "zeroblob(1000000000)", "randomblob(9)",
		"printf('%1000000000d', 1)", "format('%*d', 1000000, 1)", "sqlite_version()", "sqlite_compileoption_get(1)",
		"last_insert_rowid()", "changes()", "total_changes()", "fts3_tokenizer('x')", "generate_series(1, 2)",
	} {
		attacks = append(attacks, attack{call, "select " + call, ""})
	}
	runAttacks(t, []Dialect{SQLite}, attacks)
}

// TestRefuseClickHouse has what only ClickHouse would understand. It takes a
// bare name behind IN, even in parentheses, for a table.
func TestRefuseClickHouse(t *testing.T) {
	attacks := []attack{
		{"in a table", "select id from orders where id in secrets", "IN needs"},
		{"in a table in parentheses", "select id from orders where id in (note)", "IN over one name"},
		{"in a table in more parentheses", "select id from orders where id not in (((note)))", "IN over one name"},
		{"in a table with its database", "select id from orders where id global in (orders.note)", "IN over one name"},
		{"in an alias", "select note as x, id in (x) from orders", "IN over one name"},
		{"in a quoted name", "select id from orders where id in (`note`)", "IN over one name"},
		{"identifier as parameter", "select {t:Identifier} from orders", "no type"},
		{"table as parameter", "select * from {t:Identifier}", ""},
		{"aggregate state as type", "select cast(1 as AggregateFunction(sum, UInt8))", "no type"},
		{"columns", "select columns('.*') from orders", "columns"},
		{"except", "select * except (id) from orders", ""},
		{"apply", "select * apply(sum) from orders", ""},
		{"replace", "select * replace (1 as id) from orders", ""},
		{"totals", "select id from orders group by id with totals", ""},
		{"fill", "select id from orders order by id with fill", ""},
		{"sample", "select id from orders sample 0.1", ""},
		{"into outfile", "select 1 into outfile 'x'", "INTO is not allowed"},
		{"query parameter without a type", "select {t}", "expected"},
		{"backslash in a name", "select `a\\`b` from orders", ""},
		{"final of a sub-query", "with c as (select 1) select * from c final", "FINAL"},
		{"ternary", "select id ? 1 : 2 from orders", ""},
		{"two columns of one name in union", "select id, id from orders union all select 1, 2", "two columns of the result"},
	}
	for _, source := range []string{
		"file('x', 'CSV')", "url('http://x', CSV)", "remote('h', 'd.t')", "remoteSecure('h', 'd', 't')", "mysql('h', 'd', 't', 'u', 'p')",
		"postgresql('h', 'd', 't', 'u', 'p')", "s3('x')", "hdfs('x')", "jdbc('x')", "odbc('x')", "executable('x', 'y', 'z')",
		"input('a Int')", "numbers(10)", "cluster('c', system.one)", "merge('.*')", "generateRandom('a Int')", "dictionary('d')",
		"view(select 1)", "viewExplain('a')", "sqlite('x', 'y')", "mongodb('x')", "azureBlobStorage('x')", "loop(secrets)",
	} {
		attacks = append(attacks, attack{"from " + source, "select * from " + source, ""})
	}
	for _, call := range []string{
		"sleep(3)", "sleepEachRow(3)", "dictGet('d', 'a', 1)", "dictHas('d', 1)", "joinGet('t', 'a', 1)", "getSetting('x')", "getMacro('x')",
		"hostName()", "currentUser()", "currentDatabase()", "version()", "hasColumnInTable('d', 't', 'c')", "throwIf(1)", "file('x')",
		"catboostEvaluate('m', 1)", "runningDifference(id)", "neighbor(id, 1)", "in(id, secrets)", "globalIn(id, secrets)", "notIn(id, t)",
		"initializeAggregation('sum', 1)", "filesystemAvailable()", "rowNumberInAllBlocks()", "evalMLMethod(1)", "range(1000000000)",
		"leftPad('x', 1000000000)", "toFixedString('x', 1000000000)", "repeat('x', 100000000)", "zookeeperSessionUptime()",
		"url('http://x')", "executable('x')", "ignore(1)", "materialize(secrets)", "nullIn(id, secrets)", "randomString(100000000)",
	} {
		attacks = append(attacks, attack{call, "select " + call + " from orders", ""})
	}
	runAttacks(t, []Dialect{ClickHouse}, attacks)
}

// TestPositions checks the place that a refusal names.
func TestPositions(t *testing.T) {
	g := mustGate(t, shop(PostgreSQL))
	tests := []struct{ name, sql, want string }{
		{"first line", "select secret from orders", "line 1, column 8:"},
		{"later line", "select id,\n  größe_x\nfrom orders", "line 2, column 3:"},
		{"characters, not bytes", "select 'größe', secret from orders", "line 1, column 17:"},
		{"end", "select", "line 1, column 7:"},
		{"windows lines", "select id\r\nfrom secrets", "line 2, column 6:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := g.Check(tt.sql)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v; want %q in it", err, tt.want)
			}
		})
	}
}
