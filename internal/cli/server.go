package cli

import (
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/buildinfo"
	"github.com/gatewright/gatewright/internal/cli/role"
	"github.com/gatewright/gatewright/internal/config"
)

// serve is the command "server".
func (a *app) serve() *cobra.Command {
	var (
		file     string
		listen   []string
		dataDir  string
		log      logFlags
		newToken bool
	)
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Run a control plane",
		Long: `Run a control plane: the management API and the gateways' link. Without --config
it listens on the loopback interface only. Settings come from the file, over
them from the environment (GATEWRIGHT_LISTEN, GATEWRIGHT_DATA_DIR …), over both
from the flags. The first start writes an admin token to the file admin-token in
the data directory.`,
		Example: `  gatewright server
  gatewright server --config examples/config/server.yaml
  gatewright server --listen 127.0.0.1:8080 --data-dir /var/lib/gatewright`,
		Args: exactly(),
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "config", "", "configuration `file`, YAML")
	flags.StringArrayVar(&listen, "listen", nil, "`host:port` of management API and link; repeat for several (default "+config.DefaultListen+")")
	flags.StringVar(&dataDir, "data-dir", "", "directory of the database (default "+config.DefaultDataDir+")")
	flags.BoolVar(&newToken, "new-admin-token", false, "make another admin token and write it to the data directory")
	log.add(cmd, "info")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		logConfig, err := log.config()
		if err != nil {
			return err
		}
		a.working = true
		cfg, err := config.LoadServer(file, a.env.Getenv, func(c *config.Server) {
			if len(listen) > 0 {
				c.Listen = listen
			}
			if dataDir != "" {
				c.DataDir = dataDir
			}
			if flags.Changed("log-level") {
				c.Log.Level = logConfig.Level
			}
			if flags.Changed("log-format") {
				c.Log.Format = logConfig.Format
			}
		})
		if err != nil {
			return err
		}
		ctx, logger := cmd.Context(), newLogger(a.stderr, cfg.Log)
		plane, err := role.OpenControlPlane(ctx, *cfg, logger)
		if err != nil {
			return err
		}
		if newToken {
			if err := plane.NewAdminToken(ctx); err != nil {
				return errors.Join(err, plane.Close())
			}
		}
		logger.Info("control plane is running", slog.Any("listen", plane.Addresses()),
			slog.String("data", cfg.DataDir), slog.String("version", buildinfo.Read().Version))
		err = plane.Run(ctx)
		if err == nil {
			logger.Info("control plane has stopped")
		}
		return err
	}
	return cmd
}
