package cache

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Defaults and limits.
const (
	DefaultBytes  = 64 << 20 // of all answers that are kept
	DefaultAnswer = 1 << 20  // of one answer
	MaxFlights    = 10_000   // answers in the making; further calls make their own
	MaxLarge      = 1000     // keys known to have answers too large to be kept
	LargeTime     = time.Minute
	entryOverhead = 512 // bytes that an answer costs beside its body
)

// Key identifies an answer: a digest of everything it depends on.
type Key [32]byte

// Tag says what an answer belongs to, for purging.
type Tag struct {
	API    string
	Source string
}

// Entry is an answer that is kept. It must not be changed.
type Entry struct {
	Body []byte // without what is not the same for all callers
	Meta any    // whatever the maker wants to know about it
}

// Answer is what a maker made: an entry, which is whole unless there is a rest.
type Answer struct {
	Entry
	Rest Rest // nil when the entry is the whole answer
}

// Rest is what is still to come of an answer that is too large to be kept.
type Rest interface{ Close() }

// Make makes an answer. It reads as much as may be kept, and gives the rest
// unread to its caller.
type Make func(ctx context.Context) (Answer, error)

// Options are what a cache is made of.
type Options struct {
	Bytes int64            // of all answers; 0 is [DefaultBytes], negative is nothing at all
	Now   func() time.Time // nil is the system's clock
}

// Stats are the numbers of a cache at one moment; the counters begin with the
// cache.
type Stats struct {
	Entries, Bytes                                     int64
	Hits, Misses, Coalesced, Evictions, Purged, Larger int64
}

// Cache keeps answers. It is safe for concurrent use.
type Cache struct {
	now   func() time.Time
	bytes int64

	mu      sync.Mutex
	entries *simplelru.LRU[Key, *kept]
	flights map[Key]*flight
	making  map[*flight]struct{}           // those and the purged ones
	large   *simplelru.LRU[Key, time.Time] // until when
	stats   Stats
	closed  bool
	running sync.WaitGroup
}

type kept struct {
	Entry
	tag     Tag
	made    time.Time
	expires time.Time
}

func (k *kept) size() int64 { return int64(len(k.Body)) + entryOverhead }

// New returns an empty cache. The caller must close it.
func New(o Options) (*Cache, error) {
	if o.Bytes == 0 {
		o.Bytes = DefaultBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Cache{now: o.Now, bytes: o.Bytes, flights: make(map[Key]*flight), making: make(map[*flight]struct{})}
	var err error
	if c.entries, err = simplelru.NewLRU(math.MaxInt, c.forget); err != nil {
		return nil, fmt.Errorf("make a cache: %w", err)
	}
	if c.large, err = simplelru.NewLRU[Key, time.Time](MaxLarge, nil); err != nil {
		return nil, fmt.Errorf("make a cache: %w", err)
	}
	return c, nil
}

// forget accounts for an entry that is removed. The lock is held.
func (c *Cache) forget(_ Key, k *kept) {
	c.stats.Entries--
	c.stats.Bytes -= k.size()
}

// Found is an answer, and how it came.
type Found struct {
	Answer
	Age    time.Duration // since it was made; 0 for a new one
	Hit    bool          // it was kept
	Shared bool          // another's call made it
}

// ErrAlone tells a caller to make its own answer: that of the key is too large
// to be shared, or too many are in the making, or the cache is closed.
var ErrAlone = errors.New("the answer is not shared")

// Do returns the answer of the key: one that is kept, one that is being made,
// or the one that it has made now, which is kept for ttl. When it has a rest,
// the caller has it alone, and it ends with ctx.
//
// The error is what making said, or the cause of ctx's end, or [ErrAlone].
func (c *Cache) Do(ctx context.Context, key Key, tag Tag, ttl time.Duration, doMake Make) (Found, error) {
	c.mu.Lock()
	now := c.now()
	if k, ok := c.entries.Get(key); ok {
		if now.Before(k.expires) {
			c.stats.Hits++
			c.mu.Unlock()
			return Found{Answer: Answer{Entry: k.Entry}, Age: max(0, now.Sub(k.made)), Hit: true}, nil
		}
		c.entries.Remove(key)
	}
	c.stats.Misses++
	if until, ok := c.large.Get(key); ok && now.Before(until) || c.closed {
		c.mu.Unlock()
		return Found{}, ErrAlone
	}
	f, shared := c.flights[key]
	switch {
	case shared:
		c.stats.Coalesced++
		f.waiting++
	case len(c.making) >= MaxFlights:
		c.mu.Unlock()
		return Found{}, ErrAlone
	default:
		f = c.depart(ctx, key, tag, ttl, doMake)
	}
	c.mu.Unlock()
	found, err := c.wait(ctx, f)
	found.Shared = shared
	return found, err
}

// Purge forgets the answers for which match is true, and keeps none of those
// that are being made for it: who asks from now on gets a new one.
func (c *Cache) Purge(match func(Tag) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range c.entries.Keys() {
		if k, ok := c.entries.Peek(key); ok && match(k.tag) {
			c.entries.Remove(key)
			c.stats.Purged++
		}
	}
	for _, f := range c.flights {
		if match(f.tag) {
			f.stale = true
			c.close(f)
		}
	}
}

// PurgeAPI forgets the answers of an API.
func (c *Cache) PurgeAPI(api string) { c.Purge(func(t Tag) bool { return t.API == api }) }

// PurgeSource forgets the answers from a data source.
func (c *Cache) PurgeSource(source string) { c.Purge(func(t Tag) bool { return t.Source == source }) }

// PurgeAll forgets all answers.
func (c *Cache) PurgeAll() { c.Purge(func(Tag) bool { return true }) }

// Stats returns the numbers of the cache.
func (c *Cache) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// Close forgets everything, ends what is being made and waits for it. Calls that
// come later make their own answers.
func (c *Cache) Close() {
	c.mu.Lock()
	c.closed = true
	for f := range c.making {
		f.cancel()
	}
	c.entries.Purge()
	c.mu.Unlock()
	c.running.Wait()
}

// keep keeps an answer, and lets go of the oldest in use until all fit. The
// lock is held.
func (c *Cache) keep(key Key, k *kept) {
	if k.size() > c.bytes || c.closed {
		return
	}
	c.entries.Remove(key)
	c.entries.Add(key, k)
	c.stats.Entries++
	c.stats.Bytes += k.size()
	for c.stats.Bytes > c.bytes {
		c.entries.RemoveOldest()
		c.stats.Evictions++
	}
}
