package management

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/auth/web"
	"github.com/gatewright/gatewright/internal/control"
)

// maxSecret bounds, in bytes, what can be a token.
const maxSecret = 256

// principal returns who asks; nobody before that is known.
func (r *request) principal() auth.Principal {
	if r.who == nil {
		return auth.Principal{}
	}
	return r.who.Principal
}

// authenticate finds out who asks, by a token or a browser's session. Whatever
// is wrong with a token, and whether there is one, the answer is the same.
func (a *API) authenticate(r *http.Request, req *request) (err error) {
	req.actor = gatewright.Actor{Client: clientOf(r), Address: addressOf(r)}
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	if values := r.Header.Values("Authorization"); len(values) > 0 {
		req.who, err = a.byToken(ctx, r, values)
	} else {
		req.who, err = a.bySession(ctx, r)
	}
	if err != nil {
		return err
	}
	req.actor.Name = req.who.Principal.Name
	req.actor.Token = req.who.Principal.Token
	return nil
}

func needsToken() error {
	return gatewright.Errorf(gatewright.Unauthenticated, "a management token is needed, as the header Authorization: Bearer gw_…; the one sent, if any, is mistyped, revoked or of another kind. Log in with: gatewright login")
}

func (a *API) byToken(ctx context.Context, r *http.Request, values []string) (*control.Authenticated, error) {
	scheme, secret, _ := strings.Cut(values[0], " ")
	if len(values) != 1 || !strings.EqualFold(scheme, "Bearer") || secret == "" || len(secret) > maxSecret {
		return nil, needsToken()
	}
	who, err := a.control.Identify(ctx, clientAddress(r), secret)
	if unknown := (*control.UnknownToken)(nil); errors.As(err, &unknown) {
		return nil, needsToken()
	}
	return who, err
}

func (a *API) bySession(ctx context.Context, r *http.Request) (*control.Authenticated, error) {
	secret := web.SessionSecret(r, a.secure(r))
	if secret == "" {
		return nil, needsToken()
	}
	who, err := a.control.IdentifySession(ctx, clientAddress(r), secret)
	if err != nil {
		return nil, err
	}
	return who, web.CheckCSRF(r, secret)
}

// secure reports whether the browser came over TLS, here or to what is in
// front.
func (a *API) secure(r *http.Request) bool { return r.TLS != nil || a.cfg.SecureFront }

// addressOf returns the address a request came from, without the port.
func addressOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// clientAddress is addressOf for counting by; the zero address when it is none.
func clientAddress(r *http.Request) netip.Addr {
	addr, err := netip.ParseAddr(addressOf(r))
	if err != nil {
		return netip.Addr{}
	}
	return addr
}

// clientOf says through what a request came. Names are few, so that changes
// can be counted by them; the header's version is left out.
func clientOf(r *http.Request) string {
	name, _, _ := strings.Cut(r.Header.Get("Gatewright-Client"), "/")
	if name == "cli" {
		return name
	}
	return "api"
}

// open reports whether the request is for a route that asks for no proof.
func (a *API) open(r *http.Request) bool {
	if escaped := r.URL.EscapedPath(); escaped != path.Clean(escaped) {
		return false
	}
	_, pattern := a.mux.Handler(r)
	return a.opened[pattern]
}
