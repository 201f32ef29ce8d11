package gatewright

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// UserID identifies a person ("usr_…").
type UserID string

// Limits of a user's members.
const (
	MaxUserNameLength = 64  // of a login name, in runes
	MaxEmailLength    = 254 // of an e-mail address, in bytes
)

// User is a person who works with Gatewright.
type User struct {
	ID          UserID    `json:"id"`
	Name        string    `json:"name"`                  // the login; unique whatever its case, see CheckUserName
	DisplayName string    `json:"displayName,omitempty"` // what others see; Name when empty
	Email       string    `json:"email,omitempty"`
	Password    string    `json:"-"`                     // PHC string of the password; "" when there is none to log in with
	OIDCIssuer  string    `json:"oidcIssuer,omitempty"`  // with OIDCSubject, who the person is at an OpenID provider
	OIDCSubject string    `json:"oidcSubject,omitempty"` // unique within its issuer
	Disabled    bool      `json:"disabled,omitempty"`    // neither login, session nor token is of use
	Language    string    `json:"language,omitempty"`    // BCP 47 tag; "" for the browser's
	CreatedAt   time.Time `json:"createdAt"`
	LastLogin   time.Time `json:"lastLogin,omitzero"`
}

// languageTag is the form of a BCP 47 language tag; whether the language
// exists is not asked.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$`)

// Validate checks the user's own members.
func (u *User) Validate() error {
	if err := CheckUserName(u.Name); err != nil {
		return err
	}
	if u.DisplayName != "" {
		if err := CheckName("display name", u.DisplayName); err != nil {
			return err
		}
	}
	if u.Email != "" {
		if err := CheckEmail(u.Email); err != nil {
			return err
		}
	}
	if u.Language != "" && !languageTag.MatchString(u.Language) {
		return FieldErrorf("language", "language %q is not a tag such as en, de or zh-CN", u.Language)
	}
	if (u.OIDCIssuer == "") != (u.OIDCSubject == "") {
		return FieldErrorf("oidcSubject", "a user is known at an OpenID provider by issuer and subject; one of them is missing")
	}
	return nil
}

// Label returns what to call the user in text.
func (u *User) Label() string {
	if u.DisplayName != "" {
		return u.DisplayName
	}
	return u.Name
}

// CheckUserName reports whether name can be a login: 1 to [MaxUserNameLength]
// runes in any script, without spaces, control characters and what leaves no
// trace on a screen. That two logins do not differ by case or by how their
// accents are written is not decided here: package auth has the form in which
// logins are compared.
func CheckUserName(name string) error {
	if err := checkText("user name", name, MaxUserNameLength); err != nil {
		return err
	}
	if strings.ContainsFunc(name, unicode.IsSpace) {
		return FieldErrorf("name", "user name %q contains white space", name)
	}
	return nil
}

// CheckEmail reports whether address has the form of an e-mail address:
// something, one @, a domain; at most [MaxEmailLength] bytes. Whether it takes
// mail only sending some shows.
func CheckEmail(address string) error {
	if len(address) > MaxEmailLength {
		return FieldErrorf("email", "e-mail address has %d bytes; at most %d are allowed", len(address), MaxEmailLength)
	}
	local, domain, found := strings.Cut(address, "@")
	strange := strings.ContainsFunc(address, func(r rune) bool {
		return r == utf8.RuneError || unprintable(r) || unicode.IsSpace(r) || strings.ContainsRune(`,;:<>()[]"\`, r)
	})
	if !found || strange || local == "" || domain == "" || strings.Contains(domain, "@") {
		return FieldErrorf("email", "%q is not an e-mail address such as anna@example.com", address)
	}
	return nil
}
