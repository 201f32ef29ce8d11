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
	return c.Upstream.Validate()
}

// Clone returns a deep copy.
func (c RuntimeConfig) Clone() RuntimeConfig {
	c.Hosts = slices.Clone(c.Hosts)
	c.Upstream.Nodes = slices.Clone(c.Upstream.Nodes)
	if d := c.Upstream.Discovery; d != nil {
		copied := *d
		c.Upstream.Discovery = &copied
	}
	return c
}
