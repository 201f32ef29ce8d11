package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

func registry(name string) *gatewright.GroupResource {
	return &gatewright.GroupResource{Registry: &gatewright.Registry{Name: name}}
}

// newCounter makes the group and the registry that count counts with.
func newCounter(t *testing.T, s *Store) {
	t.Helper()
	err := s.Update(t.Context(), func(tx control.Tx) error {
		return errors.Join(tx.CreateGroup(&gatewright.Group{ID: "grp_1", Name: "g"}), tx.PutGroupResource("grp_1", registry("n")))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// count reads, does something else and writes: without exclusion, counts get
// lost; done twice, there is one too many.
func count(tx control.Tx, between func()) error {
	r, err := tx.GroupResource("grp_1", registry("n").Key())
	if err != nil {
		return err
	}
	between()
	r.Registry.Stale++
	return tx.PutGroupResource("grp_1", r)
}

func counted(t *testing.T, s *Store) (n gatewright.Duration) {
	t.Helper()
	err := s.View(t.Context(), func(tx control.Tx) error {
		r, err := tx.GroupResource("grp_1", registry("n").Key())
		if err == nil {
			n = r.Registry.Stale
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestReplicas: updates of two processes exclude one another, and times are in
// their order.
func TestReplicas(t *testing.T) {
	url := migrated.Start(t)
	replicas := []*Store{openURL(t, url), openURL(t, url)}
	newCounter(t, replicas[0])
	const each = 40
	var wg sync.WaitGroup
	var mu sync.Mutex
	var last time.Time
	for _, s := range replicas {
		for range 2 {
			wg.Go(func() {
				for range each {
					err := s.Update(t.Context(), func(tx control.Tx) error {
						mu.Lock()
						if tx.Now().Before(last) {
							t.Errorf("an update at %s after one at %s", tx.Now(), last)
						}
						last = tx.Now()
						mu.Unlock()
						return count(tx, runtime.Gosched)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	for _, s := range replicas {
		if n := counted(t, s); n != 4*each {
			t.Errorf("%d updates counted to %d", 4*each, n)
		}
	}
}

// endOthers ends every other connection to the database.
const endOthers = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

func awaitSignal(t *testing.T, c <-chan struct{}) {
	t.Helper()
	timeout := time.NewTimer(30 * time.Second)
	defer timeout.Stop()
	select {
	case <-c:
	case <-timeout.C:
		t.Fatal("there was no signal")
	}
}

// TestSignalsCross: each process hears of the other's events, also after the
// connection it listens on was lost, and without any notification.
func TestSignalsCross(t *testing.T) {
	url := migrated.Start(t)
	one, two := openURL(t, url), openURL(t, url)
	heard := two.Signals(t.Context())
	event := func(tx control.Tx) error { return tx.AppendEvent(control.EventRow{Kind: "k"}) }
	for range 3 {
		if err := one.Update(t.Context(), event); err != nil {
			t.Fatal(err)
		}
		awaitSignal(t, heard)
	}
	if err := postgres.Execute(t.Context(), url, endOthers); err != nil {
		t.Fatal(err)
	}
	if err := one.Update(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	awaitSignal(t, heard)
	if err := postgres.Execute(t.Context(), url, "INSERT INTO events (origin, kind, ref) VALUES ('', '', '')"); err != nil {
		t.Fatal(err)
	}
	awaitSignal(t, heard)
}

// TestLostConnection ends the server's side of an update's connection in the
// middle of it: it begins again and is done once.
func TestLostConnection(t *testing.T) {
	url := migrated.Start(t)
	s := openURL(t, url)
	newCounter(t, s)
	points := []struct {
		name          string
		before, after bool
	}{{"before the first statement", true, false}, {"between statements", false, false}, {"before the commit", false, true}}
	for i, p := range points {
		t.Run(p.name, func(t *testing.T) {
			calls := 0
			err := s.Update(t.Context(), func(c control.Tx) error {
				calls++
				kill := func() {
					if calls > 1 {
						return
					}
					var pid int
					if err := c.(*tx).sql.QueryRowContext(t.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
						t.Fatal(err)
					}
					if err := postgres.Execute(t.Context(), url, fmt.Sprintf("SELECT pg_terminate_backend(%d, 10000)", pid)); err != nil {
						t.Fatal(err)
					}
				}
				if p.before {
					kill()
				}
				err := count(c, func() {
					if !p.before && !p.after {
						kill()
					}
				})
				if p.after {
					kill()
				}
				return err
			})
			if err != nil || calls != 2 {
				t.Fatalf("called %d times, %v", calls, err)
			}
			if n := counted(t, s); int(n) != i+1 {
				t.Errorf("counted to %d instead of %d", n, i+1)
			}
		})
	}
	t.Run("every time", func(t *testing.T) {
		calls := 0
		err := s.Update(t.Context(), func(c control.Tx) error {
			calls++
			_, err := c.(*tx).exec("SELECT pg_terminate_backend(pg_backend_pid())")
			return err
		})
		if calls != maxAttempts || gatewright.CodeOf(err) != gatewright.Unavailable {
			t.Errorf("called %d times, %v", calls, err)
		}
	})
	t.Run("view", func(t *testing.T) {
		calls := 0
		err := s.View(t.Context(), func(c control.Tx) error {
			calls++
			var pid int
			if err := c.(*tx).sql.QueryRowContext(t.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
				t.Fatal(err)
			}
			if err := postgres.Execute(t.Context(), url, fmt.Sprintf("SELECT pg_terminate_backend(%d, 10000)", pid)); err != nil {
				t.Fatal(err)
			}
			_, err := c.Groups()
			return err
		})
		if calls != 1 || gatewright.CodeOf(err) != gatewright.Unavailable {
			t.Errorf("called %d times, %v", calls, err)
		}
	})
	t.Run("own error after it", func(t *testing.T) {
		own := gatewright.Errorf(gatewright.Invalid, "no")
		calls := 0
		if err := s.Update(t.Context(), func(control.Tx) error { calls++; return own }); !errors.Is(err, own) || calls != 1 {
			t.Errorf("called %d times, %v", calls, err)
		}
	})
}

// relay stands between a store and its server and can lose a commit.
type relay struct {
	net.Listener
	server string
	lose   atomic.Int32 // loseNothing, loseCommit or loseAnswer, for one commit
	down   atomic.Bool  // nothing new gets through
	wg     sync.WaitGroup
}

const (
	loseNothing = iota
	loseCommit  // it never reaches the server
	loseAnswer  // the server commits, and nobody hears of it
)

// newRelay returns a relay to the database and the URL through it.
func newRelay(t *testing.T, database string) (*relay, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: l, server: u.Host}
	u.Host = l.Addr().String()
	r.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			if r.down.Load() {
				client.Close()
				continue
			}
			r.wg.Go(func() { r.serve(client) })
		}
	})
	t.Cleanup(func() { l.Close(); r.wg.Wait() })
	return r, u.String()
}

// serve relays one connection until one side closes it.
func (r *relay) serve(client net.Conn) {
	defer client.Close()
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", r.server)
	if err != nil {
		return
	}
	defer server.Close()
	var silent atomic.Bool
	var answers sync.WaitGroup
	answers.Go(func() {
		defer client.Close()
		b := make([]byte, 1<<16)
		for {
			n, err := server.Read(b)
			if err != nil || silent.Load() {
				return
			}
			if _, err := client.Write(b[:n]); err != nil {
				return
			}
		}
	})
	b := make([]byte, 1<<16)
	for {
		n, err := client.Read(b)
		if err != nil {
			break
		}
		if bytes.Contains(b[:n], []byte("commit")) {
			if r.lose.CompareAndSwap(loseCommit, loseNothing) {
				break
			}
			if r.lose.CompareAndSwap(loseAnswer, loseNothing) {
				silent.Store(true)
			}
		}
		if _, err := server.Write(b[:n]); err != nil {
			break
		}
	}
	if !silent.Load() {
		server.Close()
	}
	answers.Wait()
}

// TestLostCommit loses a commit on its way to the server, or the answer on its
// way back. Either way the update is done once.
func TestLostCommit(t *testing.T) {
	database := migrated.Start(t)
	r, through := newRelay(t, database)
	s := openURL(t, through)
	newCounter(t, s)
	heard := openURL(t, database).Signals(t.Context())
	for i, tt := range []struct {
		name  string
		lose  int32
		calls int
	}{{"nothing", loseNothing, 1}, {"the commit", loseCommit, 2}, {"the answer", loseAnswer, 1}, {"the commit again", loseCommit, 2}} {
		t.Run(tt.name, func(t *testing.T) {
			own := s.Signals(t.Context())
			calls := 0
			err := s.Update(t.Context(), func(tx control.Tx) error {
				if calls++; calls == 1 {
					r.lose.Store(tt.lose)
				}
				return errors.Join(count(tx, func() {}), tx.AppendEvent(control.EventRow{}))
			})
			if err != nil || calls != tt.calls {
				t.Fatalf("called %d times, %v", calls, err)
			}
			if n := counted(t, s); int(n) != i+1 {
				t.Errorf("counted to %d instead of %d", n, i+1)
			}
			awaitSignal(t, own)
			awaitSignal(t, heard)
		})
	}
}

// TestServerGone: a server that cannot be reached is Unavailable, whatever is
// asked, and the store goes on when it is back.
func TestServerGone(t *testing.T) {
	database := migrated.Start(t)
	r, through := newRelay(t, database)
	s := openURL(t, through)
	newCounter(t, s)
	r.down.Store(true)
	if err := postgres.Execute(t.Context(), database, endOthers); err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func(context.Context, func(control.Tx) error) error{"View": s.View, "Update": s.Update} {
		err := run(t.Context(), func(control.Tx) error { t.Errorf("%s began", name); return nil })
		if gatewright.CodeOf(err) != gatewright.Unavailable {
			t.Errorf("%s returned %v", name, err)
		}
	}
	r.down.Store(false)
	if err := s.Update(t.Context(), func(tx control.Tx) error { return count(tx, func() {}) }); err != nil {
		t.Errorf("the server is back: %v", err)
	}
	if n := counted(t, s); n != 1 {
		t.Errorf("counted to %d", n)
	}
	gone, err := url.Parse(through)
	if err != nil {
		t.Fatal(err)
	}
	gone.Host = "127.0.0.1:1" // nobody listens there
	for _, tt := range []struct{ name, url, want string }{
		{"nobody listens", gone.String(), "cannot be reached"},
		{"no such database", strings.Replace(database, "/test_", "/none_", 1), "createdb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Open(t.Context(), Config{URL: tt.url}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("opened: %v", err)
			}
		})
	}
}
