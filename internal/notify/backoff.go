package notify

import (
	"math/rand/v2"
	"sync"
	"time"
)

// backoff spreads attempts over time.
type backoff struct {
	mu     sync.Mutex
	random *rand.Rand // not safe for concurrent use by itself
}

// after returns how long to wait after the given attempt (1, 2, 3 …). The time
// doubles from [MinBackoff] to [MaxBackoff], and a random fifth less keeps
// messages that failed together apart.
func (b *backoff) after(attempt int) time.Duration {
	d := MinBackoff
	for i := 1; i < attempt && d < MaxBackoff; i++ {
		d *= 2
	}
	d = min(d, MaxBackoff)
	b.mu.Lock()
	defer b.mu.Unlock()
	return d - time.Duration(b.random.Int64N(int64(d/5)+1))
}
