package management

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/dataapi/openapi"
	"github.com/gatewright/gatewright/internal/importer/native"
)

// TestDataStateSurvivesItsDocuments writes a state's data sources, tables and
// data APIs as documents and reads them again.
func TestDataStateSurvivesItsDocuments(t *testing.T) {
	define := func(mode gatewright.DataMode, script string) *gatewright.Definition {
		def := &gatewright.Definition{Title: "Orders", BasePath: "/data/orders", Data: &gatewright.DataDefinition{
			Mode: mode, Source: "shop", Script: script, Tables: []gatewright.DataTable{{Name: "orders"}},
		}}
		if err := openapi.Complete(def); err != nil {
			t.Fatal(err)
		}
		return def
	}
	settings := gatewright.APISettings{Scheme: gatewright.SchemeCounter, MaxRows: 10}
	state := &control.State{
		Sources: []*control.StatedSource{{Source: gatewright.DataSource{
			Name: "shop", Project: "finance", SourceConfig: gatewright.SourceConfig{Dialect: gatewright.SQLite, Database: "/data/shop.db"},
		}}},
		Tables: []*gatewright.Table{{
			Name: "orders", Source: "shop", Physical: gatewright.PhysicalTable{Name: "orders"}, Fields: []gatewright.Field{{Name: "id", Type: gatewright.TypeInt}},
		}},
		APIs: []*control.StatedAPI{{
			Name: "orders", Track: "v1", Kind: gatewright.KindData, Owner: "ann", Settings: &settings, Version: "V0",
			Definition: define(gatewright.DataScript, "SELECT id FROM orders"), Runtime: &gatewright.RuntimeConfig{Enabled: true, PathPrefix: "/eu"},
			SetCanary: true,
			Canary: &control.StatedCanary{
				Canary: gatewright.Canary{Name: "try", Percent: 5, Enabled: true}, Definition: define(gatewright.DataNative, ""),
			},
		}},
	}
	text, err := native.Encode(thingsOf(state), native.YAML)
	if err != nil {
		t.Fatal(err)
	}
	things, err := native.Decode([]native.File{{Name: "all.yaml", Text: text}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := stateOf(things)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(state, got); diff != "" {
		t.Errorf("%s\nin %s", diff, text)
	}
}
