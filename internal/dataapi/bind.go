package dataapi

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/sqlsource"
)

// bindArgs returns values as arguments of a statement.
func bindArgs(values []any) ([]sqlsource.Arg, error) {
	args := make([]sqlsource.Arg, len(values))
	for i, v := range values {
		a, err := bindArg(v)
		if err != nil {
			return nil, err
		}
		args[i] = a
	}
	return args, nil
}

// bindArg returns a value of a type that package param lists.
func bindArg(v any) (sqlsource.Arg, error) {
	switch v := v.(type) {
	case nil:
		return sqlsource.Arg{}, nil
	case bool:
		return sqlsource.Arg{Kind: sqlsource.Bool, Text: strconv.FormatBool(v)}, nil
	case int64:
		return sqlsource.Arg{Kind: sqlsource.Integer, Text: strconv.FormatInt(v, 10)}, nil
	case uint64:
		return sqlsource.Arg{Kind: sqlsource.Integer, Text: strconv.FormatUint(v, 10)}, nil
	case param.Decimal:
		return sqlsource.Arg{Kind: sqlsource.Decimal, Text: string(v)}, nil
	case float64:
		return sqlsource.Arg{Kind: sqlsource.Float, Text: strconv.FormatFloat(v, 'g', -1, 64)}, nil
	case string:
		return sqlsource.Arg{Kind: sqlsource.String, Text: v}, nil
	case param.Date:
		return sqlsource.Arg{Kind: sqlsource.Date, Text: string(v)}, nil
	case param.Time:
		return sqlsource.Arg{Kind: sqlsource.Time, Text: string(v)}, nil
	case param.DateTime:
		return sqlsource.Arg{Kind: sqlsource.DateTime, Text: strings.Replace(string(v), " ", "T", 1)}, nil
	case param.UUID:
		return sqlsource.Arg{Kind: sqlsource.UUID, Text: string(v)}, nil
	case time.Time:
		return sqlsource.Arg{Kind: sqlsource.Timestamp, Text: v.UTC().Format("2006-01-02T15:04:05.999999999Z")}, nil
	case []byte:
		return sqlsource.Arg{Kind: sqlsource.Bytes, Text: string(v)}, nil
	}
	return sqlsource.Arg{}, fmt.Errorf("a value of type %T cannot be bound", v)
}

// cellOf returns a default as a cell, in the form that cells have.
func cellOf(v any) (sqlsource.Cell, error) {
	a, err := bindArg(v)
	return sqlsource.Cell{Kind: a.Kind, Bytes: []byte(a.Text)}, err
}
