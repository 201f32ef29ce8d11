package control_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/dataapi/openapi"
)

func shopSource() *gatewright.DataSource {
	return &gatewright.DataSource{
		Name: "shop", User: "reader",
		SourceConfig: gatewright.SourceConfig{Dialect: gatewright.PostgreSQL, Host: "db.example", Database: "shop"},
	}
}

func ordersTable() *gatewright.Table {
	return &gatewright.Table{
		Name: "orders", Source: "shop", Physical: gatewright.PhysicalTable{Schema: "public", Name: "t_orders"},
		Fields: []gatewright.Field{
			{Name: "id", Type: gatewright.TypeInt, Primary: true},
			{Name: "placed", Type: gatewright.TypeDate},
			{Name: "customer", Column: "cust", Type: gatewright.TypeString},
		},
	}
}

// ordersData is a script over the orders.
func ordersData() *gatewright.DataDefinition {
	return &gatewright.DataDefinition{
		Mode: gatewright.DataScript, Source: "shop", Dialect: gatewright.PostgreSQL,
		Tables: []gatewright.DataTable{{Name: "orders", Fields: []gatewright.DataField{
			{Name: "id", Type: gatewright.TypeInt}, {Name: "placed", Type: gatewright.TypeDate},
		}}},
		Script:  "SELECT id, placed FROM orders WHERE placed >= #{since}",
		Params:  []gatewright.DataParam{{Name: "since", Field: "orders.placed", Type: gatewright.TypeDate, Operator: gatewright.OpGreaterOrEqual}},
		Columns: []gatewright.DataColumn{{Name: "id", Field: "orders.id", Type: gatewright.TypeInt}, {Name: "placed", Field: "orders.placed", Type: gatewright.TypeDate}},
	}
}

// dataOf is the definition of the data API of that name.
func dataOf(t testing.TB, name string, data *gatewright.DataDefinition) *gatewright.Definition {
	t.Helper()
	def := &gatewright.Definition{Title: name, BasePath: "/data/" + name, Data: data}
	if err := openapi.Complete(def); err != nil {
		t.Fatal(err)
	}
	return def
}

func setting(group string, r gatewright.GroupResource, password *string) control.Request {
	return request(gatewright.ChangeConfigure, group, control.Item{Resource: &r, Password: password})
}

func removing(group string, key gatewright.Key) control.Request {
	return request(gatewright.ChangeConfigure, group, control.Item{Remove: key})
}

// shop gives groups the source and the table.
func (w *world) shop(groups ...string) {
	w.t.Helper()
	for _, g := range groups {
		w.live(setting(g, gatewright.GroupResource{Source: shopSource()}, nil))
		w.live(setting(g, gatewright.GroupResource{Table: ordersTable()}, nil))
	}
}

func publishingData(t testing.TB, group, version string, alter func(*gatewright.DataDefinition)) control.Request {
	data := ordersData()
	if alter != nil {
		alter(data)
	}
	return request(gatewright.ChangePublish, group, control.Item{Definition: dataOf(t, "orders", data), Version: version})
}

func TestDataGoesThroughThePipeline(t *testing.T) {
	w := newWorld(t)
	test, production := w.standard()
	w.shop("test", "production")
	w.live(publishingData(t, "test", "V0", nil))
	slot := test.running("orders")
	if slot == nil || slot.Kind != gatewright.KindData || slot.Version != "V0" || !cmp.Equal(slot.Upstream, gatewright.Upstream{}) {
		t.Fatalf("the gateway runs %+v", slot)
	}
	rev := test.resource(gatewright.RevisionKey(slot.API, 1)).Revision
	if rev.BasePath != "/data" || rev.Routes[0].Path != "/orders" || rev.Data == nil || rev.Data.Script != ordersData().Script {
		t.Errorf("its revision is %+v", rev)
	}
	if plan := w.planned(publishingData(t, "test", "V0", nil)); !plan.NoOp {
		t.Errorf("the same again is %+v", plan.Items)
	}
	w.live(publishingData(t, "test", "V1", func(d *gatewright.DataDefinition) { d.Script += " ORDER BY id" }))
	w.live(request(gatewright.ChangeSync, "production", control.Item{API: "orders", From: "test"}))
	if got := production.running("orders"); got == nil || got.Version != "V1" {
		t.Errorf("production runs %+v", got)
	}
	w.live(request(gatewright.ChangeRollback, "test", control.Item{API: "orders"}))
	if got := test.running("orders"); got.Version != "V0" {
		t.Errorf("after the rollback test runs %s", got.Version)
	}
	w.live(request(gatewright.ChangeDisable, "test", control.Item{API: "orders"}))
	w.live(request(gatewright.ChangeEnable, "test", control.Item{API: "orders"}))
	prefix := "/eu"
	w.live(request(gatewright.ChangeConfigure, "test", control.Item{API: "orders", Runtime: &control.RuntimePatch{PathPrefix: &prefix}}))
	w.refused(request(gatewright.ChangeConfigure, "test", control.Item{API: "orders", Runtime: nodes("127.0.0.1:1")}), gatewright.Invalid, "no upstream")
	w.live(request(gatewright.ChangeDeprecate, "test", control.Item{API: "orders", Lifecycle: &gatewright.Lifecycle{}}))
	w.live(request(gatewright.ChangeRetire, "test", control.Item{API: "orders"}))
	w.live(request(gatewright.ChangeUndeploy, "test", control.Item{API: "orders"}))
	w.refused(publishing("test", "orders", "9"), gatewright.Invalid, "of kind data")
}

func TestDataCanary(t *testing.T) {
	w := newWorld(t)
	test, _ := w.standard()
	w.shop("test", "production")
	w.live(publishingData(t, "test", "V0", nil))
	saved, err := w.c.Save(w.ctx, admin, control.SaveRequest{
		API: "orders", Mode: control.SaveNewVersion, Version: "V1",
		Definition: dataOf(t, "orders", func() *gatewright.DataDefinition { d := ordersData(); d.Script += " LIMIT 5"; return d }()),
	})
	w.must(err)
	start := control.Item{API: "orders", Revision: "2", Canary: canaryPatch("five", 10)}
	withBackend := start
	withBackend.Canary = canaryPatch("five", 10)
	withBackend.Canary.Upstream = nodes("127.0.0.1:1")
	w.refused(request(gatewright.ChangeCanaryStart, "test", withBackend), gatewright.Invalid, "no upstream")
	w.live(request(gatewright.ChangeCanaryStart, "test", start))
	if c := test.running("orders").Canary; c == nil || c.Number != saved.Revision.Number || c.Upstream != nil {
		t.Errorf("the canary is %+v", c)
	}
	// The canary reads what the current revision need not read.
	w.refused(removing("test", gatewright.TableKey("orders")), gatewright.Conflict, "orders (canary)")
	w.live(request(gatewright.ChangeCanaryPromote, "test", control.Item{API: "orders"}))
	if got := test.running("orders"); got.Current.Number != 2 {
		t.Errorf("promoted to %+v", got)
	}
}

// TestDataNeedsWhatItReads asks each way into a group for each thing that can
// be missing there.
func TestDataNeedsWhatItReads(t *testing.T) {
	without := func(alter func(*gatewright.Table)) func(*world) {
		return func(w *world) {
			w.live(setting("production", gatewright.GroupResource{Source: shopSource()}, nil))
			table := ordersTable()
			alter(table)
			w.live(setting("production", gatewright.GroupResource{Table: table}, nil))
		}
	}
	lacks := []struct {
		name string
		have func(*world)
		say  []string
	}{
		{"source", func(*world) {}, []string{`data source "shop"`, "production", "does not have"}},
		{"table", func(w *world) { w.live(setting("production", gatewright.GroupResource{Source: shopSource()}, nil)) }, []string{`logical table "orders"`, "does not have"}},
		{"dialect", func(w *world) {
			s := shopSource()
			s.Dialect = gatewright.MySQL
			w.live(setting("production", gatewright.GroupResource{Source: s}, nil))
			w.live(setting("production", gatewright.GroupResource{Table: ordersTable()}, nil))
		}, []string{"written for postgresql", "is mysql"}},
		{"field", without(func(t *gatewright.Table) { t.Fields = slices.Delete(t.Fields, 1, 2) }), []string{"has no field placed"}},
		{"type", without(func(t *gatewright.Table) { t.Fields[1].Type = gatewright.TypeDateTime }), []string{"orders.placed", "datetime", "written for date"}},
		{"another source", func(w *world) {
			other := shopSource()
			other.Name = "archive"
			w.live(setting("production", gatewright.GroupResource{Source: shopSource()}, nil))
			w.live(setting("production", gatewright.GroupResource{Source: other}, nil))
			table := ordersTable()
			table.Source = "archive"
			w.live(setting("production", gatewright.GroupResource{Table: table}, nil))
		}, []string{"archive", "the API reads shop"}},
		{"grant", func(w *world) {
			p, err := w.c.CreateProject(w.ctx, admin, "finance", "")
			w.must(err)
			without(func(t *gatewright.Table) { t.Project = p.ID })(w)
		}, []string{"another project"}},
		{"constraint", without(func(t *gatewright.Table) { t.Constraints = [][]string{{"id", "placed"}, {"customer"}} }), []string{"id and placed, or on customer"}},
	}
	ways := map[string]func(t *testing.T, w *world) control.Request{
		"publish": func(t *testing.T, w *world) control.Request { return publishingData(t, "production", "V0", nil) },
		"deploy": func(_ *testing.T, w *world) control.Request {
			return request(gatewright.ChangeDeploy, "production", control.Item{API: "orders", Revision: "1"})
		},
		"sync": func(_ *testing.T, w *world) control.Request {
			return request(gatewright.ChangeSync, "production", control.Item{API: "orders", From: "test"})
		},
	}
	for _, lack := range lacks {
		t.Run(lack.name, func(t *testing.T) {
			w := newWorld(t)
			w.standard()
			w.shop("test")
			w.live(publishingData(t, "test", "V0", nil))
			lack.have(w)
			for name, way := range ways {
				t.Run(name, func(t *testing.T) {
					w.refused(way(t, w), gatewright.PreconditionFailed, lack.say...)
				})
			}
		})
	}
}

// TestDataRollbackNeedsWhatItReads rolls back to what read a table that is gone.
func TestDataRollbackNeedsWhatItReads(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.shop("test")
	customers := ordersTable()
	customers.Name = "customers"
	w.live(setting("test", gatewright.GroupResource{Table: customers}, nil))
	w.live(publishingData(t, "test", "V0", nil))
	w.live(publishingData(t, "test", "V1", func(d *gatewright.DataDefinition) {
		d.Tables[0].Name, d.Script = "customers", "SELECT id, placed FROM customers WHERE placed >= #{since}"
		d.Params[0].Field, d.Columns[0].Field, d.Columns[1].Field = "customers.placed", "customers.id", "customers.placed"
	}))
	w.live(removing("test", gatewright.TableKey("orders"))) // nothing reads it any more
	w.refused(request(gatewright.ChangeRollback, "test", control.Item{API: "orders"}), gatewright.PreconditionFailed, `logical table "orders"`)
}

// TestDataResourcesStayUnderTheirReaders takes away and alters what APIs read.
func TestDataResourcesStayUnderTheirReaders(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.shop("test")
	w.live(publishingData(t, "test", "V0", nil))
	altered := func(alter func(*gatewright.Table)) control.Request {
		table := ordersTable()
		alter(table)
		return setting("test", gatewright.GroupResource{Table: table}, nil)
	}
	w.refused(removing("test", gatewright.SourceKey("shop")), gatewright.Conflict, "orders", "shop")
	w.refused(removing("test", gatewright.TableKey("orders")), gatewright.Conflict, "these APIs in test would break: orders")
	w.refused(altered(func(t *gatewright.Table) { t.Fields = t.Fields[:1] }), gatewright.Conflict, "would break: orders", "placed")
	w.refused(altered(func(t *gatewright.Table) { t.Fields[0].Type = gatewright.TypeString }), gatewright.Conflict, "would break: orders", "orders.id")
	w.refused(altered(func(t *gatewright.Table) { t.Constraints = [][]string{{"customer"}} }), gatewright.Conflict, "would break: orders")
	w.refused(altered(func(t *gatewright.Table) { t.Source = "none" }), gatewright.PreconditionFailed, `no data source "none"`)
	mysql := shopSource()
	mysql.Dialect = gatewright.MySQL
	w.refused(setting("test", gatewright.GroupResource{Source: mysql}, nil), gatewright.Conflict, "would break: orders")

	// What breaks nothing passes: another place, more fields, another column.
	elsewhere := shopSource()
	elsewhere.Host = "replica.example"
	w.live(setting("test", gatewright.GroupResource{Source: elsewhere}, nil))
	w.live(altered(func(t *gatewright.Table) {
		t.Physical.Name, t.Fields[2].Column = "v_orders", "customer_no"
		t.Fields = append(t.Fields, gatewright.Field{Name: "total", Type: gatewright.TypeDecimal})
	}))
	// One change may take away the API and what it reads.
	w.live(control.Request{Kind: gatewright.ChangeApply, Group: "test", Items: []control.Item{
		{Action: gatewright.ChangeUndeploy, API: "orders"},
		{Action: gatewright.ChangeConfigure, Remove: gatewright.TableKey("orders")},
		{Action: gatewright.ChangeConfigure, Remove: gatewright.SourceKey("shop")},
	}})
}

func TestDataScriptsAreChecked(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.shop("test")
	tests := []struct {
		name  string
		alter func(*gatewright.DataDefinition)
		say   string
	}{
		{"table that is not listed", func(d *gatewright.DataDefinition) {
			d.Script = "SELECT id, placed FROM customers WHERE placed >= #{since}"
		}, "customers"},
		{"field that is not listed", func(d *gatewright.DataDefinition) {
			d.Script = "SELECT id, customer AS placed FROM orders WHERE placed >= #{since}"
		}, "customer"},
		{"function that is not allowed", func(d *gatewright.DataDefinition) {
			d.Script = "SELECT id, pg_sleep(9) AS placed FROM orders WHERE placed >= #{since}"
		}, "pg_sleep"},
		{"no query", func(d *gatewright.DataDefinition) { d.Script = "DELETE FROM orders" }, "script"},
		{"in a branch only", func(d *gatewright.DataDefinition) {
			d.Script = "<select>SELECT id, placed FROM orders <if test=\"since != null\">WHERE id IN (SELECT id FROM secrets)</if></select>"
		}, "secrets"},
		{"unknown parameter", func(d *gatewright.DataDefinition) {
			d.Script = "SELECT id, placed FROM orders WHERE placed >= #{until}"
		}, "until"},
		{"markup", func(d *gatewright.DataDefinition) { d.Script = "<select>SELECT id FROM orders <if>x</if></select>" }, "test"},
		{"parameter of another type", func(d *gatewright.DataDefinition) { d.Params[0].Type = gatewright.TypeDateTime }, "parameter since is of type datetime"},
		{"column of another type", func(d *gatewright.DataDefinition) { d.Columns[0].Type = gatewright.TypeString }, "column id is of type string"},
		{"default that is none", func(d *gatewright.DataDefinition) { d.Params[0].Default = "yesterday" }, "default"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.refused(publishingData(t, "test", "V0", tt.alter), gatewright.PreconditionFailed, tt.say)
		})
	}
	wizard := func(d *gatewright.DataDefinition) {
		d.Mode, d.Script, d.Paging, d.Dialect = gatewright.DataWizard, "", true, ""
	}
	w.live(publishingData(t, "test", "V0", wizard))
	w.live(publishingData(t, "test", "V1", func(d *gatewright.DataDefinition) {
		*d = gatewright.DataDefinition{Mode: gatewright.DataNative, Source: "shop", Tables: []gatewright.DataTable{{Name: "orders"}}}
	}))
}

// TestDataGrants lets other projects read a table.
func TestDataGrants(t *testing.T) {
	w := newWorld(t)
	w.standard()
	finance, err := w.c.CreateProject(w.ctx, admin, "finance", "")
	w.must(err)
	table := ordersTable()
	table.Project = "finance" // by name
	w.live(setting("test", gatewright.GroupResource{Source: shopSource()}, nil))
	w.live(setting("test", gatewright.GroupResource{Table: table}, nil))
	w.refused(publishingData(t, "test", "V0", nil), gatewright.PreconditionFailed, "another project")
	own := publishingData(t, "test", "V0", nil)
	own.Items[0].Project = "finance"
	w.live(own)
	table.Readers = []gatewright.ProjectID{gatewright.DefaultProject}
	w.live(setting("test", gatewright.GroupResource{Table: table}, nil))
	data := ordersData()
	guest := request(gatewright.ChangePublish, "test", control.Item{Definition: dataOf(t, "guest", data), Version: "V0"})
	w.live(guest)
	table.Readers = nil
	w.refused(setting("test", gatewright.GroupResource{Table: table}, nil), gatewright.Conflict, "would break: guest")
	table.Readers = []gatewright.ProjectID{"nowhere"}
	w.refused(setting("test", gatewright.GroupResource{Table: table}, nil), gatewright.NotFound, "nowhere")
	state := w.export("test", false)
	if got := state.Tables[0]; got.Project != "finance" || finance.ID == "finance" {
		t.Errorf("the export says %+v", got)
	}
}

func TestDataSecurityLevelIsAtLeastThatOfItsColumns(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.live(setting("test", gatewright.GroupResource{Source: shopSource()}, nil))
	table := ordersTable()
	table.Fields[1].Security = gatewright.SecuritySecret
	w.live(setting("test", gatewright.GroupResource{Table: table}, nil))
	warned := func() bool {
		plan := w.planned(publishingData(t, "test", "V0", nil))
		return slices.ContainsFunc(plan.Findings, func(f gatewright.Finding) bool {
			return f.Check == "data" && f.Level == gatewright.LevelWarning && strings.Contains(f.Message, "orders.placed, which is L3")
		})
	}
	if !warned() {
		t.Error("nothing warns that a public API returns a secret")
	}
	w.live(publishingData(t, "test", "V0", nil))
	level := gatewright.SecuritySecret
	w.update("orders", control.APIPatch{Security: &level})
	if warned() {
		t.Error("it warns of an API of the same level")
	}
}

// TestDataCompatibility publishes what breaks callers over what they call.
func TestDataCompatibility(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.shop("production")
	w.live(publishingData(t, "production", "V0", nil))
	tests := []struct {
		name   string
		alter  func(*gatewright.DataDefinition)
		breaks bool
	}{
		{"column removed", func(d *gatewright.DataDefinition) { d.Columns = d.Columns[:1] }, true},
		{"column of another type", func(d *gatewright.DataDefinition) { d.Columns[1].Field, d.Columns[1].Type = "", gatewright.TypeInt }, true},
		{"new required parameter", func(d *gatewright.DataDefinition) {
			d.Params = append(d.Params, gatewright.DataParam{Name: "until", Type: gatewright.TypeDate})
		}, true},
		{"parameter removed", func(d *gatewright.DataDefinition) {
			d.Params, d.Script = nil, "SELECT id, placed FROM orders"
		}, true},
		{"compact rows", func(d *gatewright.DataDefinition) { d.Format = gatewright.DataJSONCompact }, true},
		{"new optional parameter", func(d *gatewright.DataDefinition) {
			d.Params = append(d.Params, gatewright.DataParam{Name: "until", Type: gatewright.TypeDate, Optional: true})
		}, false},
		{"new column", func(d *gatewright.DataDefinition) {
			d.Columns = append(d.Columns, gatewright.DataColumn{Name: "age", Type: gatewright.TypeInt})
			d.Script = "SELECT id, placed, 1 AS age FROM orders WHERE placed >= #{since}"
		}, false},
		{"another script", func(d *gatewright.DataDefinition) { d.Script += " ORDER BY id" }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plan := w.planned(publishingData(t, "production", "V1", tt.alter))
			var broken []string
			for _, f := range plan.Findings {
				if f.Check == "compatibility" && f.Level == gatewright.LevelError {
					broken = append(broken, f.Rule)
				}
			}
			if (len(broken) > 0) != tt.breaks {
				t.Errorf("findings %v, want some: %t", broken, tt.breaks)
			}
			if slices.ContainsFunc(plan.Findings, func(f gatewright.Finding) bool { return f.Check == "data" }) {
				t.Errorf("the data is refused: %+v", plan.Findings)
			}
		})
	}
}

// TestDataCompactRows moves columns that callers know by their place.
func TestDataCompactRows(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.shop("production")
	compact := func(alter func(*gatewright.DataDefinition)) func(*gatewright.DataDefinition) {
		return func(d *gatewright.DataDefinition) {
			d.Format = gatewright.DataJSONCompact
			alter(d)
		}
	}
	w.live(publishingData(t, "production", "V0", compact(func(*gatewright.DataDefinition) {})))
	for name, alter := range map[string]func(*gatewright.DataDefinition){
		"swapped": func(d *gatewright.DataDefinition) { slices.Reverse(d.Columns) },
		"removed": func(d *gatewright.DataDefinition) { d.Columns = d.Columns[:1] },
	} {
		t.Run(name, func(t *testing.T) {
			w.refused(publishingData(t, "production", "V1", compact(alter)), gatewright.PreconditionFailed, "compact-column-moved")
		})
	}
	more := publishingData(t, "production", "V1", compact(func(d *gatewright.DataDefinition) {
		d.Columns = append(d.Columns, gatewright.DataColumn{Name: "age", Type: gatewright.TypeInt})
		d.Script = "SELECT id, placed, 1 AS age FROM orders WHERE placed >= #{since}"
	}))
	for _, f := range w.planned(more).Findings {
		if f.Rule == "compact-column-moved" {
			t.Errorf("a column behind the others: %s", f.Message)
		}
	}
}

// TestDataPasswords keeps passwords out of everything but the one place that
// gateways ask.
func TestDataPasswords(t *testing.T) {
	const first, second = "pa55w0rd-one", "pa55w0rd-two"
	w := telling(t)
	p := func(s string) *string { return &s }
	group, err := w.c.Group(w.ctx, "test")
	w.must(err)
	source := gatewright.GroupResource{Source: shopSource()}
	w.live(setting("test", source, p(first)))
	idOf := func() gatewright.SecretID {
		t.Helper()
		for _, g := range w.gateways {
			if g.group.ID == group.ID {
				return g.resource(gatewright.SourceKey("shop")).Source.Password
			}
		}
		return ""
	}
	opens := func(id gatewright.SecretID, want string) {
		t.Helper()
		got, err := w.c.SourcePassword(w.ctx, group.ID, id)
		if want == "" {
			if gatewright.CodeOf(err) != gatewright.NotFound {
				t.Errorf("%s opens to %q, %v", id, got, err)
			}
		} else if got != want || err != nil {
			t.Errorf("%s opens to %q, %v; want %q", id, got, err, want)
		}
	}
	one := idOf()
	opens(one, first)
	for name, again := range map[string]*string{"nothing said": nil, "the same": p(first)} {
		if plan := w.planned(setting("test", source, again)); !plan.NoOp {
			t.Errorf("%s is %+v", name, plan.Items)
		}
	}
	elsewhere := shopSource()
	elsewhere.Host = "replica.example"
	w.live(setting("test", gatewright.GroupResource{Source: elsewhere}, nil))
	if idOf() != one {
		t.Error("another host is another password")
	}
	plan := w.planned(setting("test", gatewright.GroupResource{Source: elsewhere}, p(second)))
	if lines := plan.Items[0].Lines; len(lines) != 1 || lines[0] != "~ password" {
		t.Errorf("the plan says %q", lines)
	}
	changed := w.live(setting("test", gatewright.GroupResource{Source: elsewhere}, p(second)))
	two := idOf()
	opens(two, second)
	opens(one, "") // nothing has it any more
	other, err := w.c.Group(w.ctx, "production")
	w.must(err)
	if got, err := w.c.SourcePassword(w.ctx, other.ID, two); gatewright.CodeOf(err) != gatewright.NotFound {
		t.Errorf("another group reads %q, %v", got, err)
	}

	// Rotation seals it anew, and no revert brings an old one back.
	w.seal(keys(t, 1, 2))
	w.must(w.c.Reseal(w.ctx))
	w.seal(keys(t, 2))
	opens(two, second)
	w.refused(request(gatewright.ChangeRevert, "test", control.Item{Change: changed.ID}), gatewright.PreconditionFailed, "its old password")

	w.live(setting("test", source, p("")))
	if id := idOf(); id != "" {
		t.Errorf("after it was taken away it is %s", id)
	}
	w.refused(setting("test", source, p("a\nb")), gatewright.Invalid, "control character")
	w.refused(setting("test", source, p(strings.Repeat("x", gatewright.MaxPasswordBytes+1))), gatewright.Invalid, "at most 4096")
	w.refused(setting("test", gatewright.GroupResource{Table: ordersTable()}, p("x")), gatewright.Invalid, "only a data source")

	// It is told nowhere.
	w.live(setting("test", source, p(first)))
	told := map[string]any{"export": w.export("test", true), "audit": w.newest(100), "plan": plan}
	changes, err := w.c.Changes(w.ctx, control.ChangeQuery{Group: "test", Limit: 100})
	w.must(err)
	told["changes"] = changes
	for _, g := range w.gateways {
		told["resource of "+g.name] = g.entries
	}
	for where, what := range told {
		text, err := json.Marshal(what)
		w.must(err)
		if strings.Contains(string(text), "pa55w0rd") {
			t.Errorf("the %s tell the password: %s", where, text)
		}
	}
	raw, err := json.Marshal(w.export("test", true).Sources)
	w.must(err)
	if strings.Contains(string(raw), "sec_") {
		t.Errorf("the export names the password: %s", raw)
	}
}

// TestDataApply makes a group have files' state, and again.
func TestDataApply(t *testing.T) {
	w := telling(t)
	password := "pa55w0rd"
	state := func() control.State {
		return control.State{
			Sources: []*control.StatedSource{{Source: *shopSource(), Password: &password}},
			Tables:  []*gatewright.Table{ordersTable()},
			APIs:    []*control.StatedAPI{{Name: "orders", Version: "V0", Definition: dataOf(t, "orders", ordersData())}},
		}
	}
	req := control.ApplyRequest{Group: "test", State: state()}
	if sub := w.apply(req); sub.Change == nil || len(sub.Change.Items) != 3 {
		t.Fatalf("applied as %+v", sub.Plan.Items)
	}
	if sub := w.apply(control.ApplyRequest{Group: "test", State: state()}); sub.Change != nil {
		t.Errorf("again it is %+v", sub.Plan.Items)
	}
	exported := w.export("test", false)
	if sub := w.apply(control.ApplyRequest{Group: "test", State: exported}); sub.Change != nil {
		t.Errorf("what was exported is %+v", sub.Plan.Items)
	}
	if len(exported.Sources) != 1 || exported.Sources[0].Password != nil || exported.Sources[0].Source.Password != "" {
		t.Errorf("exported %+v", exported.Sources)
	}
	group, err := w.c.Group(w.ctx, "test")
	w.must(err)
	id := w.gateways[0].resource(gatewright.SourceKey("shop")).Source.Password
	if got, err := w.c.SourcePassword(w.ctx, group.ID, id); got != password || err != nil {
		t.Errorf("the password became %q, %v", got, err)
	}
	// Pruning takes away what no file has, tables and sources after their APIs.
	prune := control.ApplyRequest{Group: "test", Prune: []control.Scope{{Kind: "dataapi"}, {Kind: "table"}, {Kind: "datasource"}}}
	if sub := w.apply(prune); len(sub.Change.Items) != 3 {
		t.Errorf("pruned %+v", sub.Plan.Items)
	}
	if got := w.export("test", false); len(got.Sources)+len(got.Tables)+len(got.APIs) != 0 {
		t.Errorf("left is %+v", got)
	}
}

// TestDataVersions counts drafts as the data service does.
func TestDataVersions(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.shop("test", "production")
	save := func(mode control.SaveMode, script string) *control.Saved {
		t.Helper()
		d := ordersData()
		d.Script += script
		saved, err := w.c.Save(w.ctx, admin, control.SaveRequest{API: "orders", Mode: mode, Definition: dataOf(t, "orders", d)})
		w.must(err)
		return saved
	}
	first := save(control.SaveNewAPI, "")
	if first.Revision.Version != "V0" || first.API.Settings.Scheme != gatewright.SchemeCounter || first.Revision.Track != "v1" {
		t.Fatalf("saved as %+v of %+v", first.Revision, first.API)
	}
	if again := save(control.SaveNewVersion, ""); again.Revision.Number != 1 {
		t.Errorf("the same again is revision %d", again.Revision.Number)
	}
	if next := save(control.SaveNewVersion, " LIMIT 9"); next.Revision.Version != "V1" || next.Revision.Number != 2 {
		t.Errorf("the next is %+v", next.Revision)
	}
	// What is in production is never saved over; what is only tested is.
	update := control.SaveRequest{API: "orders", Mode: control.SaveUpdate, Revision: "1", IfHash: first.Revision.Hash}
	update.Definition = dataOf(t, "orders", func() *gatewright.DataDefinition { d := ordersData(); d.Script += " LIMIT 7"; return d }())
	w.live(request(gatewright.ChangeDeploy, "production", control.Item{API: "orders", Revision: "1"}))
	w.notSaved(update, gatewright.Conflict, "save this as a new version")
	code(t, w.c.DeleteRevision(w.ctx, admin, "orders", "1"), gatewright.Conflict)
	w.must(w.c.DeleteRevision(w.ctx, admin, "orders", "2"))
	_, err := w.c.Save(w.ctx, admin, control.SaveRequest{API: "not a name", Mode: control.SaveNewAPI, Definition: dataOf(t, "orders", ordersData())})
	code(t, err, gatewright.Invalid)
}

// TestDataSettingsReachGateways alters what an API's answers are bounded by.
func TestDataSettingsReachGateways(t *testing.T) {
	w := newWorld(t)
	test, _ := w.standard()
	w.shop("test")
	w.live(publishingData(t, "test", "V0", nil))
	rows, qps := 500, 20
	w.update("orders", control.APIPatch{MaxRows: &rows, MaxQPS: &qps})
	w.settle()
	if got := test.running("orders"); got.MaxRows != rows || got.MaxQPS != qps {
		t.Errorf("the gateway runs %+v", got)
	}
	if u := w.usage(); u.Proxies != 1 || u.Units.Standard != 1 {
		t.Errorf("counted as %+v", u)
	}
}

// TestDataIsComparedMemberByMember tells what differs between two revisions.
func TestDataIsComparedMemberByMember(t *testing.T) {
	w := newWorld(t)
	w.standard()
	w.shop("test")
	w.live(publishingData(t, "test", "V0", nil))
	w.live(publishingData(t, "test", "V1", func(d *gatewright.DataDefinition) { d.Script += " LIMIT 3" }))
	diff, err := w.c.Compare(w.ctx, "orders", "V0", "V1")
	w.must(err)
	if len(diff.Definition) != 1 || diff.Definition[0].Pointer != "/data/script" || len(diff.Document) != 0 {
		t.Errorf("they differ in %+v and %+v", diff.Definition, diff.Document)
	}
}

// TestPlanOfAPasswordNeedsItsRight: a plan tells whether the password it states
// is the one that is kept, so it is no way to guess for those who only read.
func TestPlanOfAPasswordNeedsItsRight(t *testing.T) {
	w := telling(t)
	source, guess := shopSource(), "guess"
	needs := func(password *string) (plan, apply bool) {
		t.Helper()
		edits := func(n auth.Need) bool { return n.Action == gatewright.ActionDataSourceEdit }
		req := setting("test", gatewright.GroupResource{Source: source}, password)
		all, err := w.c.PlanNeeds(w.ctx, auth.Principal{Name: "bob"}, &req)
		w.must(err)
		plan = slices.ContainsFunc(all, edits)
		all, err = w.c.ApplyPlanNeeds(w.ctx, auth.Principal{Name: "bob"}, &control.ApplyRequest{
			Group: "test",
			State: control.State{Sources: []*control.StatedSource{{Source: *source, Password: password}}},
		})
		w.must(err)
		return plan, slices.ContainsFunc(all, edits)
	}
	if plan, apply := needs(&guess); !plan || !apply {
		t.Errorf("with a password: asked for the right to edit sources by the plan %v, by the apply plan %v", plan, apply)
	}
	if plan, apply := needs(nil); plan || apply {
		t.Errorf("without a password: asked for the right to edit sources by the plan %v, by the apply plan %v", plan, apply)
	}
}
