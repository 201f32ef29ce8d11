package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/link"
)

// stream tells one gateway what its group wants. Everything but end belongs
// to the goroutine of its request.
type stream struct {
	fleet    *Fleet
	instance gatewright.InstanceID
	secret   string // of the token that opened it
	group    *group
	end      context.CancelCauseFunc

	w  http.ResponseWriter
	rc *http.ResponseController

	// What the gateway has been told: what is sent next leads on from here.
	opened     bool                          // everything there was to say at first has been said
	whole      bool                          // it needs the whole manifest
	generation int64                         // that it runs, or was told to
	digest     gatewright.Digest             // of that generation's manifest, as it was told
	prepared   map[gatewright.ChangeID]int64 // generation each prepare was based on
	asked      map[gatewright.QuestionID]bool
}

// serveStream answers a GET of link.StreamPath. The answer ends when the
// gateway goes, the fleet stops or the token is revoked.
func (f *Fleet) serveStream(w http.ResponseWriter, r *http.Request, t *gatewright.Token) error {
	s := &stream{
		fleet: f, secret: bearer(r), w: w, rc: http.NewResponseController(w),
		instance: gatewright.InstanceID(r.URL.Query().Get(link.QueryInstance)),
		prepared: map[gatewright.ChangeID]int64{}, asked: map[gatewright.QuestionID]bool{},
	}
	if err := s.position(r.URL.Query().Get(link.QueryGeneration)); err != nil {
		return err
	}
	if err := f.checkSession(r.Context(), t.Group, s.instance, r.Header.Get(link.HeaderSession)); err != nil {
		return err
	}
	ctx, end := context.WithCancelCause(r.Context())
	defer end(nil)
	s.end = end
	if err := f.register(s, t.Group); err != nil {
		return err
	}
	defer f.unregister(s)
	f.ask(t.Group)

	// The server's own deadlines are for requests that end.
	if err := s.rc.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("prepare stream: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies that collect the answer would withhold it
	h.Set("Connection", "close")     // its write deadline must not meet another request
	w.WriteHeader(http.StatusOK)

	log := f.cfg.Log.With(slog.String("instance", string(s.instance)), slog.String("group", string(t.Group)))
	log.Info("stream opened", slog.Int64("generation", s.generation), slog.Bool("whole", s.whole))
	err := s.serve(ctx, log)
	log.Info("stream ended", slog.Any("reason", err))
	return nil // the answer has begun; there is no other way to say it
}

// position takes down what the gateway runs.
func (s *stream) position(generation string) error {
	if generation == "" {
		s.whole = true
		return nil
	}
	g, err := strconv.ParseInt(generation, 10, 64)
	if err != nil || g < 0 {
		return gatewright.FieldErrorf(link.QueryGeneration, "generation %.40q is not a number", generation)
	}
	s.generation = g
	return nil
}

// serve tells the gateway what is new until ctx ends or it cannot be told. It
// returns why.
func (s *stream) serve(ctx context.Context, log *slog.Logger) error {
	ping := time.NewTimer(s.fleet.cfg.Ping)
	defer ping.Stop()
	if err := s.send(&link.Message{Type: link.MessagePing, Generation: s.generation}); err != nil {
		return err
	}
	for {
		v, changed := s.fleet.wanted(s.group)
		if v != nil {
			err := s.catchUp(ctx, v, log)
			switch {
			case errors.Is(err, errStale):
				s.fleet.ask(s.group.id)
			case err != nil:
				return s.bye(ctx, err)
			}
		}
		select {
		case <-ctx.Done():
			return s.bye(ctx, context.Cause(ctx))
		case <-changed:
		case <-ping.C:
			if err := s.send(&link.Message{Type: link.MessagePing, Generation: s.generation}); err != nil {
				return err
			}
			ping.Reset(s.fleet.cfg.Ping)
		}
	}
}

// bye says why the stream ends, if somebody may still hear it.
func (s *stream) bye(ctx context.Context, why error) error {
	notice := "the control plane cannot tell what the group runs; its log says why"
	if ctx.Err() != nil {
		notice = why.Error()
	}
	if err := s.send(&link.Message{Type: link.MessageBye, Generation: s.generation, Notice: notice}); err != nil && ctx.Err() == nil {
		return errors.Join(why, err)
	}
	return why
}

// catchUp sends what leads from what the gateway was told to v. What was
// activated comes before what is no longer staged: the one may be the other.
func (s *stream) catchUp(ctx context.Context, v *view, log *slog.Logger) error {
	if !s.opened || s.generation != v.generation || s.digest != v.digest {
		if err := s.sendState(ctx, v, log); err != nil {
			return err
		}
	}
	for _, change := range slices.Sorted(maps.Keys(s.prepared)) {
		if v.stages(change) {
			continue
		}
		if err := s.send(&link.Message{Type: link.MessageDiscard, Change: change, Generation: v.generation}); err != nil {
			return err
		}
		delete(s.prepared, change)
	}
	for i := range v.staged {
		staged := &v.staged[i]
		if base, done := s.prepared[staged.Change]; done && base == v.generation {
			continue
		}
		line, err := v.prepare(staged)
		if err != nil {
			return err
		}
		if err := s.write(line); err != nil {
			return err
		}
		s.prepared[staged.Change] = v.generation
	}
	if err := s.sendQuestions(v); err != nil {
		return err
	}
	if s.opened {
		return nil
	}
	s.opened = true
	return s.send(&link.Message{Type: link.MessageCurrent, Generation: v.generation, Digest: v.digest})
}

// sendState brings the gateway to the view's generation: by a delta if the
// log reaches back, else by the whole manifest.
func (s *stream) sendState(ctx context.Context, v *view, log *slog.Logger) error {
	if s.whole {
		return s.sendWhole(ctx, v, "")
	}
	d, err := v.since(ctx, s.generation)
	switch {
	case err != nil:
		return err
	case !d.possible && s.generation > v.generation:
		log.Warn("gateway is ahead of the control plane", slog.Int64("gateway", s.generation), slog.Int64("wanted", v.generation))
		return s.sendWhole(ctx, v, fmt.Sprintf("this gateway ran generation %d and its group is at %d: the control plane was restored from an older state, and that is what runs now", s.generation, v.generation))
	case !d.possible:
		return s.sendWhole(ctx, v, "")
	case s.generation == v.generation && !s.opened:
		s.digest = v.digest // whether it has that shows when it is told where the group is
		return nil
	case s.generation == v.generation:
		return s.sendWhole(ctx, v, "the group has other content than before under the same generation: the control plane was restored from another state, and that is what runs now")
	}
	if err := s.write(d.line); err != nil {
		return err
	}
	s.generation, s.digest = v.generation, v.digest
	return nil
}

func (s *stream) sendWhole(ctx context.Context, v *view, notice string) error {
	m, err := v.whole(ctx)
	if err != nil {
		return err
	}
	line := m.line
	if notice != "" {
		msg := link.Message{Type: link.MessageManifest, Group: v.group, Generation: v.generation, Entries: m.entries, Notice: notice}
		if line, err = msg.Encode(); err != nil {
			return err
		}
	}
	if err := s.write(line); err != nil {
		return err
	}
	s.whole, s.generation, s.digest = false, v.generation, v.digest
	return nil
}

func (s *stream) send(m *link.Message) error {
	line, err := m.Encode()
	if err != nil {
		return err
	}
	return s.write(line)
}

// write sends a line. A gateway that stops taking it is cut off: it connects
// again and is told what is wanted then, which bounds what is kept for it.
func (s *stream) write(line []byte) error {
	for chunk := range slices.Chunk(line, writeChunk) {
		if err := s.rc.SetWriteDeadline(time.Now().Add(s.fleet.cfg.WriteTimeout)); err != nil {
			return fmt.Errorf("set write deadline: %w", err)
		}
		if _, err := s.w.Write(chunk); err != nil {
			return fmt.Errorf("write to gateway: %w", err)
		}
	}
	if err := s.rc.Flush(); err != nil {
		return fmt.Errorf("write to gateway: %w", err)
	}
	return nil
}
