package sqlsource

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// maxOption bounds an option's value in bytes.
const maxOption = 255

var (
	number     = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})$`)
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)
	names      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}( ?, ?[A-Za-z_][A-Za-z0-9_]{0,62}){0,15}$`)
	label      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$`)
	flag       = regexp.MustCompile(`^[01]$`)
)

// Options returns the names of the options that a kind of database may be
// given. Whatever is not listed is refused, by whichever name a driver knows
// it: options can load code, read files of the gateway, send several
// statements at once or switch off what protects a connection.
//
//	postgres    application_name, search_path
//	mysql       collation
//	clickhouse  join_use_nulls, max_bytes_to_read, max_memory_usage,
//	            max_rows_to_read, max_threads, priority
//	sqlite      busy_timeout (ms), cache_size (pages)
func Options(kind Kind) []string {
	return slices.Sorted(maps.Keys(options(kind)))
}

// options returns the forms of the options' values.
func options(kind Kind) map[string]*regexp.Regexp {
	switch kind {
	case Postgres:
		return map[string]*regexp.Regexp{"application_name": label, "search_path": names}
	case MySQL:
		return map[string]*regexp.Regexp{"collation": identifier}
	case ClickHouse:
		return map[string]*regexp.Regexp{
			"max_memory_usage": number, "max_rows_to_read": number, "max_bytes_to_read": number,
			"max_threads": number, "priority": number, "join_use_nulls": flag,
		}
	case SQLite:
		return map[string]*regexp.Regexp{"busy_timeout": number, "cache_size": number}
	}
	return nil
}

func (c Config) validateOptions() error {
	known := options(c.Kind)
	for _, name := range slices.Sorted(maps.Keys(c.Options)) {
		form, ok := known[name]
		if !ok {
			return gatewright.FieldErrorf("options", "the option %.64q is not allowed for %s; these are: %s", name, c.Kind, strings.Join(Options(c.Kind), ", "))
		}
		if value := c.Options[name]; len(value) > maxOption || !form.MatchString(value) {
			return gatewright.FieldErrorf("options", "the option %s cannot have the value %.64q", name, value)
		}
	}
	return nil
}
