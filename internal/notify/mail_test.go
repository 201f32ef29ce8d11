package notify_test

import (
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify"
	"github.com/gatewright/gatewright/internal/notify/wording"
)

// mailConfig sends through s.
func mailConfig(s *mailServer) notify.Config {
	c := config()
	c.RootCAs = s.roots
	c.Mail = notify.Mail{Server: s.address, From: "gateway@example.com"}
	return c
}

func mail(address string) *gatewright.Delivery {
	d := delivery(gatewright.Receiver{Type: gatewright.ReceiverEmail, Addresses: []string{address}})
	d.Address = address
	return d
}

func TestMail(t *testing.T) {
	s := newMailServer(t, false, func(*mailServer) {})
	if err := courier(t, mailConfig(s)).Send(t.Context(), mail("ada@example.com")); err != nil {
		t.Fatal(err)
	}
	_, mails := s.taken()
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	golden(t, "mail.golden", strings.ReplaceAll(mails[0], "\r\n", "\n"))
}

// TestMailInjection tries to smuggle headers, commands and an early end of the
// mail through every fact.
func TestMailInjection(t *testing.T) {
	const evil = "x\r\nBcc: evil@example.com\r\n.\r\nMAIL FROM:<evil@example.com>\r\n\x00ü\u202e宠物"
	s := newMailServer(t, false, func(*mailServer) {})
	c := mailConfig(s)
	c.Mail.FromName = `Gatewright "宠物", <evil@example.com>`
	c.Templates = own{"en", wording.Template{
		Title: "{{.Subject}}\r\nBcc: evil@example.com\r\n\r\n", Text: "{{.Actor}}\r\n.\r\nRCPT TO:<evil@example.com>\r\n{{.Data.reason}}",
	}, nil}
	d := mail("ada@example.com")
	n := d.Notification
	n.Subject, n.Actor, n.Link, n.Data = evil, evil, "https://gw.example.com/"+evil, map[string]string{"reason": evil}
	if err := courier(t, c).Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	said, mails := s.taken()
	if got := strings.Join(said, "; "); got != "MAIL FROM:<gateway@example.com> BODY=8BITMIME; RCPT TO:<ada@example.com>; DATA" || len(mails) != 1 {
		t.Fatalf("said %q, %d mails", got, len(mails))
	}
	m, err := netmail.ReadMessage(strings.NewReader(mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"From", "To", "Subject", "Date", "Message-Id", "Auto-Submitted", "Gatewright-Event", "Gatewright-Notification",
		"Mime-Version", "Content-Type", "Content-Transfer-Encoding"}
	if len(m.Header) != len(want) {
		t.Errorf("headers %v", m.Header)
	}
	for _, name := range want {
		if len(m.Header[name]) != 1 {
			t.Errorf("header %s: %q", name, m.Header[name])
		}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if want := "[Gatewright] x Bcc: evil@example.com . MAIL FROM:<evil@example.com> ü宠物 Bcc: evil@example.com"; err != nil || subject != want {
		t.Errorf("subject %q (%v)", subject, err)
	}
	if from, err := netmail.ParseAddress(m.Header.Get("From")); err != nil || from.Address != "gateway@example.com" || from.Name != c.Mail.FromName {
		t.Errorf("from %v (%v)", from, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil || !strings.Contains(string(body), "\r\n.\r\nRCPT TO:<evil@example.com>\r\n") || !strings.Contains(string(body), "ü宠物") {
		t.Errorf("body %q (%v)", body, err)
	}
	for line := range strings.Lines(mails[0]) {
		if len(line) > 998 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func TestMailSecurity(t *testing.T) {
	login := func(c *notify.Config) { c.Mail.User, c.Mail.Password = "gateway", "mail" }
	with := func(kind notify.MailTLS, more ...func(*notify.Config)) func(*notify.Config) {
		return func(c *notify.Config) {
			c.Mail.TLS = kind
			for _, f := range more {
				f(c)
			}
		}
	}
	offer := func(startTLS bool, auth string) func(*mailServer) {
		return func(s *mailServer) { s.startTLS, s.auth = startTLS, auth }
	}
	stranger := func(c *notify.Config) { c.RootCAs = nil }
	unknown := func(c *notify.Config) { c.Mail.Password = "other" }
	tests := []struct {
		name     string
		implicit bool
		server   func(*mailServer)
		config   func(*notify.Config)
		want     string // part of the error, "" for none
	}{
		{"on this machine without TLS", false, offer(false, ""), with(notify.MailTLSAuto), ""},
		{"STARTTLS", false, offer(true, ""), with(notify.MailTLSStart), ""},
		{"STARTTLS and login", false, offer(true, "gateway:pa55-word"), with(notify.MailTLSStart, login), ""},
		{"TLS from the first byte", true, offer(false, ""), with(notify.MailTLSImplicit), ""},
		{"TLS from the first byte and login", true, offer(false, "gateway:pa55-word"), with(notify.MailTLSImplicit, login), ""},
		{"STARTTLS is not offered", false, offer(false, ""), with(notify.MailTLSStart), "does not offer STARTTLS"},
		{"certificate of a stranger", false, offer(true, ""), with(notify.MailTLSStart, stranger), "certificate"},
		{"certificate of a stranger, from the first byte", true, offer(false, ""), with(notify.MailTLSImplicit, stranger), "certificate"},
		{"wrong password, which the server repeats", false, offer(true, "gateway:other"), with(notify.MailTLSStart, login), "535: wrong: PLAIN [hidden]"},
		{"login is not offered", false, offer(true, ""), with(notify.MailTLSStart, login), "offers no login"},
		{"password is not there", false, offer(true, ""), with(notify.MailTLSStart, login, unknown), `read secret "other"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newMailServer(t, tt.implicit, tt.server)
			c := mailConfig(s)
			tt.config(&c)
			err := courier(t, c).Send(t.Context(), mail("ada@example.com"))
			_, mails := s.taken()
			if tt.want == "" {
				if err != nil || len(mails) != 1 {
					t.Fatalf("%d mails, error %v", len(mails), err)
				}
				return
			}
			f, _ := errors.AsType[*notify.Failure](err)
			if f == nil || f.Final || !strings.Contains(f.Error(), tt.want) || strings.Contains(f.Error(), "pa55") || len(mails) > 0 {
				t.Fatalf("got %+v and %d mails, want %q", f, len(mails), tt.want)
			}
		})
	}
}

func TestMailRefusals(t *testing.T) {
	tests := []struct {
		name  string
		when  string // first word of the command, "." for the end of the data, "" for the greeting
		says  string
		final bool
		want  string
	}{
		{"greeting", "", "554 no service", false, "it answers 554: no service"},
		{"sender", "MAIL", "550 who are you", true, "sender: 550: who are you"},
		{"unknown mailbox", "RCPT", "550 5.1.1 no such user", true, "recipient: 550: 5.1.1 no such user"},
		{"greylisting", "RCPT", "451 come again", false, "recipient: 451: come again"},
		{"full", "DATA", "452 full", false, "mail: 452: full"},
		{"spam", ".", "554 spam", true, "mail: 554: spam"},
		{"nonsense", "MAIL", "hello", false, "hello"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newMailServer(t, false, func(s *mailServer) {
				if tt.when == "" {
					s.greeting = tt.says
				} else {
					s.answers[tt.when] = tt.says
				}
			})
			err := courier(t, mailConfig(s)).Send(t.Context(), mail("ada@example.com"))
			f, _ := errors.AsType[*notify.Failure](err)
			if f == nil || f.Final != tt.final || !strings.Contains(f.Error(), tt.want) {
				t.Fatalf("got %+v, want %q", f, tt.want)
			}
		})
	}
}

func TestMailValidate(t *testing.T) {
	tests := []struct {
		name string
		mail notify.Mail
		ok   bool
	}{
		{"none", notify.Mail{}, true},
		{"smallest", notify.Mail{Server: "mail.example.com:587", From: "a@example.com"}, true},
		{"full", notify.Mail{Server: "mail.example.com:465", TLS: notify.MailTLSImplicit, User: "u", Password: "p", From: "a@example.com", FromName: "宠物"}, true},
		{"no server", notify.Mail{From: "a@example.com"}, false},
		{"no port", notify.Mail{Server: "mail.example.com", From: "a@example.com"}, false},
		{"no host", notify.Mail{Server: ":25", From: "a@example.com"}, false},
		{"unknown TLS", notify.Mail{Server: "mail.example.com:25", TLS: "maybe", From: "a@example.com"}, false},
		{"user without password", notify.Mail{Server: "mail.example.com:25", User: "u", From: "a@example.com"}, false},
		{"password without user", notify.Mail{Server: "mail.example.com:25", Password: "p", From: "a@example.com"}, false},
		{"no sender", notify.Mail{Server: "mail.example.com:25"}, false},
		{"sender with a name", notify.Mail{Server: "mail.example.com:25", From: "A <a@example.com>"}, false},
		{"header in the name", notify.Mail{Server: "mail.example.com:25", From: "a@example.com", FromName: "A\r\nBcc: b@example.com"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := notify.NewCourier(notify.Config{Mail: tt.mail})
			if (err == nil) != tt.ok {
				t.Fatalf("error %v, want ok %v", err, tt.ok)
			}
		})
	}
}

func TestMailPlain(t *testing.T) {
	tests := []struct {
		name string
		tls  notify.MailTLS
		ip   string
		want bool
	}{
		{"this machine", notify.MailTLSAuto, "127.0.0.1", true},
		{"this machine, IPv6", notify.MailTLSAuto, "::1", true},
		{"this machine, STARTTLS wanted", notify.MailTLSStart, "127.0.0.1", false},
		{"the next machine", notify.MailTLSAuto, "10.0.0.2", false},
		{"a public one", notify.MailTLSAuto, "2606:2800:220:1::1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := &net.TCPAddr{IP: net.ParseIP(tt.ip), Port: 25}
			if got := (notify.Mail{TLS: tt.tls}).Plain(at); got != tt.want {
				t.Fatalf("got %v", got)
			}
		})
	}
}

func TestMailUnset(t *testing.T) {
	tests := []struct {
		name  string
		alter func(c *notify.Config, d *gatewright.Delivery)
		want  string
	}{
		{"no server", func(c *notify.Config, _ *gatewright.Delivery) { c.Mail = notify.Mail{} }, "no mail server is configured"},
		{"no address", func(_ *notify.Config, d *gatewright.Delivery) { d.Address = "" }, "is not a mail address"},
		{"two addresses", func(_ *notify.Config, d *gatewright.Delivery) { d.Address = "a@example.com>,<b@example.com" }, "is not a mail address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newMailServer(t, false, func(*mailServer) {})
			c, d := mailConfig(s), mail("ada@example.com")
			tt.alter(&c, d)
			err := courier(t, c).Send(t.Context(), d)
			if f, _ := errors.AsType[*notify.Failure](err); f == nil || !f.Final || !strings.Contains(f.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
		})
	}
}
