package sqlstore

import (
	"errors"
	"reflect"
	"time"

	"github.com/gatewright/gatewright"
)

const tokenColumns = "id, kind, name, group_id, owner, project, scope, hash, created_at, created_by, expires_at, last_used_at, revoked_at"

func scanToken(r row) (*gatewright.Token, error) {
	k := new(gatewright.Token)
	return k, r.Scan(&k.ID, &k.Kind, &k.Name, intoText(&k.Group), &k.Owner, &k.Project, intoJSON(&k.Scope), &k.Hash,
		intoTime(&k.CreatedAt), &k.CreatedBy, intoTime(&k.ExpiresAt), intoTime(&k.LastUsedAt), intoTime(&k.RevokedAt))
}

func tokenNotFound(id gatewright.TokenID) error {
	return notFound("token %q does not exist", id)
}

// CreateToken implements [control.Tx]; Conflict when the ID or the hash is
// taken.
func (t *tx) CreateToken(k *gatewright.Token) error {
	if k.Group != "" {
		if err := t.requireGroup(k.Group); err != nil {
			return err
		}
	}
	scope, err := optionalJSONArg(k.Scope, reflect.ValueOf(k.Scope).IsZero())
	if err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO tokens ("+tokenColumns+") VALUES "+tuples(1, 13)+" ON CONFLICT DO NOTHING",
		k.ID, k.Kind, k.Name, textArg(k.Group), k.Owner, k.Project, scope, k.Hash,
		timeArg(k.CreatedAt), k.CreatedBy, timeArg(k.ExpiresAt), timeArg(k.LastUsedAt), timeArg(k.RevokedAt))
	if err != nil {
		return err
	}
	if n == 0 {
		return conflict("token %q, or another one with the same secret, exists already", k.ID)
	}
	return nil
}

// TokenByHash implements [control.Tx].
func (t *tx) TokenByHash(hash gatewright.Hash) (*gatewright.Token, error) {
	return get(t, scanToken, notFound("there is no valid token with that secret"),
		"SELECT "+tokenColumns+" FROM tokens WHERE hash = ? AND revoked_at IS NULL", hash)
}

// Token implements [control.Tx].
func (t *tx) Token(id gatewright.TokenID) (*gatewright.Token, error) {
	return get(t, scanToken, tokenNotFound(id), "SELECT "+tokenColumns+" FROM tokens WHERE id = ?", id)
}

// Tokens implements [control.Tx].
func (t *tx) Tokens() ([]*gatewright.Token, error) {
	return list(t, scanToken, "SELECT "+tokenColumns+" FROM tokens ORDER BY seq")
}

// TokensOf implements [control.Tx].
func (t *tx) TokensOf(owner gatewright.UserID) ([]*gatewright.Token, error) {
	return list(t, scanToken, "SELECT "+tokenColumns+" FROM tokens WHERE owner = ? AND owner <> '' ORDER BY seq", owner)
}

// TouchToken implements [control.Tx].
func (t *tx) TouchToken(id gatewright.TokenID, at time.Time) error {
	n, err := t.exec("UPDATE tokens SET last_used_at = ? WHERE id = ?", timeArg(at), id)
	if err == nil && n == 0 {
		return tokenNotFound(id)
	}
	return err
}

// RevokeToken implements [control.Tx]. Revoking twice keeps the first time.
func (t *tx) RevokeToken(id gatewright.TokenID, at time.Time) error {
	if at.IsZero() {
		return errors.New("revoke token: the time is zero")
	}
	n, err := t.exec("UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?", timeArg(at), id)
	if err == nil && n == 0 {
		return tokenNotFound(id)
	}
	return err
}
