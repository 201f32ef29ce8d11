package notify

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
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
	addr = embedded(addr.Unmap().WithZone(""))
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
	case addr.IsUnspecified(), addr.Is4() && addr.As4()[0] == 0:
		return &refusal{addr, "this machine itself"}
	case addr.IsLinkLocalUnicast(), slices.Contains(metadata(), addr):
		return &refusal{addr, "a link-local or cloud metadata address"}
	case addr.IsMulticast(), addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return &refusal{addr, "a multicast or broadcast address"}
	case g.private && addr.IsPrivate():
		return &refusal{addr, "in a private network"}
	}
	return nil
}

// metadata returns where clouds tell a machine its credentials, beside the
// link-local addresses.
func metadata() []netip.Addr {
	return []netip.Addr{
		netip.AddrFrom4([4]byte{100, 100, 100, 200}), // Alibaba
		netip.AddrFrom4([4]byte{168, 63, 129, 16}),   // Azure
		netip.AddrFrom4([4]byte{192, 0, 0, 192}),     // Oracle
		netip.MustParseAddr("fd00:ec2::254"),         // Amazon
		netip.MustParseAddr("fd20:ce::254"),          // Google
	}
}

// embedded returns the IPv4 address that a translator would take out of an
// IPv6 one (NAT64, 6to4, IPv4-compatible), and any other address as it is.
func embedded(addr netip.Addr) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	b := addr.As16()
	compatible := netip.MustParsePrefix("::/96").Contains(addr) && !addr.IsLoopback() && !addr.IsUnspecified()
	switch {
	case compatible, netip.MustParsePrefix("64:ff9b::/96").Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:]))
	case netip.MustParsePrefix("2002::/16").Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return addr
}

// dialer returns a dialer that keeps to the guard.
func (g guard) dialer() *net.Dialer {
	return &net.Dialer{ControlContext: g.control}
}
