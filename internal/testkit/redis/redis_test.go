//go:build unix

package redis

import "testing"

func TestStart(t *testing.T) {
	if first, second := Start(t), Start(t); first == second {
		t.Fatalf("two tests share %s", first)
	}
	url, kill := Private(t)
	if url == Start(t) {
		t.Fatal("a private server is shared")
	}
	kill()
}
