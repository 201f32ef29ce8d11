package gatewright

import (
	"slices"
	"strings"
	"time"
)

// SlotKey names the place where one revision runs.
type SlotKey struct {
	Group GroupID `json:"group"`
	API   APIID   `json:"api"`
	Track string  `json:"track"`
}

// Slot is API × track × group: the place where one current revision runs.
type Slot struct {
	SlotKey
	Revision   RevisionID    `json:"revision,omitempty"` // "" when undeployed
	Version    string        `json:"version,omitempty"`  // that its gateways show; a revision may have been given one since
	Runtime    RuntimeConfig `json:"runtime"`
	Canary     *Canary       `json:"canary,omitempty"`
	Lifecycle  *Lifecycle    `json:"lifecycle,omitempty"`
	ConfigID   string        `json:"configId,omitempty"`   // of the publish that made the revision current here, "2026-11-21r0"
	Change     ChangeID      `json:"change,omitempty"`     // the change that altered it last
	Generation int64         `json:"generation,omitempty"` // of the group, made by that change
	Since      time.Time     `json:"since,omitzero"`       // when that change was activated
}

// SlotRun is one step of a slot's history: what a change made it run.
type SlotRun struct {
	Kind     ChangeKind
	Revision RevisionID // "" when the change undeployed it
}

// RuntimeConfig is the unversioned part of what a slot runs. It survives
// publish and rollback. The document's servers seed it at the first publish
// only.
type RuntimeConfig struct {
	Enabled        bool     `json:"enabled"`
	Hosts          []string `json:"hosts,omitempty"`          // empty means the group's hostnames
	PathPrefix     string   `json:"pathPrefix,omitempty"`     // canonical, in front of the base path
	KeepPathPrefix bool     `json:"keepPathPrefix,omitempty"` // send the prefix on to the upstream
	Upstream       Upstream `json:"upstream"`
	Access         Access   `json:"access,omitzero"`
}

// AccessMode says who may call.
type AccessMode string

// The modes of [Access].
const (
	AccessOpen AccessMode = ""    // anybody
	AccessApp  AccessMode = "app" // apps with a grant, by one of their keys
)

// DefaultKeyHeader is where a caller's key is looked for.
const DefaultKeyHeader = "X-API-Key"

// Access says who may call a slot and where the caller's key is. The key is
// never sent on to the upstream.
type Access struct {
	Mode   AccessMode `json:"mode,omitempty"`
	Header string     `json:"header,omitempty"` // "" for DefaultKeyHeader
	Query  string     `json:"query,omitempty"`  // query parameter to look at when the header is missing; "" for none
}

// Validate checks the form.
func (a Access) Validate() error {
	if a.Mode != AccessOpen && a.Mode != AccessApp {
		return FieldErrorf("access.mode", "access %q is neither open (\"\") nor %q", a.Mode, AccessApp)
	}
	if a.Header != "" {
		if err := checkToken("access.header", "header", a.Header); err != nil {
			return err
		}
	}
	if a.Query != "" {
		return checkToken("access.query", "query parameter", a.Query)
	}
	return nil
}

// Validate checks the configuration's form.
func (c *RuntimeConfig) Validate() error {
	if err := checkHosts("hosts", c.Hosts); err != nil {
		return err
	}
	if c.PathPrefix != "" {
		p, err := CanonicalBasePath(c.PathPrefix)
		if err != nil {
			return FieldErrorf("pathPrefix", "path prefix: %s", err)
		}
		if strings.Contains(p, "*") {
			return FieldErrorf("pathPrefix", "path prefix %q holds a *, which is no wildcard there", c.PathPrefix)
		}
		if p != c.PathPrefix || p == "/" {
			return FieldErrorf("pathPrefix", "path prefix %q is not canonical; it begins with / and does not end with it", c.PathPrefix)
		}
	}
	if err := c.Access.Validate(); err != nil {
		return err
	}
	return c.Upstream.Validate()
}

// ValidateFor checks the configuration's form for an API of that kind: one of
// data has no upstream, and a shared flow has nothing to configure.
func (c *RuntimeConfig) ValidateFor(kind Kind) error {
	switch kind {
	case KindFlow:
		return nil
	case KindData:
		if !c.Upstream.IsZero() || c.KeepPathPrefix {
			return FieldErrorf("upstream", "an API of data answers from its data source; it has no upstream")
		}
		checked := *c
		checked.Upstream = Upstream{Scheme: "http", Nodes: []Node{{Host: "localhost", Port: 1, Weight: 1}}} // which it has not
		return checked.Validate()
	}
	return c.Validate()
}

// Clone returns a deep copy.
func (c RuntimeConfig) Clone() RuntimeConfig {
	c.Hosts = slices.Clone(c.Hosts)
	c.Upstream = c.Upstream.Clone()
	return c
}
