package web_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/gatewright/gatewright/internal/auth/web"
)

const (
	clientID     = "gatewright"
	clientSecret = "client-secret-of-a-test"
	callback     = "https://control.example.com/api/v1/login/oidc/callback"
)

// provider is a small OpenID provider: discovery, authorisation, token, keys
// and user information, over TLS on loopback. A test bends it by the functions,
// which are set before it is used.
type provider struct {
	*httptest.Server
	now  time.Time
	keys []*rsa.PrivateKey // the last signs

	claims    func(c map[string]any)      // of the ID token
	userInfo  func() map[string]any       // nil for no such endpoint
	document  func(d map[string]any)      // discovery
	sign      func(payload []byte) string // nil for RS256 with the last key
	answer    func(w http.ResponseWriter, r *http.Request) (done bool)
	groups    []string
	discovery int // how often it was asked; guarded by mu

	mu    sync.Mutex
	codes map[string]url.Values // of authorisations, until they are used
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), codes: map[string]url.Values{}, groups: []string{"payments", "platform"}}
	p.addKey()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.serveDiscovery)
	mux.HandleFunc("GET /authorize", p.serveAuthorize)
	mux.HandleFunc("POST /token", p.serveToken)
	mux.HandleFunc("GET /keys", p.serveKeys)
	mux.HandleFunc("GET /userinfo", p.serveUserInfo)
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.answer == nil || !p.answer(w, r) {
			mux.ServeHTTP(w, r)
		}
	}))
	p.StartTLS()
	t.Cleanup(p.Close)
	return p
}

// testKeys are made once: making them takes longest of all.
var testKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	keys := make([]*rsa.PrivateKey, 3)
	for i := range keys {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		keys[i] = key
	}
	return keys
})

// addKey adds the next of the keys and signs with it from then on.
func (p *provider) addKey() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, testKeys()[len(p.keys)])
}

// config is that of a control plane whose provider p is.
func (p *provider) config() web.ProviderConfig {
	roots := x509.NewCertPool()
	roots.AddCert(p.Certificate())
	return web.ProviderConfig{
		Issuer: p.URL, ClientID: clientID, ClientSecret: clientSecret, RedirectURL: callback,
		RootCAs: roots, Clock: func() time.Time { return p.now },
	}
}

func (p *provider) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	p.discovery++
	p.mu.Unlock()
	d := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
	}
	if p.userInfo != nil {
		d["userinfo_endpoint"] = p.URL + "/userinfo"
	}
	if p.document != nil {
		p.document(d)
	}
	writeJSON(w, d)
}

func (p *provider) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != clientID || q.Get("redirect_uri") != callback || q.Get("code_challenge_method") != "S256" || !strings.Contains(" "+q.Get("scope")+" ", " openid ") {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = q
	p.mu.Unlock()
	http.Redirect(w, r, callback+"?"+url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}}.Encode(), http.StatusFound)
}

func (p *provider) serveToken(w http.ResponseWriter, r *http.Request) {
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	p.mu.Lock()
	q, known := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	p.mu.Unlock()
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if id != clientID || secret != clientSecret || !known || r.PostFormValue("redirect_uri") != callback ||
		q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		writeJSON(w, map[string]any{"error": "invalid_grant"})
		return
	}
	c := map[string]any{
		"iss": p.URL, "sub": "4711", "aud": clientID, "exp": p.now.Add(time.Minute).Unix(), "iat": p.now.Unix(), "nonce": q.Get("nonce"),
		"preferred_username": "anna", "name": "Anna B", "email": "anna@example.com", "email_verified": true, "groups": p.groups,
	}
	if p.claims != nil {
		p.claims(c)
	}
	payload, _ := json.Marshal(c)
	sign := p.sign
	if sign == nil {
		sign = p.rs256
	}
	writeJSON(w, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": sign(payload)})
}

func (p *provider) serveKeys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var set jose.JSONWebKeySet
	for _, k := range p.keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: &k.PublicKey, KeyID: keyID(k), Algorithm: "RS256", Use: "sig"})
	}
	writeJSON(w, set)
}

func (p *provider) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer access" || p.userInfo == nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	writeJSON(w, p.userInfo())
}

func (p *provider) rs256(payload []byte) string {
	p.mu.Lock()
	key := p.keys[len(p.keys)-1]
	p.mu.Unlock()
	return signed(jose.RS256, key, keyID(key), payload)
}

// signed returns the compact form of the payload, signed.
func signed(alg jose.SignatureAlgorithm, key any, id string, payload []byte) string {
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", id)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		return err.Error()
	}
	object, err := signer.Sign(payload)
	if err != nil {
		return err.Error()
	}
	text, err := object.CompactSerialize()
	if err != nil {
		return err.Error()
	}
	return text
}

func keyID(k *rsa.PrivateKey) string {
	sum := sha256.Sum256(k.N.Bytes())
	return base64.RawURLEncoding.EncodeToString(sum[:8])
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// browse logs in at the address, as a browser does, and returns the query with
// which it comes back.
func (p *provider) browse(t *testing.T, address string) url.Values {
	t.Helper()
	client := p.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		t.Fatalf("the provider answers %s: %v", resp.Status, err)
	}
	return back.Query()
}
