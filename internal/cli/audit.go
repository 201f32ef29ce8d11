package cli

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) audit() *cobra.Command {
	return parent("audit", "Look into the audit log: who did what, and that nobody altered it",
		`  gatewright audit list --since 24h
  gatewright audit list --action token. --outcome refused
  gatewright audit show 120
  gatewright audit verify`,
		a.auditList(), a.auditShow(), a.auditExport(), a.auditVerify(), a.auditHead())
}

// auditFlags are what selects audit entries.
type auditFlags struct {
	filter       client.AuditFilter
	outcome      string
	since, until string
}

func (f *auditFlags) add(a *app, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.filter.Action, "action", "", "only this `action`, such as change.submit; all of a noun when it ends with a dot: token.")
	flags.StringVar(&f.filter.Actor, "actor", "", "only what this `name` did")
	flags.StringVar(&f.filter.Target, "target", "", "only what was done to this `id` or name, as entries tell it")
	a.groupFlag(cmd, &f.filter.Group)
	flags.StringVar(&f.filter.API, "api", "", "only what concerns this `API`")
	flags.StringVar(&f.since, "since", "", "only from this `time` on, like 2026-11-21T08:00Z, or a span back from now, like 2h or 7d")
	flags.StringVar(&f.until, "until", "", "only before this `time`, written the same way")
	flags.StringVar(&f.outcome, "outcome", "", "only what ended so: ok, refused, or the `code` it was refused with")
	outcomes := []cobra.Completion{string(gatewright.AuditRefused)}
	for _, o := range gatewright.AuditOutcomes() {
		outcomes = append(outcomes, string(o))
	}
	complete(cmd, "outcome", outcomes...)
}

// query returns what the flags select.
func (f *auditFlags) query(now time.Time) (client.AuditFilter, error) {
	q := f.filter
	q.Outcome = gatewright.AuditOutcome(f.outcome)
	var err error
	if q.Since, err = parsePast(f.since, now); err != nil {
		return q, usagef("--since: %s", err)
	}
	if q.Until, err = parsePast(f.until, now); err != nil {
		return q, usagef("--until: %s", err)
	}
	return q, nil
}

// parsePast is [parseTime] with spans that lead back from now.
func parsePast(s string, now time.Time) (time.Time, error) {
	if span, err := parseSpan(s); err == nil {
		return now.Add(-span).UTC(), nil
	}
	return parseTime(s, now)
}

func (a *app) auditList() *cobra.Command {
	var (
		f     auditFlags
		limit int
	)
	cmd := a.clientFlags(&cobra.Command{
		Use: "list", Short: "List who did what, newest first",
		Example: `  gatewright audit list --since 24h
  gatewright audit list --actor ann --group production
  gatewright audit list --outcome refused -o json`,
		Args: exactly(),
	})
	f.add(a, cmd)
	limitFlag(cmd, &limit)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		q, err := f.query(a.env.Now())
		if err != nil {
			return err
		}
		if limit < 1 || limit > 1000 {
			return usagef("--limit %d is not between 1 and 1000", limit)
		}
		list, err := c.Audit(ctx, q, client.Page{Limit: limit})
		if err != nil {
			return err
		}
		return a.show(list, func(s *term.Screen) error { return writeAudit(s, list.Items) })
	})
	return cmd
}

func writeAudit(s *term.Screen, entries []*gatewright.AuditEntry) error {
	t := term.NewTable("ID", "TIME", "WHO", "VIA", "FROM", "ACTION", "TARGET", "OUTCOME", "DETAIL")
	for _, e := range entries {
		t.Cells(
			term.Cell{Text: strconv.FormatInt(e.ID, 10)}, term.Cell{Text: timeText(e.At)}, term.Cell{Text: e.Actor.Name},
			term.Cell{Text: e.Actor.Client}, term.Cell{Text: e.Actor.Address}, term.Cell{Text: e.Action}, term.Cell{Text: e.Target},
			term.Cell{Text: string(e.Outcome), Style: auditStyle(e.Outcome)}, term.Cell{Text: e.Detail},
		)
	}
	return t.Write(s)
}

func auditStyle(o gatewright.AuditOutcome) term.Style {
	if o == gatewright.AuditOK {
		return term.Green
	}
	return term.Red
}

func (a *app) auditHead() *cobra.Command {
	cmd := a.clientFlags(&cobra.Command{
		Use: "head", Short: "Show the number and hash of the newest entry",
		Long: `Show the number and hash of the newest entry of the audit log. Keep it where
those who can write to the database cannot: with it, "gatewright audit verify
--head" finds out even when somebody wrote the whole log anew.`,
		Example: `  gatewright audit head
  gatewright audit verify --head "$(cat yesterday)"`,
		Args: exactly(),
	})
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		head, err := c.AuditHead(ctx)
		if err != nil {
			return err
		}
		return a.show(head, func(*term.Screen) error { return a.resultf("%s\n", head) })
	})
	return cmd
}
