package sqlsource

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
)

// Arg is the value of one placeholder, as text of its kind: the forms are
// those of cells. It reaches the database apart from the statement's text by
// the means the database has, with every digit.
type Arg struct {
	Kind CellKind
	Text string // empty for [Null]
}

const (
	maxArgs     = 10_000  // of one statement
	maxArgBytes = 4 << 20 // of all values of a statement
)

// The forms of the kinds of arguments.
var (
	integerForm  = regexp.MustCompile(`^-?[0-9]{1,1000}$`)
	decimalForm  = regexp.MustCompile(`^-?[0-9]{1,1000}(\.[0-9]{1,1000})?$`)
	dateForm     = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	timeForm     = regexp.MustCompile(`^-?[0-9]{2,3}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?$`)
	dateTimeForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?$`)
	instantForm  = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$`)
	uuidForm     = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
)

// validateArgs makes sure that each text is of its kind, so that nothing but a
// value can come through a binding of ours.
func validateArgs(args []Arg) error {
	if len(args) > maxArgs {
		return gatewright.Errorf(gatewright.LimitExceeded, "the statement has %d arguments; at most %d are allowed", len(args), maxArgs)
	}
	total := 0
	for i, a := range args {
		if !a.valid() {
			return gatewright.Errorf(gatewright.Invalid, "argument %d is no %s", i+1, a.Kind)
		}
		total += len(a.Text)
	}
	if total > maxArgBytes {
		return gatewright.Errorf(gatewright.LimitExceeded, "the arguments of the statement have %d bytes; at most %d are allowed", total, maxArgBytes)
	}
	return nil
}

func (a Arg) valid() bool {
	switch a.Kind {
	case Null:
		return a.Text == ""
	case Bool:
		return a.Text == "true" || a.Text == "false"
	case Integer:
		return integerForm.MatchString(a.Text)
	case Decimal:
		return decimalForm.MatchString(a.Text)
	case Float:
		f, err := strconv.ParseFloat(a.Text, 64)
		return err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) && !strings.ContainsAny(a.Text, "xXpP_")
	case String:
		return utf8.ValidString(a.Text)
	case Bytes:
		return true
	case Date:
		return dateForm.MatchString(a.Text)
	case Time:
		return timeForm.MatchString(a.Text)
	case DateTime:
		return dateTimeForm.MatchString(a.Text)
	case Timestamp:
		return instantForm.MatchString(a.Text)
	case UUID:
		return uuidForm.MatchString(a.Text)
	case JSON, Array:
		return json.Valid([]byte(a.Text))
	}
	return false
}

// spaced returns a DateTime or Timestamp as SQL writes it, without its zone.
func (a Arg) spaced() string {
	return strings.Replace(strings.TrimSuffix(a.Text, "Z"), "T", " ", 1)
}
