package control

import (
	"fmt"
	"slices"
	"time"

	"github.com/gatewright/gatewright"
)

// regained returns what callers could do again if an app became what it was,
// "" when nothing. What was taken from an app is given again on purpose or not
// at all: a key that was revoked because others know it must never be good
// again in passing.
func regained(now *gatewright.GroupResource, then *gatewright.App) string {
	if now == nil || now.App == nil {
		return "was deleted, and its keys would be good again; make it anew with keys of its own"
	}
	is := now.App
	if is.Disabled && !then.Disabled {
		return "is disabled, and its keys would be good again; enable it on purpose"
	}
	for i := range then.Credentials {
		if c := &then.Credentials[i]; c.RevokedAt.IsZero() && !coversCredential(is, c) {
			return fmt.Sprintf("its key %s would be good again, or for longer; make a new key", c.Name)
		}
	}
	for i := range then.Grants {
		if !coversGrant(is, &then.Grants[i]) {
			return "it would have a grant again that was taken or narrowed; grant it on purpose"
		}
	}
	return ""
}

// coversCredential reports whether the app has the key now for as long as c
// says.
func coversCredential(is *gatewright.App, c *gatewright.Credential) bool {
	return slices.ContainsFunc(is.Credentials, func(o gatewright.Credential) bool {
		return o.ID == c.ID && o.Hash == c.Hash && o.RevokedAt.IsZero() &&
			!c.NotBefore.Before(o.NotBefore) && endsBy(c.ExpiresAt, o.ExpiresAt)
	})
}

// coversGrant reports whether the app has now all that g gives.
func coversGrant(is *gatewright.App, g *gatewright.Grant) bool {
	return slices.ContainsFunc(is.Grants, func(o gatewright.Grant) bool {
		return o.API == g.API && endsBy(g.ExpiresAt, o.ExpiresAt) &&
			(o.QPS == 0 || g.QPS != 0 && g.QPS <= o.QPS) && o.Clearance.Covers(g.Clearance)
	})
}

// endsBy reports whether what ends at end, zero being never, ends no later
// than limit.
func endsBy(end, limit time.Time) bool {
	return limit.IsZero() || !end.IsZero() && !end.After(limit)
}

// repassed returns why a data source does not become what it was, "" when it
// may: a password that was replaced is not used again in passing.
func repassed(now *gatewright.GroupResource, then *gatewright.DataSource) string {
	switch {
	case now == nil || now.Source == nil:
		return "was removed, and its password with it; add it again"
	case now.Source.Password != then.Password:
		return "its old password would be used again; set the password on purpose"
	}
	return ""
}
