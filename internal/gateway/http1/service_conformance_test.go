package http1

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
	"github.com/gatewright/gatewright/internal/gateway/exchange/exchangetest"
)

func TestServiceConformance(t *testing.T) {
	exchangetest.Services(t, func(t *testing.T, h exchange.Handler) (string, *http.Client) {
		server := NewServer(h, Config{WatchDelay: time.Millisecond, LingerTimeout: 100 * time.Millisecond, ShutdownGrace: time.Millisecond, Log: slog.New(slog.DiscardHandler)})
		l := listen(t)
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		transport := &http.Transport{}
		t.Cleanup(func() {
			transport.CloseIdleConnections()
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_ = server.Shutdown(ctx)
			<-served
		})
		return "http://" + l.Addr().String(), &http.Client{Transport: transport}
	})
}
