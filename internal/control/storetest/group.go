package storetest

import (
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func testGroup(s *suite) {
	s.update(func(tx control.Tx) {
		g := &gatewright.Group{
			ID: "grp_1", Name: "Production Group", Stage: gatewright.StageProduction, CreatedAt: tx.Now(),
			Labels: map[string]string{"region": "eu", "note": ""}, Hostnames: []string{"b.example", "a.example"},
		}
		s.ok(tx.CreateGroup(g))
		s.same(must(tx.Group(g.ID))(s), g)
		s.same(must(tx.GroupByName(g.Name))(s), g)
		s.fails(tx.CreateGroup(&gatewright.Group{ID: "grp_2", Name: g.Name}), gatewright.Conflict, `"Production Group"`)
		s.fails(tx.CreateGroup(&gatewright.Group{ID: g.ID, Name: "other"}), gatewright.Conflict, `"grp_1"`)
		s.fails(oneError(tx.Group("grp_2")), gatewright.NotFound, `gateway group "grp_2" does not exist`)
		s.fails(oneError(tx.GroupByName("other")), gatewright.NotFound, `"other"`)
		for _, name := range oddNames {
			s.newGroup(tx, name)
		}
		var names []string
		for _, g := range must(tx.Groups())(s) {
			names = append(names, g.Name)
		}
		s.same(names, slices.Sorted(slices.Values(append(slices.Clone(oddNames), "Production Group"))))
	})
}

func testGroupUpdate(s *suite) {
	s.update(func(tx control.Tx) {
		g := s.newGroup(tx, "g")
		mine, theirs := *g, *g
		mine.Labels = map[string]string{"region": "eu"}
		mine.Settings = gatewright.GroupSettings{Locations: []string{"a", "b"}, Limits: gatewright.Limits{Units: 7}}
		s.ok(tx.UpdateGroup(&mine))
		s.same(mine.Revised, g.Revised+1)
		s.same(must(tx.Group(g.ID))(s), &mine)
		s.fails(tx.UpdateGroup(&theirs), gatewright.Conflict, `"g"`, "somebody altered")
		s.same(theirs.Revised, g.Revised)
		s.same(must(tx.Group(g.ID))(s), &mine)
		again := mine
		again.Labels, again.Settings = nil, gatewright.GroupSettings{}
		again.Name, again.Stage, again.Hostnames, again.Generation = "other", gatewright.StageProduction, []string{"h"}, 9 // what it leaves alone
		s.ok(tx.UpdateGroup(&again))
		want := *g
		want.Revised = g.Revised + 2
		s.same(must(tx.Group(g.ID))(s), &want)
		s.fails(tx.UpdateGroup(&gatewright.Group{ID: "grp_none"}), gatewright.NotFound, `"grp_none"`)
	})
}

// registryNamed returns a registry with nothing but a name.
func registryNamed(name string) *gatewright.GroupResource {
	return &gatewright.GroupResource{Registry: &gatewright.Registry{Name: name}}
}

func testGroupResource(s *suite) {
	s.update(func(tx control.Tx) {
		g, other := s.newGroup(tx, "g"), s.newGroup(tx, "other")
		z, b := registryNamed("z"), registryNamed("b")
		z.Registry.Servers, z.Registry.Stale = []string{"127.0.0.1:53"}, gatewright.Duration(1_500_000_001)
		app := &gatewright.GroupResource{App: &gatewright.App{ID: "app_1", Name: "z"}}
		for _, r := range []*gatewright.GroupResource{z, app, b} {
			s.ok(tx.PutGroupResource(g.ID, r))
		}
		s.ok(tx.PutGroupResource(other.ID, registryNamed("z")))
		s.same(must(tx.GroupResources(g.ID, gatewright.KeyRegistry))(s), []*gatewright.GroupResource{b, z})
		s.same(must(tx.GroupResources(g.ID, gatewright.KeyApp))(s), []*gatewright.GroupResource{app})
		s.same(len(must(tx.GroupResources(g.ID, ""))(s)), 0)
		s.same(len(must(tx.GroupResources("grp_none", gatewright.KeyApp))(s)), 0)
		z.Registry.Servers = nil
		s.ok(tx.PutGroupResource(g.ID, z)) // replaces
		s.same(must(tx.GroupResource(g.ID, z.Key()))(s), z)
		s.ok(tx.DeleteGroupResource(g.ID, z.Key()))
		s.fails(oneError(tx.GroupResource(g.ID, z.Key())), gatewright.NotFound, `"registry/z"`)
		s.fails(tx.DeleteGroupResource(g.ID, z.Key()), gatewright.NotFound, `"registry/z"`)
		s.same(must(tx.GroupResources(g.ID, gatewright.KeyRegistry))(s), []*gatewright.GroupResource{b})
		s.same(len(must(tx.GroupResources(other.ID, gatewright.KeyRegistry))(s)), 1)
		s.fails(tx.PutGroupResource("grp_none", b), gatewright.NotFound, `"grp_none"`)
		for _, r := range []*gatewright.GroupResource{{}, {Registry: b.Registry, App: app.App}} {
			s.fails(tx.PutGroupResource(g.ID, r), gatewright.Invalid)
		}
	})
}
