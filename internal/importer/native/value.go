package native

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
)

// decoder reads values into Go types as their json tags name the members. It
// is strict: what a type does not have is refused.
type decoder struct {
	report   *doctree.Report
	bundle   *bundle
	file     *File
	failures int
}

func (d *decoder) failf(at doctree.Place, format string, args ...any) {
	d.failures++
	d.report.Errorf(at, format, args...)
}

// nullable is implemented by *[Section].
type nullable interface{ state(null bool) (value any) }

func (s *Section[T]) state(null bool) any {
	s.Stated, s.Value = true, nil
	if null {
		return nil
	}
	s.Value = new(T)
	return s.Value
}

// value reads n into what v points to.
func (d *decoder) value(n *doctree.Node, v any) {
	switch v := v.(type) {
	case nullable:
		if inner := v.state(n.Kind == doctree.Null); inner != nil {
			d.value(n, inner)
		}
		return
	case *json.RawMessage:
		*v = n.PlainJSON()
		return
	case **Document:
		*v = d.document(n)
		return
	case *gatewright.Node:
		*v = gatewright.Node{Weight: gatewright.DefaultWeight}
		textual(d, n, v, gatewright.ParseNode)
		return
	case *gatewright.Discovery:
		textual(d, n, v, func(s string) (gatewright.Discovery, error) {
			parsed, err := gatewright.ParseDiscovery(s)
			if err != nil {
				return gatewright.Discovery{}, err
			}
			return *parsed, nil
		})
		return
	case *time.Time:
		t, err := time.Parse(time.RFC3339, n.Text)
		if n.Kind != doctree.String || err != nil {
			d.failf(n.Place(), "%.100q is not a time; write it like 2026-11-21T12:00:00Z", n.Text)
			return
		}
		*v = t.UTC()
		return
	case encoding.TextUnmarshaler:
		if !n.Scalar() {
			d.failf(n.Place(), "%s where text is wanted", n.Kind)
		} else if err := v.UnmarshalText([]byte(n.Text)); err != nil {
			d.failf(n.Place(), "%s", err)
		}
		return
	}
	d.plain(n, v)
}

// textual reads what is written as a text or member by member.
func textual[T any](d *decoder, n *doctree.Node, v *T, parse func(string) (T, error)) {
	if n.Kind == doctree.Mapping {
		d.members(n, v)
		return
	}
	if n.Kind != doctree.String {
		d.failf(n.Place(), "%s where text or a mapping is wanted", n.Kind)
		return
	}
	parsed, err := parse(n.Text)
	if err != nil {
		d.failf(n.Place(), "%s", err)
		return
	}
	*v = parsed
}

// plain reads by the Go kind of what v points to.
func (d *decoder) plain(n *doctree.Node, v any) {
	before := d.failures
	to := reflect.ValueOf(v).Elem()
	switch to.Kind() {
	case reflect.Pointer:
		if n.Kind == doctree.Null {
			to.SetZero()
			return
		}
		to.Set(reflect.New(to.Type().Elem()))
		d.value(n, to.Interface())
	case reflect.Struct:
		d.members(n, v)
	case reflect.Slice:
		d.list(n, to)
	case reflect.Map:
		d.mapping(n, to)
	default:
		d.scalar(n, to)
	}
	if d.failures == before {
		d.validate(n, v)
	}
}

func (d *decoder) scalar(n *doctree.Node, to reflect.Value) {
	wrong := func(wanted string) { d.failf(n.Place(), "%s where %s is wanted", n.Kind, wanted) }
	switch to.Kind() {
	case reflect.String:
		if n.Kind != doctree.String && n.Kind != doctree.Number {
			wrong("text") // a number is taken as it is written: version: 1.10
			return
		}
		to.SetString(n.Text)
	case reflect.Bool:
		if n.Kind != doctree.Bool {
			wrong("true or false")
			return
		}
		to.SetBool(n.Text == "true")
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(n.Text, 10, 64)
		if n.Kind != doctree.Number || err != nil {
			d.failf(n.Place(), "%.50q is not a whole number", n.Text)
			return
		}
		to.SetInt(i)
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Text, 64)
		if n.Kind != doctree.Number || err != nil || math.IsInf(f, 0) {
			d.failf(n.Place(), "%.50q is not a number", n.Text)
			return
		}
		to.SetFloat(f)
	default:
		d.failf(n.Place(), "this build cannot read a %s", to.Type())
	}
}

func (d *decoder) list(n *doctree.Node, to reflect.Value) {
	if to.Type().Elem().Kind() == reflect.Uint8 { // bytes, as JSON has them
		b, err := base64.StdEncoding.DecodeString(n.Text)
		if n.Kind != doctree.String || err != nil {
			d.failf(n.Place(), "this is not base64")
			return
		}
		to.SetBytes(b)
		return
	}
	if n.Kind != doctree.List {
		d.failf(n.Place(), "%s where a list is wanted", n.Kind)
		return
	}
	to.Set(reflect.MakeSlice(to.Type(), len(n.Items), len(n.Items)))
	for i, item := range n.Items {
		d.value(item, to.Index(i).Addr().Interface())
	}
}

func (d *decoder) mapping(n *doctree.Node, to reflect.Value) {
	if n.Kind != doctree.Mapping {
		d.failf(n.Place(), "%s where a mapping is wanted", n.Kind)
		return
	}
	to.Set(reflect.MakeMapWithSize(to.Type(), len(n.Members)))
	for i := range n.Members {
		value := reflect.New(to.Type().Elem())
		d.value(n.Members[i].Value, value.Interface())
		to.SetMapIndex(reflect.ValueOf(n.Members[i].Key).Convert(to.Type().Key()), value.Elem())
	}
}

// members reads a mapping into the struct v points to, besides members that
// the caller reads.
func (d *decoder) members(n *doctree.Node, v any, others ...string) {
	if n.Kind != doctree.Mapping {
		d.failf(n.Place(), "%s where a mapping is wanted", n.Kind)
		return
	}
	prefill(v)
	fields := fieldsOf(reflect.ValueOf(v).Elem())
	for i := range n.Members {
		m := &n.Members[i]
		f := findField(fields, m.Key)
		switch {
		case f != nil:
			d.value(m.Value, f.value.Addr().Interface())
		case !slices.Contains(others, m.Key):
			d.failf(n.KeyPlace(m), "unknown member %.100q; the members here are %s", m.Key, strings.Join(append(others[:len(others):len(others)], names(fields)...), ", "))
		}
	}
}

// prefill sets what holds where a member is left out.
func prefill(v any) {
	switch v := v.(type) {
	case *gatewright.RuntimeConfig:
		v.Enabled = true
	case *gatewright.Upstream:
		v.Scheme = "http"
	case *Canary:
		v.Enabled = true
	case *DataCanary:
		v.Enabled = true
	case *DataRuntime:
		v.Enabled = true
	case *Registry:
		v.Type = gatewright.RegistryDNS
	}
}

// validate checks what a type can check of itself. Settings of a group are
// left to the control plane, which knows its stage.
func (d *decoder) validate(n *doctree.Node, v any) {
	var err error
	switch v := v.(type) {
	case *gatewright.RuntimeConfig:
		c := v.Clone()
		if c.Upstream.Scheme == "" { // left out: it stays what it is
			c.Upstream = gatewright.Upstream{Scheme: "http", Nodes: []gatewright.Node{{Host: "localhost", Port: 1, Weight: 1}}}
		}
		err = c.Validate()
	case *gatewright.Definition, *DataContent: // told when it is imported
	case interface{ Validate() error }:
		err = v.Validate()
	}
	if err != nil {
		d.failf(n.Place(), "%s", err)
	}
}

// document reads "./file", {file, name}, {name, text} or {name, base64}.
func (d *decoder) document(n *doctree.Node) *Document {
	var form struct {
		File   string  `json:"file"`
		Name   string  `json:"name"`
		Text   *string `json:"text"`
		Base64 []byte  `json:"base64"`
	}
	doc := &Document{At: d.report.At(n.Place())}
	if n.Kind == doctree.String {
		form.File = n.Text
	} else {
		before := d.failures
		d.members(n, &form)
		if d.failures > before {
			return doc
		}
	}
	doc.Name = form.Name
	switch {
	case form.File != "" && form.Text == nil && form.Base64 == nil:
		name, file := d.bundle.resolve(d.file.Name, form.File)
		if name == "" {
			d.failf(n.Place(), "document %.200q leads out of the directory; name a file in it, from where this file is", form.File)
			return doc
		}
		if file == nil {
			d.failf(n.Place(), "document %.200q is not among the files", form.File)
			return doc
		}
		d.bundle.used[name] = true
		doc.File, doc.Text = name, file.Text
	case form.File == "" && form.Text != nil && form.Base64 == nil:
		doc.Text = []byte(*form.Text)
	case form.File == "" && form.Text == nil && form.Base64 != nil:
		doc.Text = form.Base64
	default:
		d.failf(n.Place(), "a document has one of file, text and base64")
	}
	if doc.Name == "" && doc.File == "" {
		doc.Name = "openapi.yaml"
	}
	return doc
}

// field is a member of a struct.
type field struct {
	name  string
	omit  bool // when it is empty
	value reflect.Value
}

// fieldsOf lists the members of a struct in their order, those of embedded
// structs in their place.
func fieldsOf(v reflect.Value) []field {
	var fields []field
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag := f.Tag.Get("json")
		switch {
		case f.Anonymous && tag == "":
			fields = append(fields, fieldsOf(v.Field(i))...)
			continue
		case !f.IsExported() || tag == "-" || tag == "":
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		fields = append(fields, field{name, strings.Contains(options, "omit"), v.Field(i)})
	}
	return fields
}

func findField(fields []field, name string) *field {
	for i := range fields {
		if fields[i].name == name {
			return &fields[i]
		}
	}
	return nil
}

func names(fields []field) []string {
	var all []string
	for i := range fields {
		all = append(all, fields[i].name)
	}
	return all
}
