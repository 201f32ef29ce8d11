package discover

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
)

// service is a parsed service name.
type service struct {
	host     string // lower case, without a trailing dot; "" when addr is set
	absolute bool   // the host was written with a trailing dot
	addr     netip.Addr
	port     uint16 // 0: SRV records give it
}

// parseService parses "host:port", "address:port" and, for SRV records,
// "name".
func parseService(s string) (service, error) {
	var svc service
	host := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		port, err := strconv.ParseUint(s[i+1:], 10, 16)
		if err != nil || port == 0 {
			return svc, gatewright.FieldErrorf("service", "service %q has a bad port", s)
		}
		svc.port = uint16(port)
		host = s[:i]
	}
	bare := host
	if inner, ok := strings.CutPrefix(host, "["); ok {
		bare = strings.TrimSuffix(inner, "]")
	}
	if addr, err := netip.ParseAddr(bare); err == nil {
		switch {
		case svc.port == 0 || addr.Is6() && bare == host:
			return svc, gatewright.FieldErrorf("service", "service %q is an address without a port; write 192.0.2.1:8080 or [2001:db8::1]:8080", s)
		case !usable(addr):
			return svc, gatewright.FieldErrorf("service", "service %q is not an address that connections can be opened to", s)
		}
		svc.addr = addr
		return svc, nil
	}
	name, err := gatewright.CanonicalHost(host)
	if err != nil || strings.Contains(host, ":") {
		return svc, gatewright.FieldErrorf("service", "service %q is not host:port nor the name of SRV records", s)
	}
	svc.host, svc.absolute = name, strings.HasSuffix(host, ".")
	return svc, nil
}

// usable reports whether addr can be an upstream's address. The unspecified
// address is what filtering resolvers answer, and would lead to this machine.
func usable(addr netip.Addr) bool {
	return addr.IsValid() && !addr.IsUnspecified() && !addr.IsMulticast()
}
