package sqlstore

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/notify/notifytest"
	"github.com/gatewright/gatewright/internal/secret"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

// outbox is the control plane's outbox on a real store.
type outbox struct {
	control.Outbox
	t     *testing.T
	store *Store
}

func newOutbox(t *testing.T, s *Store) outbox {
	t.Helper()
	box, err := secret.NewBox(bytes.Repeat([]byte{1}, secret.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	c, err := control.New(t.Context(), s, control.Config{Secrets: box})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx control.Tx) error {
		for letter := 'a'; letter <= 'j'; letter++ {
			r := notifytest.Receiver(string(letter))
			sealed, err := box.Seal(r.URL, "receiver/"+string(r.ID)+"/url")
			if err != nil {
				return err
			}
			if err := tx.CreateReceiver(&control.ReceiverRow{Receiver: *r, SealedURL: sealed}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return outbox{c.Outbox(), t, s}
}

// Add implements notifytest.Box.
func (o outbox) Add(rows ...gatewright.Delivery) {
	o.t.Helper()
	err := o.store.Update(o.t.Context(), func(tx control.Tx) error {
		for _, row := range rows {
			if err := tx.CreateDeliveries(row.Notification, []gatewright.Delivery{row}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// All implements notifytest.Box.
func (o outbox) All() []gatewright.Delivery {
	o.t.Helper()
	var all []gatewright.Delivery
	err := o.store.View(o.t.Context(), func(tx control.Tx) error {
		found, err := tx.Deliveries(control.DeliveryFilter{Limit: 1000})
		for _, d := range found {
			all = append(all, *d)
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

func TestOutbox(t *testing.T) {
	notifytest.TestOutbox(t, func(t *testing.T) notifytest.Box {
		return newOutbox(t, open(t, filepath.Join(t.TempDir(), "gw.db")))
	})
}

// TestOutboxPostgres empties one outbox again and again: making a database
// takes longer than a test.
func TestOutboxPostgres(t *testing.T) {
	url := migrated.Start(t)
	box := newOutbox(t, openURL(t, url))
	notifytest.TestOutbox(t, func(t *testing.T) notifytest.Box {
		for _, table := range []string{"deliveries", "notifications"} {
			if err := postgres.Execute(t.Context(), url, "DELETE FROM "+table); err != nil {
				t.Fatal(err)
			}
		}
		box.t = t
		return box
	})
}

// TestDueDeliveriesPlan: however much waits, each receiver costs one look into
// the index.
func TestDueDeliveriesPlan(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "gw.db"))
	for query, plan := range recorded(t, s, func(c control.Tx) {
		if _, err := c.DueDeliveries(c.Now(), []gatewright.ReceiverID{"rcv_1"}, 8); err != nil {
			t.Error(err)
		}
		if _, err := c.DeleteDeliveriesBefore(c.Now(), 8); err != nil {
			t.Error(err)
		}
	}) {
		for _, step := range plan {
			if bytes.HasPrefix([]byte(step), []byte("SCAN ")) && step != "SCAN r" {
				t.Errorf("%s\n%s", query, step)
			}
		}
	}
}
