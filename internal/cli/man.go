package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/gatewright/gatewright/internal/buildinfo"
)

// man writes the manual pages. It is for packagers, so help does not list it.
func (a *app) man() *cobra.Command {
	return &cobra.Command{
		Use: "man DIRECTORY", Short: "Write the manual pages into a directory", Hidden: true,
		Example: "  gatewright man dist/man",
		Args:    exactly("a DIRECTORY"),
		RunE: a.run(func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("make the directory: %w", err)
			}
			info := buildinfo.Read()
			header := &doc.GenManHeader{Title: "GATEWRIGHT", Section: "1", Source: "gatewright " + info.Version}
			if date, err := time.Parse(time.RFC3339, info.Date); err == nil {
				header.Date = &date // and not today's: the same source makes the same pages
			}
			cmd.Root().DisableAutoGenTag = true
			if err := doc.GenManTree(cmd.Root(), header, args[0]); err != nil {
				return fmt.Errorf("write the manual pages: %w", err)
			}
			return nil
		}),
	}
}
