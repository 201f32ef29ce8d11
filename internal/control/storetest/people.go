package storetest

import (
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func (s *suite) newUser(tx control.Tx, name string) *gatewright.User {
	s.Helper()
	u := &gatewright.User{ID: gatewright.UserID(s.id("usr_")), Name: name, CreatedAt: tx.Now()}
	s.ok(tx.CreateUser(u, name, ""))
	return u
}

// addPeople gives a world one of everything that people have.
func (s *suite) addPeople(tx control.Tx, w *world) {
	s.Helper()
	w.user = s.newUser(tx, "w")
	s.ok(tx.CreateProject(&gatewright.Project{ID: "prj_w", Name: "w"}))
	s.ok(tx.CreateBinding(&gatewright.Binding{ID: "bnd_w", Subject: gatewright.Subject{User: w.user.ID}, Role: gatewright.RoleViewer}))
	s.ok(tx.CreateSession(&gatewright.Session{ID: "ses_w", User: w.user.ID, Hash: hash("ses_w"), LastSeen: tx.Now(), ExpiresAt: tx.Now()}))
	s.ok(tx.CreateLoginCode(control.LoginCode{Hash: hash("w"), User: w.user.ID, ExpiresAt: tx.Now()}))
}

func testUser(s *suite) {
	full := filled[gatewright.User](new(filler))
	var ann *gatewright.User
	s.update(func(tx control.Tx) {
		s.ok(tx.CreateUser(full, "full", "full@example.com"))
		ann = s.newUser(tx, "ann")
		s.fails(tx.CreateUser(&gatewright.User{ID: "usr_x", Name: "Ann"}, "ann", ""), gatewright.Conflict, `"Ann" is taken`)
		s.fails(tx.CreateUser(&gatewright.User{ID: "usr_x", Name: "x", OIDCIssuer: full.OIDCIssuer, OIDCSubject: full.OIDCSubject}, "x", ""), gatewright.Conflict, "somebody else logs in")
	})
	s.reopen()
	s.view(func(tx control.Tx) {
		s.same(must(tx.User(full.ID))(s), full)
		s.same(must(tx.UserByName("full"))(s), full)
		s.same(must(tx.UserByIdentity(full.OIDCIssuer, full.OIDCSubject))(s), full)
		s.same(must(tx.Users(control.UserFilter{Email: "full@example.com", Limit: 2}))(s), []*gatewright.User{full})
		s.same(must(tx.Users(control.UserFilter{Limit: 9}))(s), []*gatewright.User{ann, full})
		s.same(must(tx.Users(control.UserFilter{After: "ann", Limit: 9}))(s), []*gatewright.User{full})
		s.same(len(must(tx.Users(control.UserFilter{}))(s)), 0)
		s.fails(oneError(tx.UserByIdentity("", "")), gatewright.NotFound)
		s.fails(oneError(tx.User("usr_none")), gatewright.NotFound, `"usr_none"`)
		s.fails(oneError(tx.UserByName("nobody")), gatewright.NotFound, `"nobody"`)
	})
	s.update(func(tx control.Tx) {
		ann.DisplayName, ann.Email, ann.Password, ann.Disabled, ann.LastLogin = "Ann", "A@b.c", "$argon2id$x", true, tx.Now()
		s.ok(tx.UpdateUser(ann, "a@b.c"))
		s.same(must(tx.User(ann.ID))(s), ann)
		s.same(must(tx.Users(control.UserFilter{Email: "a@b.c", Limit: 1}))(s), []*gatewright.User{ann})
		taken := *ann
		taken.OIDCIssuer, taken.OIDCSubject = full.OIDCIssuer, full.OIDCSubject
		s.fails(tx.UpdateUser(&taken, ""), gatewright.Conflict)
		s.fails(tx.UpdateUser(&gatewright.User{ID: "usr_none"}, ""), gatewright.NotFound, `"usr_none"`)

		s.ok(tx.CreateSession(&gatewright.Session{ID: "ses_1", User: ann.ID, Hash: hash("1"), CreatedAt: tx.Now(), LastSeen: tx.Now(), ExpiresAt: tx.Now()}))
		s.ok(tx.CreateBinding(&gatewright.Binding{ID: "bnd_1", Subject: gatewright.Subject{User: ann.ID}, Role: gatewright.RoleViewer, Source: gatewright.BindingManual}))
		s.ok(tx.CreateLoginCode(control.LoginCode{Hash: hash("c"), User: ann.ID, ExpiresAt: tx.Now()}))
		s.ok(tx.DeleteUser(ann.ID))
		s.fails(tx.DeleteUser(ann.ID), gatewright.NotFound)
		s.fails(oneError(tx.Session("ses_1")), gatewright.NotFound, `"ses_1"`)
		s.fails(oneError(tx.Binding("bnd_1")), gatewright.NotFound, `"bnd_1"`)
		s.fails(oneError(tx.TakeLoginCode(hash("c"))), gatewright.NotFound)
		// Whoever had the login would own what ann left.
		s.fails(tx.CreateUser(&gatewright.User{ID: "usr_y", Name: "ann"}, "ann", ""), gatewright.Conflict, `"ann" is taken`)
	})
}

func testProject(s *suite) {
	s.update(func(tx control.Tx) {
		first := must(tx.Project(gatewright.DefaultProject))(s)
		s.same(first, &gatewright.Project{ID: gatewright.DefaultProject, Name: gatewright.DefaultProjectName})
		p := filled[gatewright.Project](new(filler))
		s.ok(tx.CreateProject(p))
		s.same(must(tx.Project(p.ID))(s), p)
		s.same(must(tx.ProjectByName(p.Name))(s), p)
		s.same(must(tx.Projects())(s), []*gatewright.Project{first, p})
		s.fails(tx.CreateProject(&gatewright.Project{ID: "prj_x", Name: p.Name}), gatewright.Conflict)
		other := &gatewright.Project{ID: "prj_0", Name: "o"}
		s.ok(tx.CreateProject(other))
		p.Name, p.Description = "支付", "x"
		s.ok(tx.UpdateProject(p))
		s.same(must(tx.ProjectByName("支付"))(s), p)
		other.Name = "支付"
		s.fails(tx.UpdateProject(other), gatewright.Conflict, "支付")
		s.fails(tx.UpdateProject(&gatewright.Project{ID: "prj_none"}), gatewright.NotFound, `"prj_none"`)

		api := s.newAPI(tx, "api")
		s.put(tx, api, func(v *gatewright.APISettings) { v.Project = p.ID })
		s.ok(tx.CreateBinding(&gatewright.Binding{ID: "bnd_p", Subject: gatewright.Subject{User: "usr_1"}, Role: gatewright.RoleViewer, Project: p.ID}))
		s.fails(tx.DeleteProject(p.ID), gatewright.Conflict, "at least one API")
		s.put(tx, api, func(v *gatewright.APISettings) { v.Project = "" })
		s.ok(tx.CreateFolder(&gatewright.Folder{ID: "fld_p", Project: p.ID, Name: "f"}))
		s.fails(tx.DeleteProject(p.ID), gatewright.Conflict, "at least one folder")
		s.ok(tx.DeleteFolder("fld_p"))
		s.ok(tx.DeleteProject(p.ID))
		s.fails(oneError(tx.Binding("bnd_p")), gatewright.NotFound)
		s.fails(tx.DeleteProject(p.ID), gatewright.NotFound)
		s.fails(tx.DeleteProject(gatewright.DefaultProject), gatewright.Conflict, "always exists")
		s.fails(oneError(tx.ProjectByName("x")), gatewright.NotFound, `"x"`)
	})
}

func testRoleBinding(s *suite) {
	s.update(func(tx control.Tx) {
		b := filled[gatewright.Binding](new(filler))
		s.ok(tx.CreateBinding(b))
		s.same(must(tx.Binding(b.ID))(s), b)
		again := *b
		again.ID = "bnd_again"
		s.fails(tx.CreateBinding(&again), gatewright.Conflict)
		make := func(id string, alter func(*gatewright.Binding)) *gatewright.Binding {
			n := &gatewright.Binding{ID: gatewright.BindingID(id), Subject: gatewright.Subject{User: "usr_1"}, Role: gatewright.RoleViewer, Source: gatewright.BindingManual}
			alter(n)
			s.ok(tx.CreateBinding(n))
			return n
		}
		all := []*gatewright.Binding{
			make("bnd_1", func(*gatewright.Binding) {}),
			make("bnd_2", func(n *gatewright.Binding) { n.Group = "grp_1" }),
			make("bnd_3", func(n *gatewright.Binding) { n.Project, n.Role = "prj_1", gatewright.RoleApprover }),
			make("bnd_4", func(n *gatewright.Binding) { n.Subject = gatewright.Subject{Token: "tok_1"} }),
		}
		for _, f := range []struct {
			filter control.BindingFilter
			want   []*gatewright.Binding
		}{
			{control.BindingFilter{Subject: gatewright.Subject{User: "usr_1"}}, all[:3]},
			{control.BindingFilter{Subject: gatewright.Subject{User: "usr_1"}, After: "bnd_1", Limit: 1}, all[1:2]},
			{control.BindingFilter{Subject: gatewright.Subject{Token: "tok_1"}}, all[3:]},
			{control.BindingFilter{Role: gatewright.RoleApprover}, all[2:3]},
			{control.BindingFilter{Project: "prj_1"}, all[2:3]},
			{control.BindingFilter{Group: "grp_1"}, all[1:2]},
			{control.BindingFilter{Group: "grp_2"}, nil},
		} {
			s.same(must(tx.Bindings(f.filter))(s), f.want)
		}
		s.same(len(must(tx.Bindings(control.BindingFilter{}))(s)), 5)
		s.ok(tx.DeleteBinding("bnd_1"))
		s.fails(tx.DeleteBinding("bnd_1"), gatewright.NotFound, `"bnd_1"`)
	})
}

func testSession(s *suite) {
	s.update(func(tx control.Tx) {
		u := s.newUser(tx, "u")
		full := filled[gatewright.Session](new(filler))
		full.User = u.ID
		s.ok(tx.CreateSession(full))
		s.same(must(tx.Session(full.ID))(s), full)
		s.same(must(tx.SessionByHash(full.Hash))(s), full)
		s.fails(tx.CreateSession(&gatewright.Session{ID: "ses_x", User: u.ID, Hash: full.Hash}), gatewright.Conflict)
		s.fails(tx.CreateSession(&gatewright.Session{ID: "ses_x", User: "usr_none", Hash: hash("x")}), gatewright.NotFound, `"usr_none"`)
		s.fails(oneError(tx.SessionByHash(hash("none"))), gatewright.NotFound)
		s.ok(tx.DeleteSession(full.ID))

		now := tx.Now()
		for i, id := range []gatewright.SessionID{"ses_1", "ses_2", "ses_3"} {
			s.ok(tx.CreateSession(&gatewright.Session{
				ID: id, User: u.ID, Hash: hash(string(id)), CreatedAt: now, LastSeen: now.Add(time.Duration(i) * time.Hour), ExpiresAt: now.Add(time.Duration(10-i) * time.Hour),
			}))
		}
		s.ok(tx.TouchSession("ses_1", now.Add(5*time.Hour)))
		s.fails(tx.TouchSession("ses_none", now), gatewright.NotFound, `"ses_none"`)
		s.ok(tx.CreateLoginCode(control.LoginCode{Hash: hash("old"), User: u.ID, ExpiresAt: now.Add(8 * time.Hour)}))
		s.ok(tx.DeleteSessionsBefore(now.Add(8*time.Hour+time.Second), now.Add(time.Hour+time.Second))) // the third has ended, the second is idle
		s.fails(oneError(tx.Session("ses_2")), gatewright.NotFound)
		left := must(tx.Sessions(u.ID))(s)
		s.same(len(left), 1)
		s.same(left[0].LastSeen, now.Add(5*time.Hour))

		code := control.LoginCode{Hash: hash("code"), User: u.ID, Challenge: "c", ExpiresAt: now.Add(time.Hour)}
		s.ok(tx.CreateLoginCode(code))
		s.fails(tx.CreateLoginCode(code), gatewright.Conflict)
		s.same(must(tx.TakeLoginCode(code.Hash))(s), &code)
		s.fails(oneError(tx.TakeLoginCode(code.Hash)), gatewright.NotFound)
		s.ok(tx.CreateLoginCode(code))
		s.same(must(tx.DeleteSessions(u.ID))(s), 1)
		s.fails(oneError(tx.TakeLoginCode(code.Hash)), gatewright.NotFound) // it would open as much
		s.fails(tx.DeleteSession("ses_1"), gatewright.NotFound, `"ses_1"`)
	})
}

func testTokenOwner(s *suite) {
	s.update(func(tx control.Tx) {
		g := s.newGroup(tx, "g")
		first := filled[gatewright.Token](new(filler))
		first.Group, first.Owner = g.ID, "usr_1"
		s.ok(tx.CreateToken(first))
		s.newToken(tx, "of nobody")
		second := &gatewright.Token{ID: "tok_2", Kind: gatewright.TokenPersonal, Owner: "usr_1", Hash: hash("2")}
		s.ok(tx.CreateToken(second))
		s.same(must(tx.TokensOf("usr_1"))(s), []*gatewright.Token{first, second})
		s.same(len(must(tx.TokensOf(""))(s)), 0)
		second.LastUsedAt = tx.Now()
		s.ok(tx.TouchToken(second.ID, second.LastUsedAt))
		s.same(must(tx.TokenByHash(hash("2")))(s), second)
		s.fails(tx.TouchToken("tok_none", tx.Now()), gatewright.NotFound, `"tok_none"`)
	})
}
