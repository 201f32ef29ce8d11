//go:build !unix

package http1

import (
	"errors"
	"net"
	"syscall"
)

// rawOf returns nil: everything goes through net.Conn here.
func rawOf(net.Conn) syscall.RawConn { return nil }

func readNow(uintptr, []byte) (int, bool, error) { return 0, false, errors.ErrUnsupported }

func writeNow(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }

func peekNow(uintptr) bool { return true }
