package param

import (
	"strings"
	"time"
)

// Date is a day of the years 0001 to 9999, "2006-01-02".
type Date string

// Time is a time of the day, "15:04:05", with up to nine digits of a fraction.
type Time string

// DateTime is a date and time of an unnamed zone, "2006-01-02 15:04:05" with up
// to nine digits of a fraction.
type DateTime string

// UUID is a UUID in lower case with hyphens.
type UUID string

// parseDate takes a day of the calendar and nothing around it.
func parseDate(text string) (Date, bool) {
	if len(text) != len(time.DateOnly) {
		return "", false
	}
	t, err := time.Parse(time.DateOnly, text)
	return Date(text), err == nil && t.Year() > 0
}

// parseTime takes no leap second: databases do not.
func parseTime(text string) (Time, bool) {
	if !fraction(text, len(time.TimeOnly)) {
		return "", false
	}
	_, err := time.Parse(time.TimeOnly, text)
	return Time(text), err == nil
}

// fraction reports whether a time of n bytes is followed by nothing or by a
// point and one to nine digits.
func fraction(text string, n int) bool {
	if len(text) <= n {
		return len(text) == n
	}
	return text[n] == '.' && len(text) <= n+10 && allDigits(text[n+1:])
}

// parseDateTime returns a [DateTime] for a text without a zone and a time.Time
// in UTC for one with. A date alone is its first second.
func parseDateTime(text string) (any, bool) {
	if d, ok := parseDate(text); ok {
		return DateTime(d) + " 00:00:00", true
	}
	if len(text) < len(time.DateTime) || text[10] != ' ' && text[10] != 'T' && text[10] != 't' {
		return nil, false
	}
	if fraction(text, len(time.DateTime)) {
		plain := text[:10] + " " + text[11:]
		t, err := time.Parse(time.DateTime, plain)
		return DateTime(plain), err == nil && t.Year() > 0
	}
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text[:10]+"T"+text[11:]))
	if err != nil || len(text) > len("2006-01-02T15:04:05.999999999+00:00") || strings.Contains(text, ",") {
		return nil, false
	}
	t = t.UTC()
	return t, t.Year() > 0 && t.Year() < 10000
}

// parseUUID takes the form with hyphens, in either case.
func parseUUID(text string) (UUID, bool) {
	if len(text) != 36 {
		return "", false
	}
	for i := range len(text) {
		c := text[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return "", false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return "", false
			}
		}
	}
	return UUID(strings.ToLower(text)), true
}
