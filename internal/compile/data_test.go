package compile_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/compile"
)

// TestDataResources compiles what gateways need to know, and nothing that only
// people read.
func TestDataResources(t *testing.T) {
	source := compile.Source(&gatewright.DataSource{
		Name: "shop", Project: "prj_x", Description: "told", User: "reader", Password: "sec_1",
		SourceConfig: gatewright.SourceConfig{Dialect: gatewright.MySQL, Host: "db", Database: "shop"},
	})
	table := compile.Table(&gatewright.Table{
		Name: "orders", Owner: "told", Readers: []gatewright.ProjectID{"told"}, Description: "told", Source: "shop", Security: gatewright.SecurityInternal,
		Fields: []gatewright.Field{{Name: "id", Type: gatewright.TypeInt, Description: "told"}},
	})
	data := &gatewright.DataDefinition{
		Mode: gatewright.DataWizard, Source: "shop",
		Params:  []gatewright.DataParam{{Name: "id", Example: "told", Description: "told", Default: "1"}},
		Columns: []gatewright.DataColumn{{Name: "id", Example: "told", Description: "told", Default: "1"}},
	}
	rev := compile.Revision("api_1", &gatewright.Revision{Number: 1, Definition: gatewright.Definition{
		Kind: gatewright.KindData, BasePath: "/data/shop/orders", Routes: data.Routes(), Data: data,
	}})
	for name, r := range map[string]*gatewright.Resource{"source": source, "table": table, "revision": rev} {
		b, hash, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := gatewright.DecodeResource(b, hash); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if text, _ := json.Marshal(r); strings.Contains(string(text), "told") || strings.Contains(string(text), "prj_x") {
			t.Errorf("%s tells too much: %s", name, text)
		}
	}
	if f := table.Table.Fields[0]; f.Security != gatewright.SecurityInternal {
		t.Errorf("the field's level is %q", f.Security)
	}
	if r := rev.Revision; r.BasePath != "/data/shop" || r.Routes[0].Path != "/orders" || r.Data.Params[0].Default != "1" {
		t.Errorf("the revision is %+v", r)
	}
	if data.Params[0].Example != "told" {
		t.Error("compiling altered its input")
	}
}
