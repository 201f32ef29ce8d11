package control

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

// Authenticated is who asks, and through what. One of Token and Session is set.
type Authenticated struct {
	Principal auth.Principal
	User      *gatewright.User // nil for a service token and the administrator's
	Token     *gatewright.Token
	Session   *gatewright.Session
}

// Administrator reports whether it is an admin token, which no person owns.
func (a *Authenticated) Administrator() bool {
	return a.Token != nil && a.Token.Kind == gatewright.TokenAdmin
}

// TooManyAttempts is the error of one who has to wait before the next attempt
// at a password or token. It is a [gatewright.LimitExceeded].
type TooManyAttempts struct{ Wait time.Duration }

// Error implements error.
func (e *TooManyAttempts) Error() string { return auth.TooManyAttempts(e.Wait).Error() }

// Unwrap returns the error as callers are told it.
func (e *TooManyAttempts) Unwrap() error { return auth.TooManyAttempts(e.Wait) }

// Identify returns who asks with that token. Everything wrong with a secret is
// the same [gatewright.Unauthenticated]; whoever tries many that do not exist
// gets [TooManyAttempts]. Only the holder of a right one hears that it expired,
// or that its owner is disabled.
func (c *Control) Identify(ctx context.Context, from netip.Addr, secret string) (*Authenticated, error) {
	if kind, err := auth.ParseSecret(secret); err != nil || kind == auth.SecretInstance || kind == auth.SecretSession {
		return nil, badToken() // known without a look into the store, so there is nothing to guess
	}
	var who *Authenticated
	var now time.Time
	err := c.store.View(ctx, func(tx Tx) (err error) {
		who, now = &Authenticated{}, tx.Now()
		if who.Token, err = tx.TokenByHash(auth.HashSecret(secret)); err != nil {
			return err
		}
		return who.fromToken(tx)
	})
	if isNotFound(err) {
		return nil, c.guessed(ctx, from, badToken())
	}
	if err != nil {
		return nil, err
	}
	c.touchToken(ctx, who.Token, now)
	return who, nil
}

// fromToken finds out whom the token stands for.
func (a *Authenticated) fromToken(tx Tx) error {
	t := a.Token
	grant := auth.TokenGrant{Token: t.ID, Name: t.Name, Scope: t.Scope, ExpiresAt: t.ExpiresAt, RevokedAt: t.RevokedAt}
	subject := gatewright.Subject{Token: t.ID}
	switch t.Kind {
	case gatewright.TokenAdmin:
		a.Principal = auth.Administrator(t.Name, t.ID)
		return nil
	case gatewright.TokenService:
		grant.Name = ServiceName(t.Name)
	case gatewright.TokenPersonal:
		var err error
		if a.User, err = tx.User(t.Owner); err != nil {
			return err
		}
		grant.Owner, subject = a.User, gatewright.Subject{User: t.Owner}
	default:
		return badToken()
	}
	bindings, err := bindingsOf(tx, subject)
	if err != nil {
		return err
	}
	a.Principal, err = auth.TokenPrincipal(tx.Now(), grant, bindings)
	return err
}

// ServiceName returns what a service token is called where it does something.
// No login has a space, so it is nobody's.
func ServiceName(token string) string { return "service " + token }

// IdentifySession returns who asks through a browser's session.
func (c *Control) IdentifySession(ctx context.Context, from netip.Addr, secret string) (*Authenticated, error) {
	var who *Authenticated
	var now time.Time
	err := c.store.View(ctx, func(tx Tx) (err error) {
		who, now = &Authenticated{}, tx.Now()
		if who.Session, err = tx.SessionByHash(auth.HashSecret(secret)); err != nil {
			return err
		}
		return who.fromSession(tx)
	})
	if isNotFound(err) {
		return nil, c.guessed(ctx, from, gatewright.Errorf(gatewright.Unauthenticated, "the session is over; log in again"))
	}
	if err != nil {
		return nil, err
	}
	if who.Session.Stale(now) {
		c.note(ctx, "use of a session", func(tx Tx) error { return tx.TouchSession(who.Session.ID, tx.Now()) })
	}
	return who, nil
}

func (a *Authenticated) fromSession(tx Tx) (err error) {
	if a.User, err = tx.User(a.Session.User); err != nil {
		return err
	}
	bindings, err := bindingsOf(tx, gatewright.Subject{User: a.User.ID})
	if err != nil {
		return err
	}
	a.Principal, err = auth.SessionPrincipal(tx.Now(), a.Session, a.User, bindings)
	return err
}

// Again returns who asks as it is by now: rights may have been given and taken
// since, and the token or session may be over.
func (c *Control) Again(ctx context.Context, who *Authenticated) (*Authenticated, error) {
	now := &Authenticated{}
	err := c.store.View(ctx, func(tx Tx) (err error) {
		*now = Authenticated{}
		if who.Session != nil {
			if now.Session, err = tx.SessionByHash(who.Session.Hash); err != nil {
				return err
			}
			return now.fromSession(tx)
		}
		if now.Token, err = tx.TokenByHash(who.Token.Hash); err != nil {
			return err
		}
		return now.fromToken(tx)
	})
	if isNotFound(err) {
		err = badToken()
	}
	return now, err
}

// UnknownToken is the error of a secret that opens nothing. It is a
// [gatewright.Unauthenticated].
type UnknownToken struct{}

// Error implements error.
func (e *UnknownToken) Error() string { return e.Unwrap().Error() }

// Unwrap returns the error as callers are told it.
func (e *UnknownToken) Unwrap() error {
	return gatewright.Errorf(gatewright.Unauthenticated, "the token is not valid here; it may be mistyped, revoked or of another kind")
}

func badToken() error { return &UnknownToken{} }

// guessed counts an attempt with a secret that does not exist and returns what
// to answer.
func (c *Control) guessed(ctx context.Context, from netip.Addr, refused error) error {
	if wait := c.throttle.Attempt("", from); wait > 0 {
		c.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "guessing at tokens is slowed down", slog.String("address", from.String()), slog.Duration("wait", wait))
		return &TooManyAttempts{wait}
	}
	return refused
}

// touchToken writes down that a token is used, at most once a minute.
func (c *Control) touchToken(ctx context.Context, t *gatewright.Token, now time.Time) {
	if !t.Stale(now) {
		return
	}
	c.mu.Lock()
	last, noted := c.used[t.ID]
	due := !noted || now.Sub(last).Abs() >= gatewright.TokenTouch
	if due {
		if len(c.used) >= maxUsedTokens {
			clear(c.used)
		}
		c.used[t.ID] = now
	}
	c.mu.Unlock()
	if due {
		c.note(ctx, "use of a token", func(tx Tx) error { return tx.TouchToken(t.ID, tx.Now()) })
	}
}

// maxUsedTokens bounds what is remembered of tokens' uses in memory.
const maxUsedTokens = 10_000

// note writes down what is good to know and nothing depends on.
func (c *Control) note(ctx context.Context, what string, write func(Tx) error) {
	if err := c.store.Update(ctx, write); err != nil && ctx.Err() == nil && !isNotFound(err) {
		c.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "not written down", slog.String("what", what), slog.Any("error", err))
	}
}
