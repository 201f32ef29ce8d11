package role

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/examples/backends"
	"github.com/gatewright/gatewright/internal/config"
	"github.com/gatewright/gatewright/internal/control"
)

// How long the parts of a development installation may take.
const (
	devJoin  = 10 * time.Second // for the gateways to join
	devDrain = 5 * time.Second  // for requests under way at a stop
)

// DevConfig configures a whole installation in one process. Addresses are
// host:port; port 0 takes a free one.
type DevConfig struct {
	DataDir    string
	Listen     string // of the control plane
	Test       string // of the gateway of group test
	Production string // of the gateway of group production
	Backends   []DevBackend
}

// DevBackend is an example backend.
type DevBackend struct {
	Address
	Name    string // in the header X-Backend
	Httpbin bool   // else it is a pet store
}

// Dev is a development installation with its ports open. It runs from
// [Dev.Run] on; either Run or Close must be called.
type Dev struct {
	log       *slog.Logger
	Plane     *ControlPlane
	Gateways  []*Gateway // of test, then of production
	Listeners []net.Listener
	cfg       DevConfig
	joins     *control.Subscription
}

// OpenDev opens every port and makes the groups and tokens that are missing.
func OpenDev(ctx context.Context, cfg DevConfig, log *slog.Logger) (*Dev, error) {
	d := &Dev{log: log, cfg: cfg}
	if err := d.open(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Dev) open(ctx context.Context) (err error) {
	var addresses []Address
	for _, b := range d.cfg.Backends {
		addresses = append(addresses, b.Address)
	}
	if d.Listeners, err = listenAll(ctx, addresses); err != nil {
		return err
	}
	server := config.DefaultServer()
	server.Listen, server.DataDir, server.ShutdownTimeout = []string{d.cfg.Listen}, d.cfg.DataDir, devDrain
	server.Notify.AllowLoopback = true // receivers to try out are on this machine
	if d.Plane, err = OpenControlPlane(ctx, server, d.log); err != nil {
		return err
	}
	if err := d.Plane.ensureToken(ctx, d.Plane.adminTokenFile(), gatewright.TokenAdmin, "", ""); err != nil {
		return err
	}
	d.joins = d.Plane.control.Subscribe()
	for _, g := range []struct {
		name   string
		stage  gatewright.Stage
		listen string
		flag   string
	}{
		{"test", gatewright.StageTest, d.cfg.Test, "--test-listen"},
		{"production", gatewright.StageProduction, d.cfg.Production, "--production-listen"},
	} {
		gw, err := d.openGateway(ctx, g.name, g.stage, g.listen, g.flag)
		if err != nil {
			return err
		}
		d.Gateways = append(d.Gateways, gw)
	}
	return nil
}

// openGateway opens the gateway of a group, which is made if it is missing.
func (d *Dev) openGateway(ctx context.Context, name string, stage gatewright.Stage, listen, flag string) (*Gateway, error) {
	_, err := d.Plane.control.CreateGroup(ctx, d.Plane.actor(), gatewright.Group{Name: name, Stage: stage})
	if err != nil && gatewright.CodeOf(err) != gatewright.Conflict {
		return nil, fmt.Errorf("make the group %s: %w", name, err)
	}
	dir := filepath.Join(d.cfg.DataDir, "gateways", name)
	token := filepath.Join(dir, "token")
	if err := d.Plane.ensureToken(ctx, token, gatewright.TokenInstance, "gateway of "+name, name); err != nil {
		return nil, err
	}
	return OpenGateway(ctx, config.Gateway{
		Servers: []string{d.Plane.URL()}, Group: name, TokenFile: token, Listen: listen, ListenFlag: flag, Name: name + "-gateway",
		DataDir: filepath.Join(dir, "data"), MaxRoutes: config.DefaultMaxRoutes, Drain: devDrain,
	}, nil, d.log)
}

// Run runs everything until ctx ends. It calls ready once the gateways have
// joined. It stops the gateways first, then what they depend on.
func (d *Dev) Run(ctx context.Context, ready func() error) error {
	defer d.joins.Close()
	group, ctx := errgroup.WithContext(ctx)
	plane, stopPlane := context.WithCancel(context.WithoutCancel(ctx))
	defer stopPlane()
	behind, stopBackends := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackends()

	var gateways sync.WaitGroup
	for _, g := range d.Gateways {
		gateways.Add(1)
		group.Go(func() error {
			defer gateways.Done()
			return g.Run(ctx)
		})
	}
	group.Go(func() error {
		gateways.Wait()
		stopPlane()
		return nil
	})
	group.Go(func() error {
		defer stopBackends()
		return d.Plane.Run(plane)
	})
	for i, b := range d.cfg.Backends {
		group.Go(func() error {
			return newWebServer(b.handler(), d.Listeners[i:i+1], nil, d.log).run(behind, devDrain)
		})
	}
	group.Go(func() error {
		if err := d.awaitGateways(ctx); err != nil || ctx.Err() != nil {
			return err
		}
		return ready()
	})
	return group.Wait()
}

func (b *DevBackend) handler() http.Handler {
	if b.Httpbin {
		return backends.Httpbin(b.Name)
	}
	return backends.Petstore(b.Name, time.Now)
}

// awaitGateways waits until each gateway has joined and serves what its group
// wants, be that nothing yet, or until it is pointless to wait longer: what is
// wrong is in the log then.
func (d *Dev) awaitGateways(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, devJoin)
	defer cancel()
	joined := map[gatewright.GroupID]bool{}
	for len(joined) < len(d.Gateways) {
		select {
		case e, ok := <-d.joins.C:
			if !ok {
				return nil
			}
			if e.Instance != nil && e.Instance.Digest != "" {
				joined[e.Instance.Group] = true
			}
		case <-limited.Done():
			if ctx.Err() == nil {
				d.log.Warn("not every gateway has joined", slog.Int("joined", len(joined)))
			}
			return nil
		}
	}
	return nil
}

// Close lets go of an installation that was never run.
func (d *Dev) Close() error {
	closeAll(d.Listeners)
	var err error
	for _, g := range d.Gateways {
		err = errors.Join(err, g.Close())
	}
	if d.joins != nil {
		d.joins.Close()
	}
	if d.Plane != nil {
		err = errors.Join(err, d.Plane.Close())
	}
	return err
}
