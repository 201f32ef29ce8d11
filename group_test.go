package gatewright_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestGroupValidate(t *testing.T) {
	labels := func(n int) map[string]string {
		m := make(map[string]string, n)
		for i := range n {
			m[fmt.Sprint("k", i)] = "v"
		}
		return m
	}
	label := func(key, value string) func(*gatewright.Group) {
		return func(g *gatewright.Group) { g.Labels = map[string]string{key: value} }
	}
	tests := []struct {
		name  string
		alter func(g *gatewright.Group)
		ok    bool
	}{
		{"smallest", func(*gatewright.Group) {}, true},
		{"test stage", func(g *gatewright.Group) { g.Stage = gatewright.StageTest }, true},
		{"no stage", func(g *gatewright.Group) { g.Stage = "" }, false},
		{"unknown stage", func(g *gatewright.Group) { g.Stage = "Production" }, false},
		{"no name", func(g *gatewright.Group) { g.Name = "" }, false},
		{"name too long", func(g *gatewright.Group) { g.Name = strings.Repeat("n", gatewright.MaxNameLength+1) }, false},
		{"name with spaces", func(g *gatewright.Group) { g.Name = "Production Group" }, true},
		{"label", label("example.com/team", "pets and more"), true},
		{"label without value", label("a", ""), true},
		{"label with a long key", label(strings.Repeat("k", 63), "v"), true},
		{"label with a key too long", label(strings.Repeat("k", 64), "v"), false},
		{"label without key", label("", "v"), false},
		{"label key that ends with a dot", label("a.", "v"), false},
		{"label key that begins with a hyphen", label("-a", "v"), false},
		{"label key with a space", label("a b", "v"), false},
		{"label key with a line feed at its end", label("a\n", "v"), false},
		{"label key in another script", label("größe", "v"), false},
		{"label value with a control character", label("a", "b\x1b[31m"), false},
		{"label value with a direction mark", label("a", "b\u202ec"), false},
		{"label value too long", label("a", strings.Repeat("v", gatewright.MaxNameLength+1)), false},
		{"as many labels as allowed", func(g *gatewright.Group) { g.Labels = labels(gatewright.MaxLabels) }, true},
		{"one label too many", func(g *gatewright.Group) { g.Labels = labels(gatewright.MaxLabels + 1) }, false},
		{"hostnames", func(g *gatewright.Group) { g.Hostnames = []string{"a.example", "*.example"} }, true},
		{"as many hostnames as allowed", func(g *gatewright.Group) { g.Hostnames = manyHosts(gatewright.MaxHostnames) }, true},
		{"one hostname too many", func(g *gatewright.Group) { g.Hostnames = manyHosts(gatewright.MaxHostnames + 1) }, false},
		{"hostname twice", func(g *gatewright.Group) { g.Hostnames = []string{"a", "a"} }, false},
		{"hostname with a port", func(g *gatewright.Group) { g.Hostnames = []string{"a:80"} }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := gatewright.Group{Name: "g", Stage: gatewright.StageProduction}
			tt.alter(&g)
			wantCode(t, g.Validate(), accepted(tt.ok))
		})
	}
}
