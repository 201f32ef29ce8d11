package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

// The exit codes of "diff", which are those of diff(1).
const (
	exitDiffers = 1
	exitTrouble = 2
)

func (a *app) diff() *cobra.Command {
	var from, to string
	cmd := a.clientFlags(&cobra.Command{
		Use:   "diff API",
		Short: "Compare two revisions of an API, or what runs in two groups",
		Long: `Compare two revisions of an API: definition, routes and document, by what they
say and not by how it is written. Each side is a version, a revision's number,
or the name of a group for what runs there, looked for in that order; group:NAME
is a group in any case. Between two groups the runtime configuration is compared
too.

As with diff(1), the exit code is 0 when both sides are the same, 1 when they
differ, and 2 when something is wrong.`,
		Example: `  gatewright diff "Swagger Petstore" --from 1.0.0 --to 1.0.1
  gatewright diff "Swagger Petstore" --from production --to test
  gatewright diff "Swagger Petstore@v2" --from 3 --to group:production -o json`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	f := cmd.Flags()
	f.StringVar(&from, "from", "", "`version, number or group` on the one side")
	f.StringVar(&to, "to", "", "`version, number or group` on the other side")
	required(cmd, "from")
	required(cmd, "to")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		differ := false
		err := a.look(func(ctx context.Context, c *client.Client, args []string) error {
			found, err := c.Compare(ctx, args[0], from, to)
			if err != nil {
				return err
			}
			differ = !found.Same
			return a.show(found, func(s *term.Screen) error { return writeComparison(s, found) })
		})(cmd, args)
		switch {
		case err != nil:
			return &exitError{exitTrouble, err}
		case differ:
			return &exitError{code: exitDiffers}
		}
		return nil
	}
	return cmd
}

// writeComparison writes what differs, for people; nothing when nothing does.
func writeComparison(s *term.Screen, c *client.Comparison) error {
	if c.Same {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", s.Paint(term.Red, "--- "+term.Clean(sideText(c, &c.From))), s.Paint(term.Green, "+++ "+term.Clean(sideText(c, &c.To))))
	section := func(name string, lines []string) {
		if len(lines) == 0 {
			return
		}
		fmt.Fprintf(&b, "%s\n", s.Paint(term.Bold, name))
		for _, line := range lines {
			fmt.Fprintf(&b, "  %s\n", s.Paint(lineStyle(line), term.Clean(line)))
		}
	}
	section("definition", differenceLines(c.Definition))
	section("routes", c.Routes)
	document := "document"
	if c.Opaque != "" {
		document += " (as a whole: " + term.Clean(c.Opaque) + ")"
	}
	section(document, differenceLines(c.Document))
	section("runtime configuration", differenceLines(c.Runtime))
	if c.More {
		b.WriteString("… and more differences, which are not told\n")
	}
	_, err := s.Write([]byte(b.String()))
	return err
}

func sideText(c *client.Comparison, side *client.ComparisonSide) string {
	text := fmt.Sprintf("%s@%s %s (revision %d", c.API, side.Track, cmp.Or(side.Version, "no version"), side.Number)
	if side.Group != "" {
		text += ", as it runs in " + side.Group
	}
	return text + ")"
}

func differenceLines(found []client.Difference) []string {
	var lines []string
	for _, d := range found {
		switch {
		case d.Old == "":
			lines = append(lines, "+ "+d.Pointer+" "+d.New)
		case d.New == "":
			lines = append(lines, "- "+d.Pointer+" "+d.Old)
		default:
			lines = append(lines, "~ "+d.Pointer+" "+d.Old+" → "+d.New)
		}
	}
	return lines
}
