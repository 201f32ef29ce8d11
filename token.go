package gatewright

import "time"

// TokenKind says what a token opens.
type TokenKind string

// The kinds of token.
const (
	TokenAdmin    TokenKind = "admin"    // the management API
	TokenInstance TokenKind = "instance" // the link, for gateways of one group
)

// Token is a secret's record. The secret itself is shown once and not kept.
type Token struct {
	ID        TokenID   `json:"id"`
	Kind      TokenKind `json:"kind"`
	Name      string    `json:"name"`
	Group     GroupID   `json:"group,omitempty"` // for TokenInstance
	Hash      Hash      `json:"-"`               // of the secret
	CreatedAt time.Time `json:"createdAt"`
	CreatedBy string    `json:"createdBy"`
	RevokedAt time.Time `json:"revokedAt,omitzero"`
}

// AuditEntry records one thing somebody did.
type AuditEntry struct {
	ID     int64     `json:"id"` // in order of writing
	At     time.Time `json:"at"`
	Actor  Actor     `json:"actor"`
	Action string    `json:"action"` // "change.submit", "group.create", "token.revoke" …
	Target string    `json:"target"` // identifier or name of what it was done to
	Detail string    `json:"detail,omitempty"`
}

// Actor is who does something, and through what.
type Actor struct {
	Name    string  `json:"name"`
	Client  string  `json:"client"`            // "cli", "api" …
	Address string  `json:"address,omitempty"` // where the request came from
	Token   TokenID `json:"token,omitempty"`
}
