package sqlsource

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	maxCompactDepth   = 64      // of nested values
	maxCompactColumns = 10_000  // of a result
	maxCompactHead    = 4 << 20 // of everything but the rows, in bytes
)

var (
	errCompactSize = errors.New("the row is too large")
	errCompactEnd  = errors.New("the result ends before its end")
)

// compactStream reads the format JSONCompact of ClickHouse row by row. The
// format says how many rows there were when it is through, so that a result
// that was cut off, or that has an error of the server in its middle, is never
// taken for a shorter one.
type compactStream struct {
	r       *bufio.Reader
	maxRow  int64
	text    []byte // of the present row or value
	spans   []span // of the cells of the present row
	rows    int64
	inData  bool
	ended   bool
	names   []string
	types   []string
	failure string // what the server says went wrong
	budget  int64  // bytes left of the present row or of the head
}

// span is a value in the text: a string without its quotes and escapes,
// anything else as it is written.
type span struct {
	from, to int
	form     byte // '"', '[', '{', or the first letter of a bare value
}

func newCompactStream(r io.Reader, maxRow int64) *compactStream {
	return &compactStream{r: bufio.NewReaderSize(r, 32<<10), maxRow: maxRow, budget: maxCompactHead}
}

// head reads up to the first row.
func (s *compactStream) head() error {
	if err := s.expect('{'); err != nil {
		return err
	}
	return s.members(true)
}

// members reads members of the document up to the rows, or from there to the
// end of the document.
func (s *compactStream) members(first bool) error {
	counted := false
	for {
		c, err := s.space()
		if err != nil {
			return err
		}
		if c == '}' {
			if _, err := s.space(); !errors.Is(err, io.EOF) {
				return s.unexpected("after the result", err)
			}
			s.ended = true
			if !counted && s.failure == "" {
				return errCompactEnd
			}
			return nil
		}
		if !first {
			if c != ',' {
				return s.unexpectedByte(c)
			}
			if c, err = s.space(); err != nil {
				return err
			}
		}
		first = false
		if c != '"' {
			return s.unexpectedByte(c)
		}
		stop, err := s.member(&counted)
		if err != nil || stop {
			return err
		}
	}
}

// member reads one member whose name begins. It stops at the rows.
func (s *compactStream) member(counted *bool) (stop bool, err error) {
	s.text = s.text[:0]
	if err := s.str(false); err != nil {
		return false, err
	}
	name := string(s.text)
	if err := s.expect(':'); err != nil {
		return false, err
	}
	switch name {
	case "meta":
		return false, s.meta()
	case "data":
		if s.inData || s.names == nil {
			return false, errors.New("the rows of the result come twice, or before its columns")
		}
		s.inData = true
		return true, s.expect('[')
	}
	s.text = s.text[:0]
	form, err := s.value(0, false)
	if err != nil {
		return false, err
	}
	switch {
	case name == "rows":
		n, err := strconv.ParseInt(string(s.text), 10, 64)
		if err != nil || n != s.rows {
			return false, fmt.Errorf("the result has %d rows and says %.20q", s.rows, s.text)
		}
		*counted = true
	case name == "exception" && form == '"':
		s.failure = string(s.text)
	}
	return false, nil
}

// meta reads the columns: an array of objects with name and type.
func (s *compactStream) meta() error {
	if s.names != nil {
		return errors.New("the columns of the result come twice")
	}
	s.names, s.types = []string{}, []string{}
	return s.list('[', ']', func() error {
		if len(s.names) == maxCompactColumns {
			return fmt.Errorf("the result has more than %d columns", maxCompactColumns)
		}
		var name, kind string
		if err := s.list('{', '}', func() error {
			key, err := s.word()
			if err != nil {
				return err
			}
			if err := s.expect(':'); err != nil {
				return err
			}
			value, err := s.word()
			switch key {
			case "name":
				name = value
			case "type":
				kind = value
			}
			return err
		}); err != nil {
			return err
		}
		s.names, s.types = append(s.names, name), append(s.types, kind)
		return nil
	})
}

// list reads what is between open and shut, separated by commas.
func (s *compactStream) list(open, shut byte, item func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	for first := true; ; first = false {
		c, err := s.space()
		if err != nil {
			return err
		}
		if c == shut {
			return nil
		}
		if first {
			_ = s.r.UnreadByte() // it was read right now
		} else if c != ',' {
			return s.unexpectedByte(c)
		}
		if err := item(); err != nil {
			return err
		}
	}
}

// word reads a string.
func (s *compactStream) word() (string, error) {
	if err := s.expect('"'); err != nil {
		return "", err
	}
	s.text = s.text[:0]
	err := s.str(false)
	return string(s.text), err
}

// row reads the next row into text and spans. raw tells which cells are wanted
// as they are written, strings too. It is false after the last row, when the
// document was read to its end.
func (s *compactStream) row(raw []bool) (bool, error) {
	if s.ended {
		return false, nil
	}
	s.budget = s.maxRow + maxCompactHead
	c, err := s.space()
	switch {
	case err != nil:
		return false, err
	case c == ']':
		return false, s.members(false)
	case s.rows > 0:
		if c != ',' {
			return false, s.unexpectedByte(c)
		}
		if c, err = s.space(); err != nil {
			return false, err
		}
	}
	if c != '[' {
		return false, s.unexpectedByte(c)
	}
	s.text, s.spans = s.text[:0], s.spans[:0]
	for i := range raw {
		if i > 0 {
			if err := s.expect(','); err != nil {
				return false, err
			}
		}
		from := len(s.text)
		form, err := s.value(0, raw[i])
		if err != nil {
			return false, err
		}
		s.spans = append(s.spans, span{from, len(s.text), form})
	}
	if err := s.expect(']'); err != nil {
		return false, err
	}
	s.rows++
	return true, nil
}

// value reads one value into text and returns its form.
func (s *compactStream) value(depth int, raw bool) (byte, error) {
	c, err := s.space()
	if err != nil {
		return 0, err
	}
	switch {
	case c == '"':
		return c, s.str(raw)
	case c == '[' || c == '{':
		return c, s.nested(c, depth+1)
	case c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z':
		return c, s.bare(c)
	}
	return 0, s.unexpectedByte(c)
}

// bare reads a number, true, false or null.
func (s *compactStream) bare(c byte) error {
	from := len(s.text)
	for {
		s.text = append(s.text, c)
		next, err := s.byte()
		if err != nil {
			return err
		}
		c = next
		if !letter(c) && c != '-' && c != '+' && c != '.' {
			break
		}
	}
	if err := s.r.UnreadByte(); err != nil {
		return err
	}
	s.budget++
	switch word := s.text[from:]; {
	case jsonNumber(word), string(word) == "null", string(word) == "true", string(word) == "false":
		return nil
	}
	return fmt.Errorf("%.40q is no value of JSON", s.text[from:])
}

// nested reads an array or object whose first bracket was read, as it is
// written but without space.
func (s *compactStream) nested(open byte, depth int) error {
	if depth > maxCompactDepth {
		return fmt.Errorf("values are nested more than %d deep", maxCompactDepth)
	}
	s.text = append(s.text, open)
	shut := open + 2 // ']' and '}' in ASCII
	for first := true; ; first = false {
		c, err := s.space()
		if err != nil {
			return err
		}
		if c == shut {
			s.text = append(s.text, c)
			return nil
		}
		if first {
			_ = s.r.UnreadByte() // it was read right now
		} else {
			if c != ',' {
				return s.unexpectedByte(c)
			}
			s.text = append(s.text, c)
		}
		if open == '{' {
			if err := s.expect('"'); err != nil {
				return err
			}
			if err := s.str(true); err != nil {
				return err
			}
			if err := s.expect(':'); err != nil {
				return err
			}
			s.text = append(s.text, ':')
		}
		if _, err := s.value(depth, true); err != nil {
			return err
		}
	}
}

// byte reads one byte of a row or of the head, which are bounded.
func (s *compactStream) byte() (byte, error) {
	if s.budget--; s.budget < 0 {
		return 0, errCompactSize
	}
	return s.r.ReadByte()
}

// space reads up to and including the first byte that is not white space.
func (s *compactStream) space() (byte, error) {
	for {
		c, err := s.byte()
		if err != nil || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c, err
		}
	}
}

func (s *compactStream) expect(want byte) error {
	c, err := s.space()
	if err == nil && c != want {
		err = s.unexpectedByte(c)
	}
	return err
}

// unexpectedByte returns the error for a byte that does not belong there. A
// server that fails in the middle of a result writes its error there: the rest
// is kept for whoever explains.
func (s *compactStream) unexpectedByte(c byte) error {
	rest := make([]byte, maxClickHouseMessage)
	n, _ := io.ReadFull(s.r, rest) // as much as there is
	return s.unexpected(strconv.QuoteRune(rune(c))+" in the result", errors.New(string(append([]byte{c}, rest[:n]...))))
}

// unexpected takes note of an error of the server in err's text.
func (s *compactStream) unexpected(what string, err error) error {
	if err != nil && strings.Contains(err.Error(), "DB::Exception") {
		s.failure = err.Error()
	}
	return fmt.Errorf("there is something unexpected: %s", what)
}
