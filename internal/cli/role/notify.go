package role

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"github.com/gatewright/gatewright/internal/config"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/notify"
	"github.com/gatewright/gatewright/internal/secret"
)

// secretKeysFile is the name of the key file in the data directory.
const secretKeysFile = "secret-keys"

// mailPassword is the reference to the mail server's password.
const mailPassword = "mail/password"

// openSecrets returns what seals secrets in the database.
func openSecrets(cfg config.Server) (*secret.Box, error) {
	box, err := secret.OpenFile(cmp.Or(cfg.SecretKeysFile, filepath.Join(cfg.DataDir, secretKeysFile)))
	if err != nil {
		return nil, fmt.Errorf("open the keys of secrets: %w", err)
	}
	return box, nil
}

// secrets gives the courier what it signs and logs in with.
type secrets struct {
	control.Outbox
	mail config.Mail
}

// Secret implements notify.Secrets.
func (s secrets) Secret(ctx context.Context, reference string) (string, error) {
	if reference == mailPassword {
		return s.mail.Password()
	}
	return s.Outbox.Secret(ctx, reference)
}

// newDispatcher returns what sends notifications.
func (p *ControlPlane) newDispatcher(version string) (*notify.Dispatcher, error) {
	outbox := p.control.Outbox()
	mail := p.cfg.Mail
	cfg := notify.Config{
		Secrets: secrets{outbox, mail}, Templates: outbox, Version: version, Log: p.log,
		AllowLoopback: p.cfg.Notify.AllowLoopback, DenyPrivate: p.cfg.Notify.DenyPrivate, Allow: p.cfg.Notify.Allow,
		Mail: notify.Mail{Server: mail.Server, TLS: notify.MailTLS(mail.TLS), User: mail.User, From: mail.From, FromName: mail.FromName},
	}
	if mail.PasswordFile != "" {
		cfg.Mail.Password = mailPassword
	}
	courier, err := notify.NewCourier(cfg)
	if err != nil {
		return nil, fmt.Errorf("prepare notifications: %w", err)
	}
	return notify.NewDispatcher(outbox, courier, cfg), nil
}

// dispatch sends notifications until ctx ends, and is woken by whatever is
// committed.
func (p *ControlPlane) dispatch(ctx context.Context) {
	signals := p.store.Signals(ctx)
	waker := make(chan struct{})
	go func() {
		defer close(waker)
		for range signals { // closed when ctx ends
			p.dispatcher.Wake()
		}
	}()
	p.dispatcher.Run(ctx)
	<-waker
}
