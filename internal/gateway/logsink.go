package gateway

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of the access log.
const (
	logBufferBytes   = 256 << 10              // per stripe; a line that does not fit is dropped and counted
	logFlushInterval = 250 * time.Millisecond // longest time a line waits for its write
)

// logSink takes lines from the goroutines of requests and writes them from one
// of its own. Taking a line never waits for the writer: when that is too slow,
// lines are dropped, and the log says how many in a line of their own. Lines of
// different connections may change places within [logFlushInterval].
type logSink struct {
	w     io.Writer
	log   *slog.Logger
	clock func() time.Time

	shards  [stripes]logShard
	dropped atomic.Uint64
	wake    chan struct{} // a buffer is half full
	stop    chan struct{}
	done    chan struct{}
	closing sync.Once

	// Used by the writing goroutine only.
	spare   []byte
	told    uint64 // of dropped
	failing bool
}

type logShard struct {
	mu  sync.Mutex
	buf []byte
	_   [32]byte
}

// newLogSink starts a sink. It is ended with close.
func newLogSink(w io.Writer, log *slog.Logger, clock func() time.Time) *logSink {
	s := &logSink{
		w: w, log: log, clock: clock,
		wake: make(chan struct{}, 1),
		stop: make(chan struct{}),
		done: make(chan struct{}),
	}
	go s.run()
	return s
}

// add takes a line, which it copies.
func (s *logSink) add(stripe uint32, line []byte) {
	sh := &s.shards[stripe]
	sh.mu.Lock()
	before := len(sh.buf)
	if before+len(line) > logBufferBytes {
		sh.mu.Unlock()
		s.dropped.Add(1)
		return
	}
	sh.buf = append(sh.buf, line...)
	after := len(sh.buf)
	sh.mu.Unlock()
	if before < logBufferBytes/2 && after >= logBufferBytes/2 {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// close writes what is left and ends the sink. It gives up when ctx ends while
// a write hangs; only the end of that write then ends the sink's goroutine.
// Lines added after close are lost.
func (s *logSink) close(ctx context.Context) error {
	s.closing.Do(func() { close(s.stop) })
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *logSink) run() {
	defer close(s.done)
	tick := time.NewTicker(logFlushInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.wake:
		case <-s.stop:
			s.flush()
			return
		}
		s.flush()
	}
}

// flush writes what the shards hold and tells of dropped lines.
func (s *logSink) flush() {
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		full := sh.buf
		sh.buf = s.spare
		sh.mu.Unlock()
		if len(full) > 0 && !s.write(full) {
			s.dropped.Add(uint64(bytes.Count(full, []byte{'\n'})))
		}
		s.spare = full[:0]
	}
	if n := s.dropped.Load(); n > s.told {
		line := append([]byte(nil), `{"time":`...)
		line = appendTime(line, s.clock())
		line = append(line, `,"dropped":`...)
		line = strconv.AppendUint(line, n-s.told, 10)
		if s.write(append(line, "}\n"...)) {
			s.told = n
		}
	}
}

// write reports whether b was written. It logs the first of several failures.
func (s *logSink) write(b []byte) bool {
	_, err := s.w.Write(b)
	switch {
	case err != nil && !s.failing:
		s.log.Error("writing the access log fails; lines are lost", "error", err)
	case err == nil && s.failing:
		s.log.Info("writing the access log works again")
	}
	s.failing = err != nil
	return err == nil
}
