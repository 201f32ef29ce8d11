package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Headings of the commands in the help text.
const (
	groupChange = "change"
	groupLook   = "look"
	groupSetUp  = "set-up"
	groupRun    = "run"
)

// root returns the whole command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "gatewright",
		Short: "Take an API from its definition to production traffic and keep it there",
		Example: `  gatewright dev
  gatewright publish examples/petstore/openapi.yaml --group test
  gatewright sync "Swagger Petstore" --from test --to production --node 127.0.0.1:7002
  gatewright status`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		PersistentPreRunE: noEmptyFlag,
	}
	root.SetIn(a.env.Stdin)
	root.SetOut(a.env.Stdout)
	root.SetErr(a.env.Stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{message: err.Error()} })
	root.AddGroup(
		&cobra.Group{ID: groupChange, Title: "Change what runs:"},
		&cobra.Group{ID: groupLook, Title: "Look:"},
		&cobra.Group{ID: groupSetUp, Title: "Set up:"},
		&cobra.Group{ID: groupRun, Title: "Run:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupChange, a.publish(), a.sync(), a.deploy(), a.rollback(), a.revert(), a.canary(), a.undeploy(), a.enable(), a.disable(), a.configure(),
		a.deprecate(), a.retire(), a.registry(), a.flowHooks(), a.apply(), a.save(), a.approve(), a.reject(), a.cancel())
	add(groupLook, a.check(), a.diff(), a.export(), a.status(), a.describe(), a.explain(), a.history(), a.approvals(), a.get(), a.tree(), a.audit(), a.callers(), a.calls(), a.usage())
	add(groupSetUp, a.login(), a.logout(), a.whoami(), a.users(), a.projects(), a.roles(), a.tokens(), a.admin(), a.organisation(), a.group(), a.apps(), a.instances(), a.set(), a.backup(), a.restore(), a.folders(), a.tags(), a.receivers(), a.templates(), a.delete(), a.prune())
	add(groupRun, a.dev(), a.serve(), a.gateway())
	root.AddCommand(a.version(), a.man())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return root
}

// noEmptyFlag refuses a flag that is given but empty: it is a shell variable
// that was not set more often than a wish for the default.
func noEmptyFlag(cmd *cobra.Command, _ []string) error {
	var empty error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "path-prefix", "upstream-host", "description": // "" has a meaning
			return
		}
		if f.Value.Type() == "string" && f.Value.String() == "" {
			empty = usagef("--%s is given but empty; leave it out or give it a value", f.Name)
		}
	})
	return empty
}

// parent returns a command that only holds others.
func parent(use, short, example string, children ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Example: example, Args: knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var names []string
			for _, child := range cmd.Commands() {
				if child.IsAvailableCommand() {
					names = append(names, child.Name())
				}
			}
			return usagef("%s needs one of: %s", cmd.CommandPath(), strings.Join(names, ", "))
		},
	}
	c.AddCommand(children...)
	return c
}

// knownCommand refuses arguments of a command that only holds others: they
// are misspelt commands.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.SuggestionsMinimumDistance == 0 {
		cmd.SuggestionsMinimumDistance = 2
	}
	message := "there is no command \"" + cmd.CommandPath() + " " + args[0] + "\""
	if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
		message += "; did you mean " + strings.Join(similar, " or ") + "?"
	}
	return &usageError{message: message}
}

// run wraps a command's own work: from there on an error is no wrong use.
func (a *app) run(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.working = true
		return f(cmd, args)
	}
}

// exactly returns a check for as many arguments as there are names.
func exactly(names ...string) cobra.PositionalArgs {
	return between(len(names), names...)
}

// between returns a check for at least least arguments and at most as many as
// there are names.
func between(least int, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usagef("%s needs %s", cmd.CommandPath(), names[len(args)])
		case len(args) > len(names) && len(names) == 0:
			return usagef("%s takes no arguments, but %q is given", cmd.CommandPath(), args[0])
		case len(args) > len(names):
			return usagef("%s takes %s, but also %q is given; put a name with spaces in quotes", cmd.CommandPath(), strings.Join(names, " and "), args[len(names)])
		}
		return nil
	}
}
