package control_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
)

const walk = "a long walk on the beach"

func (w *world) person(name string) *gatewright.User {
	w.t.Helper()
	u, err := w.c.CreateUser(w.ctx, admin, control.NewUser{Name: name, Password: walk})
	w.must(err)
	return u
}

func wantCode(t *testing.T, err error, code gatewright.Code, says string) {
	t.Helper()
	if gatewright.CodeOf(err) != code || says != "" && !strings.Contains(err.Error(), says) {
		t.Errorf("error %v, want %q with %q", err, code, says)
	}
}

// TestSessionsEnd lets sessions be idle, grow old and become too many.
func TestSessionsEnd(t *testing.T) {
	w := newWorld(t)
	w.person("anna")
	from := netip.MustParseAddr("127.0.0.1")
	login := func() *control.NewSession {
		n, err := w.c.Login(w.ctx, admin, control.Credentials{Name: "anna", Password: walk, From: from})
		w.must(err)
		return n
	}
	open := func(n *control.NewSession) error {
		_, err := w.c.IdentifySession(w.ctx, from, n.Secret)
		return err
	}
	n := login()
	for range 14 { // used now and then, it lasts, but not for ever
		w.clock.advance(50 * time.Minute)
		w.must(open(n))
	}
	w.clock.advance(50 * time.Minute)
	wantCode(t, open(n), gatewright.Unauthenticated, "the session is over")

	n = login()
	w.clock.advance(gatewright.SessionIdle)
	wantCode(t, open(n), gatewright.Unauthenticated, "the session is over")
	w.must(w.c.Sweep(w.ctx))
	if _, err := w.c.Session(w.ctx, n.Session.ID); gatewright.CodeOf(err) != gatewright.NotFound {
		t.Errorf("it is not swept away: %v", err)
	}

	first := login()
	for range control.MaxSessions {
		login()
	}
	wantCode(t, open(first), gatewright.Unauthenticated, "")
	all, err := w.c.Sessions(w.ctx, "anna")
	w.must(err)
	if len(all) != control.MaxSessions {
		t.Errorf("%d sessions, want %d", len(all), control.MaxSessions)
	}
}

func TestLimitsOfPeople(t *testing.T) {
	w := newWorld(t)
	u := w.person("anna")
	who := auth.Principal{Name: "anna", User: u.ID}
	token := func(n int) error {
		_, _, err := w.c.CreatePersonalToken(w.ctx, admin, who, control.NewToken{Name: fmt.Sprint(n)})
		return err
	}
	for n := range control.MaxTokens {
		w.must(token(n))
	}
	wantCode(t, token(0), gatewright.LimitExceeded, "you have 100 tokens")
	tokens, err := w.c.Tokens(w.ctx)
	w.must(err)
	w.must(w.c.RevokeToken(w.ctx, admin, tokens[0].ID)) // revoked ones do not count
	w.must(token(0))

	root := auth.Administrator("root", "tok_root")
	// In one transaction: what is tested is the one that is too many.
	w.must(w.store.Update(w.ctx, func(tx control.Tx) error {
		for n := range control.MaxBindings {
			if err := tx.CreateBinding(&gatewright.Binding{
				ID: gatewright.BindingID(fmt.Sprint("bnd_", n)), Subject: gatewright.Subject{User: u.ID}, Role: gatewright.RoleViewer,
				Group: gatewright.GroupID(fmt.Sprint("grp_", n)), Source: gatewright.BindingManual,
			}); err != nil {
				return err
			}
		}
		for n := range control.MaxProjects - 1 { // and the default one
			if err := tx.CreateProject(&gatewright.Project{ID: gatewright.ProjectID(fmt.Sprint("prj_", n)), Name: fmt.Sprint("p", n)}); err != nil {
				return err
			}
		}
		return nil
	}))
	_, err = w.c.CreateBinding(w.ctx, admin, root, control.NewBinding{User: "anna", Role: gatewright.RoleViewer})
	wantCode(t, err, gatewright.LimitExceeded, "500 roles")

	_, err = w.c.CreateProject(w.ctx, admin, "one more", "")
	wantCode(t, err, gatewright.LimitExceeded, "1000 projects")
}

// TestLoginCodeEnds: a code is good for a minute.
func TestLoginCodeEnds(t *testing.T) {
	w := newWorld(t)
	login := control.IdentityLogin{
		Identity: auth.Identity{Issuer: "https://login.example.com", Subject: "1", Name: "anna"}, Policy: auth.LoginPolicy{CreateUsers: true},
	}
	verifier := strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	for _, tt := range []struct {
		name string
		wait time.Duration
		code gatewright.Code
	}{{"in time", 50 * time.Second, ""}, {"too late", 61 * time.Second, gatewright.Unauthenticated}} {
		t.Run(tt.name, func(t *testing.T) {
			code, err := w.c.LoginIdentityCode(w.ctx, admin, login, base64.RawURLEncoding.EncodeToString(sum[:]))
			w.must(err)
			w.clock.advance(tt.wait)
			_, _, err = w.c.RedeemLogin(w.ctx, admin, netip.Addr{}, code, verifier, control.NewToken{Name: "t"})
			wantCode(t, err, tt.code, "")
		})
	}
}

func TestTokenUseIsNotedOnceAMinute(t *testing.T) {
	w := newWorld(t)
	tok, secret, err := w.c.CreateToken(w.ctx, admin, gatewright.TokenAdmin, "t", "")
	w.must(err)
	used := func() time.Time {
		_, err := w.c.Identify(w.ctx, netip.Addr{}, secret)
		w.must(err)
		now, err := w.c.Token(w.ctx, tok.ID)
		w.must(err)
		return now.LastUsedAt
	}
	first := used()
	w.clock.advance(30 * time.Second)
	if again := used(); first.IsZero() || !again.Equal(first) {
		t.Errorf("noted at %s, then at %s", first, again)
	}
	w.clock.advance(gatewright.TokenTouch)
	if later := used(); !later.After(first) {
		t.Errorf("a later use is not noted: %s", later)
	}
}

func TestExpiredTokenSaysSo(t *testing.T) {
	w := newWorld(t)
	u := w.person("anna")
	_, secret, err := w.c.CreatePersonalToken(w.ctx, admin, auth.Principal{Name: "anna", User: u.ID}, control.NewToken{
		Name: "short", ExpiresAt: w.clock.Now().Add(time.Hour),
	})
	w.must(err)
	w.clock.advance(time.Hour)
	_, err = w.c.Identify(w.ctx, netip.Addr{}, secret)
	wantCode(t, err, gatewright.Unauthenticated, `the token "short" expired on`)
}

// TestRescue gets back in with a user who was disabled, and with one who never was.
func TestRescue(t *testing.T) {
	w := newWorld(t)
	w.person("anna")
	disabled := true
	_, err := w.c.UpdateUser(w.ctx, admin, "anna", nil, control.UserPatch{Disabled: &disabled})
	w.must(err)
	for _, name := range []string{"anna", "bob", "bob"} {
		password := "what " + name[:1] + " remembers well"
		_, err := w.c.Rescue(w.ctx, admin, name, password)
		w.must(err)
		n, err := w.c.Login(w.ctx, admin, control.Credentials{Name: name, Password: password})
		w.must(err)
		who, err := w.c.IdentifySession(w.ctx, netip.Addr{}, n.Secret)
		w.must(err)
		w.must(auth.Decide(who.Principal, gatewright.ActionUserCreate, auth.Scope{}))
	}
	_, err = w.c.Rescue(w.ctx, admin, "carl", "short")
	wantCode(t, err, gatewright.Invalid, "at least 12")
}
