package policy

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// MaxAddresses bounds each list of the policy ip-restriction.
const MaxAddresses = 10_000

// RestrictionConfig is the configuration of the policy "ip-restriction". A
// caller passes who is on no list of Deny and, unless Allow is empty, is on
// Allow. Who the caller is, the gateway's trusted proxies decide.
type RestrictionConfig struct {
	Allow []string `json:"allow,omitempty"` // addresses and CIDR prefixes
	Deny  []string `json:"deny,omitempty"`  // goes before Allow
}

func buildRestriction(config []byte) (Built, error) {
	var c RestrictionConfig
	if err := decode(config, &c); err != nil {
		return Built{}, err
	}
	if len(c.Allow)+len(c.Deny) == 0 {
		return Built{}, gatewright.FieldErrorf(pointer(), "it restricts nothing; give allow or deny")
	}
	allow, err := newPrefixSet("allow", c.Allow)
	if err != nil {
		return Built{}, err
	}
	deny, err := newPrefixSet("deny", c.Deny)
	if err != nil {
		return Built{}, err
	}
	refusal := &Answer{Status: 403, Cause: "address", Title: "The request comes from an address that may not call this API"}
	return Built{Request: func(c *Call) *Answer {
		if deny.has(c.Client) || len(allow) > 0 && !allow.has(c.Client) {
			return refusal
		}
		return nil
	}}, nil
}

// prefixSet holds prefixes by family and length: to look an address up takes a
// step for each length there is, not for each prefix.
type prefixSet []prefixesOf

type prefixesOf struct {
	four     bool // IPv4
	bits     int
	prefixes map[netip.Prefix]struct{}
}

func newPrefixSet(list string, texts []string) (prefixSet, error) {
	if len(texts) > MaxAddresses {
		return nil, gatewright.FieldErrorf(pointer(list), "%d addresses; at most %d are allowed", len(texts), MaxAddresses)
	}
	var set prefixSet
	for i, s := range texts {
		p, err := parsePrefix(s)
		if err != nil {
			return nil, gatewright.FieldErrorf(pointer(list, i), "%q is not an address or CIDR prefix, like 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32", s)
		}
		if p.Addr().Is4In6() {
			return nil, gatewright.FieldErrorf(pointer(list, i), "write %q as the IPv4 address it stands for", s)
		}
		if p != p.Masked() {
			return nil, gatewright.FieldErrorf(pointer(list, i), "%q has bits beyond its length; write %s, or the address alone", s, p.Masked())
		}
		set = set.with(p)
	}
	return set, nil
}

func parsePrefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		return netip.ParsePrefix(s)
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Prefix(a.BitLen()) // a zone has no place in a prefix and is dropped
}

func (s prefixSet) with(p netip.Prefix) prefixSet {
	i := slices.IndexFunc(s, func(o prefixesOf) bool { return o.four == p.Addr().Is4() && o.bits == p.Bits() })
	if i < 0 {
		i = len(s)
		s = append(s, prefixesOf{p.Addr().Is4(), p.Bits(), map[netip.Prefix]struct{}{}})
	}
	s[i].prefixes[p] = struct{}{}
	return s
}

func (s prefixSet) has(a netip.Addr) bool {
	a = a.Unmap()
	for i := range s {
		if s[i].four != a.Is4() {
			continue
		}
		if own, err := a.Prefix(s[i].bits); err == nil {
			if _, listed := s[i].prefixes[own]; listed {
				return true
			}
		}
	}
	return false
}
