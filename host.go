package gatewright

import (
	"net/netip"
	"strconv"
	"strings"
)

// CanonicalHost returns the one form of a Host header that routing sees: lower
// case, without port and without a trailing dot. It refuses what is neither a
// host name, an IPv4 address nor an IPv6 address in brackets, each with an
// optional port. A host that is canonical already does not allocate.
func CanonicalHost(host string) (string, error) {
	if strings.Contains(host, "://") {
		return "", FieldErrorf("host", "host %q is a URL; write the host name alone", host)
	}
	name, port := host, ""
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 {
			return "", FieldErrorf("host", "host %q lacks the closing bracket", host)
		}
		addr, err := netip.ParseAddr(host[1:end])
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", FieldErrorf("host", "host %q is not an IPv6 address in brackets", host)
		}
		if rest := host[end+1:]; rest != "" {
			if rest[0] != ':' {
				return "", FieldErrorf("host", "host %q has characters after the bracket", host)
			}
			if !validPort(rest[1:]) {
				return "", FieldErrorf("host", "host %q has a bad port", host)
			}
		}
		var buf [48]byte // no IPv6 address is longer
		c := append(addr.AppendTo(append(buf[:0], '[')), ']')
		if string(c) == host {
			return host, nil
		}
		return string(c), nil
	}
	if i := strings.IndexByte(host, ':'); i >= 0 {
		name, port = host[:i], host[i+1:]
		if !validPort(port) {
			return "", FieldErrorf("host", "host %q has a bad port", host)
		}
	}
	if len(name) > 1 && name[len(name)-1] == '.' {
		name = name[:len(name)-1]
	}
	if !validHostname(name) {
		return "", FieldErrorf("host", "host %q is not a host name", host)
	}
	return strings.ToLower(name), nil // after the check: some letters outside ASCII have lower case within
}

// CheckHostPattern checks a host an API listens to: a canonical host or
// "*." before a host name, which stands for one label or more.
func CheckHostPattern(host string) error {
	name := strings.TrimPrefix(host, "*.")
	c, err := CanonicalHost(name)
	if err != nil {
		return err
	}
	if c != name {
		return FieldErrorf("host", "host %q is not canonical; write it in lower case, without a port and a trailing dot: %q", host, host[:len(host)-len(name)]+c)
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil && name != host {
		return FieldErrorf("host", "host %q has *. before an IP address, which has nothing below it", host)
	}
	return nil
}

func validPort(p string) bool {
	n, err := strconv.Atoi(p)
	return err == nil && n >= 1 && n <= 65535 && p[0] != '+'
}

// validHostname accepts what resolvers accept: labels of letters, digits, "-"
// and "_", 63 bytes each, 253 together. Dotted digits (IPv4) fit too.
func validHostname(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	label := 0
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
			continue
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_':
		case c == '-':
			if label == 0 {
				return false
			}
		default:
			return false
		}
		if label++; label > 63 {
			return false
		}
	}
	return label > 0
}
