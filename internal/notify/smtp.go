package notify

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/smtp"
	"net/textproto"
)

func (c *Courier) sendMail(ctx context.Context, a *attempt) error {
	m := &c.config.Mail
	if m.Server == "" {
		return finally("no mail server is configured; set one in the server's configuration")
	}
	text, err := m.compose(a)
	if err != nil {
		return err
	}
	if m.User != "" {
		if a.secret, err = c.secret(ctx, m.Password); err != nil {
			return err
		}
	}
	client, err := c.connect(ctx)
	if err != nil {
		return a.describe(forNow("connect to the mail server"), plainly(err).Error())
	}
	defer hangUp(client)
	// The client knows no context, but its calls end with the connection.
	stop := context.AfterFunc(ctx, func() { hangUp(client) })
	defer stop()
	if err := c.login(client, a); err != nil {
		return err
	}
	if err := transmit(client, m.From, a, text); err != nil {
		return err
	}
	_ = client.Quit() // the mail was taken, whatever becomes of the farewell
	return nil
}

// connect returns a connection that is greeted and, as configured, encrypted.
func (c *Courier) connect(ctx context.Context) (*smtp.Client, error) {
	m := &c.config.Mail
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", m.Server)
	if err != nil {
		return nil, err
	}
	// Greeting and TLS belong to the attempt too.
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	plain := m.plain(raw.RemoteAddr())
	config := &tls.Config{ServerName: m.host(), MinVersion: tls.VersionTLS12, RootCAs: c.config.RootCAs}
	conn := raw
	if m.TLS == MailTLSImplicit {
		conn = tls.Client(raw, config)
	}
	client, err := smtp.NewClient(conn, m.host())
	if err != nil {
		conn.Close()
		return nil, err
	}
	if err := greet(client, m, config, plain); err != nil {
		hangUp(client)
		return nil, err
	}
	return client, nil
}

// hangUp closes the connection, which may be closed already.
func hangUp(client *smtp.Client) { _ = client.Close() }

// plain reports whether the connection stays without TLS.
func (m *Mail) plain(server net.Addr) bool {
	at, err := netip.ParseAddrPort(server.String())
	return err == nil && at.Addr().Unmap().IsLoopback() && m.TLS == MailTLSAuto
}

func greet(client *smtp.Client, m *Mail, config *tls.Config, plain bool) error {
	if err := client.Hello(m.domain()); err != nil {
		return err
	}
	if plain || m.TLS == MailTLSImplicit {
		return nil
	}
	if ok, _ := client.Extension("STARTTLS"); !ok {
		return errors.New("it does not offer STARTTLS, and mail is not sent in clear")
	}
	return client.StartTLS(config)
}

// login logs in when there is a user. A wrong password is not final: messages
// wait while somebody sets it right.
func (c *Courier) login(client *smtp.Client, a *attempt) error {
	m := &c.config.Mail
	if m.User == "" {
		return nil
	}
	ok, mechanisms := client.Extension("AUTH")
	if !ok {
		return forNow("the mail server offers no login; is it the right port?")
	}
	if err := client.Auth(smtp.PlainAuth("", m.User, a.secret, m.host())); err != nil {
		sent := base64.StdEncoding.EncodeToString([]byte("\x00" + m.User + "\x00" + a.secret))
		return a.describe(forNow("log in to the mail server as %s (it offers %s)", m.User, echo(mechanisms)),
			mask(plainly(err).Error(), []string{sent}))
	}
	return nil
}

// plainly writes a server's answer without quotes around its words.
func plainly(err error) error {
	if said, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("it answers %d: %s", said.Code, said.Msg)
	}
	return err
}

func transmit(client *smtp.Client, from string, a *attempt, text []byte) error {
	if err := client.Mail(from); err != nil {
		return a.judgeMail("sender", err)
	}
	if err := client.Rcpt(a.Address); err != nil {
		return a.judgeMail("recipient", err)
	}
	w, err := client.Data()
	if err != nil {
		return a.judgeMail("mail", err)
	}
	if _, err := w.Write(text); err != nil {
		return a.judgeMail("mail", err)
	}
	if err := w.Close(); err != nil {
		return a.judgeMail("mail", err)
	}
	return nil
}

// judgeMail says whether what the server answered is final: 5xx is, by SMTP's
// own rules.
func (a *attempt) judgeMail(what string, err error) error {
	said, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return fmt.Errorf("send the %s: %w", what, err)
	}
	f := &Failure{Final: said.Code >= 500 && said.Code <= 599}
	f.text = fmt.Sprintf("the mail server does not take the %s: %d", what, said.Code)
	return a.describe(f, said.Msg)
}
