package notify

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// MailTLS says how the connection to the mail server is protected.
type MailTLS string

// The ways to protect it.
const (
	MailTLSAuto     MailTLS = ""         // STARTTLS is required, unless the server is on this machine
	MailTLSStart    MailTLS = "starttls" // STARTTLS is required, wherever the server is
	MailTLSImplicit MailTLS = "tls"      // TLS from the first byte, usually on port 465
)

// Mail configures sending e-mail. Without a server no mail is sent.
type Mail struct {
	Server   string // host:port
	TLS      MailTLS
	User     string // empty means without logging in
	Password string // reference to the password
	From     string // sender's address
	FromName string // shown beside it; empty means Gatewright
}

// Validate checks the configuration's form; it connects to nothing.
func (m *Mail) Validate() error {
	if m.Server == "" {
		if *m != (Mail{}) {
			return gatewright.FieldErrorf("mail.server", "mail is configured, but no server; set host:port")
		}
		return nil
	}
	if host, _, err := net.SplitHostPort(m.Server); err != nil || host == "" {
		return gatewright.FieldErrorf("mail.server", "mail server %q is not host:port, like mail.example.com:587", m.Server)
	}
	switch m.TLS {
	case MailTLSAuto, MailTLSStart, MailTLSImplicit:
	default:
		return gatewright.FieldErrorf("mail.tls", "mail TLS %q is not %q or %q", m.TLS, MailTLSStart, MailTLSImplicit)
	}
	if (m.User == "") != (m.Password == "") {
		return gatewright.FieldErrorf("mail.user", "a mail user and the reference to a password belong together; set both or none")
	}
	if err := gatewright.CheckMailAddress(m.From); err != nil {
		return gatewright.FieldErrorf("mail.from", "mail sender: %s", err)
	}
	if m.FromName != "" {
		return gatewright.CheckName("mail sender name", m.FromName)
	}
	return nil
}

// host returns the server's name, for TLS.
func (m *Mail) host() string {
	host, _, _ := net.SplitHostPort(m.Server)
	return host
}

// domain returns the sender's domain, which the server is greeted with.
func (m *Mail) domain() string {
	_, domain, _ := strings.Cut(m.From, "@")
	return domain
}

// compose returns the mail in full. It is text only, and everything in its
// head that came from people is encoded or was checked: a line break cannot
// begin a header of its own.
func (m *Mail) compose(a *attempt) ([]byte, error) {
	if err := gatewright.CheckMailAddress(a.Address); err != nil {
		return nil, finally("%s", err)
	}
	name := m.FromName
	if name == "" {
		name = "Gatewright"
	}
	from := netmail.Address{Name: name, Address: m.From}
	var b bytes.Buffer
	for _, header := range [][2]string{
		{"From", from.String()},
		{"To", "<" + a.Address + ">"},
		{"Subject", mime.QEncoding.Encode("utf-8", "[Gatewright] "+a.words.Title)},
		{"Date", a.now.UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + string(a.ID) + "@" + m.domain() + ">"}, // the same for all attempts
		{"Auto-Submitted", "auto-generated"},                        // so that nobody's absence note answers
		{HeaderEvent, string(a.Notification.Event)},
		{HeaderNotification, string(a.Notification.ID)},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		if strings.ContainsAny(strings.ReplaceAll(header[1], "\r\n ", ""), "\r\n\x00") {
			return nil, finally("the mail's header %s would contain a line break", header[0])
		}
		fmt.Fprintf(&b, "%s: %s\r\n", header[0], header[1])
	}
	b.WriteString("\r\n")
	text := a.words.Text
	if link := a.Notification.Link; link != "" {
		text += "\n\n" + link
	}
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n") + "\r\n")); err != nil {
		return nil, fmt.Errorf("encode the mail: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encode the mail: %w", err)
	}
	return b.Bytes(), nil
}
