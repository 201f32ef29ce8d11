package control

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"log/slog"
	"net/netip"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

const (
	// MaxSessions bounds the sessions of one user; one more ends the oldest.
	MaxSessions = 50
	// loginCodeLife is how long a program has to fetch the token of a login in
	// a browser.
	loginCodeLife = time.Minute
)

// NewSession is a login and the secret that opens it, for the browser's cookie.
type NewSession struct {
	User    *gatewright.User
	Session *gatewright.Session
	Secret  string
}

// Credentials are what a person logs in with.
type Credentials struct {
	Name      string
	Password  string
	From      netip.Addr
	UserAgent string
}

// Login begins a session for somebody who knows the password. Whatever is
// wrong, and whether there is such a user, the answer is the same
// [gatewright.Unauthenticated], after the same work; whoever tries too often
// gets [TooManyAttempts]. Somebody who knows the password of a disabled user is
// told so.
func (c *Control) Login(ctx context.Context, actor gatewright.Actor, cred Credentials) (*NewSession, error) {
	u, fresh, err := c.checkPassword(ctx, cred)
	if err != nil {
		return nil, err
	}
	var n *NewSession
	err = c.store.Update(ctx, func(tx Tx) (err error) {
		if u, err = loggedIn(tx, u, fresh); err != nil {
			return err
		}
		n, err = startSession(tx, actor, u, cred.UserAgent)
		return err
	})
	return n, err
}

// LoginToken makes a personal token for somebody who knows the password: what
// a session is for a browser, it is for a program. Errors are those of
// [Control.Login] and [Control.CreatePersonalToken].
func (c *Control) LoginToken(ctx context.Context, actor gatewright.Actor, cred Credentials, n NewToken) (*gatewright.Token, string, error) {
	u, fresh, err := c.checkPassword(ctx, cred)
	if err != nil {
		return nil, "", err
	}
	var t *gatewright.Token
	var secret string
	err = c.store.Update(ctx, func(tx Tx) (err error) {
		if u, err = loggedIn(tx, u, fresh); err != nil {
			return err
		}
		actor.Name = u.Name
		t, secret, err = createToken(tx, actor, gatewright.Token{Kind: gatewright.TokenPersonal, Owner: u.ID, Name: n.Name, Scope: n.Scope, ExpiresAt: n.ExpiresAt})
		return err
	})
	return t, secret, err
}

// checkPassword returns the user with those credentials, and another hash of
// the password when the stored one is of old parameters.
func (c *Control) checkPassword(ctx context.Context, cred Credentials) (*gatewright.User, string, error) {
	_, key, err := auth.UserName(cred.Name)
	if err != nil {
		key = cred.Name // nobody's, and counted all the same
	}
	if err := c.attempt(ctx, key, cred.From); err != nil {
		return nil, "", err
	}
	u := &gatewright.User{}
	err = c.store.View(ctx, func(tx Tx) error {
		found, err := tx.UserByName(key)
		if err == nil {
			u = found
		}
		return err
	})
	if err != nil && !isNotFound(err) {
		return nil, "", err
	}
	right, outdated, err := c.hasher.Verify(ctx, u.Password, cred.Password)
	if err != nil {
		return nil, "", err
	}
	if !right {
		return nil, "", gatewright.Errorf(gatewright.Unauthenticated, "login or password is wrong")
	}
	c.throttle.Succeeded(key, cred.From)
	if err := auth.CheckActive(u); err != nil {
		return nil, "", err
	}
	if !outdated {
		return u, "", nil
	}
	fresh, err := c.hasher.Hash(ctx, cred.Password)
	return u, fresh, err
}

// attempt asks whether an attempt at somebody's password may be made.
func (c *Control) attempt(ctx context.Context, account string, from netip.Addr) error {
	wait := c.throttle.Attempt(cmp.Or(account, " "), from)
	if wait == 0 {
		return nil
	}
	c.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "guessing at passwords is slowed down",
		slog.String("account", gatewright.MaskText(account[:min(len(account), gatewright.MaxUserNameLength)])),
		slog.String("address", from.String()), slog.Duration("wait", wait))
	return &TooManyAttempts{wait}
}

// loggedIn writes down that a user has logged in. Between the look at the
// password and now it may have been changed, or the user disabled.
func loggedIn(tx Tx, seen *gatewright.User, fresh string) (*gatewright.User, error) {
	u, err := tx.User(seen.ID)
	if isNotFound(err) || err == nil && u.Password != seen.Password {
		return nil, gatewright.Errorf(gatewright.Unauthenticated, "login or password is wrong")
	}
	if err != nil {
		return nil, err
	}
	if err := auth.CheckActive(u); err != nil {
		return nil, err
	}
	u.LastLogin, u.Password = tx.Now(), cmp.Or(fresh, u.Password)
	return u, tx.UpdateUser(u, auth.EmailKey(u.Email))
}

// startSession begins a session of the user, who has logged in.
func startSession(tx Tx, actor gatewright.Actor, u *gatewright.User, userAgent string) (*NewSession, error) {
	s, secret, err := auth.NewSession(tx.Now(), u.ID, actor.Address, userAgent)
	if err != nil {
		return nil, err
	}
	all, err := tx.Sessions(u.ID)
	if err != nil {
		return nil, err
	}
	for i := range max(0, len(all)-MaxSessions+1) {
		if err := tx.DeleteSession(all[i].ID); err != nil {
			return nil, err
		}
	}
	if err := tx.CreateSession(s); err != nil {
		return nil, err
	}
	actor.Name = u.Name
	return &NewSession{User: u, Session: s, Secret: secret}, audit(tx, actor, "session.begin", string(s.ID), "")
}

// IdentityLogin is a login at an OpenID provider.
type IdentityLogin struct {
	Identity auth.Identity
	Policy   auth.LoginPolicy
	Rules    []LoginRule
}

// LoginRule gives a role to all who are in a group of the OpenID provider. It
// is [auth.GroupRule] as people write it: project and group by name or ID.
type LoginRule struct {
	Claim          string
	Role           gatewright.Role
	Project, Group string // "" for all
}

// LoginIdentity begins a session for somebody who logged in at an OpenID
// provider. Errors are those of [auth.Recognise].
func (c *Control) LoginIdentity(ctx context.Context, actor gatewright.Actor, login IdentityLogin, userAgent string) (*NewSession, error) {
	var n *NewSession
	err := c.store.Update(ctx, func(tx Tx) error {
		u, err := c.recognise(ctx, tx, actor, &login)
		if err != nil {
			return err
		}
		n, err = startSession(tx, actor, u, userAgent)
		return err
	})
	return n, err
}

// LoginIdentityCode is [Control.LoginIdentity] for a program that waits on the
// person's machine: it returns a code that the program, which alone has the
// verifier of challenge, changes for a token with [Control.RedeemLogin].
func (c *Control) LoginIdentityCode(ctx context.Context, actor gatewright.Actor, login IdentityLogin, challenge string) (string, error) {
	code, err := newSecret()
	if err != nil {
		return "", err
	}
	err = c.store.Update(ctx, func(tx Tx) error {
		u, err := c.recognise(ctx, tx, actor, &login)
		if err != nil {
			return err
		}
		return tx.CreateLoginCode(LoginCode{Hash: auth.HashSecret(code), User: u.ID, Challenge: challenge, ExpiresAt: tx.Now().Add(loginCodeLife)})
	})
	return code, err
}

// RedeemLogin makes a personal token for the person whose login the code is of.
// Whatever is wrong with code and verifier is the same
// [gatewright.Unauthenticated].
func (c *Control) RedeemLogin(ctx context.Context, actor gatewright.Actor, from netip.Addr, code, verifier string, n NewToken) (*gatewright.Token, string, error) {
	refused := gatewright.Errorf(gatewright.Unauthenticated, "there is no login with that code; it is good once, for %s", loginCodeLife)
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	var t *gatewright.Token
	var secret string
	wrong := false
	err := c.store.Update(ctx, func(tx Tx) error {
		found, err := tx.TakeLoginCode(auth.HashSecret(code))
		if err != nil {
			return err
		}
		wrong = !tx.Now().Before(found.ExpiresAt) || subtle.ConstantTimeCompare([]byte(found.Challenge), []byte(challenge)) != 1
		if wrong {
			return nil // the code is used up all the same
		}
		u, err := tx.User(found.User)
		if err != nil {
			return err
		}
		if err := auth.CheckActive(u); err != nil {
			return err
		}
		actor.Name = u.Name
		t, secret, err = createToken(tx, actor, gatewright.Token{Kind: gatewright.TokenPersonal, Owner: u.ID, Name: n.Name, Scope: n.Scope, ExpiresAt: n.ExpiresAt})
		return err
	})
	if wrong || isNotFound(err) {
		return nil, "", c.guessed(ctx, from, refused)
	}
	return t, secret, err
}

// recognise finds or makes the user of an identity and gives them the roles of
// their groups.
func (c *Control) recognise(ctx context.Context, tx Tx, actor gatewright.Actor, login *IdentityLogin) (*gatewright.User, error) {
	candidates, err := candidatesFor(tx, &login.Identity)
	if err != nil {
		return nil, err
	}
	u, created, err := auth.Recognise(login.Identity, candidates, login.Policy)
	if err != nil {
		return nil, err
	}
	u.LastLogin, actor.Name = tx.Now(), u.Name
	if created {
		_, key, err := auth.UserName(u.Name)
		if err != nil {
			return nil, err
		}
		if err := notAdminToken(tx, key); err != nil {
			return nil, err
		}
		u.ID, u.CreatedAt = gatewright.UserID(gatewright.NewID("usr_", tx.Now())), tx.Now()
		if err := u.Validate(); err != nil {
			return nil, err
		}
		if err := tx.CreateUser(u, key, auth.EmailKey(u.Email)); err != nil {
			return nil, err
		}
		if err := auditChange(tx, actor, "user.create", string(u.ID), nil, u); err != nil {
			return nil, err
		}
	} else if err := tx.UpdateUser(u, auth.EmailKey(u.Email)); err != nil {
		return nil, err
	}
	return u, c.reapply(ctx, tx, actor, u, login)
}

func candidatesFor(tx Tx, id *auth.Identity) (c auth.Candidates, err error) {
	if c.BySubject, err = tx.UserByIdentity(id.Issuer, id.Subject); err != nil && !isNotFound(err) {
		return c, err
	}
	if id.Email != "" {
		same, err := tx.Users(UserFilter{Email: auth.EmailKey(id.Email), Limit: 2})
		if err != nil {
			return c, err
		}
		if len(same) == 1 {
			c.ByEmail = same[0]
		}
	}
	if _, key, err := auth.UserName(id.Name); err == nil {
		if c.ByName, err = tx.UserByName(key); err != nil && !isNotFound(err) {
			return c, err
		}
	}
	return c, nil
}

// reapply makes the bindings that come from the provider's groups agree with
// them.
func (c *Control) reapply(ctx context.Context, tx Tx, actor gatewright.Actor, u *gatewright.User, login *IdentityLogin) error {
	rules := make([]auth.GroupRule, 0, len(login.Rules))
	for _, r := range login.Rules {
		rule, err := r.resolve(tx)
		if isNotFound(err) { // what is gone gives nothing; the login goes on
			c.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "a group rule of OpenID Connect gives nothing", slog.String("claim", r.Claim), slog.Any("error", err))
			continue
		}
		if err != nil {
			return err
		}
		rules = append(rules, rule)
	}
	current, err := bindingsOf(tx, gatewright.Subject{User: u.ID})
	if err != nil {
		return err
	}
	remove, add := auth.Reapply(current, auth.MappedBindings(u.ID, login.Identity.Groups, rules))
	actor.Client = cmp.Or(actor.Client, "oidc")
	for i := range add {
		if err := createBinding(tx, actor, &add[i]); err != nil {
			return err
		}
	}
	for _, id := range remove {
		err := deleteBinding(tx, actor, id)
		if gatewright.CodeOf(err) == gatewright.PreconditionFailed { // the last super admin stays
			c.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "a role stays although the provider's groups do not give it any more", slog.String("user", u.Name), slog.Any("error", err))
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *LoginRule) resolve(tx Tx) (auth.GroupRule, error) {
	rule := auth.GroupRule{Claim: r.Claim, Role: r.Role}
	if r.Project != "" {
		p, err := findProject(tx, r.Project)
		if err != nil {
			return rule, err
		}
		rule.Project = p.ID
	}
	if r.Group != "" {
		g, err := findGroup(tx, r.Group)
		if err != nil {
			return rule, err
		}
		rule.Group = g.ID
	}
	return rule, nil
}

// LoginRefused writes down that a login was refused. A login that is nobody's
// is not told: people type passwords there.
func (c *Control) LoginRefused(ctx context.Context, actor gatewright.Actor, name string, refused error) error {
	u, err := c.User(ctx, name)
	target := ""
	if err == nil {
		target = string(u.ID)
	} else if !isNotFound(err) {
		return err
	}
	return c.AuditRefusal(ctx, actor, "session.begin", target, refused)
}
