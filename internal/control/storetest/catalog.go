package storetest

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func (s *suite) newFolder(tx control.Tx, parent gatewright.FolderID, name string) *gatewright.Folder {
	s.Helper()
	f := &gatewright.Folder{
		ID: gatewright.FolderID(s.id("fld_")), Project: gatewright.DefaultProject, Parent: parent, Name: name, CreatedAt: tx.Now(), CreatedBy: "ann",
	}
	s.ok(tx.CreateFolder(f))
	return f
}

// put gives an API other settings.
func (s *suite) put(tx control.Tx, a *gatewright.API, alter func(*gatewright.APISettings)) {
	s.Helper()
	alter(&a.Settings)
	s.ok(tx.UpdateAPI(a))
}

func testFolder(s *suite) {
	var a, b, c *gatewright.Folder
	s.update(func(tx control.Tx) {
		a = s.newFolder(tx, "", "支付")
		b = s.newFolder(tx, a.ID, "支付")
		c = s.newFolder(tx, a.ID, "c")
		s.fails(tx.CreateFolder(&gatewright.Folder{ID: "fld_x", Project: gatewright.DefaultProject, Parent: a.ID, Name: "c"}), gatewright.Conflict, `a folder named "c" exists there already`)
		s.ok(tx.CreateFolder(&gatewright.Folder{ID: "fld_other", Project: "prj_other", Name: "支付"}))
		_, err := tx.Folder("fld_none")
		s.fails(err, gatewright.NotFound, `folder "fld_none" does not exist`)
	})
	s.view(func(tx control.Tx) {
		s.same(must(tx.Folder(b.ID))(s), b)
		tree := gatewright.NewFolderTree(must(tx.Folders(gatewright.DefaultProject))(s))
		s.same(tree.Len(), 3)
		s.same(tree.Path(b.ID), "支付/支付")
		s.same(len(must(tx.Folders("prj_none"))(s)), 0)
	})
	s.update(func(tx control.Tx) {
		stale, moved := *c, *c
		moved.Name, moved.Parent = "d", ""
		s.ok(tx.UpdateFolder(&moved))
		s.same(moved.Revised, int64(1))
		s.same(must(tx.Folder(c.ID))(s), &moved)
		s.fails(tx.UpdateFolder(&stale), gatewright.Conflict, `somebody altered folder "d" meanwhile`)
		moved.Name = "支付"
		s.fails(tx.UpdateFolder(&moved), gatewright.Conflict, `a folder named "支付" exists there already`)
		s.fails(tx.UpdateFolder(&gatewright.Folder{ID: "fld_none"}), gatewright.NotFound, `"fld_none"`)
	})
	s.update(func(tx control.Tx) {
		api := s.newAPI(tx, "api")
		s.put(tx, api, func(v *gatewright.APISettings) { v.Folder = b.ID })
		s.fails(tx.DeleteFolder(a.ID), gatewright.Conflict, "at least one folder in it")
		s.fails(tx.DeleteFolder(b.ID), gatewright.Conflict, "at least one API in it")
		s.same(must(tx.FolderCounts(gatewright.DefaultProject))(s), map[gatewright.FolderID]int{b.ID: 1})
		s.put(tx, api, func(v *gatewright.APISettings) { v.Folder = "" })
		s.same(must(tx.FolderCounts(gatewright.DefaultProject))(s), map[gatewright.FolderID]int{"": 1})
		s.ok(tx.DeleteFolder(b.ID))
		s.fails(tx.DeleteFolder(b.ID), gatewright.NotFound, string(b.ID))
	})
}

func testTagGroup(s *suite) {
	g := &gatewright.TagGroup{ID: "tgr_1", Name: "区域", Description: "where", Tags: []gatewright.Tag{{ID: "tag_1", Name: "eu"}, {ID: "tag_2", Name: "us"}}, CreatedAt: s.clock.Now(), CreatedBy: "ann"}
	h := &gatewright.TagGroup{ID: "tgr_2", Name: "a", Tags: []gatewright.Tag{}}
	s.update(func(tx control.Tx) {
		s.ok(tx.CreateTagGroup(g))
		s.ok(tx.CreateTagGroup(h))
		s.fails(tx.CreateTagGroup(&gatewright.TagGroup{ID: "tgr_3", Name: "a"}), gatewright.Conflict, `a tag group named "a" exists already`)
		stale := *g
		g.Tags = append(g.Tags, gatewright.Tag{ID: "tag_3", Name: "cn"})
		s.ok(tx.UpdateTagGroup(g))
		s.same(g.Revised, int64(1))
		s.fails(tx.UpdateTagGroup(&stale), gatewright.Conflict, `somebody altered tag group "区域" meanwhile`)
		taken := *h
		taken.Name = "区域"
		s.fails(tx.UpdateTagGroup(&taken), gatewright.Conflict, `a tag group named "区域" exists already`)
		s.fails(tx.UpdateTagGroup(&gatewright.TagGroup{ID: "tgr_none", Name: "none"}), gatewright.NotFound, `"tgr_none"`)
	})
	s.view(func(tx control.Tx) {
		s.same(must(tx.TagGroups())(s), []*gatewright.TagGroup{h, g})
		s.same(must(tx.TagGroup("tgr_1"))(s), g)
		s.same(must(tx.TagGroupByName("a"))(s), h)
		_, err := tx.TagGroupByName("A")
		s.fails(err, gatewright.NotFound, `tag group "A" does not exist`)
	})
	s.update(func(tx control.Tx) {
		s.ok(tx.DeleteTagGroup("tgr_2"))
		s.fails(tx.DeleteTagGroup("tgr_2"), gatewright.NotFound, `"tgr_2"`)
	})
}

// found searches and returns names, with spaces between.
func (s *suite) found(f control.APIFilter) string {
	s.Helper()
	if f.Limit == 0 {
		f.Limit = 100
	}
	var names []string
	s.view(func(tx control.Tx) {
		for _, a := range must(tx.SearchAPIs(f))(s) {
			s.same(&a.API, must(tx.API(a.ID))(s))
			names = append(names, a.Name)
		}
	})
	return strings.Join(names, " ")
}

func testSearch(s *suite) {
	var test, production *gatewright.Group
	var level [3]*gatewright.Folder
	apis := map[string]*gatewright.API{}
	s.update(func(tx control.Tx) {
		test, production = s.newGroup(tx, "test"), s.newGroup(tx, "production")
		parent := gatewright.FolderID("")
		for i := range level {
			level[i] = s.newFolder(tx, parent, fmt.Sprint(i))
			parent = level[i].ID
		}
		for _, name := range []string{"Pets", "orders", "支付", "50%_off!"} {
			apis[name] = s.newAPI(tx, name)
		}
		s.put(tx, apis["Pets"], func(v *gatewright.APISettings) {
			v.Description, v.Folder, v.Tags, v.Security = "All about ANIMALS", level[0].ID, []gatewright.TagID{"tag_1", "tag_2"}, gatewright.SecuritySecret
		})
		s.put(tx, apis["orders"], func(v *gatewright.APISettings) { v.Folder, v.Tags = level[2].ID, []gatewright.TagID{"tag_1"} })
		apis["支付"].Owner = "bob"
		s.ok(tx.UpdateAPI(apis["支付"]))
		for _, name := range []string{"Pets", "orders"} {
			r := s.newRevision(tx, apis[name].ID, "1.0.0", "/"+name)
			s.ok(tx.PutSlot(&gatewright.Slot{SlotKey: gatewright.SlotKey{Group: test.ID, API: apis[name].ID, Track: "v1"}, Revision: r.ID, Version: "1.0.0", Runtime: gatewright.RuntimeConfig{Enabled: name == "Pets"}}))
		}
		r := s.newRevision(tx, apis["Pets"].ID, "2.0.0", "/2")
		s.ok(tx.PutSlot(&gatewright.Slot{
			SlotKey: gatewright.SlotKey{Group: production.ID, API: apis["Pets"].ID, Track: "v1"}, Revision: r.ID, Version: "2.0.0", Runtime: gatewright.RuntimeConfig{Enabled: true},
			Canary: &gatewright.Canary{Revision: r.ID}, Lifecycle: &gatewright.Lifecycle{DeprecatedAt: tx.Now(), Successor: `"retiredAt":`},
		}))
		s.ok(tx.PutSlot(&gatewright.Slot{SlotKey: gatewright.SlotKey{Group: test.ID, API: apis["支付"].ID, Track: "v1"}})) // was undeployed
	})
	for name, tt := range map[string]struct {
		filter control.APIFilter
		want   string
	}{
		"all":                  {control.APIFilter{}, "50%_off! Pets orders 支付"},
		"text":                 {control.APIFilter{Text: "pet"}, "Pets"},
		"text of description":  {control.APIFilter{Text: "animals"}, "Pets"},
		"text of wide letters": {control.APIFilter{Text: "ｐｅｔｓ"}, "Pets"},
		"text of another":      {control.APIFilter{Text: "付"}, "支付"},
		"percent":              {control.APIFilter{Text: "%"}, "50%_off!"},
		"underscore":           {control.APIFilter{Text: "_"}, "50%_off!"},
		"exclamation":          {control.APIFilter{Text: "f!"}, "50%_off!"},
		"question":             {control.APIFilter{Text: "?"}, ""},
		"level 1":              {control.APIFilter{Folder: level[0].ID}, "Pets orders"},
		"level 2":              {control.APIFilter{Folder: level[1].ID}, "orders"},
		"level 3":              {control.APIFilter{Folder: level[2].ID}, "orders"},
		"right in level 1":     {control.APIFilter{Folder: level[0].ID, Direct: true}, "Pets"},
		"root":                 {control.APIFilter{Direct: true}, "50%_off! 支付"},
		"no such folder":       {control.APIFilter{Folder: "fld_none"}, ""},
		"tag":                  {control.APIFilter{Tags: []gatewright.TagID{"tag_1"}}, "Pets orders"},
		"tags":                 {control.APIFilter{Tags: []gatewright.TagID{"tag_1", "tag_2"}}, "Pets"},
		"tag and folder":       {control.APIFilter{Tags: []gatewright.TagID{"tag_1"}, Folder: level[1].ID}, "orders"},
		"owner":                {control.APIFilter{Owner: "bob"}, "支付"},
		"security":             {control.APIFilter{Security: gatewright.SecuritySecret}, "Pets"},
		"no security is L1":    {control.APIFilter{Security: gatewright.SecurityPublic}, "50%_off! orders 支付"},
		"kind":                 {control.APIFilter{Kind: gatewright.KindFlow}, ""},
		"project":              {control.APIFilter{Project: gatewright.DefaultProject, Owner: "ann"}, "50%_off! Pets orders"},
		"group":                {control.APIFilter{Group: test.ID}, "Pets orders"},
		"version in group":     {control.APIFilter{Group: production.ID, Version: "1.0.0"}, ""},
		"version":              {control.APIFilter{Version: "1.0.0"}, "Pets orders"},
		"deployed":             {control.APIFilter{State: control.RunDeployed}, "Pets orders"},
		"undeployed":           {control.APIFilter{State: control.RunUndeployed}, "50%_off! 支付"},
		"undeployed in group":  {control.APIFilter{State: control.RunUndeployed, Group: production.ID}, "50%_off! orders 支付"},
		"disabled":             {control.APIFilter{State: control.RunDisabled}, "orders"},
		"canary":               {control.APIFilter{State: control.RunCanary}, "Pets"},
		"deprecated":           {control.APIFilter{State: control.RunDeprecated}, "Pets"},
		"deprecated in test":   {control.APIFilter{State: control.RunDeprecated, Group: test.ID}, ""},
		"retired":              {control.APIFilter{State: control.RunRetired}, ""},
	} {
		if got := s.found(tt.filter); got != tt.want {
			s.Errorf("%s finds %q, want %q", name, got, tt.want)
		}
		tt.filter.Sort = control.SortByChange
		if got := strings.Fields(s.found(tt.filter)); len(got) != len(strings.Fields(tt.want)) {
			s.Errorf("%s by change finds %q, want those of %q", name, got, tt.want)
		}
	}
	s.update(func(tx control.Tx) {
		slot := must(tx.Slot(gatewright.SlotKey{Group: production.ID, API: apis["Pets"].ID, Track: "v1"}))(s)
		slot.Lifecycle.RetiredAt = tx.Now()
		s.ok(tx.PutSlot(slot))
		moved := *level[1]
		moved.Parent = ""
		s.ok(tx.UpdateFolder(&moved))
	})
	s.same(s.found(control.APIFilter{State: control.RunRetired}), "Pets")
	s.same(s.found(control.APIFilter{Folder: level[0].ID}), "Pets")
	s.same(s.found(control.APIFilter{Folder: level[1].ID}), "orders")
	s.same(s.found(control.APIFilter{Folder: level[2].ID}), "orders")
	s.update(func(tx control.Tx) {
		renamed := must(tx.API(apis["orders"].ID))(s)
		renamed.Name = "bestellungen"
		s.ok(tx.UpdateAPI(renamed))
		s.ok(tx.DeleteAPI(apis["支付"].ID))
	})
	s.same(s.found(control.APIFilter{}), "50%_off! Pets bestellungen")
	s.same(s.found(control.APIFilter{Tags: []gatewright.TagID{"tag_1"}}), "Pets bestellungen")
	s.same(s.found(control.APIFilter{Text: "orders"}), "")
}

// testSearchPages: pages join without gap or repetition, in both orders, with
// and without a tag.
func testSearchPages(s *suite) {
	const many = 23
	var order []gatewright.APIID
	s.update(func(tx control.Tx) {
		for i := range many {
			a := s.newAPI(tx, fmt.Sprintf("%02d", (i*7)%many))
			if i%2 == 0 {
				s.put(tx, a, func(v *gatewright.APISettings) { v.Tags = []gatewright.TagID{"tag_1"} })
			}
			order = append(order, a.ID)
		}
	})
	touched := order[5]
	s.clock.Advance(time.Hour)
	s.update(func(tx control.Tx) { s.newRevision(tx, touched, "1.0.0", "/") })
	for _, tags := range [][]gatewright.TagID{nil, {"tag_1"}} {
		for _, sort := range []control.APISort{"", control.SortByName, control.SortByChange} {
			f := control.APIFilter{Tags: tags, Sort: sort, Limit: 4}
			seen := map[gatewright.APIID]bool{}
			var last *control.FoundAPI
			s.view(func(tx control.Tx) {
				for {
					page := must(tx.SearchAPIs(f))(s)
					for _, a := range page {
						if seen[a.ID] || last != nil && sort != control.SortByChange && a.Name <= last.Name || last != nil && sort == control.SortByChange && a.ChangedAt.After(last.ChangedAt) {
							s.Errorf("%s after %v in order %q", a.Name, last, sort)
						}
						seen[a.ID], last = true, a
					}
					if len(page) < f.Limit {
						return
					}
					f.After = control.APIPosition{Name: last.Name, ChangedAt: last.ChangedAt, API: last.ID}
				}
			})
			want := many
			if tags != nil {
				want = (many + 1) / 2
			}
			s.same(len(maps.Clone(seen)), want)
		}
	}
	s.view(func(tx control.Tx) {
		first := must(tx.SearchAPIs(control.APIFilter{Sort: control.SortByChange, Limit: 1}))(s)
		s.same(first[0].ID, touched)
		s.same(len(must(tx.SearchAPIs(control.APIFilter{Limit: 0}))(s)), 0)
	})
}
