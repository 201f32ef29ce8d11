package notify

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"time"
)

// What the external tests need to see.
var (
	LarkSign   = larkSign
	DingSign   = dingSign
	Mask       = mask
	SecretsOf  = secretsOf
	RetryAfter = retryAfter
	Judge      = judge
)

// CheckAddress reports whether messages may go to an address.
func CheckAddress(c Config, only bool, addr netip.Addr) error {
	return guard{loopback: c.AllowLoopback, only: only, private: c.DenyPrivate, allow: c.Allow}.check(addr)
}

// Backoff returns the times to wait after attempts.
func Backoff(r *rand.Rand) func(attempt int) time.Duration {
	b := backoff{random: r}
	return b.after
}

// Plain reports whether mail goes to the server without TLS.
func (m Mail) Plain(server net.Addr) bool { return m.plain(server) }
