package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/cli/role"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/config"
)

func (a *app) backup() *cobra.Command {
	var file string
	cmd := a.serverFlags(&cobra.Command{
		Use: "backup", Short: "Write a copy of everything the control plane knows to a file",
		Long: `Write a consistent copy of the control plane's database to a file, while changes
go on. Secrets in it are hashed or sealed, but all else that is known about APIs
and people is in clear: keep it where only you can read it. The file appears
only when all of it is there. A control plane on PostgreSQL is backed up with
PostgreSQL's own tools.`,
		Example: `  gatewright backup -o backup.db
  gatewright backup -o - | age -r "$RECIPIENT" > backup.age`,
		Args: exactly(),
	})
	cmd.Flags().StringVarP(&file, "output", "o", "", "write to this `file`, mode 0600, in place of what is there; - for standard output")
	required(cmd, "output")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		if file == "-" {
			return c.Backup(ctx, a.stdout)
		}
		if err := writeWhole(file, func(w io.Writer) error { return c.Backup(ctx, w) }); err != nil {
			return err
		}
		a.sayf("the backup is in %s\n", file)
		return nil
	})
	return cmd
}

func (a *app) restore() *cobra.Command {
	var configFile, dataDir string
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "Put a backup in the place of the database, on the machine itself",
		Long: `Put a backup (- for standard input) in place of the control plane's database.
The control plane must be stopped. A backup that is damaged, or that a newer
Gatewright has written, is refused and nothing is changed; one of an older
Gatewright is brought up to date. The database that was there is kept beside it,
its name ending in .replaced, until the next restore.

What was done after the backup is undone: gateways go back to what it says when
the control plane has started again.`,
		Example: `  gatewright restore backup.db --data-dir /var/lib/gatewright
  age -d backup.age | gatewright restore - --config server.yaml`,
		Args: exactly("the FILE of a backup"),
	}
	cmd.Flags().StringVar(&configFile, "config", "", "configuration `file` of the control plane, YAML")
	cmd.Flags().StringVar(&dataDir, "data-dir", "", "directory of the database (default "+config.DefaultDataDir+")")
	a.formatFlag(cmd)
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) (err error) {
		cfg, err := config.LoadServer(configFile, a.env.Getenv, func(c *config.Server) {
			if dataDir != "" {
				c.DataDir = dataDir
			}
		})
		if err != nil {
			return err
		}
		backup := a.env.Stdin
		if args[0] != "-" {
			f, openErr := os.Open(args[0])
			if openErr != nil {
				return fmt.Errorf("read the backup: %w", openErr)
			}
			defer func() { err = errors.Join(err, f.Close()) }()
			backup = f
		}
		restore := role.Restore{Config: *cfg, Name: args[0], By: operator()}
		path, err := restore.Run(cmd.Context(), backup, newLogger(a.stderr, cfg.Log))
		if err != nil {
			return err
		}
		return a.show(map[string]string{"database": path}, func(*term.Screen) error {
			return a.resultf("the backup is in place as %s; start the control plane\n", path)
		})
	})
	return cmd
}
