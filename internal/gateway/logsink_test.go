package gateway

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

func clock() time.Time { return time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC) }

// gate is a writer that waits for permission before each write.
type gate struct {
	entered chan struct{} // one value for each write that began
	open    chan struct{} // closed to let writes go on

	mu sync.Mutex
	b  bytes.Buffer
}

func newGate() *gate { return &gate{entered: make(chan struct{}, 64), open: make(chan struct{})} }

func (g *gate) Write(p []byte) (int, error) {
	select {
	case g.entered <- struct{}{}:
	default:
	}
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.b.Write(p)
}

// TestSlowWriterNeverBlocks hangs the writer and adds more lines than fit. All
// calls return, what does not fit is counted, and the log says so in the end.
func TestSlowWriterNeverBlocks(t *testing.T) {
	w := newGate()
	s := newLogSink(w, slog.New(slog.DiscardHandler), clock)
	line := []byte(strings.Repeat("x", 1023) + "\n")
	const perShard = logBufferBytes / 1024
	for range perShard { // wakes the writer, which then hangs
		s.add(0, line)
	}
	<-w.entered
	for shard := range uint32(stripes) {
		for range 2 * perShard {
			s.add(shard, line)
		}
	}
	dropped := s.dropped.Load()
	if dropped < (stripes-1)*perShard {
		t.Errorf("%d lines dropped, want at least %d", dropped, (stripes-1)*perShard)
	}
	close(w.open)
	if err := s.close(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := w.b.String()
	if got, want := strings.Count(out, string(line)), (2*stripes+1)*perShard-int(dropped); got != want {
		t.Errorf("%d lines written, want %d", got, want)
	}
	if i := strings.Index(out, "{"); i < 0 || !strings.HasPrefix(out[i:], `{"time":"2026-11-21T09:30:00.000000Z","dropped":`) {
		t.Errorf("the log does not tell of the gap")
	}
}

func TestCloseGivesUpOnAHangingWriter(t *testing.T) {
	w := newGate()
	s := newLogSink(w, slog.New(slog.DiscardHandler), clock)
	s.add(0, []byte("a\n"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.closing.Do(func() { close(s.stop) })
	<-w.entered
	if err := s.close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("close = %v", err)
	}
	close(w.open)
	<-s.done
}

// failing is a writer that fails while it is told to.
type failing struct {
	mu  sync.Mutex
	err error
	b   bytes.Buffer
}

func (f *failing) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return 0, f.err
	}
	return f.b.Write(p)
}

func TestFailingWriterIsToldOnceAndRecovers(t *testing.T) {
	var log strings.Builder
	w := &failing{err: errors.New("disk full")}
	// No goroutine: the test flushes itself.
	s := &logSink{w: w, log: slog.New(slog.NewTextHandler(&log, nil)), clock: clock}
	for range 3 {
		s.add(1, []byte("a\n"))
		s.flush()
	}
	if n := strings.Count(log.String(), "disk full"); n != 1 || s.dropped.Load() != 3 {
		t.Errorf("told %d times, %d dropped; log:\n%s", n, s.dropped.Load(), log.String())
	}
	w.err = nil
	s.add(1, []byte("b\n"))
	s.flush()
	if want := "b\n" + `{"time":"2026-11-21T09:30:00.000000Z","dropped":3}` + "\n"; w.b.String() != want {
		t.Errorf("written %q, want %q", w.b.String(), want)
	}
	if !strings.Contains(log.String(), "works again") {
		t.Errorf("log:\n%s", log.String())
	}
}
