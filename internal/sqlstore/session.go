package sqlstore

import (
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

const sessionColumns = "id, user_id, hash, created_at, last_seen, expires_at, address, user_agent"

func scanSession(r row) (*gatewright.Session, error) {
	s := new(gatewright.Session)
	return s, r.Scan(&s.ID, &s.User, &s.Hash, intoTime(&s.CreatedAt), intoTime(&s.LastSeen), intoTime(&s.ExpiresAt), &s.Address, &s.UserAgent)
}

func sessionNotFound(id gatewright.SessionID) error {
	return notFound("session %q does not exist", id)
}

// requireUser returns NotFound when the user does not exist.
func (t *tx) requireUser(id gatewright.UserID) error {
	ok, err := t.exists("SELECT 1 FROM users WHERE id = ?", id)
	if err == nil && !ok {
		return userNotFound(id)
	}
	return err
}

// CreateSession implements [control.Tx].
func (t *tx) CreateSession(s *gatewright.Session) error {
	if err := t.requireUser(s.User); err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO sessions ("+sessionColumns+") VALUES "+tuples(1, 8)+" ON CONFLICT DO NOTHING",
		s.ID, s.User, s.Hash, timeArg(s.CreatedAt), s.LastSeen.UnixMicro(), s.ExpiresAt.UnixMicro(), s.Address, s.UserAgent)
	if err == nil && n == 0 {
		return conflict("session %q, or another one with the same secret, exists already", s.ID)
	}
	return err
}

// SessionByHash implements [control.Tx].
func (t *tx) SessionByHash(hash gatewright.Hash) (*gatewright.Session, error) {
	return get(t, scanSession, notFound("there is no session with that secret"), "SELECT "+sessionColumns+" FROM sessions WHERE hash = ?", hash)
}

// Session implements [control.Tx].
func (t *tx) Session(id gatewright.SessionID) (*gatewright.Session, error) {
	return get(t, scanSession, sessionNotFound(id), "SELECT "+sessionColumns+" FROM sessions WHERE id = ?", id)
}

// Sessions implements [control.Tx].
func (t *tx) Sessions(user gatewright.UserID) ([]*gatewright.Session, error) {
	return list(t, scanSession, "SELECT "+sessionColumns+" FROM sessions WHERE user_id = ? ORDER BY created_at, id", user)
}

// TouchSession implements [control.Tx].
func (t *tx) TouchSession(id gatewright.SessionID, at time.Time) error {
	n, err := t.exec("UPDATE sessions SET last_seen = ? WHERE id = ?", at.UnixMicro(), id)
	if err == nil && n == 0 {
		return sessionNotFound(id)
	}
	return err
}

// DeleteSession implements [control.Tx].
func (t *tx) DeleteSession(id gatewright.SessionID) error {
	n, err := t.exec("DELETE FROM sessions WHERE id = ?", id)
	if err == nil && n == 0 {
		return sessionNotFound(id)
	}
	return err
}

// DeleteSessions implements [control.Tx]; login codes that were not used yet
// would open as much, and go too.
func (t *tx) DeleteSessions(user gatewright.UserID) (int, error) {
	if _, err := t.exec("DELETE FROM login_codes WHERE user_id = ?", user); err != nil {
		return 0, err
	}
	n, err := t.exec("DELETE FROM sessions WHERE user_id = ?", user)
	return int(n), err
}

// DeleteSessionsBefore implements [control.Tx].
func (t *tx) DeleteSessionsBefore(end, idle time.Time) error {
	for _, d := range []struct {
		query string
		at    time.Time
	}{
		{"DELETE FROM sessions WHERE expires_at < ?", end},
		{"DELETE FROM sessions WHERE last_seen < ?", idle},
		{"DELETE FROM login_codes WHERE expires_at < ?", end},
	} {
		if _, err := t.exec(d.query, d.at.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

func scanLoginCode(r row) (*control.LoginCode, error) {
	c := new(control.LoginCode)
	return c, r.Scan(&c.Hash, &c.User, &c.Challenge, intoTime(&c.ExpiresAt))
}

// CreateLoginCode implements [control.Tx].
func (t *tx) CreateLoginCode(c control.LoginCode) error {
	if err := t.requireUser(c.User); err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO login_codes (hash, user_id, challenge, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		c.Hash, c.User, c.Challenge, c.ExpiresAt.UnixMicro())
	if err == nil && n == 0 {
		return conflict("the login code exists already")
	}
	return err
}

// TakeLoginCode implements [control.Tx].
func (t *tx) TakeLoginCode(hash gatewright.Hash) (*control.LoginCode, error) {
	c, err := get(t, scanLoginCode, notFound("there is no login with that code, or it was fetched already"),
		"SELECT hash, user_id, challenge, expires_at FROM login_codes WHERE hash = ?", hash)
	if err != nil {
		return nil, err
	}
	_, err = t.exec("DELETE FROM login_codes WHERE hash = ?", hash)
	return c, err
}
