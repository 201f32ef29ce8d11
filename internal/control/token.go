package control

import (
	"context"

	"github.com/gatewright/gatewright"
)

// Prefixes of secrets, so that people and scanners recognise them.
const (
	adminPrefix    = "gwa_"
	instancePrefix = "gwi_"
)

// CreateToken makes a token and returns its secret, which is not kept.
// group is the name or ID of a group for instance tokens, "" otherwise.
func (c *Control) CreateToken(ctx context.Context, actor gatewright.Actor, kind gatewright.TokenKind, name, group string) (*gatewright.Token, string, error) {
	if err := gatewright.CheckName("token name", name); err != nil {
		return nil, "", err
	}
	secret, err := newSecret()
	if err != nil {
		return nil, "", err
	}
	switch kind {
	case gatewright.TokenAdmin:
		secret = adminPrefix + secret
	case gatewright.TokenInstance:
		secret = instancePrefix + secret
	default:
		return nil, "", gatewright.FieldErrorf("kind", "%q is not a kind of token", kind)
	}
	t := &gatewright.Token{Kind: kind, Name: name, Hash: gatewright.HashBytes([]byte(secret)), CreatedBy: actor.Name}
	err = c.store.Update(ctx, func(tx Tx) error {
		t.ID, t.CreatedAt = gatewright.TokenID(gatewright.NewID("tok_", tx.Now())), tx.Now()
		if kind == gatewright.TokenInstance {
			g, err := findGroup(tx, group)
			if err != nil {
				return err
			}
			t.Group = g.ID
		}
		if err := tx.CreateToken(t); err != nil {
			return err
		}
		return audit(tx, actor, "token.create", string(t.ID), string(kind)+" "+name)
	})
	if err != nil {
		return nil, "", err
	}
	return t, secret, nil
}

// Authenticate returns the token whose secret is given. Everything wrong with
// a secret is the same [gatewright.Unauthenticated].
func (c *Control) Authenticate(ctx context.Context, kind gatewright.TokenKind, secret string) (*gatewright.Token, error) {
	var t *gatewright.Token
	err := c.store.View(ctx, func(tx Tx) (err error) {
		t, err = tx.TokenByHash(gatewright.HashBytes([]byte(secret)))
		return err
	})
	if isNotFound(err) || err == nil && t.Kind != kind {
		return nil, gatewright.Errorf(gatewright.Unauthenticated, "the token is not valid here; it may be mistyped, revoked or of another kind")
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

// RevokeToken makes a token useless. Links it opened end with their next
// message.
func (c *Control) RevokeToken(ctx context.Context, actor gatewright.Actor, id gatewright.TokenID) error {
	return c.store.Update(ctx, func(tx Tx) error {
		if err := tx.RevokeToken(id, tx.Now()); err != nil {
			return err
		}
		return audit(tx, actor, "token.revoke", string(id), "")
	})
}
