package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auditfile"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) auditExport() *cobra.Command {
	var (
		f      auditFlags
		format string
		file   string
	)
	cmd := a.serverFlags(&cobra.Command{
		Use: "export", Short: "Write the audit log to a file",
		Long: `Write the audit log, oldest entry first, to standard output or a file. What is
written as JSON can be checked later, without the control plane: gatewright
audit verify --from-file. CSV is for spreadsheets; what one of them would take
for a formula has an apostrophe in front. A file appears only when all of it
is there.`,
		Example: `  gatewright audit export -o audit.json
  gatewright audit export --format csv --since 30d -o last-month.csv`,
		Args: exactly(),
	})
	f.add(a, cmd)
	cmd.Flags().StringVar(&format, "format", string(auditfile.JSON), "json or csv")
	cmd.Flags().StringVarP(&file, "output", "o", "", "write to this `file`, mode 0600, in place of what is there (default standard output)")
	complete(cmd, "format", string(auditfile.JSON), string(auditfile.CSV))
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		if format != string(auditfile.JSON) && format != string(auditfile.CSV) {
			return usagef("--format %q is not json or csv", format)
		}
		q, err := f.query(a.env.Now())
		if err != nil {
			return err
		}
		if file == "" {
			return c.ExportAudit(ctx, q, format, a.stdout)
		}
		return writeWhole(file, func(w io.Writer) error { return c.ExportAudit(ctx, q, format, w) })
	})
	return cmd
}

// writeWhole writes a file, mode 0600, that appears under its name only when
// write has returned nil.
func writeWhole(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".gatewright-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("create the file: %w", err)
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func (a *app) auditVerify() *cobra.Command {
	var (
		file  string
		heads []string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use: "verify", Short: "Check that nothing in the audit log was altered",
		Long: `Check the chain of hashes over all entries of the audit log. Exit code 0 says
that every entry is as it was written; 1 that one is not, and which. What
retention deleted is no fault.

With --from-file an export is checked, without the control plane: of a
selection, each entry by itself. With --head, the log must also lead to a head
that "gatewright audit head" has shown before.`,
		Example: `  gatewright audit verify
  gatewright audit verify --from-file audit.json
  gatewright audit verify --head "$(cat yesterday)"`,
		Args: exactly(),
	})
	cmd.Flags().StringVar(&file, "from-file", "", "check this exported `file` (- for standard input) instead of the control plane's log")
	cmd.Flags().StringArrayVar(&heads, "head", nil, "a `head` that was kept; repeat for several")
	cmd.RunE = a.run(func(cmd *cobra.Command, _ []string) error {
		var expected []gatewright.AuditHead
		for _, text := range heads {
			h, err := gatewright.ParseAuditHead(text)
			if err != nil {
				return usagef("--head: %s", err)
			}
			expected = append(expected, h)
		}
		report, err := a.verifyLog(cmd.Context(), file, expected)
		if err != nil {
			return err
		}
		return a.showVerified(report, expected)
	})
	return cmd
}

// verifyLog checks the file, or the control plane's log when there is none.
func (a *app) verifyLog(ctx context.Context, file string, expected []gatewright.AuditHead) (*gatewright.AuditReport, error) {
	switch file {
	case "":
		c, err := a.connect()
		if err != nil {
			return nil, err
		}
		defer c.Close()
		return c.VerifyAudit(ctx, expected...)
	case "-":
		return auditfile.Verify(bufio.NewReader(a.env.Stdin), expected...)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the export: %w", err)
	}
	defer f.Close()
	return auditfile.Verify(bufio.NewReader(f), expected...)
}

// showVerified tells what came out, and fails when a fault did.
func (a *app) showVerified(r *gatewright.AuditReport, expected []gatewright.AuditHead) error {
	err := a.show(r, func(*term.Screen) error {
		if r.Fault != nil {
			return nil // the error tells
		}
		if r.Partial {
			return a.resultf("%d entries are as they were written; they are a selection, so that gaps mean nothing\n", r.Checked)
		}
		from := ""
		if r.Anchor.ID > 0 {
			from = "; those up to " + strconv.FormatInt(r.Anchor.ID, 10) + " are older than what is kept"
		}
		return a.resultf("the audit log is intact: %d entries%s\nhead: %s\n", r.Checked, from, r.Head)
	})
	if err != nil {
		return err
	}
	for _, h := range expected {
		if h.ID < r.Anchor.ID {
			a.sayf("note: the head %d is older than what is kept of the log; nothing can be said of it\n", h.ID)
		}
	}
	if r.Fault != nil {
		return gatewright.Errorf(gatewright.Conflict, "the audit log was tampered with at entry %d (%s): %s; %d entries before it are as they were written", r.Fault.ID, r.Fault.Kind, r.Fault.Message, r.Checked)
	}
	return nil
}
