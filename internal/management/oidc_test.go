package management_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/auth/web"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// openIDProvider logs everybody in as anna, who is in groups. What it checks
// of requests, and what is checked of its answers, are package web's tests.
func openIDProvider(t *testing.T, groups *[]string) *httptest.Server {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "1"))
	if err != nil {
		t.Fatal(err)
	}
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	var nonce string // of the one login at a time
	mux := http.NewServeMux()
	p := httptest.NewTLSServer(mux)
	t.Cleanup(p.Close)
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys"})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		nonce = q.Get("nonce")
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {"code"}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		claims, _ := json.Marshal(map[string]any{
			"iss": p.URL, "sub": "4711", "aud": "gatewright", "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(), "nonce": nonce,
			"preferred_username": "anna", "groups": *groups,
		})
		object, err := signer.Sign(claims)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		token, _ := object.CompactSerialize()
		answer(w, map[string]any{"access_token": "access", "token_type": "Bearer", "id_token": token})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	return p
}

func TestLoginThroughOpenID(t *testing.T) {
	groups := []string{"developers"}
	p := openIDProvider(t, &groups)
	roots := x509.NewCertPool()
	roots.AddCert(p.Certificate())

	oidc := &management.OIDC{Issuer: p.URL, Policy: auth.LoginPolicy{CreateUsers: true}, Rules: []control.LoginRule{
		{Claim: "developers", Role: gatewright.RoleAPIProvider, Group: "test"},
		{Claim: "developers", Role: gatewright.RoleViewer, Group: "gone"},
	}}
	w := managementtest.New(t, management.Config{OIDC: oidc})
	w.Group("test")
	var err error
	oidc.Provider, err = web.NewProvider(web.ProviderConfig{
		Issuer: p.URL, ClientID: "gatewright", RedirectURL: w.Server.URL + management.CallbackPath, RootCAs: roots, Clock: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(oidc.Provider.Close)

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	// The browser goes where it is sent, but for the page at the end.
	browser := &http.Client{Jar: jar, Transport: p.Client().Transport, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.Contains(r.URL.Path, "oidc") || strings.HasPrefix(r.URL.String(), p.URL) {
			return nil
		}
		return http.ErrUseLastResponse
	}}
	visit := func(path string) *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	if resp := visit("/api/v1/login/oidc?returnTo=/groups"); resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/groups" {
		t.Fatalf("login ends with %d at %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	if resp := visit("/api/v1/me"); resp.StatusCode != http.StatusOK {
		t.Fatalf("with the session: %d", resp.StatusCode)
	}
	roles := func() int {
		found, err := w.Control.Bindings(t.Context(), control.BindingQuery{User: "anna"})
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if roles() != 1 {
		t.Errorf("anna has %d roles", roles())
	}
	groups = nil // at the next login she has left
	visit("/api/v1/login/oidc")
	if roles() != 0 {
		t.Errorf("anna still has %d roles", roles())
	}
	for _, bad := range []string{"?returnTo=https://evil.example", "?returnTo=//evil.example", "?port=80&challenge=x&state=y", "?port=5000"} {
		if resp := visit("/api/v1/login/oidc" + bad); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, resp.StatusCode)
		}
	}
	if resp := visit(management.CallbackPath + "?code=code&state=x"); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a callback nobody began: %d", resp.StatusCode)
	}

	// A program gets a code, which is of use once and with its verifier only.
	verifier := strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	begin := "/api/v1/login/oidc?" + url.Values{"port": {"50000"}, "challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "state": {strings.Repeat("s", 43)}}.Encode()
	redeem := func(code, verifier string) (*http.Response, []byte) {
		body, _ := json.Marshal(wire.RedeemRequest{Code: code, Verifier: verifier, Token: wire.TokenDetails{Name: "laptop"}})
		return do(t, w, request{path: "/api/v1/login/code", token: "-", body: string(body)})
	}
	for _, tt := range []struct {
		name, verifier string
		want           int
	}{{"another's verifier", strings.Repeat("x", 43), http.StatusUnauthorized}, {"its verifier", verifier, http.StatusOK}} {
		t.Run(tt.name, func(t *testing.T) {
			back, err := visit(begin).Location()
			if err != nil || back.Host != "127.0.0.1:50000" || back.Query().Get("state") != strings.Repeat("s", 43) {
				t.Fatalf("back at %v, %v", back, err)
			}
			resp, body := redeem(back.Query().Get("code"), tt.verifier)
			if resp.StatusCode != tt.want {
				t.Fatalf("status %d: %s", resp.StatusCode, body)
			}
			if tt.want == http.StatusOK {
				secret := into[wire.Login](t, body).Secret
				if me := into[wire.Me](t, status(t, w, 200, request{path: "/api/v1/me", token: secret})); me.Name != "anna" {
					t.Errorf("me = %+v", me)
				}
			}
			resp, body = redeem(back.Query().Get("code"), verifier)
			wantProblem(t, resp, body, http.StatusUnauthorized, gatewright.Unauthenticated)
		})
	}
	if _, err := w.Control.UpdateUser(t.Context(), w.Actor, "anna", nil, control.UserPatch{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	if resp := visit("/api/v1/login/oidc"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a disabled user: %d", resp.StatusCode)
	}
}
