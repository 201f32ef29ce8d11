package http1

import (
	"context"
	"sync"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// canceller ends the upstream's or the service's part of an exchange from
// outside: because the client has gone, or because the server's time is up.
type canceller struct {
	mu     sync.Mutex
	why    exchange.Failure // set once cancelled
	up     *upConn          // in use by the exchange
	dialer func()           // cancels the connecting under way

	service context.CancelCauseFunc // cancels the service that answers
}

// cancel ends what is under way and all that would begin later.
func (x *canceller) cancel(why exchange.Failure) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.why == exchange.None {
		x.why = why
	}
	if x.up != nil {
		x.up.close()
	}
	if x.dialer != nil {
		x.dialer()
	}
	if x.service != nil {
		x.service(x.why)
	}
}

// interrupt closes the connection that the exchange uses, which wakes up
// whoever waits for it.
func (x *canceller) interrupt() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.up != nil {
		x.up.close()
	}
}

// use names the connection that the exchange uses from now on, nil for none.
// It reports false, and has closed u, when the exchange was cancelled.
func (x *canceller) use(u *upConn) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.up = u
	if x.why == exchange.None {
		return true
	}
	if u != nil {
		u.close()
	}
	return false
}

// dialing names the function that cancels the connecting under way, nil for
// none. The function is called at once when the exchange was cancelled.
func (x *canceller) dialing(cancel func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.dialer = cancel
	if x.why != exchange.None && cancel != nil {
		cancel()
	}
}

// serving names the function that cancels the service that answers, nil for
// none. The function is called at once when the exchange was cancelled.
func (x *canceller) serving(cancel context.CancelCauseFunc) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.service = cancel
	if x.why != exchange.None && cancel != nil {
		cancel(x.why)
	}
}

// cause returns why the exchange was cancelled, None if it was not.
func (x *canceller) cause() exchange.Failure {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.why
}
