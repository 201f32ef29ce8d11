package cli

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
)

// progress tells how a change goes its way, a line for each step, so that it
// reads the same on a terminal and in a log.
type progress struct {
	app   *app
	state gatewright.ChangeState
	seen  map[gatewright.InstanceID]gatewright.OutcomeState
}

// update tells what is new in ch.
func (p *progress) update(ch *gatewright.Change) {
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
