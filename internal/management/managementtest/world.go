package managementtest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/secret"
	"github.com/gatewright/gatewright/internal/sqlstore"
	"github.com/gatewright/gatewright/internal/testkit/database"
)

// World is a control plane on loopback.
type World struct {
	Control *control.Control
	Store   control.Store
	API     *management.API
	Server  *httptest.Server
	Token   string // opens the API
	Actor   gatewright.Actor

	ctx context.Context
	t   testing.TB
}

// New starts a world; it ends with the test. log gets what the control plane
// logs, nil discards it.
func New(t testing.TB, cfg management.Config) *World {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	ctx, cancel := context.WithCancel(context.Background())
	path := filepath.Join(t.TempDir(), "gatewright.db")
	database.Empty(t, path)
	store, err := sqlstore.Open(ctx, sqlstore.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.NewBox(make([]byte, secret.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	c, err := control.New(ctx, store, control.Config{Log: slog.New(slog.DiscardHandler), Clock: cfg.Clock, Secrets: box})
	if err != nil {
		t.Fatal(err)
	}
	w := &World{Control: c, Store: store, API: management.New(c, cfg), Actor: gatewright.Actor{Name: "root", Client: "test"}, ctx: ctx, t: t}
	var run sync.WaitGroup
	run.Go(func() {
		// A test may close the store before the pipeline has begun.
		if err := c.Run(ctx); err != nil && gatewright.CodeOf(err) != gatewright.Unavailable {
			t.Errorf("run the pipeline: %v", err)
		}
	})
	_, w.Token, err = c.CreateToken(ctx, w.Actor, gatewright.TokenAdmin, "admin", "")
	if err != nil {
		t.Fatal(err)
	}
	w.Server = httptest.NewServer(w.API.Handler())
	t.Cleanup(func() {
		w.API.Close()
		w.Server.Close()
		cancel()
		run.Wait()
		if err := store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return w
}

// Group creates a gateway group.
func (w *World) Group(name string) *gatewright.Group {
	w.t.Helper()
	g, err := w.Control.CreateGroup(w.ctx, w.Actor, gatewright.Group{Name: name, Stage: gatewright.StageTest})
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// OpenAPI returns a document of an API with one route.
func OpenAPI(title, version, path string) []byte {
	return fmt.Appendf(nil, `openapi: 3.0.3
info: {title: %q, version: %q}
servers: [{url: "http://127.0.0.1:9/"}]
paths:
  %q:
    get:
      operationId: list
      responses: {"200": {description: ok}}
`, title, version, path)
}
