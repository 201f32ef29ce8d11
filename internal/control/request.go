package control

import (
	"slices"
	"time"

	"github.com/gatewright/gatewright"
)

// MaxItems bounds the items of one change.
const MaxItems = 20_000

// MaxDocuments bounds the bytes of the documents of one change.
const MaxDocuments = 64 << 20

// MaxNotify bounds the people a change tells beside those it tells anyway.
const MaxNotify = 50

// Request asks for a change of one group.
type Request struct {
	Kind  gatewright.ChangeKind // of all items, or "apply"
	Group string                // name or ID
	Items []Item

	// Override lets a deploy replace another current revision.
	Override bool
	// AbortCanary lets a change end the canary of a slot it alters.
	AbortCanary bool
	// AllowNoInstance accepts the change although no instance is reachable:
	// it waits for the first one.
	AllowNoInstance bool
	// AllowBreaking lets the change pass in spite of findings of these rules.
	AllowBreaking []Allowance
	// BreakFreeze lets the change pass in a freeze window.
	BreakFreeze bool
	// Force retires what apps still call.
	Force bool
	// Reuse lets a publish give other content the info.version of an earlier
	// one, with a warning, as Cloud Endpoints does.
	Reuse bool
	// NotBefore is when the change may begin; zero is at once. ExpiresAt is
	// when it may no longer; zero is never.
	NotBefore, ExpiresAt time.Time
	// Notify names people to tell beside those who are told anyway.
	Notify []string

	opener *Control // compares passwords with those that are set; nil takes each for another
}

// Allowance asks to pass in spite of a finding.
type Allowance struct {
	Rule        string // rule of the finding
	Fingerprint string // of the finding; "" stands for all the plan shows now
}

// Item asks for one alteration. Which members count depends on its kind.
type Item struct {
	// Action is the item's kind in a request of kind "apply"; "" otherwise.
	Action gatewright.ChangeKind
	// API is the name or ID of the API, or "name@track" when it has several
	// tracks. A publish with no API takes the definition's title.
	API string

	Definition *gatewright.Definition // publish
	Project    string                 // publish of a new API: name or ID; "" is the default project
	Seed       *gatewright.Upstream   // publish: upstream of the document, used the first time only
	Findings   []gatewright.Finding   // publish: what the importer has to say
	Version    string                 // publish: the label; sync: the label for a revision without one
	Revision   string                 // deploy, rollback, canary-start: version or number; for rollback "" means the one before
	From       string                 // sync: source group, name or ID
	Change     gatewright.ChangeID    // revert: the change to put back

	Runtime   *RuntimePatch             // publish, deploy, sync, configure
	Resource  *gatewright.GroupResource // configure: add or replace
	Password  *string                   `json:"-"` // configure of a data source: nil leaves it as it is, "" takes it away
	Remove    gatewright.Key            // configure: group resource to remove
	Canary    *CanaryPatch              // canary-start, canary-step
	Lifecycle *gatewright.Lifecycle     // deprecate; nil takes it back
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
	Enabled        *bool
	Access         *gatewright.Access
}

// Empty reports whether the patch alters nothing.
func (p *RuntimePatch) Empty() bool {
	return p == nil || p.upstreamEmpty() && p.Hosts == nil && p.PathPrefix == nil && p.KeepPathPrefix == nil &&
		p.Enabled == nil && p.Access == nil
}

func (p *RuntimePatch) upstreamEmpty() bool {
	return p.Nodes == nil && p.Discovery == nil && p.Scheme == nil && p.HostHeader == nil && p.Host == nil && p.Timeouts == nil
}

// apply returns c altered by p.
func (p *RuntimePatch) apply(c gatewright.RuntimeConfig) gatewright.RuntimeConfig {
	c = c.Clone()
	if p == nil {
		return c
	}
	p.applyUpstream(&c.Upstream)
	set(&c.PathPrefix, p.PathPrefix)
	set(&c.KeepPathPrefix, p.KeepPathPrefix)
	set(&c.Enabled, p.Enabled)
	set(&c.Access, p.Access)
	if p.Hosts != nil {
		c.Hosts = slices.Clone(*p.Hosts)
	}
	return c
}

func (p *RuntimePatch) applyUpstream(u *gatewright.Upstream) {
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
	if u.Scheme == "" {
		u.Scheme = "http"
	}
}

// CanaryPatch alters a canary; nil members stay as they are.
type CanaryPatch struct {
	Name        *string
	Description *string
	Percent     *float64
	Enabled     *bool
	Match       *[]gatewright.CanaryMatch
	Key         *string
	Steps       *[]gatewright.CanaryStep
	Upstream    *RuntimePatch // its upstream members: a backend of the canary's own
}

func (p *CanaryPatch) apply(c *gatewright.Canary, slot *gatewright.RuntimeConfig) {
	if p == nil {
		return
	}
	set(&c.Name, p.Name)
	set(&c.Description, p.Description)
	set(&c.Percent, p.Percent)
	set(&c.Enabled, p.Enabled)
	set(&c.Key, p.Key)
	if p.Match != nil {
		c.Match = slices.Clone(*p.Match)
	}
	if p.Steps != nil {
		c.Steps = slices.Clone(*p.Steps)
	}
	if p.Upstream != nil && !p.Upstream.upstreamEmpty() {
		u := slot.Upstream.Clone()
		if c.Upstream != nil {
			u = *c.Upstream
		}
		p.Upstream.applyUpstream(&u)
		c.Upstream = &u
	}
}

func set[T any](dst *T, src *T) {
	if src != nil {
		*dst = *src
	}
}
