package cli

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
)

// progress tells how a change goes its way, a line for each step, so that it
// reads the same on a terminal and in a log.
type progress struct {
	app *app

	mu    sync.Mutex
	state gatewright.ChangeState
	seen  map[gatewright.InstanceID]gatewright.OutcomeState
	last  *gatewright.Change
	since time.Time // of the last news
}

// waitNotice is how long nothing may happen before it is told whom the change
// waits for.
const waitNotice = 5 * time.Second

// tell says every now and then whom the change waits for, until ctx ends.
func (p *progress) tell(ctx context.Context) {
	tick := time.NewTicker(waitNotice)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.waiting()
		}
	}
}

func (p *progress) waiting() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.app.format != formatTable || p.last == nil || p.last.State.Settled() || time.Since(p.since) < waitNotice {
		return
	}
	wanted := gatewright.OutcomePrepared
	if p.last.State == gatewright.ChangeActivating {
		wanted = gatewright.OutcomeApplied
	}
	var names []string
	for _, o := range p.last.Outcomes {
		if o.State != wanted && o.State != gatewright.OutcomePinned {
			names = append(names, o.Name)
		}
	}
	if len(names) > 0 {
		p.app.sayf("  waiting for %s; one that is silent for 30 s is left behind\n", term.Clean(strings.Join(names, ", ")))
	}
}

// update tells what is new in ch.
func (p *progress) update(ch *gatewright.Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.since = ch, time.Now()
	if p.app.format != formatTable {
		return
	}
	if p.seen == nil {
		p.seen = map[gatewright.InstanceID]gatewright.OutcomeState{}
		p.app.sayf("change %s\n", ch.ID)
	}
	if ch.State != p.state && !ch.State.Settled() {
		if ch.State == gatewright.ChangeActivating { // what came before it first
			p.outcomes(ch, gatewright.OutcomePrepared)
		}
		p.app.sayf("%s\n", ch.State)
	}
	p.state = ch.State
	p.outcomes(ch, "")
}

// outcomes tells the outcomes that are new; with only, just those in that
// state.
func (p *progress) outcomes(ch *gatewright.Change, only gatewright.OutcomeState) {
	for _, o := range ch.Outcomes {
		before, known := p.seen[o.Instance]
		if before == o.State || only != "" && o.State != only {
			continue
		}
		if known && o.State == gatewright.OutcomePending { // again, until it has activated what it prepared
			continue
		}
		p.seen[o.Instance] = o.State
		line := o.Name + ": " + string(o.State)
		if o.Reason != "" {
			line += ": " + o.Reason
		}
		p.app.sayf("  %s\n", p.app.stderr.Paint(outcomeStyle(o.State), term.Clean(line)))
	}
}

func outcomeStyle(state gatewright.OutcomeState) term.Style {
	switch state {
	case gatewright.OutcomeApplied:
		return term.Green
	case gatewright.OutcomeRejected:
		return term.Red
	case gatewright.OutcomePending:
		return term.Dim
	}
	return term.Plain
}
