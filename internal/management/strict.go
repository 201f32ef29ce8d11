package management

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
)

// checkStrict refuses what the decoder lets through although it can be read in
// two ways: a member whose name differs in case from the one that is known, a
// member that is there twice, and half of a surrogate pair, which is no
// character. b is known to be JSON that fits type t.
func checkStrict(b []byte, t reflect.Type) error {
	s := &strict{b: b}
	return s.value(t, "")
}

// strict goes over a JSON text once.
type strict struct {
	b []byte
	i int
}

func (s *strict) space() {
	for s.i < len(s.b) && strings.IndexByte(" \t\r\n", s.b[s.i]) >= 0 {
		s.i++
	}
}

// value checks the value at s.i, which is at pointer and is read as t; nil
// when nothing is known of it.
func (s *strict) value(t reflect.Type, pointer string) error {
	s.space()
	switch s.b[s.i] {
	case '{':
		return s.object(t, pointer)
	case '[':
		return s.list(elementOf(t), pointer)
	case '"':
		return s.text(pointer)
	}
	for s.i < len(s.b) && strings.IndexByte(",]} \t\r\n", s.b[s.i]) < 0 {
		s.i++ // a number or a word
	}
	return nil
}

func (s *strict) list(element reflect.Type, pointer string) error {
	s.i++ // [
	for n := 0; ; n++ {
		s.space()
		switch s.b[s.i] {
		case ']':
			s.i++
			return nil
		case ',':
			s.i++
		}
		if err := s.value(element, pointer+"/"+strconv.Itoa(n)); err != nil {
			return err
		}
	}
}

func (s *strict) object(t reflect.Type, pointer string) error {
	known := membersOf(t)
	seen := map[string]bool{}
	s.i++ // {
	for {
		s.space()
		switch s.b[s.i] {
		case '}':
			s.i++
			return nil
		case ',':
			s.i++
			continue
		}
		begin := s.i
		if err := s.text(pointer); err != nil {
			return err
		}
		var name string
		if err := json.Unmarshal(s.b[begin:s.i], &name); err != nil {
			return bodyError(err)
		}
		at := pointer + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		if seen[name] {
			return gatewright.FieldErrorf(at, "the request's body has the member %q twice in one object", name)
		}
		seen[name] = true
		member := elementOf(t)
		if known != nil {
			var exact bool
			if member, exact = known[name]; !exact {
				return gatewright.FieldErrorf(at, "the request's body has the unknown member %q; names are told apart by case", name)
			}
		}
		s.space()
		s.i++ // :
		if err := s.value(member, at); err != nil {
			return err
		}
	}
}

// text goes over the string at s.i.
func (s *strict) text(pointer string) error {
	for s.i++; s.b[s.i] != '"'; s.i++ {
		if s.b[s.i] != '\\' {
			continue
		}
		s.i++
		if s.b[s.i] != 'u' {
			continue
		}
		switch unit := s.unit(s.i + 1); {
		case unit < 0xd800 || unit > 0xdfff:
		case unit < 0xdc00 && s.b[s.i+5] == '\\' && s.b[s.i+6] == 'u' && s.unit(s.i+7)&^0x3ff == 0xdc00:
			s.i += 6
		default:
			return gatewright.FieldErrorf(pointer, "the request's body has the escape %s, half of a surrogate pair, which is no character", s.b[s.i-1:s.i+5])
		}
	}
	s.i++
	return nil
}

// unit reads four hexadecimal digits; -1 when there are none.
func (s *strict) unit(i int) int {
	if i+4 > len(s.b) {
		return -1
	}
	n, err := strconv.ParseUint(string(s.b[i:i+4]), 16, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

// elementOf returns the type of the elements of a list or a map.
func elementOf(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Map) {
		return t.Elem()
	}
	return nil
}

// membersOf returns the members of a struct by their names in JSON, nil for
// any other type.
func membersOf(t reflect.Type) map[string]reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	members := make(map[string]reflect.Type, t.NumField())
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		members[name] = f.Type
	}
	return members
}
