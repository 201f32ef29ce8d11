package web

import (
	"net/http"
	"time"

	"github.com/gatewright/gatewright/internal/auth"
)

// Names of cookies. Over TLS they get a prefix by which browsers keep other
// hosts of the domain, and plain HTTP, from setting them.
const (
	sessionCookie = "gatewright_session"
	loginCookie   = "gatewright_login"
	hostPrefix    = "__Host-"
)

// SetSession gives the browser the secret of a session until expires. secure is
// whether the browser came over TLS.
func SetSession(w http.ResponseWriter, secret string, expires time.Time, secure bool) {
	c := cookie(sessionCookie, secret, secure)
	c.Expires = expires.UTC()
	http.SetCookie(w, c)
}

// ClearSession takes the session's cookie from the browser.
func ClearSession(w http.ResponseWriter, secure bool) { clearCookie(w, sessionCookie, secure) }

// SessionSecret returns the secret that the request's cookie holds, "" when it
// has none, or several: then somebody has put one there.
func SessionSecret(r *http.Request, secure bool) string {
	secret := onlyCookie(r, sessionCookie, secure)
	if kind, err := auth.ParseSecret(secret); err != nil || kind != auth.SecretSession {
		return ""
	}
	return secret
}

func cookie(name, value string, secure bool) *http.Cookie {
	if secure {
		name = hostPrefix + name
	}
	return &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
}

func clearCookie(w http.ResponseWriter, name string, secure bool) {
	c := cookie(name, "", secure)
	c.MaxAge = -1
	http.SetCookie(w, c)
}

func onlyCookie(r *http.Request, name string, secure bool) string {
	if secure {
		name = hostPrefix + name
	}
	if found := r.CookiesNamed(name); len(found) == 1 {
		return found[0].Value
	}
	return ""
}
