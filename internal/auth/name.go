package auth

import (
	"strings"
	"unicode"

	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"

	"github.com/gatewright/gatewright"
)

// UserName returns a login as it is shown and as it is compared. Two logins
// are the same when their keys are: case, the way accents are written and the
// width of letters make no difference (RFC 8265, UsernameCaseMapped). Whatever
// that profile refuses, direction marks and mixtures of directions among it,
// cannot be a login.
func UserName(name string) (shown, key string, err error) {
	shown = norm.NFC.String(name)
	if err := gatewright.CheckUserName(shown); err != nil {
		return "", "", err
	}
	key, err = precis.UsernameCaseMapped.String(shown)
	if err != nil {
		return "", "", gatewright.FieldErrorf("name", "user name %q has characters that a login cannot have; use letters, digits and - . _ @ +", shown)
	}
	return shown, key, nil
}

// EmailKey returns an e-mail address as it is compared.
func EmailKey(address string) string { return strings.ToLower(norm.NFC.String(address)) }

// printable returns s without what is not printable, at most limit bytes of it.
func printable(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s[:min(len(s), limit)])
	return s
}
