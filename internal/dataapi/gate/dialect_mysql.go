package gate

import "strings"

// newMySQL is MySQL 8 and MariaDB 10.5 and newer.
func newMySQL() *dialect {
	d := &dialect{
		name:         MySQL,
		backslash:    true,
		questionMark: true,
		functions:    spelling(mysqlFunctions),
		constants:    set("CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP"),
		types:        set("signed unsigned char binary date datetime time decimal double float json year integer int real nchar"),
		units: set(`MICROSECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR SECOND_MICROSECOND MINUTE_MICROSECOND MINUTE_SECOND
			HOUR_MICROSECOND HOUR_SECOND HOUR_MINUTE DAY_MICROSECOND DAY_SECOND DAY_MINUTE DAY_HOUR YEAR_MONTH`),
		reserved: set(reservedWords),
		schemas:  []string{"mysql", "information_schema", "performance_schema", "sys"},
		// Names that begin so wait, lock, read files, replicate, keep state or tell
		// of the server and its users.
		denied: strings.Fields(`sleep benchmark load_file get_lock release_ is_free_lock is_used_lock master_ source_ wait_ gtid
			ps_ sys_ name_const last_insert_id row_count found_rows nextval setval lastval connection_id user current_ session_ system_user
			database schema version values extractvalue updatexml uuid_short load_ lo_ sys_exec sys_eval file_ repeat space service_ roles_
			statement_digest http_ icu_version mysql_ asynchronous_ group_replication keyring_ audit_ sformat`),
	}
	d.operators("+ - * / % = <> != < > <= >= <=> || && | & ^ << >> -> ->>")
	return d
}

const mysqlFunctions = `
coalesce ifnull nullif if isnull greatest least
count sum avg min max std stddev stddev_pop stddev_samp variance var_pop var_samp bit_and bit_or bit_xor group_concat
json_arrayagg json_objectagg any_value grouping
row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
abs ceil ceiling floor round truncate sign sqrt exp ln log log2 log10 pow power mod degrees radians pi sin cos tan cot asin
acos atan atan2 crc32 conv rand
lower upper lcase ucase length char_length character_length octet_length bit_length substr substring substring_index mid
left right trim ltrim rtrim lpad rpad replace reverse locate position instr concat concat_ws ascii ord char hex unhex field
find_in_set elt format strcmp insert quote soundex md5 sha sha1 sha2 to_base64 from_base64 bin oct regexp_replace regexp_like
regexp_substr regexp_instr
now sysdate curdate curtime utc_date utc_time utc_timestamp date time timestamp year quarter month week weekday weekofyear
yearweek day dayofmonth dayofweek dayofyear dayname monthname hour minute second microsecond date_format time_format
str_to_date date_add date_sub adddate subdate addtime subtime datediff timediff timestampdiff timestampadd from_days to_days
to_seconds from_unixtime unix_timestamp last_day makedate maketime period_add period_diff sec_to_time time_to_sec extract
convert_tz
json_extract json_unquote json_quote json_value json_length json_depth json_keys json_type json_valid json_contains
json_contains_path json_search json_overlaps json_array json_object json_merge_patch json_merge_preserve json_set
json_insert json_replace json_remove json_pretty
inet_aton inet_ntoa inet6_aton inet6_ntoa is_ipv4 is_ipv6 uuid bin_to_uuid uuid_to_bin is_uuid bit_count`
