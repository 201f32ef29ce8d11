package e2e

import (
	"bufio"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// TestStopLosesNothing stops a gateway with SIGTERM while clients send one
// request after the other over connections that they keep, and repeat none.
// Each request that was sent must be answered, the last one of a connection
// with Connection: close.
func TestStopLosesNothing(t *testing.T) {
	const rounds, connections, before = 5, 16, 400
	p := newPlant(t, map[string]int{"test": 1})
	const name = "test-0"
	p.live(publishRequest("test", "Pets", "1.0.0", []string{backend(t, "b")}, "/ping"))
	for round := range rounds {
		if round > 0 {
			p.gateways[name].start()
		}
		p.await("the gateway to serve", func() bool {
			a, err := get(p.listen[name], "/ping")
			return err == nil && a.status == 200
		})
		var (
			wg       sync.WaitGroup
			answered atomic.Int64
			begin    = make(chan struct{})
			once     sync.Once
		)
		start := func() { once.Do(func() { close(begin) }) }
		for c := range connections {
			conn, err := net.DialTimeout("tcp", p.listen[name], patience)
			p.must(err)
			wg.Go(func() {
				defer start() // should all of them fail
				defer func() { _ = conn.Close() }()
				r := bufio.NewReader(conn)
				for n := 0; ; n++ {
					id := fmt.Sprintf("%d-%d-%d", round, c, n)
					a, err := exchange(conn, r, p.listen[name], "/ping", id, "")
					if err != nil || a.status != 200 {
						t.Errorf("request %s is lost: status %d, %v", id, a.status, err)
						return
					}
					if answered.Add(1) >= before {
						start()
					}
					if a.last {
						return
					}
				}
			})
		}
		<-begin
		p.gateways[name].stop()
		wg.Wait()
		t.Logf("round %d: %d requests answered", round, answered.Load())
	}
}
