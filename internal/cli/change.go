package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

// groupFlag gives cmd the flag that names the gateway group.
func (a *app) groupFlag(cmd *cobra.Command, group *string) {
	cmd.Flags().StringVarP(group, "group", "g", "", "gateway `group`")
	a.completeGroups(cmd, "group")
}

// outcome is the result of a change for programs.
type outcome struct {
	Plan   *gatewright.Plan   `json:"plan"`
	Change *gatewright.Change `json:"change"` // null for a dry run and when nothing would change
	NoOp   bool               `json:"noOp"`
}

// change plans req, shows the plan, submits it and waits until it has
// settled, as far as the flags let it.
func (a *app) change(ctx context.Context, f *changeFlags, req client.PlanRequest, files ...string) error {
	if err := f.apply(&req, a.env.Now()); err != nil {
		return err
	}
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	plan, err := c.Plan(ctx, req)
	if err != nil {
		return sources(files).inFiles(err)
	}
	sources(files).locateFindings(plan)
	if f.dryRun {
		return a.dryRun(plan)
	}
	if a.format == formatTable {
		if err := writePlan(a.stderr, plan); err != nil {
			return fmt.Errorf("write the plan: %w", err)
		}
	}
	switch {
	case plan.Blocked():
		return a.refused(plan)
	case plan.NoOp:
		return a.noOp(plan)
	}
	sub, err := submit(ctx, c, client.ChangeRequest{PlanRequest: req, PlanHash: plan.Hash, Reason: f.reason})
	if err != nil {
		return sources(files).inFiles(err)
	}
	if sub.Change == nil {
		return a.noOp(plan)
	}
	if f.noWait {
		return a.show(outcome{Plan: plan, Change: sub.Change}, func(s *term.Screen) error {
			_, err := fmt.Fprintln(s, sub.Change.ID)
			return err
		})
	}
	if line := waitsFor(sub.Change); line != "" {
		if !f.wait {
			return a.waiting(plan, sub.Change, line)
		}
		if a.format == formatTable {
			a.sayf("%s\n", term.Clean(line))
		}
	}
	settled, err := a.follow(ctx, c, sub.Change)
	if err != nil {
		return err
	}
	return a.settled(plan, settled)
}

// submit submits the request. The key makes it safe to ask again when the
// connection broke before the answer came.
func submit(ctx context.Context, c *client.Client, req client.ChangeRequest) (*client.Submission, error) {
	key := rand.Text()
	sub, err := c.Submit(ctx, req, key)
	for wait := firstRetry; gatewright.CodeOf(err) == gatewright.Unavailable && wait <= lastRetry; wait *= 2 {
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(wait):
		}
		sub, err = c.Submit(ctx, req, key)
	}
	if gatewright.CodeOf(err) == gatewright.Unavailable {
		err = fmt.Errorf("%w\nwhether the change was recorded is not known; see: gatewright get changes", err)
	}
	return sub, err
}

// The control plane answered a moment ago, when it planned the change. If it
// is away now it may be back soon: submitting again after these times, 12 s
// together, is safe with the same key.
const (
	firstRetry = 200 * time.Millisecond
	lastRetry  = 7 * time.Second
)

func (a *app) dryRun(plan *gatewright.Plan) error {
	err := a.show(outcome{Plan: plan, NoOp: plan.NoOp}, func(s *term.Screen) error {
		if err := writePlan(s, plan); err != nil {
			return err
		}
		if plan.Blocked() {
			return nil
		}
		_, err := fmt.Fprintln(s, "dry run: nothing was done")
		return err
	})
	if err == nil && plan.Blocked() {
		err = a.refused(plan)
	}
	return err
}

// refused returns the error that forbids the plan. For people the plan itself
// has told every reason.
func (a *app) refused(plan *gatewright.Plan) error {
	e := gatewright.Errorf(gatewright.PreconditionFailed, "the change is refused, nothing was done")
	for i := range plan.Findings {
		f := &plan.Findings[i]
		if f.Level != gatewright.LevelError {
			continue
		}
		if f.Code != "" {
			e.Code = f.Code
		}
		message := f.Message
		if f.Remedy != "" {
			message += "; " + f.Remedy
		}
		e.Details = append(e.Details, gatewright.Detail{Location: f.Location, Subject: f.Subject, Message: message})
	}
	if a.format == formatTable {
		e.Details = nil
	}
	return e
}

// waitsFor says what a change waits for that can take any time, and how to go
// on; "" when it is on its way.
func waitsFor(ch *gatewright.Change) string {
	switch {
	case ch.State == gatewright.ChangePendingApproval && ch.Approval != nil:
		missing := ch.Approval.Needed - ch.Approval.Given()
		return fmt.Sprintf("waiting for approval: %s needs %d more with the role %s; go on with: gatewright approve %s", ch.ID, missing, ch.Approval.Role, ch.ID)
	case ch.State == gatewright.ChangeScheduled && ch.NotBefore.After(ch.CreatedAt):
		return fmt.Sprintf("waiting until %s: %s; withdraw it with: gatewright cancel %s", timeText(ch.NotBefore), ch.ID, ch.ID)
	}
	return ""
}

// waiting tells of a change that goes on without this command.
func (a *app) waiting(plan *gatewright.Plan, ch *gatewright.Change, line string) error {
	return a.show(outcome{Plan: plan, Change: ch}, func(s *term.Screen) error {
		_, err := fmt.Fprintln(s, s.Paint(term.Yellow, term.Clean(line)))
		return err
	})
}

// follow shows the change's progress until it has settled.
func (a *app) follow(ctx context.Context, c *client.Client, ch *gatewright.Change) (*gatewright.Change, error) {
	telling, stop := context.WithCancel(ctx)
	p := &progress{app: a}
	p.update(ch)
	var told sync.WaitGroup
	told.Go(func() { p.tell(telling) })
	defer told.Wait()
	defer stop() // before waiting for it
	last, err := c.WaitChange(ctx, ch.ID, p.update)
	switch {
	case err == nil:
		return last, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("no longer waiting; change %s goes on, follow it with: gatewright get changes %s", ch.ID, ch.ID)
	}
	return nil, fmt.Errorf("wait for change %s: %w", ch.ID, err)
}

// settled tells how the change ended.
func (a *app) settled(plan *gatewright.Plan, ch *gatewright.Change) error {
	done := ch.State == gatewright.ChangeLive && ch.Error == nil
	err := a.show(outcome{Plan: plan, Change: ch}, func(s *term.Screen) error {
		if !done {
			return nil
		}
		word := "done:"
		if len(ch.Outcomes) == 0 {
			word = "accepted, and waiting for the first gateway:"
		}
		for _, line := range achieved(ch) {
			if _, err := fmt.Fprintf(s, "%s %s\n", s.Paint(term.Green, word), line); err != nil {
				return err
			}
		}
		if ch.Reverts != "" {
			if _, err := fmt.Fprintf(s, "put back: %s\n", ch.Reverts); err != nil {
				return err
			}
		}
		if ch.ConfigID == "" {
			return nil
		}
		_, err := fmt.Fprintf(s, "config ID: %s\n", ch.ConfigID)
		return err
	})
	a.leftBehind(ch)
	if err != nil || done {
		return err
	}
	e := gatewright.Errorf(gatewright.Conflict, "change %s is %s", ch.ID, ch.State)
	if ch.Error != nil {
		e.Code, e.Details = ch.Error.Code, ch.Error.Details
		e.Message += ": " + ch.Error.Message
	}
	return e
}

// leftBehind names the gateways a live change could not reach.
func (a *app) leftBehind(ch *gatewright.Change) {
	if ch.State != gatewright.ChangeLive || a.format != formatTable {
		return
	}
	for _, o := range ch.Outcomes {
		if o.State == gatewright.OutcomePending {
			a.sayf("warning: %s could not be reached and does not have it; it gets it when it returns\n", term.Clean(o.Name))
		}
	}
}

// noOp says that everything is as it was asked for already.
func (a *app) noOp(plan *gatewright.Plan) error {
	var parts []string
	for _, item := range plan.Items {
		text := item.Subject
		if item.To != "" {
			text += " " + item.To
		}
		parts = append(parts, text)
	}
	return a.show(outcome{Plan: plan, NoOp: true}, func(s *term.Screen) error {
		_, err := fmt.Fprintf(s, "nothing to do: %s has %s already\n", term.Clean(plan.Group), term.Clean(strings.Join(parts, ", ")))
		return err
	})
}
