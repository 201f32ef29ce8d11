package control

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

const (
	// keyPrefix begins the keys of apps, so that people and scanners know them.
	keyPrefix = "gwk_"
	// keyHint is how many characters of a key are kept to recognise it by.
	keyHint = len(keyPrefix) + 4
	// maxCallers bounds the apps that are read to tell who may call an API.
	maxCallers = 10_000
)

// AppInfo is an app and the names of the APIs it is granted.
type AppInfo struct {
	*gatewright.App
	APIs map[gatewright.APIID]string // "" for one that was deleted
}

// Apps lists the apps of a group by name.
func (c *Control) Apps(ctx context.Context, group string) ([]AppInfo, error) {
	var infos []AppInfo
	err := c.store.View(ctx, func(tx Tx) error {
		g, err := findGroup(tx, group)
		if err != nil {
			return err
		}
		apps, err := appsOf(tx, g)
		if err != nil {
			return err
		}
		infos = make([]AppInfo, len(apps))
		names := map[gatewright.APIID]string{}
		for i, a := range apps {
			infos[i] = AppInfo{a, names}
			if err := nameGrants(tx, a, names); err != nil {
				return err
			}
		}
		return nil
	})
	return infos, err
}

func nameGrants(tx Tx, app *gatewright.App, names map[gatewright.APIID]string) error {
	for _, g := range app.Grants {
		if _, known := names[g.API]; known {
			continue
		}
		api, err := tx.API(g.API)
		if err != nil && !isNotFound(err) {
			return err
		}
		if names[g.API] = ""; err == nil {
			names[g.API] = api.Name
		}
	}
	return nil
}

func appsOf(tx Tx, g *gatewright.Group) ([]*gatewright.App, error) {
	all, err := tx.GroupResources(g.ID, gatewright.KeyApp)
	if err != nil {
		return nil, err
	}
	apps := make([]*gatewright.App, len(all))
	for i, r := range all {
		apps[i] = r.App
	}
	slices.SortFunc(apps, func(a, b *gatewright.App) int { return cmp.Compare(a.Name, b.Name) })
	return apps, nil
}

// App returns an app of a group by name or ID.
func (c *Control) App(ctx context.Context, group, name string) (AppInfo, error) {
	info := AppInfo{APIs: map[gatewright.APIID]string{}}
	err := c.store.View(ctx, func(tx Tx) error {
		g, err := findGroup(tx, group)
		if err != nil {
			return err
		}
		if info.App, err = findApp(tx, g, name); err != nil {
			return err
		}
		return nameGrants(tx, info.App, info.APIs)
	})
	return info, err
}

func findApp(tx Tx, g *gatewright.Group, name string) (*gatewright.App, error) {
	if strings.HasPrefix(name, "app_") {
		r, err := tx.GroupResource(g.ID, gatewright.AppKey(gatewright.AppID(name)))
		if err == nil {
			return r.App, nil
		}
		if !isNotFound(err) {
			return nil, err
		}
	}
	apps, err := appsOf(tx, g)
	if err != nil {
		return nil, err
	}
	for _, a := range apps {
		if a.Name == name {
			return a, nil
		}
	}
	return nil, gatewright.Errorf(gatewright.NotFound, "%s has no app %q; see: gatewright app list --group %q", g.Name, name, g.Name)
}

// CreateApp adds an app to a group. It has no keys and no grants yet.
func (c *Control) CreateApp(ctx context.Context, actor gatewright.Actor, group, name, description string) (*gatewright.App, error) {
	app := &gatewright.App{Name: name, Description: description, Owner: actor.Name}
	_, err := c.access(ctx, actor, group, "create app "+name, func(tx Tx, g *gatewright.Group) (*Item, error) {
		apps, err := appsOf(tx, g)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(apps, func(a *gatewright.App) bool { return strings.EqualFold(a.Name, name) }) {
			return nil, gatewright.Errorf(gatewright.Conflict, "%s has an app %q already", g.Name, name)
		}
		if len(apps) >= maxCallers {
			return nil, gatewright.Errorf(gatewright.LimitExceeded, "%s has %d apps, the limit", g.Name, len(apps))
		}
		app.ID, app.CreatedAt = gatewright.AppID(gatewright.NewID("app_", tx.Now())), tx.Now()
		return &Item{Resource: &gatewright.GroupResource{App: app}}, nil
	})
	return app, err
}

// AppPatch alters an app; nil members stay as they are.
type AppPatch struct {
	Description *string
	Owner       *string
	Disabled    *bool
}

// UpdateApp alters an app. A disabled app's keys are refused within a second.
func (c *Control) UpdateApp(ctx context.Context, actor gatewright.Actor, group, name string, p AppPatch) (*gatewright.Change, error) {
	return c.alterApp(ctx, actor, group, name, "alter app "+name, func(a *gatewright.App, _ Tx) error {
		set(&a.Description, p.Description)
		set(&a.Owner, p.Owner)
		set(&a.Disabled, p.Disabled)
		return nil
	})
}

// DeleteApp removes an app with its keys and grants.
func (c *Control) DeleteApp(ctx context.Context, actor gatewright.Actor, group, name string) (*gatewright.Change, error) {
	return c.access(ctx, actor, group, "delete app "+name, func(tx Tx, g *gatewright.Group) (*Item, error) {
		app, err := findApp(tx, g, name)
		if err != nil {
			return nil, err
		}
		return &Item{Remove: gatewright.AppKey(app.ID)}, nil
	})
}

// NewCredential says what key an app is to get.
type NewCredential struct {
	Name      string    // "" is "key-1" and so on
	NotBefore time.Time // zero: good at once
	ExpiresAt time.Time // zero: never
}

// AddCredential gives an app another key and returns it. It is shown once: its
// hash alone is kept. Keys overlap, so that callers can change from one to the
// next.
func (c *Control) AddCredential(ctx context.Context, actor gatewright.Actor, group, app string, n NewCredential) (*gatewright.Credential, string, error) {
	secret, err := newSecret()
	if err != nil {
		return nil, "", err
	}
	secret = keyPrefix + secret
	var cred gatewright.Credential
	_, err = c.alterApp(ctx, actor, group, app, "new credential for "+app, func(a *gatewright.App, tx Tx) error {
		now := tx.Now()
		if !n.ExpiresAt.IsZero() && !n.ExpiresAt.After(now) {
			return gatewright.FieldErrorf("expiresAt", "%s has passed already", n.ExpiresAt.UTC().Format(time.RFC3339))
		}
		cred = gatewright.Credential{
			ID: gatewright.CredentialID(gatewright.NewID("crd_", now)), Name: n.Name, Hint: secret[:keyHint],
			Hash: gatewright.HashBytes([]byte(secret)), CreatedAt: now, CreatedBy: actor.Name,
			NotBefore: n.NotBefore, ExpiresAt: n.ExpiresAt,
		}
		for i := 1; cred.Name == ""; i++ {
			name := "key-" + strconv.Itoa(i)
			if !slices.ContainsFunc(a.Credentials, func(o gatewright.Credential) bool { return o.Name == name }) {
				cred.Name = name
			}
		}
		a.Credentials = append(a.Credentials, cred)
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return &cred, secret, nil
}

// RevokeCredential makes a key useless, on all gateways of the group within a
// second; RemoveCredential forgets one that is.
func (c *Control) RevokeCredential(ctx context.Context, actor gatewright.Actor, group, app, credential string) (*gatewright.Change, error) {
	return c.alterApp(ctx, actor, group, app, "revoke credential "+credential+" of "+app, func(a *gatewright.App, tx Tx) error {
		i, err := credentialOf(a, credential)
		if err != nil {
			return err
		}
		if a.Credentials[i].RevokedAt.IsZero() {
			a.Credentials[i].RevokedAt = tx.Now()
		}
		return nil
	})
}

// RemoveCredential forgets a key; one that was still good is not any more.
func (c *Control) RemoveCredential(ctx context.Context, actor gatewright.Actor, group, app, credential string) (*gatewright.Change, error) {
	return c.alterApp(ctx, actor, group, app, "remove credential "+credential+" of "+app, func(a *gatewright.App, _ Tx) error {
		i, err := credentialOf(a, credential)
		if err != nil {
			return err
		}
		a.Credentials = slices.Delete(a.Credentials, i, i+1)
		return nil
	})
}

func credentialOf(a *gatewright.App, name string) (int, error) {
	i := slices.IndexFunc(a.Credentials, func(c gatewright.Credential) bool { return c.Name == name || string(c.ID) == name })
	if i < 0 {
		return 0, gatewright.Errorf(gatewright.NotFound, "app %s has no credential %q", a.Name, name)
	}
	return i, nil
}

// NewGrant says what right an app is to get.
type NewGrant struct {
	API       string // name or ID
	ExpiresAt time.Time
	QPS       int
	Clearance gatewright.SecurityLevel // "" is what the API asks for
}

// PutGrant gives an app the right to call an API, or alters it.
func (c *Control) PutGrant(ctx context.Context, actor gatewright.Actor, group, app string, n NewGrant) (*gatewright.Change, error) {
	return c.alterApp(ctx, actor, group, app, "grant "+n.API+" to "+app, func(a *gatewright.App, tx Tx) error {
		api, _, err := findAPI(tx, n.API)
		if err != nil {
			return err
		}
		if !n.ExpiresAt.IsZero() && !n.ExpiresAt.After(tx.Now()) {
			return gatewright.FieldErrorf("expiresAt", "%s has passed already", n.ExpiresAt.UTC().Format(time.RFC3339))
		}
		g := gatewright.Grant{
			API: api.ID, CreatedAt: tx.Now(), CreatedBy: actor.Name, ExpiresAt: n.ExpiresAt, QPS: n.QPS,
			Clearance: cmp.Or(n.Clearance, api.Settings.Security, gatewright.SecurityPublic),
		}
		i := slices.IndexFunc(a.Grants, func(o gatewright.Grant) bool { return o.API == api.ID })
		if i < 0 {
			a.Grants = append(a.Grants, g)
			return nil
		}
		g.CreatedAt, g.CreatedBy = a.Grants[i].CreatedAt, a.Grants[i].CreatedBy
		a.Grants[i] = g
		return nil
	})
}

// DeleteGrant takes the right to call an API away, on all gateways of the
// group within a second.
func (c *Control) DeleteGrant(ctx context.Context, actor gatewright.Actor, group, app, api string) (*gatewright.Change, error) {
	return c.alterApp(ctx, actor, group, app, "take "+api+" from "+app, func(a *gatewright.App, tx Tx) error {
		id := gatewright.APIID(api) // one that was deleted has no name any more
		if found, _, err := findAPI(tx, api); err == nil {
			id = found.ID
		} else if !isNotFound(err) {
			return err
		}
		i := slices.IndexFunc(a.Grants, func(g gatewright.Grant) bool { return g.API == id })
		if i < 0 {
			return gatewright.Errorf(gatewright.NotFound, "app %s has no grant of %q", a.Name, api)
		}
		a.Grants = slices.Delete(a.Grants, i, i+1)
		return nil
	})
}

// Caller is an app that may call an API, and by which grant.
type Caller struct {
	App   gatewright.AppID
	Name  string
	Owner string
	Grant gatewright.Grant
	Good  bool   // whether its calls are let through now
	Why   string // they are not
}

// Callers lists the apps of a group that are granted an API.
func (c *Control) Callers(ctx context.Context, group, api string) ([]Caller, error) {
	var callers []Caller
	err := c.store.View(ctx, func(tx Tx) error {
		g, err := findGroup(tx, group)
		if err != nil {
			return err
		}
		a, _, err := findAPI(tx, api)
		if err != nil {
			return err
		}
		apps, err := appsOf(tx, g)
		if err != nil {
			return err
		}
		callers = nil
		for _, app := range apps {
			for _, grant := range app.Grants {
				if grant.API == a.ID {
					why := refusedBecause(app, &grant, a, tx.Now())
					callers = append(callers, Caller{App: app.ID, Name: app.Name, Owner: app.Owner, Grant: grant, Good: why == "", Why: why})
				}
			}
		}
		return nil
	})
	return callers, err
}

// refusedBecause says why a gateway refuses an app's calls of an API; "" when
// it does not.
func refusedBecause(app *gatewright.App, g *gatewright.Grant, api *gatewright.API, now time.Time) string {
	good := func(c gatewright.Credential) bool {
		return c.RevokedAt.IsZero() && !c.NotBefore.After(now) && (c.ExpiresAt.IsZero() || c.ExpiresAt.After(now))
	}
	switch {
	case app.Disabled:
		return "the app is disabled"
	case !slices.ContainsFunc(app.Credentials, good):
		return "the app has no key that is good now"
	case !g.ExpiresAt.IsZero() && !g.ExpiresAt.After(now):
		return "the grant has expired"
	case !g.Clearance.Covers(api.Settings.Security):
		return "the clearance is " + string(g.Clearance) + ", the API asks for " + string(api.Settings.Security)
	}
	return ""
}

// alterApp alters an app by a change of its own.
func (c *Control) alterApp(ctx context.Context, actor gatewright.Actor, group, name, reason string, alter func(*gatewright.App, Tx) error) (*gatewright.Change, error) {
	return c.access(ctx, actor, group, reason, func(tx Tx, g *gatewright.Group) (*Item, error) {
		stored, err := findApp(tx, g, name)
		if err != nil {
			return nil, err
		}
		app := *stored
		app.Credentials, app.Grants = slices.Clone(stored.Credentials), slices.Clone(stored.Grants)
		if err := alter(&app, tx); err != nil {
			return nil, err
		}
		return &Item{Resource: &gatewright.GroupResource{App: &app}}, nil
	})
}

// access makes a change that overtakes all others of what item returns. The
// change is nil when nothing is altered.
func (c *Control) access(ctx context.Context, actor gatewright.Actor, group, reason string, item func(Tx, *gatewright.Group) (*Item, error)) (*gatewright.Change, error) {
	var sub *Submission
	err := c.store.Update(ctx, func(tx Tx) error {
		sub = nil
		g, err := findGroup(tx, group)
		if err != nil {
			return err
		}
		it, err := item(tx, g)
		if err != nil {
			return err
		}
		sub, _, err = c.submit(tx, actor, &Request{Kind: gatewright.ChangeAccess, Group: string(g.ID), Items: []Item{*it}, AllowNoInstance: true}, SubmitOptions{Reason: reason})
		return err
	})
	if err != nil || sub.Change == nil {
		return nil, err
	}
	c.changed(sub.Change)
	return sub.Change, nil
}
