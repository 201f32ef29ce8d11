package gateway

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/discover"
	"github.com/gatewright/gatewright/internal/gateway/balance"
	"github.com/gatewright/gatewright/internal/gateway/http1"
)

// peer is one address of an upstream.
type peer struct {
	endpoint *http1.Endpoint
	host     string // Host field when nodes see their own name
}

// upstreamSpec says where requests go. The sides of a slot with equal ones, at
// the same time and one after the other, share the upstream with its state.
type upstreamSpec struct {
	scheme     string
	serverName string // expected of certificates; "" means each node's own name
	nodes      []gatewright.Node
	service    string              // looked up in registry; "" when there are nodes
	registry   gatewright.Registry // the zero one for nodes with host names
}

func (s *upstreamSpec) equal(o *upstreamSpec) bool {
	return s.scheme == o.scheme && s.serverName == o.serverName && s.service == o.service && slices.Equal(s.nodes, o.nodes) &&
		s.registry.Name == o.registry.Name && s.registry.Type == o.registry.Type && s.registry.Stale == o.registry.Stale &&
		slices.Equal(s.registry.Servers, o.registry.Servers)
}

// upstreamSpec returns what u says, in the terms of the next runtime.
func (b *built) upstreamSpec(u *gatewright.Upstream) (*upstreamSpec, error) {
	s := &upstreamSpec{scheme: u.Scheme, nodes: u.Nodes}
	if u.HostHeader == gatewright.HostHeaderFixed && u.Scheme == "https" {
		// Server and request must agree on whose they are.
		s.serverName = hostOnly(u.Host)
	}
	if u.Discovery != nil {
		r, err := b.registry(u.Discovery.Registry)
		if err != nil {
			return nil, err
		}
		s.service, s.registry = u.Discovery.Service, *r.resource
	}
	return s, nil
}

// hostOnly returns host without port and brackets.
func hostOnly(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.Trim(host, "[]")
}

// upstream is a set of addresses with their connections, and what keeps the
// set up to date. It lives as long as a side of a slot uses it.
type upstream struct {
	g        *Gateway
	spec     *upstreamSpec
	balancer *balance.Balancer[peer]
	users    atomic.Int64
	watches  []*discover.Watch

	mu      sync.Mutex // never held while a watch is released
	origins []origin
	held    map[string]*http1.Endpoint // by target address
	closed  bool
}

// origin is what addresses come from: a node or a discovered service.
type origin struct {
	host       string             // Host field
	serverName string             // for certificates
	weight     int                // of all addresses together
	own        bool               // addresses have weights of their own
	addresses  []discover.Address // now
}

// upstreamFor returns the upstream for spec: one of those that are near, some
// of which may be nil, if it is the same. The caller releases it.
func (g *Gateway) upstreamFor(spec *upstreamSpec, near []*upstream) (*upstream, error) {
	for _, u := range near {
		if u != nil && u.spec.equal(spec) && u.retain() {
			return u, nil
		}
	}
	u := &upstream{g: g, spec: spec, balancer: balance.New[peer](g.cfg.Clock), held: map[string]*http1.Endpoint{}}
	u.users.Store(1)
	if err := u.start(); err != nil {
		u.release()
		return nil, err
	}
	return u, nil
}

// start fills the set with the addresses that are known and watches for the
// others.
func (u *upstream) start() error {
	type lookup struct {
		origin  int
		service string
	}
	var lookups []lookup
	if s := u.spec; s.service != "" {
		host, name := serviceHost(s)
		u.origins = []origin{{host: host, serverName: name, own: true}}
		lookups = []lookup{{0, s.service}}
	}
	for i, n := range u.spec.nodes {
		o := origin{host: nodeHost(u.spec.scheme, n), serverName: n.Host, weight: n.Weight}
		if ip, err := netip.ParseAddr(n.Host); err == nil {
			o.addresses = []discover.Address{{AddrPort: netip.AddrPortFrom(ip, uint16(n.Port)), Weight: 1}}
		} else {
			lookups = append(lookups, lookup{i, n.Address()})
		}
		u.origins = append(u.origins, o)
	}
	u.mu.Lock()
	u.refresh()
	u.mu.Unlock()
	for _, l := range lookups {
		w, err := u.g.resolver.Watch(u.spec.registry, l.service, func(s discover.Snapshot) { u.found(l.origin, s) })
		if err != nil {
			return err
		}
		u.watches = append(u.watches, w)
	}
	return nil
}

// nodeHost returns the Host field by which a node knows itself: its name, with
// the port unless that is the scheme's own.
func nodeHost(scheme string, n gatewright.Node) string {
	host := n.Address()
	if defaultPort(scheme) == n.Port {
		host = strings.TrimSuffix(host, ":"+strconv.Itoa(n.Port))
	}
	return host
}

// serviceHost returns the Host field and the certificate's name for a
// discovered service: its name without the labels that make it one of SRV
// records.
func serviceHost(s *upstreamSpec) (host, serverName string) {
	name, port := s.service, ""
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, ']') {
		name, port = name[:i], name[i+1:]
	}
	for strings.HasPrefix(name, "_") {
		_, rest, more := strings.Cut(name, ".")
		if !more {
			break
		}
		name = rest
	}
	name = strings.TrimSuffix(name, ".")
	serverName = strings.Trim(name, "[]")
	if port == "" || port == strconv.Itoa(defaultPort(s.scheme)) {
		return name, serverName
	}
	return name + ":" + port, serverName
}

func defaultPort(scheme string) int {
	if scheme == "https" {
		return 443
	}
	return 80
}

// found takes in what a look-up found.
func (u *upstream) found(origin int, s discover.Snapshot) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.origins[origin].addresses = s.Addresses
	u.refresh()
}

// refresh makes the balancer's set that of the origins. u.mu is held.
func (u *upstream) refresh() {
	if u.closed {
		return
	}
	held := map[string]*http1.Endpoint{}
	targets := make([]balance.Target[peer], 0, len(u.origins))
	weights := shares(u.origins)
	for i := range u.origins {
		o := &u.origins[i]
		for j, a := range o.addresses {
			key := a.String() + " " + o.host
			e := u.acquire(key, a, o)
			if e == nil || held[key] != nil {
				continue
			}
			held[key] = e
			targets = append(targets, balance.Target[peer]{Address: key, Weight: weights[i][j], Endpoint: peer{e, o.host}})
		}
	}
	if err := u.balancer.Update(targets); err != nil {
		u.g.cfg.Log.Error("new addresses of an upstream are not used", "error", err)
		for key, e := range held {
			if u.held[key] == nil {
				e.Release()
			}
		}
		return
	}
	for key, e := range u.held {
		if held[key] == nil {
			e.Release()
		}
	}
	u.held = held
}

// acquire returns the endpoint held under key, or a new one; nil when there
// can be none any more because the gateway is shut down.
func (u *upstream) acquire(key string, a discover.Address, o *origin) *http1.Endpoint {
	if e := u.held[key]; e != nil {
		return e
	}
	config := http1.EndpointConfig{Scheme: u.spec.scheme, Address: a.String()}
	if u.spec.scheme == "https" {
		config.TLS = u.g.cfg.UpstreamTLS
		config.ServerName = o.serverName
		if u.spec.serverName != "" {
			config.ServerName = u.spec.serverName
		}
	}
	e, err := u.g.transport.Acquire(config)
	if err != nil {
		return nil
	}
	return e
}

// retain counts one more user, unless the last one has gone.
func (u *upstream) retain() bool {
	for {
		n := u.users.Load()
		if n == 0 {
			return false
		}
		if u.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// release gives up one use. With the last one everything is let go of.
func (u *upstream) release() {
	if u.users.Add(-1) > 0 {
		return
	}
	u.mu.Lock()
	u.closed = true
	held := u.held
	u.held = nil
	u.mu.Unlock()
	for _, w := range u.watches {
		w.Release()
	}
	for _, e := range held {
		e.Release()
	}
}

// awaitAddresses waits, for a limited time, until all look-ups of new slots
// have an answer, good or bad. Those without one go on with the addresses known
// from before, if there are any.
func (b *built) awaitAddresses() {
	ctx, cancel := context.WithTimeout(context.Background(), b.g.cfg.ResolveWait)
	defer cancel()
	for _, s := range b.fresh {
		for _, d := range s.sides() {
			if d.upstream == nil {
				continue
			}
			for _, w := range d.upstream.watches {
				if _, err := w.Wait(ctx); err != nil {
					return
				}
			}
		}
	}
}

// emptiness says, for the log, why there is no address to send requests to.
func (u *upstream) emptiness() string {
	for _, w := range u.watches {
		switch s := w.Snapshot(); s.Phase {
		case discover.PhasePending:
			return "the first answer is awaited"
		case discover.PhaseFailed:
			return s.Reason
		}
	}
	return fmt.Sprintf("none of %d addresses has a weight", len(u.balancer.Members()))
}
