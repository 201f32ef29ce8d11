package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// Limits of a login under way at an OpenID provider.
const (
	FlowLife      = 10 * time.Minute // to log in at the provider
	maxFlowLength = 3000             // bytes of its cookie; browsers keep about 4000
	maxReturnTo   = 1000             // bytes
)

// Flow is a login under way at an OpenID provider. The browser that began it
// keeps it in a cookie, so that any replica of the control plane can finish it
// and no other browser can. It opens nothing by itself.
type Flow struct {
	State     string    `json:"state"`    // comes back with the answer
	Nonce     string    `json:"nonce"`    // comes back in the ID token
	Verifier  string    `json:"verifier"` // of PKCE
	ReturnTo  string    `json:"returnTo"` // path of ours to go on with
	ExpiresAt time.Time `json:"expiresAt"`
}

// SetFlow gives the browser the flow to keep.
func SetFlow(w http.ResponseWriter, f Flow, secure bool) error {
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("write a login's cookie: %w", err)
	}
	c := cookie(loginCookie, base64.RawURLEncoding.EncodeToString(b), secure)
	if len(c.Value) > maxFlowLength {
		return gatewright.FieldErrorf("returnTo", "the page to return to has a longer address than a login can keep")
	}
	c.MaxAge = int(FlowLife / time.Second)
	http.SetCookie(w, c)
	return nil
}

// TakeFlow returns the flow that the browser kept and takes it away, so that it
// can be finished once.
func TakeFlow(w http.ResponseWriter, r *http.Request, secure bool) (Flow, error) {
	value := onlyCookie(r, loginCookie, secure)
	clearCookie(w, loginCookie, secure)
	var f Flow
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || value == "" || len(value) > maxFlowLength || json.Unmarshal(b, &f) != nil {
		return Flow{}, gatewright.Errorf(gatewright.Unauthenticated, "this browser has begun no login, or did not keep its cookie; begin again")
	}
	return f, nil
}

// newFlow returns a flow that begins now and goes on with returnTo.
func newFlow(now time.Time, verifier, returnTo string) (Flow, error) {
	if !localPath(returnTo) {
		return Flow{}, gatewright.FieldErrorf("returnTo", "%.100q is not a path of this server", returnTo)
	}
	f := Flow{Verifier: verifier, ReturnTo: returnTo, ExpiresAt: now.Add(FlowLife)}
	for _, s := range []*string{&f.State, &f.Nonce} {
		var b [32]byte
		if _, err := rand.Read(b[:]); err != nil {
			return Flow{}, fmt.Errorf("begin a login: %w", err)
		}
		*s = base64.RawURLEncoding.EncodeToString(b[:])
	}
	return f, nil
}

// check reports whether the flow is still good and the answer is to it.
func (f Flow) check(now time.Time, state string) error {
	switch {
	case !now.Before(f.ExpiresAt) || f.ExpiresAt.Sub(now) > FlowLife:
		return gatewright.Errorf(gatewright.Unauthenticated, "the login took longer than %s; begin again", FlowLife)
	case f.State == "" || f.Nonce == "" || f.Verifier == "" || subtle.ConstantTimeCompare([]byte(state), []byte(f.State)) != 1:
		return gatewright.Errorf(gatewright.Unauthenticated, "the provider's answer is to another login than this browser's last; begin again")
	case !localPath(f.ReturnTo):
		return gatewright.Errorf(gatewright.Unauthenticated, "the login leads away from this server; begin again")
	}
	return nil
}

// localPath reports whether a browser that is sent there stays with us.
func localPath(p string) bool {
	if len(p) > maxReturnTo || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\t\r\n\x00") {
		return false
	}
	u, err := url.Parse(p)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil
}
