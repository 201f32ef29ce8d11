package sqlsource

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// pooled is one connection of a pool.
type pooled struct {
	session session
	born    time.Time // opened
	idle    time.Time // given back
	used    bool      // before: the database may have closed it since
}

// grant is what a waiting caller gets: a connection, or the right to open one
// (conn is nil), or the news that the pool is closed.
type grant struct {
	conn *pooled
	err  error
}

// pool shares connections out: first come, first served, with a bounded queue.
// Whoever waits is served before whoever comes later, even if that one comes at
// the very moment a connection gets free.
type pool struct {
	limits limits
	open   func(context.Context) (session, error)
	now    func() time.Time

	mu      sync.Mutex
	closed  bool
	count   int           // connections that are open or being opened
	idle    []*pooled     // the one given back last is at the end
	waiting []chan grant  // the one who came first is at the beginning; each has room for its grant
	changed chan struct{} // told when there is something for the sweeper; holds one
}

// acquire returns a connection. The caller gives it back with release.
func (p *pool) acquire(ctx context.Context) (*pooled, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, fail(Closed, "")
	}
	if conn := p.takeIdle(); conn != nil {
		p.mu.Unlock()
		return conn, nil
	}
	if p.count < p.limits.Connections {
		p.count++
		p.mu.Unlock()
		return p.connect(ctx)
	}
	if len(p.waiting) >= p.limits.Queue {
		p.mu.Unlock()
		return nil, fail(Busy, "%d callers wait already, no more are let in", p.limits.Queue)
	}
	mine := make(chan grant, 1)
	p.waiting = append(p.waiting, mine)
	p.mu.Unlock()
	return p.wait(ctx, mine)
}

func (p *pool) wait(ctx context.Context, mine chan grant) (*pooled, error) {
	timer := time.NewTimer(p.limits.WaitTimeout)
	defer timer.Stop()
	var err error
	select {
	case got := <-mine:
		return p.accept(ctx, got)
	case <-ctx.Done():
		err = ended(ctx)
	case <-timer.C:
		err = fail(Busy, "no connection got free in %s", p.limits.WaitTimeout)
	}
	p.mu.Lock()
	at := slices.Index(p.waiting, mine)
	if at >= 0 {
		p.waiting = slices.Delete(p.waiting, at, at+1)
	}
	p.mu.Unlock()
	if at < 0 { // granted at the same moment: it is another's now
		if got := <-mine; got.err == nil {
			p.pass(got.conn)
		}
	}
	return nil, err
}

func (p *pool) accept(ctx context.Context, got grant) (*pooled, error) {
	if got.err != nil || got.conn != nil {
		return got.conn, got.err
	}
	return p.connect(ctx)
}

// connect opens a connection that was counted already.
func (p *pool) connect(ctx context.Context) (*pooled, error) {
	limited, cancel := context.WithTimeoutCause(ctx, p.limits.ConnectTimeout, errConnectTimeout)
	defer cancel()
	s, err := p.open(limited)
	if err != nil {
		p.pass(nil)
		if ctx.Err() != nil {
			return nil, ended(ctx)
		}
		return nil, err
	}
	return &pooled{session: s, born: p.now()}, nil
}

var errConnectTimeout = errors.New("it took too long to connect")

// release takes a connection back. One that is not sound is closed.
func (p *pool) release(conn *pooled, sound bool) {
	now := p.now()
	if !sound || p.expired(conn, now) {
		conn.session.close()
		p.pass(nil)
		return
	}
	conn.used, conn.idle = true, now
	p.pass(conn)
}

// pass gives a connection, or with nil the right to open one, to whoever has
// waited longest.
func (p *pool) pass(conn *pooled) {
	p.mu.Lock()
	if len(p.waiting) > 0 {
		first := p.waiting[0]
		p.waiting = slices.Delete(p.waiting, 0, 1)
		first <- grant{conn: conn}
		p.mu.Unlock()
		return
	}
	if conn != nil && !p.closed && len(p.idle) < p.limits.Idle {
		p.idle = append(p.idle, conn)
		p.mu.Unlock()
		p.tell()
		return
	}
	p.count--
	p.mu.Unlock()
	if conn != nil {
		conn.session.close()
	}
	p.tell()
}

func (p *pool) tell() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// takeIdle returns the connection that was used last: the others grow old and
// are closed when there is less to do.
func (p *pool) takeIdle() *pooled {
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	conn := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return conn
}

func (p *pool) expired(conn *pooled, now time.Time) bool {
	return now.Sub(conn.born) >= p.limits.Lifetime
}

// sweep closes what is idle for too long or too old until the pool is closed
// and every connection is back.
func (p *pool) sweep() {
	for {
		stale, next, done := p.stale()
		for _, conn := range stale {
			conn.session.close()
		}
		if done {
			return
		}
		if next == 0 {
			<-p.changed
			continue
		}
		timer := time.NewTimer(next)
		select {
		case <-p.changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// stale takes out what has to be closed, and says when to look again: 0 is
// when something changes.
func (p *pool) stale() (stale []*pooled, next time.Duration, done bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.idle = slices.DeleteFunc(p.idle, func(conn *pooled) bool {
		left := min(p.limits.IdleTime-now.Sub(conn.idle), p.limits.Lifetime-now.Sub(conn.born))
		if p.closed || left <= 0 {
			stale = append(stale, conn)
			return true
		}
		if next == 0 || left < next {
			next = left
		}
		return false
	})
	p.count -= len(stale)
	return stale, next, p.closed && p.count == 0
}

// flush closes what is idle: the database was away, so they are all dead.
func (p *pool) flush() {
	p.mu.Lock()
	dead := p.idle
	p.idle = nil
	p.count -= len(dead)
	p.mu.Unlock()
	for _, conn := range dead {
		conn.session.close()
	}
}

// close lets nobody in any more. Who waits is told so.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	waiting := p.waiting
	p.waiting = nil
	p.mu.Unlock()
	for _, w := range waiting {
		w <- grant{err: fail(Closed, "")}
	}
	p.tell()
}

// Stats are the numbers of a source's pool at one moment.
type Stats struct {
	Open    int // connections, busy, idle and being opened
	Idle    int
	Waiting int // callers
}

func (p *pool) stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Stats{Open: p.count, Idle: len(p.idle), Waiting: len(p.waiting)}
}
