package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

// setFlags say what becomes of an API's settings. One that is not given leaves
// its setting as it is.
type setFlags struct {
	name, owner, description, scheme, security, project, folder string
	maxQPS, maxRows                                             int
	tags, collaborators, pin, unpin                             []string
	revised                                                     int64
}

func (f *setFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "new name of the API")
	flags.StringVar(&f.owner, "owner", "", "who is responsible for it")
	flags.StringVar(&f.description, "description", "", "what it is")
	flags.StringVar(&f.scheme, "scheme", "", "how its versions are written: semver, major.minor, date, VN, vN or none")
	flags.StringVar(&f.security, "security", "", "security level: L1 (public), L2 (internal), L3 (secret) or L4 (confidential)")
	flags.IntVar(&f.maxQPS, "max-qps", 0, "most requests per second on one gateway; 0 for no limit")
	flags.IntVar(&f.maxRows, "max-rows", 0, "most rows of one answer of an API of data; 0 for no limit")
	flags.StringVar(&f.project, "project", "", "`name` of the project it is moved into, whose root it is in then")
	flags.StringVar(&f.folder, "folder", "", "`path` of the folder it is moved into; / for the root")
	flags.StringArrayVar(&f.tags, "tag", nil, "`group/tag`; repeat for several (replaces all; see also gatewright tag)")
	flags.StringArrayVar(&f.collaborators, "collaborator", nil, "`name` of somebody who works on it; repeat for several (replaces all)")
	flags.StringArrayVar(&f.pin, "pin", nil, "version or number of a `revision` that is never pruned; repeat for several")
	flags.StringArrayVar(&f.unpin, "unpin", nil, "version or number of a `revision` that may be pruned again; repeat for several")
	flags.Int64Var(&f.revised, "revised", 0, "refuse if the API was altered since it had this `number` (revised in: gatewright get apis NAME -o json)")
	complete(cmd, "scheme", "semver", "major.minor", "date", "VN", "vN", "none")
	complete(cmd, "security", "L1", "L2", "L3", "L4")
}

// update returns what the flags ask for, and false when they ask for nothing.
func (f *setFlags) update(cmd *cobra.Command) (client.APIUpdate, bool) {
	var u client.APIUpdate
	changed := cmd.Flags().Changed
	text := func(flag string, value *string, into **string) {
		if changed(flag) {
			*into = value
		}
	}
	text("name", &f.name, &u.Name)
	text("owner", &f.owner, &u.Owner)
	text("description", &f.description, &u.Description)
	text("folder", &f.folder, &u.Folder)
	if changed("project") {
		project := gatewright.ProjectID(f.project)
		u.Project = &project
	}
	if changed("scheme") {
		scheme := gatewright.VersionScheme(f.scheme)
		u.Scheme = &scheme
	}
	if changed("security") {
		level := gatewright.SecurityLevel(f.security)
		u.Security = &level
	}
	if changed("max-qps") {
		u.MaxQPS = &f.maxQPS
	}
	if changed("max-rows") {
		u.MaxRows = &f.maxRows
	}
	if changed("tag") {
		u.Tags = &f.tags
	}
	if changed("collaborator") {
		u.Collaborators = &f.collaborators
	}
	u.Pin, u.Unpin = f.pin, f.unpin
	given := false
	for _, flag := range []string{
		"name", "owner", "description", "scheme", "security", "max-qps", "max-rows", "project", "folder", "tag", "collaborator", "pin", "unpin",
	} {
		given = given || changed(flag)
	}
	return u, given
}

func (a *app) set() *cobra.Command {
	var f setFlags
	cmd := a.clientFlags(&cobra.Command{
		Use:   "set API",
		Short: "Alter an API's owner, description, limits, folder and other settings",
		Long: `Alter name, owner and settings of an API. They belong to no version and take
effect at once: gateways that run the API are told of a new name, security level
or limit of requests by a change that waits for nobody. What no flag names stays
as it is.`,
		Example: `  gatewright set "Swagger Petstore" --owner ann --description "All about pets" --security L2
  gatewright set "Swagger Petstore" --max-qps 100 --folder Shop/Animals --collaborator bob
  gatewright set "Swagger Petstore" --pin 1.0.0`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		u, given := f.update(cmd)
		if !given {
			return usagef("nothing to set; give --owner, --description, --security, --max-qps, --folder or another setting")
		}
		return a.look(func(ctx context.Context, c *client.Client, args []string) error {
			api, err := c.API(ctx, args[0])
			if err != nil {
				return err
			}
			revised := api.Revised
			if cmd.Flags().Changed("revised") {
				revised = f.revised
			}
			updated, err := c.UpdateAPI(ctx, string(api.ID), revised, u)
			if err != nil {
				return err
			}
			return a.show(updated, func(*term.Screen) error { return a.tellUpdated(api, updated) })
		})(cmd, args)
	}
	return cmd
}

func (a *app) tellUpdated(before *client.APIInfo, after *client.UpdatedAPI) error {
	name := term.Clean(after.API.Name)
	if after.API.Revised == before.Revised {
		return a.resultf("%s was like that already\n", name)
	}
	if err := a.resultf("%s is altered\n", name); err != nil {
		return err
	}
	for _, ch := range after.Changes {
		if err := a.resultf("  gateways of %s are told: %s (%s)\n", term.Clean(ch.GroupName), term.Clean(ch.Reason), ch.ID); err != nil {
			return err
		}
	}
	return nil
}
