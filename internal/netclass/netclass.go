// Package netclass knows the kinds of network address that connections made on
// somebody's word must not go to. What is refused, and what an operator may
// allow, is for the guards that ask.
package netclass

import (
	"net/netip"
	"slices"
)

// Plain returns the address that a connection to addr reaches: without a zone,
// and the IPv4 address that a translator would take out of an IPv6 one (mapped,
// NAT64, 6to4, IPv4-compatible).
func Plain(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
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

// IsMetadata reports whether a plain address is link-local or one where clouds
// tell a machine its credentials.
func IsMetadata(addr netip.Addr) bool {
	return addr.IsLinkLocalUnicast() || slices.Contains([]netip.Addr{
		netip.AddrFrom4([4]byte{100, 100, 100, 200}), // Alibaba
		netip.AddrFrom4([4]byte{168, 63, 129, 16}),   // Azure
		netip.AddrFrom4([4]byte{192, 0, 0, 192}),     // Oracle
		netip.MustParseAddr("fd00:ec2::254"),         // Amazon
		netip.MustParseAddr("fd20:ce::254"),          // Google
	}, addr)
}

// IsUnspecified reports whether a plain address stands for this machine without
// being a loopback address: 0.0.0.0/8 and ::.
func IsUnspecified(addr netip.Addr) bool {
	return addr.IsUnspecified() || addr.Is4() && addr.As4()[0] == 0
}

// IsMany reports whether a plain address is that of many: multicast or
// broadcast.
func IsMany(addr netip.Addr) bool {
	return addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255})
}
