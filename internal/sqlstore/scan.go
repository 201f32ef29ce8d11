package sqlstore

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gatewright/gatewright"
)

// row is what a scan function reads: the current one of sql.Rows.
type row interface {
	Scan(dest ...any) error
}

// get returns the first row of a query, or missing when there is none.
func get[T any](t *tx, scan func(row) (*T, error), missing error, query string, args ...any) (*T, error) {
	found, err := list(t, scan, query, args...)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, missing
	}
	return found[0], nil
}

// list returns all rows of a query.
func list[T any](t *tx, scan func(row) (*T, error), query string, args ...any) ([]*T, error) {
	s, err := t.prepare(query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(t.ctx, storable(args)...)
	if err != nil {
		return nil, t.fail(err)
	}
	defer rows.Close()
	var all []*T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, t.fail(fmt.Errorf("read row: %w", err))
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		return nil, t.fail(err)
	}
	return all, nil
}

// values returns what list found, by value.
func values[T any](found []*T, err error) ([]T, error) {
	if err != nil {
		return nil, err
	}
	all := make([]T, len(found))
	for i, v := range found {
		all[i] = *v
	}
	return all, nil
}

func notFound(format string, args ...any) error {
	return gatewright.Errorf(gatewright.NotFound, format, args...)
}

func conflict(format string, args ...any) error {
	return gatewright.Errorf(gatewright.Conflict, format, args...)
}

// timeArg is how a time is stored: microseconds, NULL for the zero time.
func timeArg(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// scanFunc makes a function an sql.Scanner.
type scanFunc func(src any) error

// Scan implements sql.Scanner.
func (f scanFunc) Scan(src any) error { return f(src) }

// intoTime reads what timeArg has written.
func intoTime(dest *time.Time) sql.Scanner {
	return scanFunc(func(src any) error {
		switch v := src.(type) {
		case nil:
			*dest = time.Time{}
		case int64:
			*dest = time.UnixMicro(v).UTC()
		default:
			return fmt.Errorf("a time is stored as %T", src)
		}
		return nil
	})
}

// textArg is NULL for the empty string, for columns that refer to something.
func textArg[T ~string](s T) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// intoText reads text that may be NULL.
func intoText[T ~string](dest *T) sql.Scanner {
	return scanFunc(func(src any) error {
		var s sql.NullString
		if err := s.Scan(src); err != nil {
			return err
		}
		*dest = T(s.String)
		return nil
	})
}

// jsonArg returns v as JSON text.
func jsonArg(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode for the store: %w", err)
	}
	return string(b), nil
}

// optionalJSONArg is jsonArg with NULL for what is empty.
func optionalJSONArg(v any, empty bool) (any, error) {
	if empty {
		return nil, nil
	}
	return jsonArg(v)
}

// intoJSON reads JSON text; NULL leaves dest as it is.
func intoJSON(dest any) sql.Scanner {
	return scanFunc(func(src any) error {
		switch v := src.(type) {
		case nil:
			return nil
		case string:
			return json.Unmarshal([]byte(v), dest)
		case []byte:
			return json.Unmarshal(v, dest)
		}
		return fmt.Errorf("JSON is stored as %T", src)
	})
}
