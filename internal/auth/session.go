package auth

import (
	"time"

	"github.com/gatewright/gatewright"
)

// NewSession returns a session of the user that begins now, and the secret
// that opens it. The secret goes into the browser's cookie and nowhere else.
func NewSession(now time.Time, user gatewright.UserID, address, userAgent string) (*gatewright.Session, string, error) {
	secret, hash, err := NewSecret(SecretSession)
	if err != nil {
		return nil, "", err
	}
	return &gatewright.Session{
		ID: gatewright.SessionID(gatewright.NewID("ses_", now)), User: user, Hash: hash,
		CreatedAt: now, LastSeen: now, ExpiresAt: now.Add(gatewright.SessionLife),
		Address: address, UserAgent: printable(userAgent, gatewright.MaxUserAgentLength),
	}, secret, nil
}
