package role

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent"
	"github.com/gatewright/gatewright/internal/buildinfo"
	"github.com/gatewright/gatewright/internal/config"
	"github.com/gatewright/gatewright/internal/gateway"
)

// pageStop bounds how long the status page's requests may take to end.
const pageStop = time.Second

// flushTimeout bounds how long a gateway that has stopped tells its last
// counts of calls.
const flushTimeout = 2 * time.Second

// Gateway is a gateway instance with its ports open. It serves from
// [Gateway.Run] on; either Run or Close must be called.
type Gateway struct {
	cfg       config.Gateway
	log       *slog.Logger
	gateway   *gateway.Gateway
	agent     *agent.Agent
	traffic   net.Listener
	page      *webServer // nil when there is no status page
	pages     []net.Listener
	accessLog io.Closer // nil when there is nothing to close
}

// OpenGateway opens the ports and the access log. stdout is where an access
// log called "-" goes.
func OpenGateway(ctx context.Context, cfg config.Gateway, stdout io.Writer, log *slog.Logger) (*Gateway, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if _, err := config.ReadToken(cfg.TokenFile); err != nil { // at once, not at the first connect
		return nil, err
	}
	g := &Gateway{cfg: cfg, log: log}
	if err := g.open(ctx, stdout); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

func (g *Gateway) open(ctx context.Context, stdout io.Writer) (err error) {
	cfg, log := &g.cfg, g.log
	if g.traffic, err = (Address{cfg.Listen, "the gateway of " + cfg.Group, listenFlag(cfg)}).listen(ctx); err != nil {
		return err
	}
	if cfg.StatusListen != "" {
		if g.pages, err = listenAll(ctx, []Address{{cfg.StatusListen, "the status page", "--status-listen"}}); err != nil {
			return err
		}
		g.page = newWebServer(g.statusPage(), g.pages, nil, log)
	}
	accessLog, err := g.openAccessLog(stdout)
	if err != nil {
		return err
	}
	g.gateway = gateway.New(gateway.Config{
		Limits: gateway.Limits{MaxRoutes: cfg.MaxRoutes}, AccessLog: accessLog, Log: log,
	})
	g.agent, err = agent.New(agent.Config{
		Servers: cfg.Servers,
		Token:   func() (string, error) { return config.ReadToken(cfg.TokenFile) },
		Group:   cfg.Group, Name: cfg.Name, Address: g.traffic.Addr().String(), Version: buildinfo.Read().Version,
		DataDir: cfg.DataDir, ConfigID: cfg.ConfigID, Log: log,
		Answerers: map[gatewright.QuestionKind]agent.Answerer{gatewright.QuestionExplain: agent.Explaining(g.gateway)},
	}, agent.Serving(g.gateway))
	return err
}

// listenFlag is how a user chooses another port: "gatewright dev" runs several
// gateways and names each one's flag.
func listenFlag(cfg *config.Gateway) string {
	if cfg.ListenFlag != "" {
		return cfg.ListenFlag
	}
	return "--listen"
}

// openAccessLog returns where the access log goes, nil for nowhere.
func (g *Gateway) openAccessLog(stdout io.Writer) (io.Writer, error) {
	switch g.cfg.AccessLog {
	case "":
		return nil, nil
	case "-":
		return stdout, nil
	}
	f, err := os.OpenFile(g.cfg.AccessLog, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the access log: %w", err)
	}
	g.accessLog = f
	return f, nil
}

// Address returns where it serves traffic.
func (g *Gateway) Address() string { return g.traffic.Addr().String() }

// URL returns where programs on this machine reach it.
func (g *Gateway) URL() string { return "http://" + localAddress(g.traffic.Addr()) }

// Run serves until ctx ends. Then it tells the control plane that it leaves,
// accepts nothing more and lets requests under way finish within the drain
// deadline. Connections keep what they are served with until the last of them
// has ended: neither the agent's end nor the status page's takes anything away.
func (g *Gateway) Run(ctx context.Context) error {
	defer g.closeAccessLog()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		select {
		case <-g.agent.Restored(): // the first request finds what the last process served
			return g.gateway.Serve(g.traffic)
		case <-ctx.Done():
			return g.traffic.Close()
		}
	})
	group.Go(func() error { return g.agent.Run(ctx) })
	if g.page != nil {
		group.Go(func() error { return g.page.run(ctx, pageStop) })
	}
	group.Go(func() error {
		<-ctx.Done()
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.cfg.Drain)
		defer cancel()
		if err := g.gateway.Shutdown(limited); err != nil {
			g.log.Warn("requests were cut off at the drain deadline", slog.Duration("drain", g.cfg.Drain), slog.Any("error", err))
		}
		return nil
	})
	err := group.Wait()
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	g.agent.Flush(limited) // calls that ended while it drained
	return err
}

// Close lets go of a gateway that was never run.
func (g *Gateway) Close() error {
	if g.traffic != nil {
		closeAll([]net.Listener{g.traffic})
	}
	closeAll(g.pages)
	g.closeAccessLog()
	if g.gateway == nil {
		return nil
	}
	return g.gateway.Shutdown(context.Background()) // it has no requests to wait for
}

func (g *Gateway) closeAccessLog() {
	if g.accessLog == nil {
		return
	}
	if err := g.accessLog.Close(); err != nil {
		g.log.Warn("close the access log", slog.Any("error", err))
	}
	g.accessLog = nil
}
