package e2e

import (
	"bufio"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

// TestRevocation takes keys back while clients call with them over connections
// they keep. Once the change is live, no gateway may accept the key. How long
// after the administrator asked the last call was let through is printed.
func TestRevocation(t *testing.T) {
	const rounds, gateways, connections = 10, 3, 2
	p := newPlant(t, map[string]int{"test": gateways})
	p.live(publishRequest("test", "Pets", "1.0.0", []string{backend(t, "b")}, "/ping"))
	p.live(simpleRequest(gatewright.ChangeConfigure, "test", client.Item{API: "Pets", Runtime: &client.Runtime{Access: &gatewright.Access{Mode: gatewright.AccessApp}}}))
	shop := newCaller(p, "test", "Pets")
	var slowest time.Duration
	for round := range rounds {
		c := &revoked{t: t, key: shop.key, stop: make(chan struct{})}
		for g := range gateways {
			for range connections {
				c.call(p.listen[fmt.Sprintf("test-%d", g)])
			}
		}
		c.began.Wait() // every connection has been let through
		asked := time.Now()
		access, err := p.client.RevokeCredential(p.ctx, "test", "shop", string(shop.credential))
		p.must(err)
		ch, err := p.client.WaitChange(p.ctx, access.Change.ID, nil)
		p.must(err)
		if ch.State != gatewright.ChangeLive || ch.Error != nil {
			t.Fatalf("the revocation is %s: %v", ch.State, ch.Error)
		}
		live := time.Now()
		for name, address := range p.listen {
			if a, err := getWith(address, "/ping", shop.key); err != nil || a.status != 401 {
				t.Errorf("round %d: %s answers a revoked key with %d, %v", round, name, a.status, err)
			}
		}
		close(c.stop)
		c.ended.Wait()
		if c.last.After(live) {
			t.Errorf("round %d: a call that began %s after the revocation was live was let through", round, c.last.Sub(live))
		}
		slowest = max(slowest, c.last.Sub(asked))
		_, err = p.client.RemoveCredential(p.ctx, "test", "shop", string(shop.credential))
		p.must(err)
		shop.credential, shop.key = shop.add()
	}
	t.Logf("%d revocations on %d gateways: the last call let through began at most %s after the administrator asked", rounds, gateways, slowest)
}

// revoked are the calls with a key that is about to be taken back.
type revoked struct {
	t     *testing.T
	key   string
	stop  chan struct{}
	began sync.WaitGroup
	ended sync.WaitGroup

	mu   sync.Mutex
	last time.Time // when the last call that was let through began
}

// call starts a connection that calls again and again.
func (c *revoked) call(address string) {
	c.began.Add(1)
	c.ended.Go(func() {
		began := sync.OnceFunc(c.began.Done)
		defer began() // should it fail
		conn, err := net.DialTimeout("tcp", address, patience)
		if err != nil {
			c.t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		r := bufio.NewReader(conn)
		for refused := false; ; {
			select {
			case <-c.stop:
				return
			default:
			}
			start := time.Now()
			a, err := exchange(conn, r, address, "/ping", "", c.key)
			switch {
			case err != nil:
				c.t.Error(err)
				return
			case a.status == 401:
				refused = true
			case a.status != 200 || refused:
				c.t.Errorf("%s answered %d, refused before: %v", address, a.status, refused)
				return
			default:
				began()
				c.mu.Lock()
				if start.After(c.last) {
					c.last = start
				}
				c.mu.Unlock()
			}
		}
	})
}
