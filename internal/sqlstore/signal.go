package sqlstore

import (
	"context"
	"sync"
)

// subscribers are the channels that Signals has given out.
type subscribers struct {
	mu       sync.Mutex
	channels map[chan struct{}]bool
}

// subscribe returns a channel that gets a value for sends from now on. It is
// closed when ctx ends.
func (s *subscribers) subscribe(ctx context.Context) <-chan struct{} {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.channels == nil {
		s.channels = map[chan struct{}]bool{}
	}
	s.channels[c] = true
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.channels, c)
		close(c)
	})
	return c
}

// send gives every channel a value that has none waiting.
func (s *subscribers) send() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.channels {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
