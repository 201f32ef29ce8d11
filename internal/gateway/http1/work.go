package http1

import (
	"sync"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// Sizes of buffers. A message with a head that exceeds its buffer gets a
// bigger one of its own, up to the limit.
const (
	requestBuffer  = 8 << 10
	responseBuffer = 16 << 10
	outBuffer      = 8 << 10
	bodyBuffer     = 32 << 10

	// maxKept is the largest buffer that goes back to the pool.
	maxKept = 64 << 10
)

// work is what a connection needs while a request is under way, and only
// then.
type work struct {
	ex       exchange.Exchange
	request  requestHead
	response responseHead
	body     requestBody
	stream   stream // used while a service answers

	in  []byte // what was read of the client; in[:r] belongs to the current exchange
	r   int    // start of the unread bytes of in
	up  []byte // what was read of the upstream
	out []byte // a head, and what goes out together with it
	id  [32]byte

	// requestID is what both sides are told. The exchange's is the same, but
	// a handler might change it halfway.
	requestID string
}

var workPool = sync.Pool{New: func() any {
	return &work{
		in:  make([]byte, 0, requestBuffer),
		up:  make([]byte, responseBuffer),
		out: make([]byte, 0, outBuffer),
	}
}}

func getWork() *work { return workPool.Get().(*work) }

// release gives w back. Nothing may refer to its buffers any more.
func (w *work) release() {
	if cap(w.in) > maxKept || len(w.up) > maxKept || cap(w.out) > maxKept {
		return
	}
	w.in, w.r = w.in[:0], 0
	workPool.Put(w)
}

// next makes w ready for another exchange, which begins with the bytes of in
// that the last one left.
func (w *work) next() {
	n := copy(w.in[:cap(w.in)], w.in[w.r:])
	w.in, w.r = w.in[:n], 0
	w.ex.Reset()
}

var bodyPool = sync.Pool{New: func() any { return new([bodyBuffer]byte) }}
