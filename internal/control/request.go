package control

import (
	"slices"

	"github.com/gatewright/gatewright"
)

// MaxItems bounds the items of one change.
const MaxItems = 1000

// Request asks for a change of one group.
type Request struct {
	Kind  gatewright.ChangeKind
	Group string // name or ID
	Items []Item

	// Override lets a deploy replace another current revision.
	Override bool
	// AllowNoInstance accepts the change although no instance is reachable:
	// it waits for the first one.
	AllowNoInstance bool
}

// Item asks for one alteration. Which members count depends on the kind of
// the request.
type Item struct {
	// API is the name or ID of the API, or "name@track" when it has several
	// tracks. A publish with no API takes the definition's title.
	API string

	Definition *gatewright.Definition // publish
	Seed       *gatewright.Upstream   // publish: upstream of the document, used the first time only
	Findings   []gatewright.Finding   // publish: what the importer has to say
	Version    string                 // publish: the label; sync: the label for a revision without one
	Revision   string                 // deploy, rollback: version or number; for rollback "" means the one before
	From       string                 // sync: source group, name or ID

	Runtime  *RuntimePatch        // publish, deploy, sync, configure
	Registry *gatewright.Registry // configure: add or replace
	Remove   string               // configure: name of the registry to remove
}

// RuntimePatch alters a runtime configuration; nil members stay as they are.
type RuntimePatch struct {
	Nodes          []gatewright.Node // replaces nodes or discovery
	Discovery      *gatewright.Discovery
	Scheme         *string
	HostHeader     *gatewright.HostHeader
	Host           *string // of HostHeaderFixed
	Timeouts       *gatewright.Timeouts
	Hosts          *[]string
	PathPrefix     *string
	KeepPathPrefix *bool
}

// Empty reports whether the patch alters nothing.
func (p *RuntimePatch) Empty() bool {
	return p == nil || p.Nodes == nil && p.Discovery == nil && p.Scheme == nil && p.HostHeader == nil &&
		p.Host == nil && p.Timeouts == nil && p.Hosts == nil && p.PathPrefix == nil && p.KeepPathPrefix == nil
}

// apply returns c altered by p.
func (p *RuntimePatch) apply(c gatewright.RuntimeConfig) gatewright.RuntimeConfig {
	c = c.Clone()
	if p == nil {
		return c
	}
	u := &c.Upstream
	if p.Nodes != nil {
		u.Nodes, u.Discovery = slices.Clone(p.Nodes), nil
	}
	if p.Discovery != nil {
		d := *p.Discovery
		u.Nodes, u.Discovery = nil, &d
	}
	set(&u.Scheme, p.Scheme)
	set(&u.HostHeader, p.HostHeader)
	set(&u.Host, p.Host)
	set(&u.Timeouts, p.Timeouts)
	set(&c.PathPrefix, p.PathPrefix)
	set(&c.KeepPathPrefix, p.KeepPathPrefix)
	if p.Hosts != nil {
		c.Hosts = slices.Clone(*p.Hosts)
	}
	if u.Scheme == "" {
		u.Scheme = "http"
	}
	return c
}

func set[T any](dst *T, src *T) {
	if src != nil {
		*dst = *src
	}
}
