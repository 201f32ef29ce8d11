package sqlsource

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// str reads a string whose first quote was read: raw with quotes and escapes,
// else what it stands for.
func (s *compactStream) str(raw bool) error {
	from := len(s.text)
	if raw {
		s.text = append(s.text, '"')
	}
	valid := true
	for {
		valid = s.plain() && valid
		c, err := s.byte()
		if err != nil {
			return err
		}
		switch {
		case c == '"':
			if !valid && !utf8.Valid(s.text[from:]) {
				s.text = append(s.text[:from], strings.ToValidUTF8(string(s.text[from:]), "\uFFFD")...)
			}
			if raw {
				s.text = append(s.text, '"')
			}
			return nil
		case c == '\\':
			if err := s.escape(raw); err != nil {
				return err
			}
		case c < ' ':
			return s.unexpectedByte(c)
		default:
			valid = valid && c < utf8.RuneSelf
			s.text = append(s.text, c)
		}
	}
}

// plain takes as many plain bytes of a string as were received and are within
// bounds, and reports whether they are all ASCII.
func (s *compactStream) plain() bool {
	received, _ := s.r.Peek(s.r.Buffered()) // that many are there
	received = received[:min(int64(len(received)), max(0, s.budget))]
	n, ascii := 0, true
	for n < len(received) && received[n] != '"' && received[n] != '\\' && received[n] >= ' ' {
		ascii = ascii && received[n] < utf8.RuneSelf
		n++
	}
	s.text = append(s.text, received[:n]...)
	s.budget -= int64(n)
	_, _ = s.r.Discard(n)
	return ascii
}

// escape reads what follows a backslash.
func (s *compactStream) escape(raw bool) error {
	c, err := s.byte()
	if err != nil {
		return err
	}
	at := strings.IndexByte(`"\/bfnrtu`, c)
	switch {
	case at < 0:
		return s.unexpectedByte(c)
	case c == 'u':
		return s.unicode(raw)
	case raw:
		s.text = append(s.text, '\\', c)
	default:
		s.text = append(s.text, "\"\\/\b\f\n\r\t"[at])
	}
	return nil
}

// unicode reads the four digits of an escape, and those of the next one if
// they are two halves of one character.
func (s *compactStream) unicode(raw bool) error {
	r, err := s.hex(raw)
	if err != nil || raw {
		return err
	}
	if r < 0xD800 || r > 0xDFFF {
		s.text = utf8.AppendRune(s.text, r)
		return nil
	}
	if next, err := s.r.Peek(2); r < 0xDC00 && err == nil && string(next) == `\u` {
		_, _ = s.r.Discard(2) // they are there
		s.budget -= 2
		low, err := s.hex(false)
		if err != nil {
			return err
		}
		if 0xDC00 <= low && low <= 0xDFFF {
			s.text = utf8.AppendRune(s.text, (r-0xD800)<<10+(low-0xDC00)+0x10000)
			return nil
		}
		s.text = utf8.AppendRune(s.text, utf8.RuneError)
		s.text = utf8.AppendRune(s.text, low) // half of one is U+FFFD
		return nil
	}
	s.text = utf8.AppendRune(s.text, utf8.RuneError)
	return nil
}

func (s *compactStream) hex(raw bool) (rune, error) {
	var r rune
	if raw {
		s.text = append(s.text, '\\', 'u')
	}
	for range 4 {
		c, err := s.byte()
		if err != nil {
			return 0, err
		}
		digit, err := strconv.ParseUint(string(rune(c)), 16, 8)
		if err != nil {
			return 0, s.unexpectedByte(c)
		}
		if raw {
			s.text = append(s.text, c)
		}
		r = r<<4 | rune(digit)
	}
	return r, nil
}
