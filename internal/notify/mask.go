package notify

import (
	"net/url"
	"slices"
	"strings"
)

// minSecret is the length from which a part of a URL is taken for a token.
// Shorter ones ("v2", "hook") are ordinary words and would make messages
// unreadable.
const minSecret = 6

// mask replaces every secret in s, the longest first.
func mask(s string, secrets []string) string {
	for _, secret := range secrets {
		s = strings.ReplaceAll(s, secret, "[hidden]")
	}
	return s
}

// secretsOf returns what must not be told of a URL and of further secrets,
// the longest first: the URL as a whole, its path and query, and each part of
// them that is long enough to be a token.
func secretsOf(rawURL string, further ...string) []string {
	var found []string
	keep := func(shortest int, parts ...string) {
		for _, p := range parts {
			if len(p) >= shortest {
				found = append(found, p)
			}
		}
	}
	if u, err := url.Parse(rawURL); rawURL != "" && err == nil {
		keep(minSecret, u.RequestURI(), u.EscapedPath(), u.Path, u.RawQuery)
		keep(minSecret, strings.Split(u.EscapedPath(), "/")...)
		keep(minSecret, strings.Split(u.Path, "/")...)
		for _, pair := range strings.Split(u.RawQuery, "&") {
			_, value, _ := strings.Cut(pair, "=")
			decoded, err := url.QueryUnescape(value)
			if err != nil {
				decoded = value
			}
			keep(minSecret, value, decoded)
		}
	}
	for _, s := range further {
		keep(1, s, url.QueryEscape(s))
	}
	slices.SortFunc(found, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(found)
}
