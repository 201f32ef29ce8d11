package sqlstore

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

const userColumns = "id, name, display_name, email, password, oidc_issuer, oidc_subject, disabled, language, created_at, last_login"

func scanUser(r row) (*gatewright.User, error) {
	u := new(gatewright.User)
	return u, r.Scan(&u.ID, &u.Name, &u.DisplayName, &u.Email, &u.Password, &u.OIDCIssuer, &u.OIDCSubject, &u.Disabled, &u.Language, intoTime(&u.CreatedAt), intoTime(&u.LastLogin))
}

func userNotFound[T ~string](idOrName T) error {
	return notFound("user %q does not exist", string(idOrName))
}

// CreateUser implements [control.Tx].
func (t *tx) CreateUser(u *gatewright.User, key, email string) error {
	if err := t.requireIdentityFree(u); err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO user_names (name_key, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING", key, u.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return conflict("the login %q is taken, or was once: logins are not given a second time", u.Name)
	}
	n, err = t.exec("INSERT INTO users ("+userColumns+", name_key, email_key) VALUES "+tuples(1, 13)+" ON CONFLICT DO NOTHING",
		u.ID, u.Name, u.DisplayName, u.Email, u.Password, u.OIDCIssuer, u.OIDCSubject, flag(u.Disabled), u.Language, timeArg(u.CreatedAt), timeArg(u.LastLogin), key, email)
	if err == nil && n == 0 {
		return conflict("user %q exists already", u.ID)
	}
	return err
}

// requireIdentityFree returns Conflict when another user is known by the same
// issuer and subject.
func (t *tx) requireIdentityFree(u *gatewright.User) error {
	if u.OIDCSubject == "" {
		return nil
	}
	taken, err := t.exists("SELECT 1 FROM users WHERE oidc_issuer = ? AND oidc_subject = ? AND oidc_subject <> '' AND id <> ?", u.OIDCIssuer, u.OIDCSubject, u.ID)
	if err == nil && taken {
		return conflict("somebody else logs in as %q at %s", u.OIDCSubject, u.OIDCIssuer)
	}
	return err
}

// User implements [control.Tx].
func (t *tx) User(id gatewright.UserID) (*gatewright.User, error) {
	return get(t, scanUser, userNotFound(id), "SELECT "+userColumns+" FROM users WHERE id = ?", id)
}

// UserByName implements [control.Tx].
func (t *tx) UserByName(key string) (*gatewright.User, error) {
	return get(t, scanUser, userNotFound(key), "SELECT "+userColumns+" FROM users WHERE name_key = ?", key)
}

// UserByIdentity implements [control.Tx].
func (t *tx) UserByIdentity(issuer, subject string) (*gatewright.User, error) {
	return get(t, scanUser, notFound("nobody logs in as %q at %s", subject, issuer),
		"SELECT "+userColumns+" FROM users WHERE oidc_issuer = ? AND oidc_subject = ? AND oidc_subject <> ''", issuer, subject)
}

// Users implements [control.Tx].
func (t *tx) Users(f control.UserFilter) ([]*gatewright.User, error) {
	if f.Email != "" {
		return list(t, scanUser, "SELECT "+userColumns+" FROM users WHERE email_key = ? AND email_key <> '' AND name_key > ? ORDER BY name_key LIMIT ?", f.Email, f.After, max(0, f.Limit))
	}
	return list(t, scanUser, "SELECT "+userColumns+" FROM users WHERE name_key > ? ORDER BY name_key LIMIT ?", f.After, max(0, f.Limit))
}

// UpdateUser implements [control.Tx].
func (t *tx) UpdateUser(u *gatewright.User, email string) error {
	if err := t.requireIdentityFree(u); err != nil {
		return err
	}
	n, err := t.exec("UPDATE users SET display_name = ?, email = ?, email_key = ?, password = ?, oidc_issuer = ?, oidc_subject = ?, disabled = ?, language = ?, last_login = ? WHERE id = ?",
		u.DisplayName, u.Email, email, u.Password, u.OIDCIssuer, u.OIDCSubject, flag(u.Disabled), u.Language, timeArg(u.LastLogin), u.ID)
	if err == nil && n == 0 {
		return userNotFound(u.ID)
	}
	return err
}

// DeleteUser implements [control.Tx].
func (t *tx) DeleteUser(id gatewright.UserID) error {
	for _, query := range []string{
		"DELETE FROM sessions WHERE user_id = ?",
		"DELETE FROM login_codes WHERE user_id = ?",
		"DELETE FROM role_bindings WHERE user_id = ?",
	} {
		if _, err := t.exec(query, id); err != nil {
			return err
		}
	}
	n, err := t.exec("DELETE FROM users WHERE id = ?", id)
	if err == nil && n == 0 {
		return userNotFound(id)
	}
	return err
}
