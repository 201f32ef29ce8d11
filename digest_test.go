package gatewright_test

import (
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
)

type entries = map[gatewright.Key]gatewright.Hash

func TestDigestOf(t *testing.T) {
	a, b := gatewright.HashBytes([]byte("a")), gatewright.HashBytes([]byte("b"))
	one := gatewright.DigestOf(entries{"x": a, "y": b})
	for _, other := range []entries{nil, {}, {"x": a}, {"y": b}, {"x": b, "y": a}, {"x": a, "z": b}, {"x": a, "y": a}, {"x": a, "y": b, "z": a}} {
		if gatewright.DigestOf(other) == one {
			t.Errorf("%v has the digest of other entries", other)
		}
	}
	if gatewright.DigestOf(nil) != gatewright.NoEntries || gatewright.DigestOf(entries{}) != gatewright.NoEntries {
		t.Error("no entries have another digest than no entries")
	}
	const want = "sum256:4008cd349a64" // gateways and control planes of different builds must agree
	if got := gatewright.DigestOf(entries{"api/a/v1": a}); !strings.HasPrefix(string(got), want) {
		t.Errorf("the digest is %s, and was %s…", got, want)
	}
}

// TestDigestAlter: whatever is done to the entries, one after the other, the
// digest is that of the entries as they are.
func TestDigestAlter(t *testing.T) {
	keys := rapid.SampledFrom([]gatewright.Key{"a", "b", "c", "api/x/v1"})
	hashes := rapid.SampledFrom([]gatewright.Hash{gatewright.HashBytes([]byte("1")), gatewright.HashBytes([]byte("2"))})
	rapid.Check(t, func(t *rapid.T) {
		now, digest := entries{}, gatewright.NoEntries
		seen := map[gatewright.Digest]entries{digest: {}}
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			come := rapid.MapOfN(keys, hashes, 0, 3).Draw(t, "come")
			gone := entries{}
			for _, k := range rapid.SliceOfNDistinct(keys, 0, 2, rapid.ID).Draw(t, "gone") {
				if h, had := now[k]; had {
					gone[k] = h
				}
			}
			for k := range come {
				if h, had := now[k]; had {
					gone[k] = h
				}
			}
			var err error
			if digest, err = digest.Alter(gone, come); err != nil {
				t.Fatal(err)
			}
			for k := range gone {
				delete(now, k)
			}
			maps.Copy(now, come)
			if want := gatewright.DigestOf(now); digest != want {
				t.Fatalf("%v: %s, want %s", now, digest, want)
			}
			if same, known := seen[digest]; known && !maps.Equal(same, now) {
				t.Fatalf("%v and %v have one digest", same, now)
			}
			seen[digest] = maps.Clone(now)
		}
	})
}

func TestDigestThatIsNone(t *testing.T) {
	for _, d := range []gatewright.Digest{
		"", "sum256:", "sha256:" + gatewright.NoEntries[7:], gatewright.NoEntries + "00", gatewright.NoEntries[:len(gatewright.NoEntries)-1] + "g",
	} {
		if got, err := d.Alter(nil, nil); err == nil {
			t.Errorf("%q was altered to %q", d, got)
		}
	}
}
