package format

import (
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/sqlsource"
)

// Format is a form of answers.
type Format string

// The formats.
const (
	Envelope        Format = "JSON"        // the data service's, rows are objects
	EnvelopeCompact Format = "JSONCompact" // the data service's, rows are arrays
	Array           Format = "array"       // a JSON array of objects
	Object          Format = "object"      // a JSON object with the columns, the rows as objects, and their numbers
	Lines           Format = "ndjson"      // an object in each line
	CSV             Format = "csv"         // RFC 4180, with a header
	Arrow           Format = "arrow"       // the streaming format of Apache Arrow
)

// Formats lists all formats.
func Formats() []Format {
	return []Format{Envelope, EnvelopeCompact, Array, Object, Lines, CSV, Arrow}
}

// ContentType returns the media type.
func (f Format) ContentType() string {
	switch f {
	case Lines:
		return "application/x-ndjson"
	case CSV:
		return "text/csv; charset=utf-8; header=present"
	case Arrow:
		return "application/vnd.apache.arrow.stream"
	}
	return "application/json"
}

// Enveloped reports whether the end of an answer tells of the call: of what it
// took, and of an error that came after the first rows.
func (f Format) Enveloped() bool { return f == Envelope || f == EnvelopeCompact }

// ForMediaType returns the format of a media type without parameters, "" for
// one that is not known.
func ForMediaType(media string) Format {
	switch strings.ToLower(strings.TrimSpace(media)) {
	case "application/json":
		return Array
	case "application/x-ndjson", "application/ndjson", "application/jsonl":
		return Lines
	case "text/csv":
		return CSV
	case "application/vnd.apache.arrow.stream":
		return Arrow
	}
	return ""
}

// Options are what callers may choose.
type Options struct {
	// PlainCells has texts in CSV that a spreadsheet would take for a formula
	// begin with an apostrophe.
	PlainCells bool
}

// Column is a column as an answer names it.
type Column struct {
	Name string
	Type sqlsource.Type
}

// Summary is what is known at the end of an answer.
type Summary struct {
	Rows      int64
	Total     int64 // -1 when it was not asked for
	Truncated bool  // there were more rows than allowed
	PageNum   int64 // 0 when the API has no pages
	PageSize  int64
	Millis    int64 // the call took
	RequestID string
	Code      int    // of the data service; 0 is success
	Message   string // of an error
	SQL       string // of a dry run
}

// Encoder writes one answer. Each method appends to dst and returns it.
type Encoder interface {
	// Head begins the answer. It is called once, first.
	Head(dst []byte, columns []Column) []byte
	// Row writes one row, whose cells are those of the columns.
	Row(dst []byte, row []sqlsource.Cell) []byte
	// End ends the rows. What Head, Row and End wrote depends on the rows alone.
	End(dst []byte) []byte
	// Tail ends the answer with what is not of the rows.
	Tail(dst []byte, s *Summary) []byte
	// Err returns what could not be written: a value that the format's type for
	// its column cannot hold. What Row appended since is not to be used.
	Err() error
}

// total is the part of encoders that can write everything.
type total struct{}

func (total) Err() error { return nil }

// New returns an encoder for one answer, nil for a format that is not known.
func New(f Format, o Options) Encoder {
	switch f {
	case Envelope:
		return &envelope{}
	case EnvelopeCompact:
		return &envelope{compact: true}
	case Array, Object:
		return &array{object: f == Object}
	case Lines:
		return &lines{}
	case CSV:
		return &table{plain: o.PlainCells}
	case Arrow:
		return &arrow{}
	}
	return nil
}

// Columns returns the names of columns so that no two are the same, whatever
// their case, and none is empty.
func Columns(columns []Column) []Column {
	out := make([]Column, len(columns))
	seen := make(map[string]bool, len(columns))
	for i, c := range columns {
		if c.Name == "" {
			c.Name = "column_" + strconv.Itoa(i+1)
		}
		name := c.Name
		for n := 2; seen[strings.ToLower(c.Name)]; n++ {
			c.Name = name + "_" + strconv.Itoa(n)
		}
		seen[strings.ToLower(c.Name)] = true
		out[i] = c
	}
	return out
}

// TypeOf returns the data service's type for a declared one.
func TypeOf(t gatewright.DataType) sqlsource.Type {
	switch t {
	case gatewright.TypeBool:
		return sqlsource.TypeBool
	case gatewright.TypeInt:
		return sqlsource.TypeBigInt
	case gatewright.TypeFloat:
		return sqlsource.TypeDouble
	case gatewright.TypeDecimal:
		return sqlsource.TypeDecimal
	case gatewright.TypeDate:
		return sqlsource.TypeDate
	case gatewright.TypeDateTime:
		return sqlsource.TypeDateTime
	case gatewright.TypeJSON:
		return sqlsource.TypeJSON
	case gatewright.TypeBinary:
		return sqlsource.TypeBinary
	}
	if t.IsArray() {
		return sqlsource.TypeArray
	}
	return sqlsource.TypeString
}
