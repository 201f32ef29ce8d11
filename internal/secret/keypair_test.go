package secret

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestKeyPair(t *testing.T) {
	const plain = "correct horse battery"
	k, err := NewKeyPair()
	if err != nil {
		t.Fatal(err)
	}
	private, err := k.Private()
	if err != nil {
		t.Fatal(err)
	}
	same, err := ParseKeyPair(private)
	if err != nil || !bytes.Equal(same.Public(), k.Public()) || len(k.Public()) != PublicKeyBytes {
		t.Fatalf("read again: %v", err)
	}
	other, err := NewKeyPair()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := SealTo(k.Public(), "here", []byte(plain))
	if err != nil || bytes.Contains(sealed, []byte("horse")) {
		t.Fatalf("sealed as %q, %v", sealed, err)
	}
	again, err := SealTo(k.Public(), "here", []byte(plain))
	if err != nil || bytes.Equal(again, sealed) {
		t.Errorf("two seals are the same: %v", err)
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	tests := []struct {
		name    string
		key     *KeyPair
		sealed  []byte
		purpose string
		refused string // "" opens
	}{
		{"its own", k, sealed, "here", ""},
		{"the key read again", same, sealed, "here", ""},
		{"another key", other, sealed, "here", "another key"},
		{"another purpose", k, sealed, "there", "belongs elsewhere"},
		{"altered", k, flipped, "here", "altered"},
		{"cut", k, sealed[:20], "here", "altered"},
		{"only its form", k, sealed[:1], "here", "altered"},
		{"another form", k, append([]byte{9}, sealed[1:]...), "here", "not in the form"},
		{"nothing", k, nil, "here", "not in the form"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.key.Open(tt.sealed, tt.purpose)
			if tt.refused == "" {
				if err != nil || string(got) != plain {
					t.Fatalf("got %q, %v", got, err)
				}
				return
			}
			if gatewright.CodeOf(err) != gatewright.Unavailable || !strings.Contains(err.Error(), tt.refused) || got != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	for _, public := range [][]byte{nil, make([]byte, 31), make([]byte, 33)} {
		if _, err := SealTo(public, "here", nil); gatewright.CodeOf(err) != gatewright.Invalid {
			t.Errorf("a key of %d bytes: %v", len(public), err)
		}
	}
	if _, err := SealTo(make([]byte, PublicKeyBytes), "here", []byte(plain)); err == nil {
		t.Error("sealed to a point that has no secret")
	}
	if _, err := ParseKeyPair(private[1:]); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("a short key: %v", err)
	}
}

func FuzzKeyPairOpen(f *testing.F) {
	k, err := NewKeyPair()
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := SealTo(k.Public(), "here", []byte("plain"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{letterFormat})
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := k.Open(b, "here"); err == nil && !bytes.Equal(b, sealed) {
			t.Fatalf("opened %x as %q", b, got)
		}
	})
}
