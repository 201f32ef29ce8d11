package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) getChanges() *cobra.Command {
	var (
		group, state string
		limit        int
	)
	cmd := a.clientFlags(&cobra.Command{
		Use: "changes [ID]", Aliases: []string{"change"}, Short: "List changes newest first, or show one",
		Example: "  gatewright get changes --group production\n  gatewright get changes chg_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42",
		Args:    between(0, "the ID of a change"),
	})
	a.groupFlag(cmd, &group)
	limitFlag(cmd, &limit)
	cmd.Flags().StringVar(&state, "state", "", "only changes that have not ended: underway, pending-approval, scheduled, preparing or activating")
	complete(cmd, "state", client.Underway, string(gatewright.ChangePendingApproval), string(gatewright.ChangeScheduled),
		string(gatewright.ChangePreparing), string(gatewright.ChangeActivating))
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return a.showChanges(cmd.Context(), client.ChangeFilter{Group: group, State: state}, limit)
		}
		return a.showChange(cmd.Context(), gatewright.ChangeID(args[0]))
	})
	return cmd
}

func (a *app) showChange(ctx context.Context, id gatewright.ChangeID) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	ch, err := c.Change(ctx, id)
	if err != nil {
		return err
	}
	return a.show(ch, func(s *term.Screen) error { return writeChange(s, ch) })
}

// writeChange writes all there is to know of a change.
func writeChange(s *term.Screen, ch *gatewright.Change) error {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-11s %s\n", strings.TrimPrefix(name+":", ":"), term.Clean(value))
		}
	}
	line("change", string(ch.ID))
	line("kind", string(ch.Kind))
	line("group", ch.GroupName)
	line("state", string(ch.State))
	if ch.Error != nil {
		line("why", ch.Error.Message)
		for _, d := range ch.Error.Details {
			line("", d.String())
		}
	}
	if ch.Generation > 0 {
		line("generation", fmt.Sprint(ch.Generation))
	}
	line("by", ch.Author+" through "+ch.Client)
	line("reason", ch.Reason)
	line("reverts", string(ch.Reverts))
	line("reverted by", string(ch.RevertedBy))
	line("config ID", ch.ConfigID)
	line("plan", string(ch.PlanHash))
	if n := ch.Approval; n != nil {
		line("approval", approvalText(n))
		for _, d := range n.Decisions {
			word := "rejected"
			if d.Approve {
				word = "approved"
			}
			line("", strings.TrimSuffix(fmt.Sprintf("%s by %s at %s: %s", word, d.By, timeText(d.At), d.Comment), ": "))
		}
	}
	for _, allowed := range ch.Allowances {
		line("allowed", fmt.Sprintf("%s@%s by %s: %s", allowed.Rule, allowed.Fingerprint, allowed.By, allowed.Reason))
	}
	line("begins", timeText(ch.NotBefore))
	line("expires", timeText(ch.ExpiresAt))
	line("notify", strings.Join(ch.Notify, ", "))
	line("created", timeText(ch.CreatedAt))
	line("prepared", timeText(ch.PreparedAt))
	line("activated", timeText(ch.ActivatedAt))
	line("settled", timeText(ch.SettledAt))
	if _, err := fmt.Fprintf(s, "%s\n", b.String()); err != nil {
		return err
	}
	items := term.NewTable("WHAT", "FROM", "TO")
	for i := range ch.Items {
		items.Row(itemText(&ch.Items[i]))
	}
	if err := items.Write(s); err != nil {
		return err
	}
	for i := range ch.Items {
		for _, line := range ch.Items[i].Lines {
			if _, err := fmt.Fprintf(s, "  %s\n", term.Clean(line)); err != nil {
				return err
			}
		}
	}
	if len(ch.Outcomes) == 0 {
		return nil
	}
	outcomes := term.NewTable("GATEWAY", "STATE", "AT", "REASON")
	for _, o := range ch.Outcomes {
		outcomes.Cells(term.Cell{Text: o.Name}, term.Cell{Text: string(o.State), Style: outcomeStyle(o.State)},
			term.Cell{Text: timeText(o.At)}, term.Cell{Text: o.Reason})
	}
	if _, err := fmt.Fprintln(s); err != nil {
		return err
	}
	return outcomes.Write(s)
}
