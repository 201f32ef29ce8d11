package gate

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
)

// refusal is why a statement may not run, and where in its text.
type refusal struct {
	code    gatewright.Code
	offset  int
	message string
}

func refuse(code gatewright.Code, offset int, format string, args ...any) *refusal {
	return &refusal{code, offset, fmt.Sprintf(format, args...)}
}

// at returns the error for the caller, with line and column counted from 1,
// columns in characters.
func (r *refusal) at(sql string) error {
	before := sql[:min(r.offset, len(sql))]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	e := gatewright.Errorf(r.code, "the SQL is refused at line %d, column %d: %s", line, column, r.message)
	e.Field = "sql"
	return e
}
