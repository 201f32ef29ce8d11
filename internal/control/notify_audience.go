package control

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

// audience collects the people a notification is for, in order of concern.
type audience struct {
	tx      Tx
	seen    map[string]bool // by login key
	people  []gatewright.Recipient
	nowhere []string // names without an address to write to
}

// ofChange adds whom a change concerns.
func (a *audience) ofChange(ch *gatewright.Change, event gatewright.NotificationEvent) error {
	if event == gatewright.EventApprovalWanted {
		if err := a.approvers(ch); err != nil {
			return err
		}
		return a.add(ch.Notify...)
	}
	if err := a.add(ch.Author); err != nil {
		return err
	}
	for i := range ch.Items {
		it := &ch.Items[i]
		if it.Slot != nil {
			if err := a.ofAPI(it.Slot.API); err != nil {
				return err
			}
		} else if app := appOf(it.Resource); app != nil {
			if err := a.add(app.Owner); err != nil {
				return err
			}
		}
	}
	if err := a.add(ch.Notify...); err != nil || event != gatewright.EventLive {
		return err
	}
	for i := range ch.Items {
		if it := &ch.Items[i]; it.Slot != nil && concernsCallers(it.Action) {
			if err := a.callers(ch.Group, it.Slot.API); err != nil {
				return err
			}
		}
	}
	return nil
}

// concernsCallers reports whether those who call an API want to know: it
// answers otherwise from now on, or no more.
func concernsCallers(action gatewright.ChangeKind) bool {
	switch action {
	case gatewright.ChangePublish, gatewright.ChangeDeploy, gatewright.ChangeSync, gatewright.ChangeRollback, gatewright.ChangeRevert, gatewright.ChangeUndeploy,
		gatewright.ChangeEnable, gatewright.ChangeDisable, gatewright.ChangeCanaryPromote:
		return true
	}
	return false
}

func appOf(r *gatewright.ResourceChange) *gatewright.App {
	switch {
	case r == nil:
		return nil
	case r.After != nil:
		return r.After.App
	case r.Before != nil:
		return r.Before.App
	}
	return nil
}

// ofAPI adds the owner and the collaborators of an API.
func (a *audience) ofAPI(id gatewright.APIID) error {
	api, err := a.tx.API(id)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.add(append([]string{api.Owner}, api.Settings.Collaborators...)...)
}

// callers adds the owners of the apps that may call an API in a group.
func (a *audience) callers(group gatewright.GroupID, api gatewright.APIID) error {
	apps, err := a.tx.GroupResources(group, gatewright.KeyApp)
	if err != nil {
		return err
	}
	for _, r := range apps {
		if r.App == nil || !slices.ContainsFunc(r.App.Grants, func(g gatewright.Grant) bool { return g.API == api }) {
			continue
		}
		if err := a.add(r.App.Owner); err != nil {
			return err
		}
	}
	return nil
}

// approvers adds those who may say yes or no to a change.
func (a *audience) approvers(ch *gatewright.Change) error {
	scopes, err := changeScopes(a.tx, auth.Principal{}, ch)
	if err != nil {
		return err
	}
	wanted := gatewright.Role(ch.Approval.Role)
	var users []gatewright.UserID
	of := map[gatewright.UserID][]gatewright.Binding{}
	for _, role := range gatewright.Roles() {
		if role != wanted && role != gatewright.RoleSuperAdmin && role != gatewright.RoleProjectAdmin {
			continue
		}
		bindings, err := a.tx.Bindings(BindingFilter{Role: role})
		if err != nil {
			return err
		}
		for _, b := range bindings {
			if b.Subject.User == "" {
				continue
			}
			if of[b.Subject.User] == nil {
				users = append(users, b.Subject.User)
			}
			of[b.Subject.User] = append(of[b.Subject.User], *b)
		}
	}
	for _, id := range users {
		who := auth.Principal{Bindings: of[id]}
		if slices.ContainsFunc(scopes, func(s auth.Scope) bool { return !hasRole(who, wanted, s) }) {
			continue
		}
		u, err := a.tx.User(id)
		if isNotFound(err) || err == nil && (u.Disabled || loginKey(u.Name) == loginKey(ch.Author)) {
			continue // nobody decides on their own change
		}
		if err != nil {
			return err
		}
		a.addUser(u.Name, u)
	}
	return nil
}

// add adds people by name. Somebody may be no user: a token's name is the
// author's name in changes.
func (a *audience) add(names ...string) error {
	for _, name := range names {
		if name == "" || a.seen[loginKey(name)] || len(a.people) >= gatewright.MaxRecipients {
			continue
		}
		u, err := a.tx.UserByName(loginKey(name))
		if err != nil && !isNotFound(err) {
			return err
		}
		if err == nil && u.Disabled {
			continue
		}
		a.addUser(name, u)
	}
	return nil
}

// addUser adds a person; u is nil for one who is no user.
func (a *audience) addUser(name string, u *gatewright.User) {
	key := loginKey(name)
	if a.seen[key] || len(a.people) >= gatewright.MaxRecipients {
		return
	}
	a.seen[key] = true
	p := gatewright.Recipient{Name: name}
	if u != nil && gatewright.CheckMailAddress(u.Email) == nil {
		p.Address, p.Language = u.Email, notificationLanguage(u.Language)
	} else {
		a.nowhere = append(a.nowhere, name)
	}
	a.people = append(a.people, p)
}

// notificationLanguage returns the language of notifications for a BCP 47 tag,
// "" when there is none.
func notificationLanguage(tag string) string {
	base, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if slices.Contains(gatewright.NotificationLanguages(), base) {
		return base
	}
	return ""
}

// undeliverable returns deliveries that failed before they began: a receiver
// that mails to people says in its log whom it could not reach.
func (a *audience) undeliverable(n *gatewright.Notification, receivers []*gatewright.Receiver) []gatewright.Delivery {
	if len(a.nowhere) == 0 {
		return nil
	}
	cause := "no e-mail address is known for " + strings.Join(a.nowhere, ", ")
	if len(cause) > gatewright.MaxDeliveryError {
		cut := gatewright.MaxDeliveryError - len("…")
		for !utf8.RuneStart(cause[cut]) {
			cut--
		}
		cause = cause[:cut] + "…"
	}
	now := a.tx.Now()
	var rows []gatewright.Delivery
	for _, r := range receivers {
		if r.Type == gatewright.ReceiverEmail && r.People && r.Wants(n) {
			rows = append(rows, gatewright.Delivery{
				ID: gatewright.DeliveryID(gatewright.NewID("dlv_", now)), Notification: n, Receiver: r,
				State: gatewright.DeliveryFailed, LastError: cause, CreatedAt: now, SettledAt: now,
			})
		}
	}
	return rows
}
