package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/importer/native"
)

// exitError ends a command with an exit code of its own. Without an error the
// command has told what there is to tell.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exportFlags are what the user asked of "export".
type exportFlags struct {
	group      string
	all        bool
	dir        string
	format     string
	withHashes bool
}

func (a *app) export() *cobra.Command {
	var flags exportFlags
	cmd := a.serverFlags(&cobra.Command{
		Use:   "export [API]",
		Short: "Write what a group has as files, to be kept and applied again",
		Long: `Write what a gateway group has as Gatewright's own files: an API with what runs
of it, its runtime configuration, lifecycle and canary, or with --all
everything: the group's settings, registries, APIs and apps.

With --output each thing is a file in that directory, and each API document a
file beside it, byte by byte as it was received. Without, everything is written
to standard output, documents within. Applied to an empty group (gatewright
apply) the files make it have the same, and exported from there they are the
same, byte by byte.

Keys of apps are left out; --with-hashes adds their hashes, so that callers can
go on with the keys they have.`,
		Example: `  gatewright export "Swagger Petstore" --group production
  gatewright export --all --group production --output gateway/
  gatewright export --all --group production --format json`,
		Args:              between(0, "the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	a.groupFlag(cmd, &flags.group)
	f := cmd.Flags()
	f.BoolVar(&flags.all, "all", false, "everything the group has")
	f.StringVarP(&flags.dir, "output", "o", "", "`directory` to write a file for each thing to")
	f.StringVar(&flags.format, "format", string(native.YAML), "yaml or json")
	f.BoolVar(&flags.withHashes, "with-hashes", false, "with the hashes of apps' keys")
	complete(cmd, "format", string(native.YAML), string(native.JSON))
	required(cmd, "group")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if flags.all == (len(args) == 1) {
			return usagef("name the API to export, or give --all")
		}
		format, err := native.ParseFormat(flags.format)
		if err != nil {
			return usagef("--format: %s", err)
		}
		return a.look(func(ctx context.Context, c *client.Client, args []string) error {
			return a.exportThings(ctx, c, &flags, format, strings.Join(args, ""))
		})(cmd, args)
	}
	return cmd
}

func (a *app) exportThings(ctx context.Context, c *client.Client, flags *exportFlags, format native.Format, api string) error {
	documents, err := c.Export(ctx, flags.group, client.ExportQuery{API: api, WithHashes: flags.withHashes})
	if err != nil {
		return err
	}
	var things []native.Thing
	for i, text := range documents {
		read, err := native.Decode([]native.File{{Name: fmt.Sprintf("answer%d.json", i), Text: text}})
		if err != nil {
			return fmt.Errorf("read the control plane's answer, which may be of another version: %w", err)
		}
		things = append(things, read...)
	}
	if flags.dir == "" {
		text, err := native.Encode(things, format)
		if err != nil {
			return err
		}
		return a.resultf("%s", text)
	}
	files, err := native.Files(things, format)
	if err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if flags.withHashes {
		mode = 0o600
	}
	if err := writeFiles(flags.dir, files, mode); err != nil {
		return err
	}
	a.sayf("%d files in %s\n", len(files), flags.dir)
	if flags.all {
		a.warnOfOthers(flags.dir, files)
	}
	return nil
}

// writeFiles writes files below dir and nowhere else.
func writeFiles(dir string, files []native.File, mode fs.FileMode) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the directory: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, f := range files {
		if sub := path.Dir(f.Name); sub != "." {
			if err := root.MkdirAll(filepath.FromSlash(sub), 0o755); err != nil {
				return fmt.Errorf("make the directory: %w", err)
			}
		}
		if err := root.WriteFile(filepath.FromSlash(f.Name), f.Text, mode); err != nil {
			return fmt.Errorf("write a file of the export: %w", err)
		}
	}
	return nil
}

// maxOthers bounds the files a warning names.
const maxOthers = 20

// warnOfOthers names files that an apply of the directory would read too,
// though they are not of this export.
func (a *app) warnOfOthers(dir string, written []native.File) {
	var others []string
	_ = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(dir, name)
		if err != nil || relErr != nil || len(others) > maxOthers {
			return nil //nolint:nilerr // what cannot be read is not warned of
		}
		if entry.IsDir() && rel != "." && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		rel = filepath.ToSlash(rel)
		if !entry.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(rel)) && !strings.HasPrefix(entry.Name(), ".") &&
			!slices.ContainsFunc(written, func(f native.File) bool { return f.Name == rel }) {
			others = append(others, rel)
		}
		return nil
	})
	for i, name := range others {
		if i == maxOthers {
			a.sayf("warning: … and others\n")
			break
		}
		a.sayf("warning: %s is not of this export; remove it if the group does not have it any more\n", term.Clean(name))
	}
}
