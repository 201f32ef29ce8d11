package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Limits of claims that are looked at.
const (
	MaxClaimGroups = 1000 // of one person
	maxClaimLength = 1000 // bytes of a text
)

// claims are what a provider says of a person.
type claims map[string]json.RawMessage

// text returns a claim that is a text of bearable length, else "".
func (c claims) text(name string) string {
	var s string
	if json.Unmarshal(c[name], &s) != nil || len(s) > maxClaimLength {
		return ""
	}
	return s
}

// yes reports whether a claim is true; some providers write "true".
func (c claims) yes(name string) bool {
	var b bool
	return json.Unmarshal(c[name], &b) == nil && b || c.text(name) == "true"
}

// texts returns a claim that is a list of texts, or a single one. A claim of
// any other form, or with more than [MaxClaimGroups], is an error: rights that
// are left out silently would be looked for in the wrong place.
func (c claims) texts(name string) ([]string, error) {
	raw, ok := c[name]
	if !ok || string(raw) == "null" {
		return nil, nil
	}
	if s := c.text(name); s != "" {
		return []string{s}, nil
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, refused(fmt.Sprintf("the claim %q is not a list of texts", name), nil)
	}
	if len(list) > MaxClaimGroups {
		return nil, refused(fmt.Sprintf("the claim %q has %d entries; at most %d are allowed", name, len(list), MaxClaimGroups), nil)
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// add adds the claims that c does not have. That an address is verified is
// true of the address it came with only.
func (c claims) add(more claims) {
	if _, ok := c["email"]; ok {
		more = maps.Clone(more)
		delete(more, "email_verified")
	}
	for name, value := range more {
		if _, ok := c[name]; !ok {
			c[name] = value
		}
	}
}
