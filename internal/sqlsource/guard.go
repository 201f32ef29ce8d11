package sqlsource

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/netclass"
)

// Guard says where databases may be. It is the word of the gateway's operator
// and holds whatever a data source says.
//
// With neither Hosts nor Networks, every address is allowed that is not this
// machine. With one of them, nothing else is. Link-local addresses and those
// where clouds hand out credentials are never allowed.
type Guard struct {
	Loopback    bool           // databases on this machine are allowed
	Hosts       []string       // names and addresses as data sources write them; "*.example.com" for all below a domain
	Networks    []netip.Prefix // addresses, after names were looked up
	Directories []string       // absolute, that SQLite files may be in or below; none: no SQLite
}

// host decides whether a data source may name the host at all. What it
// resolves to is looked at when it is connected to.
func (g Guard) host(host string) error {
	if g.open() || g.named(host) || len(g.Networks) > 0 {
		return nil
	}
	return gatewright.FieldErrorf("host", "the operator of this gateway does not allow databases on %s; ask for it to be added", host)
}

func (g Guard) open() bool { return len(g.Hosts) == 0 && len(g.Networks) == 0 }

func (g Guard) named(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return slices.ContainsFunc(g.Hosts, func(allowed string) bool {
		allowed = strings.ToLower(allowed)
		if domain, wild := strings.CutPrefix(allowed, "*"); wild {
			return strings.HasPrefix(domain, ".") && len(host) > len(domain) && strings.HasSuffix(host, domain)
		}
		return host == allowed
	})
}

// address decides about one address that a host has. It is asked for the very
// address that is about to be connected to, so that no name leads around it.
func (g Guard) address(host string, addr netip.Addr) error {
	addr = netclass.Plain(addr)
	listed := slices.ContainsFunc(g.Networks, func(p netip.Prefix) bool { return p.Contains(addr) })
	switch {
	case netclass.IsMetadata(addr):
		return fmt.Errorf("its address %s is a link-local or cloud metadata address, where no database is read", addr)
	case netclass.IsMany(addr):
		return fmt.Errorf("its address %s is a multicast or broadcast address", addr)
	case netclass.IsUnspecified(addr), addr.IsLoopback():
		if !g.Loopback && !listed {
			return fmt.Errorf("its address %s is this machine itself, which the operator of this gateway does not allow", addr)
		}
		return nil
	case !g.open() && !listed && !g.named(host):
		return fmt.Errorf("its address %s is in none of the networks that the operator of this gateway allows", addr)
	}
	return nil
}

// dial connects to the address, which is that of host or a name for it.
func (g Guard) dial(ctx context.Context, host, network, address string, timeout time.Duration) (net.Conn, error) {
	if network != "tcp" && network != "tcp4" && network != "tcp6" {
		return nil, fmt.Errorf("databases are read over TCP, not over %s", network)
	}
	dialer := net.Dialer{Timeout: timeout, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("read the address to connect to: %w", err)
		}
		return g.address(host, at.Addr())
	}}
	return dialer.DialContext(ctx, network, address)
}

// file returns the real path of a SQLite file, if it may be read.
func (g Guard) file(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", fail(Unreachable, "open the file: %v", err)
	}
	for _, dir := range g.Directories {
		root, err := filepath.EvalSymlinks(dir)
		if err != nil {
			continue // a directory that is not there allows nothing
		}
		if below, err := filepath.Rel(root, real); err == nil && filepath.IsLocal(below) {
			return real, nil
		}
	}
	return "", gatewright.FieldErrorf("database", "the operator of this gateway does not allow SQLite files there; ask for the directory to be added")
}
