package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// Limits of the policy headers.
const (
	MaxHeaderFields     = 64   // of one list
	MaxHeaderValueBytes = 4096 // of one value, as it is configured
)

// HeadersConfig is the configuration of the policy "headers": fields are
// removed first, then set, then added. Values may hold variables.
type HeadersConfig struct {
	Request  HeaderEdit `json:"request,omitzero"`
	Response HeaderEdit `json:"response,omitzero"`
}

// HeaderEdit alters header fields.
type HeaderEdit struct {
	Remove []string          `json:"remove,omitempty"`
	Set    map[string]string `json:"set,omitempty"` // replaces all fields of the name
	Add    map[string]string `json:"add,omitempty"` // beside those there are
}

// edit is a HeaderEdit ready to act.
type edit struct {
	remove   []string
	set, add []field
}

type field struct {
	name  string
	value text
}

func buildHeaders(config []byte) (Built, error) {
	var c HeadersConfig
	if err := decode(config, &c); err != nil {
		return Built{}, err
	}
	request, err := c.Request.build("request")
	if err != nil {
		return Built{}, err
	}
	response, err := c.Response.build("response")
	if err != nil {
		return Built{}, err
	}
	if request == nil && response == nil {
		return Built{}, gatewright.FieldErrorf(pointer(), "it alters nothing; give request or response with set, add or remove")
	}
	var b Built
	if request != nil {
		b.Request = func(c *Call) *Answer { request.apply(c, c.Request); return nil }
	}
	if response != nil {
		b.Response = func(c *Call) { response.apply(c, c.Response) }
	}
	return b, nil
}

// build returns nil for an edit that does nothing.
func (e *HeaderEdit) build(where string) (*edit, error) {
	if len(e.Remove)+len(e.Set)+len(e.Add) == 0 {
		return nil, nil
	}
	if n := max(len(e.Remove), len(e.Set), len(e.Add)); n > MaxHeaderFields {
		return nil, gatewright.FieldErrorf(pointer(where), "%d fields; at most %d are allowed in one list", n, MaxHeaderFields)
	}
	for i, name := range e.Remove {
		if err := checkField(pointer(where, "remove", i), name); err != nil {
			return nil, err
		}
	}
	set, err := fields(pointer(where, "set"), e.Set)
	if err != nil {
		return nil, err
	}
	add, err := fields(pointer(where, "add"), e.Add)
	return &edit{e.Remove, set, add}, err
}

// fields returns the fields of a map, which is at that pointer, in the order of
// their names.
func fields(at string, values map[string]string) ([]field, error) {
	var all []field
	for _, name := range slices.Sorted(maps.Keys(values)) {
		at := at + "/" + escape(name)
		if err := checkField(at, name); err != nil {
			return nil, err
		}
		value := values[name]
		if len(value) > MaxHeaderValueBytes {
			return nil, gatewright.FieldErrorf(at, "the value has %d bytes; at most %d are allowed", len(value), MaxHeaderValueBytes)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) || strings.Trim(value, " \t") != value {
			return nil, gatewright.FieldErrorf(at, "%q may not stand in a header field: it has a control character, or a space at an end", value)
		}
		t, err := parseText(at, value)
		if err != nil {
			return nil, err
		}
		all = append(all, field{name, t})
	}
	return all, nil
}

// reserved are fields that belong to the connection, to the message's framing
// or to the gateway: setting them would be ignored, or would lie.
var reserved = []string{
	"Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
	"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Request-Id",
	"Gatewright-App", "Gatewright-App-Id", "Gatewright-Revision",
}

func checkField(at, name string) error {
	if !validFieldName(name) {
		return gatewright.FieldErrorf(at, "%q is not the name of a header field", name)
	}
	if slices.ContainsFunc(reserved, func(r string) bool { return strings.EqualFold(r, strings.ReplaceAll(name, "_", "-")) }) {
		return gatewright.FieldErrorf(at, "the field %s is the gateway's own; policies leave it alone", name)
	}
	return nil
}

// validFieldName reports whether name is a token (RFC 9110 §5.6.2).
func validFieldName(name string) bool {
	if name == "" || len(name) > 256 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return true
}

// apply edits fields. What a variable makes of a value that may not stand in a
// field, an app's name in another script for example, leaves the field out.
func (e *edit) apply(c *Call, to Fields) {
	for _, name := range e.remove {
		to.Del(name)
	}
	for i := range e.set {
		to.Del(e.set[i].name)
		to.Add(e.set[i].name, e.set[i].value.of(c))
	}
	for i := range e.add {
		to.Add(e.add[i].name, e.add[i].value.of(c))
	}
}
