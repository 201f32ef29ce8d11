package gatewright

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// VersionScheme is the form that the version labels of an API have, and with
// it what raising a label promises to callers.
type VersionScheme string

// The schemes.
const (
	SchemeSemVer     VersionScheme = "semver"      // 1.4.2, 2.0.0-rc.1; a v in front is allowed
	SchemeMajorMinor VersionScheme = "major.minor" // 1.4; a v in front is allowed
	SchemeMajor      VersionScheme = "vN"          // v3 or 3: majors alone
	SchemeCounter    VersionScheme = "VN"          // V0, V1 …: counts releases
	SchemeDate       VersionScheme = "date"        // 2026-11-21, with a name behind it or without: 2026-11-21.acacia
	SchemeNone       VersionScheme = "none"        // any label; there is no order
)

// VersionSchemes returns all schemes, strictest form first.
func VersionSchemes() []VersionScheme {
	return []VersionScheme{SchemeSemVer, SchemeMajorMinor, SchemeDate, SchemeCounter, SchemeMajor, SchemeNone}
}

// ParseVersionScheme returns the scheme called name.
func ParseVersionScheme(name string) (VersionScheme, error) {
	names := make([]string, 0, len(VersionSchemes()))
	for _, s := range VersionSchemes() {
		if string(s) == name {
			return s, nil
		}
		names = append(names, string(s))
	}
	return "", FieldErrorf("versionScheme", "there is no version scheme %q; use one of %s", name, strings.Join(names, ", "))
}

// Example returns a label of the scheme.
func (s VersionScheme) Example() string {
	switch s {
	case SchemeSemVer:
		return "1.4.2"
	case SchemeMajorMinor:
		return "1.4"
	case SchemeMajor:
		return "v3"
	case SchemeCounter:
		return "V3"
	case SchemeDate:
		return "2026-11-21"
	}
	return "spring"
}

// GuessVersionScheme returns the scheme that label follows, [SchemeNone] when
// it follows no other.
func GuessVersionScheme(label string) VersionScheme {
	for _, s := range VersionSchemes() {
		if s.Validate(label) == nil {
			return s
		}
	}
	return SchemeNone
}

// Validate reports whether label has the form of the scheme. The error names
// the scheme and an example.
func (s VersionScheme) Validate(label string) error {
	_, err := s.parse(label)
	return err
}

// Compare returns a negative number when a is older than b, 0 when they stand
// equal and a positive number when a is newer. Labels of [SchemeNone] are
// ordered like text, which only tells equal from different.
func (s VersionScheme) Compare(a, b string) (int, error) {
	va, err := s.parse(a)
	if err != nil {
		return 0, err
	}
	vb, err := s.parse(b)
	if err != nil {
		return 0, err
	}
	return va.compare(vb), nil
}

// Bump is how far one label is from another, which is what its owner promises
// about the difference.
type Bump int

// The bumps, in the order of what they allow to change.
const (
	BumpDown  Bump = iota - 1 // the label went back
	BumpNone                  // the label stayed
	BumpPatch                 // nothing that callers see
	BumpMinor                 // additions
	BumpMajor                 // anything
)

// String returns the bump as messages name it.
func (b Bump) String() string {
	switch b {
	case BumpDown:
		return "down"
	case BumpNone:
		return "none"
	case BumpPatch:
		return "patch"
	case BumpMinor:
		return "minor"
	default:
		return "major"
	}
}

// MarshalText implements [encoding.TextMarshaler].
func (b Bump) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// Bump returns what going from label from to label to promises. In 0.x the
// minor number plays the major and the patch number the minor; before a
// release (1.0.0-rc.1) nothing is promised, and every step counts as major.
// Dates and numbers of one part cannot say less than that anything may have
// changed: raising them is [BumpMajor], and so is any new label of
// [SchemeNone].
func (s VersionScheme) Bump(from, to string) (Bump, error) {
	a, err := s.parse(from)
	if err != nil {
		return BumpNone, err
	}
	b, err := s.parse(to)
	if err != nil {
		return BumpNone, err
	}
	order := a.compare(b)
	switch {
	case s == SchemeNone && order != 0:
		return BumpMajor, nil
	case order > 0:
		return BumpDown, nil
	case order == 0:
		return BumpNone, nil
	case s != SchemeSemVer && s != SchemeMajorMinor, a.suffix != "", a.numbers[0] != b.numbers[0]:
		return BumpMajor, nil
	}
	bump := BumpPatch
	if a.numbers[1] != b.numbers[1] {
		bump = BumpMinor
	}
	if a.numbers[0] == 0 {
		bump++
	}
	return bump, nil
}

// Next returns the label that follows label when the change needs the given
// bump, with the date of now for dates. A [Bump] that the scheme cannot say
// (a patch of 1.4) becomes the next larger one; [BumpNone] returns label.
// [SchemeNone] has no next label and returns an error.
func (s VersionScheme) Next(label string, bump Bump, now time.Time) (string, error) {
	v, err := s.parse(label)
	if err != nil || bump <= BumpNone {
		return label, err
	}
	switch s {
	case SchemeNone:
		return "", FieldErrorf("version", "labels of scheme none have no order; choose the label after %q yourself", label)
	case SchemeDate:
		if day := now.UTC().Format(time.DateOnly); day > v.date {
			return day, nil
		}
		return "", FieldErrorf("version", "version %q is of today or later, and scheme date has one label a day; wait, or add a name: %s.2", label, v.date)
	case SchemeMajor, SchemeCounter:
		return v.prefix + strconv.FormatUint(v.numbers[0]+1, 10), nil
	}
	n := v.numbers
	if n[0] == 0 && bump > BumpPatch {
		bump-- // in 0.x the minor number plays the major
	}
	switch bump {
	case BumpMajor:
		n = [3]uint64{n[0] + 1}
	case BumpMinor:
		n = [3]uint64{n[0], n[1] + 1}
	default:
		if s == SchemeMajorMinor {
			n = [3]uint64{n[0], n[1] + 1}
		} else {
			n[2]++
		}
	}
	if v.suffix != "" { // the release of what was before it
		n = v.numbers
	}
	next := fmt.Sprintf("%s%d.%d", v.prefix, n[0], n[1])
	if s == SchemeSemVer {
		next += "." + strconv.FormatUint(n[2], 10)
	}
	return next, nil
}

// Major returns the first number of a label, which base paths repeat ("/v2"),
// and false when labels of the scheme have none.
func (s VersionScheme) Major(label string) (uint64, bool) {
	v, err := s.parse(label)
	if err != nil || s == SchemeDate || s == SchemeNone || s == SchemeCounter {
		return 0, false
	}
	return v.numbers[0], true
}

// parsedVersion is a label in parts that compare.
type parsedVersion struct {
	prefix  string // "v" or "V" as written
	numbers [3]uint64
	date    string
	suffix  string // pre-release, or what stands behind a date, or the free label
	semver  bool   // the suffix is a pre-release: it comes before, not after
}

// The forms of the schemes. Numbers have at most 18 digits and no zero in
// front.
var (
	semVerForm     = regexp.MustCompile(`^(v?)(0|[1-9]\d{0,17})\.(0|[1-9]\d{0,17})\.(0|[1-9]\d{0,17})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$`)
	majorMinorForm = regexp.MustCompile(`^(v?)(0|[1-9]\d{0,17})\.(0|[1-9]\d{0,17})$`)
	majorForm      = regexp.MustCompile(`^(v?)(0|[1-9]\d{0,17})$`)
	counterForm    = regexp.MustCompile(`^(V)(0|[1-9]\d{0,17})$`)
	dateForm       = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:[._-]([0-9A-Za-z._-]+))?$`)
)

func (s VersionScheme) parse(label string) (parsedVersion, error) {
	if err := CheckLabel(label); err != nil {
		return parsedVersion{}, err
	}
	var v parsedVersion
	var m []string
	switch s {
	case SchemeSemVer:
		m = semVerForm.FindStringSubmatch(label)
	case SchemeMajorMinor:
		m = majorMinorForm.FindStringSubmatch(label)
	case SchemeMajor:
		m = majorForm.FindStringSubmatch(label)
	case SchemeCounter:
		m = counterForm.FindStringSubmatch(label)
	case SchemeDate:
		if m = dateForm.FindStringSubmatch(label); m != nil {
			if _, err := time.Parse(time.DateOnly, m[1]); err == nil {
				return parsedVersion{date: m[1], suffix: m[2]}, nil
			}
		}
		return v, s.mismatch(label)
	case SchemeNone:
		return parsedVersion{suffix: label}, nil
	}
	if m == nil {
		return v, s.mismatch(label)
	}
	v.prefix = m[1]
	for i := 2; i < len(m) && i < 5; i++ {
		n, err := strconv.ParseUint(m[i], 10, 64)
		if err != nil {
			return v, s.mismatch(label)
		}
		v.numbers[i-2] = n
	}
	if s == SchemeSemVer {
		v.suffix, v.semver = m[5], true
	}
	return v, nil
}

func (s VersionScheme) mismatch(label string) error {
	return FieldErrorf("version", "version %q does not follow the scheme %s of this API; write one like %s", label, s, s.Example())
}

func (v parsedVersion) compare(o parsedVersion) int {
	for i := range v.numbers {
		if c := cmp.Compare(v.numbers[i], o.numbers[i]); c != 0 {
			return c
		}
	}
	if c := strings.Compare(v.date, o.date); c != 0 {
		return c
	}
	switch {
	case !v.semver:
		return strings.Compare(v.suffix, o.suffix)
	case v.suffix == o.suffix:
		return 0
	case v.suffix == "":
		return 1
	case o.suffix == "":
		return -1
	}
	return comparePreRelease(v.suffix, o.suffix)
}

// comparePreRelease orders what stands behind the hyphen as Semantic
// Versioning 2.0.0 does: field by field, numbers before text.
func comparePreRelease(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < len(as) && i < len(bs); i++ {
		x, xErr := strconv.ParseUint(as[i], 10, 64)
		y, yErr := strconv.ParseUint(bs[i], 10, 64)
		var c int
		switch {
		case xErr == nil && yErr == nil:
			c = cmp.Compare(x, y)
		case xErr == nil:
			c = -1
		case yErr == nil:
			c = 1
		default:
			c = strings.Compare(as[i], bs[i])
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(as), len(bs))
}
