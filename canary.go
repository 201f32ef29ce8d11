package gatewright

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Limits of a canary.
const (
	MaxCanaryMatches = 16
	MaxCanaryValues  = 64 // values of one match
	MaxCanarySteps   = 20
	MaxCanaryHold    = 30 * 24 * time.Hour
	MaxDescription   = 1000 // bytes
)

// Canary sends a part of a slot's requests to another revision, to another
// upstream, or to both. It is a policy on a slot: the slot's current revision
// stays what it is until the canary is promoted.
type Canary struct {
	Name        string        `json:"name"`
	Description string        `json:"description,omitempty"`
	Revision    RevisionID    `json:"revision"` // may be the current one when Upstream differs
	Number      int           `json:"number"`
	Version     string        `json:"version,omitempty"`
	Hash        Hash          `json:"hash"`
	Upstream    *Upstream     `json:"upstream,omitempty"` // nil: the slot's own
	Percent     float64       `json:"percent"`            // of the requests that match, 0 to 100 in steps of 0.01
	Enabled     bool          `json:"enabled"`            // false sends everything to the current revision
	Match       []CanaryMatch `json:"match,omitempty"`    // a request takes part when it meets all; empty means every request
	Key         string        `json:"key,omitempty"`      // what keeps a caller on one side: see CheckCanaryKey; "" decides each request anew
	Steps       []CanaryStep  `json:"steps,omitempty"`    // shares to come, one after the other
	Since       time.Time     `json:"since,omitzero"`     // when the present share went live
}

// CanaryMatch is a condition on a request: one of the values must be equal.
type CanaryMatch struct {
	Source string   `json:"source"` // "header", "query", "app" (name), "address" (IP or CIDR)
	Name   string   `json:"name,omitempty"`
	Values []string `json:"values"`
}

// CanaryStep is a share to go to when the one before has been live for Hold.
type CanaryStep struct {
	Percent float64  `json:"percent"`
	Hold    Duration `json:"hold"` // how long the share before it is kept
}

// Label returns what to call the canary's content in text.
func (c *Canary) Label() string {
	return (&SlotContent{Version: c.Version, Number: c.Number}).Label()
}

// Due returns when the next step is to be taken; zero when there is none.
func (c *Canary) Due() time.Time {
	if c == nil || !c.Enabled || len(c.Steps) == 0 || c.Since.IsZero() {
		return time.Time{}
	}
	return c.Since.Add(time.Duration(c.Steps[0].Hold))
}

// Clone returns a deep copy.
func (c *Canary) Clone() *Canary {
	if c == nil {
		return nil
	}
	d := *c
	d.Steps = slices.Clone(c.Steps)
	d.Match = slices.Clone(c.Match)
	for i := range d.Match {
		d.Match[i].Values = slices.Clone(d.Match[i].Values)
	}
	if c.Upstream != nil {
		u := c.Upstream.Clone()
		d.Upstream = &u
	}
	return &d
}

// Validate checks the canary's form.
func (c *Canary) Validate() error {
	if err := CheckName("canary name", c.Name); err != nil {
		return err
	}
	if err := CheckText("description", c.Description, MaxDescription); err != nil {
		return err
	}
	if err := checkPercent("percent", c.Percent); err != nil {
		return err
	}
	if err := CheckCanaryKey(c.Key); err != nil {
		return err
	}
	if len(c.Match) > MaxCanaryMatches {
		return FieldErrorf("match", "%d conditions; at most %d are allowed", len(c.Match), MaxCanaryMatches)
	}
	for i := range c.Match {
		if err := c.Match[i].Validate(); err != nil {
			return err
		}
	}
	if len(c.Steps) > MaxCanarySteps {
		return FieldErrorf("steps", "%d steps; at most %d are allowed", len(c.Steps), MaxCanarySteps)
	}
	last := c.Percent
	for i, s := range c.Steps {
		if err := checkPercent("steps", s.Percent); err != nil {
			return err
		}
		if s.Percent <= last {
			return FieldErrorf("steps", "step %d goes to %g %%, which is not above the %g %% before it", i+1, s.Percent, last)
		}
		if s.Hold <= 0 || time.Duration(s.Hold) > MaxCanaryHold {
			return FieldErrorf("steps", "step %d is held for %s, which is not above 0 and at most %s", i+1, time.Duration(s.Hold), MaxCanaryHold)
		}
		last = s.Percent
	}
	if c.Upstream != nil {
		return c.Upstream.Validate()
	}
	return nil
}

func checkPercent(field string, p float64) error {
	if math.IsNaN(p) || math.Signbit(p) || p > 100 || math.Abs(p*100-math.Round(p*100)) > 1e-6 {
		return FieldErrorf(field, "%g is not a percentage from 0 to 100 with at most two decimals", p)
	}
	return nil
}

// CheckCanaryKey checks what a caller is recognised by: "" (nothing: each
// request is decided anew), "app", "address", "header:NAME", "query:NAME" or
// "cookie:NAME".
func CheckCanaryKey(key string) error {
	source, name, named := strings.Cut(key, ":")
	switch source {
	case "", "app", "address":
		if !named {
			return nil
		}
	case "header", "query", "cookie":
		if named {
			return checkToken("key", source, name)
		}
	}
	return FieldErrorf("key", "key %q is not app, address, header:NAME, query:NAME or cookie:NAME", key)
}

// Validate checks one condition.
func (m *CanaryMatch) Validate() error {
	if len(m.Values) == 0 || len(m.Values) > MaxCanaryValues {
		return FieldErrorf("match", "a condition has %d values; 1 to %d are allowed", len(m.Values), MaxCanaryValues)
	}
	for _, v := range m.Values {
		if err := CheckText("match", v, MaxDescription); err != nil {
			return err
		}
	}
	switch m.Source {
	case "header", "query":
		return checkToken("match", m.Source, m.Name)
	case "app", "address":
		if m.Name != "" {
			return FieldErrorf("match", "a condition on %s has no name; %q is given", m.Source, m.Name)
		}
		if m.Source == "app" {
			return nil
		}
		for _, v := range m.Values {
			if _, err := ParsePrefix(v); err != nil {
				return FieldErrorf("match", "%q is neither an IP address nor a CIDR block", v)
			}
		}
		return nil
	}
	return FieldErrorf("match", "a condition is on header, query, app or address, not on %q", m.Source)
}

// ParsePrefix reads an IP address or a CIDR block.
func ParsePrefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Unmap().Prefix(a.Unmap().BitLen())
}

// checkToken checks the name of a header, a query parameter or a cookie.
func checkToken(field, what, name string) error {
	const marks = "!#$%&'*+-.^_`|~"
	if name == "" || len(name) > 128 || strings.ContainsFunc(name, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(marks, r)
	}) {
		return FieldErrorf(field, "%q is not the name of a %s: 1 to 128 letters, digits and %s", name, what, marks)
	}
	return nil
}
