package breaking

import (
	"fmt"
	"slices"

	"github.com/gatewright/gatewright"
)

// Level says what a change means for callers. Levels are ordered: the level of
// a report is the highest of its findings.
type Level int

// The levels.
const (
	None     Level = iota // nothing that means anything changed
	Doc                   // descriptions, examples, tags
	Patch                 // settings of the gateway and names that callers do not see
	Minor                 // additions that no caller has to know of
	Risky                 // some callers may notice: new values, other defaults
	Major                 // callers that do as the old document says fail
	Identity              // the API is no longer where, or what, it was
	Unknown               // the comparison did not come to its end
)

func levelNames() []string {
	return []string{"none", "doc", "patch", "minor", "risky", "major", "identity", "unknown"}
}

// String returns the level's name.
func (l Level) String() string {
	if names := levelNames(); l >= 0 && int(l) < len(names) {
		return names[l]
	}
	return fmt.Sprintf("level %d", int(l))
}

// ParseLevel returns the level called name. [Unknown] is a verdict and cannot
// be asked for.
func ParseLevel(name string) (Level, error) {
	names := levelNames()[:Unknown]
	if i := slices.Index(names, name); i >= 0 {
		return Level(i), nil
	}
	return None, gatewright.FieldErrorf("level", "there is no level %q; use one of %v", name, names)
}

// MarshalText implements [encoding.TextMarshaler].
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (l *Level) UnmarshalText(text []byte) error {
	i := slices.Index(levelNames(), string(text))
	if i < 0 {
		return fmt.Errorf("there is no level %q", text)
	}
	*l = Level(i)
	return nil
}

// Bump returns how far a version must be raised for a change of the level.
func (l Level) Bump() gatewright.Bump {
	switch {
	case l <= Doc:
		return gatewright.BumpNone
	case l == Patch:
		return gatewright.BumpPatch
	case l <= Risky:
		return gatewright.BumpMinor
	default:
		return gatewright.BumpMajor
	}
}
