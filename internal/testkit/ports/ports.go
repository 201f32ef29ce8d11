package ports

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
)

// The ports are in blocks. A process owns the block whose first port it listens
// on for as long as it lives; the others are what it gives to its tests.
const (
	lowest    = 20_000
	highest   = 32_767 // Linux chooses from those above, other systems from higher ones
	blockSize = 400
)

// block is what this process owns.
type block struct {
	owned net.Listener // on the first port, until the process ends
	first int

	mu   sync.Mutex
	next int // how many ports were given away
}

var process = sync.OnceValues(claim)

// Free returns an address of this machine, 127.0.0.1:PORT, that nobody listens
// on and that no other test gets: not before this process has had all the
// others of its some hundred.
func Free(t testing.TB) string {
	t.Helper()
	address, err := Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// Take is [Free] where no test is at hand.
func Take(ctx context.Context) (string, error) {
	b, err := process()
	if err != nil {
		return "", err
	}
	return b.take(ctx)
}

// claim takes the first block that no process owns.
func claim() (*block, error) {
	for first := lowest; first+blockSize-1 <= highest; first += blockSize {
		if l, err := listen(context.Background(), address(first)); err == nil {
			return &block{owned: l, first: first}, nil
		}
	}
	return nil, fmt.Errorf("all ports from %d to %d are taken", lowest, highest)
}

// take returns the next port of the block; after the last comes the first
// again.
func (b *block) take(ctx context.Context) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range blockSize - 1 {
		a := address(b.first + 1 + b.next%(blockSize-1))
		b.next++
		l, err := listen(ctx, a)
		if err != nil {
			continue // of a program that is no test
		}
		return a, l.Close()
	}
	return "", errors.New("all ports of this process are in use")
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
