package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/testkit/ports"
)

func TestNewRefuses(t *testing.T) {
	tests := []struct{ name, url, token, field string }{
		{"no scheme", "127.0.0.1:8080", "t", "server"},
		{"another scheme", "ftp://127.0.0.1", "t", "server"},
		{"no host", "http://", "t", "server"},
		{"empty", "", "t", "server"},
		{"password", "http://u:p@127.0.0.1", "t", "server"},
		{"query", "http://127.0.0.1?x=1", "t", "server"},
		{"line break in the token", "http://127.0.0.1", "t\n", "token"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := client.New(test.url, test.token, client.Options{})
			var e *gatewright.Error
			if !errors.As(err, &e) || e.Code != gatewright.Invalid || e.Field != test.field {
				t.Errorf("error = %#v", err)
			}
			if err != nil && strings.Contains(err.Error(), "p@") {
				t.Errorf("the password shows: %v", err)
			}
		})
	}
}

// TestStrangers calls what is no control plane.
func TestStrangers(t *testing.T) {
	followed := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer elsewhere.Close()
	tests := []struct {
		name string
		h    http.HandlerFunc
		code gatewright.Code
		says string
	}{
		{"a web server", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusNotFound) }, gatewright.Invalid, "check the address"},
		{"a proxy without a backend", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) }, gatewright.Unavailable, "502"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, gatewright.Invalid, "307"},
		{"a problem without a code", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprint(w, `{"title":"x"}`)
		}, gatewright.Invalid, "418"},
		{"an answer cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "{")
		}, gatewright.Unavailable, "connection"},
		{"an endless answer", func(w http.ResponseWriter, _ *http.Request) {
			block := make([]byte, 1<<20)
			for n := 0; n <= client.MaxResponseBytes; n += len(block) {
				_, _ = w.Write(block) // the reader leaves before the end
			}
		}, gatewright.LimitExceeded, "longer than"},
		{"no JSON", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }, gatewright.Internal, "decode answer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			srv := httptest.NewServer(test.h)
			defer srv.Close()
			_, err := newClient(t, srv.URL, "t").Version(t.Context())
			if gatewright.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error = %v", err)
			}
		})
	}
	if followed {
		t.Error("the token was carried elsewhere")
	}
}

func TestUntrustedCertificate(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	_, err := newClient(t, srv.URL, "t").Version(t.Context())
	if gatewright.CodeOf(err) != gatewright.Unavailable || !strings.Contains(err.Error(), "not trusted") {
		t.Errorf("error = %v", err)
	}
}

func TestNobodyThere(t *testing.T) {
	url := "http://" + ports.Free(t)
	c := newClient(t, url, "t")
	_, err := c.Version(t.Context())
	if gatewright.CodeOf(err) != gatewright.Unavailable || err.Error() != "no control plane answers at "+url+"; is it running, and is that its address (--server)? For a first look start one with: gatewright dev" {
		t.Errorf("error = %v", err)
	}
	if _, err := c.Events(t.Context(), client.EventFilter{}); gatewright.CodeOf(err) != gatewright.Unavailable {
		t.Errorf("events: %v", err)
	}
}

// TestDeadlines calls a server that accepts and never answers.
func TestDeadlines(t *testing.T) {
	stop := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer srv.Close()
	defer close(stop)
	c, err := client.New(srv.URL, "t", client.Options{Timeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Version(t.Context()); gatewright.CodeOf(err) != gatewright.Unavailable || !strings.Contains(err.Error(), "in time") {
		t.Errorf("own deadline: %v", err)
	}
	if _, err := c.Events(t.Context(), client.EventFilter{}); gatewright.CodeOf(err) != gatewright.Unavailable || !strings.Contains(err.Error(), "in time") {
		t.Errorf("own deadline of a stream: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Version(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the caller's end: %v", err)
	}
	if _, err := c.WaitChange(ctx, "chg_x", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("the caller's end of a wait: %v", err)
	}
}

// TestWaitChangeSurvivesRestart takes the control plane away while a change is
// waited for, and brings it back at the same address.
func TestWaitChangeSurvivesRestart(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	g := w.Group("test")
	address := ports.Free(t)
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	first := &httptest.Server{Listener: l, Config: &http.Server{Handler: w.API.Handler()}}
	first.Start()
	c := newClient(t, "http://"+address, w.Token)
	req := publish("test", managementtest.OpenAPI("Pets", "1", "/pets"))
	req.AllowNoInstance = true
	joined := w.JoinSilently(g, "gw") // does nothing yet, so that the change stays under way
	sub, err := c.Submit(t.Context(), req, "")
	if err != nil {
		t.Fatal(err)
	}
	seen, settled := make(chan struct{}), make(chan *gatewright.Change, 1)
	go func() {
		n := 0
		ch, err := c.WaitChange(t.Context(), sub.Change.ID, func(*gatewright.Change) {
			if n++; n == 1 {
				close(seen)
			}
		})
		if err != nil {
			t.Errorf("wait: %v", err)
		}
		settled <- ch
	}()
	<-seen
	first.CloseClientConnections()
	first.Listener.Close() // from now on refused

	joined.Work() // it goes on meanwhile
	again, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	second := &httptest.Server{Listener: again, Config: &http.Server{Handler: w.API.Handler()}}
	second.Start()
	defer second.Close()
	if ch := <-settled; ch == nil || ch.State != gatewright.ChangeLive {
		t.Errorf("change = %+v", ch)
	}
}

func TestAllPages(t *testing.T) {
	w, c := newWorld(t)
	for i := range 5 {
		w.Group(fmt.Sprintf("g%d", i))
	}
	var names []string
	small := func(ctx context.Context, p client.Page) (*client.List[*gatewright.Group], error) {
		p.Limit = 2
		return c.Groups(ctx, p)
	}
	for g, err := range client.All(t.Context(), small) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, g.Name)
	}
	if got := strings.Join(names, " "); got != "g0 g1 g2 g3 g4" {
		t.Errorf("names = %s", got)
	}
	for _, err := range client.All(t.Context(), newClient(t, w.Server.URL, "gwa_wrong").Groups) {
		if gatewright.CodeOf(err) != gatewright.Unauthenticated {
			t.Errorf("error = %v", err)
		}
	}
}

func TestNamesSurvive(t *testing.T) {
	w, c := newWorld(t)
	for _, name := range []string{".", "..", "a/b", "a//b", "宠物 商店", "a@v2", "100%", "a?b#c;d", `x\y`, "%2e%2e"} {
		t.Run(name, func(t *testing.T) {
			w.Group(name)
			g, err := c.Group(t.Context(), name)
			if err != nil || g.Name != name {
				t.Fatalf("group = %+v, %v", g, err)
			}
			if _, err := c.Registries(t.Context(), name, client.Page{}); err != nil {
				t.Error(err)
			}
			if _, err := c.Instances(t.Context(), name, client.Page{}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	w, c := newWorld(t)
	w.Group("test")
	made, err := c.CreateToken(t.Context(), client.TokenDetails{Name: "ci"})
	if err != nil {
		t.Fatal(err)
	}
	ci := newClient(t, w.Server.URL, made.Secret)
	gw, err := ci.CreateInstanceToken(t.Context(), "test", "gateways")
	if err != nil || gw.Token.CreatedBy != "ci" || gw.Token.Kind != gatewright.TokenInstance {
		t.Fatalf("token = %+v, %v", gw, err)
	}
	list, err := c.Tokens(t.Context(), client.Page{})
	if err != nil || len(list.Items) != 3 {
		t.Fatalf("tokens = %+v, %v", list, err)
	}
	if err := c.RevokeToken(t.Context(), made.Token.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := ci.Version(t.Context()); gatewright.CodeOf(err) != gatewright.Unauthenticated {
		t.Errorf("after its end: %v", err)
	}
	entries, err := c.Audit(t.Context(), client.AuditFilter{Action: "token."}, client.Page{Limit: 1})
	if err != nil || entries.Items[0].Action != "token.revoke" || entries.Items[0].Actor.Client != "cli" || entries.Items[0].Actor.Address != "127.0.0.1" {
		t.Errorf("audit = %+v, %v", entries, err)
	}
}

func TestEvents(t *testing.T) {
	w, c := newWorld(t)
	s, err := c.Events(t.Context(), client.EventFilter{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	g := w.Group("test")
	if e, err := s.Next(); err != nil || e.Group == nil || e.Group.ID != g.ID {
		t.Fatalf("event = %+v, %v", e, err)
	}
	w.Join(g, "gw", "")
	if e, err := s.Next(); err != nil || e.Instance == nil || e.Instance.Name != "gw" {
		t.Fatalf("event = %+v, %v", e, err)
	}
	if _, err := c.Submit(t.Context(), publish("test", managementtest.OpenAPI("Pets", "1", "/pets")), ""); err != nil {
		t.Fatal(err)
	}
	for {
		e, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if e.Change != nil && e.Change.State == gatewright.ChangeLive {
			break
		}
	}
	w.API.Close()
	for err == nil {
		_, err = s.Next()
	}
	if gatewright.CodeOf(err) != gatewright.Unavailable || !strings.Contains(err.Error(), "shutdown") {
		t.Errorf("end = %v", err)
	}
	if _, err := c.Events(t.Context(), client.EventFilter{Group: "none"}); gatewright.CodeOf(err) != gatewright.NotFound {
		t.Errorf("no such group: %v", err)
	}
}

// TestEventStreamReading feeds the reader what a server of another age may
// send, and what a broken one does.
func TestEventStreamReading(t *testing.T) {
	const known = "event: group\ndata: {\"name\":\"g\"}\n\n"
	tests := []struct {
		name, sent string
		code       gatewright.Code // after the one known event; "" for none before
		events     int
	}{
		{"unknown kinds and comments", ": hi\n\nevent: weather\ndata: 1\n\nid: 4\nretry: 5\n\n" + known, gatewright.Unavailable, 1},
		{"no space after the colon", "event:group\ndata:{\"name\":\"g\"}\n\n", gatewright.Unavailable, 1},
		{"cut off", known + "event: group\ndata: {\"na", gatewright.Unavailable, 1},
		{"not JSON", known + "event: group\ndata: {\"na\n\n", gatewright.Internal, 1},
		{"endless line", known + "data: " + strings.Repeat("x", client.MaxEventBytes), gatewright.LimitExceeded, 1},
		{"nothing", "", gatewright.Unavailable, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				_, _ = io.WriteString(w, test.sent) // the reader may have left
			}))
			defer srv.Close()
			s, err := newClient(t, srv.URL, "t").Events(t.Context(), client.EventFilter{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			n := 0
			for {
				e, err := s.Next()
				if err != nil {
					if gatewright.CodeOf(err) != test.code {
						t.Errorf("error = %v", err)
					}
					break
				}
				if n++; e.Group == nil || e.Group.Name != "g" {
					t.Errorf("event = %+v", e)
				}
			}
			if n != test.events {
				t.Errorf("%d events, want %d", n, test.events)
			}
		})
	}
}
