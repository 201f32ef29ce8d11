package discover

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/gatewright/gatewright"
)

// MaxAddresses bounds the addresses of one service. Of more, the first in
// numerical order are used.
const MaxAddresses = 256

// Address is one place where a service runs.
type Address struct {
	netip.AddrPort
	Weight int // share of requests relative to the others, 1 to [gatewright.MaxWeight]
}

// Phase says how far a service's addresses can be trusted.
type Phase string

// The phases of a service.
const (
	PhasePending Phase = "pending" // the first answer is awaited; addresses are those known from before
	PhaseOK      Phase = "ok"      // the last lookup succeeded
	PhaseStale   Phase = "stale"   // lookups fail, the last good answer is still used
	PhaseFailed  Phase = "failed"  // lookups fail, and there is no answer or it is too old
)

// Snapshot is what is known of a service. It is immutable.
type Snapshot struct {
	Addresses []Address // in numerical order, each once; none when failed
	Phase     Phase
	Since     time.Time // when the phase began
	Reason    string    // why lookups fail
	Dropped   int       // addresses beyond [MaxAddresses]
}

func (s *Snapshot) equal(o *Snapshot) bool {
	return s.Phase == o.Phase && s.Since.Equal(o.Since) && s.Reason == o.Reason && s.Dropped == o.Dropped &&
		slices.Equal(s.Addresses, o.Addresses)
}

// Discoverer follows one service. Run calls emit, from one goroutine, with the
// first result, which is never pending, and after each change. It returns when
// ctx is done, or earlier when nothing can change any more, and calls emit no
// more afterwards.
type Discoverer interface {
	Run(ctx context.Context, emit func(Snapshot))
}

// fixed is a service with a known address.
type fixed struct {
	address Address
	since   time.Time
}

func fixedAt(svc service, since time.Time) fixed {
	at := netip.AddrPortFrom(svc.addr, svc.port)
	return fixed{Address{at, gatewright.DefaultWeight}, since}
}

// Run implements [Discoverer].
func (f fixed) Run(_ context.Context, emit func(Snapshot)) {
	emit(Snapshot{Addresses: []Address{f.address}, Phase: PhaseOK, Since: f.since})
}
