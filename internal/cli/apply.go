package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/importer/native"
)

// exitDrift is what "apply --check" ends with when the group is not as the
// files say.
const exitDrift = 3

// applyFlags are what the user asked of "apply".
type applyFlags struct {
	change     changeFlags
	group      string
	files      []string
	only       []string
	prune      bool
	pruneLimit int
	force      bool
	sure       bool
	check      bool
}

func (a *app) apply() *cobra.Command {
	var flags applyFlags
	cmd := a.clientFlags(&cobra.Command{
		Use:   "apply",
		Short: "Make a group have what files say, or tell how it differs",
		Long: `Make a gateway group have what Gatewright's own files say: those that "export"
writes. All of it is one change: it happens on the group's gateways as a whole,
or not at all. What the files do not speak of stays as it is; --prune removes
what the group has and the files do not, among the kinds the files speak of.

The plan is shown first and has to be confirmed, or --yes given. Applying the
same files again does nothing.

--check changes nothing and tells how the group differs from the files.

The exit code is 0 when it was applied, or nothing was to do; 1 when it failed;
2 when the command line is wrong; with --check 3 when the group differs.`,
		Example: `  gatewright apply -f gateway/ --group production --dry-run
  gatewright apply -f gateway/ --group production --prune --yes --reason "release 42"
  gatewright apply -f gateway/ --group production --only api/"Swagger Petstore"
  gatewright apply -f gateway/ --group production --prune --check`,
		Args: exactly(),
	})
	flags.change.add(cmd)
	a.groupFlag(cmd, &flags.group)
	f := cmd.Flags()
	f.StringArrayVarP(&flags.files, "file", "f", nil, "`file or directory` to read, - for standard input; repeat for several")
	f.StringArrayVar(&flags.only, "only", nil, "`kind or kind/name` to look at, as api/Pets; repeat for several")
	f.BoolVar(&flags.prune, "prune", false, "remove what the group has and the files do not")
	f.IntVar(&flags.pruneLimit, "prune-limit", 10, "removals that are refused beyond")
	f.BoolVar(&flags.force, "force", false, "retire what is still called, or before its sunset")
	f.BoolVarP(&flags.sure, "yes", "y", false, "do not ask")
	f.BoolVar(&flags.check, "check", false, "tell how the group differs, and change nothing")
	cmd.MarkFlagsMutuallyExclusive("check", "dry-run", "no-wait", "wait")
	required(cmd, "group")
	required(cmd, "file")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if flags.pruneLimit < 1 {
			return usagef("--prune-limit: %d is not above 0", flags.pruneLimit)
		}
		if a.format != formatTable && !flags.sure && !flags.check && !flags.change.dryRun {
			return usagef("--output %s shows no question; add --yes", a.format)
		}
		req, err := flags.request(a.env.Now())
		if err != nil {
			return err
		}
		return a.look(func(ctx context.Context, c *client.Client, _ []string) error {
			return a.applyFiles(ctx, c, &flags, req)
		})(cmd, args)
	}
	return cmd
}

// request returns what the flags say, without the files.
func (flags *applyFlags) request(now time.Time) (client.ApplyPlanRequest, error) {
	var common client.PlanRequest
	if err := flags.change.apply(&common, now); err != nil {
		return client.ApplyPlanRequest{}, err
	}
	for _, s := range flags.only {
		if _, err := native.ParseSelector(s); err != nil {
			return client.ApplyPlanRequest{}, usagef("--only: %s", err)
		}
	}
	return client.ApplyPlanRequest{
		Only: flags.only, Prune: flags.prune, PruneLimit: flags.pruneLimit, Force: flags.force,
		AllowNoInstance: common.AllowNoInstance, AbortCanary: common.AbortCanary, BreakFreeze: common.BreakFreeze,
		AllowBreaking: common.AllowBreaking, NotBefore: common.NotBefore, ExpiresAt: common.ExpiresAt, Notify: common.Notify,
	}, nil
}

func (a *app) applyFiles(ctx context.Context, c *client.Client, flags *applyFlags, req client.ApplyPlanRequest) error {
	from, err := a.readBundle(flags.files, flags.only)
	if err != nil {
		return err
	}
	for _, f := range from.files {
		req.Files = append(req.Files, *client.NewDocument(f.Name, f.Text))
	}
	plan, err := c.PlanApply(ctx, flags.group, req)
	if err != nil {
		return from.locate(err)
	}
	for i := range plan.Findings {
		plan.Findings[i].Location = from.relocate(plan.Findings[i].Location)
	}
	switch {
	case flags.check:
		return a.drift(plan)
	case flags.change.dryRun:
		shown, _ := folded(plan)
		return a.dryRun(shown)
	}
	if a.format == formatTable {
		if err := a.writeApplyPlan(a.stderr, plan); err != nil {
			return fmt.Errorf("write the plan: %w", err)
		}
	}
	switch {
	case plan.Blocked():
		return a.refused(plan)
	case plan.NoOp:
		return a.inSync(plan)
	}
	if !flags.sure {
		if err := a.confirm("apply this to " + term.Clean(plan.Group) + "?"); err != nil {
			return err
		}
	}
	sub, err := c.Apply(ctx, flags.group, client.ApplyRequest{ApplyPlanRequest: req, PlanHash: plan.Hash, Reason: flags.change.reason}, rand.Text())
	if err != nil {
		return from.locate(err)
	}
	return a.applied(ctx, c, flags, plan, sub)
}

// applied tells what became of an apply, and waits for it as far as the flags
// let it.
func (a *app) applied(ctx context.Context, c *client.Client, flags *applyFlags, plan *gatewright.Plan, sub *client.Submission) error {
	switch {
	case sub.Change == nil && (sub.NoOp || sub.Plan != nil && sub.Plan.NoOp):
		return a.inSync(plan)
	case sub.Change == nil:
		return a.show(outcome{Plan: plan}, func(s *term.Screen) error {
			_, err := fmt.Fprintf(s, "%s settings are as the files say; gateways are not concerned\n", s.Paint(term.Green, "done:"))
			return err
		})
	case flags.change.noWait:
		return a.show(outcome{Plan: plan, Change: sub.Change}, func(s *term.Screen) error {
			_, err := fmt.Fprintln(s, sub.Change.ID)
			return err
		})
	}
	if line := waitsFor(sub.Change); line != "" && !flags.change.wait {
		return a.waiting(plan, sub.Change, line)
	}
	settled, err := a.follow(ctx, c, sub.Change)
	if err != nil {
		return err
	}
	return a.settled(plan, settled)
}

// folded returns the plan without what is the same, and how much that is.
func folded(plan *gatewright.Plan) (*gatewright.Plan, int) {
	shown := *plan
	shown.Items = nil
	for _, item := range plan.Items {
		if item.Action != "none" {
			shown.Items = append(shown.Items, item)
		}
	}
	return &shown, len(plan.Items) - len(shown.Items)
}

// writeApplyPlan writes a plan, what is the same in one line.
func (a *app) writeApplyPlan(s *term.Screen, plan *gatewright.Plan) error {
	shown, same := folded(plan)
	if err := writePlan(s, shown); err != nil {
		return err
	}
	if same == 0 {
		return nil
	}
	_, err := fmt.Fprintf(s, "%s\n", s.Paint(term.Dim, fmt.Sprintf("= %d as the files say", same)))
	return err
}

// inSync says that the group is as the files say.
func (a *app) inSync(plan *gatewright.Plan) error {
	return a.show(outcome{Plan: plan, NoOp: true}, func(s *term.Screen) error {
		_, err := fmt.Fprintf(s, "nothing to do: %s is as the files say (%d things)\n", term.Clean(plan.Group), len(plan.Items))
		return err
	})
}

// drift tells how the group differs from the files.
func (a *app) drift(plan *gatewright.Plan) error {
	if plan.NoOp {
		return a.inSync(plan)
	}
	err := a.show(outcome{Plan: plan}, func(s *term.Screen) error {
		if err := a.writeApplyPlan(s, plan); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s, "%s differs from the files; this is what an apply would do\n", term.Clean(plan.Group))
		return err
	})
	if err != nil {
		return err
	}
	return &exitError{code: exitDrift}
}

// fileBundle is the files of an apply, and where they came from.
type fileBundle struct {
	files []native.File
	dirs  []string // what the files' names begin from; of several, each has a number in front
}

// readBundle reads the files the user named. None of them leads out of the
// directory it is in.
func (a *app) readBundle(names, only []string) (*fileBundle, error) {
	var selectors []native.Selector
	for _, s := range only {
		selector, err := native.ParseSelector(s)
		if err != nil {
			return nil, err
		}
		selectors = append(selectors, selector)
	}
	b := &fileBundle{}
	for i, name := range names {
		dir, files, err := a.readSource(name, selectors)
		if err != nil {
			return nil, err
		}
		if len(names) > 1 {
			for j := range files {
				files[j].Name = path.Join(strconv.Itoa(i), files[j].Name)
			}
		}
		b.dirs = append(b.dirs, dir)
		b.files = append(b.files, files...)
	}
	if len(b.files) == 0 {
		return nil, gatewright.Errorf(gatewright.Invalid, "there is nothing to apply in %s", strings.Join(names, ", "))
	}
	return b, nil
}

func (a *app) readSource(name string, only []native.Selector) (dir string, files []native.File, err error) {
	if name == "-" {
		text, err := io.ReadAll(io.LimitReader(a.env.Stdin, native.MaxFileBytes+1))
		if err != nil {
			return "", nil, fmt.Errorf("read standard input: %w", err)
		}
		return "", []native.File{{Name: stdinName, Text: text}}, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return "", nil, fmt.Errorf("read the files to apply: %w", err)
	}
	dir, base := name, "."
	if !info.IsDir() {
		dir, base = filepath.Split(name)
		if dir == "" {
			dir = "."
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", nil, fmt.Errorf("read the files to apply: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	files, err = native.Load(root.FS(), []string{base}, only)
	var at *fs.PathError
	if errors.As(err, &at) { // it has the name within the directory
		at.Path = filepath.Join(dir, at.Path)
	}
	return dir, files, err
}

// relocate makes a place findable from where the user is.
func (b *fileBundle) relocate(location string) string {
	if location == "" || strings.HasPrefix(location, stdinName+":") {
		return location
	}
	if len(b.dirs) == 1 {
		return filepath.Join(b.dirs[0], location)
	}
	number, rest, ok := strings.Cut(location, "/")
	if i, err := strconv.Atoi(number); ok && err == nil && i < len(b.dirs) {
		return filepath.Join(b.dirs[i], rest)
	}
	return location
}

// locate is relocate for all places of an error.
func (b *fileBundle) locate(err error) error {
	var e *gatewright.Error
	if !errors.As(err, &e) {
		return err
	}
	located := *e
	located.Details = make([]gatewright.Detail, len(e.Details))
	for i, d := range e.Details {
		d.Location = b.relocate(d.Location)
		located.Details[i] = d
	}
	return &located
}
