package http1

import (
	"context"
	"crypto/tls"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// tlsSessions is how many TLS sessions an endpoint keeps for resumption.
const tlsSessions = 16

// Endpoint is one address of an upstream with the connections to it. It is
// made by [Transport.Acquire] and safe for use by many goroutines.
type Endpoint struct {
	transport *Transport
	config    EndpointConfig
	tls       *tls.Config // nil for plain text
	users     int         // guarded by transport.mu

	open  atomic.Int64 // connections, idle and in use
	dials atomic.Int64

	mu      sync.Mutex
	idle    []*upConn // the one used last is at the end
	retired bool      // nothing is kept any more
}

var _ exchange.Endpoint = (*Endpoint)(nil)

// EndpointStats are an endpoint's figures.
type EndpointStats struct {
	Open, Idle int   // connections now
	Dials      int64 // connections opened so far
}

func newEndpoint(t *Transport, config EndpointConfig, host string) *Endpoint {
	e := &Endpoint{transport: t, config: config}
	if config.Scheme == "https" {
		e.tls = &tls.Config{MinVersion: tls.VersionTLS12}
		if config.TLS != nil {
			e.tls = config.TLS.Clone()
		}
		if config.ServerName != "" {
			e.tls.ServerName = config.ServerName
		} else if e.tls.ServerName == "" {
			e.tls.ServerName = host
		}
		e.tls.NextProtos = []string{"http/1.1"}
		if e.tls.ClientSessionCache == nil {
			e.tls.ClientSessionCache = tls.NewLRUClientSessionCache(tlsSessions)
		}
	}
	return e
}

// Scheme implements [exchange.Endpoint].
func (e *Endpoint) Scheme() string { return e.config.Scheme }

// Address implements [exchange.Endpoint].
func (e *Endpoint) Address() string { return e.config.Address }

// Stats returns the endpoint's figures.
func (e *Endpoint) Stats() EndpointStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	return EndpointStats{Open: int(e.open.Load()), Idle: len(e.idle), Dials: e.dials.Load()}
}

// Release gives up one use of the endpoint. With the last one its idle
// connections are closed; exchanges under way end as they would have.
func (e *Endpoint) Release() {
	t := e.transport
	t.mu.Lock()
	e.users--
	last := e.users == 0
	if last && t.endpoints[e.config] == e {
		delete(t.endpoints, e.config)
	}
	t.mu.Unlock()
	if last {
		e.retire()
	}
}

func (e *Endpoint) retire() {
	e.mu.Lock()
	e.retired = true
	idle := e.idle
	e.idle = nil
	e.mu.Unlock()
	for _, u := range idle {
		u.close()
	}
}

// take returns the connection that was used last, nil if none is at hand.
// That it still lives is for the user to find out.
func (e *Endpoint) take(now time.Time) *upConn {
	e.mu.Lock()
	n := len(e.idle) - 1
	if n < 0 {
		e.mu.Unlock()
		return nil
	}
	u := e.idle[n]
	e.idle[n] = nil
	e.idle = e.idle[:n]
	e.mu.Unlock()
	if now.Sub(u.idleSince) > e.transport.config.IdleTimeout {
		u.close()
		e.closeOlder(now.Add(-e.transport.config.IdleTimeout))
		return nil
	}
	return u
}

// keep takes a connection back after an exchange that left it clean.
func (e *Endpoint) keep(u *upConn, now time.Time) {
	u.reused = true
	u.idleSince = now
	e.mu.Lock()
	full := e.retired || len(e.idle) >= e.transport.config.MaxIdle
	if !full {
		e.idle = append(e.idle, u)
	}
	e.mu.Unlock()
	if full {
		u.close()
	}
}

// closeOlder closes the connections idle since before limit.
func (e *Endpoint) closeOlder(limit time.Time) {
	e.mu.Lock()
	n := 0
	for n < len(e.idle) && e.idle[n].idleSince.Before(limit) {
		n++
	}
	old := append([]*upConn(nil), e.idle[:n]...)
	kept := copy(e.idle, e.idle[n:])
	clear(e.idle[kept:])
	e.idle = e.idle[:kept]
	e.mu.Unlock()
	for _, u := range old {
		u.close()
	}
}

// dial opens a connection within ctx.
func (e *Endpoint) dial(ctx context.Context) (*upConn, refusal) {
	if n := e.open.Add(1); e.config.MaxConns > 0 && n > int64(e.config.MaxConns) {
		e.open.Add(-1)
		return nil, refusal{exchange.Overloaded, "the endpoint has as many connections as it may have"}
	}
	e.dials.Add(1)
	nc, err := e.transport.config.Dial(ctx, "tcp", e.config.Address)
	if err == nil && e.tls != nil {
		t := tls.Client(nc, e.tls)
		if err = t.HandshakeContext(ctx); err != nil {
			_ = nc.Close()
		}
		return e.dialed(ctx, newUpConn(e, t, nc), err)
	}
	return e.dialed(ctx, newUpConn(e, nc, nc), err)
}

func (e *Endpoint) dialed(ctx context.Context, u *upConn, err error) (*upConn, refusal) {
	if err == nil {
		return u, refusal{}
	}
	e.open.Add(-1)
	if isTimeout(err) || ctx.Err() == context.DeadlineExceeded {
		return nil, refusal{exchange.ConnectTimeout, err.Error()}
	}
	return nil, refusal{exchange.ConnectFailed, err.Error()}
}
