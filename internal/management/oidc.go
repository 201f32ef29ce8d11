package management

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/auth/web"
	"github.com/gatewright/gatewright/internal/control"
)

// OIDC is how people log in through an OpenID provider.
type OIDC struct {
	Provider *web.Provider
	Issuer   string // for people
	Policy   auth.LoginPolicy
	Rules    []control.LoginRule
}

// CallbackPath is where the provider sends browsers back to.
const CallbackPath = "/api/v1/login/oidc/callback"

const beginPath = "/api/v1/login/oidc"

// programPath is the page to go on with of a login that a program began: not
// one of ours, but the program's own address on the person's machine.
const programPath = "/program"

// oidcRoutes mounts what browsers are led through. It is not described with
// the operations: providers add parameters of their own.
func (a *API) oidcRoutes() {
	for path, h := range map[string]http.HandlerFunc{beginPath: a.beginOIDC, CallbackPath: a.finishOIDC} {
		pattern := http.MethodGet + " " + path
		a.opened[pattern] = true
		a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if a.cfg.OIDC == nil {
				a.refuse(w, r, gatewright.Errorf(gatewright.NotFound, "no OpenID provider is set up; log in with a password"))
				return
			}
			h(w, r)
		})
	}
}

// beginOIDC sends a browser to the provider. It comes back to the page named by
// returnTo, or, for a program that waits on the person's machine, to its port
// with a code for whoever has the challenge's verifier.
func (a *API) beginOIDC(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	q := r.URL.Query()
	returnTo := q.Get("returnTo")
	if returnTo == "" {
		returnTo = "/"
	}
	if q.Has("port") {
		p := program{port: q.Get("port"), challenge: q.Get("challenge"), state: q.Get("state")}
		if err := p.check(); err != nil {
			a.refuse(w, r, err)
			return
		}
		returnTo = p.path()
	}
	address, flow, err := a.cfg.OIDC.Provider.Begin(ctx, returnTo)
	if err == nil {
		err = web.SetFlow(w, flow, a.secure(r))
	}
	if err != nil {
		a.refuseLogin(w, r, err)
		return
	}
	http.Redirect(w, r, address, http.StatusFound)
}

// finishOIDC takes in the provider's answer.
func (a *API) finishOIDC(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	flow, err := web.TakeFlow(w, r, a.secure(r))
	if err != nil {
		a.refuseLogin(w, r, err)
		return
	}
	id, err := a.cfg.OIDC.Provider.Finish(ctx, flow, r.URL.Query())
	if err != nil {
		a.refuseLogin(w, r, err)
		return
	}
	login := control.IdentityLogin{Identity: *id, Policy: a.cfg.OIDC.Policy, Rules: a.cfg.OIDC.Rules}
	actor := requestOf(r.Context()).actor
	if p, ok := programOf(flow.ReturnTo); ok {
		code, err := a.control.LoginIdentityCode(ctx, actor, login, p.challenge)
		if err != nil {
			a.refuseLogin(w, r, err)
			return
		}
		http.Redirect(w, r, p.address(code), http.StatusSeeOther)
		return
	}
	n, err := a.control.LoginIdentity(ctx, actor, login, r.UserAgent())
	if err != nil {
		a.refuseLogin(w, r, err)
		return
	}
	web.SetSession(w, n.Secret, n.Session.ExpiresAt, a.secure(r))
	http.Redirect(w, r, flow.ReturnTo, http.StatusSeeOther)
}

// refuseLogin answers and tells the log the cause, which the person who logs in
// cannot do anything about.
func (a *API) refuseLogin(w http.ResponseWriter, r *http.Request, err error) {
	a.cfg.Log.Warn("login through the OpenID provider failed", slog.String("request", requestOf(r.Context()).id), slog.Any("error", err))
	a.refuse(w, r, err)
}

// program is one that waits for a login on the person's machine (RFC 8252).
type program struct{ port, challenge, state string }

// What a program may send: a challenge is a SHA-256 in base64url (RFC 7636).
var (
	programChallenge = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	programState     = regexp.MustCompile(`^[A-Za-z0-9_-]{16,128}$`)
)

const leastProgramPort = 1024

func (p program) check() error {
	if n, err := strconv.Atoi(p.port); err != nil || n < leastProgramPort || n > 65535 || strconv.Itoa(n) != p.port {
		return gatewright.FieldErrorf("port", "port %.20q is not a number from %d to 65535", p.port, leastProgramPort)
	}
	if !programChallenge.MatchString(p.challenge) || !programState.MatchString(p.state) {
		return gatewright.FieldErrorf("challenge", "challenge or state is not what a program sends that waits for a login")
	}
	return nil
}

func (p program) path() string {
	return programPath + "?" + url.Values{"port": {p.port}, "challenge": {p.challenge}, "state": {p.state}}.Encode()
}

// programOf returns the program that a login leads back to.
func programOf(returnTo string) (program, bool) {
	path, query, _ := strings.Cut(returnTo, "?")
	q, err := url.ParseQuery(query)
	p := program{port: q.Get("port"), challenge: q.Get("challenge"), state: q.Get("state")}
	return p, path == programPath && err == nil && p.check() == nil
}

// address is where the program waits: on the loopback interface, always.
func (p program) address(code string) string {
	return "http://127.0.0.1:" + p.port + "/callback?" + url.Values{"code": {code}, "state": {p.state}}.Encode()
}
