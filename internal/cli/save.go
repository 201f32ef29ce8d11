package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

// saveFlags are what the user asked of "save".
type saveFlags struct {
	api     string
	onto    string
	version string
	as      string
	hash    string
	comment string
}

func (a *app) save() *cobra.Command {
	var flags saveFlags
	cmd := a.clientFlags(&cobra.Command{
		Use:   "save FILE",
		Short: "Keep an API definition as a draft, without publishing it",
		Long: `Keep an API definition (an OpenAPI document, YAML or JSON) or a shared flow (a
file of kind Flow) as a draft. Nothing is published; deploy puts it
into a group.

  --api NAME                       the API's next revision, without a version
  --api NAME --as-new-version V    the same, and version V is reserved for it
  --api NAME --onto REVISION       in place of a revision
  --as NEW_NAME                    revision 1 of a new API

A draft is saved over in place. Over a revision that only test groups ran, a new
draft is made, with the version that was reserved, and replaces it there. What
is published, or was in production, is never saved over.

--read-hash is the hash the revision had when you read it (get revisions shows
it): if somebody has saved it since, the save is refused. Without it the
revision is saved over as it is now.`,
		Example: `  gatewright save openapi.yaml --api "Swagger Petstore" --as-new-version 1.1.0
  gatewright save openapi.yaml --api "Swagger Petstore" --onto 2 --comment "second attempt"
  gatewright save openapi.yaml --as "Petstore, experimental"`,
		Args: exactly("a FILE"),
	})
	f := cmd.Flags()
	f.StringVar(&flags.api, "api", "", "`name` of the API")
	f.StringVar(&flags.onto, "onto", "", "`revision` to replace: a number or a version")
	f.StringVar(&flags.version, "as-new-version", "", "`version` to reserve for the new revision")
	f.StringVar(&flags.as, "as", "", "`name` of a new API")
	f.StringVar(&flags.hash, "read-hash", "", "`hash` the replaced revision had when it was read (with --onto)")
	f.StringVar(&flags.comment, "comment", "", "what for; kept in the audit log")
	cmd.MarkFlagsMutuallyExclusive("onto", "as-new-version", "as")
	cmd.MarkFlagsMutuallyExclusive("api", "as")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case flags.api == "" && flags.as == "":
			return usagef("say where to: --api NAME, or --as NEW_NAME for a new API")
		case flags.hash != "" && flags.onto == "":
			return usagef("--read-hash is of the revision that --onto names")
		case flags.hash != "" && !gatewright.Hash(flags.hash).Valid():
			return usagef("--read-hash: %q is not a whole hash; take it from: gatewright get revisions NAME REVISION -o json", flags.hash)
		}
		return a.look(func(ctx context.Context, c *client.Client, args []string) error {
			return a.saveFile(ctx, c, &flags, args[0])
		})(cmd, args)
	}
	return cmd
}

func (a *app) saveFile(ctx context.Context, c *client.Client, flags *saveFlags, file string) error {
	text, err := a.readDocument(file)
	if err != nil {
		return err
	}
	req := client.SaveRequest{Document: client.NewDocument(documentName(file), text), Version: flags.version, Comment: flags.comment}
	var saved *client.Saved
	switch {
	case flags.as != "":
		req.Name = flags.as
		saved, err = c.SaveAPI(ctx, req)
	case flags.onto == "":
		saved, err = c.SaveVersion(ctx, flags.api, req)
	default:
		hash := gatewright.Hash(flags.hash)
		if hash == "" {
			rev, err := c.Revision(ctx, flags.api, flags.onto)
			if err != nil {
				return err
			}
			hash = rev.Hash
		}
		saved, err = c.SaveOver(ctx, flags.api, flags.onto, hash, req)
	}
	if err != nil {
		return sources{file}.inFiles(err)
	}
	return a.show(saved, func(s *term.Screen) error {
		rev := saved.Revision
		line := fmt.Sprintf("%s revision %d", saved.API.Name, rev.Number)
		if rev.Version != "" {
			line += ", version " + rev.Version + " reserved"
		}
		if _, err := fmt.Fprintf(s, "%s %s, hash %s\n", s.Paint(term.Green, "saved:"), term.Clean(line), rev.Hash.Short()); err != nil {
			return err
		}
		for _, ch := range saved.Changes {
			if _, err := fmt.Fprintf(s, "%s gets it: change %s\n", term.Clean(ch.GroupName), ch.ID); err != nil {
				return err
			}
		}
		if len(saved.Changes) == 0 {
			_, err := fmt.Fprintf(s, "try it: gatewright deploy %q --revision %d --group GROUP\n", saved.API.Name, rev.Number)
			return err
		}
		return nil
	})
}
