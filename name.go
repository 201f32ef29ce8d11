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
// without leading or trailing space, control characters, and what leaves no
// trace on a screen (direction marks, fillers, joiners), which could make two
// names look the same.
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

// memberOf returns the JSON member that holds what is called what: a "folder
// name" is the member name of a folder.
func memberOf(what string) string {
	switch {
	case what == "display name":
		return "displayName"
	case strings.HasSuffix(what, " name"):
		return "name"
	case strings.HasPrefix(what, "label "):
		return "labels"
	}
	return strings.ReplaceAll(what, " ", "")
}

func checkText(what, s string, limit int) error {
	field := memberOf(what)
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
		if unprintable(r) {
			return FieldErrorf(field, "%s %q contains the unprintable character %U", what, s, r)
		}
	}
	return nil
}

// unprintable reports whether r is a control character or invisible. Fillers
// count as letters and the empty Braille cell as a symbol in Unicode, though
// nobody sees them.
func unprintable(r rune) bool {
	return !unicode.IsPrint(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || r == '\u2800'
}

// CheckReason reports whether reason can explain a change: [CheckText] with at
// most [MaxReasonLength] characters.
func CheckReason(reason string) error { return CheckText("reason", reason, MaxReasonLength) }

// CheckText reports whether text is fit for people to read: at most limit
// characters of any script. Line breaks, tabs, spaces of every width and
// joiners are allowed; other control characters and direction marks are not.
func CheckText(field, text string, limit int) error {
	if !utf8.ValidString(text) {
		return FieldErrorf(field, "%s is not valid UTF-8", field)
	}
	if n := utf8.RuneCountInString(text); n > limit {
		return FieldErrorf(field, "%s has %d characters; at most %d are allowed", field, n, limit)
	}
	for i, r := range text {
		switch {
		case r == '\n', r == '\t', r == '\u200c', r == '\u200d', unicode.Is(unicode.Zs, r):
		case r == '\r' && strings.HasPrefix(text[i+1:], "\n"): // alone it would overwrite a terminal's line
		case unprintable(r):
			return FieldErrorf(field, "%s contains the unprintable character %U", field, r)
		}
	}
	return nil
}
