package gate

import "strings"

// newClickHouse is ClickHouse from 18.16 to the present.
func newClickHouse() *dialect {
	d := &dialect{
		name:       ClickHouse,
		backslash:  true,
		functions:  spelling(clickhouseFunctions),
		parametric: set("quantile quantileIf quantileExact quantileTDigest quantileTiming quantileTDigestIf quantiles quantilesExact quantilesTDigest topK groupArray groupUniqArray uniqUpTo"),
		constants:  map[string]bool{},
		types: set(`int8 int16 int32 int64 int128 int256 uint8 uint16 uint32 uint64 uint128 uint256 float32 float64 decimal
			decimal32 decimal64 decimal128 decimal256 string fixedstring date date32 datetime datetime64 uuid bool boolean ipv4 ipv6
			nullable array lowcardinality tuple map`),
		units:    set("SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR"),
		reserved: set(reservedWords),
		schemas:  []string{"system", "information_schema", "_temporary_and_external_tables"},
		// Names that begin so read files, the network, dictionaries, models, other
		// tables, settings or other rows, wait, or take a table's name as argument.
		denied: strings.Fields(`sleep file url remote cluster mysql postgresql sqlite mongodb redis jdbc odbc s3 gcs azure hdfs hudi
			iceberg deltalake paimon executable input numbers zeros generate merge view viewexplain dict joinget getsetting getmacro
			getserverport hostname fqdn uptime version currentuser user currentdatabase currentprofiles currentroles currentschemas
			enabledroles enabledprofiles defaultroles initial connectionid tcpport serveruuid hascolumnintable hasthreadfuzzer throwif ignore
			in notin globalin globalnotin nullin notnullin globalnullin globalnotnullin catboost modelevaluate evalml nowinblock running neighbor
			blocknumber blocksize rownumberin initializeaggregation finalizeaggregation filesystem shardnum shardcount partitionid
			materialize trap addresstoline addresstosymbol demangle logtrace encrypt decrypt aes_ tryidentity getoskernel zookeeper
			generateserialid generaterandom values format loop fuzz timeseries ytsaurus arrowflight repeat space range randomstring
			randomfixed randomprintable buildid displayname querysecret queryid isdecimaloverflow structuretocapnproto structuretoprotobuf transaction ai`),
	}
	d.operators("+ - * / % = == <> != < > <= >= ||")
	return d
}

const clickhouseFunctions = `
coalesce ifNull nullIf if multiIf isNull isNotNull assumeNotNull toNullable greatest least and or not xor identity
count sum avg min max any anyLast argMin argMax uniq uniqExact uniqCombined uniqHLL12 uniqUpTo quantile quantiles
quantileExact quantilesExact quantileTiming quantileTDigest quantilesTDigest median stddevPop stddevSamp varPop varSamp
covarPop covarSamp corr groupArray groupUniqArray sumMap topK sumWithOverflow skewPop kurtPop
countIf sumIf avgIf minIf maxIf anyIf anyLastIf argMinIf argMaxIf uniqIf uniqExactIf quantileIf quantileTDigestIf groupArrayIf
groupUniqArrayIf countDistinct sumOrNull avgOrNull minOrNull maxOrNull
row_number rank dense_rank percent_rank ntile lag lead first_value last_value nth_value lagInFrame leadInFrame
plus minus multiply divide intDiv intDivOrZero modulo negate abs gcd lcm
equals notEquals less greater lessOrEquals greaterOrEquals like notLike ilike match
ceil ceiling floor round roundBankersOnly trunc truncate sign sqrt cbrt exp exp2 exp10 log ln log2 log10 pow power pi e sin
cos tan asin acos atan bitAnd bitOr bitXor bitNot bitShiftLeft bitShiftRight bitTest
toInt8 toInt16 toInt32 toInt64 toUInt8 toUInt16 toUInt32 toUInt64 toFloat32 toFloat64 toDecimal32 toDecimal64 toDecimal128
toString toFixedString toDate toDate32 toDateTime toDateTime64 toUUID toTypeName toInt32OrZero toInt64OrZero toUInt32OrZero
toUInt64OrZero toFloat64OrZero toInt32OrNull toInt64OrNull toUInt64OrNull toFloat64OrNull toDateOrNull toDateTimeOrNull
toDateOrZero toDateTimeOrZero parseDateTimeBestEffort parseDateTimeBestEffortOrNull parseDateTimeBestEffortOrZero
reinterpretAsUInt64 cast accurateCastOrNull
lower upper lowerUTF8 upperUTF8 length lengthUTF8 char_length empty notEmpty substring substringUTF8 substr mid concat
concatAssumeInjective reverse reverseUTF8 replaceOne replaceAll replace replaceRegexpOne replaceRegexpAll trim trimLeft
trimRight trimBoth ltrim rtrim position positionUTF8 positionCaseInsensitive positionCaseInsensitiveUTF8 locate startsWith
endsWith splitByChar splitByString arrayStringConcat extract extractAll multiSearchAny hex unhex base64Encode base64Decode
MD5 SHA1 SHA256 cityHash64 sipHash64 xxHash64 domain domainWithoutWWW topLevelDomain protocol path
cutToFirstSignificantSubdomain extractURLParameter queryString fragment leftPad rightPad
now today yesterday toYear toQuarter toMonth toDayOfYear toDayOfMonth toDayOfWeek toHour toMinute toSecond toUnixTimestamp
toStartOfYear toStartOfQuarter toStartOfMonth toStartOfWeek toStartOfDay toStartOfHour toStartOfMinute toStartOfFiveMinute
toStartOfTenMinutes toStartOfFifteenMinutes toStartOfInterval toMonday toTime toRelativeDayNum toISOWeek toISOYear toYYYYMM
toYYYYMMDD toYYYYMMDDhhmmss addSeconds addMinutes addHours addDays addWeeks addMonths addQuarters addYears subtractSeconds
subtractMinutes subtractHours subtractDays subtractWeeks subtractMonths subtractYears dateDiff date_diff date_trunc
dateTrunc formatDateTime timeSlot toTimeZone fromUnixTimestamp toLastDayOfMonth toWeek
array arrayElement arrayConcat arrayMap arrayFilter arrayCount arrayExists arrayAll arraySum arrayAvg arrayMin arrayMax
arrayFirst arrayFirstIndex arraySort arrayReverseSort arrayReverse arrayUniq arrayDistinct arrayJoin arraySlice arrayPushBack
arrayPushFront arrayPopBack arrayPopFront arrayEnumerate arrayIntersect arrayCumSum arrayDifference has hasAll hasAny indexOf
countEqual tuple tupleElement map mapKeys mapValues mapContains
JSONExtract JSONExtractString JSONExtractInt JSONExtractUInt JSONExtractFloat JSONExtractBool JSONExtractRaw JSONHas
JSONLength JSONType isValidJSON visitParamHas visitParamExtractString visitParamExtractInt visitParamExtractUInt
visitParamExtractFloat visitParamExtractBool visitParamExtractRaw
isNaN isFinite isInfinite transform bar IPv4NumToString IPv4StringToNum rand rand64 generateUUIDv4`
