//go:build !linux

package lastgood

// syncAll reports that this system cannot bring everything to the disk at once
// and say whether that worked.
func syncAll(string) (done bool, err error) { return false, nil }
