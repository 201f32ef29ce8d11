package control

import (
	"context"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/breaking"
)

const (
	// maxVerdicts bounds the reports that are kept for the same pair to come.
	maxVerdicts = 256
	// maxComparisons bounds the comparisons that run at once: each may take
	// breaking.DefaultMemory.
	maxComparisons = 2
)

// comparison is a pair of definitions the gate looks at.
type comparison struct {
	old, new *gatewright.Definition
	scheme   gatewright.VersionScheme
	day      time.Time // sunsets are judged by it
}

func (p comparison) key() string {
	return string(p.old.ContentHash()) + string(p.new.ContentHash()) + string(p.scheme) + p.day.Format(time.DateOnly)
}

// gate compares definitions and remembers what came of it: documents of some
// megabytes take seconds, and a change is planned more than once.
type gate struct {
	mu      sync.Mutex
	reports map[string]*breaking.Report
	order   []string // keys, the oldest first
	running chan struct{}
}

func newGate() *gate {
	return &gate{reports: map[string]*breaking.Report{}, running: make(chan struct{}, maxComparisons)}
}

// compare returns the report on a pair.
func (g *gate) compare(ctx context.Context, p comparison) (*breaking.Report, error) {
	key := p.key()
	if r := g.known(key); r != nil {
		return r, nil
	}
	select {
	case g.running <- struct{}{}:
		defer func() { <-g.running }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if r := g.known(key); r != nil { // somebody was quicker
		return r, nil
	}
	document := func(d *gatewright.Definition) breaking.Document {
		return breaking.Document{Name: d.Document.Name, Text: d.Document.Text}
	}
	r, err := breaking.Compare(ctx, document(p.old), document(p.new), breaking.Options{Scheme: p.scheme, Now: p.day})
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.reports[key] == nil {
		g.order = append(g.order, key)
	}
	g.reports[key] = r
	if len(g.order) > maxVerdicts {
		delete(g.reports, g.order[0])
		g.order = g.order[1:]
	}
	return r, nil
}

func (g *gate) known(key string) *breaking.Report {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reports[key]
}

// lookAhead compares what the order will have compared, before a transaction
// of the store waits for it.
func (c *Control) lookAhead(ctx context.Context, o order) error {
	if o.change().Kind.Overtakes() {
		return nil
	}
	var pairs []comparison
	err := c.store.View(ctx, func(tx Tx) (err error) {
		// What is wrong with the order is said when it is planned, and to
		// whom it concerns: one that was made before must not be refused here.
		if r, refused := o.resolve(tx); refused == nil {
			pairs, err = r.draft().comparisons()
		}
		return err
	})
	for _, p := range pairs {
		if err != nil {
			break
		}
		if _, cmp := c.gate.compare(ctx, p); ctx.Err() != nil {
			err = cmp
		}
	}
	return err
}

// comparisons returns what the gate looks at for all items.
func (d *draft) comparisons() ([]comparison, error) {
	var pairs []comparison
	for i := range d.items {
		_, p, err := d.compared(&d.items[i])
		if err != nil {
			return nil, err
		}
		if p != nil {
			pairs = append(pairs, *p)
		}
	}
	return pairs, nil
}
