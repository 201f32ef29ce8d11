package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify"
	"github.com/gatewright/gatewright/internal/notify/wording"
)

// TestRequests sends to each type of receiver and compares what it got.
func TestRequests(t *testing.T) {
	tests := []struct {
		name     string
		receiver gatewright.Receiver
		answer   string
	}{
		{"webhook", gatewright.Receiver{Type: gatewright.ReceiverWebhook, Secret: "hook"}, ""},
		{"slack", gatewright.Receiver{Type: gatewright.ReceiverSlack}, "ok"},
		{"lark", gatewright.Receiver{Type: gatewright.ReceiverLark, Secret: "lark"}, `{"code":0,"msg":"success"}`},
		{"lark-unsigned", gatewright.Receiver{Type: gatewright.ReceiverLark}, `{"StatusCode":0,"StatusMessage":"success"}`},
		{"dingtalk", gatewright.Receiver{Type: gatewright.ReceiverDingTalk, Secret: "ding"}, `{"errcode":0,"errmsg":"ok"}`},
		{"dingtalk-unsigned", gatewright.Receiver{Type: gatewright.ReceiverDingTalk}, `{"errcode":0,"errmsg":"ok"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newReceiver(t, http.StatusOK, tt.answer)
			c := config()
			c.RootCAs = server.trust()
			tt.receiver.URL = server.URL + "/hook?access_token=abc123"
			d := delivery(tt.receiver)
			if strings.HasSuffix(tt.name, "unsigned") {
				d.Language = "zh"
			}
			if err := courier(t, c).Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			requests := server.requests()
			if len(requests) != 1 {
				t.Fatalf("%d requests", len(requests))
			}
			golden(t, tt.name+".golden", describe(t, requests[0]))
			if tt.receiver.Type == gatewright.ReceiverWebhook {
				r := requests[0]
				if err := notify.Verify(vectorSecret, r.header.Get(notify.HeaderSignature), []byte(r.body), now, notify.DefaultTolerance); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// describe writes a request down, its body indented.
func describe(t *testing.T, r received) string {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("POST " + r.path + "?" + r.query + "\n")
	for _, name := range []string{"Content-Type", "User-Agent", notify.HeaderEvent, notify.HeaderNotification, notify.HeaderDelivery, notify.HeaderSignature} {
		if value := r.header.Get(name); value != "" {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	b.WriteString("\n")
	if err := json.Indent(&b, []byte(r.body), "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.String() + "\n"
}

// TestRefusals checks what is made of receivers' answers, and that none of them
// gives a secret away.
func TestRefusals(t *testing.T) {
	webhook := gatewright.Receiver{Type: gatewright.ReceiverWebhook, Secret: "hook"}
	slack := gatewright.Receiver{Type: gatewright.ReceiverSlack}
	lark := gatewright.Receiver{Type: gatewright.ReceiverLark, Secret: "lark"}
	ding := gatewright.Receiver{Type: gatewright.ReceiverDingTalk, Secret: "ding"}
	tests := []struct {
		name     string
		receiver gatewright.Receiver
		status   int
		answer   string
		final    bool
		after    bool
		want     string
	}{
		{"webhook", webhook, 400, "no field \x1b[31mx\r\ny", true, false, "it answers 400 Bad Request: no field [31mx y"},
		{"webhook that repeats secrets", webhook, 400, "bad token abc123topsecret or whsec-example", true, false, "bad token [hidden] or [hidden]"},
		{"webhook that repeats a token where words are cut", webhook, 400, strings.Repeat(".", 194) + "abc123topsecret", true, false, "...[hidd"},
		{"webhook that repeats a token where more is cut", webhook, 400, strings.Repeat(". ", 398) + "abc123topsecret", true, false, ". . ."},
		{"webhook with much to say", webhook, 500, strings.Repeat("long ", 100_000), false, false, "500 Internal Server Error: long long"},
		{"webhook, success without form", webhook, 200, "<html>", false, false, ""},
		{"slack, channel gone", slack, 404, "channel_not_found", true, false, "404 Not Found: channel_not_found"},
		{"slack, too fast", slack, 429, "rate_limited", false, true, "429 Too Many Requests"},
		{"lark, signature", lark, 200, `{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}`, true, false, "error 19021: sign match fail"},
		{"lark, too fast", lark, 200, `{"code":11232,"msg":"frequency limited"}`, false, true, "error 11232: frequency limited"},
		{"lark, bad request", lark, 400, `{"code":19001,"msg":"param invalid"}`, true, false, "400 Bad Request: 19001 param invalid"},
		{"lark, not lark", lark, 200, `<html>login</html>`, false, false, "not in the form of lark"},
		{"lark, other JSON", lark, 200, `{"ok":true}`, false, false, "not in the form of lark"},
		{"dingtalk, signature", ding, 200, `{"errcode":310000,"errmsg":"sign not match"}`, true, false, "error 310000: sign not match"},
		{"dingtalk, too fast", ding, 200, `{"errcode":130101,"errmsg":"send too fast"}`, false, true, "send too fast"},
		{"dingtalk, too fast by its other code", ding, 200, `{"errcode":302033,"errmsg":"send too fast"}`, false, true, "send too fast"},
		{"dingtalk, busy", ding, 200, `{"errcode":-1,"errmsg":"busy"}`, false, false, "busy"},
		{"dingtalk, not dingtalk", ding, 200, ``, false, false, "not in the form of dingtalk"},
		{"redirect", slack, 302, "", true, false, "redirects are not followed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newReceiver(t, tt.status, tt.answer)
			server.header.Set("Retry-After", "30")
			server.header.Set("Location", server.URL+"/elsewhere")
			c := config()
			c.RootCAs = server.trust()
			tt.receiver.URL = server.URL + "/in/abc123topsecret?access_token=topsecret"
			err := courier(t, c).Send(t.Context(), delivery(tt.receiver))
			if len(server.requests()) != 1 {
				t.Errorf("%d requests, want 1", len(server.requests()))
			}
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			f, _ := errors.AsType[*notify.Failure](err)
			if f == nil || f.Final != tt.final || (f.After > 0) != tt.after || !strings.Contains(f.Error(), tt.want) || len(f.Error()) > gatewright.MaxDeliveryError {
				t.Fatalf("got %+v, want %q", f, tt.want)
			}
			for _, secret := range []string{"topsecret", "abc1", vectorSecret, "lark-secret", "ding-secret"} {
				if strings.Contains(f.Error(), secret) {
					t.Errorf("%q gives away %q", f, secret)
				}
			}
		})
	}
}

// TestUnreachable checks attempts that find no receiver: they may be tried
// again unless the address is out of bounds, and never show the URL.
func TestUnreachable(t *testing.T) {
	server := newReceiver(t, http.StatusOK, "ok")
	plain := httptest.NewServer(server)
	defer plain.Close()
	closed := httptest.NewServer(server)
	closed.Close()
	allowed, trusted := config(), config()
	trusted.RootCAs = server.trust()
	refused := trusted
	refused.AllowLoopback = false
	tests := []struct {
		name   string
		config notify.Config
		url    string
		final  bool
		want   string
	}{
		{"certificate of a stranger", allowed, server.URL, false, "certificate"},
		{"certificate for another name", trusted, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), false, "certificate"},
		{"nobody listens", allowed, closed.URL, false, "connection refused"},
		{"no TLS there", allowed, strings.Replace(plain.URL, "http:", "https:", 1), false, "HTTP response"},
		{"this machine", refused, server.URL, true, "this machine itself"},
		{"this machine by name", refused, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), true, "this machine itself"},
		{"this machine without TLS", refused, plain.URL, true, "this machine itself"},
		{"metadata", allowed, "https://169.254.169.254", true, "metadata"},
		{"http elsewhere", allowed, "http://192.0.2.1", true, "http is for this machine only"},
		{"unusable", allowed, "https://%zz", true, "cannot be used"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := delivery(gatewright.Receiver{Type: gatewright.ReceiverSlack, URL: tt.url + "/services/topsecret"})
			err := courier(t, tt.config).Send(t.Context(), d)
			f, _ := errors.AsType[*notify.Failure](err)
			if f == nil || f.Final != tt.final || !strings.Contains(f.Error(), tt.want) || strings.Contains(f.Error(), "topsecret") {
				t.Fatalf("got %+v, want %q", f, tt.want)
			}
		})
	}
	if n := len(server.requests()); n != 0 {
		t.Errorf("%d messages arrived", n)
	}
	d := delivery(gatewright.Receiver{Type: gatewright.ReceiverSlack, URL: plain.URL})
	if err := courier(t, allowed).Send(t.Context(), d); err != nil {
		t.Errorf("http on this machine: %v", err)
	}
}

func TestSecretsMissing(t *testing.T) {
	server := newReceiver(t, http.StatusOK, "")
	none := config()
	none.Secrets = nil
	tests := []struct {
		name   string
		config notify.Config
		secret string
		want   string
	}{
		{"unknown", config(), "other", `read secret "other": there is no such secret`},
		{"empty", config(), "empty", `read secret "empty": it is empty`},
		{"no store", none, "hook", "no secret store is configured"},
		{"none set", config(), "", "has no secret to sign with"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := delivery(gatewright.Receiver{Type: gatewright.ReceiverWebhook, URL: server.URL, Secret: tt.secret})
			err := courier(t, tt.config).Send(t.Context(), d)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
		})
	}
	if n := len(server.requests()); n != 0 {
		t.Errorf("%d unsigned messages arrived", n)
	}
}

// own holds an organisation's template of one language.
type own struct {
	language string
	template wording.Template
	err      error
}

// Template implements notify.Templates.
func (o own) Template(_ context.Context, _ gatewright.NotificationEvent, language string) (*wording.Template, error) {
	if language != o.language {
		return nil, o.err
	}
	return &o.template, o.err
}

func TestTemplates(t *testing.T) {
	good := wording.Template{Title: "{{.API}} is out", Text: "by {{.Actor}}"}
	tests := []struct {
		name      string
		templates notify.Templates
		language  string
		want      string
	}{
		{"none", nil, "", "Live: publish Pets"},
		{"own", own{"en", good, nil}, "", "Pets is out"},
		{"own, of another language", own{"en", good, nil}, "de", "In Betrieb: publish Pets"},
		{"own that is broken", own{"en", wording.Template{Title: "{{", Text: "x"}, nil}, "en", "Live: publish Pets"},
		{"own that would not end", own{"en", wording.Template{Title: "{{range 9}}{{end}}", Text: "x"}, nil}, "en", "Live: publish Pets"},
		{"the store fails", own{"en", good, errors.New("down")}, "en", "Live: publish Pets"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newReceiver(t, http.StatusOK, "ok")
			c := config()
			c.RootCAs, c.Templates = server.trust(), tt.templates
			d := delivery(gatewright.Receiver{Type: gatewright.ReceiverSlack, URL: server.URL})
			d.Language = tt.language
			if err := courier(t, c).Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			if body := server.requests()[0].body; !strings.Contains(body, tt.want) {
				t.Fatalf("sent %s, want %q", body, tt.want)
			}
		})
	}
}

// TestSilence ends attempts when the caller does, and says so.
func TestSilence(t *testing.T) {
	arrived, done := make(chan struct{}), make(chan struct{})
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-done
	}))
	defer server.Close()
	defer close(done)
	c := config()
	c.RootCAs = (&receiver{Server: server}).trust()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-arrived
		cancel(errors.New("interrupted"))
	}()
	err := courier(t, c).Send(ctx, delivery(gatewright.Receiver{Type: gatewright.ReceiverSlack, URL: server.URL}))
	if f, _ := errors.AsType[*notify.Failure](err); f == nil || f.Final || f.Error() != "interrupted" {
		t.Fatalf("got %v", err)
	}
}

// TestSilentMailServer ends attempts at a server that takes the call and says
// nothing.
func TestSilentMailServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, kind := range []notify.MailTLS{notify.MailTLSAuto, notify.MailTLSImplicit} {
		t.Run("tls "+string(kind), func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			var server sync.WaitGroup
			defer server.Wait()
			server.Go(func() {
				conn, err := listener.Accept()
				cancel(errors.New("interrupted"))
				if err == nil {
					_, _ = io.Copy(io.Discard, conn) // until the caller hangs up
					conn.Close()
				}
			})
			c := config()
			c.Mail = notify.Mail{Server: listener.Addr().String(), TLS: kind, From: "gateway@example.com"}
			err := courier(t, c).Send(ctx, mail("ada@example.com"))
			if f, _ := errors.AsType[*notify.Failure](err); f == nil || f.Final || f.Error() != "interrupted" {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// waiting is a secret store that answers when the caller gives up.
type waiting struct{}

// Secret implements notify.Secrets.
func (waiting) Secret(ctx context.Context, _ string) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

func TestSendTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config()
		c.Secrets = waiting{}
		d := delivery(gatewright.Receiver{Type: gatewright.ReceiverWebhook, URL: "https://hooks.example.com", Secret: "hook"})
		err := courier(t, c).Send(t.Context(), d)
		if f, _ := errors.AsType[*notify.Failure](err); f == nil || f.Final || f.Error() != "no answer within 20s" {
			t.Fatalf("got %v", err)
		}
	})
}

// TestEndlessAnswer is not read to its end.
func TestEndlessAnswer(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		for r := range 1 << 30 {
			if _, err := w.Write(bytes.Repeat([]byte{'a' + byte(r%26)}, 1<<10)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	c := config()
	c.RootCAs = (&receiver{Server: server}).trust()
	err := courier(t, c).Send(t.Context(), delivery(gatewright.Receiver{Type: gatewright.ReceiverSlack, URL: server.URL}))
	if f, _ := errors.AsType[*notify.Failure](err); f == nil || !f.Final {
		t.Fatalf("got %v", err)
	}
}
