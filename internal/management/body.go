package management

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
)

// jsonBody is the body of an operation's input. The framework hands over the
// bytes; reading them strictly is done here.
type jsonBody[T any] struct {
	RawBody []byte `contentType:"application/json"`
}

// decode reads the body. A member T does not know is refused: it may be the
// misspelt name of one that matters. So is what the decoder would make
// something of that another reader would not; see [checkStrict].
func (b *jsonBody[T]) decode() (*T, error) {
	if !utf8.Valid(b.RawBody) { // the decoder would replace bytes, those of a document too
		return nil, gatewright.Errorf(gatewright.Invalid, "the request's body is not UTF-8")
	}
	if !shallow(b.RawBody) {
		return nil, gatewright.Errorf(gatewright.Invalid, "the request's body is nested deeper than %d levels", MaxDepth)
	}
	v := new(T)
	dec := json.NewDecoder(bytes.NewReader(b.RawBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return nil, bodyError(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, gatewright.Errorf(gatewright.Invalid, "the request's body goes on after its JSON value")
	}
	if err := checkStrict(b.RawBody, reflect.TypeFor[T]()); err != nil {
		return nil, err
	}
	return v, nil
}

// bodyError says what is wrong in words of the API, not of Go.
func bodyError(err error) error {
	var own *gatewright.Error
	var typ *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &typ):
		return gatewright.FieldErrorf(typ.Field, "the request's body has a JSON %s at %s, where it does not belong (byte %d)", typ.Value, orRoot(typ.Field), typ.Offset)
	case errors.As(err, &syntax):
		return gatewright.Errorf(gatewright.Invalid, "the request's body is not JSON: %s (byte %d)", syntax, syntax.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return gatewright.Errorf(gatewright.Invalid, "the request's body is not JSON: it ends too early")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return gatewright.FieldErrorf(strings.Trim(name, `"`), "the request's body has the unknown member %s", name)
	}
	return gatewright.Errorf(gatewright.Invalid, "the request's body cannot be read: %s", strings.TrimPrefix(err.Error(), "json: "))
}

func orRoot(field string) string {
	if field == "" {
		return "its top"
	}
	return field
}

// shallow reports whether b nests no deeper than [MaxDepth]. It goes before
// the decoder, which would have built it all by then.
func shallow(b []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString:
			if c == '\\' {
				i++
			} else if c == '"' {
				inString = false
			}
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}
