package http1

import (
	"log/slog"
	"net/netip"
	"time"
)

// Defaults of [Config].
const (
	DefaultMaxHeadBytes     = 32 << 10         // of a request
	DefaultMaxTargetBytes   = 8 << 10          // of a request target
	DefaultMaxFields        = 100              // of a request
	DefaultMaxBodyBytes     = 100 << 20        // of a request
	DefaultMaxConns         = 20_000           // open at a time
	DefaultMaxRequests      = 100_000          // over one connection
	DefaultHandshakeTimeout = 10 * time.Second // of TLS
	DefaultHeadTimeout      = 10 * time.Second // from the first byte of a head to its last
	DefaultIdleTimeout      = 75 * time.Second // for the first byte of a request
	DefaultBodyTimeout      = 60 * time.Second // between two reads of a body
	DefaultWriteTimeout     = 60 * time.Second // for one write to the client to be taken
	DefaultTunnelTimeout    = time.Hour        // without a byte in either direction of an upgraded connection
	DefaultLingerTimeout    = 2 * time.Second  // for the client to read the last response before the connection is closed
	DefaultShutdownGrace    = time.Second      // for an idle connection to send one more request at a shutdown
	DefaultContinueTimeout  = time.Second      // for the upstream's 100 before we send one
	DefaultWatchDelay       = 50 * time.Millisecond
)

// Limits that are not configurable.
const (
	maxResponseHead   = 64 << 10  // bytes of a response's head
	maxResponseFields = 200       // fields of a response
	maxInterim        = 8         // 1xx responses before the final one
	maxPicks          = 16        // endpoints tried for one request
	maxStale          = 4         // idle connections found dead before a new one is opened
	lingerBuffer      = 512       // bytes read at a time from a connection that was idle and is being closed
	maxDrain          = 256 << 10 // bytes of a request body read and thrown away to keep a connection
)

// Config has the limits and deadlines of a [Server]. A zero field means its
// default.
type Config struct {
	MaxHeadBytes   int   // more is 431
	MaxTargetBytes int   // more is 414
	MaxFields      int   // more is 431
	MaxBodyBytes   int64 // more is 413, announced or not; -1 for no limit
	MaxConns       int   // more are closed as they come
	MaxRequests    int   // the last one's response closes the connection

	HandshakeTimeout time.Duration
	HeadTimeout      time.Duration // longer is 408
	IdleTimeout      time.Duration
	BodyTimeout      time.Duration // longer is 408
	WriteTimeout     time.Duration
	TunnelTimeout    time.Duration
	LingerTimeout    time.Duration
	ShutdownGrace    time.Duration
	ContinueTimeout  time.Duration

	// WatchDelay is how long an upstream or a service may keep a client waiting
	// before the server begins to look whether the client is still there. A
	// client that closes only its sending side counts as gone.
	WatchDelay time.Duration

	// TrustedProxies are the peers whose X-Forwarded-* fields are believed.
	// From anybody else they are dropped.
	TrustedProxies []netip.Prefix

	Log *slog.Logger // nil means slog.Default
}

func (c Config) withDefaults() Config {
	def(&c.MaxHeadBytes, DefaultMaxHeadBytes)
	def(&c.MaxTargetBytes, DefaultMaxTargetBytes)
	def(&c.MaxFields, DefaultMaxFields)
	def(&c.MaxBodyBytes, DefaultMaxBodyBytes)
	def(&c.MaxConns, DefaultMaxConns)
	def(&c.MaxRequests, DefaultMaxRequests)
	def(&c.HandshakeTimeout, DefaultHandshakeTimeout)
	def(&c.HeadTimeout, DefaultHeadTimeout)
	def(&c.IdleTimeout, DefaultIdleTimeout)
	def(&c.BodyTimeout, DefaultBodyTimeout)
	def(&c.WriteTimeout, DefaultWriteTimeout)
	def(&c.TunnelTimeout, DefaultTunnelTimeout)
	def(&c.LingerTimeout, DefaultLingerTimeout)
	def(&c.ShutdownGrace, DefaultShutdownGrace)
	def(&c.ContinueTimeout, DefaultContinueTimeout)
	def(&c.WatchDelay, DefaultWatchDelay)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

func def[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

func (c *Config) headLimits() headLimits {
	return headLimits{bytes: c.MaxHeadBytes, target: c.MaxTargetBytes, fields: c.MaxFields}
}

func (c *Config) trusts(a netip.Addr) bool {
	for _, p := range c.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
