package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

// TestKillReplicas does what TestKill does to a control plane of two replicas
// on one PostgreSQL database: changes are submitted through both at once while
// either of them, now and then both, and now and then the database's
// connections are killed. A change must settle although the replica it was
// given to is dead, and no two replicas may ever carry out the same one: each
// makes a generation, and those are dense.
func TestKillReplicas(t *testing.T) {
	if testing.Short() {
		t.Skip("dozens of kills take a minute; run without -short")
	}
	kills, seed := envInt("GATEWRIGHT_KILLS", 100)/3, envInt("GATEWRIGHT_SEED", 20261121)
	t.Logf("replay with GATEWRIGHT_KILLS=%d GATEWRIGHT_SEED=%d", 3*kills, seed)
	p := startPlant(t, postgres.Start(t), 2, map[string]int{"test": 2, "production": 1})
	k := &replicaKiller{killer: newKiller(t, p, uint64(seed)), struck: map[string]int{}}
	k.run(kills, k.round)
	t.Logf("%d kills of %v; ended %v", kills, k.struck, k.tally)
}

type replicaKiller struct {
	*killer
	struck map[string]int // what was killed how often
}

// attempt is a change that is asked for through one replica.
type attempt struct {
	request client.ChangeRequest
	key     string
	through int
	told    *client.Submission // nil when there was no answer, or a refusal
}

func (a *attempt) submit(ctx context.Context, p *plant) {
	if sub, err := p.replicas[a.through].client.Submit(ctx, a.request, a.key); err == nil {
		a.told = sub
	}
}

// known returns the change, if its submitter was told of it.
func (a *attempt) known() *gatewright.Change {
	if a.told == nil {
		return nil
	}
	return a.told.Change
}

// round submits a change through each replica, kills at a random moment, has
// the survivors bring to an end what was begun, and starts the dead again.
func (k *replicaKiller) round(n int) {
	attempts := make([]*attempt, len(k.p.replicas))
	for i := range attempts {
		a := &attempt{through: i}
		a.request, a.key = k.request(n)
		a.key = fmt.Sprintf("%s-%d", a.key, i)
		a.request.Reason = a.key
		attempts[i] = a
	}
	ctx, cancel := context.WithTimeout(k.p.ctx, patience)
	defer cancel()
	delay := time.Duration(k.rng.Int64N(int64(60 * time.Millisecond)))
	done := make(chan struct{})
	for _, a := range attempts {
		go func() {
			a.submit(ctx, k.p)
			done <- struct{}{}
		}()
	}
	<-time.After(delay) // the random moment
	dead := k.strike()
	for range attempts {
		<-done
	}
	if len(dead) == len(k.p.replicas) {
		k.restart(dead[0])
		dead = dead[1:]
	}
	alive := 0
	if len(dead) > 0 {
		alive = 1 - dead[0]
	}
	for _, a := range attempts {
		if ch := a.known(); ch != nil {
			k.acked = append(k.acked, ch.ID)
			k.settlesAt(alive, ch.ID) // whoever it was given to
		}
	}
	for _, i := range dead {
		k.restart(i)
	}
	for _, a := range attempts {
		k.repeat(a)
	}
	if k.rng.IntN(4) == 0 {
		k.agree()
	}
}

// strike kills something and returns which replicas are dead.
func (k *replicaKiller) strike() []int {
	var dead []int
	what := "one replica"
	switch k.rng.IntN(8) {
	case 0:
		what, dead = "both replicas", []int{0, 1}
	case 1, 2:
		what = "the database's connections"
		k.p.must(postgres.Execute(k.p.ctx, k.p.database,
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"))
	case 3:
		what, dead = "a replica and a gateway", []int{k.rng.IntN(2)}
		k.p.gateways["test-1"].kill()
	default:
		dead = []int{k.rng.IntN(2)}
	}
	k.struck[what]++
	for _, i := range dead {
		k.p.replicas[i].kill()
	}
	if what == "a replica and a gateway" {
		k.servesAlone()
	}
	return dead
}

// settlesAt waits for the end of a change at one replica.
func (k *replicaKiller) settlesAt(replica int, id gatewright.ChangeID) {
	first := k.p.client
	k.p.client = k.p.replicas[replica].client
	k.settles(id)
	k.p.client = first
}

// repeat asks again, through the other replica and with the same key, which
// must not do it twice.
func (k *replicaKiller) repeat(a *attempt) {
	other := 1 - a.through
	again, err := k.p.replicas[other].client.Submit(k.p.ctx, a.request, a.key)
	switch {
	case err != nil:
		var e *gatewright.Error
		if !errors.As(err, &e) || e.Code == gatewright.Internal || a.known() != nil {
			k.t.Errorf("repeating request %s: %v", a.key, err)
		}
	case again.Change != nil:
		if ch := a.known(); ch != nil && ch.ID != again.Change.ID {
			k.t.Errorf("the key %s made %s and %s", a.key, ch.ID, again.Change.ID)
		}
		if a.known() == nil {
			k.settlesAt(other, again.Change.ID)
		}
	}
}
