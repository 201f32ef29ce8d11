package e2e

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

// pairs knows which revision may come with which backend. A change allows its
// pair before it is submitted; what is not in it was never configured, so an
// answer with it would be of two revisions at once.
type pairs struct {
	mu      sync.Mutex
	allowed map[string]bool
}

func (p *pairs) allow(revision int, backend string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed[strconv.Itoa(revision)+" "+backend] = true
}

func (p *pairs) check(a answer) error {
	if a.status != 200 {
		return fmt.Errorf("status %d: %s", a.status, a.body)
	}
	revision, _, _ := strings.Cut(a.revision, ";")
	name, path, _ := strings.Cut(a.body, " ")
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.allowed[revision+" "+a.backend] || name != a.backend || path != "/ping" {
		return fmt.Errorf("revision %q answered by %q with %q", a.revision, a.backend, a.body)
	}
	return nil
}

// TestZeroDowntime publishes, syncs and rolls back a thousand times while
// every connection is busy. Not one request may fail, and each answer must be
// wholly of one revision: each publish brings its own backend, so the header
// and the body must fit.
func TestZeroDowntime(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand changes take minutes; run without -short")
	}
	changes := 1000
	if s := os.Getenv("GATEWRIGHT_CHANGES"); s != "" {
		changes, _ = strconv.Atoi(s)
	}
	const backends = 5
	p := newPlant(t, map[string]int{"test": 2, "production": 1})
	var names, addresses []string
	for i := range backends {
		names = append(names, fmt.Sprintf("b%d", i))
		addresses = append(addresses, backend(t, names[i]))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	test, production := &pairs{allowed: map[string]bool{}}, &pairs{allowed: map[string]bool{}}
	ran := map[string][]int{} // group → revisions that ran there
	current := map[string]struct{ revision, backend int }{}

	publish := func(revision int) {
		b := revision % backends
		test.allow(revision, names[b])
		paths := []string{"/ping", "/slow", fmt.Sprintf("/only-%d", revision)}
		ch := p.live(publishRequest("test", "Pets", fmt.Sprintf("1.0.%d", revision), []string{addresses[b]}, paths...))
		if n := ch.Items[0].Slot.After.Number; n != revision {
			t.Fatalf("publish %d made revision %d", revision, n)
		}
		current["test"] = struct{ revision, backend int }{revision, b}
		ran["test"] = append(ran["test"], revision)
	}
	sync := func() {
		from := current["test"]
		b := rng.IntN(backends)
		production.allow(from.revision, names[b])
		p.live(simpleRequest(gatewright.ChangeSync, "production", client.Item{API: "Pets", From: "test", Runtime: runtime([]string{addresses[b]})}))
		current["production"] = struct{ revision, backend int }{from.revision, b}
		ran["production"] = append(ran["production"], from.revision)
	}
	publish(1)
	sync()
	loadTest := newLoad(t, []string{p.listen["test-0"], p.listen["test-1"]}, 4, "/ping", test.check)
	loadProduction := newLoad(t, []string{p.listen["production-0"]}, 4, "/ping", production.check)
	stream := openStream(t, p.listen["test-0"], "1")

	revision, done := 1, 2
	for ; done < changes; done++ {
		if done%max(streamPace, changes/(streamParts-5)) == 0 { // well within the time an upstream may be silent
			stream.next()
		}
		switch op := rng.IntN(4); {
		case op == 0 && current["production"].revision != current["test"].revision:
			sync()
		case op == 1:
			group := []string{"test", "production"}[rng.IntN(2)]
			to := ran[group][rng.IntN(len(ran[group]))]
			if to == current[group].revision {
				revision++
				publish(revision)
				continue
			}
			at := current[group]
			map[string]*pairs{"test": test, "production": production}[group].allow(to, names[at.backend])
			p.live(simpleRequest(gatewright.ChangeRollback, group, client.Item{API: "Pets", Revision: fmt.Sprintf("1.0.%d", to)}))
			at.revision = to
			current[group] = at
			ran[group] = append(ran[group], to)
		default:
			revision++
			publish(revision)
		}
	}
	loadTest.finish()
	loadProduction.finish()
	stream.finish()
	t.Logf("%d changes, %d of them publishes", done, revision)
}

// streamPace is how many changes pass at least between two parts of the
// stream.
const streamPace = 50

// stream is a response that is still being sent while changes go on.
type stream struct {
	t    testing.TB
	id   string
	conn net.Conn
	r    *bufio.Reader
	part int // read last
}

// openStream begins a response and returns when its first part is there.
func openStream(t testing.TB, address, id string) *stream {
	t.Helper()
	streams.Store(id, make(chan struct{}, streamParts))
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{t: t, id: id, conn: conn, r: bufio.NewReader(conn)}
	if _, err := fmt.Fprintf(conn, "GET /slow?id=%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", id, address); err != nil {
		t.Fatal(err)
	}
	s.read("part 0")
	return s
}

// read reads lines until one is want.
func (s *stream) read(want string) {
	s.t.Helper()
	for {
		line, err := s.r.ReadString('\n')
		if err != nil {
			s.t.Fatalf("the stream broke off before %q: %v", want, err)
		}
		if strings.Contains(line, want) {
			return
		}
	}
}

// next lets the backend send the next part, unless only the last is left.
func (s *stream) next() {
	s.t.Helper()
	if s.part < streamParts-2 {
		s.send()
	}
}

func (s *stream) send() {
	s.t.Helper()
	s.part++
	ch, _ := streams.Load(s.id)
	ch.(chan struct{}) <- struct{}{}
	s.read("part " + strconv.Itoa(s.part))
}

// finish lets the backend send the rest, which must arrive whole.
func (s *stream) finish() {
	s.t.Helper()
	for s.part < streamParts-1 {
		s.send()
	}
	s.read("0\r\n") // the last chunk: the end was meant
	_ = s.conn.Close()
}
