//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package sqlstore

import "github.com/gatewright/gatewright"

// lockFile refuses: without a lock two processes could open one database.
func lockFile(string) (unlock func() error, err error) {
	return nil, gatewright.Errorf(gatewright.PreconditionFailed, "this system has no file locks that Gatewright knows; run the control plane on Linux, macOS or BSD")
}
