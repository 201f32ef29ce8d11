package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
)

// Defaults of [TransportConfig].
const (
	DefaultMaxIdle = 512 // per endpoint

	// DefaultUpstreamIdle is shorter than what common servers allow, so that
	// it is rarely they who close first.
	DefaultUpstreamIdle = 50 * time.Second
)

// TransportConfig has the limits of a [Transport]. A zero field means its
// default.
type TransportConfig struct {
	MaxIdle     int           // connections kept for later, per endpoint
	IdleTimeout time.Duration // how long they are kept

	// Dial opens a connection. nil means [net.Dialer.DialContext].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// EndpointConfig says what an endpoint is. Two equal ones are the same
// endpoint.
type EndpointConfig struct {
	Scheme     string      // "http" or "https"
	Address    string      // host:port
	ServerName string      // of the certificate and SNI; "" means the host of Address
	TLS        *tls.Config // nil means the system's roots, TLS 1.2 or later
	MaxConns   int         // connections open at a time; 0 means no limit
}

// Transport owns the connections to upstreams. It hands out endpoints by
// reference count: a new runtime configuration that names an address the old
// one named gets the same endpoint with its warm connections.
type Transport struct {
	config TransportConfig

	mu        sync.Mutex
	endpoints map[EndpointConfig]*Endpoint
	stop      chan struct{}
	stopped   sync.WaitGroup
	closed    bool
}

// NewTransport returns a transport, to be closed with [Transport.Close].
func NewTransport(config TransportConfig) *Transport {
	def(&config.MaxIdle, DefaultMaxIdle)
	def(&config.IdleTimeout, DefaultUpstreamIdle)
	if config.Dial == nil {
		config.Dial = (&net.Dialer{}).DialContext
	}
	t := &Transport{config: config, endpoints: map[EndpointConfig]*Endpoint{}, stop: make(chan struct{})}
	t.stopped.Add(1)
	go t.sweep()
	return t
}

// Acquire returns the endpoint for config and counts one more user of it.
// Each call is to be matched by one of [Endpoint.Release].
func (t *Transport) Acquire(config EndpointConfig) (*Endpoint, error) {
	if config.Scheme != "http" && config.Scheme != "https" {
		return nil, gatewright.FieldErrorf("scheme", "scheme %q is not http or https", config.Scheme)
	}
	host, _, err := net.SplitHostPort(config.Address)
	if err != nil {
		return nil, gatewright.FieldErrorf("address", "address %q is not host:port", config.Address)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, errors.New("http1: transport closed")
	}
	e := t.endpoints[config]
	if e == nil {
		e = newEndpoint(t, config, host)
		t.endpoints[config] = e
	}
	e.users++
	return e, nil
}

// Endpoints returns how many endpoints are in use.
func (t *Transport) Endpoints() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.endpoints)
}

// Close closes all idle connections. Those in use are closed when their
// exchange ends. No endpoint can be acquired afterwards.
func (t *Transport) Close() {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return
	}
	t.closed = true
	endpoints := t.endpoints
	t.endpoints = map[EndpointConfig]*Endpoint{}
	t.mu.Unlock()
	close(t.stop)
	t.stopped.Wait()
	for _, e := range endpoints {
		e.retire()
	}
}

// sweep closes connections that have been idle for too long.
func (t *Transport) sweep() {
	defer t.stopped.Done()
	tick := time.NewTicker(max(t.config.IdleTimeout/2, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-t.stop:
			return
		case now := <-tick.C:
			t.mu.Lock()
			endpoints := make([]*Endpoint, 0, len(t.endpoints))
			for _, e := range t.endpoints {
				endpoints = append(endpoints, e)
			}
			t.mu.Unlock()
			for _, e := range endpoints {
				e.closeOlder(now.Add(-t.config.IdleTimeout))
			}
		}
	}
}
