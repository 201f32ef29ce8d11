package gateway

import (
	"sync/atomic"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// stripes is how many cache lines a busy counter is spread over. Requests of
// one connection use one of them, so that processors seldom fight for it.
const stripes = 8

// stripeOf chooses the stripe of an exchange.
func stripeOf(ex *exchange.Exchange) uint32 { return uint32(ex.RemoteAddr.Port()) % stripes }

// holds counts the requests that hold on to something, and tells when the last
// of them has let go after it was retired.
type holds struct {
	cells   [stripes]holdCell
	retired atomic.Bool
	ended   atomic.Bool
	end     func() // called once; set before retired
}

type holdCell struct {
	n atomic.Int64
	_ [56]byte
}

// acquire holds on, or returns false when it is too late for that.
func (h *holds) acquire(stripe uint32) bool {
	h.cells[stripe].n.Add(1)
	if h.retired.Load() {
		h.release(stripe)
		return false
	}
	return true
}

// release lets go of what acquire got with the same stripe.
func (h *holds) release(stripe uint32) {
	h.cells[stripe].n.Add(-1)
	if h.retired.Load() {
		h.check()
	}
}

// retire lets nobody acquire any more and calls end, once, as soon as nobody
// holds on. It must be called once only.
func (h *holds) retire(end func()) {
	h.end = end
	h.retired.Store(true)
	h.check()
}

// check is called after every step that may have been the last. After retired
// is set, a cell can only be positive because of a request that holds on or of
// one that will find out it is too late and check again. So whoever takes the
// last step sees zero everywhere.
func (h *holds) check() {
	if h.count() == 0 && h.ended.CompareAndSwap(false, true) {
		h.end()
	}
}

func (h *holds) count() int64 {
	var n int64
	for i := range h.cells {
		n += h.cells[i].n.Load()
	}
	return n
}

// counters count the requests of one revision of an API by the class of their
// status. They outlive changes of the runtime configuration.
type counters struct{ cells [stripes]counterCell }

type counterCell struct {
	class  [6]atomic.Uint64 // by status/100; 0 for requests without an answer
	failed atomic.Uint64    // went wrong on the way, whatever their status
	_      [8]byte
}

func (c *counters) add(stripe uint32, status int, failed bool) {
	class := status / 100
	if class < 1 || class > 5 {
		class = 0
	}
	c.cells[stripe].class[class].Add(1)
	if failed {
		c.cells[stripe].failed.Add(1)
	}
}

// Requests are counts of requests since the revision came to this gateway.
type Requests struct {
	Total    uint64    `json:"total"`
	ByClass  [6]uint64 `json:"byClass"` // by status/100; at 0 those without an answer
	Failed   uint64    `json:"failed"`  // went wrong on the way: upstream or client broke off, timed out …
	InFlight int64     `json:"inFlight"`
}

func (c *counters) sum() Requests {
	var r Requests
	for i := range c.cells {
		cell := &c.cells[i]
		for j := range cell.class {
			n := cell.class[j].Load()
			r.ByClass[j] += n
			r.Total += n
		}
		r.Failed += cell.failed.Load()
	}
	return r
}
