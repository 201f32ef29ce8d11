package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/auth/web"
)

func sessionSecret(t *testing.T) string {
	t.Helper()
	secret, _, err := auth.NewSecret(auth.SecretSession)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestSessionCookie(t *testing.T) {
	expires := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	secret := sessionSecret(t)
	for _, tt := range []struct {
		name   string
		secure bool
		want   string
	}{
		{"TLS", true, "__Host-gatewright_session=" + secret + "; Path=/; Expires=Sat, 21 Nov 2026 20:00:00 GMT; HttpOnly; Secure; SameSite=Lax"},
		{"plain", false, "gatewright_session=" + secret + "; Path=/; Expires=Sat, 21 Nov 2026 20:00:00 GMT; HttpOnly; SameSite=Lax"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			web.SetSession(w, secret, expires, tt.secure)
			if got := w.Header().Get("Set-Cookie"); got != tt.want {
				t.Errorf("cookie is %s\nwant %s", got, tt.want)
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.AddCookie(w.Result().Cookies()[0])
			if got := web.SessionSecret(r, tt.secure); got != secret {
				t.Errorf("secret is %q", got)
			}
			if got := web.SessionSecret(r, !tt.secure); got != "" {
				t.Errorf("the cookie of the other transport counts: %q", got)
			}
			w = httptest.NewRecorder()
			web.ClearSession(w, tt.secure)
			if got := w.Header().Get("Set-Cookie"); !strings.Contains(got, "Max-Age=0") || strings.Contains(got, secret) {
				t.Errorf("clearing sends %s", got)
			}
		})
	}
}

func TestSessionCookieRefused(t *testing.T) {
	personal, _, err := auth.NewSecret(auth.SecretPersonal)
	if err != nil {
		t.Fatal(err)
	}
	one, two := sessionSecret(t), sessionSecret(t)
	for name, header := range map[string]string{
		"none":            "",
		"not a secret":    "gatewright_session=x",
		"another kind":    "gatewright_session=" + personal,
		"early kind":      "gatewright_session=gwa_x",
		"two":             "gatewright_session=" + one + "; gatewright_session=" + two,
		"another's":       "session=" + one,
		"with the prefix": "__Host-gatewright_session=" + one,
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Cookie", header)
			if got := web.SessionSecret(r, false); got != "" {
				t.Errorf("secret is %q", got)
			}
		})
	}
}

func TestCheckCSRF(t *testing.T) {
	secret := sessionSecret(t)
	token := web.CSRFToken(secret)
	if strings.Contains(token, secret) || token == web.CSRFToken(sessionSecret(t)) {
		t.Fatalf("token is %q", token)
	}
	tests := []struct {
		name   string
		method string
		token  []string
		site   []string
		ok     bool
	}{
		{"reading", "GET", nil, []string{"cross-site"}, true},
		{"head", "HEAD", nil, nil, true},
		{"token", "POST", []string{token}, nil, true},
		{"token from elsewhere", "POST", []string{token}, []string{"cross-site"}, true}, // whoever has it could read an answer of ours
		{"same origin", "DELETE", nil, []string{"same-origin"}, true},
		{"nothing", "POST", nil, nil, false},
		{"same site", "POST", nil, []string{"same-site"}, false},
		{"cross site", "POST", nil, []string{"cross-site"}, false},
		{"typed in", "POST", nil, []string{"none"}, false},
		{"two words", "POST", nil, []string{"same-origin", "cross-site"}, false},
		{"wrong token", "POST", []string{"x"}, []string{"same-origin"}, false},
		{"empty token", "POST", []string{""}, []string{"same-origin"}, false},
		{"two tokens", "POST", []string{token, token}, nil, false},
		{"another session's", "PUT", []string{web.CSRFToken(sessionSecret(t))}, nil, false},
		{"unknown method", "MOVE", nil, nil, false},
		{"method in small letters", "get", nil, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Method = tt.method
			for _, v := range tt.token {
				r.Header.Add(web.CSRFHeader, v)
			}
			for _, v := range tt.site {
				r.Header.Add("Sec-Fetch-Site", v)
			}
			code := gatewright.Forbidden
			if tt.ok {
				code = ""
			}
			wantCode(t, web.CheckCSRF(r, secret), code)
		})
	}
}

func TestFlowCookie(t *testing.T) {
	p := newProvider(t)
	c := connect(t, p.config())
	_, flow, err := c.Begin(t.Context(), "/apis?tag=a&b=%2F#top")
	wantCode(t, err, "")
	w := httptest.NewRecorder()
	wantCode(t, web.SetFlow(w, flow, true), "")
	header := w.Header().Get("Set-Cookie")
	for _, attribute := range []string{"__Host-gatewright_login=", "Max-Age=600", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(header, attribute) {
			t.Errorf("%s is missing in %s", attribute, header)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	w = httptest.NewRecorder()
	back, err := web.TakeFlow(w, r, true)
	wantCode(t, err, "")
	if back != flow {
		t.Errorf("flow is %+v, was %+v", back, flow)
	}
	if !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Error("the flow can be finished twice")
	}
	for name, header := range map[string]string{
		"none": "", "not base64": "gatewright_login=!", "not JSON": "gatewright_login=eA", "empty": "gatewright_login=",
		"long": "gatewright_login=" + strings.Repeat("e", 1<<16), "two": "gatewright_login=e30; gatewright_login=e30",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", header)
		if _, err := web.TakeFlow(httptest.NewRecorder(), r, false); gatewright.CodeOf(err) != gatewright.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantCode(t, web.SetFlow(httptest.NewRecorder(), web.Flow{ReturnTo: strings.Repeat("x", 3000)}, true), gatewright.Invalid)
}

func TestReturnTo(t *testing.T) {
	p := newProvider(t)
	c := connect(t, p.config())
	for path, ok := range map[string]bool{
		"/":                             true,
		"/apis/1?x=//y":                 true,
		"":                              false,
		"apis":                          false,
		"//evil.example.com":            false,
		"/\\evil.example.com":           false,
		"/\t/evil.example.com":          false,
		"https://evil.example.com":      false,
		"javascript:alert(1)":           false,
		"/%zz":                          false,
		"/" + strings.Repeat("x", 1000): false,
	} {
		_, _, err := c.Begin(t.Context(), path)
		if (err == nil) != ok {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func FuzzTakeFlow(f *testing.F) {
	f.Add("gatewright_login=e30")
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", header)
		_, _ = web.TakeFlow(httptest.NewRecorder(), r, false)
		if s := web.SessionSecret(r, false); s != "" && !strings.Contains(header, s) {
			t.Errorf("secret %q is not in the header", s)
		}
	})
}
