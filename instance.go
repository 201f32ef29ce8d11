package gatewright

import "time"

// How long an instance may be silent.
const (
	LostAfter    = 30 * time.Second   // then it is lost and no change waits for it
	OfflineAfter = 2 * time.Hour      // then it is offline
	GoneAfter    = 7 * 24 * time.Hour // then it is removed
)

// Instance is one running gateway process, a member of one group.
type Instance struct {
	ID         InstanceID     `json:"id"`
	Group      GroupID        `json:"group"`
	Name       string         `json:"name"`
	Address    string         `json:"address"`            // where it listens for traffic
	Version    string         `json:"version"`            // of its binary
	ConfigID   string         `json:"configId,omitempty"` // it is pinned to, see [Pin]; "" follows its group
	JoinedAt   time.Time      `json:"joinedAt"`
	LastSeen   time.Time      `json:"lastSeen"`                     // receipt of its last report, by the control plane's clock
	LeftAt     time.Time      `json:"leftAt,omitzero"`              // it said goodbye; zero while it runs
	Generation int64          `json:"generation"`                   // of the manifest it runs
	Digest     Digest         `json:"-"`                            // of that manifest; "" while it has none
	Rejections []Rejection    `json:"rejections,omitempty"`         // what it could not apply of that generation
	Unlisted   int            `json:"unlistedRejections,omitempty"` // how many more of these there are
	Warnings   []string       `json:"warnings,omitempty"`           // in its own words: a damaged file, a full disk
	Answers    []QuestionKind `json:"answers,omitempty"`            // the kinds of question it can answer
	PublicKey  []byte         `json:"-"`                            // what is for it alone is sealed to it; nil for one of an older version
	UsageBatch int64          `json:"-"`                            // number of the newest batch of usage it was counted with
	Sequence   int64          `json:"-"`                            // of the newest report of its session that is written down
	SessionKey Hash           `json:"-"`                            // hash of the key its identity must show at the next join
	PriorKey   Hash           `json:"-"`                            // the key before, until the new one was seen once
}

// Rejection is an instance's word on a resource it could not apply. The one
// it ran before stays in place.
type Rejection struct {
	Key    Key    `json:"key"`
	Hash   Hash   `json:"hash"`
	Reason string `json:"reason"`
}

// Health says how an instance is heard.
type Health string

// The healths of an instance.
const (
	Healthy   Health = "healthy"
	OutOfSync Health = "out of sync" // it reports, but runs something else than the group's manifest, or not all of it
	Lost      Health = "lost"
	Offline   Health = "offline"
)

// heard is how far LastSeen is from now. One in the future is of a clock that
// was put back since; the farther off it is, the less it says.
func (i *Instance) heard(now time.Time) time.Duration { return now.Sub(i.LastSeen).Abs() }

// Silence says how long an instance has not been heard at now, given that
// the control plane has listened since listening. Time in which nobody
// listened does not count against it.
func (i *Instance) Silence(now, listening time.Time) time.Duration {
	return min(i.heard(now), max(0, now.Sub(listening)))
}

// Reachable reports whether a change must wait for the instance.
func (i *Instance) Reachable(now, listening time.Time, lostAfter time.Duration) bool {
	return i.LeftAt.IsZero() && i.Silence(now, listening) < lostAfter
}

// At reports whether the manifest the instance runs is the group's present one.
// What it rejected of it is another question.
func (i *Instance) At(g *Group) bool { return i.Generation == g.Generation && i.Digest == g.Digest }

// HealthAt derives the instance's health from what it reported and what its
// group wants. Nothing excuses silence here: after a control
// plane was away, instances are lost until they are heard again.
func (i *Instance) HealthAt(now time.Time, lostAfter time.Duration, g *Group) Health {
	silence := i.heard(now)
	switch {
	case !i.LeftAt.IsZero(), silence >= OfflineAfter:
		return Offline
	case silence >= lostAfter:
		return Lost
	case !i.At(g) || len(i.Rejections) > 0 || i.Unlisted > 0:
		return OutOfSync
	}
	return Healthy
}

// Gone reports whether the instance is to be forgotten; one that said goodbye
// is as soon as it would be offline. LastSeen alone decides: grace for a
// control plane that did not listen would keep it for ever on one that
// restarts often.
func (i *Instance) Gone(now time.Time) bool {
	silence := now.Sub(i.LastSeen)
	return silence >= GoneAfter || !i.LeftAt.IsZero() && silence >= OfflineAfter
}
