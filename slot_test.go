package gatewright_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func manyHosts(n int) []string {
	hosts := make([]string, n)
	for i := range hosts {
		hosts[i] = fmt.Sprintf("h%d.example", i)
	}
	return hosts
}

func TestRuntimeConfigValidate(t *testing.T) {
	tests := []struct {
		name  string
		alter func(c *gatewright.RuntimeConfig)
		field string // of the error, "" when it is to pass
	}{
		{"smallest", func(*gatewright.RuntimeConfig) {}, ""},
		{"hosts", func(c *gatewright.RuntimeConfig) { c.Hosts = []string{"a.example", "*.a.example", "[::1]"} }, ""},
		{"as many hosts as allowed", func(c *gatewright.RuntimeConfig) { c.Hosts = manyHosts(gatewright.MaxHostnames) }, ""},
		{"one host too many", func(c *gatewright.RuntimeConfig) { c.Hosts = manyHosts(gatewright.MaxHostnames + 1) }, "hosts"},
		{"host twice", func(c *gatewright.RuntimeConfig) { c.Hosts = []string{"a", "b", "a"} }, "hosts"},
		{"host in upper case", func(c *gatewright.RuntimeConfig) { c.Hosts = []string{"A"} }, "hosts"},
		{"empty host", func(c *gatewright.RuntimeConfig) { c.Hosts = []string{""} }, "hosts"},
		{"any host by star", func(c *gatewright.RuntimeConfig) { c.Hosts = []string{"*"} }, "hosts"},
		{"prefix", func(c *gatewright.RuntimeConfig) { c.PathPrefix = "/team/a" }, ""},
		{"prefix kept", func(c *gatewright.RuntimeConfig) { c.PathPrefix, c.KeepPathPrefix = "/a", true }, ""},
		{"prefix with a trailing slash", func(c *gatewright.RuntimeConfig) { c.PathPrefix = "/a/" }, "pathPrefix"},
		{"prefix that is the root", func(c *gatewright.RuntimeConfig) { c.PathPrefix = "/" }, "pathPrefix"},
		{"prefix that comes to the root", func(c *gatewright.RuntimeConfig) { c.PathPrefix = "/a/.." }, "pathPrefix"},
		{"prefix without a slash", func(c *gatewright.RuntimeConfig) { c.PathPrefix = "a" }, "pathPrefix"},
		{"prefix out of the root", func(c *gatewright.RuntimeConfig) { c.PathPrefix = "/.." }, "pathPrefix"},
		{"prefix with a parameter", func(c *gatewright.RuntimeConfig) { c.PathPrefix = "/{a}" }, "pathPrefix"},
		{"prefix too long", func(c *gatewright.RuntimeConfig) { c.PathPrefix = "/" + strings.Repeat("a", gatewright.MaxPathLength) }, "pathPrefix"},
		{"bad upstream", func(c *gatewright.RuntimeConfig) { c.Upstream = gatewright.Upstream{} }, "upstream.scheme"},
		{"a disabled slot is held to the same rules", func(c *gatewright.RuntimeConfig) { c.Enabled, c.Hosts = false, []string{"A"} }, "hosts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := gatewright.RuntimeConfig{
				Enabled:  true,
				Upstream: gatewright.Upstream{Scheme: "http", Nodes: []gatewright.Node{{Host: "a", Port: 80, Weight: 1}}},
			}
			tt.alter(&c)
			err := c.Validate()
			wantCode(t, err, accepted(tt.field == ""))
			if err != nil && gatewright.AsError(err).Field != tt.field {
				t.Fatalf("error is about %q, want %q", gatewright.AsError(err).Field, tt.field)
			}
		})
	}
}

func TestRuntimeConfigClone(t *testing.T) {
	c := filled[gatewright.RuntimeConfig]()
	clone := c.Clone()
	if !reflect.DeepEqual(c, clone) {
		t.Fatalf("the clone is %+v, want %+v", clone, c)
	}
	if shared := sharedMemory(reflect.ValueOf(c), reflect.ValueOf(clone), "config"); len(shared) > 0 {
		t.Fatalf("the clone shares %v", shared)
	}
	var zero gatewright.RuntimeConfig
	if got := zero.Clone(); !reflect.DeepEqual(got, zero) {
		t.Fatalf("the clone of nothing is %+v", got)
	}
}
