package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) approve() *cobra.Command {
	return a.deciding(true, "approve", "Approve a change that waits for it", `Approve a change that waits for approval. What it does is shown first, with the
hash of its plan: what you see is what happens, or the change is void. Nobody
approves a change of their own.`,
		`  gatewright approvals
  gatewright approve chg_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42 --comment "looks good"
  gatewright approve chg_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42 --yes --wait`)
}

func (a *app) reject() *cobra.Command {
	return a.deciding(false, "reject", "Reject a change that waits for approval", `Reject a change that waits for approval. One rejection ends it; its author reads
the comment.`,
		`  gatewright reject chg_01932c07-209c-7c3e-8d5f-6a9d3b1f0e42 --comment "not before Monday"`)
}

// deciding returns a command that says yes or no to a change.
func (a *app) deciding(yes bool, name, short, long, example string) *cobra.Command {
	var (
		comment   string
		sure      bool
		untilLive bool
	)
	cmd := a.clientFlags(&cobra.Command{
		Use: name + " CHANGE", Short: short, Long: long, Example: example,
		Args:              exactly("the ID of a CHANGE (see: gatewright approvals)"),
		ValidArgsFunction: a.completeChanges(string(gatewright.ChangePendingApproval)),
	})
	cmd.Flags().StringVar(&comment, "comment", "", "what the author is to know; a rejection needs it")
	cmd.Flags().BoolVarP(&sure, "yes", "y", false, "do not ask")
	if yes {
		cmd.Flags().BoolVar(&untilLive, "wait", false, "wait until the change has settled")
	} else {
		required(cmd, "comment")
	}
	decide := a.look(func(ctx context.Context, c *client.Client, args []string) error {
		ch, err := c.Change(ctx, gatewright.ChangeID(args[0]))
		if err != nil {
			return err
		}
		if a.format == formatTable {
			if err := writeDecision(a.stderr, ch); err != nil {
				return err
			}
		}
		if !sure {
			if err := a.confirm(name + " this change?"); err != nil {
				return err
			}
		}
		ch, err = c.Decide(ctx, ch.ID, ch.PlanHash, yes, comment)
		if err != nil {
			return err
		}
		if untilLive {
			if ch, err = a.follow(ctx, c, ch); err != nil {
				return err
			}
			return a.settled(nil, ch)
		}
		return a.decided(ch)
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if a.format != formatTable && !sure {
			return usagef("--output %s shows no question; add --yes", a.format)
		}
		return decide(cmd, args)
	}
	return cmd
}

// decided tells what has become of a change by somebody's word.
func (a *app) decided(ch *gatewright.Change) error {
	return a.show(ch, func(s *term.Screen) error {
		line := waitsFor(ch)
		if line == "" {
			line = fmt.Sprintf("change %s is %s", ch.ID, ch.State)
			if ch.Error != nil {
				line += ": " + ch.Error.Message
			} else if !ch.State.Settled() {
				line = fmt.Sprintf("approved: %s is %s; follow it with: gatewright get changes %s", ch.ID, ch.State, ch.ID)
			}
		}
		_, err := fmt.Fprintln(s, term.Clean(line))
		return err
	})
}

// writeDecision writes what is decided on.
func writeDecision(s *term.Screen, ch *gatewright.Change) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", s.Paint(term.Bold, string(ch.Kind)+" in group"), s.Paint(term.Bold, term.Clean(ch.GroupName)))
	for i := range ch.Items {
		what, from, to := itemText(&ch.Items[i])
		move := from + " → " + to
		if from == "" || to == "" {
			move = from + to
		}
		fmt.Fprintf(&b, "~ %s\n", term.Clean(what+": "+move))
		for _, line := range ch.Items[i].Lines {
			fmt.Fprintf(&b, "    %s\n", s.Paint(lineStyle(line), term.Clean(line)))
		}
	}
	for i := range ch.Findings {
		writeFinding(&b, s, &ch.Findings[i])
	}
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-9s %s\n", name+":", term.Clean(value))
		}
	}
	line("by", ch.Author+" through "+ch.Client+", "+timeText(ch.CreatedAt))
	line("reason", ch.Reason)
	line("begins", timeText(ch.NotBefore))
	line("expires", timeText(ch.ExpiresAt))
	if ch.Approval != nil {
		line("approval", approvalText(ch.Approval))
	}
	line("plan", string(ch.PlanHash))
	_, err := io.WriteString(s, b.String())
	return err
}

// errNotConfirmed ends a command whose question was not answered with yes.
var errNotConfirmed = errors.New("not confirmed; nothing was done")

// confirm asks on standard error and reads the answer from standard input.
func (a *app) confirm(question string) error {
	a.sayf("%s [y/N] ", question)
	answer, err := bufio.NewReader(io.LimitReader(a.env.Stdin, 100)).ReadString('\n')
	if err != nil { // nobody has ended the line of the question
		a.sayf("\n")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errNotConfirmed
}
