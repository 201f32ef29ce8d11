package fleet

import (
	"context"
	"log/slog"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// Defaults of [Config], and bounds that are not configurable.
const (
	DefaultPing         = 5 * time.Second
	DefaultHeartbeat    = 5 * time.Second
	DefaultWriteTimeout = 15 * time.Second
	DefaultMaxStreams   = control.MaxInstances

	// connectedWithin is how recently an instance with an open stream must
	// have been heard to count as connected. A machine that lost its power
	// leaves a stream behind that looks open for longer.
	connectedWithin = 15 * time.Second

	readTimeout   = 10 * time.Second // of one read from the control plane
	bodyTimeout   = 30 * time.Second // to receive the body of a request
	blobTimeout   = 60 * time.Second // to send a blob
	maxBlobReads  = 32               // blobs in memory at a time
	maxAnswers    = 16               // answers of gateways in memory at a time
	maxDeltaMemo  = 64               // deltas from different generations kept encoded per view
	writeChunk    = 64 << 10         // bytes that must get through within the write timeout
	forgetAfter   = time.Hour        // presence of an instance that is not heard
	maxEventBatch = control.MaxEventBacklog
)

// Config holds what an installation may set. Zero members have the defaults
// above.
type Config struct {
	Ping         time.Duration // the longest an open stream is silent, and how often tokens are looked at again
	Heartbeat    time.Duration // how often gateways are asked to report
	WriteTimeout time.Duration // for 64 KiB of a stream; a gateway that does not take them is cut off
	MaxStreams   int           // open streams of one group
	Version      string        // of this build, for messages
	Log          *slog.Logger  // nil means nowhere
	Clock        func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Ping == 0 {
		c.Ping = DefaultPing
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = DefaultHeartbeat
	}
	if c.WriteTimeout == 0 {
		c.WriteTimeout = DefaultWriteTimeout
	}
	if c.MaxStreams == 0 {
		c.MaxStreams = DefaultMaxStreams
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

// Control is what the fleet needs of the control plane; [control.Control] is
// one.
type Control interface {
	Authenticate(ctx context.Context, kind gatewright.TokenKind, secret string) (*gatewright.Token, error)
	Group(ctx context.Context, name string) (*gatewright.Group, error)
	Instances(ctx context.Context, group string) ([]*control.InstanceInfo, error)
	Join(ctx context.Context, group gatewright.GroupID, j control.Join) (*control.Joined, error)
	Report(ctx context.Context, group gatewright.GroupID, r control.Report) error
	Wanted(ctx context.Context, group gatewright.GroupID) (*control.Wanted, error)
	Manifest(ctx context.Context, group gatewright.GroupID) (*gatewright.Manifest, error)
	DeltaSince(ctx context.Context, group gatewright.GroupID, generation int64) (gatewright.Delta, int64, bool, error)
	Answered(ctx context.Context, group gatewright.GroupID, a control.InstanceAnswer) error
	InstanceSecret(ctx context.Context, group gatewright.GroupID, instance gatewright.InstanceID, session string, id gatewright.SecretID) ([]byte, error)
	Blob(ctx context.Context, group gatewright.GroupID, hash gatewright.Hash) ([]byte, error)
	Subscribe() *control.Subscription
}
