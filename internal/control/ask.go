package control

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/secret"
)

const (
	// withdrawTimeout bounds how long it takes to say that nobody waits for an
	// answer any more.
	withdrawTimeout = 5 * time.Second
	// sealedRoom is how much longer a sealed value may be than what it holds.
	sealedRoom = 4 << 10
)

// Question asks an instance something.
type Question struct {
	Kind    gatewright.QuestionKind
	Body    json.RawMessage   // in the form of the kind; at most gatewright.MaxQuestionBytes
	Timeout time.Duration     // 0 is gatewright.DefaultQuestionTime; at most gatewright.MaxQuestionTime
	Action  gatewright.Action // what it counts as in the audit log
	Note    string            // about it, for the audit log; nothing secret
}

// Answer is what an instance answers.
type Answer struct {
	Instance gatewright.InstanceID
	Name     string
	Body     json.RawMessage
}

// Ask puts a question to an instance of a group, by name or ID, or with
// instance "" to any that is heard, and waits for the answer. It may be put
// more than once, so nothing that is asked may alter anything. Whichever
// replica has the instance's stream puts it, and whichever gets the answer
// stores it. When ctx ends the question is withdrawn.
//
// The error is the instance's own word; or [gatewright.PreconditionFailed]
// when nobody there can answer, [gatewright.LimitExceeded] when too much is
// asked at once, and [gatewright.Unavailable] when there was no answer in time.
func (c *Control) Ask(ctx context.Context, actor gatewright.Actor, group, instance string, q Question) (*Answer, error) {
	if q.Timeout == 0 {
		q.Timeout = gatewright.DefaultQuestionTime
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	key, err := secret.NewKeyPair()
	if err != nil {
		return nil, err
	}
	var in *gatewright.Instance
	var row *QuestionRow
	err = c.store.Update(ctx, func(tx Tx) (err error) {
		if in, err = c.answerer(tx, group, instance, q.Kind); err != nil {
			return err
		}
		if row, err = q.seal(tx, in, key); err != nil {
			return err
		}
		if err := tx.CreateQuestion(row); err != nil {
			return err
		}
		if err := audit(tx, actor, string(q.Action), string(in.ID), strings.TrimSpace(string(q.Kind)+" "+q.Note)); err != nil {
			return err
		}
		return c.announce(tx, eventQuestion, string(row.ID))
	})
	if err != nil {
		return nil, err
	}
	answered := c.asked.add(row.ID)
	defer c.asked.remove(row.ID)
	c.events.publish(Event{Question: &QuestionEvent{row.ID, row.Group}})

	limited, cancel := context.WithTimeout(ctx, q.Timeout)
	defer cancel()
	sealed, err := c.await(limited, row.ID, answered)
	if err != nil {
		c.withdraw(ctx, row)
		if ctx.Err() == nil && limited.Err() != nil {
			return nil, gatewright.Errorf(gatewright.Unavailable, "instance %s did not answer within %s; look whether it is connected, and ask again", in.Name, q.Timeout)
		}
		return nil, err
	}
	body, err := openReply(row.ID, key, sealed)
	if err != nil {
		return nil, err
	}
	return &Answer{Instance: in.ID, Name: in.Name, Body: body}, nil
}

func (q *Question) check() error {
	if err := q.Kind.Validate(); err != nil {
		return err
	}
	if len(q.Body) > gatewright.MaxQuestionBytes {
		return gatewright.Errorf(gatewright.LimitExceeded, "the question has %d bytes; at most %d are allowed", len(q.Body), gatewright.MaxQuestionBytes)
	}
	if q.Timeout < 0 || q.Timeout > gatewright.MaxQuestionTime {
		return gatewright.FieldErrorf("timeout", "%s to wait for an answer is not between 0 and %s", q.Timeout, gatewright.MaxQuestionTime)
	}
	return nil
}

// seal returns the question as it is stored.
func (q *Question) seal(tx Tx, in *gatewright.Instance, key *secret.KeyPair) (*QuestionRow, error) {
	now := tx.Now()
	row := &QuestionRow{
		ID: gatewright.QuestionID(gatewright.NewID("qst_", now)), Group: in.Group, Instance: in.ID, Kind: q.Kind,
		ReplyTo: key.Public(), AskedAt: now, ExpiresAt: now.Add(q.Timeout),
	}
	var err error
	row.Body, err = secret.SealTo(in.PublicKey, row.ID.QuestionPurpose(), q.Body)
	return row, err
}

// answerer chooses the instance to ask: the one that is named, else the one
// that is asked least.
func (c *Control) answerer(tx Tx, group, name string, kind gatewright.QuestionKind) (*gatewright.Instance, error) {
	g, err := findGroup(tx, group)
	if err != nil {
		return nil, err
	}
	all, err := tx.Instances(g.ID)
	if err != nil {
		return nil, err
	}
	open, err := tx.OpenQuestions(g.ID, tx.Now(), gatewright.MaxGroupQuestions)
	if err != nil {
		return nil, err
	}
	if len(open) >= gatewright.MaxGroupQuestions {
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "the instances of %s are being asked %d things already, the limit; try again soon", g.Name, len(open))
	}
	busy := map[gatewright.InstanceID]int{}
	for _, q := range open {
		busy[q.Instance]++
	}
	if name != "" {
		return c.namedAnswerer(tx, g, all, name, kind, busy)
	}
	now, heard := tx.Now(), false
	able := slices.DeleteFunc(all, func(in *gatewright.Instance) bool {
		c.refresh(in)
		away := c.away(in, now)
		heard = heard || !away
		return away || !canAnswer(in, kind)
	})
	switch {
	case !heard:
		return nil, gatewright.Errorf(gatewright.PreconditionFailed, "no instance of %s is reachable; start a gateway, or look at: gatewright get instances", g.Name)
	case len(able) == 0:
		return nil, gatewright.Errorf(gatewright.PreconditionFailed, "no instance of %s that is reachable can answer %s; run gateways in the control plane's version", g.Name, kind)
	}
	least := slices.MinFunc(able, func(a, b *gatewright.Instance) int {
		return cmp.Or(cmp.Compare(busy[a.ID], busy[b.ID]), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return least, notTooBusy(least, busy)
}

// namedAnswerer returns the instance with that name or ID, if it can be asked.
// Of several with one name it is one that can.
func (c *Control) namedAnswerer(tx Tx, g *gatewright.Group, all []*gatewright.Instance, name string, kind gatewright.QuestionKind, busy map[gatewright.InstanceID]int) (*gatewright.Instance, error) {
	err := error(gatewright.Errorf(gatewright.NotFound, "group %s has no instance %q; see: gatewright get instances", g.Name, name))
	for _, in := range all {
		if in.Name != name && string(in.ID) != name {
			continue
		}
		c.refresh(in)
		switch {
		case c.away(in, tx.Now()):
			err = gatewright.Errorf(gatewright.PreconditionFailed, "instance %s is not reachable (last seen %s)", in.Name, in.LastSeen.UTC().Format(time.DateTime))
		case !canAnswer(in, kind):
			err = gatewright.Errorf(gatewright.PreconditionFailed, "instance %s (version %s) cannot answer %s; run it in the control plane's version", in.Name, in.Version, kind)
		default:
			return in, notTooBusy(in, busy)
		}
	}
	return nil, err
}

// away reports whether an instance cannot be expected to answer.
func (c *Control) away(in *gatewright.Instance, now time.Time) bool {
	return !in.LeftAt.IsZero() || now.Sub(in.LastSeen) >= c.cfg.LostAfter
}

func canAnswer(in *gatewright.Instance, kind gatewright.QuestionKind) bool {
	return slices.Contains(in.Answers, kind) && len(in.PublicKey) > 0
}

func notTooBusy(in *gatewright.Instance, busy map[gatewright.InstanceID]int) error {
	if n := busy[in.ID]; n >= gatewright.MaxOpenQuestions {
		return gatewright.Errorf(gatewright.LimitExceeded, "instance %s is being asked %d things already, the limit; try again soon", in.Name, n)
	}
	return nil
}

// await returns the sealed answer once it is there.
func (c *Control) await(ctx context.Context, id gatewright.QuestionID, answered <-chan struct{}) ([]byte, error) {
	poll := time.NewTicker(tailInterval) // events may be lost
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the answer: %w", context.Cause(ctx))
		case <-answered:
		case <-poll.C:
		}
		var row *QuestionRow
		err := c.store.View(ctx, func(tx Tx) (err error) {
			row, err = tx.Question(id)
			return err
		})
		if err != nil {
			return nil, err
		}
		if row.AnsweredAt.IsZero() {
			continue
		}
		err = c.store.Update(ctx, func(tx Tx) error { return tx.DeleteQuestion(id) })
		if err != nil { // it is swept
			c.cfg.Log.Warn("an answered question stays for a while", slog.String("question", string(id)), slog.Any("error", err))
		}
		return row.Answer, nil
	}
}

// withdraw says that nobody waits for the answer any more. If that fails, the
// question still ends at its time.
func (c *Control) withdraw(ctx context.Context, row *QuestionRow) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawTimeout)
	defer cancel()
	err := c.store.Update(ctx, func(tx Tx) error {
		q, err := tx.Question(row.ID)
		if err != nil {
			return err
		}
		if q.open(tx.Now()) {
			if err := tx.EndQuestion(row.ID, tx.Now()); err != nil {
				return err
			}
		}
		return c.announce(tx, eventQuestion, string(row.ID))
	})
	if err != nil && !isNotFound(err) {
		c.cfg.Log.Warn("a question could not be withdrawn", slog.String("question", string(row.ID)), slog.Any("error", err))
	}
	c.events.publish(Event{Question: &QuestionEvent{row.ID, row.Group}})
}

// openReply returns what the instance answered.
func openReply(id gatewright.QuestionID, key *secret.KeyPair, sealed []byte) (json.RawMessage, error) {
	text, err := key.Open(sealed, id.AnswerPurpose())
	if err != nil {
		return nil, fmt.Errorf("open the answer: %w", err)
	}
	var reply gatewright.Reply
	if err := json.Unmarshal(text, &reply); err != nil {
		return nil, fmt.Errorf("decode the answer: %w", err)
	}
	if reply.Error != nil {
		return nil, reply.Error
	}
	return reply.Body, nil
}

// InstanceAnswer is what an instance says to a question.
type InstanceAnswer struct {
	Instance   gatewright.InstanceID
	SessionKey string
	Question   gatewright.QuestionID
	Body       []byte // sealed
}

// Answered takes down an answer. The first one counts. It is
// [gatewright.NotFound] when nobody waits for it.
func (c *Control) Answered(ctx context.Context, group gatewright.GroupID, a InstanceAnswer) error {
	if len(a.Body) > gatewright.MaxAnswerBytes+sealedRoom {
		return gatewright.Errorf(gatewright.LimitExceeded, "the answer has %d bytes; at most %d are allowed", len(a.Body), gatewright.MaxAnswerBytes)
	}
	repeated := false
	err := c.store.Update(ctx, func(tx Tx) error {
		if _, err := newestSession(tx, group, a.Instance, a.SessionKey); err != nil {
			return err
		}
		row, err := tx.Question(a.Question)
		if err != nil && !isNotFound(err) {
			return err
		}
		if repeated = err == nil && row.Instance == a.Instance && !row.AnsweredAt.IsZero(); repeated {
			return nil
		}
		if err != nil || row.Instance != a.Instance || !row.open(tx.Now()) {
			return gatewright.Errorf(gatewright.NotFound, "nobody waits for an answer to %.100q", a.Question)
		}
		if err := tx.AnswerQuestion(row.ID, a.Body, tx.Now()); err != nil {
			return err
		}
		return c.announce(tx, eventQuestion, string(row.ID))
	})
	if err != nil || repeated {
		return err
	}
	c.asked.wake(a.Question)
	c.events.publish(Event{Question: &QuestionEvent{a.Question, group}})
	return nil
}

// checkAnswers checks what an instance says it can be asked.
func (j *Join) checkAnswers() error {
	if len(j.Answers) > gatewright.MaxQuestionKinds {
		return gatewright.Errorf(gatewright.LimitExceeded, "the instance answers %d kinds of question; at most %d are allowed", len(j.Answers), gatewright.MaxQuestionKinds)
	}
	for _, k := range j.Answers {
		if err := k.Validate(); err != nil {
			return err
		}
	}
	if n := len(j.PublicKey); n != 0 && n != secret.PublicKeyBytes {
		return gatewright.FieldErrorf("publicKey", "the public key has %d bytes, not %d", n, secret.PublicKeyBytes)
	}
	return nil
}

// questionEvent returns the event of a question.
func questionEvent(tx Tx, id gatewright.QuestionID) (*QuestionEvent, error) {
	row, err := tx.Question(id)
	if err != nil {
		return nil, err
	}
	return &QuestionEvent{row.ID, row.Group}, nil
}

// asked has who waits here for answers.
type asked struct {
	mu      sync.Mutex
	waiting map[gatewright.QuestionID]chan struct{}
}

func newAsked() *asked { return &asked{waiting: map[gatewright.QuestionID]chan struct{}{}} }

// add returns what tells that it is worth looking for an answer.
func (a *asked) add(id gatewright.QuestionID) <-chan struct{} {
	ch := make(chan struct{}, 1)
	ch <- struct{}{} // it may have been answered before
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting[id] = ch
	return ch
}

func (a *asked) remove(id gatewright.QuestionID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, id)
}

// wake has whoever waits here for the answer look for it.
func (a *asked) wake(id gatewright.QuestionID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case a.waiting[id] <- struct{}{}: // nobody: a nil channel takes nothing
	default:
	}
}
