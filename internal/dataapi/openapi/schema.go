package openapi

import (
	"encoding/json"
	"strings"

	"github.com/gatewright/gatewright"
)

// schemaOf returns the schema of values of a type; null belongs to it if
// nullable says so.
func schemaOf(t gatewright.DataType, nullable bool) object {
	if t.IsArray() {
		return typed("array", nullable).with("items", schemaOf(t.Element(), true))
	}
	switch t {
	case gatewright.TypeBool:
		return typed("boolean", nullable)
	case gatewright.TypeInt:
		return typed("integer", nullable)
	case gatewright.TypeFloat:
		return typed("number", nullable).with("format", "double")
	case gatewright.TypeDecimal:
		return typed("number", nullable).with("format", "decimal")
	case gatewright.TypeDate:
		return typed("string", nullable).with("format", "date")
	case gatewright.TypeTime:
		return typed("string", nullable).with("format", "time")
	case gatewright.TypeDateTime:
		return typed("string", nullable).with("format", "date-time")
	case gatewright.TypeUUID:
		return typed("string", nullable).with("format", "uuid")
	case gatewright.TypeBinary:
		return typed("string", nullable).with("contentEncoding", "base64")
	case gatewright.TypeJSON:
		return object{} // anything
	}
	return typed("string", nullable)
}

func typed(name string, nullable bool) object {
	if nullable {
		return object{{"type", []string{name, "null"}}}
	}
	return object{{"type", name}}
}

// sample returns an example or a default, which people write as JSON or as bare
// text, as a value of the type; nil when there is none.
func sample(t gatewright.DataType, text string) any {
	if text == "" {
		return nil
	}
	var v any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if dec.Decode(&v) != nil || dec.More() || v == nil {
		return bare(t, text)
	}
	if _, quoted := v.(string); quoted {
		return v
	}
	if t.IsArray() {
		if _, list := v.([]any); list {
			return v
		}
		return bare(t, text)
	}
	switch t {
	case gatewright.TypeBool, gatewright.TypeInt, gatewright.TypeFloat, gatewright.TypeDecimal, gatewright.TypeJSON:
		return v
	}
	return text
}

// bare returns text that is not JSON: a list has commas between its elements.
func bare(t gatewright.DataType, text string) any {
	if !t.IsArray() {
		return text
	}
	list := []any{}
	for part := range strings.SplitSeq(text, ",") {
		list = append(list, sample(t.Element(), part))
	}
	return list
}
