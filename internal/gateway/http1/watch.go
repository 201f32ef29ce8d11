package http1

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// The states of a watcher.
const (
	watchOff     = iota // the connection's goroutine reads, or will
	watchDue            // nobody reads; watching may begin
	watchReading        // the watcher reads
)

// watcher notices a client that goes away while it waits for its response.
//
// To read in the background for every request would double the work of most.
// So a timer, which stays armed over many requests, looks only now and then
// whether the current one has been waiting for long, and begins to read only
// if it has. What the watcher reads is the start of the next request and is
// not lost.
type watcher struct {
	conn  *conn
	delay time.Duration
	state atomic.Int32
	since atomic.Int64 // nanoseconds after epoch at which watching became due
	epoch time.Time

	armed  atomic.Bool
	mu     sync.Mutex // orders arm and stop, and who sets the read deadline
	timer  *time.Timer
	ending bool           // end waits for the watcher
	ended  bool           // stop was called
	ticks  sync.WaitGroup // timers armed, and their goroutines

	read chan int // result of reading: bytes in buf
	buf  [1]byte
}

func (t *watcher) init(c *conn, delay time.Duration) {
	t.conn, t.delay = c, delay
	t.epoch = time.Now()
	t.read = make(chan int, 1)
}

// begin is called when the connection's goroutine will not read for a while.
func (t *watcher) begin(now time.Time) {
	t.since.Store(int64(now.Sub(t.epoch)))
	t.state.Store(watchDue)
	if !t.armed.Load() {
		t.arm(t.delay)
	}
}

// end is called before the connection's goroutine reads again. It returns
// what the watcher has read: nothing or one byte.
func (t *watcher) end() []byte {
	if t.state.Load() == watchOff || t.state.CompareAndSwap(watchDue, watchOff) {
		return nil
	}
	t.mu.Lock()
	t.ending = true
	t.conn.rdl.at(aLongTimeAgo)
	t.mu.Unlock()
	n := <-t.read
	t.ending = false
	t.state.Store(watchOff)
	return t.buf[:n]
}

// stop ends the watcher for good. state must be off.
func (t *watcher) stop() {
	t.mu.Lock()
	t.ended = true
	if t.timer != nil && t.timer.Stop() {
		t.ticks.Done()
	}
	t.mu.Unlock()
	t.ticks.Wait()
}

func (t *watcher) arm(delay time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended || t.armed.Swap(true) {
		return
	}
	t.ticks.Add(1)
	if t.timer == nil {
		t.timer = time.AfterFunc(delay, t.tick)
		return
	}
	t.timer.Reset(delay)
}

// tick runs in a goroutine of its own each time the timer fires.
func (t *watcher) tick() {
	defer t.ticks.Done()
	// armed goes down first: whoever begins from now on arms again, and who
	// began before is seen below.
	t.armed.Store(false)
	if t.state.Load() != watchDue {
		return
	}
	waited := time.Since(t.epoch) - time.Duration(t.since.Load())
	if waited < t.delay {
		t.arm(t.delay - waited)
		return
	}
	if !t.state.CompareAndSwap(watchDue, watchReading) {
		return
	}
	t.mu.Lock()
	if !t.ending {
		_ = t.conn.nc.SetReadDeadline(time.Time{})
	}
	t.mu.Unlock()
	n, err := t.conn.nc.Read(t.buf[:])
	if err != nil && !isTimeout(err) {
		t.conn.cancel.cancel(exchange.ClientGone)
	}
	t.read <- n
}
