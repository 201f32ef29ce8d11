package link

import (
	"github.com/gatewright/gatewright"
)

// Paths of the link. BlobPath is followed by a hash, SecretPath by the
// identifier of a secret.
const (
	Prefix     = "/link/v1/"
	JoinPath   = Prefix + "join"
	StreamPath = Prefix + "stream"
	ReportPath = Prefix + "report"
	BlobPath   = Prefix + "blobs/"
	AnswerPath = Prefix + "answers"
	SecretPath = Prefix + "secrets/"
)

// Query parameters of [StreamPath]; the first one is of requests below
// [SecretPath] too.
const (
	QueryInstance = "instance"
	// QueryGeneration is what the gateway runs. Without it the whole manifest
	// is sent.
	QueryGeneration = "generation"
)

// Limits of requests, in bytes of their bodies.
const (
	MaxJoinBytes   = 64 << 10
	MaxJoinedBytes = 8 << 20 // of the answer; room for [gatewright.MaxInstancePins] pins
	MaxReportBytes = 8 << 20
	MaxErrorBytes  = 64 << 10  // of an error's answer
	MaxAnswerBytes = 8 << 20   // room for gatewright.MaxAnswerBytes, sealed and encoded
	MaxSealedBytes = 128 << 10 // of a sealed secret
	MaxTokenBytes  = 4 << 10   // of the token in a request
)

// Limits of what a report tells. More is left out, and longer text is cut. Of
// rejections that are left out the number is told.
const (
	MaxRejections = 1000
	MaxWarnings   = 20
	MaxTextBytes  = 2000 // of a reason or warning
	MaxPrepared   = 16   // answers to prepares
	MaxUsage      = 2000 // counts of one batch
)

// Formats is a range of resource formats, both ends included.
type Formats struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// JoinRequest is what a gateway says of itself when its process begins.
type JoinRequest struct {
	Instance   gatewright.InstanceID `json:"instance,omitempty"`   // "" for a new one
	SessionKey string                `json:"sessionKey,omitempty"` // given at its last join
	Group      string                `json:"group,omitempty"`      // name or ID it means to join; refused when the token is of another
	Name       string                `json:"name"`
	Address    string                `json:"address"`            // where it listens for traffic
	Version    string                `json:"version"`            // of its binary
	ConfigID   string                `json:"configId,omitempty"` // it is to be pinned to; "" follows the group
	Formats    Formats               `json:"formats"`            // resource formats it reads
	Generation int64                 `json:"generation"`
	Digest     gatewright.Digest     `json:"digest,omitempty"`     // of what it runs; "" while that is nothing
	Rejections int                   `json:"rejections,omitempty"` // how much of that it could not apply

	Answers   []gatewright.QuestionKind `json:"answers,omitempty"`   // what it can be asked
	PublicKey []byte                    `json:"publicKey,omitempty"` // what is for it alone is sealed to it; see package secret
}

// JoinResponse admits a gateway. It keeps instance and session key for its
// next join.
type JoinResponse struct {
	Instance   gatewright.InstanceID `json:"instance"`
	SessionKey string                `json:"sessionKey"`
	Group      gatewright.GroupID    `json:"group"`
	GroupName  string                `json:"groupName"`
	Heartbeat  gatewright.Duration   `json:"heartbeat"` // how often to report when nothing happens
	Ping       gatewright.Duration   `json:"ping"`      // the longest a healthy stream is silent
	Version    string                `json:"version"`   // of the control plane's binary
	// ConfigID is the one of the request. A control plane that does not know
	// pins leaves it out.
	ConfigID string           `json:"configId,omitempty"`
	Pins     []gatewright.Pin `json:"pins,omitempty"` // what it pins
}

// Report is what a gateway says when something happened to it, and every
// heartbeat.
type Report struct {
	Instance   gatewright.InstanceID  `json:"instance"`
	SessionKey string                 `json:"sessionKey"`
	Sequence   int64                  `json:"sequence"`         // one more than in the report before it; those that are overtaken on the way count no more
	Generation int64                  `json:"generation"`       // of the manifest it runs
	Digest     gatewright.Digest      `json:"digest,omitempty"` // of that manifest, with what of it was rejected
	Rejections []gatewright.Rejection `json:"rejections,omitempty"`
	Unlisted   int                    `json:"unlistedRejections,omitempty"` // how many more there are
	Prepared   []Prepared             `json:"prepared,omitempty"`
	Warnings   []string               `json:"warnings,omitempty"`
	Leaving    bool                   `json:"leaving,omitempty"`
	Usage      *UsageBatch            `json:"usage,omitempty"`
}

// UsageBatch is what was called at a gateway since its batch before. A gateway
// sends the same batch again until a report with it was accepted; whoever
// receives a number it has counted already does not count it again.
type UsageBatch struct {
	Batch  int64              `json:"batch"`  // grows, over restarts too
	Counts []gatewright.Usage `json:"counts"` // at most MaxUsage; the group is not read
}

// Prepared is a gateway's answer to a prepare. It counts as long as the group
// is where the change was built on.
type Prepared struct {
	Change     gatewright.ChangeID    `json:"change"`
	Generation int64                  `json:"generation"` // it was built on
	Digest     gatewright.Digest      `json:"digest,omitempty"`
	Rejections []gatewright.Rejection `json:"rejections,omitempty"`         // empty when it can run the change
	Unlisted   int                    `json:"unlistedRejections,omitempty"` // how many more there are
}
