package gatewright

import "time"

// SessionID identifies a session, never its secret ("ses_…").
type SessionID string

// How long a session lives.
const (
	SessionLife  = 12 * time.Hour   // from login, however busy it is
	SessionIdle  = time.Hour        // from the last request
	SessionTouch = 30 * time.Second // how old LastSeen may be before a request renews it
)

// Session is a login that lasts. The secret that opens it is in the person's
// browser and nowhere else.
type Session struct {
	ID        SessionID `json:"id"`
	User      UserID    `json:"user"`
	Hash      Hash      `json:"-"` // of the secret
	CreatedAt time.Time `json:"createdAt"`
	LastSeen  time.Time `json:"lastSeen"`
	ExpiresAt time.Time `json:"expiresAt"` // whatever happens
	Address   string    `json:"address,omitempty"`
	UserAgent string    `json:"userAgent,omitempty"`
}

// MaxUserAgentLength bounds, in bytes, what a session keeps of the browser's
// description of itself.
const MaxUserAgentLength = 256

// Live reports whether the session still opens anything at now. A clock that
// was put back past the session's beginning does not lengthen its life: what
// was seen in the future counts as long ago.
func (s *Session) Live(now time.Time) bool {
	return now.Before(s.ExpiresAt) && now.Before(s.CreatedAt.Add(SessionLife)) &&
		now.Sub(s.LastSeen).Abs() < SessionIdle && now.Sub(s.CreatedAt) > -SessionIdle
}

// Stale reports whether LastSeen is to be written anew. Writing it with each
// request would make every reading one a write.
func (s *Session) Stale(now time.Time) bool {
	return now.Sub(s.LastSeen).Abs() >= SessionTouch
}
