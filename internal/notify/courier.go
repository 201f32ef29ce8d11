package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify/wording"
)

// Courier makes attempts to deliver. It is safe for concurrent use and holds
// nothing that must be closed.
type Courier struct {
	config Config
	poster poster
}

// NewCourier returns a courier. It fails when the mail server's configuration
// cannot work.
func NewCourier(config Config) (*Courier, error) {
	config = config.withDefaults()
	if err := config.Mail.Validate(); err != nil {
		return nil, err
	}
	return &Courier{config: config, poster: newPoster(config)}, nil
}

// attempt is one try to deliver.
type attempt struct {
	*gatewright.Delivery
	words  wording.Message
	secret string // to sign with; empty for none
	now    time.Time
}

// secrets returns what no error may tell.
func (a *attempt) secrets() []string { return secretsOf(a.Receiver.URL, a.secret) }

// Send makes one attempt, of [SendTimeout] at most. The error, if any, is a
// [*Failure]. d has a receiver.
func (c *Courier) Send(ctx context.Context, d *gatewright.Delivery) error {
	ctx, cancel := context.WithTimeoutCause(ctx, SendTimeout, errTooLong)
	defer cancel()
	a := attempt{Delivery: d, now: c.config.Clock()}
	err := c.send(ctx, &a)
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil && !asFailure(err).Final {
		err = cause
	}
	return shown(err, a.secrets())
}

var errTooLong = fmt.Errorf("no answer within %s", SendTimeout)

func (c *Courier) send(ctx context.Context, a *attempt) (err error) {
	if a.words, err = c.write(ctx, a.Delivery); err != nil {
		return err
	}
	if a.Receiver.Secret != "" {
		if a.secret, err = c.secret(ctx, a.Receiver.Secret); err != nil {
			return err
		}
	}
	switch a.Receiver.Type {
	case gatewright.ReceiverWebhook:
		return c.sendWebhook(ctx, a)
	case gatewright.ReceiverSlack:
		return c.sendSlack(ctx, a)
	case gatewright.ReceiverLark:
		return c.sendLark(ctx, a)
	case gatewright.ReceiverDingTalk:
		return c.sendDingTalk(ctx, a)
	case gatewright.ReceiverEmail:
		return c.sendMail(ctx, a)
	}
	return finally("this build cannot reach receivers of type %q", a.Receiver.Type)
}

// write words the notification. An organisation's template that cannot be used
// must not keep the message back.
func (c *Courier) write(ctx context.Context, d *gatewright.Delivery) (wording.Message, error) {
	own, err := c.template(ctx, d)
	if err == nil && own != nil {
		var m wording.Message
		if m, err = wording.Write(d.Notification, d.Language, own); err == nil {
			return m, nil
		}
	}
	if err != nil {
		c.config.Log.Warn("notification template unusable, using the built-in one",
			"event", d.Notification.Event, "language", d.Language, "error", err)
	}
	return wording.Write(d.Notification, d.Language, nil)
}

func (c *Courier) template(ctx context.Context, d *gatewright.Delivery) (*wording.Template, error) {
	if c.config.Templates == nil {
		return nil, nil
	}
	language := d.Language
	if language == "" {
		language = gatewright.NotificationLanguages()[0]
	}
	return c.config.Templates.Template(ctx, d.Notification.Event, language)
}

// secret resolves a reference. An empty secret would sign nothing.
func (c *Courier) secret(ctx context.Context, reference string) (string, error) {
	if c.config.Secrets == nil {
		return "", forNow("secret %q cannot be read: no secret store is configured", reference)
	}
	value, err := c.config.Secrets.Secret(ctx, reference)
	if err == nil && value == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return "", fmt.Errorf("read secret %q: %w", reference, err)
	}
	return value, nil
}
