package expr

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// Error is what is wrong with an expression, and where.
type Error struct {
	Offset  int // byte in the expression
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

func errorf(offset int, format string, args ...any) *Error {
	return &Error{Offset: offset, Message: fmt.Sprintf(format, args...)}
}

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokName
	tokNumber
	tokString
	tokPunct
)

type token struct {
	kind   tokenKind
	text   string // the name, the operator, the text of a string
	value  any    // of a number
	offset int
}

// scan splits an expression into tokens.
func scan(src string) ([]token, *Error) {
	var tokens []token
	for i := 0; i < len(src); {
		c := src[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case nameStart(c):
			j := i
			for j < len(src) && (nameStart(src[j]) || digit(src[j])) {
				j++
			}
			tokens = append(tokens, token{kind: tokName, text: src[i:j], offset: i})
			i = j
		case digit(c):
			t, end, err := scanNumber(src, i)
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, t)
			i = end
		case c == '\'' || c == '"':
			t, end, err := scanString(src, i)
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, t)
			i = end
		default:
			t, end, err := scanPunct(src, i)
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, t)
			i = end
		}
	}
	return append(tokens, token{kind: tokEnd, offset: len(src)}), nil
}

func nameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// scanNumber takes digits with "_" between them, a fraction and an exponent.
// The two points of a range are not a fraction.
func scanNumber(src string, i int) (token, int, *Error) {
	j := i
	digits := func() {
		for j < len(src) && (digit(src[j]) || src[j] == '_' && j+1 < len(src) && digit(src[j+1])) {
			j++
		}
	}
	digits()
	if j+1 < len(src) && src[j] == '.' && digit(src[j+1]) {
		j++
		digits()
	}
	if j < len(src) && (src[j] == 'e' || src[j] == 'E') {
		k := j + 1
		if k < len(src) && (src[k] == '+' || src[k] == '-') {
			k++
		}
		if k < len(src) && digit(src[k]) {
			j = k
			digits()
		}
	}
	d, ok := param.ParseDecimal(strings.ReplaceAll(src[i:j], "_", ""))
	if !ok || j < len(src) && nameStart(src[j]) {
		return token{}, 0, errorf(i, "the number is not decimal notation of at most %d digits", param.MaxDigits)
	}
	var v any = d
	if n, whole := d.Integer(); whole {
		v = n
	}
	return token{kind: tokNumber, value: v, offset: i}, j, nil
}

func scanString(src string, i int) (token, int, *Error) {
	q := src[i]
	var b strings.Builder
	for j := i + 1; j < len(src); j++ {
		switch c := src[j]; {
		case c == q:
			return token{kind: tokString, text: b.String(), offset: i}, j + 1, nil
		case c == '\\' && j+1 < len(src):
			j++
			switch src[j] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case 'r':
				b.WriteByte('\r')
			case '\\', '\'', '"':
				b.WriteByte(src[j])
			default:
				return token{}, 0, errorf(j-1, `the escape \%c is not one of \n \t \r \\ \' \"`, src[j])
			}
		default:
			b.WriteByte(c)
		}
	}
	return token{}, 0, errorf(i, "the text that begins here has no end")
}

// puncts are the operators and brackets, longer ones first.
const puncts = "?. ?? ** == != <= >= && || .. + - * / % < > ! ( ) [ ] { } , : ? . #"

func scanPunct(src string, i int) (token, int, *Error) {
	if name, end, ok := placeholder(src, i); ok {
		return token{kind: tokName, text: name, offset: i + 2}, end, nil
	}
	for p := range strings.SplitSeq(puncts, " ") {
		if strings.HasPrefix(src[i:], p) {
			return token{kind: tokPunct, text: p, offset: i}, i + len(p), nil
		}
	}
	switch src[i] {
	case '=':
		return token{}, 0, errorf(i, "an expression assigns nothing; compare with ==")
	case '@':
		return token{}, 0, errorf(i, "there are no classes and no @")
	case '&':
		return token{}, 0, errorf(i, "write && or and")
	case '|':
		return token{}, 0, errorf(i, "write || or or")
	}
	r, _ := utf8.DecodeRuneInString(src[i:])
	return token{}, 0, errorf(i, "%q means nothing in an expression", r)
}

// placeholder reads "#{name}" and "${name}" as the name: scripts write that in
// tests. A closure that begins with "#" has a blank or a member behind it.
func placeholder(src string, i int) (name string, end int, ok bool) {
	if !strings.HasPrefix(src[i:], "#{") && !strings.HasPrefix(src[i:], "${") {
		return "", 0, false
	}
	closing := strings.IndexByte(src[i:], '}')
	if closing < 0 {
		return "", 0, false
	}
	name = strings.TrimSpace(src[i+2 : i+closing])
	if name == "" || !nameStart(name[0]) {
		return "", 0, false
	}
	for j := range len(name) {
		if !nameStart(name[j]) && !digit(name[j]) {
			return "", 0, false
		}
	}
	return name, i + closing + 1, true
}
