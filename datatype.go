package gatewright

import "strings"

// DataType is the type of a field of a table, of a parameter or of a returned
// column, the same for all databases. Besides the ones below there are arrays,
// "array<int>"; [ParseDataType] reads other names in use.
type DataType string

// The types of data.
const (
	TypeBool     DataType = "bool"
	TypeInt      DataType = "int"      // whole numbers of any size, every digit kept
	TypeFloat    DataType = "float"    // IEEE 754 binary64
	TypeDecimal  DataType = "decimal"  // every digit kept
	TypeString   DataType = "string"   // UTF-8
	TypeDate     DataType = "date"     // 2006-01-02
	TypeTime     DataType = "time"     // 15:04:05.999999
	TypeDateTime DataType = "datetime" // RFC 3339, or 2006-01-02 15:04:05.999999 without a zone
	TypeUUID     DataType = "uuid"
	TypeJSON     DataType = "json"
	TypeBinary   DataType = "binary" // base64 in JSON
)

// dataTypeNames maps the names that are read to types.
var dataTypeNames = map[string]DataType{
	"bool": TypeBool, "boolean": TypeBool,
	"int": TypeInt, "integer": TypeInt, "bigint": TypeInt, "smallint": TypeInt, "tinyint": TypeInt, "long": TypeInt,
	"float": TypeFloat, "double": TypeFloat, "real": TypeFloat,
	"decimal": TypeDecimal, "numeric": TypeDecimal,
	"string": TypeString, "text": TypeString, "varchar": TypeString, "char": TypeString,
	"date": TypeDate, "time": TypeTime,
	"datetime": TypeDateTime, "timestamp": TypeDateTime,
	"uuid": TypeUUID, "json": TypeJSON, "binary": TypeBinary,
}

// ParseDataType reads a type by one of its names, in any case; a date may have
// its form behind it in parentheses: "array<date(yyyy-MM-DD)>".
func ParseDataType(name string) (DataType, error) {
	plain := strings.ToLower(strings.TrimSpace(name))
	if inner, ok := strings.CutPrefix(plain, "array<"); ok {
		inner, ok = strings.CutSuffix(inner, ">")
		element, err := ParseDataType(inner)
		if !ok || err != nil || element.IsArray() {
			return "", FieldErrorf("type", "type %q is not array<T> of one of bool, int, float, decimal, string, date, time, datetime, uuid, json, binary", name)
		}
		return "array<" + element + ">", nil
	}
	if base, form, ok := strings.Cut(plain, "("); ok && strings.EqualFold(form, "yyyy-mm-dd)") && base == string(TypeDate) {
		plain = base
	}
	t, ok := dataTypeNames[plain]
	if !ok {
		return "", FieldErrorf("type", "type %q is not one of bool, int, float, decimal, string, date, time, datetime, uuid, json, binary and array<T>", name)
	}
	return t, nil
}

// Validate checks that t is a type in its one written form.
func (t DataType) Validate() error {
	if parsed, err := ParseDataType(string(t)); err != nil {
		return err
	} else if parsed != t {
		return FieldErrorf("type", "type %q is written %q", t, parsed)
	}
	return nil
}

// IsArray reports whether t is an array.
func (t DataType) IsArray() bool { return strings.HasPrefix(string(t), "array<") }

// Element returns the type of an array's elements; "" when t is no array.
func (t DataType) Element() DataType {
	if inner, ok := strings.CutPrefix(string(t), "array<"); ok {
		return DataType(strings.TrimSuffix(inner, ">"))
	}
	return ""
}
