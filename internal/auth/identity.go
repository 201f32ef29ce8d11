package auth

import (
	"slices"

	"github.com/gatewright/gatewright"
)

// Identity is what an OpenID provider says of somebody who logged in there.
type Identity struct {
	Issuer        string
	Subject       string // unique within the issuer, and never given to another
	Name          string // what the login is made from
	DisplayName   string
	Email         string
	EmailVerified bool
	Groups        []string
}

// LoginPolicy says what an OpenID provider is trusted with.
type LoginPolicy struct {
	CreateUsers bool // who is not known yet becomes a user
	// MatchEmail makes a verified address enough to be a user that exists. It
	// is safe only because people cannot alter their own address here: else
	// one could wait with another's for their first login.
	MatchEmail bool
}

// Candidates are the users that an identity may be of; nil for none. ByEmail is
// set only when exactly one user has the address.
type Candidates struct {
	BySubject *gatewright.User // has the issuer and subject
	ByEmail   *gatewright.User // has the address, see EmailKey
	ByName    *gatewright.User // has the login, see UserName
}

// Recognise returns the user as whom the identity logs in, as it is to be
// stored, and whether it is new: then ID and CreatedAt are for the caller to
// set. A disabled user, and one who may not be made, is refused with
// [gatewright.Forbidden]; a login that is somebody else's is a
// [gatewright.Conflict].
func Recognise(id Identity, c Candidates, p LoginPolicy) (user *gatewright.User, created bool, err error) {
	if id.Issuer == "" || id.Subject == "" {
		return nil, false, gatewright.Errorf(gatewright.Unauthenticated, "the provider did not say who it is")
	}
	switch {
	case c.BySubject != nil:
		user, err = recognised(c.BySubject, id)
		return user, false, err
	case p.MatchEmail && id.EmailVerified && id.Email != "" && c.ByEmail != nil:
		if c.ByEmail.OIDCSubject != "" {
			return nil, false, gatewright.Errorf(gatewright.Conflict, "the user with the address %s logs in as somebody else at a provider; ask a super admin", id.Email)
		}
		user, err = recognised(c.ByEmail, id)
		return user, false, err
	}
	name, _, err := UserName(id.Name)
	if err != nil {
		return nil, false, err
	}
	switch {
	case c.ByName != nil:
		return nil, false, gatewright.Errorf(gatewright.Conflict, "the login %s belongs to somebody who does not log in through this provider; ask a super admin to join the two", name)
	case !p.CreateUsers:
		return nil, false, gatewright.Errorf(gatewright.Forbidden, "%s is not a user here; ask a super admin", name)
	}
	user, err = recognised(&gatewright.User{Name: name}, id)
	return user, true, err
}

// recognised returns the user with what the provider says now.
func recognised(known *gatewright.User, id Identity) (*gatewright.User, error) {
	if known.Disabled {
		return nil, gatewright.Errorf(gatewright.Forbidden, "the user %s is disabled; ask a super admin", known.Name)
	}
	u := *known
	u.OIDCIssuer, u.OIDCSubject = id.Issuer, id.Subject
	if gatewright.CheckName("display name", id.DisplayName) == nil {
		u.DisplayName = id.DisplayName
	}
	if id.EmailVerified && gatewright.CheckEmail(id.Email) == nil {
		u.Email = id.Email
	}
	return &u, nil
}

// GroupRule gives a role to all who are in a group of the OpenID provider.
type GroupRule struct {
	Claim   string // the group, as the provider writes it
	Role    gatewright.Role
	Project gatewright.ProjectID // "" for all
	Group   gatewright.GroupID   // "" for all
}

// MappedBindings returns the bindings that somebody in the provider's groups
// has by the rules, each once, without ID and CreatedAt.
func MappedBindings(user gatewright.UserID, groups []string, rules []GroupRule) []gatewright.Binding {
	var bindings []gatewright.Binding
	for _, r := range rules {
		b := gatewright.Binding{
			Subject: gatewright.Subject{User: user}, Role: r.Role, Project: r.Project, Group: r.Group, Source: gatewright.BindingOIDC,
		}
		if slices.Contains(groups, r.Claim) && !containsRight(bindings, &b) {
			bindings = append(bindings, b)
		}
	}
	return bindings
}

// Reapply returns what makes a user's current bindings agree with what the
// provider's groups give now. Bindings made by hand stay, and are not doubled.
func Reapply(current, wanted []gatewright.Binding) (remove []gatewright.BindingID, add []gatewright.Binding) {
	for i := range current {
		if b := &current[i]; b.Source == gatewright.BindingOIDC && !containsRight(wanted, b) {
			remove = append(remove, b.ID)
		}
	}
	for i := range wanted {
		if b := &wanted[i]; !containsRight(current, b) {
			add = append(add, *b)
		}
	}
	return remove, add
}

func containsRight(bindings []gatewright.Binding, b *gatewright.Binding) bool {
	return slices.ContainsFunc(bindings, func(o gatewright.Binding) bool { return o.SameRight(b) })
}
