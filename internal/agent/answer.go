package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/link"
	"github.com/gatewright/gatewright/internal/secret"
)

// Answerer answers questions of one kind. A question may be put more than
// once, and several at a time, so answering must alter nothing that counts. It
// must return soon after ctx ends: nobody waits for the answer then.
type Answerer interface {
	// Answer returns what is encoded as JSON, of at most
	// gatewright.MaxAnswerBytes. Of errors only a [gatewright.Error] is told to
	// who asks.
	Answer(ctx context.Context, question json.RawMessage) (answer any, err error)
}

// AnswerFunc is an [Answerer].
type AnswerFunc func(ctx context.Context, question json.RawMessage) (any, error)

// Answer implements [Answerer].
func (f AnswerFunc) Answer(ctx context.Context, question json.RawMessage) (any, error) {
	return f(ctx, question)
}

// desk takes the questions of one session and answers them beside its other
// work. The session waits for its workers.
type desk struct {
	agent   *Agent
	client  *client
	joined  *link.JoinResponse
	ctx     context.Context // of the session
	workers *sync.WaitGroup // the session waits for them
	turns   chan struct{}

	mu   sync.Mutex
	open map[gatewright.QuestionID]context.CancelFunc
}

func newDesk(ctx context.Context, a *Agent, joined *link.JoinResponse, workers *sync.WaitGroup) *desk {
	return &desk{
		agent: a, client: a.client, joined: joined, ctx: ctx, workers: workers,
		turns: make(chan struct{}, maxAnswering), open: map[gatewright.QuestionID]context.CancelFunc{},
	}
}

// take begins to answer a question, or stops. It does not wait for anything.
func (d *desk) take(m *link.Message) {
	q := m.Question
	d.mu.Lock()
	defer d.mu.Unlock()
	stop, asked := d.open[q.ID]
	switch {
	case m.Type == link.MessageWithdraw:
		if asked {
			stop()
		}
		return
	case asked:
		return
	case len(d.open) >= maxAsked:
		d.agent.log.Warn("a question is not answered, because there are too many", slog.String("question", string(q.ID)), slog.Int("open", len(d.open)))
		return
	}
	ctx, stop := context.WithTimeout(d.ctx, min(time.Duration(q.Timeout), gatewright.MaxQuestionTime))
	d.open[q.ID] = stop
	d.workers.Go(func() {
		defer d.done(q.ID)
		d.answer(ctx, q)
	})
}

func (d *desk) done(id gatewright.QuestionID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open[id]()
	delete(d.open, id)
}

// answer answers one question, as long as somebody waits for that.
func (d *desk) answer(ctx context.Context, q *link.Question) {
	log := d.agent.log.With(slog.String("question", string(q.ID)), slog.String("kind", string(q.Kind)))
	sealed, err := d.reply(ctx, q)
	if ctx.Err() != nil {
		log.Info("a question ended before its answer", slog.Any("reason", context.Cause(ctx)))
		return
	}
	if err == nil {
		err = d.deliver(ctx, &link.Answer{Instance: d.joined.Instance, SessionKey: d.joined.SessionKey, Question: q.ID, Body: sealed})
	}
	if err != nil && ctx.Err() == nil {
		log.Warn("a question was not answered", slog.Any("error", err))
		return
	}
	log.Info("a question was answered")
}

// reply returns the sealed answer.
func (d *desk) reply(ctx context.Context, q *link.Question) ([]byte, error) {
	var r gatewright.Reply
	body, err := d.work(ctx, q)
	if err == nil {
		r.Body, err = json.Marshal(body)
	}
	if n := len(r.Body); err == nil && n > gatewright.MaxAnswerBytes {
		err = gatewright.Errorf(gatewright.LimitExceeded, "the answer has %d bytes; at most %d are allowed", n, gatewright.MaxAnswerBytes)
	}
	if err != nil {
		if r.Body, r.Error = nil, gatewright.AsError(err); r.Error.Code == gatewright.Internal {
			d.agent.log.Error("a question could not be answered", slog.String("question", string(q.ID)), slog.Any("error", err))
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	return secret.SealTo(q.ReplyTo, q.ID.AnswerPurpose(), text)
}

// work has the question answered, if it is its turn.
func (d *desk) work(ctx context.Context, q *link.Question) (body any, err error) {
	select {
	case d.turns <- struct{}{}:
		defer func() { <-d.turns }()
	default:
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "instance %s is busy with %d other questions, the limit; try again soon", d.agent.cfg.Name, maxAnswering)
	}
	answerer := d.agent.cfg.Answerers[q.Kind]
	if answerer == nil {
		return nil, gatewright.Errorf(gatewright.PreconditionFailed, "instance %s cannot answer %s; run it in the control plane's version", d.agent.cfg.Name, q.Kind)
	}
	question, err := d.agent.secrets.key.Open(q.Body, q.ID.QuestionPurpose())
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil { // a question must not end what serves
			body, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return answerer.Answer(ctx, question)
}

// deliver sends the answer until it has arrived, nobody wants it, or ctx ends.
func (d *desk) deliver(ctx context.Context, answer *link.Answer) error {
	for attempt := 0; ; attempt++ {
		err := d.client.answer(ctx, answer)
		var refusal *gatewright.Error
		if err == nil || errors.As(err, &refusal) && refusal.Code != gatewright.Unavailable && refusal.Code != gatewright.Internal {
			return err
		}
		if !pause(ctx, backoff(attempt, d.agent.cfg.RetryMin, d.agent.cfg.RetryMax)) {
			return err
		}
	}
}
