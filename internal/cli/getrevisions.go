package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) getRevisions() *cobra.Command {
	var document bool
	cmd := a.clientFlags(&cobra.Command{
		Use: "revisions API [REVISION]", Aliases: []string{"revision"}, Short: "List the revisions of an API, or show one's routes",
		Example: `  gatewright get revisions "Swagger Petstore"
  gatewright get revisions "Swagger Petstore" 1.0.0
  gatewright get revisions "Swagger Petstore" 1.0.0 --document > openapi.yaml`,
		Args:              between(1, "the name of an API", "a version or revision number"),
		ValidArgsFunction: a.completeAPIs,
	})
	cmd.Flags().BoolVar(&document, "document", false, "write the document the REVISION was made from, byte by byte")
	read := a.look(func(ctx context.Context, c *client.Client, args []string) error {
		switch {
		case document:
			text, err := c.Document(ctx, args[0], args[1])
			if err != nil {
				return err
			}
			return a.resultf("%s", text)
		case len(args) == 2:
			rev, err := c.Revision(ctx, args[0], args[1])
			if err != nil {
				return err
			}
			return a.show(rev, func(s *term.Screen) error { return writeRevision(s, rev) })
		}
		revisions, err := collect(ctx, func(ctx context.Context, p client.Page) (*client.List[*gatewright.Revision], error) {
			return c.Revisions(ctx, args[0], p)
		})
		if err != nil {
			return err
		}
		return a.show(client.List[*gatewright.Revision]{Items: revisions}, func(s *term.Screen) error {
			return writeRevisions(s, revisions)
		})
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if document && len(args) < 2 {
			return usagef("--document needs a REVISION")
		}
		return read(cmd, args)
	}
	return cmd
}

func writeRevisions(s *term.Screen, revisions []*gatewright.Revision) error {
	t := term.NewTable("REVISION", "VERSION", "TRACK", "STATE", "HASH", "CREATED", "BY")
	for _, r := range revisions {
		state := "draft"
		if r.Sealed() {
			state = "sealed"
		}
		t.Row(strconv.Itoa(r.Number), r.Version, r.Track, state, r.Hash.Short(), timeText(r.CreatedAt), r.CreatedBy)
	}
	return t.Write(s)
}

func writeRevision(s *term.Screen, r *gatewright.Revision) error {
	if err := writeRevisions(s, []*gatewright.Revision{r}); err != nil {
		return err
	}
	if _, err := s.Write([]byte("\n")); err != nil {
		return err
	}
	t := term.NewTable("ROUTE", "METHODS", "PATH")
	for i := range r.Definition.Routes {
		route := &r.Definition.Routes[i]
		methods := strings.Join(route.Methods, ",")
		if methods == "" {
			methods = "*"
		}
		t.Row(route.Name, methods, gatewright.JoinPath(r.Definition.BasePath, route.Path))
	}
	return t.Write(s)
}
