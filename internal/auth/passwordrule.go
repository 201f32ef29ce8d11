package auth

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"github.com/gatewright/gatewright"
)

// Limits of a password.
const (
	MinPasswordLength = 12  // runes
	MaxPasswordLength = 256 // runes

	maxPasswordBytes  = MaxPasswordLength * utf8.UTFMax
	minDistinctRunes  = 5
	minNameInPassword = 4 // runes; shorter names are in every other password
)

// CheckPassword reports whether the person with that login may have that
// password: long enough, and not one of the first that anybody tries. There is
// no rule about kinds of characters: they make passwords harder to remember and
// no harder to guess.
func CheckPassword(userName, password string) error {
	refuse := func(format string, args ...any) error { return gatewright.FieldErrorf("password", format, args...) }
	n := utf8.RuneCountInString(password)
	switch {
	case n < MinPasswordLength:
		return refuse("the password has %d characters; at least %d are needed, and a few words in a row are easy to remember", n, MinPasswordLength)
	case n > MaxPasswordLength:
		return refuse("the password has %d characters; at most %d are allowed", n, MaxPasswordLength)
	}
	prepared, err := precis.OpaqueString.String(password)
	if err != nil {
		return refuse("the password has characters that not every keyboard and browser sends the same; leave out control characters")
	}
	lower := strings.ToLower(prepared)
	name := strings.ToLower(userName)
	local, _, _ := strings.Cut(name, "@")
	switch {
	case utf8.RuneCountInString(local) >= minNameInPassword && strings.Contains(lower, local):
		return refuse("the password contains the user name, which is tried first")
	case distinct(lower) < minDistinctRunes:
		return refuse("the password has fewer than %d different characters", minDistinctRunes)
	case worst(lower):
		return refuse("the password is among those that are tried first; take something that nobody else has")
	}
	return nil
}

// distinct returns how many different runes s has.
func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// worst reports whether a lower-case password is one or two of the most common
// ones, perhaps repeated, with digits and signs around it, or with letters replaced
// by digits that look like them.
func worst(password string) bool {
	// What stands at the end was put there to please a rule, and is no letter.
	plain := strings.TrimRightFunc(password, func(r rune) bool { return !unicode.IsLetter(r) })
	plain = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i").Replace(plain)
	for _, form := range []string{password, plain} {
		letters := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return r
			}
			return -1
		}, form)
		if letters != "" && ofWorstWords(letters, 2) {
			return true
		}
	}
	return alongKeys(password)
}

// ofWorstWords reports whether the letters are at most that many different
// worst words, each perhaps repeated.
func ofWorstWords(letters string, words int) bool {
	if letters == "" || words == 0 {
		return letters == ""
	}
	for _, w := range worstWords() {
		if rest := strings.ReplaceAll(letters, w, ""); rest != letters && ofWorstWords(rest, words-1) {
			return true
		}
	}
	return false
}

// alongKeys reports whether the password goes along rows of the keyboard, the
// alphabet or the digits, forwards or backwards, all the way through.
func alongKeys(password string) bool {
	const rows = "01234567890 abcdefghijklmnopqrstuvwxyz qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop 1qaz2wsx3edc4rfv5tgb6yhn 1q2w3e4r5t6y7u8i9o0p !@#$%^&*()"
	runes := []rune(password)
	steps := 0
	for i := 1; i < len(runes); i++ {
		if strings.Contains(rows, string(runes[i-1:i+1])) || strings.Contains(rows, string([]rune{runes[i], runes[i-1]})) {
			steps++
		}
	}
	// A few jumps from one row to the next do not make it better.
	return 4*steps >= 3*(len(runes)-1)
}

// worstWords are the words that the most common passwords consist of.
func worstWords() []string {
	return []string{
		"password", "passwort", "passwd", "passphrase", "pass", "admin", "administrator", "adminadmin", "root", "superadmin",
		"letmein", "letmeinnow", "welcome", "welcometo", "changeme", "changemenow", "changeit", "default", "secret", "topsecret",
		"iloveyou", "iloveu", "iloveyouforever", "sunshine", "princess", "football", "baseball", "basketball", "superman", "batman",
		"dragon", "monkey", "master", "shadow", "michael", "jennifer", "trustno", "trustnoone", "whatever", "starwars",
		"qwerty", "qwertz", "azerty", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abc", "abcd", "abcdef", "test",
		"testtest", "testing", "guest", "user", "demo", "hello", "helloworld", "correcthorsebatterystaple", "gatewright", "gateway",
		"woaini", "mypassword", "passwordpassword", "yourpassword", "newpassword", "thisismypassword", "computer", "internet", "summer", "winter",
	}
}
