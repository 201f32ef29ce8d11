package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// defaultApprover is the role of those who approve unless a rule names another.
const defaultApprover = "approver"

// MaxComment bounds an approver's comment, in characters.
const MaxComment = gatewright.MaxReasonLength

// approvalNeeded returns what the group's rules ask for, nil when nothing. Of
// several rules the one with the most approvers counts.
func (d *draft) approvalNeeded() *gatewright.Approval {
	var need *gatewright.Approval
	for i := range d.group.Settings.Approvals {
		r := &d.group.Settings.Approvals[i]
		covered := slices.ContainsFunc(d.items, func(it draftItem) bool { return r.Covers(it.action) })
		if !covered || need != nil && need.Needed >= r.Count {
			continue
		}
		need = &gatewright.Approval{Needed: r.Count, Role: r.Role}
		if need.Role == "" {
			need.Role = defaultApprover
		}
	}
	return need
}

// Verdict is an approver's word on a change.
type Verdict struct {
	PlanHash gatewright.Hash // of the plan that was looked at
	Approve  bool
	Comment  string
	Roles    []string // that the approver has for the change's group
}

// Decide takes an approver's word on a change that waits for approval. With
// the last one it needs, the change is planned again and goes on, or is void
// if anything it was planned with is no longer so.
//
// Errors: [gatewright.Forbidden] for the author and for those without the
// role, [gatewright.Conflict] when the change does not wait or the approver
// has spoken, [gatewright.PreconditionFailed] when another plan was looked at.
func (c *Control) Decide(ctx context.Context, actor gatewright.Actor, id gatewright.ChangeID, v Verdict) (*gatewright.Change, error) {
	if err := gatewright.CheckText("comment", v.Comment, MaxComment); err != nil {
		return nil, err
	}
	if !v.Approve && strings.TrimSpace(v.Comment) == "" {
		return nil, gatewright.FieldErrorf("comment", "say why the change is rejected")
	}
	return c.onChange(ctx, id, func(tx Tx, ch *gatewright.Change) error {
		if ch.State != gatewright.ChangePendingApproval {
			return gatewright.Errorf(gatewright.Conflict, "change %s does not wait for approval: it is %s", id, ch.State)
		}
		a := ch.Approval
		people, err := behindNames(tx)
		if err != nil {
			return err
		}
		switch {
		case people.same(actor.Name, ch.Author):
			return gatewright.Errorf(gatewright.Forbidden, "%s asked for change %s, and nobody decides on what they asked for themselves or through a token they made, admin tokens being one and the same; somebody else has to", ch.Author, id)
		case !slices.Contains(v.Roles, a.Role):
			return gatewright.Errorf(gatewright.Forbidden, "change %s needs the word of somebody with the role %s in %s", id, a.Role, ch.GroupName)
		case v.PlanHash != ch.PlanHash:
			return gatewright.Errorf(gatewright.PreconditionFailed, "you looked at the plan %s, the change has the plan %s; look at it again", v.PlanHash.Short(), ch.PlanHash.Short())
		case slices.ContainsFunc(a.Decisions, func(d gatewright.Decision) bool { return people.same(d.By, actor.Name) }):
			return gatewright.Errorf(gatewright.Conflict, "%s has decided on change %s already, if not in person then through a token, admin tokens being one and the same", actor.Name, id)
		}
		a.Decisions = append(a.Decisions, gatewright.Decision{By: actor.Name, At: tx.Now(), Approve: v.Approve, Comment: v.Comment})
		word := "approved"
		if !v.Approve {
			word = "rejected"
		}
		if err := audit(tx, actor, "change.decide", string(id), strings.TrimSuffix(word+": "+v.Comment, ": ")); err != nil {
			return err
		}
		if !v.Approve {
			return c.settle(tx, ch, gatewright.ChangeRejected, gatewright.Errorf(gatewright.Forbidden, "rejected by %s: %s", actor.Name, v.Comment))
		}
		if a.Given() < a.Needed {
			return c.moved(tx, ch)
		}
		return c.release(tx, ch)
	})
}

// behind tells who stands behind a token's name: behind a service token
// whoever made a token of that name, behind admin tokens the administrators.
// One person with several tokens is still one person, and nobody knows who has
// an admin token: whoever has one can make another.
type behind map[string][]string

// administrators stand behind all admin tokens, as one. No login has a space.
const administrators = "the administrators"

func behindNames(tx Tx) (behind, error) {
	tokens, err := tx.Tokens()
	if err != nil {
		return nil, err
	}
	b := behind{}
	for _, t := range tokens {
		switch t.Kind {
		case gatewright.TokenService:
			name := ServiceName(t.Name)
			b[name] = append(b[name], t.CreatedBy)
		case gatewright.TokenAdmin:
			b[t.Name] = []string{administrators}
		}
	}
	return b, nil
}

// same reports whether one person may stand behind both names.
func (b behind) same(x, y string) bool {
	people := map[string]bool{}
	b.collect(x, people)
	others := map[string]bool{}
	b.collect(y, others)
	for name := range others {
		if people[name] {
			return true
		}
	}
	return false
}

// collect adds a name and all behind it, tokens made by tokens included.
func (b behind) collect(name string, people map[string]bool) {
	if people[name] {
		return
	}
	people[name] = true
	for _, maker := range b[name] {
		b.collect(maker, people)
	}
}

// release lets an approved change wait for its time or its turn, unless what
// was approved is not what would happen any more.
func (c *Control) release(tx Tx, ch *gatewright.Change) error {
	group, err := tx.Group(ch.Group)
	if err != nil {
		return err
	}
	d, err := c.again(tx, ch, group)
	if err != nil || d == nil {
		return err
	}
	ch.State = gatewright.ChangeScheduled
	return c.moved(tx, ch)
}

// Cancel withdraws a change that has not begun.
func (c *Control) Cancel(ctx context.Context, actor gatewright.Actor, id gatewright.ChangeID, reason string) (*gatewright.Change, error) {
	if err := gatewright.CheckReason(reason); err != nil {
		return nil, err
	}
	return c.onChange(ctx, id, func(tx Tx, ch *gatewright.Change) error {
		if ch.State != gatewright.ChangePendingApproval && ch.State != gatewright.ChangeScheduled {
			return gatewright.Errorf(gatewright.Conflict, "change %s cannot be cancelled: it is %s; a rollback overtakes one that is rolling out", id, ch.State)
		}
		if err := audit(tx, actor, "change.cancel", string(id), reason); err != nil {
			return err
		}
		return c.settle(tx, ch, gatewright.ChangeCancelled, gatewright.Errorf(gatewright.Conflict, "%s",
			strings.TrimSuffix(fmt.Sprintf("cancelled by %s: %s", actor.Name, reason), ": ")))
	})
}

// onChange alters a change in one transaction and tells everybody.
func (c *Control) onChange(ctx context.Context, id gatewright.ChangeID, alter func(Tx, *gatewright.Change) error) (*gatewright.Change, error) {
	var ch *gatewright.Change
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		if ch, err = tx.Change(id); err != nil {
			return err
		}
		return alter(tx, ch)
	})
	if err != nil {
		return nil, err
	}
	c.changed(ch)
	return ch, nil
}
