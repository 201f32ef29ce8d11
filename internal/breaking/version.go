package breaking

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"

	"github.com/gatewright/gatewright"
)

// VersionVerdict says whether info.version was raised as far as the content
// demands.
type VersionVerdict struct {
	Scheme     gatewright.VersionScheme `json:"scheme"`
	Old        string                   `json:"old"`
	New        string                   `json:"new"`
	Declared   gatewright.Bump          `json:"declared"` // what going from Old to New promises
	Sufficient bool                     `json:"sufficient"`
	Needed     string                   `json:"needed,omitempty"` // the lowest version that would do, when the scheme tells
	Message    string                   `json:"message"`
}

// versions returns info.version of both documents and their scheme.
func (c *comparer) versions() (old, new string, scheme gatewright.VersionScheme) {
	old, new = text(c.was.root.Get("info").Get("version")), text(c.now.root.Get("info").Get("version"))
	scheme = c.budget.limits.Scheme
	if scheme == "" {
		scheme = gatewright.GuessVersionScheme(old)
	}
	return old, new, scheme
}

// compareVersions finds versions that contradict what was before them.
func (c *comparer) compareVersions() {
	old, new, scheme := c.versions()
	if old == "" || new == "" || old == new {
		return
	}
	site := c.graph.whole("document")
	at := c.now.onKey(c.now.root.Get("info"), "version")
	bump, err := scheme.Bump(old, new)
	switch {
	case err != nil && scheme.Validate(old) == nil:
		c.find(site, "version-form", at, old, fmt.Sprintf("%s, which is no version like %s", clip(new), scheme.Example()))
	case err == nil && bump == gatewright.BumpDown:
		c.find(site, "version-decreased", at, old, new)
	}
	if path, declared, ok := c.now.mismatch(scheme); ok {
		if _, _, before := c.was.mismatch(scheme); !before {
			c.find(site, "version-path-mismatch", at, old, fmt.Sprintf("%s at base path %s", declared, path))
		}
	}
}

var versionSegment = regexp.MustCompile(`/v(\d{1,9})(?:/|$)`)

// mismatch reports whether the version's major number is not the one in the
// base path. Before 1.0 anything goes.
func (s *spec) mismatch(scheme gatewright.VersionScheme) (path, version string, ok bool) {
	version = text(s.root.Get("info").Get("version"))
	major, numbered := scheme.Major(version)
	if !numbered || major == 0 {
		return "", "", false
	}
	for _, base := range s.where().bases {
		if m := versionSegment.FindStringSubmatch(base); m != nil && m[1] != strconv.FormatUint(major, 10) {
			return base, clip(version), true
		}
	}
	return "", "", false
}

// judgeVersion says whether the version was raised far enough for a change of
// the level.
func (c *comparer) judgeVersion(level Level) VersionVerdict {
	old, new, scheme := c.versions()
	required := level.Bump()
	v := VersionVerdict{Scheme: scheme, Old: old, New: new}
	if old == "" || new == "" {
		v.Sufficient, v.Message = true, "the documents have no versions to compare"
		return v
	}
	var err error
	if v.Declared, err = scheme.Bump(old, new); err != nil {
		v.Message = fmt.Sprintf("version %q does not follow the scheme %s; write one like %s", clip(new), scheme, scheme.Example())
		return v
	}
	if v.Needed, err = scheme.Next(old, required, c.budget.limits.Now); err != nil {
		v.Needed = ""
	}
	v.Sufficient = v.Declared >= required || required == gatewright.BumpPatch && scheme != gatewright.SchemeSemVer && v.Declared == gatewright.BumpNone
	declared := fmt.Sprintf("version %s stays", clip(old))
	if old != new {
		declared = fmt.Sprintf("version %s → %s", clip(old), clip(new))
	}
	switch {
	case level == Unknown:
		v.Sufficient, v.Message = false, declared+"; what is needed is not known"
	case required == gatewright.BumpMajor:
		v.Message = fmt.Sprintf("%s; needs %s with %s, deployed beside the old one", declared, cmp.Or(v.Needed, "a new major version"), c.nextBase())
	case v.Sufficient:
		v.Message = fmt.Sprintf("%s, which suffices for a change of level %s", declared, level)
	default:
		v.Message = fmt.Sprintf("%s; a change of level %s needs %s", declared, level, cmp.Or(v.Needed, "a new version"))
	}
	return v
}

// nextBase tells the base path for the next major of the API.
func (c *comparer) nextBase() string {
	base := c.was.where().bases[0]
	m := versionSegment.FindStringSubmatchIndex(base)
	if m == nil {
		return "a base path of its own"
	}
	n, err := strconv.Atoi(base[m[2]:m[3]])
	if err != nil {
		return "a base path of its own"
	}
	return "base path " + base[:m[2]] + strconv.Itoa(n+1) + base[m[3]:]
}
