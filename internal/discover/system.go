package discover

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/gatewright/gatewright"
)

const (
	hostsTTL      = 5 * time.Second // how long a name found in the hosts file is kept
	maxHostsBytes = 4 << 20         // of the hosts file that are read
)

// system is the machine's own resolver configuration. Its files are read for
// every lookup, so that a change takes effect like any other.
type system struct {
	resolvConf string // path
	hostsFile  string // path
	port       string // of the DNS servers
}

// config returns the DNS servers and the rules for names without a domain.
func (s system) config() (*dns.ClientConfig, error) {
	c, err := dns.ClientConfigFromFile(s.resolvConf)
	if err != nil {
		return nil, fmt.Errorf("read the machine's resolver configuration: %w", err)
	}
	var servers []string
	for _, server := range c.Servers {
		if _, err := netip.ParseAddr(server); err == nil && len(servers) < gatewright.MaxRegistryServers {
			servers = append(servers, net.JoinHostPort(server, s.port))
		}
	}
	c.Servers = servers
	return c, nil
}

// hosts returns the addresses of name that need no DNS: those in the hosts
// file, and those of "localhost" and the names below it, which must never be
// asked for (RFC 6761).
func (s system) hosts(name string) ([]netip.Addr, error) {
	f, err := os.Open(s.hostsFile)
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("read the hosts file: %w", err)
	}
	var found []netip.Addr
	if err == nil {
		defer f.Close()
		if found, err = findHost(io.LimitReader(f, maxHostsBytes), name); err != nil {
			return nil, fmt.Errorf("read the hosts file: %w", err)
		}
	}
	if len(found) == 0 && (name == "localhost" || strings.HasSuffix(name, ".localhost")) {
		found = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	return found, nil
}

func findHost(r io.Reader, name string) ([]netip.Addr, error) {
	var found []netip.Addr
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		for _, alias := range fields[1:] {
			if !strings.EqualFold(strings.TrimSuffix(alias, "."), name) {
				continue
			}
			if addr, err := netip.ParseAddr(fields[0]); err == nil && usable(addr) {
				found = append(found, addr.WithZone("").Unmap())
			}
			break
		}
	}
	return found, lines.Err()
}
