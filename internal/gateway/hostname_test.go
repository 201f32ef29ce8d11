package gateway

import (
	"testing"

	"github.com/gatewright/gatewright"
)

func TestNodeHost(t *testing.T) {
	tests := []struct{ name, scheme, node, want string }{
		{"port that is not the scheme's", "http", "pets.example:8080", "pets.example:8080"},
		{"port of http", "http", "pets.example:80", "pets.example"},
		{"port of https", "https", "pets.example:443", "pets.example"},
		{"port of the other scheme", "https", "pets.example:80", "pets.example:80"},
		{"IPv6", "http", "[2001:db8::1]:8080", "[2001:db8::1]:8080"},
		{"IPv6 with the scheme's port", "http", "[2001:db8::1]:80", "[2001:db8::1]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := gatewright.ParseNode(tt.node)
			if err != nil {
				t.Fatal(err)
			}
			if got := nodeHost(tt.scheme, n); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestServiceHost(t *testing.T) {
	tests := []struct{ name, scheme, service, host, serverName string }{
		{"host and port", "http", "pets.example:8080", "pets.example:8080", "pets.example"},
		{"port of the scheme", "https", "pets.example:443", "pets.example", "pets.example"},
		{"absolute name", "http", "pets.example.:8080", "pets.example:8080", "pets.example"},
		{"SRV records", "http", "_http._tcp.pets.example", "pets.example", "pets.example"},
		{"name of SRV records without a prefix", "http", "pets.example", "pets.example", "pets.example"},
		{"nothing but a prefix", "http", "_http", "_http", "_http"},
		{"IPv6", "https", "[2001:db8::1]:8443", "[2001:db8::1]:8443", "2001:db8::1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			host, serverName := serviceHost(&upstreamSpec{scheme: tt.scheme, service: tt.service})
			if host != tt.host || serverName != tt.serverName {
				t.Errorf("got %q and %q, want %q and %q", host, serverName, tt.host, tt.serverName)
			}
		})
	}
}

func TestHostOnly(t *testing.T) {
	for in, want := range map[string]string{
		"pets.example": "pets.example", "pets.example:443": "pets.example",
		"[2001:db8::1]": "2001:db8::1", "[2001:db8::1]:443": "2001:db8::1",
	} {
		if got := hostOnly(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}
