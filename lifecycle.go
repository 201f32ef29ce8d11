package gatewright

import (
	"net/url"
	"strings"
	"time"
)

// Lifecycle says where a slot stands on its way out. Gateways tell callers by
// the Deprecation (RFC 9745), Sunset (RFC 8594) and Link headers; of a retired
// slot they answer 410 and name the successor.
type Lifecycle struct {
	DeprecatedAt time.Time `json:"deprecatedAt,omitzero"` // zero: not deprecated
	SunsetAt     time.Time `json:"sunsetAt,omitzero"`     // from when it may stop answering; zero: not said
	RetiredAt    time.Time `json:"retiredAt,omitzero"`    // zero: it still answers
	Successor    string    `json:"successor,omitempty"`   // what to use instead, in words or as "Name@v2"
	Link         string    `json:"link,omitempty"`        // page about the deprecation: http or https
}

// Validate checks form and order of the dates.
func (l *Lifecycle) Validate() error {
	if !l.SunsetAt.IsZero() && l.DeprecatedAt.IsZero() {
		return FieldErrorf("sunsetAt", "a sunset needs a deprecation before it")
	}
	if !l.SunsetAt.IsZero() && l.SunsetAt.Before(l.DeprecatedAt) {
		return FieldErrorf("sunsetAt", "sunset %s lies before the deprecation %s", l.SunsetAt.UTC().Format(time.RFC3339), l.DeprecatedAt.UTC().Format(time.RFC3339))
	}
	if err := CheckText("successor", l.Successor, MaxDescription); err != nil {
		return err
	}
	if l.Link == "" {
		return nil
	}
	u, err := url.Parse(l.Link)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(l.Link) > MaxDescription || strings.ContainsAny(l.Link, "<>\" \r\n") {
		return FieldErrorf("link", "link %q is not an http or https address without user, spaces or angle brackets", l.Link)
	}
	return nil
}
