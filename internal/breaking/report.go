package breaking

import "github.com/gatewright/gatewright"

// Report is the outcome of a comparison.
type Report struct {
	Old      string          `json:"old"`      // name of the old document
	New      string          `json:"new"`      // name of the document it was compared with
	Level    Level           `json:"level"`    // highest of the findings that are not allowed
	Required gatewright.Bump `json:"required"` // how far the version must be raised
	Version  VersionVerdict  `json:"version"`
	Findings []Finding       `json:"findings"` // highest level first

	// Ended names the budget that ended the comparison ("time, 15s"). The
	// level is then Unknown and findings may be missing.
	Ended string `json:"ended,omitempty"`
	// Notes say what was assumed, for people.
	Notes []string `json:"notes,omitempty"`
}

// Finding is one cause of changes for callers.
type Finding struct {
	Rule     string   `json:"rule"`
	Level    Level    `json:"level"`
	Pointer  string   `json:"pointer"`  // JSON pointer of the cause
	From     string   `json:"from"`     // what stood there, "" for nothing
	To       string   `json:"to"`       // what stands there now, "" for nothing
	Why      string   `json:"why"`      // what it does to callers
	Location string   `json:"location"` // file:line:column
	InOld    bool     `json:"inOld"`    // location and pointer are in the old document: the thing is gone
	Places   Places   `json:"places"`
	Remedies []Remedy `json:"remedies,omitempty"`
	Allowed  bool     `json:"allowed,omitempty"` // by Options.Allow; it does not count

	// Fingerprint identifies the finding: the same change of the same thing
	// has the same one in every comparison, wherever the lines went and
	// however many operations it reaches.
	Fingerprint string `json:"fingerprint"`
}

// Remedy is a way to deal with a finding.
type Remedy struct {
	Kind string `json:"kind"` // "keep", "new-major", "allow"
	Text string `json:"text"`
}

// Blocking returns the findings that forbid the change when those of level
// failOn and above do.
func (r *Report) Blocking(failOn Level) []Finding {
	var blocking []Finding
	for i := range r.Findings {
		if f := &r.Findings[i]; !f.Allowed && f.Level >= failOn {
			blocking = append(blocking, *f)
		}
	}
	return blocking
}

// Blocked reports whether the change is forbidden when findings of level
// failOn and above forbid it. A comparison that did not come to its end always
// does.
func (r *Report) Blocked(failOn Level) bool { return r.Level == Unknown || r.Level >= failOn }
