package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func testAPI(s *suite) {
	var pets *gatewright.API
	s.update(func(tx control.Tx) {
		pets = s.newAPI(tx, "Pets")
		s.same(must(tx.API(pets.ID))(s), pets) // one's own writes show
		s.newAPI(tx, "pets")                   // names differ by case
		s.fails(tx.CreateAPI(&gatewright.API{ID: "api_other", Name: "Pets"}), gatewright.Conflict, `"Pets"`)
		s.fails(tx.CreateAPI(&gatewright.API{ID: pets.ID, Name: "Other"}), gatewright.Conflict, string(pets.ID))
		_, err := tx.APIByName("Other")
		s.fails(err, gatewright.NotFound, `"Other"`)
	})
	s.view(func(tx control.Tx) {
		s.same(must(tx.API(pets.ID))(s), pets)
		s.same(must(tx.APIByName("Pets"))(s), pets)
		_, err := tx.APIByName("PETS")
		s.fails(err, gatewright.NotFound, `API "PETS" does not exist`)
		_, err = tx.API("api_none")
		s.fails(err, gatewright.NotFound, `API "api_none" does not exist`)
	})
}

func testAPIUpdate(s *suite) {
	s.update(func(tx control.Tx) {
		a := s.newAPI(tx, "Pets")
		s.newAPI(tx, "Taken")
		s.newRevision(tx, a.ID, "", "/x")
		mine, theirs := *a, *a
		mine.Name, mine.Owner, mine.Settings = "Animals", "bob", gatewright.APISettings{Description: "new", MaxQPS: 9}
		mine.Kind, mine.LastRevision, mine.CreatedAt = "other", 99, time.Time{} // what it leaves alone
		s.ok(tx.UpdateAPI(&mine))
		want := *a
		want.Name, want.Owner, want.Settings, want.Revised, want.LastRevision = "Animals", "bob", mine.Settings, a.Revised+1, 1
		s.same(mine.Revised, want.Revised)
		s.same(must(tx.API(a.ID))(s), &want)
		s.fails(oneError(tx.APIByName("Pets")), gatewright.NotFound)
		s.fails(tx.UpdateAPI(&theirs), gatewright.Conflict, `"Pets"`, "somebody altered")
		mine.Name = "Taken"
		s.fails(tx.UpdateAPI(&mine), gatewright.Conflict, `"Taken"`)
		s.same(must(tx.API(a.ID))(s), &want)
		mine.Name, mine.Settings = "Animals", gatewright.APISettings{} // its own name is not taken
		s.ok(tx.UpdateAPI(&mine))
		s.fails(tx.UpdateAPI(&gatewright.API{ID: "api_none", Name: "none"}), gatewright.NotFound, `"api_none"`)
	})
}

func testAPIDelete(s *suite) {
	s.update(func(tx control.Tx) {
		g, a, other := s.newGroup(tx, "g"), s.newAPI(tx, "a"), s.newAPI(tx, "other")
		s.ok(tx.CreateTrack(&gatewright.Track{API: a.ID, Name: "v1", BasePath: "/"}))
		s.ok(tx.CreateTrack(&gatewright.Track{API: other.ID, Name: "v1", BasePath: "/"}))
		r, kept := s.newRevision(tx, a.ID, "1", "/x"), s.newRevision(tx, other.ID, "1", "/x")
		s.ok(tx.BindVersion(gatewright.VersionBinding{API: a.ID, Label: "1", Hash: r.Hash}))
		slot := &gatewright.Slot{SlotKey: gatewright.SlotKey{Group: g.ID, API: a.ID, Track: "v1"}, Revision: r.ID}
		s.ok(tx.PutSlot(slot))
		s.ok(tx.PutClaims(slot.SlotKey, []control.Claim{claim("h", "k", "x")}))
		c := s.newChange(tx, g, slot.SlotKey)
		s.fails(tx.DeleteAPI(a.ID), gatewright.Conflict, string(a.ID), string(g.ID), `"v1"`)
		slot.Revision, slot.Canary = "", &gatewright.Canary{Revision: r.ID}
		s.ok(tx.PutSlot(slot))
		s.fails(tx.DeleteAPI(a.ID), gatewright.Conflict, string(g.ID))
		slot.Canary = nil
		s.ok(tx.PutSlot(slot))

		s.ok(tx.DeleteAPI(a.ID))
		s.fails(oneError(tx.API(a.ID)), gatewright.NotFound)
		s.fails(oneError(tx.Revision(r.ID)), gatewright.NotFound)
		s.fails(oneError(tx.VersionBinding(a.ID, "1")), gatewright.NotFound)
		s.fails(oneError(tx.Slot(slot.SlotKey)), gatewright.NotFound)
		s.fails(tx.DeleteAPI(a.ID), gatewright.NotFound, string(a.ID))
		s.same(len(must(tx.Tracks(a.ID))(s)), 0)
		s.same(len(must(tx.ClaimHolders(gatewright.SlotKey{Group: g.ID}, []control.Claim{claim("h", "k", "x")}))(s)), 0)
		s.same(must(tx.Changes(control.ChangeFilter{API: a.ID}))(s), []*gatewright.Change{c}) // history stays
		s.ok(oneError(tx.Revision(kept.ID)))
		s.same(len(must(tx.Tracks(other.ID))(s)), 1)
		s.newAPI(tx, "a") // the name is free again
	})
}

func testAPIList(s *suite) {
	s.update(func(tx control.Tx) {
		for _, name := range oddNames {
			s.newAPI(tx, name)
		}
	})
	want := slices.Sorted(slices.Values(oddNames))
	for limit := 1; limit <= len(want)+1; limit++ {
		var got []string
		s.view(func(tx control.Tx) {
			for after := ""; ; after = got[len(got)-1] {
				page := must(tx.APIs(after, limit))(s)
				if len(page) > limit {
					s.Fatalf("%d APIs for a limit of %d", len(page), limit)
				}
				for _, a := range page {
					got = append(got, a.Name)
				}
				if len(page) < limit {
					return
				}
			}
		})
		s.same(got, want)
	}
	s.view(func(tx control.Tx) {
		for _, limit := range []int{0, -1} {
			if page := must(tx.APIs("", limit))(s); len(page) != 0 {
				s.Errorf("limit %d gave %d APIs", limit, len(page))
			}
		}
	})
}

func testTrack(s *suite) {
	s.update(func(tx control.Tx) {
		a, b := s.newAPI(tx, "a"), s.newAPI(tx, "b")
		v1 := &gatewright.Track{API: a.ID, Name: "v1", BasePath: "/v1"}
		v10 := &gatewright.Track{API: a.ID, Name: "v10", BasePath: "/"}
		v2 := &gatewright.Track{API: a.ID, Name: "v2", BasePath: "/宠物"}
		for _, k := range []*gatewright.Track{v2, v1, v10, {API: b.ID, Name: "v1", BasePath: "/v1"}} {
			s.ok(tx.CreateTrack(k))
		}
		s.fails(tx.CreateTrack(&gatewright.Track{API: a.ID, Name: "v1", BasePath: "/new"}), gatewright.Conflict, `"v1"`)
		s.fails(tx.CreateTrack(&gatewright.Track{API: a.ID, Name: "v3", BasePath: "/v1"}), gatewright.Conflict, `"/v1"`)
		s.fails(tx.CreateTrack(&gatewright.Track{API: "api_none", Name: "v1", BasePath: "/"}), gatewright.NotFound, `"api_none"`)
		s.same(must(tx.Tracks(a.ID))(s), []*gatewright.Track{v1, v10, v2})
		s.same(must(tx.Track(a.ID, "v2"))(s), v2)
		_, err := tx.Track(a.ID, "v3")
		s.fails(err, gatewright.NotFound, `"v3"`)
		if ks := must(tx.Tracks("api_none"))(s); len(ks) != 0 {
			s.Errorf("an API that does not exist has tracks %v", ks)
		}
	})
}

// testEveryField stores one of everything with every field set, and one with
// nothing but what it refers to.
func testEveryField(s *suite) {
	f := new(filler)
	var group *gatewright.Group
	var api *gatewright.API
	s.update(func(tx control.Tx) { // what the others refer to
		group, api = filled[gatewright.Group](f), filled[gatewright.API](f)
		s.ok(tx.CreateGroup(group))
		s.ok(tx.CreateAPI(api))
	})
	revision := filled[gatewright.Revision](f)
	revision.API = api.ID
	slot := filled[gatewright.Slot](f)
	slot.Group, slot.API, slot.Revision, slot.Canary.Revision = group.ID, api.ID, revision.ID, revision.ID
	registry := &gatewright.GroupResource{Registry: filled[gatewright.Registry](f)}
	app := &gatewright.GroupResource{App: filled[gatewright.App](f)}
	change := filled[gatewright.Change](f)
	change.Group = group.ID
	instance := filled[gatewright.Instance](f)
	instance.Group = group.ID
	token := filled[gatewright.Token](f)
	token.Group, token.RevokedAt = group.ID, time.Time{}
	binding := filled[gatewright.VersionBinding](f)
	binding.API = api.ID
	audit := filled[gatewright.AuditEntry](f)
	claim := filled[control.Claim](f)
	event, usage := filled[control.EventRow](f), filled[gatewright.Usage](f)
	claim.Slot = slot.SlotKey
	s.update(func(tx control.Tx) {
		s.ok(tx.CreateRevision(revision))
		s.ok(tx.PutSlot(slot))
		s.ok(tx.PutGroupResource(group.ID, registry))
		s.ok(tx.PutGroupResource(group.ID, app))
		s.ok(tx.AppendEvent(*event))
		s.ok(tx.AddUsage([]gatewright.Usage{*usage}))
		s.ok(tx.CreateChange(change))
		s.ok(tx.PutInstance(instance))
		s.ok(tx.CreateToken(token))
		s.ok(tx.BindVersion(*binding))
		s.ok(tx.AppendAudit(audit))
		s.ok(tx.PutClaims(slot.SlotKey, []control.Claim{*claim}))
	})
	api.LastRevision = revision.Number
	s.reopen()
	s.view(func(tx control.Tx) {
		check := func(name string, got, want any) {
			s.Run(name, func(t *testing.T) { (&suite{T: t}).same(got, want) })
		}
		check("group", must(tx.Group(group.ID))(s), group)
		check("api", must(tx.API(api.ID))(s), api)
		check("revision", must(tx.Revision(revision.ID))(s), revision)
		check("slot", must(tx.Slot(slot.SlotKey))(s), slot)
		check("registry", must(tx.GroupResource(group.ID, registry.Key()))(s), registry)
		check("app", must(tx.GroupResource(group.ID, app.Key()))(s), app)
		event.Seq = must(tx.LastEvent())(s)
		check("event", must(tx.Events(0, 1))(s), []control.EventRow{*event})
		check("usage", must(tx.Usage(control.UsageFilter{}, 1))(s), []gatewright.Usage{*usage})
		check("change", must(tx.Change(change.ID))(s), change)
		check("instance", must(tx.Instance(instance.ID))(s), instance)
		check("token", must(tx.Token(token.ID))(s), token)
		check("binding", must(tx.VersionBinding(api.ID, binding.Label))(s), binding)
		check("audit", must(tx.Audit(control.AuditFilter{Limit: 1}))(s)[0], audit)
		check("claim", must(tx.ClaimHolders(gatewright.SlotKey{Group: group.ID}, []control.Claim{*claim}))(s), []control.Claim{*claim})
	})

	s.update(func(tx control.Tx) {
		g := &gatewright.Group{ID: "grp_0", Name: "0"}
		a := &gatewright.API{ID: "api_0", Name: "0"}
		s.ok(tx.CreateGroup(g))
		s.ok(tx.CreateAPI(a))
		s.same(must(tx.Group("grp_0"))(s), g)
		s.same(must(tx.API("api_0"))(s), a)
		r := &gatewright.Revision{ID: "rev_0", API: "api_0"}
		s.ok(tx.CreateRevision(r))
		s.same(must(tx.Revision("rev_0"))(s), r)
		empty := &gatewright.Revision{ID: "rev_1", API: "api_0"}
		empty.Definition.Routes = []gatewright.Route{} // not nil: another content hash
		s.ok(tx.CreateRevision(empty))
		s.same(must(tx.Revision("rev_1"))(s), empty)
		l := &gatewright.Slot{SlotKey: gatewright.SlotKey{Group: "grp_0", API: "api_0"}}
		s.ok(tx.PutSlot(l))
		s.same(must(tx.Slot(l.SlotKey))(s), l)
		c := &gatewright.Change{ID: "chg_0", Group: "grp_0"}
		s.ok(tx.CreateChange(c))
		s.same(must(tx.Change("chg_0"))(s), c)
		s.ok(tx.PutGroupResource("grp_0", registryNamed("")))
		s.same(must(tx.GroupResource("grp_0", registryNamed("").Key()))(s), registryNamed(""))
		u := gatewright.Usage{}
		s.ok(tx.AddUsage([]gatewright.Usage{u}))
		s.same(must(tx.Usage(control.UsageFilter{Until: u.Bucket.Add(time.Microsecond)}, 9))(s), []gatewright.Usage{u})
		i := &gatewright.Instance{ID: "ins_0", Group: "grp_0"}
		s.ok(tx.PutInstance(i))
		s.same(must(tx.Instance("ins_0"))(s), i)
		k := &gatewright.Token{ID: "tok_0"}
		s.ok(tx.CreateToken(k))
		s.same(must(tx.Token("tok_0"))(s), k)
		e := &gatewright.AuditEntry{}
		s.ok(tx.AppendAudit(e))
		s.same(must(tx.Audit(control.AuditFilter{Limit: 1}))(s)[0], e)
	})
}

// testOddNames takes names through everything that has a name.
func testOddNames(s *suite) {
	for _, name := range oddNames {
		s.update(func(tx control.Tx) {
			a, g := s.newAPI(tx, name), s.newGroup(tx, name)
			s.ok(tx.CreateTrack(&gatewright.Track{API: a.ID, Name: name, BasePath: "/" + name}))
			r := s.newRevision(tx, a.ID, name, "/"+name)
			s.ok(tx.SealRevision(r.ID, tx.Now()))
			s.ok(tx.BindVersion(gatewright.VersionBinding{API: a.ID, Label: name, Hash: r.Hash}))
			s.ok(tx.PutGroupResource(g.ID, registryNamed(name)))
			s.ok(tx.AppendEvent(control.EventRow{Origin: name, Kind: name, Ref: name}))
			s.ok(tx.AddUsage([]gatewright.Usage{{Group: g.ID, API: a.ID, Track: name, Route: name, App: gatewright.AppID(name), Calls: 1}}))
			k := gatewright.SlotKey{Group: g.ID, API: a.ID, Track: name}
			s.ok(tx.PutSlot(&gatewright.Slot{SlotKey: k, Revision: r.ID}))
			s.ok(tx.PutClaims(k, []control.Claim{{Host: name, Key: name, Head: name, Route: name, Path: name}}))
			_, err := tx.ApplyDelta(g.ID, upsert(name, name))
			s.ok(err)
			s.ok(tx.PutIdempotency(name, name, "h", "c"))
			s.ok(tx.AppendAudit(&gatewright.AuditEntry{Actor: gatewright.Actor{Name: name}, Target: name}))
		})
		s.view(func(tx control.Tx) {
			a, g := must(tx.APIByName(name))(s), must(tx.GroupByName(name))(s)
			r := must(tx.RevisionByVersion(a.ID, name))(s)
			k := gatewright.SlotKey{Group: g.ID, API: a.ID, Track: must(tx.Track(a.ID, name))(s).Name}
			s.same(must(tx.Slot(k))(s).Revision, r.ID)
			s.same(must(tx.VersionBinding(a.ID, name))(s).Hash, r.Hash)
			s.same(must(tx.GroupResource(g.ID, registryNamed(name).Key()))(s).Registry.Name, name)
			s.same(must(tx.Usage(control.UsageFilter{API: a.ID, Track: name, App: gatewright.AppID(name)}, 9))(s)[0].Route, name)
			s.same(must(tx.Events(must(tx.LastEvent())(s)-1, 9))(s)[0].Ref, name)
			other := gatewright.SlotKey{Group: g.ID}
			s.same(must(tx.ClaimHolders(other, []control.Claim{{Host: name, Key: name}}))(s)[0].Slot, k)
			s.same(must(tx.ClaimsByHead(other, name, []string{name}, 9))(s)[0].Path, name)
			s.same(must(tx.Manifest(g.ID))(s).Entries[gatewright.Key(name)], hash(name))
			_, id, err := tx.Idempotency(name, name)
			s.ok(err)
			s.same(id, gatewright.ChangeID("c"))
			s.same(must(tx.Audit(control.AuditFilter{Limit: 1}))(s)[0].Actor.Name, name)
			s.fails(oneError(tx.GroupResource(g.ID, registryNamed(name+"x").Key())), gatewright.NotFound)
		})
	}
}

// oneError drops a result.
func oneError[T any](_ T, err error) error { return err }
