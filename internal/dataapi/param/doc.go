// Package param reads the parameters of a call to a data API: declared by
// [gatewright.DataParam], sent as JSON, as the fields of a form or in a query
// string, turned into values that keep every digit.
//
// A value is one of these Go types:
//
//	nil        null
//	bool
//	int64      whole numbers, as far as they fit
//	uint64     whole numbers from 2^63 to 2^64-1
//	Decimal    larger whole numbers, and decimals
//	float64    of type float only
//	string
//	Date, Time, DateTime, UUID
//	time.Time  a date and time with a zone, in UTC
//	[]byte
//	[]any      of an array, or in a json value
//	map[string]any  in a json value
//
// The package knows no SQL and decides nothing about it. It reads no clock.
package param
