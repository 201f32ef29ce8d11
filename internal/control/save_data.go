package control

import (
	"github.com/gatewright/gatewright"
)

const (
	// firstDataVersion is what the first draft of a data API is called that is
	// saved without a version (a rule of DataLeap).
	firstDataVersion = "V0"
	// maxCountedBack is how many revisions are looked at for the last number.
	maxCountedBack = 100
)

// countVersion returns the version of a draft that is saved without one: data
// APIs count theirs, unless they have another scheme.
func countVersion(tx Tx, api *gatewright.API, hash gatewright.Hash) (string, error) {
	if api.Kind != gatewright.KindData {
		return "", nil
	}
	if api.ID == "" {
		api.Settings.Scheme = gatewright.SchemeCounter
		return firstDataVersion, nil
	}
	if api.Settings.Scheme != gatewright.SchemeCounter {
		return "", nil
	}
	revisions, err := tx.Revisions(api.ID, 0, maxCountedBack)
	if err != nil {
		return "", err
	}
	last := ""
	for i, r := range revisions {
		if i == 0 && !r.Sealed() && r.Hash == hash {
			return r.Version, nil // the same again
		}
		if gatewright.SchemeCounter.Validate(r.Version) != nil {
			continue
		}
		if last == "" {
			last = r.Version
		} else if order, err := gatewright.SchemeCounter.Compare(r.Version, last); err == nil && order > 0 {
			last = r.Version
		}
	}
	if last == "" {
		return firstDataVersion, nil
	}
	return gatewright.SchemeCounter.Next(last, gatewright.BumpMajor, tx.Now())
}
