package control

import (
	"context"
	"log/slog"
	"unicode"

	"github.com/gatewright/gatewright"
)

// newPassword stands for the identifier of a password until its change is
// recorded: a plan gives nothing out.
const newPassword gatewright.SecretID = "sec_new"

// setPassword decides about the password of a data source that is set: an
// absent one stays as it is, "" takes it away.
func (d *draft) setPassword(ch *gatewright.ResourceChange, password *string) error {
	if ch.After == nil || ch.After.Source == nil {
		if password != nil {
			return gatewright.FieldErrorf("password", "only a data source has a password")
		}
		return nil
	}
	source := *ch.After.Source // the request's stays as it was sent
	ch.After = &gatewright.GroupResource{Source: &source}
	var now gatewright.SecretID
	if ch.Before != nil && ch.Before.Source != nil {
		now = ch.Before.Source.Password
	}
	switch {
	case password == nil:
		source.Password = now
		return nil
	case *password == "":
		source.Password = ""
		return nil
	}
	if err := checkPassword(*password); err != nil {
		return err
	}
	same, err := d.hasPassword(ch.Key, now, *password)
	if err != nil {
		return err
	}
	if same {
		source.Password = now
		return nil
	}
	source.Password = newPassword
	if d.passwords == nil {
		d.passwords = map[gatewright.Key]string{}
	}
	d.passwords[ch.Key] = *password
	return nil
}

// hasPassword reports whether the password with that identifier is this one.
// One that cannot be opened is another.
func (d *draft) hasPassword(key gatewright.Key, id gatewright.SecretID, password string) (bool, error) {
	if id == "" || d.req.opener == nil {
		return false, nil
	}
	row, err := d.tx.Secret(id)
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	plain, err := d.req.opener.openSecret(row.Sealed, passwordPurpose(d.group.ID, key))
	return err == nil && plain == password, nil
}

func checkPassword(password string) error {
	if n := len(password); n > gatewright.MaxPasswordBytes {
		return gatewright.FieldErrorf("password", "the password has %d bytes; at most %d are allowed", n, gatewright.MaxPasswordBytes)
	}
	for _, r := range password {
		if unicode.IsControl(r) {
			return gatewright.FieldErrorf("password", "the password contains a control character, perhaps a line's end")
		}
	}
	return nil
}

// passwordPurpose binds a sealed password to where it belongs.
func passwordPurpose(group gatewright.GroupID, key gatewright.Key) string {
	return "password of " + string(group) + "/" + string(key)
}

// sealPasswords stores the passwords that the draft brings.
func (c *Control) sealPasswords(d *draft) error {
	for i := range d.items {
		r := d.items[i].resource
		if r == nil || r.Key.Kind() != gatewright.KeySource {
			continue
		}
		if err := forgetPasswords(d.tx, d.group.ID, r.Key); err != nil {
			return err
		}
		if r.After == nil || r.After.Source.Password != newPassword {
			continue
		}
		row := &SecretRow{ID: gatewright.SecretID(gatewright.NewID("sec_", d.tx.Now())), Group: d.group.ID, Key: r.Key}
		var err error
		if row.Sealed, err = c.sealSecret(d.passwords[r.Key], passwordPurpose(row.Group, row.Key)); err != nil {
			return err
		}
		if err := d.tx.CreateSecret(row); err != nil {
			return err
		}
		r.After.Source.Password = row.ID
	}
	return nil
}

// forgetPasswords deletes the passwords of a source that it has no more, and
// will not have by a change under way.
func forgetPasswords(tx Tx, group gatewright.GroupID, key gatewright.Key) error {
	rows, err := tx.Secrets()
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Group != group || row.Key != key {
			continue
		}
		used, err := passwordUsed(tx, group, row)
		if err != nil {
			return err
		}
		if !used {
			if err := tx.DeleteSecret(row.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// SourcePassword returns the password with that identifier if a data source of
// the group has it, or will have it once a change under way is activated:
// gateways ask before they build. [gatewright.NotFound] otherwise, and
// [gatewright.Unavailable] when it cannot be opened.
func (c *Control) SourcePassword(ctx context.Context, group gatewright.GroupID, id gatewright.SecretID) (string, error) {
	var password string
	err := c.store.View(ctx, func(tx Tx) error {
		row, err := tx.Secret(id)
		if err != nil {
			return err
		}
		used, err := passwordUsed(tx, group, row)
		if err != nil {
			return err
		}
		if !used {
			return gatewright.Errorf(gatewright.NotFound, "no data source of the group has the password %s", id)
		}
		password, err = c.openSecret(row.Sealed, passwordPurpose(row.Group, row.Key))
		return err
	})
	return password, err
}

func passwordUsed(tx Tx, group gatewright.GroupID, row *SecretRow) (bool, error) {
	if row.Group != group {
		return false, nil
	}
	has := func(r *gatewright.GroupResource) bool {
		return r != nil && r.Source != nil && r.Source.Password == row.ID
	}
	now, err := tx.GroupResource(group, row.Key)
	if err != nil && !isNotFound(err) {
		return false, err
	}
	if has(now) {
		return true, nil
	}
	unsettled, err := tx.Changes(ChangeFilter{Group: group, Unsettled: true})
	if err != nil {
		return false, err
	}
	for _, ch := range unsettled {
		for i := range ch.Items {
			if r := ch.Items[i].Resource; r != nil && r.Key == row.Key && has(r.After) {
				return true, nil
			}
		}
	}
	return false, nil
}

// resealPasswords is the part of [Control.Reseal] that is about data sources.
func (c *Control) resealPasswords(tx Tx) error {
	rows, err := tx.Secrets()
	if err != nil {
		return err
	}
	for _, row := range rows {
		if c.cfg.Secrets.Current(row.Sealed) {
			continue
		}
		purpose := passwordPurpose(row.Group, row.Key)
		plain, err := c.cfg.Secrets.Open(row.Sealed, purpose)
		if err != nil {
			c.cfg.Log.Warn("a password of a data source cannot be opened", slog.String("source", string(row.Key)), slog.Any("error", err))
			continue
		}
		sealed, err := c.cfg.Secrets.Seal(plain, purpose)
		if err != nil {
			return err
		}
		if err := tx.ResealSecret(row.ID, sealed); err != nil {
			return err
		}
	}
	return nil
}
