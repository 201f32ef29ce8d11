package gatewright

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// ResourceFormat is the version of the resource format this build writes.
// A gateway reads the formats from MinResourceFormat to ResourceFormat and
// rejects others, saying so.
const (
	ResourceFormat    = 1
	MinResourceFormat = 1
)

// MaxResourceBytes bounds one resource's encoding.
const MaxResourceBytes = 16 << 20

// Key names a resource within a group: "slot/<api>/<track>",
// "rev/<api>/<number>", "registry/<name>", "app/<id>", "flow-hooks",
// "source/<name>", "table/<name>".
type Key string

// The kinds of key.
const (
	KeySlot      = "slot"
	KeyRevision  = "rev"
	KeyRegistry  = "registry"
	KeyApp       = "app"
	KeyFlowHooks = "flow-hooks"
	KeySource    = "source"
	KeyTable     = "table"
)

// FlowHooksKey is the key of a group's flow hooks.
const FlowHooksKey Key = KeyFlowHooks

// SlotResourceKey returns the key of what a slot does with its revisions.
func SlotResourceKey(slot SlotKey) Key {
	return Key(KeySlot + "/" + string(slot.API) + "/" + slot.Track)
}

// RevisionKey returns the key of a revision's content.
func RevisionKey(api APIID, number int) Key {
	return Key(KeyRevision + "/" + string(api) + "/" + itoa(number))
}

// RegistryKey returns the key of a registry.
func RegistryKey(name string) Key { return Key(KeyRegistry + "/" + name) }

// AppKey returns the key of an app.
func AppKey(id AppID) Key { return Key(KeyApp + "/" + string(id)) }

// SourceKey returns the key of a data source.
func SourceKey(name string) Key { return Key(KeySource + "/" + name) }

// TableKey returns the key of a logical table.
func TableKey(name string) Key { return Key(KeyTable + "/" + name) }

// Kind returns the part before the first slash.
func (k Key) Kind() string {
	kind, _, _ := strings.Cut(string(k), "/")
	return kind
}

// Manifest is what a group runs: for each key the hash of a resource. It is
// never changed; the next generation is another manifest.
type Manifest struct {
	Group      GroupID      `json:"group"`
	Generation int64        `json:"generation"`
	Entries    map[Key]Hash `json:"entries"`
}

// Digest identifies the manifest's content.
func (m *Manifest) Digest() Digest { return DigestOf(m.Entries) }

// Delta leads from one manifest to another.
type Delta struct {
	Upserts map[Key]Hash `json:"upserts,omitempty"`
	Deletes []Key        `json:"deletes,omitempty"`
}

// Empty reports whether the delta changes nothing.
func (d *Delta) Empty() bool { return len(d.Upserts) == 0 && len(d.Deletes) == 0 }

// Resource is what a blob holds: one member is set. Gateways run resources;
// they know nothing of revisions in the making, plans or people.
type Resource struct {
	Format    int               `json:"format"`
	Revision  *RevisionResource `json:"revision,omitempty"`
	Slot      *SlotResource     `json:"slot,omitempty"`
	Registry  *Registry         `json:"registry,omitempty"`
	App       *AppResource      `json:"app,omitempty"`
	FlowHooks *FlowHooks        `json:"flowHooks,omitempty"`
	Source    *SourceResource   `json:"source,omitempty"`
	Table     *TableResource    `json:"table,omitempty"`
}

// members counts the members that are set.
func (r *Resource) members() int {
	n := 0
	for _, set := range []bool{r.Revision != nil, r.Slot != nil, r.Registry != nil, r.App != nil, r.FlowHooks != nil, r.Source != nil, r.Table != nil} {
		if set {
			n++
		}
	}
	return n
}

// RevisionResource is the content of one revision. It never changes, and all
// groups that run the revision share it.
type RevisionResource struct {
	API      APIID    `json:"api"`
	Number   int      `json:"number"`
	BasePath string   `json:"basePath"`
	Policies []Policy `json:"policies,omitempty"`
	Routes   []Route  `json:"routes"`

	// AllowCORS has OPTIONS requests for the routes' paths go to the upstream,
	// whatever methods the routes are for, without access checks.
	AllowCORS bool `json:"allowCORS,omitempty"`

	Data *DataDefinition `json:"data,omitempty"` // of a data API, without texts for people; nil of others
}

// RevisionRef names a revision whose [RevisionResource] is in the same
// manifest.
type RevisionRef struct {
	Number  int    `json:"number"`
	Version string `json:"version,omitempty"`
}

// SlotResource says which revisions a slot runs and how. It is small: what
// alters often, like shares and upstreams, alters it alone.
type SlotResource struct {
	API            APIID           `json:"api"`
	Kind           Kind            `json:"kind,omitempty"` // "" is KindProxy; of a flow API to ConfigID and Enabled count, of a data API the upstream does not
	Name           string          `json:"name"`
	Track          string          `json:"track"`
	Current        RevisionRef     `json:"current"`
	Canary         *CanaryResource `json:"canary,omitempty"` // nil when none is on
	Lifecycle      *Lifecycle      `json:"lifecycle,omitempty"`
	ConfigID       string          `json:"configId,omitempty"`
	Enabled        bool            `json:"enabled"`
	Hosts          []string        `json:"hosts,omitempty"`          // canonical patterns; empty means any host
	PathPrefix     string          `json:"pathPrefix,omitempty"`     // in front of the base path
	KeepPathPrefix bool            `json:"keepPathPrefix,omitempty"` // send the prefix on to the upstream
	Upstream       Upstream        `json:"upstream"`
	Access         Access          `json:"access,omitzero"`
	Security       SecurityLevel   `json:"security,omitempty"` // clearance a grant must have; "" is SecurityPublic
	MaxQPS         int             `json:"maxQPS,omitempty"`   // requests per second on one instance; 0 is no limit
	MaxRows        int             `json:"maxRows,omitempty"`  // rows of one answer of a data API; 0 is no limit of its own
}

// CanaryResource is a canary that is on.
type CanaryResource struct {
	RevisionRef
	Upstream *Upstream     `json:"upstream,omitempty"` // nil: the slot's
	Share    int           `json:"share"`              // of 10,000 requests that match
	Match    []CanaryMatch `json:"match,omitempty"`
	Key      string        `json:"key,omitempty"`
}

// AppResource is a caller as gateways know it.
type AppResource struct {
	ID     AppID           `json:"id"`
	Name   string          `json:"name"`
	Keys   []KeyResource   `json:"keys,omitempty"`
	Grants []GrantResource `json:"grants,omitempty"`
}

// KeyResource is one of an app's keys: its hash, and when it is good.
type KeyResource struct {
	Hash      Hash      `json:"hash"`
	NotBefore time.Time `json:"notBefore,omitzero"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
}

// GrantResource is an app's right to call one API.
type GrantResource struct {
	API       APIID         `json:"api"`
	ExpiresAt time.Time     `json:"expiresAt,omitzero"`
	QPS       int           `json:"qps,omitempty"` // requests per second on one instance; 0 is no limit
	Clearance SecurityLevel `json:"clearance"`
}

// SourceResource is a data source as gateways know it. Its password is sent
// apart, by its ID.
type SourceResource struct {
	Name string `json:"name"`
	SourceConfig
	User     string   `json:"user,omitempty"`
	Password SecretID `json:"password,omitempty"` // "" for none
}

// TableResource is a logical table as gateways know it.
type TableResource struct {
	Name        string        `json:"name"`
	Source      string        `json:"source"`
	Physical    PhysicalTable `json:"physical"`
	Fields      []Field       `json:"fields"` // each with its level; without descriptions
	Constraints [][]string    `json:"constraints,omitempty"`
}

// Encode returns the resource's bytes and their hash. Equal resources have
// equal bytes.
func (r *Resource) Encode() ([]byte, Hash, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, "", fmt.Errorf("encode resource: %w", err)
	}
	if len(b) > MaxResourceBytes {
		return nil, "", Errorf(LimitExceeded, "a compiled resource has %d bytes; at most %d are allowed", len(b), MaxResourceBytes)
	}
	return b, HashBytes(b), nil
}

// DecodeResource verifies b against hash and decodes it. Members this build
// does not know are refused: ignoring one could open what it was to guard.
func DecodeResource(b []byte, hash Hash) (*Resource, error) {
	if got := HashBytes(b); got != hash {
		return nil, Errorf(Invalid, "resource has hash %s, not %s", got.Short(), hash.Short())
	}
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, Errorf(Invalid, "resource %s is not JSON: %v", hash.Short(), err)
	}
	if head.Format < MinResourceFormat || head.Format > ResourceFormat {
		return nil, Errorf(Invalid, "resource format %d is not supported by this gateway, which reads %d to %d; run a gateway of a neighbouring version of the control plane", head.Format, MinResourceFormat, ResourceFormat)
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	r := new(Resource)
	if err := dec.Decode(r); err != nil {
		return nil, Errorf(Invalid, "resource %s: %v", hash.Short(), err)
	}
	if r.members() != 1 {
		return nil, Errorf(Invalid, "resource %s holds not exactly one member", hash.Short())
	}
	return r, nil
}
