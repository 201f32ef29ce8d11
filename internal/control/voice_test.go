package control_test

import (
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
)

// TestAdminTokensHaveOneVoice: whoever has one admin token can make another,
// so that together they are never a second pair of eyes.
func TestAdminTokensHaveOneVoice(t *testing.T) {
	w := governed(t, gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 2}}})
	for _, name := range []string{"first", "second", "third"} {
		_, _, err := w.c.CreateToken(w.ctx, admin, gatewright.TokenAdmin, name, "")
		w.must(err)
	}
	_, _, err := w.c.CreateServiceToken(w.ctx, actor("third"), auth.Administrator("third", "tok_third"), "", control.NewToken{Name: "robot"})
	w.must(err)
	yes := func(who string, ch *gatewright.Change) error {
		_, err := w.c.Decide(w.ctx, actor(who), ch.ID, control.Verdict{PlanHash: ch.PlanHash, Approve: true, Roles: []string{"approver"}})
		return err
	}
	sub, err := w.c.Submit(w.ctx, actor("first"), publish("production", "1.0.0", "/a"), control.SubmitOptions{})
	w.must(err)
	for _, who := range []string{"first", "second", control.ServiceName("robot")} {
		code(t, yes(who, sub.Change), gatewright.Forbidden)
	}
	tokens, err := w.c.Tokens(w.ctx)
	w.must(err)
	for _, token := range tokens { // one that is revoked by now has spoken all the same
		if token.Name == "first" {
			w.must(w.c.RevokeToken(w.ctx, admin, token.ID))
		}
	}
	code(t, yes("second", sub.Change), gatewright.Forbidden)

	sub, err = w.c.Submit(w.ctx, actor("pam"), publish("production", "1.0.1", "/b"), control.SubmitOptions{})
	w.must(err)
	w.must(yes("second", sub.Change))
	code(t, yes("third", sub.Change), gatewright.Conflict)
	code(t, yes(control.ServiceName("robot"), sub.Change), gatewright.Conflict)
	w.must(yes("bob", sub.Change))
	w.settle()
	if s := w.change(sub.Change.ID).State; s != gatewright.ChangeLive {
		t.Errorf("with a person's word it is %s", s)
	}
}

// TestNamesOfAdminTokensAndUsers: in changes and the audit log they would be
// one.
func TestNamesOfAdminTokensAndUsers(t *testing.T) {
	w := newWorld(t)
	w.person("anna")
	_, _, err := w.c.CreateToken(w.ctx, admin, gatewright.TokenAdmin, "ANNA", "")
	wantCode(t, err, gatewright.Conflict, "there is a user anna")
	robot, _, err := w.c.CreateToken(w.ctx, admin, gatewright.TokenAdmin, "robot", "")
	w.must(err)
	_, err = w.c.CreateUser(w.ctx, admin, control.NewUser{Name: "Robot"})
	wantCode(t, err, gatewright.Conflict, `there is an admin token "robot"`)
	w.must(w.c.RevokeToken(w.ctx, admin, robot.ID))
	_, err = w.c.CreateUser(w.ctx, admin, control.NewUser{Name: "Robot"})
	w.must(err)
	_, _, err = w.c.CreateToken(w.ctx, admin, gatewright.TokenAdmin, "build server", "") // no login
	w.must(err)
}

// TestScopeOfATokenByName: names become identifiers, and unknown ones are
// refused: they would be places the token never reaches.
func TestScopeOfATokenByName(t *testing.T) {
	w := newWorld(t)
	test := w.group("test", gatewright.StageTest)
	production := w.group("production", gatewright.StageProduction)
	u := w.person("anna")
	shop, err := w.c.CreateProject(w.ctx, admin, "shop", "")
	w.must(err)
	narrow := auth.Principal{Name: "anna", User: u.ID, Token: "tok_x", Scope: &gatewright.TokenScope{Actions: []string{"*"}, Groups: []gatewright.GroupID{test.ID}}}
	scope := func(projects, groups []string) gatewright.TokenScope {
		s := gatewright.TokenScope{}
		for _, p := range projects {
			s.Projects = append(s.Projects, gatewright.ProjectID(p))
		}
		for _, g := range groups {
			s.Groups = append(s.Groups, gatewright.GroupID(g))
		}
		return s
	}
	for _, test := range []struct {
		name  string
		who   auth.Principal
		scope gatewright.TokenScope
		want  gatewright.Code // "" for a token that reaches shop and test
		words string
	}{
		{"names", auth.Principal{User: u.ID}, scope([]string{"shop"}, []string{"test"}), "", ""},
		{"identifiers", auth.Principal{User: u.ID}, scope([]string{string(shop.ID)}, []string{string(test.ID)}), "", ""},
		{"both of one", auth.Principal{User: u.ID}, scope([]string{"shop"}, []string{"test", string(test.ID)}), "", ""},
		{"within the maker's", narrow, scope([]string{"shop"}, []string{"test"}), "", ""},
		{"beyond the maker's", narrow, scope(nil, []string{"production"}), gatewright.Forbidden, "would reach"},
		{"beyond, by identifier", narrow, scope(nil, []string{string(production.ID)}), gatewright.Forbidden, "would reach"},
		{"unknown group", auth.Principal{User: u.ID}, scope(nil, []string{"tset"}), gatewright.NotFound, `"tset"`},
		{"unknown project", auth.Principal{User: u.ID}, scope([]string{"prj_none"}, nil), gatewright.NotFound, `"prj_none"`},
		{"empty", auth.Principal{User: u.ID}, scope(nil, []string{""}), gatewright.Invalid, "empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			personal, _, err := w.c.CreatePersonalToken(w.ctx, actor("anna"), test.who, control.NewToken{Name: test.name, Scope: test.scope})
			service, _, serviceErr := w.c.CreateServiceToken(w.ctx, actor("anna"), test.who, "", control.NewToken{Name: test.name, Scope: test.scope})
			if test.want != "" {
				wantCode(t, err, test.want, test.words)
				wantCode(t, serviceErr, test.want, test.words)
				return
			}
			w.must(err)
			w.must(serviceErr)
			for _, token := range []*gatewright.Token{personal, service} {
				if s := token.Scope; len(s.Projects) != 1 || s.Projects[0] != shop.ID || len(s.Groups) != 1 || s.Groups[0] == "test" {
					t.Errorf("the scope is %+v", s)
				}
			}
		})
	}
}
