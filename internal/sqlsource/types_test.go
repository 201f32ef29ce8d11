//go:build unix

package sqlsource

import (
	"testing"

	"github.com/gatewright/gatewright"
)

// TestTypes reads one value of each type, written as a literal of the dialect.
func TestTypes(t *testing.T) {
	type value struct{ literal, want string }
	tests := map[gatewright.Dialect][]value{
		gatewright.PostgreSQL: {
			{"NULL", "null"},
			{"true", "bool:true"}, {"false", "bool:false"},
			{"(-32768)::int2", "integer:-32768"}, {"2147483647", "integer:2147483647"},
			{"9223372036854775807", "integer:9223372036854775807"}, {"'-9223372036854775808'::int8", "integer:-9223372036854775808"},
			{"12345678901234567890123456789012345678901234567890.000000000000000000001", "decimal:12345678901234567890123456789012345678901234567890.000000000000000000001"},
			{"1.10::numeric(10,4)", "decimal:1.1000"}, {"'NaN'::numeric", "float:NaN"},
			{"0.1::float8", "float:0.1"}, {"0.1::float4", "float:0.1"}, {"'Infinity'::float8", "float:Infinity"}, {"'NaN'::float4", "float:NaN"}, {"1e300::float8", "float:1e+300"},
			{"'grüße 😀 \"x\"'", "string:grüße 😀 \"x\""}, {"''", "string:"}, {"'ab'::char(4)", "string:ab  "},
			{`'\x00ff41'::bytea`, "bytes:\x00\xffA"}, {`''::bytea`, "bytes:"},
			{"'2024-02-29'::date", "date:2024-02-29"}, {"'infinity'::date", "string:infinity"}, {"'0044-03-15 BC'::date", "string:0044-03-15 BC"},
			{"'12:30:01.5'::time", "time:12:30:01.5"},
			{"'2024-01-02 03:04:05'::timestamp", "datetime:2024-01-02T03:04:05"}, {"'2024-01-02 03:04:05.120'::timestamp", "datetime:2024-01-02T03:04:05.12"},
			{"'2024-01-02 03:04:05.000001+02'::timestamptz", "timestamp:2024-01-02T01:04:05.000001Z"}, {"'infinity'::timestamptz", "string:infinity"},
			{"'1 day 2 hours'::interval", "string:P1DT2H"},
			{"'6F9619FF-8B86-D011-B42D-00CF4FC964FF'::uuid", "uuid:6f9619ff-8b86-d011-b42d-00cf4fc964ff"},
			{`'{"a": [1, 2.50]}'::json`, `json:{"a": [1, 2.50]}`}, {`'{"b":1,"a":12345678901234567890}'::jsonb`, `json:{"a": 12345678901234567890, "b": 1}`},
			{"ARRAY[1,NULL,9223372036854775807]::int8[]", "array:[1,null,9223372036854775807]"}, {"'{}'::int[]", "array:[]"},
			{`ARRAY['a"b\c',NULL,'NULL','x,y','{}','']`, `array:["a\"b\\c",null,"NULL","x,y","{}",""]`},
			{"ARRAY[[1,2],[3,4]]", "array:[[1,2],[3,4]]"}, {"'[0:1]={5,6}'::int[]", "array:[5,6]"},
			{"ARRAY[true,false]", "array:[true,false]"}, {"ARRAY['NaN',1.5]::float8[]", `array:["NaN",1.5]`},
			{"ARRAY['2024-01-02 03:04:05+02']::timestamptz[]", `array:["2024-01-02T01:04:05Z"]`}, {`ARRAY['{"a":1}']::jsonb[]`, `array:[{"a": 1}]`},
			{"'10.0.0.1/8'::inet", "string:10.0.0.1/8"}, {"B'101'", "string:101"}, {"ROW(1,'a')", "string:(1,a)"},
		},
		gatewright.MySQL: {
			{"NULL", "null"}, {"TRUE", "integer:1"},
			{"CAST(18446744073709551615 AS UNSIGNED)", "integer:18446744073709551615"}, {"-9223372036854775808", "integer:-9223372036854775808"},
			{"CAST('12345678901234567890123456789012345.000000000000000000000000000001' AS DECIMAL(65,30))", "decimal:12345678901234567890123456789012345.000000000000000000000000000001"},
			{"1.10", "decimal:1.10"}, {"0.1e0", "float:0.1"}, {"1e300", "float:1e+300"}, {"CAST(0.1 AS FLOAT)", "float:0.1"},
			{"'grüße 😀'", "string:grüße 😀"}, {"''", "string:"}, {"x'00ff41'", "bytes:\x00\xffA"}, {"CAST('a' AS BINARY(3))", "bytes:a\x00\x00"},
			{"DATE '2024-02-29'", "date:2024-02-29"}, {"TIME '-100:00:01'", "time:-100:00:01"}, {"CAST('12:00:01.5' AS TIME(6))", "time:12:00:01.5"},
			{"TIMESTAMP '2024-01-02 03:04:05'", "datetime:2024-01-02T03:04:05"}, {"CAST('2024-01-02 03:04:05.120' AS DATETIME(6))", "datetime:2024-01-02T03:04:05.12"},
			{`JSON_OBJECT('a', 1)`, `string:{"a": 1}`}, // MariaDB has no type for JSON
			{"b'101'", "bytes:\x05"},
		},
		gatewright.ClickHouse: {
			{"NULL", "null"}, {"toUInt8(1)", "integer:1"},
			{"toUInt64(18446744073709551615)", "integer:18446744073709551615"}, {"toInt64(-9223372036854775808)", "integer:-9223372036854775808"},
			{"toDecimal128('12345678901234567890.000000000000000001', 18)", "decimal:12345678901234567890.000000000000000001"}, {"toDecimal32('1.10', 4)", "decimal:1.1000"},
			{"0.1", "float:0.1"}, {"1e300", "float:1e300"}, {"1/0", "float:Infinity"}, {"-1/0", "float:-Infinity"}, {"0/0", "float:NaN"},
			{`'grüße 😀 "x" \\ \n \0'`, "string:grüße 😀 \"x\" \\ \n \x00"}, {"''", "string:"}, {"'null'", "string:null"}, {"unhex('ff41')", "string:\uFFFDA"},
			{"toDate('2024-02-29')", "date:2024-02-29"},
			{"toDateTime('2024-01-02 03:04:05', 'UTC')", "timestamp:2024-01-02T03:04:05Z"}, {"toDateTime('2024-07-02 03:04:05')", "timestamp:2024-07-02T01:04:05Z"},
			{"toUUID('6f9619ff-8b86-d011-b42d-00cf4fc964ff')", "uuid:6f9619ff-8b86-d011-b42d-00cf4fc964ff"},
			{"[1, 18446744073709551615]", "array:[1,18446744073709551615]"}, {`['a"b', 'c']`, `array:["a\"b","c"]`}, {"emptyArrayInt32()", "array:[]"},
			{"(1, 'x')", `json:[1,"x"]`}, {"[[1],[2,3]]", "array:[[1],[2,3]]"},
			{"CAST('a' AS Enum8('a' = 1))", "string:a"}, {"toNullable(5)", "integer:5"}, {"toFixedString('ab', 4)", "string:ab\x00\x00"},
		},
		gatewright.SQLite: {
			{"NULL", "null"}, {"9223372036854775807", "integer:9223372036854775807"}, {"-9223372036854775808", "integer:-9223372036854775808"},
			{"0.1", "float:0.1"}, {"1e300", "float:1e+300"}, {"9e999", "float:Infinity"}, {"-9e999", "float:-Infinity"},
			{"'grüße 😀'", "string:grüße 😀"}, {"''", "string:"}, {"x'00ff41'", "bytes:\x00\xffA"}, {"CAST(x'ff41' AS TEXT)", "string:\uFFFDA"},
			{"date('2024-02-29')", "string:2024-02-29"},
		},
	}
	eachKind(t, func(t *testing.T, b bed) {
		s := b.open(t, gatewright.SourceLimits{})
		for _, v := range tests[b.config.Dialect] {
			got := read(t, s, "SELECT "+v.literal)
			if len(got) != 1 || len(got[0]) != 1 || got[0][0] != v.want {
				t.Errorf("%s is %q, not %q", v.literal, got, v.want)
			}
		}
	})
}
