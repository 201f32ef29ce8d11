package notify

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"github.com/gatewright/gatewright/internal/netclass"
)

// guard says to which addresses messages may go. It looks at the address that
// is about to be connected to, after names were looked up, so that no name
// leads around it.
type guard struct {
	loopback bool           // allowed
	only     bool           // nothing but loopback
	private  bool           // private networks are refused
	allow    []netip.Prefix // exempt from everything but only
}

// refusal says that a receiver's address is out of bounds.
type refusal struct {
	addr netip.Addr
	why  string
}

func (e *refusal) Error() string {
	return fmt.Sprintf("its address %s is %s, where no notifications are sent", e.addr, e.why)
}

// control is a [net.Dialer]'s ControlContext.
func (g guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read the address to connect to: %w", err)
	}
	return g.check(at.Addr())
}

func (g guard) check(addr netip.Addr) error {
	addr = netclass.Plain(addr)
	if g.only && !addr.IsLoopback() {
		return &refusal{addr, "not this machine, and http is for this machine only"}
	}
	if slices.ContainsFunc(g.allow, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return nil
	}
	switch {
	case addr.IsLoopback():
		if !g.loopback {
			return &refusal{addr, "this machine itself"}
		}
	case netclass.IsUnspecified(addr):
		return &refusal{addr, "this machine itself"}
	case netclass.IsMetadata(addr):
		return &refusal{addr, "a link-local or cloud metadata address"}
	case netclass.IsMany(addr):
		return &refusal{addr, "a multicast or broadcast address"}
	case g.private && addr.IsPrivate():
		return &refusal{addr, "in a private network"}
	}
	return nil
}

// dialer returns a dialer that keeps to the guard.
func (g guard) dialer() *net.Dialer {
	return &net.Dialer{ControlContext: g.control}
}
