package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// Fields are the header fields of a request or response. Names compare without
// regard to case; Set and Add report whether name and value may stand in a
// message, and change nothing when they may not.
type Fields interface {
	Get(name string) string
	Set(name, value string) bool
	Add(name, value string) bool
	Del(name string)
}

// Call is what policies see of one request and its response. It belongs to the
// gateway; no part of it may be kept.
type Call struct {
	RequestID string
	Client    netip.Addr // who asks
	API       string     // name
	Version   string     // of the revision that answers, "" for none
	App       string     // name of the app that calls, "" when none is known
	Request   Fields     // that go to the upstream
	Response  Fields     // that go to the client
}

// Answer is what a policy answers a request with instead of its upstream.
type Answer struct {
	Status      int
	ContentType string // "" for none
	Body        []byte
	// Cause and Title make the answer a problem, in the form of all refusals of
	// the gateway, instead of ContentType and Body.
	Cause, Title string
}

// Built is a policy ready to act. A phase that is nil does nothing.
type Built struct {
	// Request acts on a request before it is sent on. When it returns an
	// answer, the request goes no further.
	Request func(*Call) *Answer
	// Response acts on the response's fields before they go to the client,
	// whether the response is the upstream's or the gateway's own.
	Response func(*Call)
	// Flow names the shared flow whose policies act in the place of this one,
	// which then has no phases; "" for a policy that acts by itself.
	Flow string
}

// Type is a type of policy.
type Type struct {
	Name  string
	build func(config []byte) (Built, error)
}

// Types lists the types there are, by name.
func Types() []Type {
	return []Type{
		{gatewright.PolicyFlow, buildFlow},
		{"headers", buildHeaders},
		{"ip-restriction", buildRestriction},
		{"respond", buildRespond},
	}
}

// Build builds a policy. The error is [gatewright.Invalid]; its Field is a
// JSON pointer into the policy, like /config/response/set.
func Build(p *gatewright.Policy) (Built, error) {
	if err := p.Validate(); err != nil {
		e := *gatewright.AsError(err)
		e.Field = "/" + e.Field
		return Built{}, &e
	}
	types := Types()
	i := slices.IndexFunc(types, func(t Type) bool { return t.Name == p.Type })
	if i < 0 {
		names := make([]string, len(types))
		for i, t := range types {
			names[i] = t.Name
		}
		return Built{}, gatewright.FieldErrorf("/type", "policies of type %q are not known to this version of Gatewright; it knows %s", p.Type, strings.Join(names, ", "))
	}
	b, err := types[i].build(p.Config)
	if err != nil {
		e := *gatewright.AsError(err)
		e.Message = fmt.Sprintf("policy %s: %s", p.Label(), e.Message)
		return Built{}, &e
	}
	return b, nil
}

// decode reads a configuration strictly. An absent one is empty.
func decode(config []byte, into any) error {
	if len(bytes.TrimSpace(config)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return gatewright.FieldErrorf("/config", "the configuration is wrong: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return gatewright.FieldErrorf("/config", "the configuration is more than one object")
	}
	return nil
}

// pointer returns a JSON pointer to a part of the configuration.
func pointer(steps ...any) string {
	var b strings.Builder
	b.WriteString("/config")
	for _, s := range steps {
		b.WriteByte('/')
		b.WriteString(escape(fmt.Sprint(s)))
	}
	return b.String()
}

// escape returns a step of a JSON pointer (RFC 6901 §3).
func escape(step string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(step) }
