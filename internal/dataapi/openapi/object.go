package openapi

import (
	"bytes"
	"encoding/json"
)

// object is a JSON object that keeps its order: columns stand as the API
// returns them.
type object []member

type member struct {
	name  string
	value any
}

// with returns o with a member more, unless the value is "", false or nil.
func (o object) with(name string, value any) object {
	switch v := value.(type) {
	case nil:
		return o
	case string:
		if v == "" {
			return o
		}
	case bool:
		if !v {
			return o
		}
	}
	return append(o, member{name, value})
}

// MarshalJSON implements [json.Marshaler].
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := plain(&b, m.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := plain(&b, m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// plain writes v without escapes for HTML.
func plain(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the line break behind it
	return nil
}

func indented(o object) ([]byte, error) {
	var b, out bytes.Buffer
	if err := plain(&b, o); err != nil {
		return nil, err
	}
	if err := json.Indent(&out, b.Bytes(), "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
