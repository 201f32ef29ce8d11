package gatewright

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// maxSourceOption bounds an option's value in bytes.
const maxSourceOption = 255

// The forms of options' values.
var (
	optionNumber     = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})$`)
	optionIdentifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)
	optionNames      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}( ?, ?[A-Za-z_][A-Za-z0-9_]{0,62}){0,15}$`)
	optionLabel      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$`)
	optionFlag       = regexp.MustCompile(`^[01]$`)
)

// SourceOptions returns the names of the options that a source of a dialect may
// be given. Whatever is not listed is refused, by whichever name a driver knows
// it: options can load code, read files of the gateway, send several
// statements at once or switch off what protects a connection.
//
//	postgresql  application_name, search_path
//	mysql       collation
//	clickhouse  join_use_nulls, max_bytes_to_read, max_memory_usage,
//	            max_rows_to_read, max_threads, priority
//	sqlite      busy_timeout (ms), cache_size (pages)
func SourceOptions(d Dialect) []string {
	return slices.Sorted(maps.Keys(sourceOptions(d)))
}

// sourceOptions returns the forms of the options' values.
func sourceOptions(d Dialect) map[string]*regexp.Regexp {
	switch d {
	case PostgreSQL:
		return map[string]*regexp.Regexp{"application_name": optionLabel, "search_path": optionNames}
	case MySQL:
		return map[string]*regexp.Regexp{"collation": optionIdentifier}
	case ClickHouse:
		return map[string]*regexp.Regexp{
			"max_memory_usage": optionNumber, "max_rows_to_read": optionNumber, "max_bytes_to_read": optionNumber,
			"max_threads": optionNumber, "priority": optionNumber, "join_use_nulls": optionFlag,
		}
	case SQLite:
		return map[string]*regexp.Regexp{"busy_timeout": optionNumber, "cache_size": optionNumber}
	}
	return nil
}

func (c *SourceConfig) checkOptions() error {
	known := sourceOptions(c.Dialect)
	for _, name := range slices.Sorted(maps.Keys(c.Options)) {
		form, ok := known[name]
		if !ok {
			return FieldErrorf("options", "the option %.64q is not allowed for %s; these are: %s", name, c.Dialect, strings.Join(SourceOptions(c.Dialect), ", "))
		}
		if value := c.Options[name]; len(value) > maxSourceOption || !form.MatchString(value) {
			return FieldErrorf("options", "the option %s cannot have the value %.64q", name, value)
		}
	}
	return nil
}
