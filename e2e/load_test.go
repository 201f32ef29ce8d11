package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// load keeps connections to gateways busy and judges every single answer.
type load struct {
	t        testing.TB
	path     string
	accept   func(answer) error       // what an answer must be
	key      atomic.Pointer[string]   // of an app, that requests carry
	used     []atomic.Pointer[string] // the key each connection has sent last
	stop     chan struct{}
	wg       sync.WaitGroup
	sent     atomic.Int64
	answered atomic.Int64

	mu       sync.Mutex
	failures []string
	failed   int
}

const maxFailuresTold = 20

// newLoad starts connections to each address, each sending one request after
// the other until the load is stopped.
func newLoad(t testing.TB, addresses []string, connections int, path, key string, accept func(answer) error) *load {
	l := &load{t: t, path: path, accept: accept, stop: make(chan struct{}), used: make([]atomic.Pointer[string], len(addresses)*connections)}
	l.key.Store(&key)
	for i := range l.used {
		l.used[i].Store(&key)
		l.wg.Go(func() { l.run(addresses[i%len(addresses)], i) })
	}
	return l
}

// useKey has requests carry another key, and waits until none with the one
// before it is under way.
func (l *load) useKey(p *plant, key string) {
	l.t.Helper()
	l.key.Store(&key)
	p.await("all connections to use the new key", func() bool {
		for i := range l.used {
			if l.used[i].Load() != &key {
				return false
			}
		}
		return true
	})
}

func (l *load) run(address string, c int) {
	var conn net.Conn
	var r *bufio.Reader
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	for n := 0; ; n++ {
		select {
		case <-l.stop:
			return
		default:
		}
		id := fmt.Sprintf("%s-%d-%d", address, c, n)
		if conn == nil {
			var err error
			if conn, err = net.DialTimeout("tcp", address, patience); err != nil {
				l.fail(id, err)
				return
			}
			r = bufio.NewReader(conn)
		}
		l.sent.Add(1)
		key := l.key.Load()
		l.used[c].Store(key) // the request before, with its key, has been answered
		a, err := exchange(conn, r, address, l.path, id, *key)
		if err == nil {
			l.answered.Add(1)
			err = l.accept(a)
		}
		if err != nil || a.last {
			_ = conn.Close()
			conn = nil
		}
		if err != nil {
			l.fail(id, err)
		}
	}
}

func (l *load) fail(id string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed++; len(l.failures) < maxFailuresTold {
		l.failures = append(l.failures, id+": "+err.Error())
	}
}

// finish stops the load and fails the test unless every request was answered
// as it must be.
func (l *load) finish() {
	l.t.Helper()
	close(l.stop)
	l.wg.Wait()
	l.t.Logf("%d requests sent, %d answered, %d failed", l.sent.Load(), l.answered.Load(), l.failed)
	if l.failed > 0 || l.sent.Load() != l.answered.Load() || l.sent.Load() == 0 {
		l.t.Errorf("%d of %d requests failed:\n%s", l.failed, l.sent.Load(), strings.Join(l.failures, "\n"))
	}
}

// streamParts is how many parts a slow stream has. The backend sends the next
// one when the test asks it to.
const streamParts = 100

// streams lets tests drive slow streams: a part is sent per token received.
var streams sync.Map // stream id → chan struct{}

// slowStream answers /slow?id=N, part by part.
func slowStream(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	ch, ok := streams.Load(id)
	if !ok {
		http.Error(w, "unknown stream", http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusOK)
	for i := range streamParts {
		_, _ = w.Write([]byte("part " + strconv.Itoa(i) + "\n"))
		_ = http.NewResponseController(w).Flush()
		if i < streamParts-1 {
			select {
			case <-ch.(chan struct{}):
			case <-r.Context().Done():
				return
			}
		}
	}
}
