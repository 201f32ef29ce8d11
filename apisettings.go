package gatewright

import (
	"regexp"
	"slices"
	"unicode/utf8"
)

// Limits of an API's settings.
const (
	MaxDataAPINameLength = 30        // of an API of data, in characters
	MaxQPSSetting        = 1_000_000 // requests per second
	MaxRowsSetting       = 1_000_000 // rows of one answer
	MaxCollaborators     = 100
	MaxPins              = 100 // revisions of one API
)

var dataAPIName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// CheckAPIName reports whether name can name an API of that kind. All kinds
// take what [CheckName] takes, except what looks like an identifier; an API of
// data takes A to Z, a to z, digits and underscores alone, at most
// [MaxDataAPINameLength] of them (a rule of DataLeap).
func CheckAPIName(kind Kind, name string) error {
	if err := CheckName("API name", name); err != nil {
		return err
	}
	if len(name) >= len(apiIDPrefix) && name[:len(apiIDPrefix)] == apiIDPrefix {
		return FieldErrorf("APIname", "API name %q begins with %s, as identifiers do", name, apiIDPrefix)
	}
	if kind != KindData {
		return nil
	}
	if n := utf8.RuneCountInString(name); n > MaxDataAPINameLength {
		return FieldErrorf("APIname", "API name %q has %d characters; an API of data has at most %d", name, n, MaxDataAPINameLength)
	}
	if !dataAPIName.MatchString(name) {
		return FieldErrorf("APIname", "API name %q of an API of data has characters other than A to Z, a to z, digits and underscores", name)
	}
	return nil
}

const apiIDPrefix = "api_"

// Validate checks the form of the settings. Whether folder, tags and pinned
// revisions exist is not asked here.
func (s *APISettings) Validate() error {
	if err := CheckDescription(s.Description); err != nil {
		return err
	}
	if s.Scheme != "" {
		if _, err := ParseVersionScheme(string(s.Scheme)); err != nil {
			return err
		}
	}
	if s.Security != "" {
		if err := s.Security.Validate(); err != nil {
			return err
		}
	}
	if err := checkLimit("maxQPS", "requests per second", s.MaxQPS, MaxQPSSetting); err != nil {
		return err
	}
	if err := checkLimit("maxRows", "rows", s.MaxRows, MaxRowsSetting); err != nil {
		return err
	}
	if err := checkDistinctNames("collaborators", s.Collaborators, MaxCollaborators, func(name string) error { return CheckName("collaborator", name) }); err != nil {
		return err
	}
	if err := checkDistinctNames("tags", s.Tags, MaxTagsPerAPI, func(TagID) error { return nil }); err != nil {
		return err
	}
	return checkDistinctNames("pinned", s.Pinned, MaxPins, func(n int) error {
		if n < 1 {
			return FieldErrorf("pinned", "%d is no number of a revision", n)
		}
		return nil
	})
}

func checkLimit(field, what string, n, most int) error {
	if n < 0 || n > most {
		return FieldErrorf(field, "%s is %d; it is a positive number of %s, at most %d, or 0 for no limit", field, n, what, most)
	}
	return nil
}

func checkDistinctNames[T comparable](field string, all []T, most int, check func(T) error) error {
	if len(all) > most {
		return FieldErrorf(field, "%d %s; at most %d are allowed", len(all), field, most)
	}
	for i, v := range all {
		if err := check(v); err != nil {
			return err
		}
		if slices.Contains(all[:i], v) {
			return FieldErrorf(field, "%s lists %v twice", field, v)
		}
	}
	return nil
}

// Clone returns a deep copy.
func (s APISettings) Clone() APISettings {
	s.Tags, s.Collaborators, s.Pinned = slices.Clone(s.Tags), slices.Clone(s.Collaborators), slices.Clone(s.Pinned)
	return s
}
