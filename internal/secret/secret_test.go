package secret

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gatewright/gatewright"
)

func keyOf(b byte) []byte { return bytes.Repeat([]byte{b}, KeyBytes) }

func mustBox(t *testing.T, keys ...[]byte) *Box {
	t.Helper()
	b, err := NewBox(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBox(t *testing.T) {
	const plain = "https://hooks.example.com/token"
	sealed, err := mustBox(t, keyOf(1)).Seal(plain, "receiver/1")
	if err != nil {
		t.Fatal(err)
	}
	flipped := []byte(sealed)
	flipped[len(flipped)-2] ^= 1
	tests := []struct {
		name            string
		box             *Box
		sealed, purpose string
		refused         string // part of the error; "" opens
	}{
		{"the same box", mustBox(t, keyOf(1)), sealed, "receiver/1", ""},
		{"after rotation", mustBox(t, keyOf(1), keyOf(2)), sealed, "receiver/1", ""},
		{"key gone", mustBox(t, keyOf(2)), sealed, "receiver/1", "not in the key file"},
		{"another purpose", mustBox(t, keyOf(1)), sealed, "receiver/2", "belongs elsewhere"},
		{"altered", mustBox(t, keyOf(1)), string(flipped), "receiver/1", "altered"},
		{"cut", mustBox(t, keyOf(1)), sealed[:len(sealed)-8], "receiver/1", "altered"},
		{"nothing inside", mustBox(t, keyOf(1)), sealed[:strings.LastIndex(sealed, ":")+1], "receiver/1", "altered"},
		{"plain text", mustBox(t, keyOf(1)), plain, "receiver/1", "not in the form"},
		{"empty", mustBox(t, keyOf(1)), "", "receiver/1", "not in the form"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.box.Open(tt.sealed, tt.purpose)
			if tt.refused == "" {
				if err != nil || got != plain {
					t.Fatalf("got %q, %v", got, err)
				}
				return
			}
			if gatewright.CodeOf(err) != gatewright.Unavailable || !strings.Contains(err.Error(), tt.refused) || got != "" {
				t.Errorf("got %q, %v", got, err)
			}
			if strings.Contains(err.Error(), "hooks") {
				t.Errorf("the error tells the secret: %v", err)
			}
		})
	}
	if strings.Contains(sealed, "hooks") || !mustBox(t, keyOf(1)).Current(sealed) || mustBox(t, keyOf(1), keyOf(2)).Current(sealed) {
		t.Errorf("sealed as %q", sealed)
	}
	if again, _ := mustBox(t, keyOf(1)).Seal(plain, "receiver/1"); again == sealed {
		t.Error("two seals are the same")
	}
}

func TestBoxLimits(t *testing.T) {
	if _, err := NewBox(); err == nil {
		t.Error("a box without a key")
	}
	if _, err := NewBox(make([]byte, KeyBytes-1)); err == nil {
		t.Error("a short key")
	}
	if _, err := NewBox(make([][]byte, MaxKeys+1)...); err == nil {
		t.Error("too many keys")
	}
	if _, err := mustBox(t, keyOf(1)).Seal(strings.Repeat("x", MaxPlain+1), ""); gatewright.CodeOf(err) != gatewright.LimitExceeded {
		t.Errorf("too long: %v", err)
	}
}

func TestFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "secret-keys")
	boxes := make([]*Box, 8)
	var all sync.WaitGroup
	for i := range boxes { // as replicas that start at once
		all.Go(func() {
			var err error
			if boxes[i], err = OpenFile(name); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	sealed, err := boxes[0].Seal("x", "")
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range boxes {
		if got, err := b.Open(sealed, ""); got != "x" || err != nil {
			t.Errorf("box %d: %q, %v", i, got, err)
		}
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
	// A key is replaced by adding a line.
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(text, strings.Repeat("ab", KeyBytes)+"\r\n\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	rotated, err := OpenFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := rotated.Open(sealed, ""); got != "x" || err != nil || rotated.Current(sealed) {
		t.Errorf("after rotation: %q, %v", got, err)
	}
}

func TestBadFile(t *testing.T) {
	good := strings.Repeat("ab", KeyBytes)
	tests := []struct{ name, text, says string }{
		{"empty", "", "0 keys"},
		{"comments only", "# nothing\n", "0 keys"},
		{"short", good + "\n" + good[2:] + "\n", ":2:"},
		{"no hexadecimal", "# x\n\n" + good[2:] + "zz\n", ":3:"},
		{"too many", strings.Repeat(good+"\n", MaxKeys+1), "17 keys"},
		{"too long", strings.Repeat("#\n", maxFile), "longer than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "secret-keys")
			if err := os.WriteFile(name, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := OpenFile(name)
			if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), good[4:]) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := OpenFile(filepath.Join(t.TempDir(), "none", "secret-keys")); err == nil {
		t.Error("no directory, and no error")
	}
}
