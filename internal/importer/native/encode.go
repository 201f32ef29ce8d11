package native

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/gatewright/gatewright"
)

// Format is a notation of files.
type Format string

// The formats.
const (
	YAML Format = "yaml"
	JSON Format = "json"
)

// ParseFormat reads "yaml" or "json".
func ParseFormat(s string) (Format, error) {
	if f := Format(s); f == YAML || f == JSON {
		return f, nil
	}
	return "", gatewright.FieldErrorf("format", "format %q is not yaml or json", s)
}

// Encode returns the things as one file, sorted: YAML documents one after the
// other, or a JSON list. Equal things give equal bytes.
func Encode(list []Thing, format Format) ([]byte, error) {
	list = sorted(list)
	var trees []*yaml.Node
	for i := range list {
		trees = append(trees, treeOf(list[i].Spec))
	}
	if format == JSON {
		all := &yaml.Node{Kind: yaml.SequenceNode, Content: trees}
		return encodeJSON(all)
	}
	return encodeYAML(trees)
}

// EncodeOne returns one thing as a file of its own.
func EncodeOne(spec Spec, format Format) ([]byte, error) {
	if format == JSON {
		return encodeJSON(treeOf(spec))
	}
	return encodeYAML([]*yaml.Node{treeOf(spec)})
}

func encodeYAML(trees []*yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	for _, tree := range trees {
		if err := enc.Encode(tree); err != nil {
			return nil, fmt.Errorf("encode YAML: %w", err)
		}
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("encode YAML: %w", err)
	}
	return b.Bytes(), nil
}

func encodeJSON(tree *yaml.Node) ([]byte, error) {
	var b, indented bytes.Buffer
	if err := writeJSON(&b, tree); err != nil {
		return nil, err
	}
	if err := json.Indent(&indented, b.Bytes(), "", "  "); err != nil {
		return nil, fmt.Errorf("encode JSON: %w", err)
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}

func writeJSON(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeText(b, n.Content[i].Value); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := writeJSON(b, n.Content[i+1]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	default:
		if n.Tag == "!!str" {
			return writeText(b, n.Value)
		}
		b.WriteString(n.Value)
	}
	return nil
}

func writeText(b *bytes.Buffer, s string) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	b.Truncate(b.Len() - 1) // the line break behind it
	return nil
}

// treeOf returns the document of a thing.
func treeOf(spec Spec) *yaml.Node {
	head := []*yaml.Node{text("apiVersion"), text(Version), text("kind"), text(spec.Kind())}
	tree := encodeValue(reflect.ValueOf(spec).Elem())
	tree.Content = append(head, tree.Content...)
	return tree
}

// encodeValue is the inverse of [decoder.value].
func encodeValue(v reflect.Value) *yaml.Node {
	switch x := v.Interface().(type) {
	case json.RawMessage:
		return encodeRaw(x)
	case *Document:
		return encodeValue(reflect.ValueOf(x.encode()))
	case gatewright.Node:
		if back, err := gatewright.ParseNode(x.String()); err == nil && back == x {
			return text(x.String())
		}
		return encodeStruct(v)
	case gatewright.Discovery:
		if back, err := gatewright.ParseDiscovery(x.String()); err == nil && *back == x {
			return text(x.String())
		}
		return encodeStruct(v)
	case stated:
		inner := x.stated()
		if !inner.IsValid() {
			return scalar("!!null", "null")
		}
		return encodeValue(inner)
	case time.Time:
		return text(x.UTC().Format(time.RFC3339Nano))
	case encoding.TextMarshaler:
		b, err := x.MarshalText()
		if err != nil {
			return text("") // no type in a specification fails
		}
		return text(string(b))
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return scalar("!!null", "null")
		}
		return encodeValue(v.Elem())
	case reflect.Struct:
		return encodeStruct(v)
	case reflect.Slice:
		return encodeList(v)
	case reflect.Map:
		return encodeMap(v)
	case reflect.Bool:
		return scalar("!!bool", strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int64:
		return scalar("!!int", strconv.FormatInt(v.Int(), 10))
	case reflect.Float64:
		return number(v.Float())
	}
	return text(v.String())
}

// stated is implemented by [Section].
type stated interface{ stated() reflect.Value }

func (s Section[T]) stated() reflect.Value {
	if s.Value == nil {
		return reflect.Value{}
	}
	return reflect.ValueOf(s.Value).Elem()
}

func encodeStruct(v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range fieldsOf(v) {
		if f.omit && empty(f.value) {
			continue
		}
		n.Content = append(n.Content, text(f.name), encodeValue(f.value))
	}
	return short(n)
}

func empty(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
		return z.IsZero()
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

func encodeList(v reflect.Value) *yaml.Node {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return text(base64.StdEncoding.EncodeToString(v.Bytes()))
	}
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for i := range v.Len() {
		n.Content = append(n.Content, encodeValue(v.Index(i)))
	}
	return short(n)
}

func encodeMap(v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	values := map[string]reflect.Value{}
	for key, value := range v.Seq2() {
		values[key.String()] = value
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		n.Content = append(n.Content, text(key), encodeValue(values[key]))
	}
	return short(n)
}

// short writes what is empty as [] or {}.
func short(n *yaml.Node) *yaml.Node {
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

func number(f float64) *yaml.Node {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if strings.Contains(s, ".") {
		return scalar("!!float", s)
	}
	return scalar("!!int", s)
}

// text returns s as a scalar. Lines are written as lines where that cannot
// lose anything.
func text(s string) *yaml.Node {
	n := scalar("!!str", s)
	switch {
	case strings.Contains(s, "\n") && !unicode.IsSpace(rune(s[0])) && !strings.ContainsFunc(s, unsafeInBlock):
		n.Style = yaml.LiteralStyle
	case strings.ContainsFunc(s, func(r rune) bool { return r == '\n' || unsafeInBlock(r) }):
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// unsafeInBlock reports whether r would not survive where nothing can be
// escaped: other line breaks than \n, and what YAML calls not printable.
func unsafeInBlock(r rune) bool {
	return r != '\n' && r != '\t' && (!unicode.IsPrint(r) || r > 0xFFFF) && !unicode.Is(unicode.Zs, r)
}
