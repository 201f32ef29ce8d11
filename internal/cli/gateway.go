package cli

import (
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/buildinfo"
	"github.com/gatewright/gatewright/internal/cli/role"
	"github.com/gatewright/gatewright/internal/config"
)

func (a *app) gateway() *cobra.Command {
	cfg := config.Gateway{}
	var log logFlags
	cmd := &cobra.Command{
		Use:   "gateway",
		Short: "Run a gateway of a group",
		Long: `Run a gateway: it joins its group at the control plane and serves what the group
runs. Configured once, it starts and serves without the control plane. Of a
control plane with several replicas it is told all; when the one it talks to
does not answer, it goes to the next. It stops
at the first SIGTERM or SIGINT when requests under way are done, at the latest
after --drain; a second one ends it at once.

With --config-id it is pinned: of each API that the group ran under that
configuration ID it runs the revision of then, whatever the group runs later,
and takes part in no canary of it. Hosts, upstreams, access, lifecycle, and all
other APIs are those of the group; an API that is undeployed there goes here,
too. To follow the group again, start it without.`,
		Example: `  gatewright group token production --output-file token
  gatewright gateway --server http://127.0.0.1:8080 --group production --token-file token --listen :9080
  gatewright gateway --server https://a.example.com --server https://b.example.com --group production --token-file token
  gatewright gateway --group production --token-file token --status-listen 127.0.0.1:9901 --access-log -
  gatewright gateway --group production --token-file token --config-id 2026-11-21r0`,
		Args: exactly(),
	}
	name, err := os.Hostname()
	if err != nil {
		name = "gateway"
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&cfg.Servers, "server", nil, "URL of the control plane; repeat for its replicas (default $GATEWRIGHT_SERVER, else "+defaultServer+")")
	flags.StringVarP(&cfg.Group, "group", "g", "", "gateway `group` it is a member of")
	flags.StringVar(&cfg.TokenFile, "token-file", "", "`file` with the group's instance token, readable by its owner only")
	flags.StringVar(&cfg.Listen, "listen", ":9080", "`host:port` for traffic")
	flags.StringVar(&cfg.Name, "name", name, "what people call it")
	flags.StringVar(&cfg.DataDir, "data-dir", "gateway-data", "directory of its identity and of the last configuration; of this gateway alone")
	flags.StringVar(&cfg.ConfigID, "config-id", "", "configuration `ID` it is pinned to, like 2026-11-21r0 (default $GATEWRIGHT_CONFIG_ID)")
	flags.IntVar(&cfg.MaxRoutes, "max-routes", config.DefaultMaxRoutes, "most routes it accepts")
	flags.StringVar(&cfg.AccessLog, "access-log", "", "`file` for a JSON line per request; - for standard output")
	flags.StringVar(&cfg.StatusListen, "status-listen", "", "`host:port` of a page with /healthz, /readyz and /status")
	flags.DurationVar(&cfg.Drain, "drain", config.DefaultDrain, "how long requests under way may take at a stop")
	log.add(cmd, "info")
	required(cmd, "group")
	required(cmd, "token-file")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		logConfig, err := log.config()
		if err != nil {
			return err
		}
		if len(cfg.Servers) == 0 {
			cfg.Servers = []string{a.serverURL()}
		}
		if !cmd.Flags().Changed("config-id") {
			cfg.ConfigID = a.env.Getenv("GATEWRIGHT_CONFIG_ID")
		}
		if err := cfg.Validate(); err != nil {
			return &usageError{message: err.Error()}
		}
		a.working = true
		logger := newLogger(a.stderr, logConfig)
		g, err := role.OpenGateway(cmd.Context(), cfg, a.env.Stdout, logger)
		if err != nil {
			return err
		}
		logger.Info("gateway is running", slog.String("listen", g.Address()), slog.String("group", cfg.Group),
			slog.Any("servers", cfg.Servers), slog.String("configId", cfg.ConfigID), slog.String("version", buildinfo.Read().Version))
		err = g.Run(cmd.Context())
		if err == nil {
			logger.Info("gateway has stopped")
		}
		return err
	}
	return cmd
}
