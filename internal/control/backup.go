package control

import (
	"context"
	"io"

	"github.com/gatewright/gatewright"
)

// Backup writes a consistent copy of everything to w, while changes go on.
// That somebody took it is in the audit log before anything of it leaves.
// [gatewright.Unavailable] for a store that others back up.
func (c *Control) Backup(ctx context.Context, actor gatewright.Actor, w io.Writer) error {
	return c.store.Backup(ctx, &announcedWriter{w: w, announce: func() error {
		return c.store.Update(ctx, func(tx Tx) error { return audit(tx, actor, "backup.create", "", "") })
	}})
}

// announcedWriter calls announce once, before the first write.
type announcedWriter struct {
	w        io.Writer
	announce func() error // nil once it was called
}

// Write implements io.Writer.
func (a *announcedWriter) Write(b []byte) (int, error) {
	if a.announce != nil {
		if err := a.announce(); err != nil {
			return 0, err
		}
		a.announce = nil
	}
	return a.w.Write(b)
}

// Restored is to be called once when a backup was put in the place of the
// database. What it says of instances was true at another time: nothing is
// taken for proven until they report again. Who did it, and the file it came
// from, are noted in the audit log.
func (c *Control) Restored(ctx context.Context, actor gatewright.Actor, file string) error {
	return c.store.Update(ctx, func(tx Tx) error {
		groups, err := tx.Groups()
		if err != nil {
			return err
		}
		for _, g := range groups {
			if err := doubt(tx, g.ID); err != nil {
				return err
			}
		}
		return audit(tx, actor, "backup.restore", "", "from "+file)
	})
}

// doubt forgets what the instances of a group said about what they run and
// what they have built.
func doubt(tx Tx, group gatewright.GroupID) error {
	instances, err := tx.Instances(group)
	if err != nil {
		return err
	}
	for _, in := range instances {
		in.Generation, in.Digest, in.Rejections, in.Unlisted = 0, "", nil, 0
		if err := tx.PutInstance(in); err != nil {
			return err
		}
	}
	changes, err := tx.Changes(ChangeFilter{Group: group, Unsettled: true})
	if err != nil {
		return err
	}
	for _, ch := range changes {
		for _, o := range ch.Outcomes {
			o.State, o.Reason, o.Base, o.At = gatewright.OutcomePending, "", 0, tx.Now()
			if err := tx.PutOutcome(ch.ID, o); err != nil {
				return err
			}
		}
	}
	return nil
}
