package param

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/gatewright/gatewright"
)

// FromJSON reads the parameters of a call: a JSON object, or a JSON string that
// holds one, as some clients of the data service send it. Nothing and null mean
// no parameters. Errors are [Fault]s.
func (s *Set) FromJSON(body []byte) (Values, error) {
	sent, f := readObject(body)
	if f != nil {
		return Values{}, f
	}
	return s.values(sent, convertTree)
}

func readObject(body []byte) (map[string]any, *Fault) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	tree, f := readJSON(body)
	if f != nil {
		return nil, f
	}
	if text, ok := tree.(string); ok {
		if strings.TrimSpace(text) == "" {
			return nil, nil
		}
		if tree, f = readJSON([]byte(text)); f != nil {
			return nil, f
		}
	}
	switch tree := tree.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return tree, nil
	}
	return nil, Faultf(Malformed, "", "the parameters are %s; send a JSON object", describe(tree))
}

// Field is one row of a test form.
type Field struct {
	Name string
	Text string // the value as JSON: texts and dates with quotes, numbers and booleans bare
	Null bool   // the value is not sent, whatever Text says
}

// FormBody makes the JSON body of a call from a test form. What a call takes is
// that body, which people may edit: pass it to [Set.FromJSON]. A field whose
// text is empty counts as not sent. Errors are [Fault]s.
func (s *Set) FormBody(fields []Field) ([]byte, error) {
	var b bytes.Buffer
	var faults []*Fault
	seen := make(map[string]bool, len(fields))
	b.WriteByte('{')
	for _, f := range fields {
		if seen[f.Name] {
			faults = append(faults, Faultf(Malformed, clip(f.Name), "parameter %q is in the form twice", clip(f.Name)))
		}
		seen[f.Name] = true
		text := strings.TrimSpace(f.Text)
		if f.Null || text == "" {
			continue
		}
		if !json.Valid([]byte(text)) {
			faults = append(faults, s.formFault(f.Name, text))
			continue
		}
		name, err := json.Marshal(f.Name)
		if err != nil {
			return nil, Faultf(Malformed, clip(f.Name), "the name %q is not valid", clip(f.Name))
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(name)
		b.WriteByte(':')
		b.WriteString(text)
	}
	b.WriteByte('}')
	if err := join(faults); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// formFault says what to write instead, by the parameter's type.
func (s *Set) formFault(name, text string) *Fault {
	if i := s.Index(name); i >= 0 {
		switch s.types[i] {
		case gatewright.TypeBool, gatewright.TypeInt, gatewright.TypeFloat, gatewright.TypeDecimal:
			return Faultf(WrongType, name, "parameter %s: %q is not %s", name, clip(text), expected(s.types[i]))
		}
	}
	return Faultf(WrongType, clip(name), "parameter %q: %q is not JSON; texts and dates are written in quotes, like \"2006-01-02\"", clip(name), clip(text))
}

// FromQuery reads the parameters of a query string or of a form that a browser
// sends: bare texts, as [Convert] takes them. An array may also be repeated:
// "id=1&id=2", then each text is one element, commas and all. Errors are
// [Fault]s.
func (s *Set) FromQuery(query map[string][]string) (Values, error) {
	sent := make(map[string]any, len(query))
	total := 0
	for name, texts := range query {
		for _, t := range texts {
			total += len(name) + len(t)
		}
		if len(texts) > 0 {
			sent[name] = texts
		}
	}
	if total > MaxBodyBytes {
		return Values{}, Faultf(TooLarge, "", "the parameters have %d bytes; at most %d are allowed", total, MaxBodyBytes)
	}
	return s.values(sent, convertQuery)
}

func convertQuery(t gatewright.DataType, v any) (any, *Fault) {
	texts, _ := v.([]string)
	if len(texts) == 1 {
		return convertText(t, texts[0])
	}
	if !t.IsArray() {
		return nil, Faultf(Malformed, "", "there are %d values; send one", len(texts))
	}
	if len(texts) > MaxItems {
		return nil, Faultf(TooLarge, "", "the list has %d elements; at most %d are allowed", len(texts), MaxItems)
	}
	list := make([]any, len(texts))
	for i, text := range texts {
		e, f := convertText(t.Element(), text)
		if f != nil {
			return nil, element(i, f)
		}
		list[i] = e
	}
	return list, nil
}
