package gatewright

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
)

// Limits of policies.
const (
	MaxPolicies          = 64        // of one API, one route or one flow
	MaxPolicyConfigBytes = 256 << 10 // of one policy's configuration
)

// Policy is a configured behaviour: what is done to the requests of an API or
// route and to their responses. It is part of the definition, so it is
// versioned with it.
type Policy struct {
	Name   string          `json:"name,omitempty"` // what findings and logs call it; "" is its type
	Type   string          `json:"type"`           // "headers"; what gateways know is in package policy
	Config json.RawMessage `json:"config,omitempty"`
}

var policyType = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// CheckPolicyType reports whether name can be a type of policy: lower-case
// words of letters and digits with single hyphens between, at most 64 bytes.
func CheckPolicyType(name string) error {
	if len(name) > 64 || !policyType.MatchString(name) {
		return FieldErrorf("type", "%q is not a type of policy: lower-case letters and digits, with single hyphens between", name)
	}
	return nil
}

// Label returns what to call the policy in text.
func (p *Policy) Label() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Type
}

// Validate checks the form. Whether the configuration is one of the policy's
// type is for package policy to say.
func (p *Policy) Validate() error {
	if p.Name != "" {
		if err := CheckName("policy name", p.Name); err != nil {
			return err
		}
	}
	if err := CheckPolicyType(p.Type); err != nil {
		return err
	}
	if len(p.Config) > MaxPolicyConfigBytes {
		return Errorf(LimitExceeded, "the configuration of policy %s has %d bytes; at most %d are allowed", p.Label(), len(p.Config), MaxPolicyConfigBytes)
	}
	if c := bytes.TrimSpace(p.Config); len(c) > 0 && (!json.Valid(c) || c[0] != '{') {
		return FieldErrorf("config", "the configuration of policy %s is not a JSON object", p.Label())
	}
	return nil
}

// PolicyTypes returns the types of the policies of the definition and its
// routes, each once, sorted.
func (d *Definition) PolicyTypes() []string {
	var types []string
	add := func(policies []Policy) {
		for i := range policies {
			types = append(types, policies[i].Type)
		}
	}
	add(d.Policies)
	for i := range d.Routes {
		add(d.Routes[i].Policies)
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// checkPolicies checks the form of a list of policies.
func checkPolicies(policies []Policy) error {
	if len(policies) > MaxPolicies {
		return FieldErrorf("policies", "%d policies; at most %d are allowed in one place", len(policies), MaxPolicies)
	}
	for i := range policies {
		if err := policies[i].Validate(); err != nil {
			return err
		}
	}
	return nil
}
