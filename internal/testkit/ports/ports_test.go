package ports

import (
	"net"
	"slices"
	"testing"
)

func TestFree(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		a := Free(t)
		if seen[a] {
			t.Fatalf("%s is given twice", a)
		}
		seen[a] = true
		l, err := net.Listen("tcp", a)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
}

// TestBlocks: two processes have no port in common, and what somebody else
// listens on is given to nobody.
func TestBlocks(t *testing.T) {
	one, err := claim()
	if err != nil {
		t.Fatal(err)
	}
	defer one.owned.Close()
	two, err := claim()
	if err != nil {
		t.Fatal(err)
	}
	defer two.owned.Close()
	if one.first == two.first {
		t.Fatal("one block has two owners")
	}
	taken, err := net.Listen("tcp", address(one.first+1))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var given []string
	for range blockSize - 2 {
		a, err := one.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		given = append(given, a)
	}
	first := given[0]
	slices.Sort(given)
	if n := len(slices.Compact(given)); n != blockSize-2 || slices.Contains(given, taken.Addr().String()) {
		t.Errorf("%d different ports are given, %s among them: %t", n, taken.Addr(), slices.Contains(given, taken.Addr().String()))
	}
	if again, err := one.take(t.Context()); err != nil || again != first {
		t.Errorf("after the last port comes %s, %v; want %s", again, err, first)
	}
	for port := range blockSize - 1 {
		if l, err := net.Listen("tcp", address(one.first+1+port)); err == nil {
			defer l.Close()
		}
	}
	if a, err := one.take(t.Context()); err == nil {
		t.Errorf("with all ports in use %s is given", a)
	}
}
