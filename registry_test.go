package gatewright_test

import (
	"slices"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestRegistryValidate(t *testing.T) {
	servers := func(s ...string) func(*gatewright.Registry) {
		return func(r *gatewright.Registry) { r.Servers = s }
	}
	tests := []struct {
		name  string
		alter func(r *gatewright.Registry)
		ok    bool
	}{
		{"smallest", func(*gatewright.Registry) {}, true},
		{"no name", func(r *gatewright.Registry) { r.Name = "" }, false},
		{"name that discovery could not name", func(r *gatewright.Registry) { r.Name = "eu/dns" }, false},
		{"no type", func(r *gatewright.Registry) { r.Type = "" }, false},
		{"unknown type", func(r *gatewright.Registry) { r.Type = "consul" }, false},
		{"servers", servers("127.0.0.1:53", "[::1]:5353"), true},
		{"as many servers as allowed", servers(slices.Repeat([]string{"127.0.0.1:53"}, gatewright.MaxRegistryServers)...), true},
		{"one server too many", servers(slices.Repeat([]string{"127.0.0.1:53"}, gatewright.MaxRegistryServers+1)...), false},
		{"server without port", servers("127.0.0.1"), false},
		{"server with empty port", servers("127.0.0.1:"), false},
		{"server with port 0", servers("127.0.0.1:0"), false},
		{"server with a port too high", servers("127.0.0.1:65536"), false},
		{"server with a named port", servers("127.0.0.1:domain"), false},
		{"server by name, which would need a resolver", servers("localhost:53"), false},
		{"server without host", servers(":53"), false},
		{"IPv6 server without brackets", servers("::1:53"), false},
		{"bad second server", servers("127.0.0.1:53", "x"), false},
		{"longest staleness", func(r *gatewright.Registry) { r.Stale = gatewright.Duration(gatewright.MaxRegistryStale) }, true},
		{"staleness too long", func(r *gatewright.Registry) { r.Stale = gatewright.Duration(gatewright.MaxRegistryStale + 1) }, false},
		{"negative staleness", func(r *gatewright.Registry) { r.Stale = -1 }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := gatewright.Registry{Name: "dns", Type: gatewright.RegistryDNS}
			tt.alter(&r)
			wantCode(t, r.Validate(), accepted(tt.ok))
		})
	}
}
