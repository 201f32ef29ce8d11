package role

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// Bounds of the HTTP servers here. Bodies and answers are bounded by the
// handlers, which know what they wait for.
const (
	headTimeout  = 10 * time.Second
	idleTimeout  = 2 * time.Minute
	maxHeadBytes = 32 << 10
)

// webServer is an HTTP server over any number of listeners.
type webServer struct {
	server    *http.Server
	listeners []net.Listener
}

func newWebServer(handler http.Handler, listeners []net.Listener, certificate *tls.Certificate, log *slog.Logger) *webServer {
	s := &http.Server{
		Handler: handler, ReadHeaderTimeout: headTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeadBytes,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug), // broken handshakes and the like: not ours to fix
	}
	if certificate != nil {
		s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*certificate}}
	}
	return &webServer{server: s, listeners: listeners}
}

// run serves until ctx ends, then lets requests under way finish within
// timeout and cuts off the rest.
func (s *webServer) run(ctx context.Context, timeout time.Duration) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, l := range s.listeners {
		group.Go(func() error {
			serve := s.server.Serve
			if s.server.TLSConfig != nil {
				serve = func(l net.Listener) error { return s.server.ServeTLS(l, "", "") }
			}
			if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", l.Addr(), err)
			}
			return nil
		})
	}
	group.Go(func() error {
		<-ctx.Done()
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
		defer cancel()
		if err := s.server.Shutdown(limited); err != nil {
			_ = s.server.Close() // cuts off the connections; their errors are what was asked for
		}
		return nil
	})
	return group.Wait()
}
