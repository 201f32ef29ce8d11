package agent

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/link"
)

// Bounds of what a report says, so that it stays far below
// link.MaxReportBytes. Of a change, the control plane tells people the first
// rejection and the number of others; of what runs, all that are listed.
const (
	fullReasons     = 100 // rejections told in full; others are told shortly
	shortReason     = 200 // bytes
	maxAnswerReason = 20  // rejections told per prepared change
)

// topic is what a warning is about. Each has one text at a time.
type topic string

const (
	topicDamage   topic = "damage"   // a file was not as it was written
	topicDisk     topic = "disk"     // what runs is not saved
	topicIdentity topic = "identity" // the identity is not saved
	topicKey      topic = "key"      // the key is not saved
	topicNotice   topic = "notice"   // what the control plane said about the manifest
	topicPin      topic = "pin"      // the configuration ID is refused
	topicRefused  topic = "refused"  // the control plane and this gateway do not go together
)

// warn says text in status and reports until the topic has another; "" ends
// it. Damage is told as long as the process lives: it does not go away.
func (a *Agent) warn(t topic, text string) {
	a.mu.Lock()
	before := a.public.warnings[t]
	if text == "" {
		delete(a.public.warnings, t)
	} else {
		a.public.warnings[t] = text
	}
	a.mu.Unlock()
	if text == before {
		return
	}
	if text != "" {
		a.log.Warn("gateway warning", slog.String("topic", string(t)), slog.String("text", text))
	}
	a.tell()
}

// publish makes what runs now what is reported.
func (a *Agent) publish() {
	a.mu.Lock()
	a.public.configured, a.public.generation, a.public.digest = a.running.configured, a.running.Generation, a.proven()
	a.public.configID = a.running.ConfigID
	a.public.rejections, a.public.resources = a.running.list(), len(a.running.Entries)
	a.mu.Unlock()
	a.tell()
}

// tell wakes what reports.
func (a *Agent) tell() {
	select {
	case a.kick <- struct{}{}:
	default: // it is about to report anyway
	}
}

// report returns what there is to say, and what to call once it was heard.
func (a *Agent) report(joined *link.JoinResponse) (r *link.Report, heard func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.public.sequence++
	r = &link.Report{
		Instance: joined.Instance, SessionKey: joined.SessionKey,
		Sequence: a.public.sequence, Generation: a.public.generation, Digest: a.public.digest, Warnings: a.public.texts(),
	}
	r.Rejections, r.Unlisted = clipRejections(a.public.rejections, link.MaxRejections)
	var told []*candidate
	for _, c := range a.candidates {
		if !c.told {
			told = append(told, c)
			answer := c.answer
			answer.Rejections, answer.Unlisted = clipRejections(c.answer.Rejections, maxAnswerReason)
			r.Prepared = append(r.Prepared, answer)
		}
	}
	return r, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, c := range told {
			c.told = true
		}
	}
}

// clipRejections returns the first of all, and how many others there are.
func clipRejections(all []gatewright.Rejection, limit int) (clipped []gatewright.Rejection, unlisted int) {
	clipped = slices.Clone(all[:min(len(all), limit)])
	for i := range clipped {
		length := link.MaxTextBytes
		if i >= fullReasons {
			length = shortReason
		}
		clipped[i].Reason = clip(clipped[i].Reason, length)
	}
	return clipped, len(all) - len(clipped)
}

// clip cuts text to at most limit bytes of whole characters.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	const ellipsis = "…"
	return strings.ToValidUTF8(text[:limit-len(ellipsis)], "") + ellipsis
}

// texts returns the warnings, ordered by topic.
func (p *public) texts() []string {
	var texts []string
	for _, t := range slices.Sorted(maps.Keys(p.warnings)) {
		texts = append(texts, clip(p.warnings[t], link.MaxTextBytes))
	}
	return texts
}

// keepReporting reports when there is something to say and every heartbeat, at
// which it takes up what was called, too. It
// returns an error when the control plane no longer listens to this session,
// and nil when ctx ends.
func (a *Agent) keepReporting(ctx context.Context, c *client, joined *link.JoinResponse) error {
	heartbeat := time.Duration(joined.Heartbeat)
	next := time.NewTimer(heartbeat)
	defer next.Stop()
	count := time.NewTicker(heartbeat) // a time of its own: other reports put the heartbeat off
	defer count.Stop()
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-a.kick:
		case <-next.C:
		case <-count.C:
			if !a.takeUsage() {
				continue
			}
		}
		wait := heartbeat
		switch err := a.sendReport(ctx, c, joined); {
		case err == nil:
			failures = 0
		case ctx.Err() != nil:
			return nil
		case refused(err):
			return err
		default: // the stream may be well all the same
			a.log.Warn("report did not arrive", slog.Any("error", err))
			wait = min(heartbeat, backoff(failures, a.cfg.RetryMin, a.cfg.RetryMax))
			failures++
		}
		next.Reset(wait)
	}
}

// refused reports whether trying again would not help this session.
func refused(err error) bool {
	switch gatewright.CodeOf(err) {
	case gatewright.Conflict, gatewright.NotFound, gatewright.Unauthenticated, gatewright.Forbidden, gatewright.PreconditionFailed, gatewright.Invalid:
		return true
	}
	return false
}

func (a *Agent) sendReport(ctx context.Context, c *client, joined *link.JoinResponse) error {
	r, heard := a.report(joined)
	if err := a.deliver(ctx, c, r); err != nil {
		return err
	}
	heard()
	return nil
}
