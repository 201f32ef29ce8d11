package notify_test

import (
	"net/netip"
	"testing"

	"github.com/gatewright/gatewright/internal/notify"
)

func TestGuard(t *testing.T) {
	local := notify.Config{AllowLoopback: true}
	tests := []struct {
		name   string
		config notify.Config
		only   bool
		addr   string
		ok     bool
	}{
		{"public", notify.Config{}, false, "93.184.216.34", true},
		{"public IPv6", notify.Config{}, false, "2606:2800:220:1::1", true},
		{"private", notify.Config{}, false, "10.1.2.3", true},
		{"private, denied", notify.Config{DenyPrivate: true}, false, "10.1.2.3", false},
		{"unique local, denied", notify.Config{DenyPrivate: true}, false, "fd12::1", false},
		{"private, exempt", notify.Config{DenyPrivate: true, Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}, false, "10.1.2.3", true},
		{"private, beside the exemption", notify.Config{DenyPrivate: true, Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}, false, "10.2.2.3", false},
		{"loopback", notify.Config{}, false, "127.0.0.1", false},
		{"loopback, any", notify.Config{}, false, "127.9.9.9", false},
		{"loopback IPv6", notify.Config{}, false, "::1", false},
		{"loopback, mapped", notify.Config{}, false, "::ffff:127.0.0.1", false},
		{"loopback, translated", notify.Config{}, false, "64:ff9b::7f00:1", false},
		{"loopback, tunnelled", notify.Config{}, false, "2002:7f00:1::1", false},
		{"loopback, compatible", notify.Config{}, false, "::127.0.0.1", false},
		{"loopback, allowed", local, false, "127.0.0.1", true},
		{"unspecified", local, false, "0.0.0.0", false},
		{"this network", local, false, "0.1.2.3", false},
		{"unspecified IPv6", local, false, "::", false},
		{"metadata", local, false, "169.254.169.254", false},
		{"metadata, mapped", local, false, "::ffff:169.254.169.254", false},
		{"metadata, translated", local, false, "64:ff9b::a9fe:a9fe", false},
		{"metadata, exempt", notify.Config{Allow: []netip.Prefix{netip.MustParsePrefix("169.254.0.0/16")}}, false, "169.254.169.254", true},
		{"link-local IPv6", local, false, "fe80::1%eth0", false},
		{"metadata of Alibaba", local, false, "100.100.100.200", false},
		{"metadata of Azure", local, false, "168.63.129.16", false},
		{"metadata of Oracle", local, false, "192.0.0.192", false},
		{"metadata of Amazon IPv6", local, false, "fd00:ec2::254", false},
		{"multicast", local, false, "224.0.0.1", false},
		{"multicast IPv6", local, false, "ff02::1", false},
		{"broadcast", local, false, "255.255.255.255", false},
		{"http at home", local, true, "127.0.0.1", true},
		{"http at home, not allowed", notify.Config{}, true, "127.0.0.1", false},
		{"http elsewhere", local, true, "10.0.0.1", false},
		{"http elsewhere, exempt from the rest", notify.Config{Allow: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}}, true, "10.0.0.1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := notify.CheckAddress(tt.config, tt.only, netip.MustParseAddr(tt.addr)); (err == nil) != tt.ok {
				t.Fatalf("error %v, want ok %v", err, tt.ok)
			}
		})
	}
}
