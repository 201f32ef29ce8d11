package agent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent/lastgood"
	"github.com/gatewright/gatewright/internal/link"
)

// session is one connection: it joins if need be, reports, opens the stream and
// does what it says, until something ends it. It returns what.
func (a *Agent) session(ctx context.Context) error {
	joined, err := a.connect(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer cancel(nil)

	silence := time.Duration(joined.Ping) * silentPings
	alarm := time.AfterFunc(silence, func() { cancel(fmt.Errorf("nothing was heard from the control plane for %s", silence)) })
	defer alarm.Stop()
	body, err := a.client.stream(ctx, joined.Instance, joined.SessionKey, a.position(joined.Group))
	if err != nil {
		return err
	}
	defer body.Close() // it was only read
	a.setConnected(true)
	defer a.setConnected(false)
	a.log.Info("connected to the control plane", slog.String("server", a.client.server), slog.String("instance", string(joined.Instance)), slog.String("group", joined.GroupName))

	messages := make(chan *link.Message, readAhead)
	questions := newDesk(ctx, a, joined, &helpers)
	helpers.Go(func() { cancel(a.listen(ctx, &timedReader{body, alarm, silence}, messages, questions)) })
	helpers.Go(func() {
		if err := a.keepReporting(ctx, a.client, joined); err != nil {
			cancel(err)
		}
	})
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case m := <-messages:
			if err := a.handle(ctx, m); err != nil {
				if ctx.Err() != nil && !errors.Is(err, errDiverged) {
					return errors.Join(context.Cause(ctx), err)
				}
				return err
			}
		}
	}
}

// connect finds out with whom and as whom to speak, and says where this
// gateway stands.
func (a *Agent) connect(ctx context.Context) (*link.JoinResponse, error) {
	token, err := a.cfg.Token()
	if err != nil {
		return nil, err
	}
	a.client = newClient(a.cfg.Transport, a.cfg.Servers[a.server], token, a.cfg.Version)
	if a.joined == nil {
		if err := a.join(ctx); err != nil {
			return nil, err
		}
	}
	for _, c := range a.candidates { // this goroutine alone changes the list
		c.confirmed = false
	}
	// Without usage: whatever is the matter with that, configuration must come.
	r, heard := a.report(a.joined)
	if err := a.client.report(ctx, r); err != nil {
		return nil, err
	}
	heard()
	return a.joined, nil
}

func (a *Agent) join(ctx context.Context) error {
	req := &link.JoinRequest{
		Group: a.cfg.Group, Name: a.cfg.Name, Address: a.cfg.Address, Version: a.cfg.Version, ConfigID: a.cfg.ConfigID,
		Formats:    link.Formats{Min: gatewright.MinResourceFormat, Max: gatewright.ResourceFormat},
		Generation: a.running.Generation, Digest: a.proven(), Rejections: len(a.running.rejections),
		Answers: slices.Sorted(maps.Keys(a.cfg.Answerers)), PublicKey: a.secrets.key.Public(),
	}
	if a.identity != nil {
		req.Instance, req.SessionKey = a.identity.Instance, a.identity.SessionKey
	}
	joined, err := a.client.join(ctx, req)
	if err != nil {
		return err
	}
	a.identity = &lastgood.Identity{Instance: joined.Instance, SessionKey: joined.SessionKey, Group: joined.Group}
	a.saveIdentity()
	if a.pinning, err = newPinning(a.cfg.ConfigID, joined); err != nil {
		return err
	}
	a.warn(topicPin, "")
	a.joined, a.askWhole = joined, a.askWhole || !a.pinned()
	a.mu.Lock()
	a.public.instance, a.public.group = joined.Instance, joined.GroupName
	a.mu.Unlock()
	return nil
}

// saveIdentity keeps what the next join must show. The control plane accepts
// the one before only until it has heard of this one.
func (a *Agent) saveIdentity() {
	err := a.store.SaveIdentity(a.identity)
	a.unnamed = err != nil
	if err != nil {
		a.nextSave = a.cfg.Clock().Add(a.cfg.SaveRetry)
		a.warn(topicIdentity, fmt.Sprintf("the identity could not be saved, and this gateway may not be let in again after a restart: %v", err))
		return
	}
	a.warn(topicIdentity, "")
}

// position returns the generation to go on from; nil when only the whole
// manifest will do.
func (a *Agent) position(group gatewright.GroupID) *int64 {
	if !a.running.configured || a.askWhole || a.running.Group != group {
		return nil
	}
	return &a.running.Generation
}

// handle does what one message says.
func (a *Agent) handle(ctx context.Context, m *link.Message) error {
	switch m.Type {
	case link.MessageManifest:
		return a.manifest(ctx, m)
	case link.MessageDelta:
		return a.delta(ctx, m)
	case link.MessagePrepare:
		a.prepare(ctx, m)
	case link.MessageDiscard:
		a.release(func(c *candidate) bool { return c.change == m.Change })
		a.forgetSecrets()
	case link.MessageCurrent:
		return a.current(ctx, m)
	case link.MessagePing:
		a.saveAgain(ctx)
	}
	return nil
}

// current compares where both sides think they are, once per session.
func (a *Agent) current(ctx context.Context, m *link.Message) error {
	if m.Generation != a.running.Generation || m.Digest != a.running.digest {
		a.askWhole = true
		return errDiverged
	}
	a.reached = true
	a.release(func(c *candidate) bool { return !c.confirmed })
	a.warn(topicRefused, "")
	if a.secrets.lacking.Swap(false) { // perhaps they can be had now
		a.retry(ctx, a.running.rejected(nil))
		a.publish()
	}
	a.log.Info("in step with the control plane", slog.Int64("generation", m.Generation))
	return nil
}

// listen reads messages until the stream ends and hands them over, a few ahead
// of what is being dealt with so that a discard is seen in time. It returns
// why it ended.
func (a *Agent) listen(ctx context.Context, stream io.Reader, messages chan<- *link.Message, questions *desk) error {
	r := bufio.NewReaderSize(stream, 64<<10)
	for {
		text, err := readLine(r)
		if err != nil {
			return fmt.Errorf("the stream broke off: %w", err)
		}
		m, err := link.DecodeMessage(text)
		if err != nil {
			return err
		}
		if m == nil {
			continue // of a newer control plane, which does not mind
		}
		a.interrupt(m)
		switch {
		case m.Type == link.MessageBye:
			return &goodbye{m.Notice}
		case m.Type == link.MessageAsk || m.Type == link.MessageWithdraw:
			questions.take(m)
			continue // what is asked waits for no prepare
		case m.Type == link.MessagePing && len(messages) > 0:
			continue // whoever is busy needs no waking
		}
		select {
		case messages <- m:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// readLine reads a whole line of at most link.MaxMessageBytes. What comes
// without its end is nothing.
func readLine(r *bufio.Reader) ([]byte, error) {
	var text []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(text)+len(part) > link.MaxMessageBytes {
			return nil, gatewright.Errorf(gatewright.LimitExceeded, "a message has more than %d bytes", link.MaxMessageBytes)
		}
		text = append(text, part...)
		switch {
		case err == nil:
			return text, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(text) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}

// timedReader raises an alarm when a read takes too long. Between reads, while
// a message is being dealt with, no time is taken.
type timedReader struct {
	stream  io.Reader
	alarm   *time.Timer
	silence time.Duration
}

// Read implements io.Reader.
func (r *timedReader) Read(p []byte) (int, error) {
	r.alarm.Reset(r.silence)
	defer r.alarm.Stop()
	return r.stream.Read(p)
}
