package gatewright

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits on what people type, in runes.
const (
	MaxNameLength   = 256  // names of APIs, groups, registries
	MaxLabelLength  = 128  // version labels
	MaxReasonLength = 2000 // reasons given for a change
)

// CheckName reports whether name can name a thing called what ("API name",
// "group name"): 1 to [MaxNameLength] runes of printable text in any script,
// without leading or trailing space, control characters or invisible
// direction marks, which could make two names look the same.
func CheckName(what, name string) error {
	return checkText(what, name, MaxNameLength)
}

// CheckLabel reports whether label can be a version label: 1 to
// [MaxLabelLength] printable runes without white space.
func CheckLabel(label string) error {
	if err := checkText("version", label, MaxLabelLength); err != nil {
		return err
	}
	if strings.ContainsFunc(label, unicode.IsSpace) {
		return FieldErrorf("version", "version %q contains white space", label)
	}
	return nil
}

func checkText(what, s string, limit int) error {
	field := strings.ReplaceAll(what, " ", "")
	switch {
	case s == "":
		return FieldErrorf(field, "%s is empty", what)
	case !utf8.ValidString(s):
		return FieldErrorf(field, "%s is not valid UTF-8", what)
	case utf8.RuneCountInString(s) > limit:
		return FieldErrorf(field, "%s has %d characters; at most %d are allowed", what, utf8.RuneCountInString(s), limit)
	case strings.TrimSpace(s) != s:
		return FieldErrorf(field, "%s %q begins or ends with white space", what, s)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return FieldErrorf(field, "%s %q contains the unprintable character %U", what, s, r)
		}
	}
	return nil
}

// CheckReason reports whether reason can explain a change: at most
// [MaxReasonLength] runes of text; line breaks are allowed, other control
// characters are not.
func CheckReason(reason string) error {
	if !utf8.ValidString(reason) {
		return FieldErrorf("reason", "reason is not valid UTF-8")
	}
	if n := utf8.RuneCountInString(reason); n > MaxReasonLength {
		return FieldErrorf("reason", "reason has %d characters; at most %d are allowed", n, MaxReasonLength)
	}
	for _, r := range reason {
		if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			return FieldErrorf("reason", "reason contains the unprintable character %U", r)
		}
	}
	return nil
}
