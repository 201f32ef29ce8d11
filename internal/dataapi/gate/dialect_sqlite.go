package gate

import "strings"

// newSQLite is SQLite 3.35 and newer.
func newSQLite() *dialect {
	d := &dialect{
		name:         SQLite,
		questionMark: true,
		functions:    spelling(sqliteFunctions),
		constants:    set("CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP"),
		types:        set("integer int bigint real double float text blob numeric decimal varchar char boolean date datetime"),
		units:        map[string]bool{},
		reserved:     set(reservedWords),
		// Names that begin so load code, read files, keep state or make huge values.
		denied: strings.Fields(`load_ readfile writefile edit lsmode fts sqlite_ last_insert_rowid changes total_changes zeroblob
			randomblob printf format eval shell pragma match snippet offsets optimize highlight bm25 rtree sqlar geopoly zipfile fsdir
			csv dbstat sha1_query sha3_query query unlikely_`),
	}
	d.operators("+ - * / % = == <> != < > <= >= || & | << >> -> ->>")
	return d
}

const sqliteFunctions = `
coalesce ifnull nullif iif
count sum total avg min max group_concat string_agg json_group_array json_group_object
row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
abs ceil ceiling floor round trunc sign sqrt exp ln log log2 log10 pow power mod degrees radians pi sin cos tan asin acos
atan atan2 sinh cosh tanh random
lower upper length substr substring trim ltrim rtrim replace instr char unicode hex unhex quote typeof soundex concat
concat_ws octet_length
date time datetime julianday strftime unixepoch timediff
json json_array json_array_length json_extract json_insert json_object json_patch json_remove json_replace json_set
json_type json_valid json_quote`
