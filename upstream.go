package gatewright

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits and defaults of an upstream.
const (
	DefaultWeight         = 100
	MaxWeight             = 1_000_000
	MaxNodes              = 256
	DefaultConnectTimeout = 5 * time.Second  // to open a connection, TLS included
	DefaultSendTimeout    = 60 * time.Second // between two successful writes of the request
	DefaultReadTimeout    = 60 * time.Second // for the response's head, then between two reads of its body
	MaxTimeout            = time.Hour
)

// Upstream says where the requests of an API go in one group. It names nodes
// or a discovered service, never both.
type Upstream struct {
	Scheme     string     `json:"scheme"`               // "http" or "https"
	Nodes      []Node     `json:"nodes,omitempty"`      // fixed addresses
	Discovery  *Discovery `json:"discovery,omitempty"`  // addresses looked up while running
	HostHeader HostHeader `json:"hostHeader,omitempty"` // which Host the nodes see
	Host       string     `json:"host,omitempty"`       // for HostHeaderFixed
	Timeouts   Timeouts   `json:"timeouts,omitzero"`
}

// HostHeader says which Host header the upstream's nodes see. The one the
// client sent always travels in X-Forwarded-Host.
type HostHeader string

// The ways to choose the Host header.
const (
	HostHeaderNode   HostHeader = ""       // the node's own name as it was written
	HostHeaderClient HostHeader = "client" // what the client sent
	HostHeaderFixed  HostHeader = "fixed"  // Upstream.Host
)

// Node is one address of an upstream.
type Node struct {
	Host   string `json:"host"` // name or IP address, IPv6 without brackets
	Port   int    `json:"port"`
	Weight int    `json:"weight"` // share of requests relative to the other nodes; 0 gets none
}

// Discovery names a service in one of the group's registries.
type Discovery struct {
	Registry  string `json:"registry"`  // name of the registry in the group
	Namespace string `json:"namespace"` // "default" where the registry knows no namespaces
	Service   string `json:"service"`   // for DNS: host name, then ":port" unless SRV records give it
}

// Timeouts bound the phases of an upstream exchange. Zero means the default.
type Timeouts struct {
	Connect Duration `json:"connect,omitempty"`
	Send    Duration `json:"send,omitempty"`
	Read    Duration `json:"read,omitempty"`
}

// WithDefaults returns t with every zero replaced by its default.
func (t Timeouts) WithDefaults() Timeouts {
	def := func(d *Duration, v time.Duration) {
		if *d == 0 {
			*d = Duration(v)
		}
	}
	def(&t.Connect, DefaultConnectTimeout)
	def(&t.Send, DefaultSendTimeout)
	def(&t.Read, DefaultReadTimeout)
	return t
}

// Duration is a time.Duration that is written as text ("1.5s") in JSON.
type Duration time.Duration

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return FieldErrorf("", "%q is not a duration; write 300ms, 1.5s or 2m", b)
	}
	*d = Duration(v)
	return nil
}

// Clone returns a deep copy.
func (u Upstream) Clone() Upstream {
	u.Nodes = slices.Clone(u.Nodes)
	if u.Discovery != nil {
		copied := *u.Discovery
		u.Discovery = &copied
	}
	return u
}

// IsZero reports whether the upstream names neither nodes nor a service.
func (u *Upstream) IsZero() bool { return len(u.Nodes) == 0 && u.Discovery == nil }

// Validate checks the upstream's form; it resolves and connects to nothing.
func (u *Upstream) Validate() error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return FieldErrorf("upstream.scheme", "scheme %q is not http or https", u.Scheme)
	}
	switch {
	case len(u.Nodes) > 0 && u.Discovery != nil:
		return FieldErrorf("upstream", "an upstream has nodes or discovery, not both")
	case u.IsZero():
		return FieldErrorf("upstream", "an upstream needs at least one node, or discovery")
	case len(u.Nodes) > MaxNodes:
		return FieldErrorf("upstream.nodes", "%d nodes; at most %d are allowed", len(u.Nodes), MaxNodes)
	}
	total := 0
	for i, n := range u.Nodes {
		if err := n.Validate(); err != nil {
			return err
		}
		if slices.ContainsFunc(u.Nodes[:i], func(o Node) bool { return o.Host == n.Host && o.Port == n.Port }) {
			return FieldErrorf("upstream.nodes", "node %s is listed twice; raise its weight instead", n.Address())
		}
		total += n.Weight
	}
	if u.Discovery == nil && total == 0 {
		return FieldErrorf("upstream.nodes", "every node has weight 0; nothing would get a request")
	}
	if d := u.Discovery; d != nil {
		if err := CheckName("registry", d.Registry); err != nil {
			return err
		}
		if d.Namespace == "" || d.Service == "" {
			return FieldErrorf("upstream.discovery", "discovery needs registry/namespace/service")
		}
		if strings.Contains(d.Registry, "/") || strings.Contains(d.Namespace, "/") {
			return FieldErrorf("upstream.discovery", "registry %q and namespace %q cannot contain /, which ends them in registry/namespace/service", d.Registry, d.Namespace)
		}
	}
	switch u.HostHeader {
	case HostHeaderNode, HostHeaderClient:
		if u.Host != "" {
			return FieldErrorf("upstream.host", "host %q is set but hostHeader is not %q", u.Host, HostHeaderFixed)
		}
	case HostHeaderFixed:
		if _, err := CanonicalHost(u.Host); err != nil {
			return FieldErrorf("upstream.host", "upstream host: %s", err)
		}
	default:
		return FieldErrorf("upstream.hostHeader", "hostHeader %q is not \"\", %q or %q", u.HostHeader, HostHeaderClient, HostHeaderFixed)
	}
	for _, t := range []Duration{u.Timeouts.Connect, u.Timeouts.Send, u.Timeouts.Read} {
		if t < 0 || time.Duration(t) > MaxTimeout {
			return FieldErrorf("upstream.timeouts", "timeout %s is not between 0 and %s", time.Duration(t), MaxTimeout)
		}
	}
	return nil
}

// Validate checks one node.
func (n Node) Validate() error {
	if !validHostname(n.Host) {
		if _, err := netip.ParseAddr(n.Host); err != nil {
			return FieldErrorf("upstream.nodes", "node host %q is neither a host name nor an IP address", n.Host)
		}
	}
	if n.Port < 1 || n.Port > 65535 {
		return FieldErrorf("upstream.nodes", "node port %d is not between 1 and 65535", n.Port)
	}
	if n.Weight < 0 || n.Weight > MaxWeight {
		return FieldErrorf("upstream.nodes", "weight %d is not between 0 and %d", n.Weight, MaxWeight)
	}
	return nil
}

// Address returns host:port as net.Dial takes it.
func (n Node) Address() string {
	if strings.Contains(n.Host, ":") {
		return "[" + n.Host + "]:" + strconv.Itoa(n.Port)
	}
	return n.Host + ":" + strconv.Itoa(n.Port)
}

// String returns the node as [ParseNode] reads it.
func (n Node) String() string {
	if n.Weight == DefaultWeight {
		return n.Address()
	}
	return n.Address() + "@" + strconv.Itoa(n.Weight)
}

// ParseNode parses "host:port" or "host:port@weight"; an IPv6 address stands
// in brackets.
func ParseNode(s string) (Node, error) {
	if scheme, _, ok := strings.Cut(s, "://"); ok {
		return Node{}, FieldErrorf("node", "node %q is a URL; write host:port, and say %s with the scheme", s, scheme)
	}
	addr, weight, weighted := strings.Cut(s, "@")
	n := Node{Weight: DefaultWeight}
	if weighted {
		w, err := strconv.Atoi(weight)
		if err != nil {
			return n, FieldErrorf("node", "node %q: weight %q is not a number", s, weight)
		}
		n.Weight = w
	}
	i := strings.LastIndexByte(addr, ':')
	if i < 0 {
		return n, FieldErrorf("node", "node %q has no port; write host:port or host:port@weight", s)
	}
	port, err := strconv.Atoi(addr[i+1:])
	if err != nil {
		return n, FieldErrorf("node", "node %q: port %q is not a number", s, addr[i+1:])
	}
	n.Port = port
	n.Host = addr[:i]
	if strings.HasPrefix(n.Host, "[") && strings.HasSuffix(n.Host, "]") {
		n.Host = n.Host[1 : len(n.Host)-1]
	} else if strings.Contains(n.Host, ":") {
		return n, FieldErrorf("node", "node %q: put an IPv6 address in brackets", s)
	}
	if err := n.Validate(); err != nil {
		return n, FieldErrorf("node", "node %q: %s", s, err)
	}
	n.Host = strings.ToLower(n.Host) // after the check: some letters outside ASCII have lower case within
	return n, nil
}

// ParseDiscovery parses "registry/namespace/service".
func ParseDiscovery(s string) (*Discovery, error) {
	parts := strings.SplitN(s, "/", 3)
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return nil, FieldErrorf("discovery", "discovery %q is not registry/namespace/service, like local-dns/default/pets.example.internal:8080", s)
	}
	return &Discovery{Registry: parts[0], Namespace: parts[1], Service: parts[2]}, nil
}

// String returns the discovery as [ParseDiscovery] reads it.
func (d *Discovery) String() string { return d.Registry + "/" + d.Namespace + "/" + d.Service }
