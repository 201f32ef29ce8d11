package control

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

// NewUser is a user to be made. The password is empty for one who logs in
// through an OpenID provider.
type NewUser struct {
	Name        string
	DisplayName string
	Email       string
	Language    string
	Password    string
}

// CreateUser makes a user, who may do nothing until a role is given.
// [gatewright.Conflict] when the login is taken, or was once, or when an admin
// token has that name.
func (c *Control) CreateUser(ctx context.Context, actor gatewright.Actor, n NewUser) (*gatewright.User, error) {
	shown, key, err := auth.UserName(n.Name)
	if err != nil {
		return nil, err
	}
	if looksLikeID(shown) {
		return nil, gatewright.FieldErrorf("name", "user name %q begins with %s, as identifiers do", shown, userPrefix)
	}
	u := &gatewright.User{Name: shown, DisplayName: n.DisplayName, Email: n.Email, Language: n.Language}
	if err := u.Validate(); err != nil {
		return nil, err
	}
	if n.Password != "" {
		if u.Password, err = c.hashPassword(ctx, shown, n.Password); err != nil {
			return nil, err
		}
	}
	err = c.store.Update(ctx, func(tx Tx) error {
		if err := notAdminToken(tx, key); err != nil {
			return err
		}
		u.ID, u.CreatedAt = gatewright.UserID(gatewright.NewID(userPrefix, tx.Now())), tx.Now()
		if err := tx.CreateUser(u, key, auth.EmailKey(u.Email)); err != nil {
			return err
		}
		return auditChange(tx, actor, "user.create", string(u.ID), nil, u)
	})
	return u, err
}

// notAdminToken refuses a login that a valid admin token has as its name: in
// changes and in the audit log the two would be one, and for approvals are.
func notAdminToken(tx Tx, key string) error {
	tokens, err := tx.Tokens()
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if t.Kind != gatewright.TokenAdmin || !t.RevokedAt.IsZero() {
			continue
		}
		if _, named, err := auth.UserName(t.Name); err == nil && named == key {
			return gatewright.Errorf(gatewright.Conflict, "there is an admin token %q, whose name is the author's in what it does; choose another login, or revoke that token first", t.Name)
		}
	}
	return nil
}

const userPrefix = "usr_"

func looksLikeID(name string) bool { return strings.HasPrefix(name, userPrefix) }

func (c *Control) hashPassword(ctx context.Context, name, password string) (string, error) {
	if err := auth.CheckPassword(name, password); err != nil {
		return "", err
	}
	return c.hasher.Hash(ctx, password)
}

// User returns a user by login or ID.
func (c *Control) User(ctx context.Context, name string) (*gatewright.User, error) {
	var u *gatewright.User
	err := c.store.View(ctx, func(tx Tx) (err error) {
		u, err = findUser(tx, name)
		return err
	})
	return u, err
}

func findUser(tx Tx, name string) (*gatewright.User, error) {
	missing := gatewright.Errorf(gatewright.NotFound, "user %q does not exist; see: gatewright user list", name)
	if looksLikeID(name) {
		u, err := tx.User(gatewright.UserID(name))
		if isNotFound(err) {
			err = missing
		}
		return u, err
	}
	_, key, err := auth.UserName(name)
	if err != nil {
		return nil, missing
	}
	u, err := tx.UserByName(key)
	if isNotFound(err) {
		err = missing
	}
	return u, err
}

// Users lists users by login, beginning after the user with that login, at most
// limit.
func (c *Control) Users(ctx context.Context, after string, limit int) ([]*gatewright.User, error) {
	if after != "" {
		_, key, err := auth.UserName(after)
		if err != nil {
			return nil, err
		}
		after = key
	}
	var us []*gatewright.User
	err := c.store.View(ctx, func(tx Tx) (err error) {
		us, err = tx.Users(UserFilter{After: after, Limit: limit})
		return err
	})
	return us, err
}

// UserPatch alters a user; nil members stay as they are.
type UserPatch struct {
	DisplayName *string
	Language    *string
	Email       *string
	Disabled    *bool // true ends all sessions and makes all tokens useless
}

// UpdateUser alters a user, unless expected, which may be nil, has something
// against the user as it is. [gatewright.PreconditionFailed] when that would
// disable the last super admin.
func (c *Control) UpdateUser(ctx context.Context, actor gatewright.Actor, name string, expected func(*gatewright.User) error, p UserPatch) (*gatewright.User, error) {
	var u *gatewright.User
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		if u, err = findUser(tx, name); err != nil {
			return err
		}
		if expected != nil {
			if err := expected(u); err != nil {
				return err
			}
		}
		before := *u
		set(&u.DisplayName, p.DisplayName)
		set(&u.Language, p.Language)
		set(&u.Email, p.Email)
		set(&u.Disabled, p.Disabled)
		if err := u.Validate(); err != nil {
			return err
		}
		if u.Disabled && !before.Disabled {
			if err := notLastAdmin(tx, u.ID, "disable "+u.Name); err != nil {
				return err
			}
			if _, err := tx.DeleteSessions(u.ID); err != nil {
				return err
			}
		}
		if *u == before {
			return nil
		}
		if err := tx.UpdateUser(u, auth.EmailKey(u.Email)); err != nil {
			return err
		}
		return auditChange(tx, actor, "user.update", string(u.ID), &before, u)
	})
	return u, err
}

// DeleteUser removes a user with roles and sessions; tokens are revoked. The
// login is not given to anybody else. [gatewright.PreconditionFailed] for the
// last super admin.
func (c *Control) DeleteUser(ctx context.Context, actor gatewright.Actor, name string) error {
	return c.store.Update(ctx, func(tx Tx) error {
		u, err := findUser(tx, name)
		if err != nil {
			return err
		}
		if err := notLastAdmin(tx, u.ID, "delete "+u.Name); err != nil {
			return err
		}
		tokens, err := tx.TokensOf(u.ID)
		if err != nil {
			return err
		}
		for _, t := range tokens {
			if err := tx.RevokeToken(t.ID, tx.Now()); err != nil {
				return err
			}
		}
		if err := tx.DeleteUser(u.ID); err != nil {
			return err
		}
		return auditChange(tx, actor, "user.delete", string(u.ID), u, nil)
	})
}

// ChangePassword lets somebody who knows their password have another one. All
// their sessions end. Errors are those of [Control.Login], and
// [gatewright.Invalid] for a password that nobody may have.
func (c *Control) ChangePassword(ctx context.Context, actor gatewright.Actor, user gatewright.UserID, from netip.Addr, old, password string) error {
	u, err := c.User(ctx, string(user))
	if err != nil {
		return err
	}
	if u, _, err = c.checkPassword(ctx, Credentials{Name: u.Name, Password: old, From: from}); err != nil {
		if gatewright.CodeOf(err) == gatewright.Unauthenticated { // who asks is known: it is the old password that is wrong
			err = gatewright.Errorf(gatewright.Forbidden, "the old password is wrong")
		}
		return err
	}
	if old == password {
		return gatewright.FieldErrorf("password", "the new password is the old one")
	}
	return c.setPassword(ctx, actor, u, password, nil)
}

// ResetPassword gives a user another password without asking for the old one.
// All their sessions end.
func (c *Control) ResetPassword(ctx context.Context, actor gatewright.Actor, name, password string) error {
	u, err := c.User(ctx, name)
	if err != nil {
		return err
	}
	return c.setPassword(ctx, actor, u, password, nil)
}

// Rescue gives a user another password, enables them and makes them super
// admin, whoever they were; one who does not exist is made. It is for whoever
// owns the database and has locked themselves out of it.
func (c *Control) Rescue(ctx context.Context, actor gatewright.Actor, name, password string) (*gatewright.User, error) {
	u, err := c.User(ctx, name)
	if isNotFound(err) {
		if u, err = c.CreateUser(ctx, actor, NewUser{Name: name, Password: password}); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	return u, c.setPassword(ctx, actor, u, password, func(tx Tx, u *gatewright.User) error {
		u.Disabled = false
		err := createBinding(tx, actor, &gatewright.Binding{
			Subject: gatewright.Subject{User: u.ID}, Role: gatewright.RoleSuperAdmin, Source: gatewright.BindingManual,
		})
		if gatewright.CodeOf(err) == gatewright.Conflict { // they are already
			return nil
		}
		return err
	})
}

// setPassword stores a password, and whatever else alter does to the user.
func (c *Control) setPassword(ctx context.Context, actor gatewright.Actor, seen *gatewright.User, password string, alter func(Tx, *gatewright.User) error) error {
	hash, err := c.hashPassword(ctx, seen.Name, password)
	if err != nil {
		return err
	}
	return c.store.Update(ctx, func(tx Tx) error {
		u, err := tx.User(seen.ID)
		if err != nil {
			return err
		}
		if u.Password != seen.Password {
			return gatewright.Errorf(gatewright.Conflict, "somebody else set the password of %s meanwhile; try again", u.Name)
		}
		u.Password = hash
		if alter != nil {
			if err := alter(tx, u); err != nil {
				return err
			}
		}
		ended, err := tx.DeleteSessions(u.ID)
		if err != nil {
			return err
		}
		if err := tx.UpdateUser(u, auth.EmailKey(u.Email)); err != nil {
			return err
		}
		return audit(tx, actor, "user.password", string(u.ID), fmt.Sprintf("%d sessions ended", ended))
	})
}

// notLastAdmin refuses to do away with the last enabled super admin: nobody
// could give rights any more but whoever owns the machine.
func notLastAdmin(tx Tx, user gatewright.UserID, doing string) error {
	bindings, err := tx.Bindings(BindingFilter{Role: gatewright.RoleSuperAdmin})
	if err != nil {
		return err
	}
	is, others := false, false
	for _, b := range bindings {
		if b.Subject.User == "" {
			continue
		}
		u, err := tx.User(b.Subject.User)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		if !u.Disabled {
			is, others = is || u.ID == user, others || u.ID != user
		}
	}
	if is && !others {
		return gatewright.Errorf(gatewright.PreconditionFailed, "cannot %s: it would leave no super admin; make somebody else one first", doing)
	}
	return nil
}
