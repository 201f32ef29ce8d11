package e2e

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/management/wire"
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

// lane is a group whose API is changed while clients call it.
type lane struct {
	p       *plant
	rng     *rand.Rand
	group   string
	names   []string // of the backends
	nodes   []string // their addresses
	pairs   *pairs
	ran     []int // revisions that were current there
	current int   // revision
	backend int   // that the slot's upstream is
	canary  int   // revision, 0 for none

	deprecated bool
}

// allow says that answers may come of revision and of the canary, by backend b.
func (l *lane) allow(revision, b int) {
	l.pairs.allow(revision, l.names[b])
	if l.canary != 0 {
		l.pairs.allow(l.canary, l.names[b])
	}
}

// ranAs notes what is current from now on. What made it so ended a canary.
func (l *lane) ranAs(revision, b int) {
	l.current, l.backend, l.canary = revision, b, 0
	l.ran = append(l.ran, revision)
}

// live makes one change of the lane, ending a canary if it has to.
func (l *lane) live(kind gatewright.ChangeKind, item client.Item) {
	item.API = "Pets"
	req := simpleRequest(kind, l.group, item)
	req.AbortCanary = true
	l.p.live(req)
}

func (l *lane) publish(revision int) {
	b := revision % len(l.nodes)
	l.allow(revision, b)
	req := publishRequest(l.group, "Pets", label(revision), []string{l.nodes[b]}, "/ping", "/slow", fmt.Sprintf("/only-%d", revision))
	req.AbortCanary = true
	if n := l.p.live(req).Items[0].Slot.After.Number; n != revision {
		l.p.t.Fatalf("publish %d made revision %d", revision, n)
	}
	l.ranAs(revision, b)
}

// sync carries what from runs to l.
func (l *lane) sync(from *lane) {
	b := l.rng.IntN(len(l.nodes))
	l.allow(from.current, b)
	l.live(gatewright.ChangeSync, client.Item{From: from.group, Runtime: runtime([]string{l.nodes[b]})})
	l.ranAs(from.current, b)
}

func (l *lane) rollback(to int) {
	l.allow(to, l.backend)
	l.live(gatewright.ChangeRollback, client.Item{Revision: label(to)})
	l.ranAs(to, l.backend)
}

// configure has the API call another backend.
func (l *lane) configure() {
	b := (l.backend + 1 + l.rng.IntN(len(l.nodes)-1)) % len(l.nodes)
	l.allow(l.current, b)
	l.live(gatewright.ChangeConfigure, client.Item{Runtime: runtime([]string{l.nodes[b]})})
	l.backend = b
}

// moveCanary starts a canary of revision, or alters or ends the one there is.
func (l *lane) moveCanary(revision int) {
	if l.canary == 0 {
		l.canary = revision
		l.allow(l.current, l.backend)
		l.live(gatewright.ChangeCanaryStart, client.Item{Revision: label(revision), Canary: l.share()})
		return
	}
	switch l.rng.IntN(4) {
	case 0:
		l.live(gatewright.ChangeCanaryPromote, client.Item{})
		l.ranAs(l.canary, l.backend)
	case 1:
		l.live(gatewright.ChangeCanaryAbort, client.Item{})
		l.canary = 0
	default:
		l.live(gatewright.ChangeCanaryStep, client.Item{Canary: l.share()})
	}
}

// share draws a share; its hundredths are hardly ever those of the one before,
// so that it is a change.
func (l *lane) share() *client.CanaryPatch {
	percent := float64(1+l.rng.IntN(9999)) / 100
	return &client.CanaryPatch{Percent: &percent}
}

func (l *lane) deprecate() {
	l.deprecated = !l.deprecated
	item := client.Item{Undo: true}
	if l.deprecated {
		item = client.Item{Lifecycle: &gatewright.Lifecycle{DeprecatedAt: time.Now().UTC(), Successor: "Pets 2"}}
	}
	l.live(gatewright.ChangeDeprecate, item)
}

func label(revision int) string { return fmt.Sprintf("1.0.%d", revision) }

// caller is an app whose keys are replaced, old and new overlapping.
type caller struct {
	p          *plant
	group      string
	credential gatewright.CredentialID
	key        string
}

// newCaller makes an app with a key that is good for the API.
func newCaller(p *plant, group, api string) *caller {
	p.t.Helper()
	c := &caller{p: p, group: group}
	_, err := p.client.CreateApp(p.ctx, group, wire.AppRequest{Name: "shop"})
	p.must(err)
	_, err = p.client.PutGrant(p.ctx, group, "shop", api, wire.GrantRequest{})
	p.must(err)
	c.credential, c.key = c.add()
	return c
}

// add makes a key and waits until all gateways know it.
func (c *caller) add() (gatewright.CredentialID, string) {
	c.p.t.Helper()
	made, err := c.p.client.AddCredential(c.p.ctx, c.group, "shop", wire.CredentialRequest{})
	c.p.must(err)
	c.p.settle(c.group)
	return made.ID, made.Key
}

// rotate has the load use another key and makes the one before it useless.
func (c *caller) rotate(l *load) {
	c.p.t.Helper()
	old := c.credential
	c.credential, c.key = c.add()
	l.useKey(c.p, c.key)
	_, err := c.p.client.RemoveCredential(c.p.ctx, c.group, "shop", string(old))
	c.p.must(err)
}

// TestZeroDowntime makes hundreds of changes of all kinds while every
// connection is busy: publishes, syncs, rollbacks, canaries, other backends,
// deprecations and new keys for the caller. Not one request may fail, and each
// answer must be wholly of one revision: each change brings its backend, so
// the header and the body must fit.
//
// GATEWRIGHT_CHANGES sets the number of changes.
func TestZeroDowntime(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of changes take minutes; run without -short")
	}
	changes := envInt("GATEWRIGHT_CHANGES", 500)
	p := newPlant(t, map[string]int{"test": 2, "production": 1})
	rng := rand.New(rand.NewPCG(1, 2))
	test := &lane{p: p, rng: rng, group: "test", pairs: &pairs{allowed: map[string]bool{}}}
	production := &lane{p: p, rng: rng, group: "production", pairs: &pairs{allowed: map[string]bool{}}}
	for i := range 5 {
		test.names = append(test.names, fmt.Sprintf("b%d", i))
		test.nodes = append(test.nodes, backend(t, test.names[i]))
	}
	production.names, production.nodes = test.names, test.nodes

	test.publish(1)
	production.sync(test)
	shop := newCaller(p, "test", "Pets")
	test.live(gatewright.ChangeConfigure, client.Item{Runtime: &client.Runtime{Access: &gatewright.Access{Mode: gatewright.AccessApp}}})
	loadTest := newLoad(t, []string{p.listen["test-0"], p.listen["test-1"]}, 4, "/ping", shop.key, test.pairs.check)
	loadProduction := newLoad(t, []string{p.listen["production-0"]}, 4, "/ping", "", production.pairs.check)
	stream := openStream(t, p.listen["test-0"], "1", shop.key)

	revision := 1
	tally := map[string]int{}
	for done := 3; done < changes; done++ {
		if done%max(streamPace, changes/(streamParts-5)) == 0 { // well within the time an upstream may be silent
			stream.next()
		}
		l := []*lane{test, production}[rng.IntN(2)]
		old := test.ran[rng.IntN(len(test.ran))] // ran in test, perhaps never in production
		var did string
		switch op := rng.IntN(12); {
		case op < 2 && production.current != test.current:
			production.sync(test)
			did = "sync"
		case op < 4:
			if to := l.ran[rng.IntN(len(l.ran))]; to != l.current {
				l.rollback(to)
				did = "rollback"
			}
		case op < 6 && (l.canary != 0 || old != l.current):
			l.moveCanary(old)
			did = "canary"
		case op == 6:
			l.configure()
			did = "configure"
		case op == 7:
			l.deprecate()
			did = "deprecate"
		case op == 8:
			shop.rotate(loadTest)
			did = "new key"
		}
		if did == "" {
			revision++
			test.publish(revision)
			did = "publish"
		}
		tally[did]++
	}
	loadTest.finish()
	loadProduction.finish()
	stream.finish()
	t.Logf("%d changes: %v", changes, tally)
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
func openStream(t testing.TB, address, id, key string) *stream {
	t.Helper()
	streams.Store(id, make(chan struct{}, streamParts))
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{t: t, id: id, conn: conn, r: bufio.NewReader(conn)}
	if _, err := fmt.Fprintf(conn, "GET /slow?id=%s HTTP/1.1\r\nHost: %s\r\n%s: %s\r\nConnection: close\r\n\r\n", id, address, gatewright.DefaultKeyHeader, key); err != nil {
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
