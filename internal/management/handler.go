package management

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"time"

	"github.com/gatewright/gatewright"
)

// serve is the way every request takes.
func (a *API) serve(w http.ResponseWriter, r *http.Request) {
	start := a.cfg.Clock()
	req := &request{id: gatewright.NewID("req_", start)}
	r = r.WithContext(context.WithValue(r.Context(), requestKey{}, req))
	rec := &recorder{ResponseWriter: w}
	defer a.finish(rec, r, start)

	h := rec.Header()
	h.Set("X-Request-Id", req.id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	// A reader that takes nothing must not hold the answer for ever. Not every
	// writer has deadlines; those of a server do.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(MaxWait + requestTimeout + writeTimeout))

	if err := checkSource(r); err != nil {
		a.refuse(rec, r, err)
		return
	}
	if err := checkKeys(r.Header); err != nil {
		a.refuse(rec, r, err)
		return
	}
	switch r.URL.Path {
	case "/healthz":
		a.health(rec, r, nil)
		return
	case "/readyz":
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		_, err := a.control.Change(ctx, "") // the cheapest question to the store
		if gatewright.CodeOf(err) == gatewright.NotFound {
			err = nil
		}
		a.health(rec, r, err)
		return
	}
	if a.open(r) {
		req.actor = gatewright.Actor{Client: clientOf(r), Address: addressOf(r)}
	} else if err := a.authenticate(r, req); err != nil {
		if gatewright.CodeOf(err) == gatewright.Unauthenticated {
			h.Set("WWW-Authenticate", `Bearer realm="gatewright"`)
		}
		a.refuse(rec, r, err)
		return
	}
	a.route(rec, r)
}

// finish ends a request, a panicking one too.
func (a *API) finish(rec *recorder, r *http.Request, start time.Time) {
	req := requestOf(r.Context())
	if p := recover(); p != nil {
		switch {
		case p == any(http.ErrAbortHandler):
			panic(p)
		case rec.failed != nil: // the reader went away; the framework panics over it
		case rec.status == 0:
			a.refuse(rec, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		default:
			a.cfg.Log.Error("request failed", slog.String("request", req.id), slog.Any("error", fmt.Errorf("panic: %v\n%s", p, debug.Stack())))
			defer panic(http.ErrAbortHandler) // what was sent so far must not look whole
		}
	}
	a.auditRefusal(r, rec.status, req.refused)
	a.cfg.Log.Debug("request",
		slog.String("request", req.id), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", rec.status), slog.Duration("took", a.cfg.Clock().Sub(start)),
		slog.String("actor", req.actor.Name), slog.String("address", r.RemoteAddr))
}

// checkSource refuses what a browser sends on behalf of somebody else's page.
func checkSource(r *http.Request) error {
	host, err := gatewright.CanonicalHost(r.Host)
	if err != nil {
		return gatewright.FieldErrorf("Host", "the Host header is not a host: %s", err)
	}
	if len(r.Header.Values("Origin")) == 0 {
		return nil
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	if err == nil {
		var from string
		if from, err = gatewright.CanonicalHost(origin.Host); err == nil && from == host && origin.Port() == portOf(r.Host) {
			return nil
		}
	}
	return gatewright.Errorf(gatewright.Forbidden, "pages of %q must not call this API", r.Header.Get("Origin"))
}

// portOf returns the port of a Host header, "" when it has none.
func portOf(host string) string {
	u := url.URL{Host: host}
	return u.Port()
}

func (a *API) health(w http.ResponseWriter, r *http.Request, err error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		a.refuse(w, r, methodNotAllowed(r))
		return
	}
	if err != nil {
		a.cfg.Log.Error("not ready", slog.Any("error", err))
		a.refuse(w, r, gatewright.Errorf(gatewright.Unavailable, "the store does not answer"))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "ok\n")
}

// route hands the request to its operation. The mux answers what has none in
// its own words; they are replaced.
func (a *API) route(w http.ResponseWriter, r *http.Request) {
	escaped := r.URL.EscapedPath()
	if escaped != path.Clean(escaped) { // the mux would redirect
		a.refuse(w, r, noRoute(r))
		return
	}
	h, pattern := a.mux.Handler(r)
	if pattern != "" {
		a.mux.ServeHTTP(w, r)
		return
	}
	probe := &probe{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		a.refuse(w, r, methodNotAllowed(r))
		return
	}
	a.refuse(w, r, noRoute(r))
}

func noRoute(r *http.Request) error {
	return gatewright.Errorf(gatewright.NotFound, "there is nothing at %s; /api/openapi.json tells what there is", r.URL.EscapedPath())
}

func methodNotAllowed(r *http.Request) error {
	return &statusError{gatewright.Errorf(gatewright.Invalid, "%s is not a method of %s; the Allow header tells those it has", r.Method, r.URL.EscapedPath()), http.StatusMethodNotAllowed}
}
