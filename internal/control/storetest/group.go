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

func testRegistry(s *suite) {
	s.update(func(tx control.Tx) {
		g, other := s.newGroup(tx, "g"), s.newGroup(tx, "other")
		z := &gatewright.Registry{Name: "z", Type: gatewright.RegistryDNS, Servers: []string{"127.0.0.1:53"}, Stale: gatewright.Duration(1_500_000_001)}
		b := &gatewright.Registry{Name: "b", Type: gatewright.RegistryDNS}
		s.ok(tx.PutRegistry(g.ID, z))
		s.ok(tx.PutRegistry(g.ID, b))
		s.ok(tx.PutRegistry(other.ID, &gatewright.Registry{Name: "z"}))
		s.same(must(tx.Registries(g.ID))(s), []*gatewright.Registry{b, z})
		z.Servers = nil
		s.ok(tx.PutRegistry(g.ID, z)) // replaces
		s.same(must(tx.Registry(g.ID, "z"))(s), z)
		s.ok(tx.DeleteRegistry(g.ID, "z"))
		s.fails(oneError(tx.Registry(g.ID, "z")), gatewright.NotFound, `"z"`)
		s.fails(tx.DeleteRegistry(g.ID, "z"), gatewright.NotFound, `"z"`)
		s.same(must(tx.Registries(g.ID))(s), []*gatewright.Registry{b})
		s.same(len(must(tx.Registries(other.ID))(s)), 1)
		s.fails(tx.PutRegistry("grp_none", b), gatewright.NotFound, `"grp_none"`)
	})
}
