package control

import (
	"context"
	"fmt"
	"time"

	"github.com/gatewright/gatewright"
)

const (
	// remindInterval is how often it is looked for what ends soon.
	remindInterval = time.Hour
	// EndNotice is how long before its end a grant or a credential is announced.
	EndNotice = 7 * 24 * time.Hour
	// sunsetNotice is for how long after a sunset it is still announced, should
	// nobody have listened when it came.
	sunsetNotice = 7 * 24 * time.Hour
	// maxReminders bounds what is announced at once; the rest comes an interval
	// later.
	maxReminders = 500
)

// reminder is something to be announced once.
type reminder struct {
	what   string    // what it is, this time of its end included
	until  time.Time // to be remembered until then
	n      *gatewright.Notification
	people func(*audience) error
}

// Remind announces what ends soon, and tracks whose sunset has come, each once;
// it looks no more than once in an interval.
func (c *Control) Remind(ctx context.Context) error {
	now := c.cfg.Clock()
	c.mu.Lock()
	due := now.Sub(c.reminded).Abs() >= remindInterval
	if due {
		c.reminded = now
	}
	c.mu.Unlock()
	if !due {
		return nil
	}
	var found []reminder
	err := c.store.View(ctx, func(tx Tx) error {
		found = nil
		receivers, err := tx.Receivers()
		if err != nil || len(receivers) == 0 { // it is announced once there is somebody
			return err
		}
		all, err := reminders(tx)
		for _, r := range all {
			told, err := tx.Announced(r.what)
			if err != nil {
				return err
			}
			if !told && len(found) < maxReminders {
				found = append(found, r)
			}
		}
		return err
	})
	if err != nil || len(found) == 0 {
		return err
	}
	return c.store.Update(ctx, func(tx Tx) error {
		p := post{tx: tx}
		if err := p.findReceivers(); err != nil {
			return err
		}
		for _, r := range found {
			rows, err := p.deliveries(r.n, r.people)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				continue
			}
			fresh, err := tx.Announce(r.what, r.until)
			if err != nil {
				return err
			}
			if !fresh { // another replica was quicker
				continue
			}
			if err := tx.CreateDeliveries(r.n, rows); err != nil {
				return err
			}
		}
		return nil
	})
}

// reminders returns everything that is to be announced now, told or not.
func reminders(tx Tx) ([]reminder, error) {
	groups, err := tx.Groups()
	if err != nil {
		return nil, err
	}
	var all []reminder
	for _, g := range groups {
		apps, err := tx.GroupResources(g.ID, gatewright.KeyApp)
		if err != nil {
			return nil, err
		}
		for _, r := range apps {
			if r.App == nil || r.App.Disabled {
				continue
			}
			ends, err := endsOfApp(tx, g, r.App)
			if err != nil {
				return nil, err
			}
			all = append(all, ends...)
		}
		sunsets, err := sunsetsOf(tx, g)
		if err != nil {
			return nil, err
		}
		all = append(all, sunsets...)
	}
	tokens, err := endsOfTokens(tx)
	return append(all, tokens...), err
}

// ending reports whether something that ends at t is to be announced.
func ending(now, t time.Time) bool { return t.After(now) && !t.After(now.Add(EndNotice)) }

// endsOfApp returns what ends soon of an app.
func endsOfApp(tx Tx, g *gatewright.Group, app *gatewright.App) ([]reminder, error) {
	var all []reminder
	now := tx.Now()
	add := func(event gatewright.NotificationEvent, what, subject string, ends time.Time) *gatewright.Notification {
		n := newNotification(now, event)
		n.Subject, n.Group, n.GroupName = subject, g.ID, g.Name
		n.Data["app"], n.Data["expires"] = app.Name, rfc3339(ends)
		all = append(all, reminder{
			what: fmt.Sprintf("%s %d", what, ends.UnixMicro()), until: ends, n: n,
			people: func(a *audience) error { return a.add(app.Owner) },
		})
		return n
	}
	for _, k := range app.Credentials {
		if k.RevokedAt.IsZero() && ending(now, k.ExpiresAt) {
			add(gatewright.EventCredentialEnds, string(k.ID), app.Name+": "+k.Name, k.ExpiresAt)
		}
	}
	for _, grant := range app.Grants {
		if !ending(now, grant.ExpiresAt) {
			continue
		}
		api, err := tx.API(grant.API)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		n := add(gatewright.EventGrantEnds, fmt.Sprintf("%s %s %s", g.ID, app.ID, grant.API), app.Name+" → "+api.Name, grant.ExpiresAt)
		n.API, n.APIName = api.ID, api.Name
	}
	return all, nil
}

// sunsetsOf returns the tracks of a group whose sunset has come.
func sunsetsOf(tx Tx, g *gatewright.Group) ([]reminder, error) {
	slots, err := tx.Slots(SlotFilter{Group: g.ID, Deployed: true})
	if err != nil {
		return nil, err
	}
	now := tx.Now()
	var all []reminder
	for _, s := range slots {
		l := s.Lifecycle
		if l == nil || l.SunsetAt.IsZero() || !l.RetiredAt.IsZero() || l.SunsetAt.After(now) || now.Sub(l.SunsetAt) > sunsetNotice {
			continue
		}
		api, err := tx.API(s.API)
		if err != nil {
			return nil, err
		}
		n := newNotification(now, gatewright.EventSunset)
		n.Subject, n.API, n.APIName, n.Track, n.Group, n.GroupName = api.Name+"@"+s.Track, api.ID, api.Name, s.Track, g.ID, g.Name
		n.Data["sunset"], n.Data["successor"] = rfc3339(l.SunsetAt), l.Successor
		all = append(all, reminder{
			what: fmt.Sprintf("%s %s %s %d", g.ID, s.API, s.Track, l.SunsetAt.UnixMicro()), until: l.SunsetAt.Add(2 * sunsetNotice), n: n,
			people: func(a *audience) error {
				if err := a.ofAPI(api.ID); err != nil {
					return err
				}
				return a.callers(g.ID, api.ID)
			},
		})
	}
	return all, nil
}

// endsOfTokens returns the tokens of the management API that end soon.
func endsOfTokens(tx Tx) ([]reminder, error) {
	tokens, err := tx.Tokens()
	if err != nil {
		return nil, err
	}
	now := tx.Now()
	var all []reminder
	for _, t := range tokens {
		if !t.RevokedAt.IsZero() || !ending(now, t.ExpiresAt) {
			continue
		}
		owner := t.CreatedBy
		if t.Owner != "" {
			u, err := tx.User(t.Owner)
			if isNotFound(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			owner = u.Name
		}
		n := newNotification(now, gatewright.EventCredentialEnds)
		n.Subject = "token " + t.Name
		n.Data["expires"] = rfc3339(t.ExpiresAt)
		all = append(all, reminder{
			what: fmt.Sprintf("%s %d", t.ID, t.ExpiresAt.UnixMicro()), until: t.ExpiresAt, n: n,
			people: func(a *audience) error { return a.add(owner) },
		})
	}
	return all, nil
}
