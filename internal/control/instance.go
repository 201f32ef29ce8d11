package control

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/gatewright/gatewright"
)

// Bounds of what an instance may tell.
const (
	MaxInstances      = 1000 // of one group
	MaxRejections     = 1000 // listed in one report; of others the number is kept
	MaxInstanceText   = 2000 // bytes of a reason or a warning; longer ones are cut
	MaxWarnings       = 20
	maxUnlisted       = 1_000_000
	touchInterval     = 10 * time.Second // how often mere signs of life are written down
	sessionKeyBytes   = 32
	maxInstanceFields = 256  // bytes of name, address, version
	MaxUsage          = 5000 // counts in one report
)

// Join is what a gateway says of itself when it opens its link.
type Join struct {
	Instance   gatewright.InstanceID // "" for a new one
	SessionKey string                // given at its last join
	Name       string
	Address    string
	Version    string
	ConfigID   string // it is to be pinned to; "" follows the group
	Generation int64  // of what it runs already
	Digest     gatewright.Digest
	Rejected   int // how much of that it could not apply; its first report says what
	Answers    []gatewright.QuestionKind
	PublicKey  []byte // what is for it alone is sealed to it
	// Connected tells that an instance with this identity has its link open.
	Connected bool
}

// Joined is the answer to a join. The gateway keeps instance and key.
type Joined struct {
	Instance   gatewright.InstanceID
	SessionKey string
	Pins       []gatewright.Pin // what the configuration ID pins
}

// Join admits a gateway to the group. A key that changes with each join
// betrays a copied identity: the original and the copy cannot both have the
// newest one. That is a [gatewright.Conflict]. What is wrong with a
// configuration ID is said in an error of the field [gatewright.FieldConfigID].
func (c *Control) Join(ctx context.Context, group gatewright.GroupID, j Join) (*Joined, error) {
	if err := gatewright.CheckName("instance name", j.Name); err != nil {
		return nil, err
	}
	if len(j.Address) > maxInstanceFields || len(j.Version) > maxInstanceFields {
		return nil, gatewright.FieldErrorf("instance", "address or version is longer than %d bytes", maxInstanceFields)
	}
	if err := j.checkAnswers(); err != nil {
		return nil, err
	}
	secret, err := newSecret()
	if err != nil {
		return nil, err
	}
	var in *gatewright.Instance
	var pins []gatewright.Pin
	err = c.store.Update(ctx, func(tx Tx) error {
		now := tx.Now()
		if in, err = c.admit(tx, group, j); err != nil {
			return err
		}
		if pins, err = pinsFor(tx, in, j.ConfigID); err != nil {
			return err
		}
		in.ConfigID = j.ConfigID
		in.Name, in.Address, in.Version = j.Name, j.Address, j.Version
		in.Answers, in.PublicKey = j.Answers, j.PublicKey
		in.Generation, in.Digest, in.LastSeen, in.LeftAt = j.Generation, j.Digest, now, time.Time{}
		in.Rejections, in.Unlisted, in.Warnings, in.Sequence = nil, clampUnlisted(j.Rejected), nil, 0
		if j.Instance != "" && gatewright.HashBytes([]byte(j.SessionKey)) == in.SessionKey {
			in.PriorKey = in.SessionKey // stays good until the new one was used: this answer may get lost
		}
		in.SessionKey = gatewright.HashBytes([]byte(secret))
		if err := tx.PutInstance(in); err != nil {
			return err
		}
		if err := tx.PutPins(in, pins); err != nil {
			return err
		}
		return c.announce(tx, eventInstance, string(in.ID))
	})
	if err != nil {
		return nil, err
	}
	c.cfg.Log.Info("instance joined", slog.String("instance", string(in.ID)), slog.String("name", in.Name), slog.String("group", string(group)))
	c.noteSeen(in, sign{at: in.LastSeen})
	c.events.publish(Event{Instance: in})
	c.kick(group)
	return &Joined{Instance: in.ID, SessionKey: secret, Pins: pins}, nil
}

// admit finds the instance that joins, or makes a new one.
func (c *Control) admit(tx Tx, group gatewright.GroupID, j Join) (*gatewright.Instance, error) {
	if j.Instance != "" {
		in, err := tx.Instance(j.Instance)
		if err == nil {
			return in, checkIdentity(in, group, j)
		}
		if !isNotFound(err) {
			return nil, err
		}
		// It was gone for so long that it was forgotten: it joins anew.
	}
	all, err := tx.Instances(group)
	if err != nil {
		return nil, err
	}
	now := tx.Now()
	if len(all) >= MaxInstances {
		if err := c.makeRoom(tx, all, now); err != nil {
			return nil, err
		}
	}
	return &gatewright.Instance{ID: gatewright.InstanceID(gatewright.NewID("ins_", now)), Group: group, JoinedAt: now}, nil
}

// makeRoom forgets the instance that was silent longest, if one is lost or has
// left: records of gateways that are gone must not keep a new one out.
func (c *Control) makeRoom(tx Tx, all []*gatewright.Instance, now time.Time) error {
	var gone *gatewright.Instance
	for _, in := range all {
		c.refresh(in)
		lost := !in.LeftAt.IsZero() || now.Sub(in.LastSeen) >= c.cfg.LostAfter
		if lost && (gone == nil || in.LastSeen.Before(gone.LastSeen)) {
			gone = in
		}
	}
	if gone == nil {
		return gatewright.Errorf(gatewright.LimitExceeded, "the group has %d running instances, the limit", len(all))
	}
	return tx.DeleteInstance(gone.ID)
}

func checkIdentity(in *gatewright.Instance, group gatewright.GroupID, j Join) error {
	shown := gatewright.HashBytes([]byte(j.SessionKey))
	switch {
	case in.Group != group:
		return gatewright.Errorf(gatewright.Forbidden, "instance %s belongs to another group; remove its identity file to join this one as a new instance", in.ID)
	case shown != in.SessionKey && (in.PriorKey == "" || shown != in.PriorKey):
		return gatewright.Errorf(gatewright.Conflict, "the identity of instance %s (%s) was copied: another process has used it since; remove the identity file of the copy so that it joins as a new instance", in.ID, in.Name)
	case j.Connected:
		return gatewright.Errorf(gatewright.Conflict, "instance %s (%s) is connected already; if that is another process, its identity was copied: remove the identity file of the copy so that it joins as a new instance", in.ID, in.Name)
	}
	return nil
}

// ForgetInstance removes an instance that is not running, so that its gateway
// can join anew. That is the way out when its identity is refused although it
// was not copied, as after an older backup was restored.
func (c *Control) ForgetInstance(ctx context.Context, actor gatewright.Actor, id gatewright.InstanceID) error {
	var group gatewright.GroupID
	err := c.store.Update(ctx, func(tx Tx) error {
		in, err := tx.Instance(id)
		if err != nil {
			return err
		}
		c.refresh(in)
		if in.LeftAt.IsZero() && tx.Now().Sub(in.LastSeen) < c.cfg.LostAfter {
			return gatewright.Errorf(gatewright.PreconditionFailed, "instance %s (%s) is running; stop it first", in.ID, in.Name)
		}
		group = in.Group
		if err := audit(tx, actor, "instance.forget", string(id), in.Name); err != nil { // first: it looks up the group
			return err
		}
		return tx.DeleteInstance(id)
	})
	if err == nil {
		c.kick(group)
	}
	return err
}

// Report is what an instance says when something happened to it, and every
// few seconds.
type Report struct {
	Instance   gatewright.InstanceID
	SessionKey string
	Sequence   int64 // above that of every report before it in the session; 0 is not compared
	Generation int64 // of the manifest it runs
	Digest     gatewright.Digest
	Rejections []gatewright.Rejection
	Unlisted   int // how many rejections there are beyond those
	Prepared   []Prepared
	Warnings   []string
	Leaving    bool               // it stops and says goodbye
	Usage      []gatewright.Usage // calls since the batch before; Group is not read
	UsageBatch int64              // number of that batch, growing; one that was counted is not counted again
}

// Prepared is an instance's answer to a prepare.
type Prepared struct {
	Change     gatewright.ChangeID
	Generation int64                  // what it was built on
	Digest     gatewright.Digest      // of that
	Rejections []gatewright.Rejection // empty when it can run the change
	Unlisted   int                    // how many there are beyond those
}

// Report takes down what an instance says. The change pipeline goes by this
// alone. A report that another one of its session has overtaken says nothing
// any more.
func (c *Control) Report(ctx context.Context, group gatewright.GroupID, r Report) error {
	r.clip()
	var in *gatewright.Instance
	var news, late bool
	look := func(tx Tx) (err error) {
		if in, err = newestSession(tx, group, r.Instance, r.SessionKey); err != nil {
			return err
		}
		late = r.Sequence != 0 && r.Sequence <= c.newest(in)
		news = !late && r.news(in, tx.Now())
		return nil
	}
	if err := c.store.View(ctx, look); err != nil || late {
		return err
	}
	if !news {
		return c.store.View(ctx, func(tx Tx) error {
			c.noteSeen(in, sign{at: tx.Now(), sequence: r.Sequence})
			return nil
		})
	}
	told := false
	var moved []*gatewright.Change
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		told, moved = false, nil
		if err := look(tx); err != nil || late {
			return err
		}
		told = r.Leaving || r.differs(in)
		in.Generation, in.Digest, in.Warnings = r.Generation, r.Digest, r.Warnings
		in.Rejections, in.Unlisted = r.Rejections, r.Unlisted
		in.Sequence = max(in.Sequence, r.Sequence)
		in.LastSeen, in.PriorKey = tx.Now(), ""
		in.LeftAt = time.Time{}
		if r.Leaving {
			in.LeftAt = tx.Now()
		}
		if err := r.recordUsage(tx, in); err != nil {
			return err
		}
		if err := tx.PutInstance(in); err != nil {
			return err
		}
		if moved, err = r.recordPrepared(tx, in); err != nil {
			return err
		}
		for _, ch := range moved {
			if err := c.announce(tx, eventChange, string(ch.ID)); err != nil {
				return err
			}
		}
		if told {
			return c.announce(tx, eventInstance, string(in.ID))
		}
		return nil
	})
	if err != nil || late {
		return err
	}
	c.noteSeen(in, sign{at: in.LastSeen, sequence: in.Sequence})
	if told || len(moved) > 0 {
		c.kick(group)
	}
	if told {
		c.events.publish(Event{Instance: in})
	}
	for _, ch := range moved {
		c.events.publish(Event{Change: ch})
	}
	return nil
}

// newestSession returns the instance of the group that shows the key of its
// newest session; [gatewright.Conflict] when it does not.
func newestSession(tx Tx, group gatewright.GroupID, id gatewright.InstanceID, key string) (*gatewright.Instance, error) {
	in, err := tx.Instance(id)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	if err != nil || in.Group != group || gatewright.HashBytes([]byte(key)) != in.SessionKey {
		return nil, gatewright.Errorf(gatewright.Conflict, "this is not the newest session of instance %.100s; join again", id)
	}
	return in, nil
}

// news reports whether r is more than a sign of life.
func (r *Report) news(in *gatewright.Instance, now time.Time) bool {
	return r.Leaving || len(r.Prepared) > 0 || len(r.Usage) > 0 && r.UsageBatch > in.UsageBatch || !in.LeftAt.IsZero() || in.PriorKey != "" ||
		r.differs(in) || now.Sub(in.LastSeen) >= touchInterval
}

// differs reports whether r says something else than what is known of in.
func (r *Report) differs(in *gatewright.Instance) bool {
	return in.Generation != r.Generation || in.Digest != r.Digest || in.Unlisted != r.Unlisted ||
		!slices.Equal(in.Rejections, r.Rejections) || !slices.Equal(in.Warnings, r.Warnings)
}

// recordPrepared notes the instance's answers and returns the changes they
// were news to; those that have settled meanwhile are of no interest any more.
// Nor is what was built on something else than the group's present manifest:
// the instance is asked again on that.
func (r *Report) recordPrepared(tx Tx, in *gatewright.Instance) ([]*gatewright.Change, error) {
	if len(r.Prepared) == 0 {
		return nil, nil
	}
	group, err := tx.Group(in.Group)
	if err != nil {
		return nil, err
	}
	var moved []*gatewright.Change
	for _, p := range r.Prepared {
		if p.Generation != group.Generation || p.Digest != group.Digest {
			continue
		}
		ch, err := tx.Change(p.Change)
		if isNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if ch.Group != in.Group || ch.State != gatewright.ChangePreparing {
			continue
		}
		o := gatewright.InstanceOutcome{Instance: in.ID, Name: in.Name, State: gatewright.OutcomePrepared, Base: p.Generation, At: tx.Now()}
		if len(p.Rejections) > 0 {
			o.State, o.Reason = gatewright.OutcomeRejected, p.Rejections[0].Reason
			if more := len(p.Rejections) - 1 + clampUnlisted(p.Unlisted); more > 0 {
				o.Reason += fmt.Sprintf(" (and %d more)", more)
			}
		}
		if !ch.SetOutcome(o) {
			continue
		}
		if err := tx.PutOutcome(p.Change, o); err != nil {
			return nil, err
		}
		moved = append(moved, ch)
	}
	return moved, nil
}

// recordUsage counts the calls an instance tells of, each batch once.
func (r *Report) recordUsage(tx Tx, in *gatewright.Instance) error {
	if len(r.Usage) == 0 || r.UsageBatch <= in.UsageBatch {
		return nil
	}
	in.UsageBatch = r.UsageBatch
	counts := slices.Clone(r.Usage)
	for i := range counts {
		counts[i].Group = in.Group
	}
	return tx.AddUsage(counts)
}

// clip bounds what an instance made us keep.
func (r *Report) clip() {
	cut := func(s string) string {
		if len(s) > MaxInstanceText {
			return s[:MaxInstanceText] + "…"
		}
		return s
	}
	r.Unlisted = clampUnlisted(clampUnlisted(r.Unlisted) + max(0, len(r.Rejections)-MaxRejections))
	r.Rejections = slices.Clone(r.Rejections[:min(len(r.Rejections), MaxRejections)])
	for i := range r.Rejections {
		r.Rejections[i].Reason = cut(r.Rejections[i].Reason)
	}
	r.Warnings = slices.Clone(r.Warnings[:min(len(r.Warnings), MaxWarnings)])
	for i := range r.Warnings {
		r.Warnings[i] = cut(r.Warnings[i])
	}
	r.Usage = r.Usage[:min(len(r.Usage), MaxUsage)]
	for i := range r.Prepared {
		if p := &r.Prepared[i]; len(p.Rejections) > 0 {
			p.Rejections[0].Reason = cut(p.Rejections[0].Reason)
		}
	}
}

// clampUnlisted bounds what an instance says it left out.
func clampUnlisted(n int) int { return min(max(0, n), maxUnlisted) }

// sign is a sign of life that is not worth a write.
type sign struct {
	at       time.Time
	session  gatewright.Hash // key of it
	sequence int64           // of the report, within the session
}

// noteSeen remembers a sign of life of an instance's present session.
func (c *Control) noteSeen(in *gatewright.Instance, s sign) {
	s.session = in.SessionKey
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[in.ID] = s
}

// newest returns the sequence number of the newest report of an instance's
// present session.
func (c *Control) newest(in *gatewright.Instance) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.seen[in.ID]; s.session == in.SessionKey {
		return max(s.sequence, in.Sequence)
	}
	return in.Sequence
}

// refresh brings LastSeen of a stored instance up to date.
func (c *Control) refresh(in *gatewright.Instance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.seen[in.ID].at; at.After(in.LastSeen) {
		in.LastSeen = at
	}
}

// isReachable reports whether a change must wait for the instance. The grace
// for the time in which nobody listened is not for one that was lost before.
func (c *Control) isReachable(in *gatewright.Instance, now time.Time) bool {
	c.mu.Lock()
	listening, before := c.listening, c.heardBefore
	c.mu.Unlock()
	if in.LastSeen.Before(before.Add(-c.cfg.LostAfter)) {
		listening = time.Time{}
	}
	return in.Reachable(now, listening, c.cfg.LostAfter)
}

// reachable lists the instances of a group a change must wait for.
func (c *Control) reachable(tx Tx, group gatewright.GroupID) ([]*gatewright.Instance, error) {
	all, err := tx.Instances(group)
	if err != nil {
		return nil, err
	}
	now := tx.Now()
	return slices.DeleteFunc(all, func(in *gatewright.Instance) bool {
		c.refresh(in)
		return !c.isReachable(in, now)
	}), nil
}

func newSecret() (string, error) {
	b := make([]byte, sessionKeyBytes)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("make a secret: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
