package netclass_test

import (
	"net/netip"
	"testing"

	"github.com/gatewright/gatewright/internal/netclass"
)

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"10.0.0.1": "10.0.0.1", "::ffff:10.0.0.1": "10.0.0.1", "64:ff9b::a00:1": "10.0.0.1", "2002:a00:1::": "10.0.0.1",
		"::10.0.0.1": "10.0.0.1", "::1": "::1", "::": "::", "fe80::1%eth0": "fe80::1", "2001:db8::1": "2001:db8::1",
	} {
		if got := netclass.Plain(netip.MustParseAddr(in)); got != netip.MustParseAddr(want) {
			t.Errorf("%s reaches %s, want %s", in, got, want)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, tt := range []struct {
		addr                        string
		metadata, unspecified, many bool
	}{
		{"169.254.169.254", true, false, false},
		{"fe80::1", true, false, false},
		{"168.63.129.16", true, false, false},
		{"fd00:ec2::254", true, false, false},
		{"0.1.2.3", false, true, false},
		{"::", false, true, false},
		{"224.0.0.1", false, false, true},
		{"255.255.255.255", false, false, true},
		{"ff02::1", false, false, true},
		{"127.0.0.1", false, false, false},
		{"192.0.2.1", false, false, false},
	} {
		a := netip.MustParseAddr(tt.addr)
		if m, u, y := netclass.IsMetadata(a), netclass.IsUnspecified(a), netclass.IsMany(a); m != tt.metadata || u != tt.unspecified || y != tt.many {
			t.Errorf("%s: metadata %v, unspecified %v, many %v", tt.addr, m, u, y)
		}
	}
}
