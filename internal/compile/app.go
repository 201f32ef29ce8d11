package compile

import "github.com/gatewright/gatewright"

// App compiles a caller. A revoked credential gives no key, and a disabled app
// has none. What begins and ends by itself stays in it as a date, for gateways
// to judge: compiling looks at no clock.
func App(app *gatewright.App) *gatewright.Resource {
	r := &gatewright.AppResource{ID: app.ID, Name: app.Name}
	for i := range app.Credentials {
		if c := &app.Credentials[i]; c.RevokedAt.IsZero() && !app.Disabled {
			r.Keys = append(r.Keys, gatewright.KeyResource{Hash: c.Hash, NotBefore: c.NotBefore.UTC(), ExpiresAt: c.ExpiresAt.UTC()})
		}
	}
	for i := range app.Grants {
		g := &app.Grants[i]
		r.Grants = append(r.Grants, gatewright.GrantResource{API: g.API, ExpiresAt: g.ExpiresAt.UTC(), QPS: g.QPS, Clearance: g.Clearance})
	}
	return &gatewright.Resource{Format: gatewright.ResourceFormat, App: r}
}
