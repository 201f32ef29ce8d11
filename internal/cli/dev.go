package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/cli/role"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/config"
)

// The addresses of a development installation.
const (
	devTest       = "127.0.0.1:9080"
	devProduction = "127.0.0.1:9081"
)

func (a *app) dev() *cobra.Command {
	cfg := role.DevConfig{Backends: []role.DevBackend{
		{Name: "petstore-test", Address: role.Address{Listen: "127.0.0.1:7001", What: "the pet store", Flag: "--petstore-listen"}},
		{Name: "petstore-production", Address: role.Address{Listen: "127.0.0.1:7002", What: "the production pet store", Flag: "--petstore-production-listen"}},
		{Name: "httpbin-test", Address: role.Address{Listen: "127.0.0.1:7003", What: "httpbin", Flag: "--httpbin-listen"}, Httpbin: true},
		{Name: "httpbin-production", Address: role.Address{Listen: "127.0.0.1:7004", What: "the production httpbin", Flag: "--httpbin-production-listen"}, Httpbin: true},
	}}
	var (
		log        logFlags
		noBackends bool
	)
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run everything in one process, for trying out and developing",
		Long: `Run everything in one process: a control plane, the gateway groups test and
production with a gateway each, and example backends. Ctrl-C stops it; started
again, everything is as it was. Nothing but this machine reaches it.`,
		Example: `  gatewright dev
  gatewright dev --data-dir /tmp/gatewright --listen 127.0.0.1:18080`,
		Args: exactly(),
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.DataDir, "data-dir", config.DefaultDataDir, "directory of everything it keeps")
	flags.StringVar(&cfg.Listen, "listen", config.DefaultListen, "`host:port` of the control plane")
	flags.StringVar(&cfg.Test, "test-listen", devTest, "`host:port` of the gateway of group test")
	flags.StringVar(&cfg.Production, "production-listen", devProduction, "`host:port` of the gateway of group production")
	for i := range cfg.Backends {
		b := &cfg.Backends[i]
		flags.StringVar(&b.Listen, strings.TrimPrefix(b.Flag, "--"), b.Listen, "`host:port` of "+b.What)
	}
	flags.BoolVar(&noBackends, "no-backends", false, "run no example backends")
	log.add(cmd, "warn")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		logConfig, err := log.config()
		if err != nil {
			return err
		}
		if noBackends {
			cfg.Backends = nil
		}
		if err := checkDev(&cfg); err != nil {
			return err
		}
		a.working = true
		d, err := role.OpenDev(cmd.Context(), cfg, newLogger(a.stderr, logConfig))
		if err != nil {
			return err
		}
		if err := d.Run(cmd.Context(), func() error { return a.welcome(d, &cfg) }); err != nil {
			return err
		}
		a.sayf("stopped; everything is kept in %s\n", cfg.DataDir)
		return nil
	}
	return cmd
}

// checkDev refuses addresses that are wrong or that other machines reach: the
// example backends and the plain HTTP are for this machine only.
func checkDev(cfg *role.DevConfig) error {
	check := func(flag, address string) error {
		if err := config.CheckListen(address); err != nil {
			return usagef("%s: %s", flag, err)
		}
		if !config.IsLoopback(address) {
			return usagef("%s: %s can be reached from other machines; dev is for this one only, see: gatewright server --help", flag, address)
		}
		return nil
	}
	addresses := []role.Address{
		{Flag: "--listen", Listen: cfg.Listen}, {Flag: "--test-listen", Listen: cfg.Test}, {Flag: "--production-listen", Listen: cfg.Production},
	}
	for _, b := range cfg.Backends {
		addresses = append(addresses, b.Address)
	}
	for _, ad := range addresses {
		if err := check(ad.Flag, ad.Listen); err != nil {
			return err
		}
	}
	return nil
}

// welcome says what runs where and what to type next.
func (a *app) welcome(d *role.Dev, cfg *role.DevConfig) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", a.stdout.Paint(term.Bold, "Gatewright is running."))
	line := func(what, where string) { fmt.Fprintf(&b, "  %-27s %s\n", what, where) }
	line("control plane", d.Plane.URL())
	test, production := d.Gateways[0], d.Gateways[1]
	line("gateway of group test", test.URL())
	line("gateway of group production", production.URL())
	for i, backend := range cfg.Backends {
		line(strings.TrimPrefix(backend.What, "the "), "http://"+d.Listeners[i].Addr().String())
	}
	line("data", cfg.DataDir)
	line("admin token", filepath.Join(cfg.DataDir, role.AdminTokenFile))

	fmt.Fprintf(&b, "\nNow type, in another terminal:\n\n")
	if url := d.Plane.URL(); url != defaultServer {
		fmt.Fprintf(&b, "  export GATEWRIGHT_SERVER=%s\n", url)
	}
	if cfg.DataDir != config.DefaultDataDir {
		fmt.Fprintf(&b, "  export GATEWRIGHT_TOKEN=\"$(cat '%s')\"\n", filepath.Join(cfg.DataDir, role.AdminTokenFile))
	}
	node := ""
	second := "127.0.0.1:7002"
	if len(d.Listeners) > 1 {
		if first := d.Listeners[0].Addr().String(); first != "127.0.0.1:7001" {
			node = " --node " + first
		}
		second = d.Listeners[1].Addr().String()
	}
	fmt.Fprintf(&b, "  gatewright publish examples/petstore/openapi.yaml --group test%s\n", node)
	fmt.Fprintf(&b, "  curl %s/pet/1\n", test.URL())
	fmt.Fprintf(&b, "  gatewright sync \"Swagger Petstore\" --from test --to production --node %s\n", second)
	fmt.Fprintf(&b, "  curl %s/pet/1\n", production.URL())
	fmt.Fprintf(&b, "  gatewright status\n")
	fmt.Fprintf(&b, "\nCtrl-C stops it; started again, everything is as it was.\n")
	return a.resultf("%s", b.String())
}
