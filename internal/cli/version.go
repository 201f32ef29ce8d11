package cli

import (
	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/buildinfo"
	"github.com/gatewright/gatewright/internal/cli/term"
)

func (a *app) version() *cobra.Command {
	cmd := a.formatFlag(&cobra.Command{
		Use: "version", Short: "Show which build this is",
		Example: "  gatewright version\n  gatewright version -o json",
		Args:    exactly(),
	})
	cmd.RunE = a.run(func(*cobra.Command, []string) error {
		info := buildinfo.Read()
		return a.show(info, func(*term.Screen) error {
			return a.resultf("gatewright %s\ncommit %s of %s\n%s %s\n", info.Version, info.Commit, info.Date, info.Go, info.Platform)
		})
	})
	return cmd
}
