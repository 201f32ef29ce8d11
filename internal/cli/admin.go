package cli

import (
	"cmp"
	"os/user"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/role"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/config"
)

func (a *app) admin() *cobra.Command {
	return parent("admin", "Get back in when nobody can log in",
		`  gatewright admin reset --data-dir /var/lib/gatewright
  gatewright admin reset --config server.yaml --user anna`,
		a.adminReset())
}

func (a *app) adminReset() *cobra.Command {
	var file, dataDir, name, passwordFile string
	cmd := &cobra.Command{
		Use: "reset", Short: "Make a new admin token, or set a super admin's password, on the machine itself",
		Long: `Get back in when nobody can log in. It works on the database itself, so whoever
runs it must be able to read and write that. Without --user it makes a new admin
token, writes it to the file admin-token in the data directory and revokes all
other admin tokens. With --user it sets the password of that user, who is made
if need be, enabled, and super admin from then on.

On an SQLite database the control plane must be stopped first; on PostgreSQL it
may run. What is done is in the audit log.`,
		Example: `  gatewright admin reset --data-dir /var/lib/gatewright
  gatewright admin reset --config server.yaml --user anna --password-file -`,
		Args: exactly(),
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration `file` of the control plane, YAML")
	cmd.Flags().StringVar(&dataDir, "data-dir", "", "directory of the database (default "+config.DefaultDataDir+")")
	cmd.Flags().StringVar(&name, "user", "", "login of the user who is to be super admin")
	cmd.Flags().StringVar(&passwordFile, "password-file", "", "read the password from this `file`, - for standard input (default asked for)")
	a.formatFlag(cmd)
	cmd.RunE = a.run(func(cmd *cobra.Command, _ []string) error {
		if passwordFile != "" && name == "" {
			return usagef("--password-file is for --user")
		}
		cfg, err := config.LoadServer(file, a.env.Getenv, func(c *config.Server) {
			if dataDir != "" {
				c.DataDir = dataDir
			}
		})
		if err != nil {
			return err
		}
		rescue := role.Rescue{Config: *cfg, User: name, By: operator()}
		if name != "" {
			if rescue.Password, err = a.password(passwordFile, "New password for "+term.Clean(name)+": "); err != nil {
				return err
			}
		}
		token, err := rescue.Run(cmd.Context(), newLogger(a.stderr, cfg.Log))
		if gatewright.CodeOf(err) == gatewright.Unavailable && cfg.Store.Postgres == "" {
			a.sayf("stop the control plane first\n")
		}
		if err != nil {
			return err
		}
		return a.show(map[string]any{"user": name, "tokenFile": token}, func(*term.Screen) error {
			if name != "" {
				return a.resultf("%s is super admin; log in with: gatewright login --name %s\n", term.Clean(name), term.Clean(name))
			}
			return a.resultf("a new admin token is in %s; all others are revoked\n", token)
		})
	})
	return cmd
}

// operator returns who runs the command, for the audit log.
func operator() string {
	name := "operator"
	if u, err := user.Current(); err == nil {
		name = cmp.Or(u.Username, name)
	}
	return name + " on the machine"
}
