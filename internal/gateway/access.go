package gateway

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// Fields of a request that tell the upstream which app calls. What clients
// send under these names never gets through, whoever may call.
const (
	AppHeader   = "X-Consumer-App"    // name; "%" and what is not printable ASCII are percent-encoded
	AppIDHeader = "X-Consumer-App-Id" // "app_…"
)

// access says where the keys of a slot's callers are.
type access struct {
	header    string
	query     string // "" for none
	challenge string // value of WWW-Authenticate
}

// newAccess returns nil when anybody may call.
func newAccess(a gatewright.Access) *access {
	if a.Mode == gatewright.AccessOpen {
		return nil
	}
	c := &access{header: a.Header, query: a.Query}
	if c.header == "" {
		c.header = gatewright.DefaultKeyHeader
	}
	c.challenge = `ApiKey realm="gatewright", header="` + c.header + `"`
	if c.query != "" {
		c.challenge += `, query="` + c.query + `"`
	}
	return c
}

// identity is what a request says of its caller at one slot.
type identity struct {
	slot     *liveSlot // nil: not asked yet
	app      *liveApp  // nil when it is not known
	reason   string    // for the log, why it is not known
	repeated bool      // more than one key was given
}

// identify finds out which app calls s. Asked again it says the same.
func (c *call) identify(s *liveSlot) *identity {
	if c.identity.slot == s {
		return &c.identity
	}
	c.identity = identity{slot: s}
	if s.access == nil {
		return &c.identity
	}
	id := &c.identity
	key, given := c.presented(s.access)
	switch {
	case id.repeated:
		id.reason = "more than one key"
		return id
	case !given:
		id.reason = "no key"
		return id
	}
	c.line = append(c.line[:0], key...)
	c.sum = sha256.Sum256(c.line)
	k, known := c.runtime.keys.Get(c.sum[:])
	now := c.now()
	switch {
	case !known:
		id.reason = "unknown key"
	case now.Before(k.notBefore):
		id.reason = "the key of app " + k.app.resource.Name + " is not good yet"
	case !k.expires.IsZero() && !now.Before(k.expires):
		id.reason = "the key of app " + k.app.resource.Name + " has expired"
	default:
		id.app = k.app
	}
	return id
}

// presented returns the key the client sent. It sets identity.repeated when it
// sent several.
func (c *call) presented(a *access) (key string, given bool) {
	h := &c.ex.Header
	for i := range h.Len() {
		if f := h.At(i); exchange.EqualName(f.Name, a.header) {
			c.identity.repeated = c.identity.repeated || given
			key, given = f.Value, true
		}
	}
	if a.query == "" {
		return key, given
	}
	inQuery := false
	q := query{c.ex.Query}
	for name, value, ok := q.next(); ok; name, value, ok = q.next() {
		if !equalDecoded(name, a.query) {
			continue
		}
		c.identity.repeated = c.identity.repeated || inQuery || given && !equalDecoded(value, key)
		if inQuery = true; !given {
			key = decoded(value)
		}
	}
	return key, given || inQuery
}

// now returns the time, the same for all decisions about the request.
func (c *call) now() time.Time {
	if c.at.IsZero() {
		c.at = c.g.cfg.Clock()
	}
	return c.at
}

// authorise lets the request pass if its app may call the slot now, and
// answers it if not. What it says to strangers does not depend on which keys
// there are.
func (c *call) authorise() bool {
	s, ex := c.slot, c.ex
	id := c.identify(s)
	if id.repeated {
		c.respond(ex, problemKeys, id.reason)
		return false
	}
	if id.app == nil {
		ex.Response.Header.AddParsed("WWW-Authenticate", s.access.challenge)
		c.respond(ex, problemUnauthenticated, id.reason)
		return false
	}
	app := id.app
	c.app = app
	grant := app.grants[s.resource.API]
	switch {
	case grant == nil:
		c.forbid(problemNoGrant, "App %s has no grant for the API %s. Ask for one.")
		return false
	case !grant.expires.IsZero() && !c.now().Before(grant.expires):
		c.forbid(problemNoGrant, "The grant of app %s for the API %s has expired. Ask for a new one.")
		return false
	case !grant.clearance.Covers(s.resource.Security):
		c.forbid(problemClearance, "The clearance of app %s for the API %s is "+string(grant.clearance)+"; it needs "+string(s.resource.Security)+". Ask for a grant with that.")
		return false
	}
	if !c.dry {
		if wait := grant.limit.take(c.now()); wait > 0 {
			c.limited(wait, "App %s may call the API %s %d times a second here.", app.resource.Name, s.resource.Name, grant.limit.qps)
			return false
		}
	}
	c.strip(s.access)
	ex.Header.AddParsed(AppHeader, app.name)
	ex.Header.AddParsed(AppIDHeader, string(app.resource.ID))
	return true
}

// forbid answers that the app may not call the API.
func (c *call) forbid(p exchange.Problem, format string) {
	p.Detail = fmt.Sprintf(format, c.app.resource.Name, c.slot.resource.Name)
	c.respond(c.ex, p, "")
}

// limited answers that there have been too many requests.
func (c *call) limited(wait time.Duration, format string, args ...any) {
	seconds := max(1, int((wait+time.Second-1)/time.Second))
	c.ex.Response.Header.AddParsed("Retry-After", strconv.Itoa(seconds))
	p := problemLimit
	p.Detail = fmt.Sprintf(format, args...)
	c.respond(c.ex, p, "")
}

// strip takes the key out of what the upstream gets.
func (c *call) strip(a *access) {
	ex := c.ex
	ex.Header.DelLoose(a.header)
	if a.query == "" || !ex.Target.HasQuery {
		return
	}
	q := query{ex.Target.Query}
	for name, _, ok := q.next(); ok; name, _, ok = q.next() {
		if equalDecoded(name, a.query) {
			ex.Target.Query = withoutParam(ex.Target.Query, a.query)
			ex.Target.HasQuery = ex.Target.Query != ""
			return
		}
	}
}
