package e2e

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/sqlstore"
)

// TestKill kills the control plane, and now and then a gateway, at random
// moments of real changes. After each, the change has finished or failed,
// whatever was acknowledged is there, and the gateways answer what the control
// plane says they run.
//
// GATEWRIGHT_KILLS sets the number of kills, GATEWRIGHT_SEED replays a run.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of kills take minutes; run without -short")
	}
	kills, seed := envInt("GATEWRIGHT_KILLS", 100), envInt("GATEWRIGHT_SEED", 20261121)
	t.Logf("replay with GATEWRIGHT_KILLS=%d GATEWRIGHT_SEED=%d", kills, seed)
	k := newKiller(t, newPlant(t, map[string]int{"test": 2, "production": 1}), uint64(seed))
	k.run(kills, k.round)
	t.Logf("%d kills; the dead left %v; ended %v", kills, k.found, k.tally)
	if kills >= 100 && (k.found["nothing"] == 0 || k.found["nothing"] == kills) {
		t.Error("the kills do not hit changes at different moments")
	}
}

// run plays the rounds, then judges what they have left.
func (k *killer) run(rounds int, round func(int)) {
	k.t.Helper()
	for n := 1; n <= rounds; n++ {
		round(n)
		if k.t.Failed() {
			k.t.Fatalf("broken in round %d", n)
		}
	}
	k.traffic.finish()
	k.history()
	for _, proc := range k.p.processes() { // gateways first
		proc.stop()
	}
	k.store()
}

func envInt(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

type killer struct {
	t       testing.TB
	p       *plant
	rng     *rand.Rand
	nodes   []string
	serial  int                            // of the last version published
	acked   []gatewright.ChangeID          // changes the client was told of
	tally   map[gatewright.ChangeState]int // how changes ended
	found   map[gatewright.ChangeState]int // what the killed control plane had left of them, "nothing" for none
	traffic *load
	mu      sync.Mutex     // for what follows
	shown   map[string]int // version → the revision that answers have shown with it
}

func newKiller(t testing.TB, p *plant, seed uint64) *killer {
	k := &killer{
		t: t, p: p, rng: rand.New(rand.NewPCG(seed, seed)), shown: map[string]int{},
		tally: map[gatewright.ChangeState]int{}, found: map[gatewright.ChangeState]int{},
	}
	for i := range 3 {
		k.nodes = append(k.nodes, backend(t, fmt.Sprintf("b%d", i)))
	}
	req, key := k.publish()
	k.acked = append(k.acked, k.p.change(req, key).ID)
	// One gateway is never killed: its clients must notice nothing of all this.
	k.traffic = newLoad(t, []string{k.p.listen["test-0"]}, 2, "/ping", "", k.accept)
	return k
}

// accept judges an answer: it must be of one backend and of one revision.
// Which one is current is not known while control planes die.
func (k *killer) accept(a answer) error {
	number, version, _ := strings.Cut(a.revision, ";version=")
	n, err := strconv.Atoi(number)
	if a.status != 200 || err != nil || a.body != a.backend+" /ping" {
		return fmt.Errorf("status %d, revision %q, backend %q: %s", a.status, a.revision, a.backend, a.body)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if before, known := k.shown[version]; known && before != n {
		return fmt.Errorf("version %s was revision %d and is revision %d", version, before, n)
	}
	k.shown[version] = n
	return nil
}

func (k *killer) publish() (client.ChangeRequest, string) {
	k.serial++
	return publishRequest("test", "Pets", fmt.Sprintf("1.0.%d", k.serial), []string{k.nodes[k.rng.IntN(len(k.nodes))]},
		"/ping", fmt.Sprintf("/only-%d", k.serial)), fmt.Sprintf("key-%d", k.serial)
}

// request draws a change.
func (k *killer) request(round int) (client.ChangeRequest, string) {
	key := fmt.Sprintf("round-%d", round)
	node := []string{k.nodes[k.rng.IntN(len(k.nodes))]}
	group := []string{"test", "production"}[k.rng.IntN(2)]
	switch k.rng.IntN(5) {
	case 0:
		return simpleRequest(gatewright.ChangeSync, "production", client.Item{API: "Pets", From: "test", Runtime: runtime(node)}), key
	case 1:
		return simpleRequest(gatewright.ChangeRollback, group, client.Item{API: "Pets"}), key
	case 2:
		return simpleRequest(gatewright.ChangeConfigure, group, client.Item{API: "Pets", Runtime: runtime(node)}), key
	default:
		return k.publish()
	}
}

// round submits a change, kills at a random moment, starts again and looks.
func (k *killer) round(n int) {
	req, key := k.request(n)
	req.Reason = key
	delay := time.Duration(k.rng.Int64N(int64(40 * time.Millisecond)))
	alsoGateway := k.rng.IntN(8) == 0
	told := make(chan *client.Submission, 1)
	ctx, cancel := context.WithTimeout(k.p.ctx, patience)
	defer cancel()
	go func() {
		sub, err := k.p.client.Submit(ctx, req, key)
		if err != nil {
			sub = nil
		}
		told <- sub
	}()
	<-time.After(delay) // the random moment
	k.p.replicas[0].kill()
	if alsoGateway {
		k.p.gateways["test-1"].kill()
		k.servesAlone()
	}
	sub := <-told
	k.restart(0)
	if sub != nil && sub.Change != nil {
		k.acked = append(k.acked, sub.Change.ID)
	}
	k.leftBehind(req.Reason)
	// Asking again with the same key must not do it twice.
	again, err := k.p.client.Submit(k.p.ctx, req, key)
	switch {
	case err != nil:
		var e *gatewright.Error
		if !errors.As(err, &e) || e.Code == gatewright.Internal || sub != nil && sub.Change != nil {
			k.t.Errorf("repeating an acknowledged request: %v", err)
		}
	case again.Change != nil:
		if sub != nil && sub.Change != nil && sub.Change.ID != again.Change.ID {
			k.t.Errorf("the same key made %s and %s", sub.Change.ID, again.Change.ID)
		}
		k.settles(again.Change.ID)
	}
	if k.rng.IntN(4) == 0 || alsoGateway {
		k.agree()
	}
}

// restart starts a replica again.
func (k *killer) restart(i int) {
	k.p.replicas[i].start()
	k.p.replicas[i].await(k.p)
}

// leftBehind counts in which state the round's change was when the process
// died: that shows how well the kills are spread.
func (k *killer) leftBehind(reason string) {
	list, err := k.p.client.Changes(k.p.ctx, client.ChangeFilter{}, client.Page{Limit: 2})
	k.p.must(err)
	state := gatewright.ChangeState("nothing")
	for _, ch := range list.Items {
		if ch.Reason == reason {
			state = ch.State
		}
	}
	k.found[state]++
}

// servesAlone starts the killed gateway while there is no control plane: it
// must serve from its last known good.
func (k *killer) servesAlone() {
	k.p.gateways["test-1"].start()
	k.p.await("the gateway to serve without a control plane", func() bool {
		a, err := get(k.p.listen["test-1"], "/ping")
		return err == nil && a.status == 200
	})
}

func (k *killer) settles(id gatewright.ChangeID) {
	ctx, cancel := context.WithTimeout(k.p.ctx, 2*patience)
	defer cancel()
	ch, err := k.p.client.WaitChange(ctx, id, nil)
	if err != nil {
		k.t.Errorf("change %s never settles: %v", id, err)
		return
	}
	k.tally[ch.State]++
	switch ch.State {
	case gatewright.ChangeLive, gatewright.ChangeFailed, gatewright.ChangeSuperseded:
	default:
		k.t.Errorf("change %s ended %s", id, ch.State)
	}
}

// agree holds what the gateways answer to what the control plane says.
func (k *killer) agree() {
	k.t.Helper()
	for _, group := range []string{"test", "production"} {
		for _, d := range k.p.ready(group) {
			for _, in := range d.Instances {
				k.answers(in.Name, d)
			}
		}
	}
}

func (k *killer) answers(gateway string, d *gatewright.Deployment) {
	k.t.Helper()
	want := strconv.Itoa(d.Content.Number)
	serial, _ := strconv.Atoi(d.Content.Version[strings.LastIndexByte(d.Content.Version, '.')+1:])
	for path, status := range map[string]int{
		"/ping": 200, fmt.Sprintf("/only-%d", serial): 200, fmt.Sprintf("/only-%d", serial+1): 404, fmt.Sprintf("/only-%d", serial-1): 404,
	} {
		a, err := get(k.p.listen[gateway], path)
		revision, _, _ := strings.Cut(a.revision, ";")
		if err != nil || a.status != status || status == 200 && revision != want {
			k.t.Errorf("%s of %s answers %s with %d, revision %q (%v); it runs revision %s, version %s",
				gateway, d.GroupName, path, a.status, a.revision, err, want, d.Content.Version)
		}
	}
}

// history checks the record: nothing acknowledged is missing, everything has
// settled, generations are dense and the audit log is unbroken.
func (k *killer) history() {
	seen := map[gatewright.ChangeID]bool{}
	generations := map[string]map[int64]bool{}
	for ch, err := range client.All(k.p.ctx, func(ctx context.Context, page client.Page) (*client.List[*gatewright.Change], error) {
		return k.p.client.Changes(ctx, client.ChangeFilter{}, page)
	}) {
		k.p.must(err)
		seen[ch.ID] = true
		if !ch.State.Settled() {
			k.t.Errorf("change %s is still %s", ch.ID, ch.State)
		}
		if ch.Generation == 0 {
			continue
		}
		if generations[ch.GroupName] == nil {
			generations[ch.GroupName] = map[int64]bool{}
		}
		if generations[ch.GroupName][ch.Generation] {
			k.t.Errorf("generation %d of %s was made twice", ch.Generation, ch.GroupName)
		}
		generations[ch.GroupName][ch.Generation] = true
	}
	for _, id := range k.acked {
		if !seen[id] {
			k.t.Errorf("change %s was acknowledged and is lost", id)
		}
	}
	for group, set := range generations {
		for g := range int64(len(set)) {
			if !set[g+1] {
				k.t.Errorf("generation %d of %s is missing", g+1, group)
			}
		}
	}
	report, err := k.p.client.VerifyAudit(k.p.ctx)
	k.p.must(err)
	if report.Fault != nil {
		k.t.Errorf("the audit log is broken at entry %d: %s", report.Fault.ID, report.Fault.Message)
	}
}

// store looks into the database itself: no half state.
func (k *killer) store() {
	ctx := context.Background()
	cfg := sqlstore.Config{URL: k.p.database, Log: slog.New(slog.DiscardHandler)}
	if cfg.URL == "" {
		cfg.Path = filepath.Join(k.p.dataDir(0), "control.db")
	}
	store, err := sqlstore.Open(ctx, cfg)
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	err = store.View(ctx, func(tx control.Tx) error {
		groups, err := tx.Groups()
		if err != nil {
			return err
		}
		if len(groups) != 2 {
			k.t.Errorf("the store knows %d groups; is it the right one?", len(groups))
		}
		for _, g := range groups {
			manifest, err := tx.Manifest(g.ID)
			if err != nil {
				return err
			}
			slots, err := tx.Slots(control.SlotFilter{Group: g.ID})
			if err != nil {
				return err
			}
			want := map[gatewright.Key]bool{}
			for _, s := range slots {
				if s.Revision == "" {
					continue
				}
				rev, err := tx.Revision(s.Revision)
				if err != nil {
					return err
				}
				want[gatewright.SlotResourceKey(s.SlotKey)] = true
				want[gatewright.RevisionKey(s.API, rev.Number)] = true
			}
			have := map[gatewright.Key]bool{}
			for key, hash := range manifest.Entries {
				have[key] = true
				if _, err := tx.Blob(g.ID, hash); err != nil {
					return err
				}
			}
			if !maps.Equal(want, have) {
				k.t.Errorf("group %s: slots run %v, the manifest has %v", g.Name, want, have)
			}
		}
		changes, err := tx.Changes(control.ChangeFilter{})
		if err != nil {
			return err
		}
		for _, ch := range changes {
			if _, err := tx.Staged(ch.ID); gatewright.CodeOf(err) != gatewright.NotFound {
				k.t.Errorf("change %s (%s) still has something staged", ch.ID, ch.State)
			}
		}
		return nil
	})
	if err != nil {
		k.t.Error(err)
	}
}
