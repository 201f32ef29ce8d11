package wire

import (
	"bytes"
	"encoding/json"

	"github.com/gatewright/gatewright"
)

// Runtime alters a runtime configuration; absent and null members stay as
// they are.
type Runtime struct {
	UpstreamPatch
	Hosts          *[]string          `json:"hosts,omitempty" doc:"Hosts the API listens to; none means those of the group."`
	PathPrefix     *string            `json:"pathPrefix,omitempty" doc:"In front of the base path; empty for none."`
	KeepPathPrefix *bool              `json:"keepPathPrefix,omitempty" doc:"Whether the prefix is sent on to the upstream."`
	Enabled        *bool              `json:"enabled,omitempty" doc:"Whether the API answers in the group."`
	Access         *gatewright.Access `json:"access,omitempty" doc:"Who may call, and where the caller's key is; replaces all of it."`
}

// UpstreamPatch alters where requests go; absent and null members stay as they are.
type UpstreamPatch struct {
	Nodes        Nodes                  `json:"nodes,omitempty" doc:"Replaces nodes or discovery."`
	Discovery    *Discovery             `json:"discovery,omitempty" doc:"Replaces nodes or discovery."`
	Scheme       *string                `json:"scheme,omitempty" enum:"http,https"`
	HostHeader   *gatewright.HostHeader `json:"hostHeader,omitempty" enum:",client,fixed" doc:"Which Host header the nodes see: their own name, the client's, or upstreamHost."`
	UpstreamHost *string                `json:"upstreamHost,omitempty" doc:"The Host header for hostHeader fixed."`
	Timeouts     *gatewright.Timeouts   `json:"timeouts,omitempty" doc:"Replaces all three; absent ones take their default."`
}

// Nodes are addresses of an upstream. In JSON each is "host:port" or
// "host:port@weight"; an object {"host", "port", "weight"} is read too.
type Nodes []gatewright.Node

// MarshalJSON implements json.Marshaler.
func (ns Nodes) MarshalJSON() ([]byte, error) {
	texts := make([]string, len(ns))
	for i, n := range ns {
		texts[i] = n.String()
	}
	return json.Marshal(texts)
}

// UnmarshalJSON implements json.Unmarshaler.
func (ns *Nodes) UnmarshalJSON(b []byte) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return gatewright.FieldErrorf("nodes", "nodes is not a list")
	}
	if raw == nil {
		return nil
	}
	*ns = make(Nodes, len(raw))
	for i := range raw {
		n, err := parseNode(raw[i])
		if err != nil {
			return err
		}
		(*ns)[i] = n
	}
	return nil
}

func parseNode(raw json.RawMessage) (gatewright.Node, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return gatewright.ParseNode(text)
	}
	n := gatewright.Node{Weight: gatewright.DefaultWeight}
	if err := decodeObject(raw, &n); err != nil {
		return n, gatewright.FieldErrorf("nodes", "node %s is neither \"host:port@weight\" nor {\"host\", \"port\", \"weight\"}", clip(raw))
	}
	return n, nil
}

// Discovery names a service in a registry. In JSON it is
// "registry/namespace/service"; an object with these members is read too.
type Discovery gatewright.Discovery

// MarshalJSON implements json.Marshaler.
func (d Discovery) MarshalJSON() ([]byte, error) {
	return json.Marshal((*gatewright.Discovery)(&d).String())
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *Discovery) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		parsed, err := gatewright.ParseDiscovery(text)
		if err != nil {
			return err
		}
		*d = Discovery(*parsed)
		return nil
	}
	if err := decodeObject(b, (*gatewright.Discovery)(d)); err != nil {
		return gatewright.FieldErrorf("discovery", "discovery %s is neither \"registry/namespace/service\" nor {\"registry\", \"namespace\", \"service\"}", clip(b))
	}
	return nil
}

// decodeObject decodes an object and refuses members it does not know: the
// strictness of an outer decoder does not reach into an UnmarshalJSON.
func decodeObject(b []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

// maxQuoted bounds, in bytes, the input that a message repeats.
const maxQuoted = 100

func clip(b []byte) string {
	if len(b) > maxQuoted {
		return string(bytes.ToValidUTF8(b[:maxQuoted], nil)) + "…"
	}
	return string(b)
}
