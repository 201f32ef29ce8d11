package gateway

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
	"github.com/gatewright/gatewright/internal/gateway/match"
)

// fullShare is the share of all requests.
const fullShare = 10_000

// canary is a slot's second side, and which requests take it.
type canary struct {
	side
	share uint64 // of fullShare requests that meet the conditions
	match []condition
	key   string // source of what a caller is recognised by; "" decides each request anew
	name  string // of the header, parameter or cookie
	basis uint64 // hash of the slot's key, so that not every slot picks the same callers
}

// condition is one that a request must meet.
type condition struct {
	source, name string
	values       []string
	prefixes     []netip.Prefix // the values of an address
}

func newCanary(key gatewright.Key, r *gatewright.CanaryResource) *canary {
	c := &canary{share: uint64(r.Share), basis: hashString(hashSeed, string(key))}
	c.key, c.name, _ = strings.Cut(r.Key, ":")
	for _, m := range r.Match {
		d := condition{source: m.Source, name: m.Name, values: m.Values}
		if m.Source == "address" {
			for _, v := range m.Values {
				if p, err := gatewright.ParsePrefix(v); err == nil { // checked before
					d.prefixes = append(d.prefixes, p)
				}
			}
		}
		c.match = append(c.match, d)
	}
	return c
}

func checkCanary(c *gatewright.CanaryResource) error {
	if err := checkRef(c.RevisionRef); err != nil {
		return err
	}
	if c.Share < 0 || c.Share > fullShare {
		return gatewright.Errorf(gatewright.Invalid, "the canary's share %d is not between 0 and %d", c.Share, fullShare)
	}
	for i := range c.Match {
		if err := c.Match[i].Validate(); err != nil {
			return err
		}
	}
	if err := gatewright.CheckCanaryKey(c.Key); err != nil {
		return err
	}
	if c.Upstream != nil {
		return c.Upstream.Validate()
	}
	return nil
}

// Choose implements [match.Chooser]. It remembers the slot of the first route
// that belongs to the side the request does not take.
func (c *call) Choose(r *route) match.Side {
	s := c.runtime.seats.at(r.seat)
	side := currentSide
	if c.sideOf(s) != &s.current {
		side = canarySide
	}
	if side != r.side && c.lacking == nil {
		c.lacking = s
	}
	return side
}

// sideOf returns the side of s that the request takes. Asked again it says the
// same.
func (c *call) sideOf(s *liveSlot) *side {
	if s.canary == nil {
		return &s.current
	}
	if c.chosen.slot != s {
		c.chosen.slot, c.chosen.side = s, &s.current
		if c.takesCanary(s) {
			c.chosen.side = &s.canary.side
		}
	}
	return c.chosen.side
}

func (c *call) takesCanary(s *liveSlot) bool {
	k := s.canary
	if k.share == 0 {
		return false
	}
	for i := range k.match {
		if !c.meets(s, &k.match[i]) {
			return false
		}
	}
	return k.share >= fullShare || c.lot(s)%fullShare < k.share
}

// meets reports whether the request meets a condition.
func (c *call) meets(s *liveSlot, d *condition) bool {
	switch d.source {
	case "header":
		for i := range c.ex.Header.Len() {
			if f := c.ex.Header.At(i); exchange.EqualName(f.Name, d.name) && slices.Contains(d.values, f.Value) {
				return true
			}
		}
	case "query":
		q := query{c.ex.Query}
		for name, value, ok := q.next(); ok; name, value, ok = q.next() {
			if equalDecoded(name, d.name) && slices.ContainsFunc(d.values, func(v string) bool { return equalDecoded(value, v) }) {
				return true
			}
		}
	case "app":
		if app := c.identify(s).app; app != nil {
			return slices.Contains(d.values, app.resource.Name)
		}
	case "address":
		a := clientAddr(c.ex)
		return slices.ContainsFunc(d.prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	return false
}

// lot returns the number that decides on the request's side: always the same
// for a caller that is recognised, else any.
func (c *call) lot(s *liveSlot) uint64 {
	k := s.canary
	h := k.basis
	switch k.key {
	case "":
		if !c.drawn {
			c.drawn, c.draw = true, c.g.random()
		}
		return finishHash(h ^ c.draw)
	case "app":
		if app := c.identify(s).app; app != nil {
			return finishHash(hashString(h, string(app.resource.ID)))
		}
	case "header":
		if v, ok := c.ex.Header.Lookup(k.name); ok {
			return finishHash(hashString(h, v))
		}
	case "query":
		q := query{c.ex.Query}
		for name, value, ok := q.next(); ok; name, value, ok = q.next() {
			if equalDecoded(name, k.name) {
				return finishHash(hashDecoded(h, value))
			}
		}
	case "cookie":
		if v, ok := cookie(&c.ex.Header, k.name); ok {
			return finishHash(hashString(h, v))
		}
	}
	for _, b := range clientAddr(c.ex).As16() {
		h = hashByte(h, b)
	}
	return finishHash(h)
}

// clientAddr returns who asks, as the gateway sees it.
func clientAddr(ex *exchange.Exchange) netip.Addr {
	a := ex.ClientAddr
	if !a.IsValid() {
		a = ex.RemoteAddr.Addr()
	}
	if !a.IsValid() {
		return netip.IPv6Unspecified()
	}
	return a.Unmap().WithZone("")
}

// cookie returns the value of the first cookie of that name.
func cookie(h *exchange.Header, name string) (string, bool) {
	for i := range h.Len() {
		f := h.At(i)
		if !exchange.EqualName(f.Name, "Cookie") {
			continue
		}
		for rest := f.Value; rest != ""; {
			var pair string
			pair, rest, _ = strings.Cut(rest, ";")
			if n, v, ok := strings.Cut(strings.Trim(pair, " \t"), "="); ok && n == name {
				return v, true
			}
		}
	}
	return "", false
}

// hashSeed and hashPrime are those of FNV-1a with 64 bits. The hash must be the
// same on all gateways and in all their versions: it says on which side a
// caller is.
const (
	hashSeed  uint64 = 14695981039346656037
	hashPrime uint64 = 1099511628211
)

func hashByte(h uint64, b byte) uint64 { return (h ^ uint64(b)) * hashPrime }

func hashString(h uint64, s string) uint64 {
	for i := range len(s) {
		h = hashByte(h, s[i])
	}
	return h
}

// hashDecoded is hashString of what raw means.
func hashDecoded(h uint64, raw string) uint64 {
	for i := 0; i < len(raw); {
		var b byte
		b, i = decodeByte(raw, i)
		h = hashByte(h, b)
	}
	return h
}

// finishHash spreads what differs in few bits over all of them.
func finishHash(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
