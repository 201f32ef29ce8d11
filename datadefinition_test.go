package gatewright_test

import (
	"slices"
	"testing"

	"github.com/gatewright/gatewright"
)

// dataDefinition is the definition of a data API with nothing wrong.
func dataDefinition() gatewright.Definition {
	data := wizard()
	return gatewright.Definition{Kind: gatewright.KindData, Title: "orders", BasePath: "/data/orders", Data: &data, Routes: data.Routes()}
}

func TestDataDefinitions(t *testing.T) {
	for _, tt := range []struct {
		name  string
		alter func(*gatewright.Definition)
		say   string
	}{
		{"whole", func(*gatewright.Definition) {}, ""},
		{"deep path", func(d *gatewright.Definition) { d.BasePath = "/data/v2/shop/orders" }, ""},
		{"no data", func(d *gatewright.Definition) { d.Data = nil }, "says what it reads"},
		{"wrong data", func(d *gatewright.Definition) { d.Data.Mode = "" }, "mode"},
		{"elsewhere", func(d *gatewright.Definition) { d.BasePath = "/orders" }, "not below /data"},
		{"the place itself", func(d *gatewright.Definition) { d.BasePath = "/data" }, "not below /data"},
		{"beside it", func(d *gatewright.Definition) { d.BasePath = "/database/x" }, "not below /data"},
		{"not canonical", func(d *gatewright.Definition) { d.BasePath = "/data/orders/" }, "not canonical"},
		{"out of it", func(d *gatewright.Definition) { d.BasePath = "/data/../x" }, "not canonical"},
		{"tail", func(d *gatewright.Definition) { d.BasePath = "/data/*" }, "parameter or a *"},
		{"other routes", func(d *gatewright.Definition) { d.Routes[0].Path = "/x" }, "follow from its data"},
		{"no routes", func(d *gatewright.Definition) { d.Routes = nil }, "follow from its data"},
		{"host", func(d *gatewright.Definition) { d.Host = "x.example" }, "has none"},
		{"CORS", func(d *gatewright.Definition) { d.AllowCORS = true }, "has none"},
		{"data of a proxy", func(d *gatewright.Definition) { d.Kind = "" }, "only a definition of kind data"},
		{"dialect", func(d *gatewright.Definition) { d.Data.Dialect = "oracle" }, "oracle"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := dataDefinition()
			tt.alter(&d)
			wantError(t, d.Validate(), tt.say)
		})
	}
	d := dataDefinition()
	if got := d.Reads(); !slices.Equal(got, []gatewright.Key{"source/shop", "table/orders"}) {
		t.Errorf("it reads %v", got)
	}
	hash := d.ContentHash()
	d.Document = gatewright.Document{Format: "openapi-3.1", Digest: gatewright.HashBytes([]byte("x"))}
	if d.ContentHash() != hash {
		t.Error("another description is another version")
	}
	d.Data.Cache = gatewright.CacheOff
	if d.ContentHash() == hash {
		t.Error("other content has the same hash")
	}
	native := gatewright.DataDefinition{Mode: gatewright.DataNative}
	if r := native.Routes(); len(r) != 1 || !slices.Equal(r[0].Methods, []string{"POST"}) {
		t.Errorf("a native API answers %+v", r)
	}
	proxy := petstore()
	if keys := proxy.Reads(); keys != nil {
		t.Errorf("a proxy reads %v", keys)
	}
}

func TestRuntimeOfKinds(t *testing.T) {
	up := gatewright.Upstream{Scheme: "http", Nodes: []gatewright.Node{{Host: "h", Port: 1, Weight: 1}}}
	for _, tt := range []struct {
		name string
		kind gatewright.Kind
		c    gatewright.RuntimeConfig
		say  string
	}{
		{"data", gatewright.KindData, gatewright.RuntimeConfig{PathPrefix: "/eu"}, ""},
		{"data with an upstream", gatewright.KindData, gatewright.RuntimeConfig{Upstream: up}, "no upstream"},
		{"data with a bad prefix", gatewright.KindData, gatewright.RuntimeConfig{PathPrefix: "eu"}, "prefix"},
		{"proxy", gatewright.KindProxy, gatewright.RuntimeConfig{Upstream: up}, ""},
		{"proxy without an upstream", gatewright.KindProxy, gatewright.RuntimeConfig{}, "scheme"},
		{"flow", gatewright.KindFlow, gatewright.RuntimeConfig{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) { wantError(t, tt.c.ValidateFor(tt.kind), tt.say) })
	}
}

func TestDataResources(t *testing.T) {
	s, table := source(), orders()
	for _, tt := range []struct {
		r          gatewright.GroupResource
		key, title string
	}{
		{gatewright.GroupResource{Source: &s}, "source/shop", "data source shop"},
		{gatewright.GroupResource{Table: &table}, "table/orders", "table orders"},
	} {
		if string(tt.r.Key()) != tt.key || tt.r.Title() != tt.title || tt.r.Validate() != nil {
			t.Errorf("key %q, title %q, %v", tt.r.Key(), tt.r.Title(), tt.r.Validate())
		}
	}
	both := gatewright.GroupResource{Source: &s, Table: &table}
	if both.Validate() == nil {
		t.Error("one resource is two things")
	}
	for dialect, want := range map[gatewright.Dialect]string{
		gatewright.PostgreSQL: "public", gatewright.SQLite: "main", gatewright.MySQL: "shop", gatewright.ClickHouse: "shop",
	} {
		c := gatewright.SourceConfig{Dialect: dialect, Database: "shop"}
		if got := c.DefaultSchema(); got != want {
			t.Errorf("tables of %s are in %q", dialect, got)
		}
	}
	c := gatewright.SourceConfig{Dialect: gatewright.PostgreSQL, Options: map[string]string{"search_path": "sales, public"}}
	if got := c.DefaultSchema(); got != "sales" {
		t.Errorf("tables are in %q", got)
	}
}
