package gatewright

import (
	"encoding/json"
	"fmt"
)

// MaxGroupResourceBytes bounds the encoding of one group resource.
const MaxGroupResourceBytes = 1 << 20

// GroupResource is what a group has beside its slots: one member is set.
type GroupResource struct {
	Registry  *Registry   `json:"registry,omitempty"`
	App       *App        `json:"app,omitempty"`
	FlowHooks *FlowHooks  `json:"flowHooks,omitempty"`
	Source    *DataSource `json:"source,omitempty"`
	Table     *Table      `json:"table,omitempty"`
}

// member is what every kind of group resource can tell of itself.
type member interface {
	key() Key
	title() string // for people: "registry local-dns"
	Validate() error
}

// member returns the one member that is set; nil when it is not exactly one.
func (r *GroupResource) member() member {
	var set []member
	if r.Registry != nil {
		set = append(set, r.Registry)
	}
	if r.App != nil {
		set = append(set, r.App)
	}
	if r.FlowHooks != nil {
		set = append(set, r.FlowHooks)
	}
	if r.Source != nil {
		set = append(set, r.Source)
	}
	if r.Table != nil {
		set = append(set, r.Table)
	}
	if len(set) != 1 {
		return nil
	}
	return set[0]
}

// Key returns the key of the resource; "" when not exactly one member is set.
func (r *GroupResource) Key() Key {
	if m := r.member(); m != nil {
		return m.key()
	}
	return ""
}

// Title returns what to call the resource in text: its kind and its name.
func (r *GroupResource) Title() string {
	if m := r.member(); m != nil {
		return m.title()
	}
	return ""
}

// Validate checks the form of the one member that is set.
func (r *GroupResource) Validate() error {
	m := r.member()
	if m == nil {
		return FieldErrorf("resource", "a group resource is one thing: a registry, an app, flow hooks, a data source or a logical table")
	}
	if err := m.Validate(); err != nil {
		return err
	}
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode group resource: %w", err)
	}
	if len(b) > MaxGroupResourceBytes {
		return Errorf(LimitExceeded, "%s has %d bytes; at most %d are allowed", m.title(), len(b), MaxGroupResourceBytes)
	}
	return nil
}

func (r *Registry) key() Key      { return RegistryKey(r.Name) }
func (r *Registry) title() string { return "registry " + r.Name }

func (a *App) key() Key      { return AppKey(a.ID) }
func (a *App) title() string { return "app " + a.Name }
