package control

import (
	"context"

	"github.com/gatewright/gatewright"
)

// Sessions lists the live sessions of a user, oldest first.
func (c *Control) Sessions(ctx context.Context, user string) ([]*gatewright.Session, error) {
	var live []*gatewright.Session
	err := c.store.View(ctx, func(tx Tx) error {
		u, err := findUser(tx, user)
		if err != nil {
			return err
		}
		all, err := tx.Sessions(u.ID)
		if err != nil {
			return err
		}
		live = nil
		for _, s := range all {
			if s.Live(tx.Now()) {
				live = append(live, s)
			}
		}
		return nil
	})
	return live, err
}

// Session returns a session, live or not.
func (c *Control) Session(ctx context.Context, id gatewright.SessionID) (*gatewright.Session, error) {
	var s *gatewright.Session
	err := c.store.View(ctx, func(tx Tx) (err error) {
		s, err = tx.Session(id)
		return err
	})
	return s, err
}

// EndSession ends a session at once.
func (c *Control) EndSession(ctx context.Context, actor gatewright.Actor, id gatewright.SessionID) error {
	return c.store.Update(ctx, func(tx Tx) error {
		if err := tx.DeleteSession(id); err != nil {
			return err
		}
		return audit(tx, actor, "session.end", string(id), "")
	})
}

// EndSessions ends all sessions of a user at once and returns how many there
// were.
func (c *Control) EndSessions(ctx context.Context, actor gatewright.Actor, user string) (int, error) {
	n := 0
	err := c.store.Update(ctx, func(tx Tx) error {
		u, err := findUser(tx, user)
		if err != nil {
			return err
		}
		if n, err = tx.DeleteSessions(u.ID); err != nil {
			return err
		}
		return audit(tx, actor, "session.end", string(u.ID), "all of them")
	})
	return n, err
}
