package cache

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// flight is an answer in the making.
type flight struct {
	key    Key
	tag    Tag
	cancel context.CancelFunc
	done   chan struct{} // closed when answer and err are there

	answer Answer
	err    error

	// Under the cache's lock:
	waiting int  // callers
	stale   bool // purged: it is not kept
	taken   bool // the rest is somebody's
}

// depart begins to make an answer for one caller. The lock is held.
func (c *Cache) depart(ctx context.Context, key Key, tag Tag, ttl time.Duration, doMake Make) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{key: key, tag: tag, cancel: cancel, done: make(chan struct{}), waiting: 1}
	c.flights[key], c.making[f] = f, struct{}{}
	c.running.Go(func() {
		f.answer, f.err = guarded(ctx, doMake)
		c.land(f, ttl)
	})
	return f
}

// guarded makes the answer. A panic would end the process here and not one
// call, so it becomes an error.
func guarded(ctx context.Context, doMake Make) (a Answer, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("making an answer panicked: %v\n%s", r, debug.Stack())
		}
	}()
	return doMake(ctx)
}

// land keeps what was made and tells the callers.
func (c *Cache) land(f *flight, ttl time.Duration) {
	c.mu.Lock()
	c.close(f)
	delete(c.making, f)
	large := f.err == nil && f.answer.Rest != nil
	now := c.now()
	switch {
	case large:
		c.stats.Larger++
		c.large.Add(f.key, now.Add(LargeTime))
	case f.err == nil && !f.stale:
		c.keep(f.key, &kept{Entry: f.answer.Entry, tag: f.tag, made: now, expires: now.Add(ttl)})
	}
	abandoned := f.waiting == 0
	close(f.done)
	c.mu.Unlock()
	switch {
	case large && abandoned:
		f.answer.Rest.Close()
		f.cancel()
	case !large:
		f.cancel()
	}
}

// wait returns what was made. The last caller to go away ends the making.
func (c *Cache) wait(ctx context.Context, f *flight) (Found, error) {
	select {
	case <-f.done:
	case <-ctx.Done():
		return Found{}, c.leave(ctx, f)
	}
	if f.err != nil {
		return Found{}, f.err
	}
	if f.answer.Rest == nil {
		return Found{Answer: Answer{Entry: f.answer.Entry}}, nil
	}
	c.mu.Lock()
	mine := !f.taken
	f.taken = true
	f.waiting--
	c.mu.Unlock()
	if !mine {
		return Found{}, ErrAlone
	}
	a := f.answer
	a.Rest = &owned{Rest: a.Rest, cancel: f.cancel, stop: context.AfterFunc(ctx, f.cancel)}
	return Found{Answer: a}, nil
}

// leave counts out a caller that does not wait any longer.
func (c *Cache) leave(ctx context.Context, f *flight) error {
	c.mu.Lock()
	f.waiting--
	last := f.waiting == 0 && !f.taken
	landed := false
	select {
	case <-f.done:
		landed = true
	default:
	}
	if last {
		c.close(f)
	}
	c.mu.Unlock()
	if last {
		f.cancel()
		if landed && f.err == nil && f.answer.Rest != nil {
			f.answer.Rest.Close()
		}
	}
	return context.Cause(ctx)
}

// close lets nobody board any more. The lock is held.
func (c *Cache) close(f *flight) {
	if c.flights[f.key] == f {
		delete(c.flights, f.key)
	}
}

// owned is a rest that is one caller's.
type owned struct {
	Rest
	cancel context.CancelFunc
	stop   func() bool
	once   sync.Once
}

// Close closes the rest and ends its making.
func (o *owned) Close() {
	o.once.Do(func() {
		o.Rest.Close()
		o.stop()
		o.cancel()
	})
}

// Unwrap returns the rest as its maker made it.
func (o *owned) Unwrap() Rest { return o.Rest }
