package role

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/gatewright/gatewright"
)

// Address is an address to listen on and how a user sets it.
type Address struct {
	Listen string // host:port
	What   string // "the control plane", for messages
	Flag   string // "--listen"
}

// listen opens the address.
func (a Address) listen(ctx context.Context) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", a.Listen)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, gatewright.Errorf(gatewright.Conflict,
			"%s cannot listen on %s: the port is in use; stop what uses it, or choose another one with %s", a.What, a.Listen, a.Flag)
	case errors.Is(err, syscall.EACCES):
		return nil, gatewright.Errorf(gatewright.Forbidden,
			"%s cannot listen on %s: only a privileged user may take this port; choose another one with %s", a.What, a.Listen, a.Flag)
	}
	return nil, fmt.Errorf("%s cannot listen on %s (%s): %w", a.What, a.Listen, a.Flag, err)
}

// listenAll opens all addresses or none.
func listenAll(ctx context.Context, addresses []Address) ([]net.Listener, error) {
	var open []net.Listener
	for _, a := range addresses {
		l, err := a.listen(ctx)
		if err != nil {
			closeAll(open)
			return nil, err
		}
		open = append(open, l)
	}
	return open, nil
}

// closeAll closes listeners that serve nothing any more; there is nothing to
// do about one that will not close.
func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close()
	}
}
