package control

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"

	"github.com/gatewright/gatewright"
)

// Limits of the secrets that receivers sign with, in bytes.
const (
	MinWebhookSecret  = 16 // what others chose may be shorter
	MaxReceiverSecret = 1024

	generatedSecret = 32 // bytes of one that is made here
)

// receiverPrefix begins the identifiers of receivers.
const receiverPrefix = "rcv_"

// NewReceiver is a receiver to be made.
type NewReceiver struct {
	Name      string
	Type      gatewright.ReceiverType
	URL       string
	Secret    string // to sign with; a webhook without one gets one
	Addresses []string
	People    bool
	Language  string
	Events    []gatewright.NotificationEvent
	Groups    []string // names or IDs
	Disabled  bool
}

// ReceiverPatch alters a receiver; nil members stay as they are.
type ReceiverPatch struct {
	Name      *string
	URL       *string
	Secret    *string // "" takes it away
	Addresses *[]string
	People    *bool
	Language  *string
	Events    *[]gatewright.NotificationEvent
	Groups    *[]string // names or IDs
	Enabled   *bool
}

// ReceiverInfo is a receiver as people see it: neither with its URL nor with
// its secret.
type ReceiverInfo struct {
	gatewright.Receiver
	Endpoint   string   `json:"endpoint,omitempty"` // scheme and host of the URL
	Signed     bool     `json:"signed"`             // a secret is set
	GroupNames []string `json:"groupNames,omitempty"`
	Revised    int64    `json:"revised"`
}

// CreateReceiver makes a receiver. The secret it returns is one that was made
// here, "" for none; it cannot be read again.
func (c *Control) CreateReceiver(ctx context.Context, actor gatewright.Actor, n NewReceiver) (info *ReceiverInfo, made string, err error) {
	if n.Type == gatewright.ReceiverWebhook && n.Secret == "" {
		b := make([]byte, generatedSecret)
		if _, err := rand.Read(b); err != nil {
			return nil, "", fmt.Errorf("make a secret: %w", err)
		}
		made = hex.EncodeToString(b)
		n.Secret = made
	}
	err = c.store.Update(ctx, func(tx Tx) error {
		all, err := tx.Receivers()
		if err != nil {
			return err
		}
		if len(all) >= gatewright.MaxReceivers {
			return gatewright.Errorf(gatewright.LimitExceeded, "there are %d receivers; at most %d are allowed", len(all), gatewright.MaxReceivers)
		}
		row := &ReceiverRow{Receiver: gatewright.Receiver{
			ID: gatewright.ReceiverID(gatewright.NewID(receiverPrefix, tx.Now())), Name: normal(n.Name), Type: n.Type, URL: n.URL,
			Addresses: n.Addresses, People: n.People, Language: n.Language, Events: n.Events, Enabled: !n.Disabled, CreatedAt: tx.Now(),
		}}
		if row.Groups, err = groupIDs(tx, n.Groups); err != nil {
			return err
		}
		if err := c.sealReceiver(row, &n.Secret); err != nil {
			return err
		}
		if err := tx.CreateReceiver(row); err != nil {
			return err
		}
		if info, err = c.receiverInfo(tx, row); err != nil {
			return err
		}
		return auditChange(tx, actor, "receiver.create", string(row.ID), nil, info)
	})
	if err != nil {
		return nil, "", err
	}
	return info, made, nil
}

// sealReceiver checks a receiver that has its URL in clear, and seals that and
// the secret; a nil secret stays as it is.
func (c *Control) sealReceiver(row *ReceiverRow, secret *string) (err error) {
	if secret != nil {
		if err := checkReceiverSecret(row.Type, *secret); err != nil {
			return err
		}
		if row.SealedSecret, err = c.sealSecret(*secret, secretPurpose(row.ID)); err != nil {
			return err
		}
		row.Secret = ""
		if *secret != "" {
			row.Secret = receiverSecrets + string(row.ID)
		}
	}
	if strings.HasPrefix(row.Name, receiverPrefix) {
		return gatewright.FieldErrorf("name", "receiver name %q begins with %s, as identifiers do", row.Name, receiverPrefix)
	}
	if err := row.Validate(); err != nil {
		return err
	}
	row.SealedURL, err = c.sealSecret(row.URL, urlPurpose(row.ID))
	row.URL = ""
	return err
}

func checkReceiverSecret(kind gatewright.ReceiverType, secret string) error {
	switch {
	case len(secret) > MaxReceiverSecret:
		return gatewright.FieldErrorf("secret", "the secret has %d bytes; at most %d are allowed", len(secret), MaxReceiverSecret)
	case strings.ContainsFunc(secret, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return gatewright.FieldErrorf("secret", "the secret contains a control character, perhaps a line's end")
	case kind == gatewright.ReceiverWebhook && secret != "" && len(secret) < MinWebhookSecret:
		return gatewright.FieldErrorf("secret", "the secret has %d bytes; at least %d are needed: openssl rand -hex 32", len(secret), MinWebhookSecret)
	}
	return nil
}

// groupIDs returns the IDs of groups.
func groupIDs(tx Tx, names []string) ([]gatewright.GroupID, error) {
	if len(names) > gatewright.MaxReceiverGroups {
		return nil, gatewright.FieldErrorf("groups", "%d groups; at most %d are allowed", len(names), gatewright.MaxReceiverGroups)
	}
	var ids []gatewright.GroupID
	for _, name := range names {
		g, err := findGroup(tx, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, g.ID)
	}
	return ids, nil
}

// receiverInfo returns what people see of a receiver.
func (c *Control) receiverInfo(tx Tx, row *ReceiverRow) (*ReceiverInfo, error) {
	info := &ReceiverInfo{Receiver: row.Receiver, Signed: row.Secret != "", Revised: row.Revised}
	info.Secret = "" // a reference, of use to nobody
	url, err := c.openSecret(row.SealedURL, urlPurpose(row.ID))
	if err != nil {
		info.Endpoint = "unreadable: " + gatewright.AsError(err).Message
	} else if url != "" {
		full := row.Receiver
		full.URL = url
		info.Endpoint = full.Endpoint()
	}
	for _, id := range row.Groups {
		g, err := tx.Group(id)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		info.GroupNames = append(info.GroupNames, g.Name)
	}
	return info, nil
}

func findReceiver(tx Tx, name string) (*ReceiverRow, error) {
	read := func() (*ReceiverRow, error) { return tx.ReceiverByName(normal(name)) }
	if strings.HasPrefix(name, receiverPrefix) {
		read = func() (*ReceiverRow, error) { return tx.Receiver(gatewright.ReceiverID(name)) }
	}
	row, err := read()
	if isNotFound(err) {
		err = gatewright.Errorf(gatewright.NotFound, "receiver %q does not exist; see: gatewright receiver list", name)
	}
	return row, err
}

// Receivers lists the receivers by name.
func (c *Control) Receivers(ctx context.Context) ([]*ReceiverInfo, error) {
	var infos []*ReceiverInfo
	err := c.store.View(ctx, func(tx Tx) error {
		rows, err := tx.Receivers()
		if err != nil {
			return err
		}
		infos = make([]*ReceiverInfo, len(rows))
		for i, row := range rows {
			if infos[i], err = c.receiverInfo(tx, row); err != nil {
				return err
			}
		}
		return nil
	})
	return infos, err
}

// Receiver returns a receiver by name or ID.
func (c *Control) Receiver(ctx context.Context, name string) (*ReceiverInfo, error) {
	var info *ReceiverInfo
	err := c.store.View(ctx, func(tx Tx) error {
		row, err := findReceiver(tx, name)
		if err != nil {
			return err
		}
		info, err = c.receiverInfo(tx, row)
		return err
	})
	return info, err
}

// UpdateReceiver alters a receiver; revised is what its Revised was when it was
// read. [gatewright.Conflict] when it was altered since.
func (c *Control) UpdateReceiver(ctx context.Context, actor gatewright.Actor, name string, revised int64, p ReceiverPatch) (*ReceiverInfo, error) {
	var info *ReceiverInfo
	err := c.store.Update(ctx, func(tx Tx) error {
		row, err := findReceiver(tx, name)
		if err != nil {
			return err
		}
		before, err := c.receiverInfo(tx, row)
		if err != nil {
			return err
		}
		row.Revised = revised
		if p.URL != nil {
			row.URL = *p.URL
		} else if row.URL, err = c.openSecret(row.SealedURL, urlPurpose(row.ID)); err != nil {
			return gatewright.FieldErrorf("url", "set the URL as well: %s", gatewright.AsError(err).Message)
		}
		if p.Name != nil {
			row.Name = normal(*p.Name)
		}
		set(&row.Addresses, p.Addresses)
		set(&row.People, p.People)
		set(&row.Language, p.Language)
		set(&row.Events, p.Events)
		set(&row.Enabled, p.Enabled)
		if p.Groups != nil {
			if row.Groups, err = groupIDs(tx, *p.Groups); err != nil {
				return err
			}
		}
		if err := c.sealReceiver(row, p.Secret); err != nil {
			return err
		}
		if err := tx.UpdateReceiver(row); err != nil {
			return err
		}
		if info, err = c.receiverInfo(tx, row); err != nil {
			return err
		}
		return auditChange(tx, actor, "receiver.update", string(row.ID), before, info)
	})
	return info, err
}

// DeleteReceiver removes a receiver; revised is as for [Control.UpdateReceiver].
// What waits for it fails, and stays in the list of deliveries.
func (c *Control) DeleteReceiver(ctx context.Context, actor gatewright.Actor, name string, revised int64) error {
	return c.store.Update(ctx, func(tx Tx) error {
		row, err := findReceiver(tx, name)
		if err != nil {
			return err
		}
		if row.Revised != revised {
			return gatewright.Errorf(gatewright.Conflict, "somebody altered receiver %q meanwhile; read it again", row.Name)
		}
		info, err := c.receiverInfo(tx, row)
		if err != nil {
			return err
		}
		if _, err := tx.FailDeliveries(row.ID, "the receiver was deleted", tx.Now()); err != nil {
			return err
		}
		if err := tx.DeleteReceiver(row.ID); err != nil {
			return err
		}
		return auditChange(tx, actor, "receiver.delete", string(row.ID), info, nil)
	})
}

// Reseal seals with the present key what an earlier one has sealed, so that the
// earlier one can go. What cannot be opened stays as it is.
func (c *Control) Reseal(ctx context.Context) error {
	if c.cfg.Secrets == nil {
		return nil
	}
	return c.store.Update(ctx, func(tx Tx) error {
		rows, err := tx.Receivers()
		if err != nil {
			return err
		}
		for _, row := range rows {
			altered := false
			for _, v := range []struct {
				sealed  *string
				purpose string
			}{{&row.SealedURL, urlPurpose(row.ID)}, {&row.SealedSecret, secretPurpose(row.ID)}} {
				if *v.sealed == "" || c.cfg.Secrets.Current(*v.sealed) {
					continue
				}
				plain, err := c.cfg.Secrets.Open(*v.sealed, v.purpose)
				if err != nil {
					c.cfg.Log.Warn("a secret of a receiver cannot be opened", slog.String("receiver", row.Name), slog.Any("error", err))
					continue
				}
				if *v.sealed, err = c.cfg.Secrets.Seal(plain, v.purpose); err != nil {
					return err
				}
				altered = true
			}
			if !altered {
				continue
			}
			if err := tx.UpdateReceiver(row); err != nil {
				return err
			}
		}
		return c.resealPasswords(tx)
	})
}
