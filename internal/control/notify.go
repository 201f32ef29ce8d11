package control

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

const (
	// maxToldItems bounds the items of a change that a notification names.
	maxToldItems = 3
	// maxToldDetails bounds the details of an error that it tells.
	maxToldDetails = 5
)

// tell puts what has become of a change into the outbox, in the transaction in
// which it became so. Sending is somebody else's work: no receiver can hold a
// change up.
func (c *Control) tell(tx Tx, ch *gatewright.Change) error {
	event := eventOfChange(ch, tx.Now())
	if event == "" {
		return nil
	}
	p := post{tx: tx}
	if err := p.findReceivers(); err != nil {
		return err
	}
	n := c.notification(tx.Now(), event, ch)
	n.Subject, n.Actor = subjectOf(ch), actorOf(event, ch)
	n.API = onlyAPI(ch)
	slots := slotsOf(ch)
	if n.API != "" {
		n.APIName = slots[0].APIName
	}
	if len(ch.Items) == 1 && len(slots) == 1 {
		n.Track, n.Data["from"] = slots[0].Track, labelIf(slots[0].Before)
	}
	n.Data["kind"] = string(ch.Kind)
	n.Data["reason"] = reasonOf(event, ch)
	n.Data["due"] = rfc3339(ch.NotBefore)
	n.Data["error"] = causeOf(ch)
	if event == gatewright.EventFailed || event == gatewright.EventReverted {
		n.Data["state"] = string(ch.State)
	}
	if err := p.send(n, func(a *audience) error { return a.ofChange(ch, event) }); err != nil {
		return err
	}
	if event != gatewright.EventLive {
		return nil
	}
	for _, s := range slots {
		if err := c.tellTrack(&p, ch, s); err != nil {
			return err
		}
	}
	return nil
}

// eventOfChange returns what is to be told of a change that came to its state
// just now, "" for nothing.
func eventOfChange(ch *gatewright.Change, now time.Time) gatewright.NotificationEvent {
	switch ch.State {
	case gatewright.ChangePendingApproval:
		if len(ch.Approval.Decisions) == 0 { // else one of several has spoken
			return gatewright.EventApprovalWanted
		}
	case gatewright.ChangeScheduled:
		if ch.Approval != nil {
			return gatewright.EventApproved
		}
		if ch.NotBefore.After(now) {
			return gatewright.EventScheduled
		}
	case gatewright.ChangeLive:
		return gatewright.EventLive
	case gatewright.ChangeRejected:
		return gatewright.EventRejected
	case gatewright.ChangeExpired:
		return gatewright.EventExpired
	case gatewright.ChangeFailed:
		return gatewright.EventFailed
	case gatewright.ChangeReverted:
		return gatewright.EventReverted
	case gatewright.ChangeCancelled:
		return gatewright.EventCancelled
	case gatewright.ChangeSuperseded:
		if !ch.ActivatedAt.IsZero() { // some instances ran it before it was overtaken
			return gatewright.EventReverted
		}
		return gatewright.EventSuperseded
	}
	return ""
}

// tellTrack tells of a slot that was deprecated or retired by a change.
func (c *Control) tellTrack(p *post, ch *gatewright.Change, s *gatewright.SlotChange) error {
	event := eventOfLifecycle(s)
	if event == "" {
		return nil
	}
	n := c.notification(p.tx.Now(), event, ch)
	n.Subject, n.Actor = s.APIName+"@"+s.Track, ch.Author
	n.API, n.APIName, n.Track = s.API, s.APIName, s.Track
	l := s.After.Lifecycle
	n.Data["sunset"], n.Data["successor"], n.Data["reason"] = rfc3339(l.SunsetAt), l.Successor, ch.Reason
	return p.send(n, func(a *audience) error {
		if err := a.ofAPI(s.API); err != nil {
			return err
		}
		return a.callers(ch.Group, s.API)
	})
}

// eventOfLifecycle returns what a change did to the end of a slot's life, as
// far as callers are concerned.
func eventOfLifecycle(s *gatewright.SlotChange) gatewright.NotificationEvent {
	if s.After == nil || s.After.Lifecycle == nil {
		return ""
	}
	before, after := gatewright.Lifecycle{}, s.After.Lifecycle
	if s.Before != nil && s.Before.Lifecycle != nil {
		before = *s.Before.Lifecycle
	}
	switch {
	case !after.RetiredAt.IsZero():
		if before.RetiredAt.IsZero() {
			return gatewright.EventRetired
		}
	case !after.DeprecatedAt.Equal(before.DeprecatedAt), !after.SunsetAt.Equal(before.SunsetAt), after.Successor != before.Successor:
		return gatewright.EventDeprecated
	}
	return ""
}

// notification returns one about a change in its group.
func (c *Control) notification(now time.Time, event gatewright.NotificationEvent, ch *gatewright.Change) *gatewright.Notification {
	n := newNotification(now, event)
	n.Group, n.GroupName, n.Change = ch.Group, ch.GroupName, ch.ID
	if c.cfg.PublicURL != "" {
		n.Link = strings.TrimSuffix(c.cfg.PublicURL, "/") + "/changes/" + string(ch.ID)
	}
	return n
}

func newNotification(now time.Time, event gatewright.NotificationEvent) *gatewright.Notification {
	return &gatewright.Notification{
		ID: gatewright.NotificationID(gatewright.NewID("ntf_", now)), Event: event, At: now, Data: map[string]string{},
	}
}

// post sends notifications to those receivers that were there when the
// transaction began.
type post struct {
	tx        Tx
	receivers []*gatewright.Receiver
}

func (p *post) findReceivers() error {
	rows, err := p.tx.Receivers()
	for _, r := range rows {
		p.receivers = append(p.receivers, &r.Receiver)
	}
	return err
}

// send stores the deliveries of n. Whom it is for is looked up by people, and
// only when a receiver wants it.
func (p *post) send(n *gatewright.Notification, people func(*audience) error) error {
	rows, err := p.deliveries(n, people)
	if err != nil || len(rows) == 0 {
		return err
	}
	return p.tx.CreateDeliveries(n, rows)
}

func (p *post) deliveries(n *gatewright.Notification, people func(*audience) error) ([]gatewright.Delivery, error) {
	for k, v := range n.Data {
		if v == "" {
			delete(n.Data, k)
		}
	}
	if !slices.ContainsFunc(p.receivers, func(r *gatewright.Receiver) bool { return r.Wants(n) }) {
		return nil, nil
	}
	a := audience{tx: p.tx, seen: map[string]bool{}}
	if err := people(&a); err != nil {
		return nil, err
	}
	n.Recipients = a.people
	rows := gatewright.Deliveries(n, p.receivers, p.tx.Now())
	return append(rows, a.undeliverable(n, p.receivers)...), nil
}

func slotsOf(ch *gatewright.Change) []*gatewright.SlotChange {
	var slots []*gatewright.SlotChange
	for i := range ch.Items {
		if s := ch.Items[i].Slot; s != nil {
			slots = append(slots, s)
		}
	}
	return slots
}

// subjectOf names what a change is about: "Pets 1.2.0".
func subjectOf(ch *gatewright.Change) string {
	var names []string
	for i := range ch.Items[:min(len(ch.Items), maxToldItems)] {
		if r := ch.Items[i].Resource; r != nil {
			names = append(names, r.Name)
		} else if s := ch.Items[i].Slot; s != nil {
			names = append(names, s.APIName+" "+labelOf(cmp.Or(s.After, s.Before)))
		}
	}
	if more := len(ch.Items) - maxToldItems; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

func labelIf(content *gatewright.SlotContent) string {
	if content == nil {
		return ""
	}
	return content.Label()
}

// actorOf returns who made it happen.
func actorOf(event gatewright.NotificationEvent, ch *gatewright.Change) string {
	if d := lastDecision(ch); d != nil && (event == gatewright.EventApproved || event == gatewright.EventRejected) {
		return d.By
	}
	return ch.Author
}

// reasonOf returns why: of a rejection the approver's reason, else the author's.
func reasonOf(event gatewright.NotificationEvent, ch *gatewright.Change) string {
	if d := lastDecision(ch); d != nil && event == gatewright.EventRejected {
		return d.Comment
	}
	return ch.Reason
}

func lastDecision(ch *gatewright.Change) *gatewright.Decision {
	if ch.Approval == nil || len(ch.Approval.Decisions) == 0 {
		return nil
	}
	return &ch.Approval.Decisions[len(ch.Approval.Decisions)-1]
}

// causeOf returns what went wrong.
func causeOf(ch *gatewright.Change) string {
	if ch.Error == nil {
		return ""
	}
	lines := []string{ch.Error.Message}
	for i, d := range ch.Error.Details {
		if i == maxToldDetails {
			lines = append(lines, fmt.Sprintf("and %d more", len(ch.Error.Details)-i))
			break
		}
		lines = append(lines, strings.TrimPrefix(d.Subject+": "+d.Message, ": "))
	}
	return strings.Join(lines, "\n")
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
