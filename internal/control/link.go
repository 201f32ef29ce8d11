package control

import (
	"context"
	"time"

	"github.com/gatewright/gatewright"
)

// Wanted is what the instances of a group shall run, prepare and answer now.
type Wanted struct {
	Generation int64
	Digest     gatewright.Digest // of the manifest
	Staged     []Staged
	Questions  []OpenQuestion
}

// Staged is a change that instances shall prepare.
type Staged struct {
	Change gatewright.ChangeID
	Delta  gatewright.Delta // against the current generation
}

// OpenQuestion is a question that waits for its answer.
type OpenQuestion struct {
	ID       gatewright.QuestionID
	Instance gatewright.InstanceID
	Kind     gatewright.QuestionKind
	Body     []byte        // sealed to the instance
	ReplyTo  []byte        // public key to seal the answer to
	Left     time.Duration // until nobody waits any more
}

// Wanted returns what the group's instances shall run and prepare.
func (c *Control) Wanted(ctx context.Context, group gatewright.GroupID) (*Wanted, error) {
	var w *Wanted
	err := c.store.View(ctx, func(tx Tx) error {
		g, err := tx.Group(group)
		if err != nil {
			return err
		}
		w = &Wanted{Generation: g.Generation, Digest: g.Digest}
		unsettled, err := tx.Changes(ChangeFilter{Group: group, Unsettled: true})
		if err != nil {
			return err
		}
		for _, ch := range unsettled {
			if ch.State != gatewright.ChangePreparing {
				continue
			}
			delta, err := tx.Staged(ch.ID)
			if err != nil {
				return err
			}
			w.Staged = append(w.Staged, Staged{Change: ch.ID, Delta: delta})
		}
		open, err := tx.OpenQuestions(group, tx.Now(), gatewright.MaxGroupQuestions)
		for _, q := range open {
			w.Questions = append(w.Questions, OpenQuestion{
				ID: q.ID, Instance: q.Instance, Kind: q.Kind, Body: q.Body, ReplyTo: q.ReplyTo, Left: q.ExpiresAt.Sub(tx.Now()),
			})
		}
		return err
	})
	return w, err
}

// Manifest returns what the group runs.
func (c *Control) Manifest(ctx context.Context, group gatewright.GroupID) (*gatewright.Manifest, error) {
	var m *gatewright.Manifest
	err := c.store.View(ctx, func(tx Tx) (err error) {
		m, err = tx.Manifest(group)
		return err
	})
	return m, err
}

// DeltaSince returns what leads from generation to the group's present one,
// which it returns too; false when only the whole manifest helps.
func (c *Control) DeltaSince(ctx context.Context, group gatewright.GroupID, generation int64) (d gatewright.Delta, current int64, ok bool, err error) {
	err = c.store.View(ctx, func(tx Tx) error {
		g, err := tx.Group(group)
		if err != nil {
			return err
		}
		current = g.Generation
		d, ok, err = tx.DeltaSince(group, generation)
		return err
	})
	return d, current, ok, err
}

// Blob returns a blob for an instance of the group. It is [gatewright.NotFound]
// unless the group runs or prepares what it holds.
func (c *Control) Blob(ctx context.Context, group gatewright.GroupID, hash gatewright.Hash) ([]byte, error) {
	var b []byte
	err := c.store.View(ctx, func(tx Tx) (err error) {
		b, err = tx.Blob(group, hash)
		return err
	})
	return b, err
}
