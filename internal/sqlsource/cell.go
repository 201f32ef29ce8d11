package sqlsource

// CellKind says what the bytes of a [Cell] are.
type CellKind uint8

// The kinds of cells, with what their bytes are. They are the same for every
// database.
const (
	Null      CellKind = iota // nothing
	Bool                      // true or false
	Integer                   // digits, with - before them: every digit the database has
	Decimal                   // digits with at most one point, with - before them: every digit the database has
	Float                     // the shortest digits that give the same number, with or without exponent; NaN, Infinity, -Infinity
	String                    // text in UTF-8; what is not becomes U+FFFD
	Bytes                     // as they are
	Date                      // 2006-01-02
	Time                      // 15:04:05 with up to nine digits of a fraction; MySQL's may be negative or above 24 hours
	DateTime                  // 2006-01-02T15:04:05 with a fraction, as clocks somewhere show it: no zone is known
	Timestamp                 // 2006-01-02T15:04:05Z with a fraction: an instant, in UTC whatever the zone of the database
	UUID                      // 36 characters in lower case
	JSON                      // one JSON value
	Array                     // one JSON array
)

// String returns the kind in a word.
func (k CellKind) String() string {
	words := [...]string{"null", "bool", "integer", "decimal", "float", "string", "bytes", "date", "time", "datetime", "timestamp", "uuid", "json", "array"}
	if int(k) < len(words) {
		return words[k]
	}
	return "unknown"
}

// Cell is one value of a row. Fractions of seconds have no zeros at their end,
// and are left out when there is nothing else.
type Cell struct {
	Kind  CellKind
	Bytes []byte // valid until the next row is asked for
}

// Type is a type of the product: what the fields of tables and the parameters
// of APIs are declared as.
type Type string

// The types of fields.
const (
	TypeString   Type = "STRING"
	TypeInt      Type = "INT"    // at most 32 bits
	TypeBigInt   Type = "BIGINT" // 64 bits, signed or not
	TypeDouble   Type = "DOUBLE"
	TypeDecimal  Type = "DECIMAL" // any number of digits, integers of more than 64 bits as well
	TypeBool     Type = "BOOL"
	TypeDate     Type = "DATE"
	TypeDateTime Type = "DATETIME" // with or without a zone
	TypeArray    Type = "ARRAY"
	TypeStruct   Type = "STRUCT"
	TypeJSON     Type = "JSON"
	TypeBinary   Type = "BINARY"
	TypeUnknown  Type = "UNKNOWN"
)

// Column is one column of a result.
type Column struct {
	Name     string
	Type     Type
	Database string // the type's name in the database
}

// scratch keeps the bytes of the cells of one row that are not as the database
// sent them. Cells point into it, so it must not move while a row is made: what
// does not fit goes into a new piece, and the next row begins with one of that
// size.
type scratch struct {
	buffer []byte
	needed int // by the present row
}

// maxKeptScratch is what a finished row may leave allocated, in bytes.
const maxKeptScratch = 1 << 20

// next begins a row.
func (s *scratch) next() {
	if s.needed > cap(s.buffer) && s.needed <= maxKeptScratch {
		s.buffer = make([]byte, 0, s.needed*2)
	}
	s.buffer, s.needed = s.buffer[:0], 0
}

// reserve returns an empty slice with room for n bytes that stays where it is.
// It is given back with keep.
func (s *scratch) reserve(n int) []byte {
	if cap(s.buffer)-len(s.buffer) < n {
		s.buffer = make([]byte, 0, max(n, 512))
	}
	return s.buffer[len(s.buffer):len(s.buffer):cap(s.buffer)]
}

// keep keeps what was appended to a reserved slice.
func (s *scratch) keep(b []byte) []byte {
	s.needed += len(b)
	if end := len(s.buffer) + len(b); end <= cap(s.buffer) && len(b) > 0 && &s.buffer[:end][len(s.buffer)] == &b[0] {
		s.buffer = s.buffer[:end]
	}
	return b[:len(b):len(b)]
}

// field returns the product's type for cells of the kind.
func (k CellKind) field(wide bool) Type {
	switch k {
	case Bool:
		return TypeBool
	case Integer:
		if wide {
			return TypeBigInt
		}
		return TypeInt
	case Decimal:
		return TypeDecimal
	case Float:
		return TypeDouble
	case String, Time, UUID:
		return TypeString
	case Bytes:
		return TypeBinary
	case Date:
		return TypeDate
	case DateTime, Timestamp:
		return TypeDateTime
	case JSON:
		return TypeJSON
	case Array:
		return TypeArray
	}
	return TypeUnknown
}
