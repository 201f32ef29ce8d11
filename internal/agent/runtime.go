package agent

import (
	"fmt"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

// Runtime is what serves. The agent calls its methods one at a time, but for
// TakeUsage, which it calls at any time.
type Runtime interface {
	// Prepare builds an update beside what runs. With rejections there is no
	// candidate.
	Prepare(u gateway.Update) (Candidate, []gatewright.Rejection)
	// Commit takes a candidate into service. It fails when the candidate was
	// built on something that no longer runs.
	Commit(c Candidate, generation int64) error
	// Apply takes into service what can be; a rejected key keeps what it had.
	Apply(u gateway.Update, generation int64) []gatewright.Rejection
	// TakeUsage returns the calls that ended since it was called last, in at
	// most limit counts, and forgets them.
	TakeUsage(limit int) []gatewright.Usage
}

// Candidate is a prepared update. It ends by Commit or Discard.
type Candidate interface {
	Discard()
}

// Serving returns the runtime that g is.
func Serving(g *gateway.Gateway) Runtime { return serving{g} }

type serving struct{ gateway *gateway.Gateway }

func (s serving) Prepare(u gateway.Update) (Candidate, []gatewright.Rejection) {
	c, rejections := s.gateway.Prepare(u)
	if c == nil { // and not an interface that holds nil
		return nil, rejections
	}
	return c, nil
}

func (s serving) Commit(c Candidate, generation int64) error {
	own, ok := c.(*gateway.Candidate)
	if !ok {
		return fmt.Errorf("commit: a %T is no candidate of this runtime", c)
	}
	return s.gateway.Commit(own, generation)
}

func (s serving) Apply(u gateway.Update, generation int64) []gatewright.Rejection {
	return s.gateway.Apply(u, generation)
}

func (s serving) TakeUsage(limit int) []gatewright.Usage { return s.gateway.TakeUsage(limit) }
