package gate

import "strings"

// newPostgres is PostgreSQL 12 and newer.
func newPostgres() *dialect {
	d := &dialect{
		name:      PostgreSQL,
		functions: spelling(postgresFunctions),
		constants: set("CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP"),
		types: set(`smallint integer int int2 int4 int8 bigint numeric decimal real float float4 float8 double boolean bool
			text varchar char character date time timetz timestamp timestamptz interval uuid json jsonb bytea inet cidr`),
		units:    set("YEAR MONTH DAY HOUR MINUTE SECOND QUARTER WEEK DOW ISODOW DOY ISOYEAR EPOCH CENTURY DECADE MILLENNIUM MILLISECONDS MICROSECONDS"),
		reserved: set(reservedWords),
		schemas:  []string{"information_schema"},
		// Names that begin so read or write files, the server's state, other
		// tables (by their name in a string), sequences, locks or settings.
		denied: strings.Fields(`pg_ lo_ dblink query_to table_to schema_to database_to cursor_to set_config current_setting
			nextval setval currval lastval txid_ ts_stat ts_rewrite has_ row_security inet_ current_ session_ version getpgusername
			xml xpath format_type to_reg obj_description col_description shobj_ brin_ gin_clean repeat postgres_fdw file_ plpgsql_
			copy_ aclexplode binary_upgrade crosstab connectby`),
	}
	d.operators("+ - * / % ^ = <> != < > <= >= || & | # << >> ~ ~* !~ !~* ~~ !~~ ~~* !~~* -> ->> #> #>> @> <@ ? ?| ?& && @@ @?")
	return d
}

const postgresFunctions = `
coalesce nullif greatest least num_nulls num_nonnulls
count sum avg min max stddev stddev_pop stddev_samp variance var_pop var_samp bool_and bool_or every bit_and bit_or bit_xor
array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg corr covar_pop covar_samp regr_slope regr_intercept
regr_r2 regr_count regr_avgx regr_avgy regr_sxx regr_sxy regr_syy mode percentile_cont percentile_disc grouping any_value
row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
abs ceil ceiling floor round trunc sign sqrt cbrt exp ln log log10 power mod div degrees radians pi sin cos tan asin acos
atan atan2 sinh cosh tanh width_bucket gcd lcm scale trim_scale
lower upper initcap length char_length character_length octet_length bit_length substr substring left right trim btrim
ltrim rtrim lpad rpad replace translate reverse strpos position split_part concat concat_ws starts_with ascii chr md5
sha256 sha224 sha384 sha512 encode decode to_hex overlay quote_literal quote_ident regexp_replace regexp_match
regexp_substr regexp_count regexp_like regexp_instr string_to_array array_to_string to_char to_number to_date to_timestamp
now statement_timestamp transaction_timestamp clock_timestamp date_trunc date_part extract age make_date make_time
make_timestamp make_timestamptz make_interval justify_days justify_hours justify_interval isfinite timezone date_bin
array_length array_lower array_upper array_ndims array_position array_positions array_append array_prepend array_cat
array_remove array_replace cardinality
json_build_object jsonb_build_object json_build_array jsonb_build_array json_object jsonb_object to_json to_jsonb
row_to_json json_array_length jsonb_array_length json_typeof jsonb_typeof json_extract_path json_extract_path_text
jsonb_extract_path jsonb_extract_path_text jsonb_strip_nulls json_strip_nulls jsonb_set jsonb_insert jsonb_pretty
jsonb_path_exists jsonb_path_query_first jsonb_path_query_array jsonb_path_match
to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_rank ts_rank_cd ts_headline
host masklen family network gen_random_uuid random
date text int4 int8 float8`
