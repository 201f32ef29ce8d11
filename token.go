package gatewright

import "time"

// TokenKind says what a token opens.
type TokenKind string

// The kinds of token.
const (
	TokenAdmin    TokenKind = "admin"    // the management API, all of it
	TokenInstance TokenKind = "instance" // the link, for gateways of one group
	TokenPersonal TokenKind = "personal" // the management API, as its owner
	TokenService  TokenKind = "service"  // the management API, as a program with roles of its own
)

// Token is a secret's record. The secret itself is shown once and not kept.
type Token struct {
	ID         TokenID    `json:"id"`
	Kind       TokenKind  `json:"kind"`
	Name       string     `json:"name"`
	Group      GroupID    `json:"group,omitempty"`   // for TokenInstance
	Owner      UserID     `json:"owner,omitempty"`   // for TokenPersonal
	Project    ProjectID  `json:"project,omitempty"` // for TokenService: whose admins look after it; "" for super admins alone
	Scope      TokenScope `json:"scope,omitzero"`    // for TokenPersonal and TokenService
	Hash       Hash       `json:"-"`                 // of the secret
	CreatedAt  time.Time  `json:"createdAt"`
	CreatedBy  string     `json:"createdBy"`
	ExpiresAt  time.Time  `json:"expiresAt,omitzero"`  // zero for never
	LastUsedAt time.Time  `json:"lastUsedAt,omitzero"` // to the minute; zero while it was not used, and for TokenInstance
	RevokedAt  time.Time  `json:"revokedAt,omitzero"`
}

// TokenTouch is how old LastUsedAt may be before a use of the token is written
// down: at most one write for each token and minute.
const TokenTouch = time.Minute

// Stale reports whether a use of the token at now is to be written down.
func (t *Token) Stale(now time.Time) bool { return now.Sub(t.LastUsedAt).Abs() >= TokenTouch }
