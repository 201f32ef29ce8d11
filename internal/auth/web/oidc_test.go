package web_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/auth/web"
)

func wantCode(t *testing.T, err error, code gatewright.Code) {
	t.Helper()
	if got := gatewright.CodeOf(err); got != code {
		t.Fatalf("error is %v (code %q), want code %q", err, got, code)
	}
}

func connect(t *testing.T, cfg web.ProviderConfig) *web.Provider {
	t.Helper()
	p, err := web.NewProvider(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// login goes through a whole login.
func login(t *testing.T, p *provider, c *web.Provider) (*auth.Identity, error) {
	t.Helper()
	address, flow, err := c.Begin(t.Context(), "/apis")
	if err != nil {
		return nil, err
	}
	return c.Finish(t.Context(), flow, p.browse(t, address))
}

func TestOIDCLogin(t *testing.T) {
	p := newProvider(t)
	c := connect(t, p.config())
	want := &auth.Identity{
		Issuer: p.URL, Subject: "4711", Name: "anna", DisplayName: "Anna B", Email: "anna@example.com", EmailVerified: true,
		Groups: []string{"payments", "platform"},
	}
	for range 2 {
		id, err := login(t, p, c)
		wantCode(t, err, "")
		if diff := cmp.Diff(want, id); diff != "" {
			t.Error(diff)
		}
	}
	if p.discovery != 1 {
		t.Errorf("discovery was asked %d times", p.discovery)
	}
	p.addKey() // a key that was made after the first login
	_, err := login(t, p, c)
	wantCode(t, err, "")
}

func TestOIDCClientAuthentication(t *testing.T) {
	tests := []struct {
		name    string
		methods []string
		basic   bool
	}{
		{"nothing said", nil, true},
		{"header", []string{"client_secret_post", "client_secret_basic"}, true},
		{"form", []string{"client_secret_post"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t)
			var basic bool
			p.document = func(d map[string]any) {
				if tt.methods != nil {
					d["token_endpoint_auth_methods_supported"] = tt.methods
				}
			}
			p.answer = func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/token" {
					_, _, basic = r.BasicAuth()
				}
				return false
			}
			_, err := login(t, p, connect(t, p.config()))
			wantCode(t, err, "")
			if basic != tt.basic {
				t.Errorf("the secret was sent in the header: %t", basic)
			}
		})
	}
}

// TestOIDCTokenRefused bends the ID token in every way that must not pass.
func TestOIDCTokenRefused(t *testing.T) {
	set := func(name string, value any) func(*provider) {
		return func(p *provider) { p.claims = func(c map[string]any) { c[name] = value } }
	}
	tests := []struct {
		name string
		bend func(*provider)
	}{
		{"another issuer", set("iss", "https://evil.example.com")},
		{"another client", set("aud", "other")},
		{"several clients, none authorised", set("aud", []string{clientID, "other"})},
		{"authorised to another", func(p *provider) {
			p.claims = func(c map[string]any) { c["aud"], c["azp"] = []string{clientID, "other"}, "other" }
		}},
		{"expired", func(p *provider) { p.claims = func(c map[string]any) { c["exp"] = p.now.Add(-time.Second).Unix() } }},
		{"not yet", func(p *provider) { p.claims = func(c map[string]any) { c["nbf"] = p.now.Add(time.Hour).Unix() } }},
		{"another nonce", set("nonce", "x")},
		{"no nonce", set("nonce", "")},
		{"no subject", set("sub", "")},
		{"another access token", set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")},
		{"no login", set("preferred_username", "")},
		{"login that is no text", set("preferred_username", []string{"anna"})},
		{"login that is very long", set("preferred_username", strings.Repeat("a", 2000))},
		{"groups that are no list", set("groups", map[string]any{"a": 1})},
		{"groups that are no texts", set("groups", []any{"a", 1})},
		{"too many groups", set("groups", slices.Repeat([]string{"a"}, web.MaxClaimGroups+1))},
		{"not signed", func(p *provider) {
			p.sign = func(payload []byte) string {
				return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
			}
		}},
		{"signed with the client's secret", func(p *provider) {
			p.sign = func(payload []byte) string {
				return signed(jose.HS256, []byte(clientSecret+strings.Repeat("x", 32)), "", payload)
			}
		}},
		{"signed by a stranger", func(p *provider) {
			stranger := testKeys()[2]
			p.sign = func(payload []byte) string {
				return signed(jose.RS256, stranger, keyID(p.keys[0]), payload)
			}
		}},
		{"altered after signing", func(p *provider) {
			p.sign = func(payload []byte) string {
				parts := strings.Split(p.rs256(payload), ".")
				forged := strings.Replace(string(payload), `"4711"`, `"1"`, 1)
				return parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(forged)) + "." + parts[2]
			}
		}},
		{"no JWT", func(p *provider) { p.sign = func([]byte) string { return "x" } }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t)
			tt.bend(p)
			id, err := login(t, p, connect(t, p.config()))
			if id != nil {
				t.Errorf("logged in as %+v", id)
			}
			wantCode(t, err, gatewright.Unauthenticated)
		})
	}
}

func TestOIDCAnswerRefused(t *testing.T) {
	tests := []struct {
		name  string
		alter func(p *provider, f *web.Flow, q url.Values)
	}{
		{"another state", func(_ *provider, _ *web.Flow, q url.Values) { q.Set("state", "x") }},
		{"no state", func(_ *provider, _ *web.Flow, q url.Values) { q.Del("state") }},
		{"empty flow", func(_ *provider, f *web.Flow, q url.Values) {
			q.Del("state")
			*f = web.Flow{ExpiresAt: f.ExpiresAt, ReturnTo: "/"}
		}},
		{"another browser's flow", func(_ *provider, f *web.Flow, _ url.Values) { f.State = "x" }},
		{"another verifier", func(_ *provider, f *web.Flow, _ url.Values) { f.Verifier = strings.Repeat("x", 43) }},
		{"too late", func(p *provider, _ *web.Flow, _ url.Values) { p.now = p.now.Add(web.FlowLife) }},
		{"an end that was altered", func(_ *provider, f *web.Flow, _ url.Values) { f.ExpiresAt = f.ExpiresAt.Add(time.Hour) }},
		{"leads away", func(_ *provider, f *web.Flow, _ url.Values) { f.ReturnTo = "https://evil.example.com/" }},
		{"another provider's", func(_ *provider, _ *web.Flow, q url.Values) { q.Set("iss", "https://evil.example.com") }},
		{"another code", func(_ *provider, _ *web.Flow, q url.Values) { q.Set("code", "x") }},
		{"no code", func(_ *provider, _ *web.Flow, q url.Values) { q.Del("code") }},
		{"denied", func(_ *provider, _ *web.Flow, q url.Values) { q.Set("error", "access_denied") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t)
			c := connect(t, p.config())
			address, flow, err := c.Begin(t.Context(), "/")
			wantCode(t, err, "")
			q := p.browse(t, address)
			tt.alter(p, &flow, q)
			_, err = c.Finish(t.Context(), flow, q)
			wantCode(t, err, gatewright.Unauthenticated)
		})
	}
	t.Run("twice", func(t *testing.T) {
		p := newProvider(t)
		c := connect(t, p.config())
		address, flow, err := c.Begin(t.Context(), "/")
		wantCode(t, err, "")
		q := p.browse(t, address)
		_, err = c.Finish(t.Context(), flow, q)
		wantCode(t, err, "")
		_, err = c.Finish(t.Context(), flow, q)
		wantCode(t, err, gatewright.Unauthenticated)
	})
}

// TestOIDCUserInfo: what the ID token leaves out is taken from the user
// information, if it is the same person's.
func TestOIDCUserInfo(t *testing.T) {
	bare := func(c map[string]any) {
		for _, name := range []string{"preferred_username", "name", "email", "email_verified", "groups"} {
			delete(c, name)
		}
	}
	tests := []struct {
		name   string
		claims func(map[string]any)
		info   map[string]any
		code   gatewright.Code
		want   auth.Identity
	}{
		{"all from there", bare, map[string]any{"sub": "4711", "preferred_username": "anna", "email": "a@b", "email_verified": true, "groups": "one"}, "",
			auth.Identity{Subject: "4711", Name: "anna", Email: "a@b", EmailVerified: true, Groups: []string{"one"}}},
		{"the token's address is not verified by another", func(c map[string]any) { bare(c); c["email"] = "victim@b" },
			map[string]any{"sub": "4711", "preferred_username": "anna", "email": "a@b", "email_verified": true}, "",
			auth.Identity{Subject: "4711", Name: "anna", Email: "victim@b"}},
		{"verified as a text", bare, map[string]any{"sub": "4711", "preferred_username": "anna", "email": "a@b", "email_verified": "true"}, "",
			auth.Identity{Subject: "4711", Name: "anna", Email: "a@b", EmailVerified: true}},
		{"somebody else's", bare, map[string]any{"sub": "1", "preferred_username": "root"}, gatewright.Unauthenticated, auth.Identity{}},
		{"nobody's", bare, map[string]any{"preferred_username": "root"}, gatewright.Unauthenticated, auth.Identity{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t)
			p.claims = tt.claims
			p.userInfo = func() map[string]any { return tt.info }
			id, err := login(t, p, connect(t, p.config()))
			wantCode(t, err, tt.code)
			if err != nil {
				return
			}
			tt.want.Issuer = p.URL
			if diff := cmp.Diff(&tt.want, id); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOIDCUsernameIsAddress(t *testing.T) {
	for _, verified := range []bool{true, false} {
		p := newProvider(t)
		p.claims = func(c map[string]any) { c["email_verified"] = verified }
		cfg := p.config()
		cfg.UsernameClaim = "email"
		_, err := login(t, p, connect(t, cfg))
		if (err == nil) != verified {
			t.Errorf("verified %t: %v", verified, err)
		}
	}
}

// TestOIDCProviderTroubles: whatever the provider does, a login ends, and the
// next one tries again.
func TestOIDCProviderTroubles(t *testing.T) {
	at := func(path string, f http.HandlerFunc) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != path {
				return false
			}
			f(w, r)
			return true
		}
	}
	const discovery = "/.well-known/openid-configuration"
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	silent := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the caller is gone
		<-r.Context().Done()
	}
	endless := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range 2 * web.MaxProviderAnswer / 1024 {
			if _, err := w.Write([]byte(strings.Repeat(" ", 1024))); err != nil {
				return
			}
		}
	}
	tests := []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request) bool
		code   gatewright.Code
	}{
		{"discovery fails", at(discovery, status(500)), gatewright.Unavailable},
		{"discovery is silent", at(discovery, silent), gatewright.Unavailable},
		{"discovery is endless", at(discovery, endless), gatewright.Unavailable},
		{"discovery is elsewhere", at(discovery, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }), gatewright.Unavailable},
		{"discovery is of another", at(discovery, func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, map[string]any{"issuer": "https://evil.example.com"})
		}), gatewright.Unavailable},
		{"token fails", at("/token", status(500)), gatewright.Unavailable},
		{"token is silent", at("/token", silent), gatewright.Unavailable},
		{"token is endless", at("/token", endless), gatewright.Unavailable},
		{"token is elsewhere", at("/token", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}), gatewright.Unauthenticated},
		{"keys fail", at("/keys", status(500)), gatewright.Unauthenticated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t)
			troubled := true
			p.answer = func(w http.ResponseWriter, r *http.Request) bool {
				p.mu.Lock()
				bad := troubled
				p.mu.Unlock()
				return bad && tt.answer(w, r)
			}
			cfg := p.config()
			if strings.Contains(tt.name, "silent") {
				cfg.Timeout = 300 * time.Millisecond
			}
			c := connect(t, cfg)
			_, err := login(t, p, c)
			wantCode(t, err, tt.code)
			p.mu.Lock()
			troubled = false
			p.mu.Unlock()
			if !strings.Contains(tt.name, "silent") { // its timeout is too short for a busy machine
				_, err = login(t, p, c)
				wantCode(t, err, "")
			}
		})
	}
	t.Run("the caller is gone", func(t *testing.T) {
		p := newProvider(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := connect(t, p.config()).Begin(ctx, "/")
		wantCode(t, err, gatewright.Unavailable)
	})
	t.Run("a certificate that nobody knows", func(t *testing.T) {
		p := newProvider(t)
		cfg := p.config()
		cfg.RootCAs = nil
		_, _, err := connect(t, cfg).Begin(t.Context(), "/")
		wantCode(t, err, gatewright.Unavailable)
	})
	t.Run("secrets in clear", func(t *testing.T) {
		for _, name := range []string{"token_endpoint", "authorization_endpoint", "jwks_uri"} {
			p := newProvider(t)
			p.document = func(d map[string]any) { d[name] = "http://192.0.2.1/x" }
			if _, err := login(t, p, connect(t, p.config())); err == nil {
				t.Errorf("%s may be in clear", name)
			}
		}
	})
}

func TestNewProvider(t *testing.T) {
	good := web.ProviderConfig{Issuer: "https://id.example.com", ClientID: "c", RedirectURL: "https://control.example.com/cb", Clock: time.Now}
	tests := []struct {
		name  string
		alter func(*web.ProviderConfig)
		ok    bool
	}{
		{"good", func(*web.ProviderConfig) {}, true},
		{"on this machine", func(c *web.ProviderConfig) {
			c.Issuer, c.RedirectURL = "http://127.0.0.1:5556/dex", "http://localhost:8080/cb"
		}, true},
		{"in clear", func(c *web.ProviderConfig) { c.Issuer = "http://id.example.com" }, false},
		{"no issuer", func(c *web.ProviderConfig) { c.Issuer = "" }, false},
		{"not an address", func(c *web.ProviderConfig) { c.Issuer = "https://%zz" }, false},
		{"password in it", func(c *web.ProviderConfig) { c.Issuer = "https://a:b@id.example.com" }, false},
		{"callback in clear", func(c *web.ProviderConfig) { c.RedirectURL = "http://control.example.com/cb" }, false},
		{"no client", func(c *web.ProviderConfig) { c.ClientID = "" }, false},
		{"no clock", func(c *web.ProviderConfig) { c.Clock = nil }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			tt.alter(&cfg)
			if _, err := web.NewProvider(cfg); (err == nil) != tt.ok {
				t.Errorf("error is %v", err)
			}
		})
	}
}
