package role

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"
	"time"

	"github.com/gatewright/gatewright/internal/buildinfo"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/config"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/fleet"
	"github.com/gatewright/gatewright/internal/link"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/notify"
	"github.com/gatewright/gatewright/internal/sqlstore"
)

// databaseFile is the name of the database in the data directory.
const databaseFile = "control.db"

// ControlPlane is a control plane with its ports and its database open. It
// serves from [ControlPlane.Run] on; either Run or Close must be called.
type ControlPlane struct {
	cfg        config.Server
	log        *slog.Logger
	store      *sqlstore.Store
	control    *control.Control
	fleet      *fleet.Fleet
	dispatcher *notify.Dispatcher
	api        *management.API
	oidc       *management.OIDC // nil for none
	web        *webServer
	listeners  []net.Listener
}

// storeConfig says where the store is: in PostgreSQL when the configuration
// names one, else in a file of the data directory.
func storeConfig(cfg config.Server, log *slog.Logger) (sqlstore.Config, error) {
	url, err := cfg.Store.URL()
	c := sqlstore.Config{URL: url, Connections: cfg.Store.Connections, Log: log}
	if url == "" {
		c.Path = filepath.Join(cfg.DataDir, databaseFile)
	}
	return c, err
}

// OpenControlPlane opens the ports and the database and writes the admin
// token if there is none yet.
func OpenControlPlane(ctx context.Context, cfg config.Server, log *slog.Logger) (*ControlPlane, error) {
	p := &ControlPlane{cfg: cfg, log: log}
	if err := p.open(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *ControlPlane) open(ctx context.Context) (err error) {
	certificate, err := p.certificate()
	if err != nil {
		return err
	}
	var addresses []Address
	for _, a := range p.cfg.Listen {
		addresses = append(addresses, Address{Listen: a, What: "the control plane", Flag: "--listen"})
	}
	if p.listeners, err = listenAll(ctx, addresses); err != nil {
		return err
	}
	if err := os.MkdirAll(p.cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	where, err := storeConfig(p.cfg, p.log)
	if err != nil {
		return err
	}
	p.store, err = sqlstore.Open(ctx, where)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	box, err := openSecrets(p.cfg)
	if err != nil {
		return err
	}
	p.control, err = control.New(ctx, p.store, control.Config{
		LostAfter: p.cfg.LostAfter, KeepLog: p.cfg.KeepGenerations,
		KeepAudit: time.Duration(p.cfg.KeepAuditDays) * 24 * time.Hour, Secrets: box, PublicURL: p.cfg.PublicURL, Log: p.log,
	})
	if err != nil {
		return fmt.Errorf("start the control plane: %w", err)
	}
	if err := p.control.Reseal(ctx); err != nil {
		return fmt.Errorf("seal secrets with the present key: %w", err)
	}
	build := buildinfo.Read()
	if p.dispatcher, err = p.newDispatcher(build.Version); err != nil {
		return err
	}
	p.fleet = fleet.New(p.control, fleet.Config{Version: build.Version, Log: p.log})
	oidc, err := openOIDC(p.cfg)
	if err != nil {
		return err
	}
	p.oidc = oidc
	p.api = management.New(p.control, management.Config{
		Build: client.Build{Version: build.Version, Commit: build.Commit, Date: build.Date, Go: build.Go}, Log: p.log,
		OIDC: oidc, SecureFront: strings.HasPrefix(p.cfg.PublicURL, "https://"),
	})
	p.web = newWebServer(p.handler(), p.listeners, certificate, p.log)
	p.web.server.RegisterOnShutdown(p.api.Close)
	return p.ensureAdminToken(ctx)
}

// certificate returns the certificate to serve with, nil for plain HTTP.
func (p *ControlPlane) certificate() (*tls.Certificate, error) {
	files := p.cfg.TLS
	if !files.Enabled() {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load the certificate %s and its key %s: %w", files.CertFile, files.KeyFile, err)
	}
	return &pair, nil
}

// handler serves the link and the management API side by side.
func (p *ControlPlane) handler() http.Handler {
	toGateways, toPeople := p.fleet.Handler(), p.api.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, link.Prefix) {
			toGateways.ServeHTTP(w, r)
			return
		}
		toPeople.ServeHTTP(w, r)
	})
}

// URL returns the address of the first listener for programs on this machine.
func (p *ControlPlane) URL() string {
	scheme := "http"
	if p.cfg.TLS.Enabled() {
		scheme = "https"
	}
	return scheme + "://" + localAddress(p.listeners[0].Addr())
}

// localAddress returns an address at which this machine reaches a listener.
func localAddress(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// Addresses returns where it listens.
func (p *ControlPlane) Addresses() []string {
	addresses := make([]string, len(p.listeners))
	for i, l := range p.listeners {
		addresses[i] = l.Addr().String()
	}
	return addresses
}

// Run serves until ctx ends, then stops: the gateways' streams say goodbye,
// requests under way finish, the pipeline rests, the database is closed.
func (p *ControlPlane) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	inner, stopInner := context.WithCancel(context.WithoutCancel(ctx)) // outlives the requests that need it
	defer stopInner()
	group.Go(func() error { return p.control.Run(inner) })
	group.Go(func() error { return p.fleet.Run(ctx) })
	group.Go(func() error {
		p.dispatch(ctx)
		return nil
	})
	group.Go(func() error {
		defer stopInner()
		return p.web.run(ctx, p.cfg.ShutdownTimeout)
	})
	err := group.Wait()
	p.closeOIDC()
	if closeErr := p.store.Close(); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("close the database: %w", closeErr))
	}
	return err
}

// Close lets go of a control plane that was never run.
func (p *ControlPlane) Close() error {
	closeAll(p.listeners)
	p.closeOIDC()
	if p.store == nil {
		return nil
	}
	return p.store.Close()
}
