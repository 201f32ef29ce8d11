package cli

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

// How a status is followed.
const (
	watchEvery = 5 * time.Second // besides events: silence makes no event, yet changes the status
	watchRetry = time.Second     // while the control plane is away
)

// watchStatus shows the status again whenever it has changed, until ctx ends.
// A control plane that goes away is waited for.
func (a *app) watchStatus(ctx context.Context, c *client.Client, f client.DeploymentFilter) error {
	var shown []byte
	for {
		err := a.watchStream(ctx, c, f, &shown)
		switch {
		case ended(ctx):
			return nil // Ctrl-C is how a watch ends
		case gatewright.CodeOf(err) != gatewright.Unavailable:
			return err
		case shown == nil:
			return err // it was not there to begin with
		}
		a.sayf("%s; trying again\n", term.CleanLines(err.Error()))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(watchRetry):
		}
	}
}

func ended(ctx context.Context) bool { return ctx.Err() != nil }

// watchStream follows one event stream until it ends. shown is what is on
// the screen.
func (a *app) watchStream(ctx context.Context, c *client.Client, f client.DeploymentFilter, shown *[]byte) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stream, err := c.Events(ctx, client.EventFilter(f))
	if err != nil {
		return err
	}
	wake := make(chan struct{}, 1)
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			if _, err := stream.Next(); err != nil {
				cancel(err)
				return
			}
			select {
			case wake <- struct{}{}:
			default: // many events, one reading
			}
		}
	})
	defer reader.Wait()
	defer stream.Close() // ends the reader

	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		if err := a.redraw(ctx, c, f, shown); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-wake:
		case <-tick.C:
		}
	}
}

// redraw reads the status and shows it if it is not what shown holds.
func (a *app) redraw(ctx context.Context, c *client.Client, f client.DeploymentFilter, shown *[]byte) error {
	r, err := readRunning(ctx, c, f)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if a.format == formatTable {
		s := a.stdout.Over(&b)
		if err := writeStatus(s, r, f.API != ""); err != nil {
			return err
		}
	} else {
		text, err := marshal(a.format, r)
		if err != nil {
			return err
		}
		if a.format == formatYAML && *shown != nil {
			b.WriteString("---\n")
		}
		b.Write(text)
	}
	if bytes.Equal(b.Bytes(), *shown) {
		return nil
	}
	first := *shown == nil
	*shown = bytes.Clone(b.Bytes())
	if a.format == formatTable {
		if a.stdout.Terminal() {
			if err := a.stdout.Clear(); err != nil {
				return fmt.Errorf("write the result: %w", err)
			}
			fmt.Fprintf(&b, "\n%s; Ctrl-C ends\n", timeText(a.env.Now()))
		} else if !first {
			b = *bytes.NewBufferString("\n" + b.String())
		}
	}
	return a.resultf("%s", b.Bytes())
}
