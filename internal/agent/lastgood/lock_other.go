//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package lastgood

import "github.com/gatewright/gatewright"

// lockDir refuses: without a lock two gateways could share one identity.
func lockDir(string) (unlock func() error, err error) {
	return nil, gatewright.Errorf(gatewright.PreconditionFailed, "this system has no file locks that Gatewright knows; run gateways on Linux, macOS or BSD")
}
