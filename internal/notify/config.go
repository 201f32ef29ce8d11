package notify

import (
	"context"
	"crypto/x509"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify/wording"
)

// Bounds of sending.
const (
	MaxParallel   = 8                // messages on their way at a time, each to another receiver
	MaxAttempts   = 12               // of one delivery
	MinBackoff    = 5 * time.Second  // after the first attempt
	MaxBackoff    = time.Hour        // between two attempts, whatever the receiver asks for
	SendTimeout   = 20 * time.Second // of one attempt, all of it
	Lease         = 2 * time.Minute  // after which another replica takes a delivery over
	PollInterval  = 2 * time.Second  // between two looks into the outbox
	ShutdownGrace = 5 * time.Second  // for messages on their way when Run is to end
	StoreTimeout  = 5 * time.Second  // of one call to the outbox

	maxResponse = 64 << 10 // bytes read of a receiver's answer
)

// Secrets gives the values that references stand for.
type Secrets interface {
	// Secret returns the value of a reference. Its errors must not contain one.
	Secret(ctx context.Context, reference string) (string, error)
}

// Templates holds an organisation's own templates.
type Templates interface {
	// Template returns the template of an event in a language, nil when there
	// is none.
	Template(ctx context.Context, event gatewright.NotificationEvent, language string) (*wording.Template, error)
}

// Config holds what an installation may set. The zero value sends to public
// and private addresses, but not to this machine and not by e-mail.
type Config struct {
	Secrets   Secrets   // nil means that there are none
	Templates Templates // nil means the built-in ones
	Mail      Mail

	AllowLoopback bool           // receivers on this machine
	DenyPrivate   bool           // no receivers in private networks
	Allow         []netip.Prefix // addresses exempt from all refusals
	RootCAs       *x509.CertPool // for TLS; nil means the system's

	Version string           // of this build, for receivers
	Log     *slog.Logger     // nil means nowhere
	Clock   func() time.Time // nil means time.Now
	Rand    *rand.Rand       // spreads attempts; nil means one seeded by the system
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return c
}
