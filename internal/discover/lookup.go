package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/gatewright/gatewright"
)

// Bounds of what one answer may cause.
const (
	maxAliases       = 8  // CNAME records followed
	maxTargetLookups = 64 // hosts of SRV records looked up
)

// errNoRecords says that a name exists, but not with records we look for.
var errNoRecords = errors.New("the name has no such records")

// answer is the result of a lookup that found at least one address.
type answer struct {
	addresses []Address
	ttl       time.Duration
	dropped   int // addresses too many
}

// lookup looks services up in one registry.
type lookup struct {
	exchanger exchanger
	servers   []string // host:port; none: those of system
	system    system
}

// source is what the queries of one lookup have in common.
type source struct {
	servers []string
	names   func(string) []string // the absolute names that a name may stand for, best first
}

// service looks svc up once.
func (l *lookup) service(ctx context.Context, svc service) (answer, error) {
	name := svc.host
	if svc.absolute {
		name += "."
	}
	if len(l.servers) == 0 && svc.port != 0 {
		found, err := l.system.hosts(svc.host)
		if err != nil {
			return answer{}, err
		}
		if len(found) > 0 {
			return newAnswer(weigh(nil, preferred(found), svc.port, gatewright.DefaultWeight), hostsTTL), nil
		}
	}
	src, err := l.source()
	if err != nil {
		return answer{}, err
	}
	if svc.port == 0 {
		return l.targets(ctx, src, name)
	}
	found, ttl, err := l.host(ctx, src, name)
	if err != nil {
		return answer{}, err
	}
	return newAnswer(weigh(nil, found, svc.port, gatewright.DefaultWeight), ttl), nil
}

func (l *lookup) source() (source, error) {
	if len(l.servers) > 0 {
		return source{l.servers, func(name string) []string { return []string{dns.Fqdn(name)} }}, nil
	}
	c, err := l.system.config()
	if err != nil {
		return source{}, err
	}
	return source{c.Servers, c.NameList}, nil
}

// host looks up the addresses of a host: the IPv4 ones, and only if there are
// none those of IPv6. Taking both would give a host with both a double share,
// and half of its requests a failed connection wherever one family does not
// get through.
func (l *lookup) host(ctx context.Context, src source, name string) ([]netip.Addr, time.Duration, error) {
	for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		r, owner, ttl, err := l.records(ctx, src, name, qtype)
		if errors.Is(err, errNoRecords) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if found := addressesOf(r.Answer, owner, &ttl); len(found) > 0 {
			return preferred(found), ttl, nil
		}
	}
	return nil, 0, fmt.Errorf("%s has no address: %w", name, errNoRecords)
}

// records asks for the records of a name, under each absolute name it may
// stand for. It returns the name that owns them, after aliases, and the
// shortest time to live of the aliases.
func (l *lookup) records(ctx context.Context, src source, name string, qtype uint16) (*dns.Msg, string, time.Duration, error) {
	var missing error
	for _, absolute := range src.names(name) {
		r, err := l.exchanger.ask(ctx, src.servers, absolute, qtype)
		if err != nil {
			if !errors.Is(err, errNoName) {
				return nil, "", 0, err
			}
			missing = cmp.Or(missing, err)
			continue
		}
		owner, ttl := followAliases(r.Answer, absolute)
		for _, rr := range r.Answer {
			if rr.Header().Rrtype == qtype && strings.EqualFold(rr.Header().Name, owner) {
				return r, owner, ttl, nil
			}
		}
		missing = fmt.Errorf("%s %s: %w", dns.TypeToString[qtype], absolute, errNoRecords)
	}
	return nil, "", 0, missing
}

// followAliases returns the name that name is an alias of, in the end.
func followAliases(records []dns.RR, name string) (string, time.Duration) {
	ttl := MaxTTL
	for range maxAliases {
		i := slices.IndexFunc(records, func(rr dns.RR) bool {
			_, ok := rr.(*dns.CNAME)
			return ok && strings.EqualFold(rr.Header().Name, name)
		})
		if i < 0 {
			break
		}
		name = records[i].(*dns.CNAME).Target
		shorten(&ttl, records[i])
	}
	return name, ttl
}

// targets looks up the hosts of SRV records. Of those, the ones with the
// lowest priority number that have an address are used.
func (l *lookup) targets(ctx context.Context, src source, name string) (answer, error) {
	r, owner, ttl, err := l.records(ctx, src, name, dns.TypeSRV)
	if err != nil {
		return answer{}, err
	}
	var records []*dns.SRV
	for _, rr := range r.Answer {
		srv, ok := rr.(*dns.SRV)
		if !ok || !strings.EqualFold(srv.Hdr.Name, owner) {
			continue
		}
		shorten(&ttl, rr)
		if srv.Target != "." && srv.Port != 0 { // "." says that the service is not offered
			records = append(records, srv)
		}
	}
	slices.SortStableFunc(records, func(a, b *dns.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), strings.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port))
	})
	t := targetLookup{lookup: l, src: source{src.servers, func(n string) []string { return []string{n} }}, extra: r.Extra, ttl: ttl}
	for len(records) > 0 {
		n := 1
		for n < len(records) && records[n].Priority == records[0].Priority {
			n++
		}
		weighed, err := t.group(ctx, records[:n])
		if err != nil {
			return answer{}, err
		}
		if len(weighed) > 0 {
			a := newAnswer(weighed, t.ttl)
			a.dropped += t.skipped
			return a, nil
		}
		records = records[n:]
	}
	return answer{}, fmt.Errorf("no SRV record of %s leads to an address: %w", name, errNoRecords)
}

// targetLookup looks up the hosts of one answer's SRV records.
type targetLookup struct {
	lookup  *lookup
	src     source
	extra   []dns.RR // addresses that came with the answer
	ttl     time.Duration
	lookups int
	skipped int // records not looked up because of maxTargetLookups
}

// group returns the addresses of the records of one priority. Hosts that do
// not exist are left out; any other failure fails the lookup, because half of
// an answer would take the other half out of service.
func (t *targetLookup) group(ctx context.Context, records []*dns.SRV) (map[netip.AddrPort]int, error) {
	weighted := slices.ContainsFunc(records, func(r *dns.SRV) bool { return r.Weight > 0 })
	var weighed map[netip.AddrPort]int
	for _, r := range records {
		found := preferred(addressesOf(t.extra, r.Target, &t.ttl))
		if len(found) == 0 {
			if t.lookups++; t.lookups > maxTargetLookups {
				t.skipped++
				continue
			}
			var ttl time.Duration
			var err error
			found, ttl, err = t.lookup.host(ctx, t.src, r.Target)
			if errors.Is(err, errNoName) || errors.Is(err, errNoRecords) {
				continue
			}
			if err != nil {
				return nil, err
			}
			t.ttl = min(t.ttl, ttl)
		}
		// Weight 0 beside others means hardly any requests, but not none.
		weight := gatewright.DefaultWeight
		if weighted {
			weight = max(10*int(r.Weight), 1)
		}
		weighed = weigh(weighed, found, r.Port, max(weight/len(found), 1))
	}
	return weighed, nil
}

// addressesOf returns the usable addresses in the records that owner has, and
// shortens ttl to theirs.
func addressesOf(records []dns.RR, owner string, ttl *time.Duration) []netip.Addr {
	var found []netip.Addr
	for _, rr := range records {
		if !strings.EqualFold(rr.Header().Name, owner) {
			continue
		}
		var addr netip.Addr
		switch rr := rr.(type) {
		case *dns.A:
			addr, _ = netip.AddrFromSlice(rr.A)
		case *dns.AAAA:
			addr, _ = netip.AddrFromSlice(rr.AAAA)
		}
		if addr = addr.Unmap(); usable(addr) {
			found = append(found, addr)
			shorten(ttl, rr)
		}
	}
	return found
}

// shorten makes ttl no longer than that of rr.
func shorten(ttl *time.Duration, rr dns.RR) {
	*ttl = min(*ttl, time.Duration(rr.Header().Ttl)*time.Second)
}

// preferred returns the IPv4 addresses, or all when there are none.
func preferred(addrs []netip.Addr) []netip.Addr {
	if !slices.ContainsFunc(addrs, netip.Addr.Is4) {
		return addrs
	}
	return slices.DeleteFunc(addrs, func(a netip.Addr) bool { return !a.Is4() })
}

// weigh adds each address with the given weight to weighed, once, and returns
// it. An address that is there already gets the sum.
func weigh(weighed map[netip.AddrPort]int, addrs []netip.Addr, port uint16, weight int) map[netip.AddrPort]int {
	if weighed == nil {
		weighed = make(map[netip.AddrPort]int, len(addrs))
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	for _, a := range slices.Compact(addrs) {
		at := netip.AddrPortFrom(a, port)
		weighed[at] = min(weighed[at]+weight, gatewright.MaxWeight)
	}
	return weighed
}

// newAnswer puts the addresses in order and drops those that are too many.
func newAnswer(weighed map[netip.AddrPort]int, ttl time.Duration) answer {
	a := answer{ttl: ttl, addresses: make([]Address, 0, len(weighed))}
	for at, weight := range weighed {
		a.addresses = append(a.addresses, Address{at, weight})
	}
	slices.SortFunc(a.addresses, func(x, y Address) int { return x.Compare(y.AddrPort) })
	if len(a.addresses) > MaxAddresses {
		a.dropped = len(a.addresses) - MaxAddresses
		a.addresses = slices.Clip(a.addresses[:MaxAddresses])
	}
	return a
}
