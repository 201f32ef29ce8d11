package gateway

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// lifecycle is what all responses of a slot tell about its end. The zero value
// tells nothing.
type lifecycle struct {
	deprecation string // value of the field, RFC 9745; "" for none
	sunset      string // value of the field, RFC 8594; "" for none
	links       []string
	retired     *exchange.Problem // nil while the slot answers
}

func newLifecycle(l *gatewright.Lifecycle) lifecycle {
	var c lifecycle
	if l == nil {
		return c
	}
	if !l.DeprecatedAt.IsZero() {
		c.deprecation = "@" + strconv.FormatInt(l.DeprecatedAt.Unix(), 10)
	}
	if !l.SunsetAt.IsZero() {
		c.sunset = l.SunsetAt.UTC().Format(http.TimeFormat)
	}
	if l.Link != "" && linkable(l.Link) {
		c.links = append(c.links, "<"+l.Link+`>; rel="deprecation"`)
	}
	if linkable(l.Successor) {
		c.links = append(c.links, "<"+l.Successor+`>; rel="successor-version"`)
	}
	if !l.RetiredAt.IsZero() {
		p := problemRetired
		p.Detail = "It was retired on " + l.RetiredAt.UTC().Format(time.DateOnly) + " and does not answer any more."
		if l.Successor != "" {
			p.Detail += " Use " + l.Successor + " instead."
		}
		c.retired = &p
	}
	return c
}

// linkable reports whether s is an address that can stand in a Link field as
// it is.
func linkable(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' || r == '"' })
}

// announce sets the dates. They win over the upstream's.
func (l *lifecycle) announce(h *exchange.Header) {
	if l.deprecation != "" {
		h.AddParsed("Deprecation", l.deprecation)
	}
	if l.sunset != "" {
		h.AddParsed("Sunset", l.sunset)
	}
}

// link adds the links to those that the response has already. It must not be
// called before the upstream's are known.
func (l *lifecycle) link(h *exchange.Header) {
	for _, v := range l.links {
		h.AddParsed("Link", v)
	}
}
