package native

import (
	"time"

	"github.com/gatewright/gatewright"
)

// Section is a part of a document that may be left out, which leaves that part
// of the thing as it is, or null, which takes it away.
type Section[T any] struct {
	Stated bool
	Value  *T // nil for null
}

// State returns a section that is there; a nil value is null.
func State[T any](value *T) Section[T] { return Section[T]{Stated: true, Value: value} }

// IsZero reports whether the section is left out.
func (s Section[T]) IsZero() bool { return !s.Stated }

// Group says what a group's operator sets. It has no name: it is about the
// group it is applied to.
type Group struct {
	Labels   Section[map[string]string]        `json:"labels,omitzero"`
	Settings Section[gatewright.GroupSettings] `json:"settings,omitzero"`
}

// Registry is a registry of the group.
type Registry struct {
	gatewright.Registry
}

// API is what runs in one slot, and the API's settings.
type API struct {
	Name     string            `json:"name"`
	Type     gatewright.Kind   `json:"type,omitempty"`  // "" is proxy; a shared flow is a [Flow]
	Track    string            `json:"track,omitempty"` // "" is found by the base path
	Owner    string            `json:"owner,omitempty"`
	Settings Section[Settings] `json:"settings,omitzero"`
	Version  string            `json:"version,omitempty"` // label of the revision, "" for none
	Content
	Runtime   Section[gatewright.RuntimeConfig] `json:"runtime,omitzero"` // its upstream may be left out
	Lifecycle Section[gatewright.Lifecycle]     `json:"lifecycle,omitzero"`
	Canary    Section[Canary]                   `json:"canary,omitzero"`
}

// Settings are what an API's settings say in every installation. Where it
// stands in the catalog, and which revisions are kept, is left to each.
type Settings struct {
	Description   string                   `json:"description,omitempty"`
	Scheme        gatewright.VersionScheme `json:"scheme,omitempty"`
	Security      gatewright.SecurityLevel `json:"security,omitempty"`
	MaxQPS        int                      `json:"maxQPS,omitempty"`
	MaxRows       int                      `json:"maxRows,omitempty"`
	Collaborators []string                 `json:"collaborators,omitempty"`
}

// NewSettings returns what a document says of settings.
func NewSettings(s gatewright.APISettings) *Settings {
	return &Settings{s.Description, s.Scheme, s.Security, s.MaxQPS, s.MaxRows, s.Collaborators}
}

// APISettings returns the settings; nil ones are none.
func (s *Settings) APISettings() gatewright.APISettings {
	if s == nil {
		return gatewright.APISettings{}
	}
	return gatewright.APISettings{
		Description: s.Description, Scheme: s.Scheme, Security: s.Security, MaxQPS: s.MaxQPS, MaxRows: s.MaxRows, Collaborators: s.Collaborators,
	}
}

// Validate checks their form.
func (s *Settings) Validate() error {
	settings := s.APISettings()
	return settings.Validate()
}

// Canary is a slot's canary. It has a document unless it runs what the slot
// runs, or a version that is stored.
type Canary struct {
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	Version     string `json:"version,omitempty"`
	Content
	Upstream *gatewright.Upstream     `json:"upstream,omitempty"`
	Percent  float64                  `json:"percent"`
	Enabled  bool                     `json:"enabled"` // true unless given
	Match    []gatewright.CanaryMatch `json:"match,omitempty"`
	Key      string                   `json:"key,omitempty"`
	Steps    []gatewright.CanaryStep  `json:"steps,omitempty"`
}

// App is a caller.
type App struct {
	Name        string                `json:"name"`
	Description string                `json:"description,omitempty"`
	Owner       string                `json:"owner,omitempty"`
	Disabled    bool                  `json:"disabled,omitempty"`
	Credentials Section[[]Credential] `json:"credentials,omitzero"`
	Grants      Section[[]Grant]      `json:"grants,omitzero"`
}

// Credential is a key of an app, by its hash.
type Credential struct {
	Name      string          `json:"name"`
	Hint      string          `json:"hint,omitempty"`
	Hash      gatewright.Hash `json:"hash"`
	NotBefore time.Time       `json:"notBefore,omitzero"`
	ExpiresAt time.Time       `json:"expiresAt,omitzero"`
	RevokedAt time.Time       `json:"revokedAt,omitzero"`
}

// Grant is the right of an app to call an API.
type Grant struct {
	API       string                   `json:"api"` // name
	ExpiresAt time.Time                `json:"expiresAt,omitzero"`
	QPS       int                      `json:"qps,omitempty"`
	Clearance gatewright.SecurityLevel `json:"clearance,omitempty"` // "" is L1
}

// Kind implements [Spec].
func (*Group) Kind() string { return KindGroup }

// Kind implements [Spec].
func (*Registry) Kind() string { return KindRegistry }

// Kind implements [Spec].
func (*API) Kind() string { return KindAPI }

// Kind implements [Spec].
func (*App) Kind() string { return KindApp }

// Title implements [Spec].
func (*Group) Title() string { return "" }

// Title implements [Spec].
func (r *Registry) Title() string { return r.Name }

// Title implements [Spec].
func (a *API) Title() string {
	if a.Track == "" {
		return a.Name
	}
	return a.Name + "@" + a.Track
}

// Title implements [Spec].
func (a *App) Title() string { return a.Name }

func (*Group) documents() []*Content    { return nil }
func (*Registry) documents() []*Content { return nil }
func (*App) documents() []*Content      { return nil }

func (a *API) documents() []*Content {
	all := []*Content{&a.Content}
	if a.Canary.Value != nil {
		all = append(all, &a.Canary.Value.Content)
	}
	return all
}
