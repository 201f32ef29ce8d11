package gateway

import (
	"crypto/tls"
	"io"
	"log/slog"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/http1"
)

// Defaults of [Config].
const (
	DefaultMaxRoutes   = 1_000_000
	DefaultResolveWait = time.Second      // for first answers, before an update is taken for built
	DefaultDrainWait   = 10 * time.Minute // for requests of a replaced revision
)

// Config is what a [Gateway] is made of. A zero field means its default.
type Config struct {
	Limits Limits

	// HTTP has the limits and deadlines of connections to clients, Upstream
	// those of connections to upstreams.
	HTTP     http1.Config
	Upstream http1.TransportConfig

	// UpstreamTLS is how TLS is spoken to upstreams; nil means the system's
	// roots and TLS 1.2 or later. Server names are set for each upstream.
	UpstreamTLS *tls.Config

	// HideRevision leaves out the field Gatewright-Revision.
	HideRevision bool

	// AccessLog gets one JSON line per request; nil means none is written.
	// Only one goroutine writes to it.
	AccessLog io.Writer

	// ResolveWait is how long [Gateway.Prepare] and [Gateway.Apply] wait for
	// the first addresses of services and host names they have not looked up
	// before, so that no request comes too early. What is not known by then is
	// no rejection; requests get 503 until it is. A full update of a gateway
	// that serves nothing yet does not wait.
	ResolveWait time.Duration

	// DrainWait is how long what a replaced revision holds is kept for the
	// requests it still has. Their streams go on after that, but they can no
	// longer turn to another address.
	DrainWait time.Duration

	Log   *slog.Logger     // nil means slog.Default
	Clock func() time.Time // nil means time.Now
}

// Limits bound what a gateway takes on.
type Limits struct {
	MaxRoutes int // routes of all APIs together
}

func (c Config) withDefaults() Config {
	if c.Limits.MaxRoutes == 0 {
		c.Limits.MaxRoutes = DefaultMaxRoutes
	}
	if c.ResolveWait == 0 {
		c.ResolveWait = DefaultResolveWait
	}
	if c.DrainWait == 0 {
		c.DrainWait = DefaultDrainWait
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.HTTP.Log == nil {
		c.HTTP.Log = c.Log
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}
