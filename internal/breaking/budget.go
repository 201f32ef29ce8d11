package breaking

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Defaults of the budget.
const (
	DefaultTime     = 15 * time.Second
	DefaultMemory   = 512 << 20 // bytes
	DefaultFindings = 5000
)

// clockEvery is the number of steps between two looks at the clock.
const clockEvery = 256

// What things are taken to weigh in memory, in bytes: themselves, the maps and
// slices that hold them, and as much again for what waits to be collected as
// garbage. The sum is an estimate, and shall err on the large side.
const (
	pointerBytes = 32
	nodeBytes    = 200
	memberBytes  = 80
	schemaBytes  = 1000
	fieldBytes   = 600
	siteBytes    = 300
	edgeBytes    = 64
	findingBytes = 600
)

var errTime = errors.New("the time is up")

// budget counts what a comparison uses. Once it is exceeded it stays so.
type budget struct {
	ctx    context.Context
	cancel context.CancelFunc
	limits Options
	memory int64
	steps  int
	ended  string // by which limit, in words
}

func newBudget(ctx context.Context, limits Options) *budget {
	ctx, cancel := context.WithTimeoutCause(ctx, limits.Time, errTime)
	return &budget{ctx: ctx, cancel: cancel, limits: limits}
}

// close frees the timer.
func (b *budget) close() { b.cancel() }

// step counts one piece of work and reports whether the next may be done.
func (b *budget) step() bool {
	if b.ended != "" {
		return false
	}
	if b.steps++; b.steps%clockEvery == 0 {
		b.look()
	}
	return b.ended == ""
}

// look ends the work when the context has ended.
func (b *budget) look() {
	if b.ended == "" && b.ctx.Err() != nil {
		b.ended = fmt.Sprintf("time, %s", b.limits.Time)
	}
}

// charge counts memory that is taken for good.
func (b *budget) charge(bytes int) {
	b.memory += int64(bytes)
	if b.memory > b.limits.Memory && b.ended == "" {
		b.ended = fmt.Sprintf("memory, %d MB", b.limits.Memory>>20)
	}
}

// found counts findings.
func (b *budget) found(n int) {
	if n > b.limits.Findings && b.ended == "" {
		b.ended = fmt.Sprintf("findings, %d", b.limits.Findings)
	}
}

// cancelled returns the error of a caller that gave up, nil when only the
// budget's own time is over.
func (b *budget) cancelled() error {
	if b.ctx.Err() != nil && !errors.Is(context.Cause(b.ctx), errTime) {
		return b.ctx.Err()
	}
	return nil
}
