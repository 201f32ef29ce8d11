package gateway

import (
	"strconv"

	"github.com/gatewright/gatewright"
)

// RevisionHeader is the field of a response that names the revision that gave
// it. The package comment has its syntax.
const RevisionHeader = "Gatewright-Revision"

// liveRevision is a revision resource that slots can run.
type liveRevision struct {
	hash     gatewright.Hash
	resource *gatewright.RevisionResource
	policies *livePolicies // nil when it has none
	flows    []string      // names of the shared flows that its policies call
}

func (r *liveRevision) hashed() gatewright.Hash { return r.hash }

// newRevision checks and builds a revision.
func newRevision(key gatewright.Key, hash gatewright.Hash, r *gatewright.RevisionResource) (*liveRevision, error) {
	if err := checkRevision(key, r); err != nil {
		return nil, err
	}
	policies, err := newPolicies(r)
	return &liveRevision{hash: hash, resource: r, policies: policies, flows: policies.flows()}, err
}

// checkRevision checks what is not checked when a slot makes routes of it.
func checkRevision(key gatewright.Key, r *gatewright.RevisionResource) error {
	if want := gatewright.RevisionKey(r.API, r.Number); want != key {
		return gatewright.Errorf(gatewright.Invalid, "the resource belongs to the key %s", want)
	}
	if r.Number < 1 {
		return gatewright.Errorf(gatewright.Invalid, "revision %d is not a positive number", r.Number)
	}
	if len(r.Routes) > gatewright.MaxRoutes {
		return gatewright.Errorf(gatewright.LimitExceeded, "the revision has %d routes; at most %d are allowed", len(r.Routes), gatewright.MaxRoutes)
	}
	for i := range r.Routes {
		if err := gatewright.CheckName("route name", r.Routes[i].Name); err != nil {
			return err
		}
	}
	return nil
}

// revisionField returns the field's value for a revision and its version, ""
// for none.
func revisionField(number int, version string) string {
	b := strconv.AppendInt(nil, int64(number), 10)
	if version == "" {
		return string(b)
	}
	b = append(b, ";version="...)
	ascii := true
	for i := range len(version) {
		ascii = ascii && version[i] >= ' ' && version[i] < 0x7f
	}
	if ascii {
		return string(appendSFString(b, version))
	}
	return string(appendSFDisplayString(b, version))
}

// appendSFString appends s as a String of RFC 9651 §3.3.3. s is printable
// ASCII.
func appendSFString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

// appendSFDisplayString appends s as a Display String of RFC 9651 §3.3.8.
func appendSFDisplayString(b []byte, s string) []byte {
	b = append(b, `%"`...)
	for i := range len(s) {
		if c := s[i]; c == '%' || c == '"' || c < ' ' || c >= 0x7f {
			b = append(b, '%', lowerHex[c>>4], lowerHex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return append(b, '"')
}
