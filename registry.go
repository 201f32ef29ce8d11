package gatewright

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// RegistryType says how a registry is asked.
type RegistryType string

// The types of registry.
const (
	RegistryDNS RegistryType = "dns"
)

// Limits of a registry.
const (
	MaxRegistryServers = 8
	MinRegistryTTL     = time.Second      // shortest time an answer is kept, whatever its TTL
	MaxRegistryStale   = 24 * time.Hour   // longest time answers outlive a failing registry
	DefaultStale       = 10 * time.Minute // unless given
)

// Registry is a group resource: a place where the group's instances look up
// the addresses of services.
type Registry struct {
	Name    string       `json:"name"` // unique in its group
	Type    RegistryType `json:"type"`
	Servers []string     `json:"servers,omitempty"` // DNS servers as host:port; empty means the machine's own resolver configuration
	Stale   Duration     `json:"stale,omitempty"`   // how long the last answer is used while the registry fails
}

// Validate checks the registry's form.
func (r *Registry) Validate() error {
	if err := CheckName("registry name", r.Name); err != nil {
		return err
	}
	if strings.Contains(r.Name, "/") {
		return FieldErrorf("name", "registry name %q contains /, which ends it in registry/namespace/service", r.Name)
	}
	if r.Type != RegistryDNS {
		return FieldErrorf("type", "registry type %q is not known; %q is", r.Type, RegistryDNS)
	}
	if len(r.Servers) > MaxRegistryServers {
		return FieldErrorf("servers", "%d servers; at most %d are allowed", len(r.Servers), MaxRegistryServers)
	}
	for _, s := range r.Servers {
		host, port, err := net.SplitHostPort(s)
		if err != nil {
			return FieldErrorf("servers", "server %q is not host:port", s)
		}
		if _, err := netip.ParseAddr(host); err != nil {
			return FieldErrorf("servers", "server %q: the host must be an IP address", s)
		}
		if p, err := strconv.Atoi(port); err != nil || p < 1 || p > 65535 {
			return FieldErrorf("servers", "server %q has a bad port", s)
		}
	}
	if r.Stale < 0 || time.Duration(r.Stale) > MaxRegistryStale {
		return FieldErrorf("stale", "stale %s is not between 0 and %s", time.Duration(r.Stale), MaxRegistryStale)
	}
	return nil
}
