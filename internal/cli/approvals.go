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

func (a *app) approvals() *cobra.Command {
	var group string
	cmd := a.clientFlags(&cobra.Command{
		Use:     "approvals",
		Short:   "List the changes that wait for approval",
		Example: "  gatewright approvals\n  gatewright approvals --group production",
		Args:    exactly(),
	})
	a.groupFlag(cmd, &group)
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, _ []string) error {
		waiting, err := collect(ctx, func(ctx context.Context, p client.Page) (*client.List[*gatewright.Change], error) {
			return c.Changes(ctx, client.ChangeFilter{Group: group, State: string(gatewright.ChangePendingApproval)}, p)
		})
		if err != nil {
			return err
		}
		return a.show(client.List[*gatewright.Change]{Items: waiting}, func(s *term.Screen) error {
			return writeApprovals(s, waiting)
		})
	})
	return cmd
}

func writeApprovals(s *term.Screen, changes []*gatewright.Change) error {
	if len(changes) == 0 {
		_, err := fmt.Fprintln(s, "no change waits for approval")
		return err
	}
	t := term.NewTable("TIME", "GROUP", "KIND", "WHAT", "TO", "BY", "APPROVALS", "ROLE", "BEGINS", "EXPIRES", "REASON", "CHANGE")
	for _, ch := range changes {
		var whats, tos []string
		for i := range ch.Items {
			what, _, to := itemText(&ch.Items[i])
			whats, tos = append(whats, what), append(tos, to)
		}
		approvals, role := "", ""
		if n := ch.Approval; n != nil {
			approvals, role = fmt.Sprintf("%d/%d", n.Given(), n.Needed), n.Role
		}
		t.Row(timeText(ch.CreatedAt), ch.GroupName, string(ch.Kind), shortList(whats), shortList(tos), ch.Author,
			approvals, role, timeText(ch.NotBefore), timeText(ch.ExpiresAt), ch.Reason, string(ch.ID))
	}
	return t.Write(s)
}

// maxShortList is how many of many things a cell of a table names.
const maxShortList = 3

func shortList(texts []string) string {
	if more := len(texts) - maxShortList; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(texts[:maxShortList], ", "), more)
	}
	return strings.Join(texts, ", ")
}
