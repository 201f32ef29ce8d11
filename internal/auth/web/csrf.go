package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"

	"github.com/gatewright/gatewright"
)

// CSRFHeader is the header in which our own page sends back [CSRFToken].
const CSRFHeader = "Gatewright-Csrf"

// CSRFToken returns the token that proves that a request of a session comes
// from a page that could read an answer of ours. It says nothing about the
// session's secret.
func CSRFToken(secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("gatewright csrf"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// CheckCSRF reports whether a request that a cookie authenticates may do what
// it asks for. One that only reads may. Any other must carry the session's
// token, or the browser's word that it comes from the same origin; browsers
// give their word over TLS and on loopback only. Requests with a bearer token
// need no such proof: no browser adds one by itself.
func CheckCSRF(r *http.Request, secret string) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	tokens, sites := r.Header.Values(CSRFHeader), r.Header.Values("Sec-Fetch-Site")
	switch {
	case len(tokens) == 1 && hmac.Equal([]byte(tokens[0]), []byte(CSRFToken(secret))):
		return nil
	case len(tokens) == 0 && slices.Equal(sites, []string{"same-origin"}):
		return nil
	}
	return gatewright.Errorf(gatewright.Forbidden, "the request does not show that it comes from our own page: send the session's token in the header %s", CSRFHeader)
}
