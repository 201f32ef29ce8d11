package param

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
)

// Convert turns a text into a value of type t: what stands in a query string,
// in a default and between the commas of a list. Numbers and booleans are
// written bare, texts as they are, without quotes.
//
// An array is a JSON array when it begins with "[", else its elements are what
// stands between commas: blanks belong to the elements, and an element cannot
// contain a comma. The empty text is the empty array.
func Convert(t gatewright.DataType, text string) (any, error) {
	if len(text) > MaxBodyBytes {
		return nil, Faultf(TooLarge, "", "the value has %d bytes; at most %d are allowed", len(text), MaxBodyBytes)
	}
	v, f := convertText(t, text)
	if f != nil {
		return nil, f
	}
	return v, nil
}

func convertText(t gatewright.DataType, text string) (any, *Fault) {
	if t.IsArray() {
		if strings.HasPrefix(text, "[") {
			tree, f := readJSON([]byte(text))
			if f != nil {
				return nil, f
			}
			return convertTree(t, tree)
		}
		if t.Element() == gatewright.TypeJSON {
			return nil, Faultf(WrongType, "", "%q is not a JSON array", clip(text))
		}
		return convertCommas(t, text)
	}
	if t == gatewright.TypeJSON {
		tree, f := readJSON([]byte(text))
		if f != nil {
			return nil, f
		}
		return convertTree(t, tree)
	}
	return convertScalar(t, text)
}

// convertCommas splits at every comma and trims nothing: both are documented
// pitfalls of the data service, and callers rely on them.
func convertCommas(t gatewright.DataType, text string) (any, *Fault) {
	if text == "" {
		return []any{}, nil
	}
	if n := strings.Count(text, ",") + 1; n > MaxItems {
		return nil, Faultf(TooLarge, "", "the list has %d elements; at most %d are allowed", n, MaxItems)
	}
	list := []any{}
	for part := range strings.SplitSeq(text, ",") {
		v, f := convertText(t.Element(), part)
		if f != nil {
			if part != strings.TrimSpace(part) {
				f.Err.Message += "; blanks around commas belong to the elements, a JSON array avoids that"
			}
			return nil, element(len(list), f)
		}
		list = append(list, v)
	}
	return list, nil
}

func element(i int, f *Fault) *Fault {
	f.Err.Message = fmt.Sprintf("element %d: %s", i+1, f.Err.Message)
	return f
}

// convertTree turns parsed JSON into a value of type t.
func convertTree(t gatewright.DataType, tree any) (any, *Fault) {
	if tree == nil {
		return nil, nil
	}
	if t == gatewright.TypeJSON {
		return plain(tree)
	}
	if t.IsArray() {
		return convertList(t, tree)
	}
	switch tree := tree.(type) {
	case bool:
		if t == gatewright.TypeBool {
			return tree, nil
		}
	case json.Number:
		if t == gatewright.TypeInt || t == gatewright.TypeFloat || t == gatewright.TypeDecimal {
			return convertScalar(t, tree.String())
		}
		if t == gatewright.TypeString {
			return nil, Faultf(WrongType, "", "%s is a number where a text is expected; write it in quotes", clip(tree.String()))
		}
	case string:
		return convertScalar(t, tree)
	}
	return nil, Faultf(WrongType, "", "%s is not of type %s", describe(tree), t)
}

func convertList(t gatewright.DataType, tree any) (any, *Fault) {
	switch tree := tree.(type) {
	case string:
		if t.Element() != gatewright.TypeJSON {
			return convertCommas(t, tree)
		}
	case []any:
		list := make([]any, len(tree))
		for i, e := range tree {
			if e == nil {
				return nil, Faultf(WrongType, "", "element %d is null, which no comparison matches; leave it out", i+1)
			}
			v, f := convertTree(t.Element(), e)
			if f != nil {
				return nil, element(i, f)
			}
			list[i] = v
		}
		return list, nil
	}
	return nil, Faultf(WrongType, "", "%s is not of type %s", describe(tree), t)
}

// plain keeps the structure of JSON and makes exact numbers of its numbers.
func plain(tree any) (any, *Fault) {
	switch tree := tree.(type) {
	case json.Number:
		d, ok := ParseDecimal(tree.String())
		if !ok {
			return nil, Faultf(WrongType, "", "%s has more than %d digits", clip(tree.String()), MaxDigits)
		}
		if n, whole := d.Integer(); whole {
			return n, nil
		}
		return d, nil
	case string:
		return convertScalar(gatewright.TypeString, tree)
	case []any:
		for i, e := range tree {
			v, f := plain(e)
			if f != nil {
				return nil, f
			}
			tree[i] = v
		}
	case map[string]any:
		for k, e := range tree {
			v, f := plain(e)
			if f != nil {
				return nil, f
			}
			tree[k] = v
		}
	}
	return tree, nil
}

func convertScalar(t gatewright.DataType, text string) (any, *Fault) {
	if len(text) > MaxTextBytes {
		return nil, Faultf(TooLarge, "", "a text has %d bytes; at most %d are allowed", len(text), MaxTextBytes)
	}
	if !utf8.ValidString(text) {
		return nil, Faultf(WrongType, "", "the text is not valid UTF-8")
	}
	var v any
	var ok bool
	switch t {
	case gatewright.TypeBool:
		v, ok = text == "true", text == "true" || text == "false"
	case gatewright.TypeInt:
		var d Decimal
		if d, ok = ParseDecimal(text); ok {
			v, ok = d.Integer()
		}
	case gatewright.TypeDecimal:
		v, ok = ParseDecimal(text)
	case gatewright.TypeFloat:
		v, ok = parseFloat(text)
	case gatewright.TypeString:
		v, ok = text, true
	case gatewright.TypeDate:
		v, ok = parseDate(text)
	case gatewright.TypeTime:
		v, ok = parseTime(text)
	case gatewright.TypeDateTime:
		v, ok = parseDateTime(text)
	case gatewright.TypeUUID:
		v, ok = parseUUID(text)
	case gatewright.TypeBinary:
		b, err := base64.StdEncoding.Strict().DecodeString(text)
		v, ok = b, err == nil
	}
	if !ok {
		return nil, Faultf(WrongType, "", "%q is not %s", clip(text), expected(t))
	}
	return v, nil
}

// expected says how a value of type t is written.
func expected(t gatewright.DataType) string {
	switch t {
	case gatewright.TypeBool:
		return "a boolean; write true or false"
	case gatewright.TypeInt:
		return "a whole number of at most " + fmt.Sprint(MaxDigits) + " digits"
	case gatewright.TypeDecimal:
		return "a decimal number of at most " + fmt.Sprint(MaxDigits) + " digits"
	case gatewright.TypeFloat:
		return "a number in the range of a double"
	case gatewright.TypeDate:
		return "a date; write it like 2006-01-02"
	case gatewright.TypeTime:
		return "a time; write it like 15:04:05"
	case gatewright.TypeDateTime:
		return "a date and time; write it like 2006-01-02 15:04:05 or 2006-01-02T15:04:05Z"
	case gatewright.TypeUUID:
		return "a UUID"
	case gatewright.TypeBinary:
		return "base64"
	}
	return "of type " + string(t)
}

// describe names a JSON value without showing all of it.
func describe(tree any) string {
	switch tree := tree.(type) {
	case bool:
		return fmt.Sprint(tree)
	case json.Number:
		return clip(tree.String())
	case string:
		return fmt.Sprintf("%q", clip(tree))
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "null"
}
