package gatewright

import (
	"encoding/json"
	"fmt"
	"strings"
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

// Key names a resource within a group: "api/<id>/<track>",
// "registry/<name>".
type Key string

// APIKey returns the key of what slot runs.
func APIKey(slot SlotKey) Key { return Key("api/" + string(slot.API) + "/" + slot.Track) }

// RegistryKey returns the key of a registry.
func RegistryKey(name string) Key { return Key("registry/" + name) }

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
	Format   int          `json:"format"`
	API      *APIResource `json:"api,omitempty"`
	Registry *Registry    `json:"registry,omitempty"`
}

// APIResource is what one slot runs, compiled from its revision and its
// runtime configuration.
type APIResource struct {
	ID             APIID    `json:"id"`
	Name           string   `json:"name"`
	Track          string   `json:"track"`
	Revision       int      `json:"revision"`
	Version        string   `json:"version,omitempty"`
	Enabled        bool     `json:"enabled"`
	Hosts          []string `json:"hosts,omitempty"`          // canonical patterns; empty means any host
	PathPrefix     string   `json:"pathPrefix,omitempty"`     // in front of the base path
	KeepPathPrefix bool     `json:"keepPathPrefix,omitempty"` // send the prefix on to the upstream
	BasePath       string   `json:"basePath"`
	Routes         []Route  `json:"routes"`
	Upstream       Upstream `json:"upstream"`
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
	if (r.API == nil) == (r.Registry == nil) {
		return nil, Errorf(Invalid, "resource %s holds not exactly one member", hash.Short())
	}
	return r, nil
}
