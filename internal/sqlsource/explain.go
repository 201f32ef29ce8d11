package sqlsource

import (
	"context"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// maxExplanation bounds how a database explains a statement, in bytes.
const maxExplanation = 1 << 20

// Explanation is how a database would run a statement, in its own words.
type Explanation struct {
	Dialect gatewright.Dialect `json:"dialect"`
	JSON    bool               `json:"json"` // Text is JSON
	Text    string             `json:"text"`
}

// Explain returns how the database would run a statement with its arguments.
// It is not run. ClickHouse explains from version 20.6 on.
func (s *Source) Explain(ctx context.Context, statement Statement) (Explanation, error) {
	// What follows EXPLAIN could turn it into something that runs.
	if word := firstWord(s.config.Dialect, statement.Text); !slices.Contains([]string{"SELECT", "WITH", "VALUES", "TABLE", "("}, word) {
		return Explanation{}, gatewright.Errorf(gatewright.Invalid, "only a statement that reads can be explained; this one begins with %.20q", word)
	}
	prefix, isJSON := map[gatewright.Dialect]string{
		gatewright.PostgreSQL: "EXPLAIN (FORMAT JSON) ", gatewright.MySQL: "EXPLAIN FORMAT=JSON ", gatewright.SQLite: "EXPLAIN QUERY PLAN ", gatewright.ClickHouse: "EXPLAIN ",
	}[s.config.Dialect], s.config.Dialect == gatewright.PostgreSQL || s.config.Dialect == gatewright.MySQL
	statement.Text = prefix + statement.Text
	statement.MaxRows, statement.MaxBytes = maxMetadataRows, maxExplanation
	var lines []string
	err := s.each(ctx, statement, func(row []string) error {
		lines = append(lines, row[len(row)-1]) // SQLite has numbers before the text
		return nil
	})
	if err != nil {
		return Explanation{}, err
	}
	return Explanation{Dialect: s.config.Dialect, JSON: isJSON, Text: strings.Join(lines, "\n")}, nil
}

// each calls visit with the cells of every row as text; nulls are empty. The
// result must be whole.
func (s *Source) each(ctx context.Context, statement Statement, visit func(row []string) error) error {
	rows, err := s.Query(ctx, statement)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		row := make([]string, len(rows.Row()))
		for i, cell := range rows.Row() {
			row[i] = string(cell.Bytes)
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	if rows.Truncated() {
		return fail(TooLarge, "more than %d rows about the database", statement.MaxRows)
	}
	return rows.Err()
}
