package auth

import (
	"time"

	"github.com/gatewright/gatewright"
)

// Principal is who asks: a person, through a session or a token, or a service
// token. The zero Principal is nobody and may do nothing.
type Principal struct {
	Name     string                 // for messages and records
	User     gatewright.UserID      // the person; "" for a service token
	Token    gatewright.TokenID     // through which; "" for a session
	Bindings []gatewright.Binding   // of the person, or of the service token
	Scope    *gatewright.TokenScope // what the token is narrowed to; nil for a session
	Expires  time.Time              // of the token or session; zero for never
}

// subject returns whose bindings count.
func (p *Principal) subject() gatewright.Subject {
	if p.User != "" {
		return gatewright.Subject{User: p.User}
	}
	return gatewright.Subject{Token: p.Token}
}

// known reports whether it is anybody.
func (p *Principal) known() bool { return p.User != "" || p.Token != "" }

// TokenGrant is what is stored of a token that was presented.
type TokenGrant struct {
	Token     gatewright.TokenID
	Name      string
	Owner     *gatewright.User // nil for a service token
	Scope     gatewright.TokenScope
	ExpiresAt time.Time // zero for never
	RevokedAt time.Time // zero while it is not
}

// TokenPrincipal returns who asks with a token. bindings are those of its
// owner, or of the service token itself. A token that is revoked or expired, or
// whose owner is disabled, is [gatewright.Unauthenticated].
func TokenPrincipal(now time.Time, t TokenGrant, bindings []gatewright.Binding) (Principal, error) {
	switch {
	case t.Token == "":
		return Principal{}, gatewright.Errorf(gatewright.Unauthenticated, "there is no such token")
	case !t.RevokedAt.IsZero():
		return Principal{}, gatewright.Errorf(gatewright.Unauthenticated, "the token %q was revoked on %s", t.Name, t.RevokedAt.UTC().Format(time.RFC3339))
	case !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
		return Principal{}, gatewright.Errorf(gatewright.Unauthenticated, "the token %q expired on %s; make a new one", t.Name, t.ExpiresAt.UTC().Format(time.RFC3339))
	}
	p := Principal{Name: t.Name, Token: t.Token, Bindings: bindings, Scope: &t.Scope, Expires: t.ExpiresAt}
	if t.Owner != nil {
		if err := CheckActive(t.Owner); err != nil {
			return Principal{}, err
		}
		p.Name, p.User = t.Owner.Name, t.Owner.ID
	}
	return p, nil
}

// SessionPrincipal returns who asks through a session. One that is over, or
// whose user is disabled, is [gatewright.Unauthenticated].
func SessionPrincipal(now time.Time, s *gatewright.Session, u *gatewright.User, bindings []gatewright.Binding) (Principal, error) {
	if s.User == "" || s.User != u.ID || !s.Live(now) {
		return Principal{}, gatewright.Errorf(gatewright.Unauthenticated, "the session is over; log in again")
	}
	if err := CheckActive(u); err != nil {
		return Principal{}, err
	}
	return Principal{Name: u.Name, User: u.ID, Bindings: bindings, Expires: s.ExpiresAt}, nil
}

// CheckActive reports whether the user may do anything at all.
func CheckActive(u *gatewright.User) error {
	if u.Disabled {
		return gatewright.Errorf(gatewright.Unauthenticated, "the user %s is disabled; ask a super admin", u.Name)
	}
	return nil
}

// Administrator returns a principal that may do everything, for the token that
// an installation begins with and for administration on the machine itself.
// token must not be empty: it is whom the right is bound to.
func Administrator(name string, token gatewright.TokenID) Principal {
	return Principal{Name: name, Token: token, Bindings: []gatewright.Binding{{
		Subject: gatewright.Subject{Token: token}, Role: gatewright.RoleSuperAdmin, Source: gatewright.BindingManual,
	}}}
}
