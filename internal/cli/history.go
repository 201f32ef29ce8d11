package cli

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

// defaultHistory is how many changes are shown unless asked otherwise.
const defaultHistory = 50

func (a *app) history() *cobra.Command {
	var (
		group string
		limit int
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "history API",
		Short: "Show the changes of an API, newest first",
		Example: `  gatewright history "Swagger Petstore"
  gatewright history "Swagger Petstore" --group production --limit 10`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	a.groupFlag(cmd, &group)
	limitFlag(cmd, &limit)
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		return a.showChanges(cmd.Context(), client.ChangeFilter{Group: group, API: args[0]}, limit)
	})
	return cmd
}

func limitFlag(cmd *cobra.Command, limit *int) {
	cmd.Flags().IntVar(limit, "limit", defaultHistory, "how many to show, 1 to 1000")
}

// showChanges shows the newest changes that match f.
func (a *app) showChanges(ctx context.Context, f client.ChangeFilter, limit int) error {
	if limit < 1 || limit > 1000 {
		return usagef("--limit %d is not between 1 and 1000", limit)
	}
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	list, err := c.Changes(ctx, f, client.Page{Limit: limit})
	if err != nil {
		return err
	}
	return a.show(list, func(s *term.Screen) error { return writeChanges(s, list.Items) })
}

// writeChanges writes changes, a line for each thing they altered.
func writeChanges(s *term.Screen, changes []*gatewright.Change) error {
	t := term.NewTable("TIME", "GROUP", "KIND", "WHAT", "FROM", "TO", "CONFIG ID", "STATE", "BY", "REASON", "CHANGE")
	for _, ch := range changes {
		for i := range ch.Items {
			item := &ch.Items[i]
			what, from, to := itemText(item)
			config := ""
			if item.Slot != nil && item.Slot.After != nil {
				config = item.Slot.After.ConfigID
			}
			t.Cells(
				term.Cell{Text: timeText(ch.CreatedAt)}, term.Cell{Text: ch.GroupName}, term.Cell{Text: string(cmp.Or(item.Action, ch.Kind))},
				term.Cell{Text: what}, term.Cell{Text: from}, term.Cell{Text: to}, term.Cell{Text: config},
				term.Cell{Text: string(ch.State), Style: changeStyle(ch.State)},
				term.Cell{Text: ch.Author}, term.Cell{Text: ch.Reason}, term.Cell{Text: string(ch.ID)},
			)
		}
	}
	return t.Write(s)
}

func itemText(item *gatewright.ChangeItem) (what, from, to string) {
	if r := item.Resource; r != nil {
		if r.Before != nil {
			from = "present"
		}
		switch {
		case r.After == nil:
			to = "removed"
		case len(item.Lines) > 0:
			to = linesText(item)
		default:
			to = "set"
		}
		return r.Name, from, to
	}
	slot := item.Slot
	if slot.Before != nil {
		from = slot.Before.Label()
	}
	if slot.After != nil {
		to = slot.After.Label()
		if slot.Stamp != "" {
			to = slot.Stamp
		}
		to += " (revision " + strconv.Itoa(slot.After.Number) + ")"
		if slot.Stamp == "" && slot.After.Version == "" {
			to = slot.After.Label()
		}
	}
	if slot.Before != nil && slot.After != nil && slot.Before.Revision == slot.After.Revision && len(item.Lines) > 0 {
		// The same revision before and after says nothing; what was altered does.
		return apiTrack(slot.APIName, slot.Track), from, linesText(item)
	}
	return apiTrack(slot.APIName, slot.Track), from, to
}

// linesText tells on one line what an item alters.
func linesText(item *gatewright.ChangeItem) string {
	return strings.ReplaceAll(strings.Join(item.Lines, "; "), "~ ", "")
}

func changeStyle(state gatewright.ChangeState) term.Style {
	switch {
	case state == gatewright.ChangeLive:
		return term.Green
	case !state.Settled():
		return term.Yellow
	case state == gatewright.ChangeFailed:
		return term.Red
	}
	return term.Dim
}
