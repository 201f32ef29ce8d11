package control_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/sqlstore"
	"github.com/gatewright/gatewright/internal/testkit/database"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond) // no two things happen at one time
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a control plane on a real store, with gateways that do what tests
// say. Nothing moves by itself: settle moves everything as far as it goes.
type world struct {
	t        testing.TB
	ctx      context.Context
	clock    *clock
	path     string
	store    control.Store
	c        *control.Control
	gateways []*fakeGateway
}

var admin = gatewright.Actor{Name: "admin", Client: "test"}

func newWorld(t testing.TB) *world {
	w := &world{
		t: t, ctx: context.Background(), path: filepath.Join(database.Dir(t), "gatewright.db"),
		clock: &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)},
	}
	database.Empty(t, w.path)
	w.open()
	t.Cleanup(func() { _ = w.store.Close() })
	return w
}

// open starts the control plane's process, so to speak.
func (w *world) open() {
	w.t.Helper()
	store, err := sqlstore.Open(w.ctx, sqlstore.Config{Path: w.path, Clock: w.clock.Now, Log: slog.New(slog.DiscardHandler)})
	w.must(err)
	w.store = store
	w.c, err = control.New(w.ctx, store, control.Config{Log: slog.New(slog.DiscardHandler)})
	w.must(err)
}

// restart replaces the control plane by a new one on the same store.
func (w *world) restart() {
	w.t.Helper()
	w.must(w.store.Close())
	w.open()
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("unexpected error: %v", err)
	}
}

func (w *world) group(name string, stage gatewright.Stage) *gatewright.Group {
	w.t.Helper()
	g, err := w.c.CreateGroup(w.ctx, admin, gatewright.Group{Name: name, Stage: stage})
	w.must(err)
	return g
}

// standard makes groups test and production with one gateway each.
func (w *world) standard() (test, production *fakeGateway) {
	w.t.Helper()
	return w.join(w.group("test", gatewright.StageTest), "test-1"),
		w.join(w.group("production", gatewright.StageProduction), "production-1")
}

// fakeGateway holds what a gateway of a group runs.
type fakeGateway struct {
	w          *world
	id         gatewright.InstanceID
	key        string
	group      *gatewright.Group
	name       string
	generation int64
	wanted     map[gatewright.Key]gatewright.Hash // the manifest of generation
	entries    map[gatewright.Key]gatewright.Hash // what serves of it
	rejections []gatewright.Rejection
	sequence   int64                                // of its last report
	history    []map[gatewright.Key]gatewright.Hash // everything it ever served
	silent     bool                                 // does nothing and says nothing
	deaf       bool                                 // reports, but never prepares nor applies
	reject     func(*gatewright.Resource) string    // "" accepts
}

func (w *world) join(g *gatewright.Group, name string) *fakeGateway {
	w.t.Helper()
	f := &fakeGateway{w: w, group: g, name: name, wanted: map[gatewright.Key]gatewright.Hash{}, entries: map[gatewright.Key]gatewright.Hash{}}
	f.join()
	w.gateways = append(w.gateways, f)
	return f
}

func (f *fakeGateway) join() {
	f.w.t.Helper()
	j, err := f.w.c.Join(f.w.ctx, f.group.ID, control.Join{
		Instance: f.id, SessionKey: f.key, Name: f.name, Address: "127.0.0.1:9080", Version: "test",
		Generation: f.generation, Digest: f.digest(), Rejected: len(f.rejections),
	})
	f.w.must(err)
	f.id, f.key, f.sequence = j.Instance, j.SessionKey, 0
}

func (f *fakeGateway) digest() gatewright.Digest { return gatewright.DigestOf(f.wanted) }

// report returns what f has to say of what it runs.
func (f *fakeGateway) report() control.Report {
	f.sequence++
	return control.Report{
		Instance: f.id, SessionKey: f.key, Sequence: f.sequence, Generation: f.generation, Digest: f.digest(),
		Rejections: slices.Clone(f.rejections),
	}
}

// rejectionsOf asks f.reject about the resources of a delta.
func (f *fakeGateway) rejectionsOf(d gatewright.Delta) []gatewright.Rejection {
	var out []gatewright.Rejection
	for _, key := range slices.Sorted(maps.Keys(d.Upserts)) {
		body, err := f.w.c.Blob(f.w.ctx, f.group.ID, d.Upserts[key])
		f.w.must(err)
		res, err := gatewright.DecodeResource(body, d.Upserts[key])
		f.w.must(err)
		if f.reject == nil {
			continue
		}
		if why := f.reject(res); why != "" {
			out = append(out, gatewright.Rejection{Key: key, Hash: d.Upserts[key], Reason: why})
		}
	}
	return out
}

// step does what a gateway does when it is woken. It reports whether anything
// happened.
func (f *fakeGateway) step() bool {
	if f.silent {
		return false
	}
	f.w.t.Helper()
	moved := false
	var prepared []control.Prepared
	if !f.deaf {
		wanted, err := f.w.c.Wanted(f.w.ctx, f.group.ID)
		f.w.must(err)
		if wanted.Generation != f.generation || wanted.Digest != f.digest() {
			f.pull()
			moved = true
		}
		for _, s := range wanted.Staged {
			prepared = append(prepared, control.Prepared{Change: s.Change, Generation: f.generation, Digest: f.digest(), Rejections: f.rejectionsOf(s.Delta)})
		}
	}
	r := f.report()
	r.Prepared = prepared
	f.w.must(f.w.c.Report(f.w.ctx, f.group.ID, r))
	return moved
}

func (f *fakeGateway) pull() {
	f.w.t.Helper()
	d, current, ok, err := f.w.c.DeltaSince(f.w.ctx, f.group.ID, f.generation)
	f.w.must(err)
	m, err := f.w.c.Manifest(f.w.ctx, f.group.ID)
	f.w.must(err)
	f.wanted = maps.Clone(f.wanted)
	for _, k := range d.Deletes {
		delete(f.wanted, k)
	}
	maps.Copy(f.wanted, d.Upserts)
	if !ok || !maps.Equal(f.wanted, m.Entries) { // another history: the digest told it
		d, current = gatewright.Delta{Upserts: m.Entries}, m.Generation
		f.wanted, f.entries, f.rejections = maps.Clone(m.Entries), map[gatewright.Key]gatewright.Hash{}, nil
	}
	next := maps.Clone(f.entries)
	f.rejections = slices.DeleteFunc(f.rejections, func(r gatewright.Rejection) bool { _, again := d.Upserts[r.Key]; return again })
	rejected := f.rejectionsOf(d)
	for k, h := range d.Upserts {
		if !slices.ContainsFunc(rejected, func(r gatewright.Rejection) bool { return r.Key == k }) {
			next[k] = h
		}
	}
	for _, k := range d.Deletes {
		delete(next, k)
	}
	f.entries, f.generation = next, current
	f.rejections = append(f.rejections, rejected...)
	f.history = append(f.history, next)
}

// settle moves gateways and pipelines until nothing moves any more.
func (w *world) settle() {
	w.t.Helper()
	groups, err := w.c.Groups(w.ctx)
	w.must(err)
	for range 1000 {
		moved := false
		for _, f := range w.gateways {
			moved = f.step() || moved
		}
		before := w.states()
		for _, g := range groups {
			_, err := w.c.Advance(w.ctx, g.ID)
			w.must(err)
		}
		if !moved && w.states() == before {
			return
		}
	}
	w.t.Fatal("the pipeline does not come to rest")
}

func (w *world) states() string {
	cs, err := w.c.Changes(w.ctx, control.ChangeQuery{})
	w.must(err)
	var b strings.Builder
	for _, c := range cs {
		fmt.Fprintln(&b, c.ID, c.State, c.Outcomes)
	}
	return b.String()
}

// submit submits and settles.
func (w *world) submit(req control.Request) *gatewright.Change {
	w.t.Helper()
	sub, err := w.c.Submit(w.ctx, admin, req, control.SubmitOptions{Reason: "test"})
	w.must(err)
	if sub.Change == nil {
		w.t.Fatalf("the %s is a no-op: %+v", req.Kind, sub.Plan.Items)
	}
	w.settle()
	ch, err := w.c.Change(w.ctx, sub.Change.ID)
	w.must(err)
	return ch
}

// live is submit for changes that must go live.
func (w *world) live(req control.Request) *gatewright.Change {
	w.t.Helper()
	ch := w.submit(req)
	if ch.State != gatewright.ChangeLive {
		w.t.Fatalf("the %s is %s: %v", ch.Kind, ch.State, ch.Error)
	}
	return ch
}

// refused submits and returns the error, which must have that code and say
// all of the words.
func (w *world) refused(req control.Request, code gatewright.Code, words ...string) error {
	w.t.Helper()
	before := w.states()
	_, err := w.c.Submit(w.ctx, admin, req, control.SubmitOptions{})
	if err == nil {
		w.t.Fatalf("the %s was accepted", req.Kind)
	}
	if got := gatewright.CodeOf(err); got != code {
		w.t.Errorf("code %q, want %q: %v", got, code, err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			w.t.Errorf("the error does not say %q: %v", word, err)
		}
	}
	if w.states() != before {
		w.t.Error("a refused request left a change behind")
	}
	return err
}

func (w *world) deployment(api, group string) *gatewright.Deployment {
	w.t.Helper()
	ds, err := w.c.Status(w.ctx, control.StatusQuery{API: api, Group: group})
	w.must(err)
	if len(ds) != 1 {
		w.t.Fatalf("%d deployments of %s in %s", len(ds), api, group)
	}
	return ds[0]
}

// served is what a gateway does for an API: its slot, and the content of the
// slot's current revision.
type served struct {
	gatewright.SlotResource
	Version  string
	Revision int
	BasePath string
	Routes   []gatewright.Route
}

// running returns what f serves of an API, nil if nothing.
func (f *fakeGateway) running(api string) *served {
	f.w.t.Helper()
	for key := range f.entries {
		slot := f.resource(key).Slot
		if slot == nil || slot.Name != api {
			continue
		}
		rev := f.resource(gatewright.RevisionKey(slot.API, slot.Current.Number))
		if rev == nil || rev.Revision == nil {
			f.w.t.Fatalf("%s serves a slot without its revision %d", f.name, slot.Current.Number)
		}
		if c := slot.Canary; c != nil && f.resource(gatewright.RevisionKey(slot.API, c.Number)) == nil {
			f.w.t.Fatalf("%s serves a canary without its revision %d", f.name, c.Number)
		}
		return &served{
			SlotResource: *slot, Version: slot.Current.Version, Revision: slot.Current.Number,
			BasePath: rev.Revision.BasePath, Routes: rev.Revision.Routes,
		}
	}
	return nil
}

// resource returns what f serves under key, nil if nothing.
func (f *fakeGateway) resource(key gatewright.Key) *gatewright.Resource {
	f.w.t.Helper()
	hash, ok := f.entries[key]
	if !ok {
		return nil
	}
	body, err := f.w.c.Blob(f.w.ctx, f.group.ID, hash)
	f.w.must(err)
	res, err := gatewright.DecodeResource(body, hash)
	f.w.must(err)
	return res
}

// definition returns a definition with one GET route per path.
func definition(title, version, base string, paths ...string) *gatewright.Definition {
	d := &gatewright.Definition{Title: title, Version: version, BasePath: base}
	for _, p := range paths {
		d.Routes = append(d.Routes, gatewright.Route{Name: "get " + p, Methods: []string{"GET"}, Path: p})
	}
	d.Document = gatewright.Document{Format: "openapi-3.0", Digest: gatewright.HashBytes([]byte(title + version + base + strings.Join(paths, ",")))}
	return d
}

func nodes(addresses ...string) *control.RuntimePatch {
	p := &control.RuntimePatch{Nodes: []gatewright.Node{}}
	for _, a := range addresses {
		n, err := gatewright.ParseNode(a)
		if err != nil {
			panic(err)
		}
		p.Nodes = append(p.Nodes, n)
	}
	return p
}

// publish is a request to publish the Pets API with these paths.
func publish(group, version string, paths ...string) control.Request {
	return control.Request{Kind: gatewright.ChangePublish, Group: group, Items: []control.Item{{
		Definition: definition("Pets", version, "/", paths...), Version: version, Runtime: nodes("127.0.0.1:7001"),
	}}}
}

func request(kind gatewright.ChangeKind, group string, item control.Item) control.Request {
	return control.Request{Kind: kind, Group: group, Items: []control.Item{item}}
}
