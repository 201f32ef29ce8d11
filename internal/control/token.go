package control

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

// MaxTokens bounds the tokens that one person has, revoked and expired ones not
// counted.
const MaxTokens = 100

// NewToken is a personal or service token to be made.
type NewToken struct {
	Name      string
	Scope     gatewright.TokenScope // the zero scope is all that its owner may
	ExpiresAt time.Time             // zero for never
}

// secretKind says which kind of secret opens which kind of token.
func secretKind(kind gatewright.TokenKind) (auth.SecretKind, bool) {
	switch kind {
	case gatewright.TokenAdmin:
		return auth.SecretAdmin, true
	case gatewright.TokenInstance:
		return auth.SecretInstance, true
	case gatewright.TokenPersonal:
		return auth.SecretPersonal, true
	case gatewright.TokenService:
		return auth.SecretService, true
	}
	return "", false
}

// CreateToken makes an admin or instance token and returns its secret, which
// is not kept. group is the name or ID of a group for instance tokens, ""
// otherwise. [gatewright.Conflict] when an admin token would have a user's
// login as its name.
func (c *Control) CreateToken(ctx context.Context, actor gatewright.Actor, kind gatewright.TokenKind, name, group string) (*gatewright.Token, string, error) {
	if kind != gatewright.TokenAdmin && kind != gatewright.TokenInstance {
		return nil, "", gatewright.FieldErrorf("kind", "%q is not a kind of token that belongs to the installation", kind)
	}
	var t *gatewright.Token
	var secret string
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		n := gatewright.Token{Kind: kind, Name: name}
		if kind == gatewright.TokenInstance {
			g, err := findGroup(tx, group)
			if err != nil {
				return err
			}
			n.Group = g.ID
		}
		t, secret, err = createToken(tx, actor, n)
		return err
	})
	return t, secret, err
}

// CreatePersonalToken makes a token that acts as the person who asks, and
// returns its secret. Only people have personal tokens, and only they
// themselves make them. [gatewright.Forbidden] when it would give more than
// that which is asked with.
func (c *Control) CreatePersonalToken(ctx context.Context, actor gatewright.Actor, who auth.Principal, n NewToken) (*gatewright.Token, string, error) {
	if who.User == "" {
		return nil, "", gatewright.Errorf(gatewright.Forbidden, "only people have personal tokens; make a service token")
	}
	return c.storeToken(ctx, actor, who, gatewright.Token{Kind: gatewright.TokenPersonal, Owner: who.User, Name: n.Name, Scope: n.Scope, ExpiresAt: n.ExpiresAt})
}

// CreateServiceToken makes a token of its own for a program, which may do
// nothing until a role is given to it. project, a name or ID, says whose admins
// look after it; "" for super admins.
func (c *Control) CreateServiceToken(ctx context.Context, actor gatewright.Actor, who auth.Principal, project string, n NewToken) (*gatewright.Token, string, error) {
	t := gatewright.Token{Kind: gatewright.TokenService, Name: n.Name, Scope: n.Scope, ExpiresAt: n.ExpiresAt}
	if project != "" {
		p, err := c.Project(ctx, project)
		if err != nil {
			return nil, "", err
		}
		t.Project = p.ID
	}
	return c.storeToken(ctx, actor, who, t)
}

func whole(s gatewright.TokenScope) gatewright.TokenScope {
	if len(s.Actions) == 0 {
		s.Actions = auth.FullScope().Actions
	}
	return s
}

// resolveScope puts the identifiers of projects and groups in the place of
// their names: a scope is compared by identifiers, and a name it does not know
// would be a place that is never reached.
func resolveScope(tx Tx, s *gatewright.TokenScope) error {
	if err := auth.CheckScope(*s); err != nil {
		return err
	}
	var projects []gatewright.ProjectID
	for _, name := range s.Projects {
		p, err := findProject(tx, string(name))
		if err != nil {
			return err
		}
		if !slices.Contains(projects, p.ID) {
			projects = append(projects, p.ID)
		}
	}
	var groups []gatewright.GroupID
	for _, name := range s.Groups {
		g, err := findGroup(tx, string(name))
		if err != nil {
			return err
		}
		if !slices.Contains(groups, g.ID) {
			groups = append(groups, g.ID)
		}
	}
	s.Projects, s.Groups = projects, groups
	return nil
}

// storeToken stores a token that gives nothing beyond what its maker has.
func (c *Control) storeToken(ctx context.Context, actor gatewright.Actor, maker auth.Principal, n gatewright.Token) (*gatewright.Token, string, error) {
	var t *gatewright.Token
	var secret string
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		made := n
		made.Scope = whole(n.Scope)
		if err := resolveScope(tx, &made.Scope); err != nil {
			return err
		}
		if err := auth.CheckNarrower(maker, made.Scope, made.ExpiresAt); err != nil {
			return err
		}
		t, secret, err = createToken(tx, actor, made)
		return err
	})
	return t, secret, err
}

// createToken stores the token and returns it with its secret.
func createToken(tx Tx, actor gatewright.Actor, t gatewright.Token) (*gatewright.Token, string, error) {
	if err := gatewright.CheckName("token name", t.Name); err != nil {
		return nil, "", err
	}
	kind, ok := secretKind(t.Kind)
	if !ok {
		return nil, "", gatewright.FieldErrorf("kind", "%q is not a kind of token", t.Kind)
	}
	if t.Kind == gatewright.TokenPersonal || t.Kind == gatewright.TokenService {
		t.Scope = whole(t.Scope)
		if err := resolveScope(tx, &t.Scope); err != nil {
			return nil, "", err
		}
		if err := auth.CheckExpiry(tx.Now(), t.ExpiresAt); err != nil {
			return nil, "", err
		}
	}
	if err := roomForToken(tx, &t); err != nil {
		return nil, "", err
	}
	secret, hash, err := auth.NewSecret(kind)
	if err != nil {
		return nil, "", err
	}
	t.ID, t.CreatedAt, t.CreatedBy, t.Hash = gatewright.TokenID(gatewright.NewID("tok_", tx.Now())), tx.Now(), actor.Name, hash
	if err := tx.CreateToken(&t); err != nil {
		return nil, "", err
	}
	return &t, secret, auditChange(tx, actor, "token.create", string(t.ID), nil, &t)
}

// roomForToken refuses one more than a person may have, and a service token's
// name that is in use, or an admin token's that is a person's: it is what
// history shows.
func roomForToken(tx Tx, t *gatewright.Token) error {
	live := func(o *gatewright.Token) bool {
		return o.RevokedAt.IsZero() && (o.ExpiresAt.IsZero() || o.ExpiresAt.After(tx.Now()))
	}
	switch t.Kind {
	case gatewright.TokenPersonal:
		all, err := tx.TokensOf(t.Owner)
		if err != nil {
			return err
		}
		n := 0
		for _, o := range all {
			if live(o) {
				n++
			}
		}
		if n >= MaxTokens {
			return gatewright.Errorf(gatewright.LimitExceeded, "you have %d tokens, the limit; revoke one", n)
		}
	case gatewright.TokenAdmin:
		u, err := findUser(tx, t.Name)
		if err == nil {
			return gatewright.Errorf(gatewright.Conflict, "there is a user %s; what this token does would look as if they did it; give it another name", u.Name)
		}
		if !isNotFound(err) {
			return err
		}
	case gatewright.TokenService:
		all, err := tx.Tokens()
		if err != nil {
			return err
		}
		for _, o := range all {
			if o.Kind == gatewright.TokenService && o.Name == t.Name && live(o) {
				return gatewright.Errorf(gatewright.Conflict, "there is a service token %q already", t.Name)
			}
		}
	}
	return nil
}

// Authenticate returns the token of that kind whose secret is given. Everything
// wrong with a secret is the same [gatewright.Unauthenticated].
func (c *Control) Authenticate(ctx context.Context, kind gatewright.TokenKind, secret string) (*gatewright.Token, error) {
	wanted, _ := secretKind(kind)
	if is, err := auth.ParseSecret(secret); err != nil || is != wanted {
		return nil, badToken()
	}
	var t *gatewright.Token
	err := c.store.View(ctx, func(tx Tx) (err error) {
		t, err = tx.TokenByHash(auth.HashSecret(secret))
		if err == nil && !t.ExpiresAt.IsZero() && !tx.Now().Before(t.ExpiresAt) {
			err = badToken()
		}
		return err
	})
	if isNotFound(err) || err == nil && t.Kind != kind {
		return nil, badToken()
	}
	return t, err
}

// Tokens lists all tokens, without secrets.
func (c *Control) Tokens(ctx context.Context) ([]*gatewright.Token, error) {
	var ts []*gatewright.Token
	err := c.store.View(ctx, func(tx Tx) (err error) {
		ts, err = tx.Tokens()
		return err
	})
	return ts, err
}

// Token returns a token, revoked or not, without its secret.
func (c *Control) Token(ctx context.Context, id gatewright.TokenID) (*gatewright.Token, error) {
	var t *gatewright.Token
	err := c.store.View(ctx, func(tx Tx) (err error) {
		t, err = tx.Token(id)
		return err
	})
	return t, err
}

// RevokeToken makes a token useless. Links it opened end with their next
// message. A service token's roles are taken from it.
func (c *Control) RevokeToken(ctx context.Context, actor gatewright.Actor, id gatewright.TokenID) error {
	return c.store.Update(ctx, func(tx Tx) error {
		if err := tx.RevokeToken(id, tx.Now()); err != nil {
			return err
		}
		bindings, err := tx.Bindings(BindingFilter{Subject: gatewright.Subject{Token: id}})
		if err != nil {
			return fmt.Errorf("look for the token's roles: %w", err)
		}
		for _, b := range bindings {
			if err := deleteBinding(tx, actor, b.ID); err != nil {
				return err
			}
		}
		return audit(tx, actor, "token.revoke", string(id), "")
	})
}
