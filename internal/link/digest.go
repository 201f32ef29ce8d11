package link

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"slices"

	"github.com/gatewright/gatewright"
)

// Digest identifies the entries of a manifest. Both sides compare it when a
// stream opens: after a control plane was restored from a backup, equal
// generations need not mean equal content.
func Digest(entries map[gatewright.Key]gatewright.Hash) gatewright.Hash {
	sum := sha256.New()
	for _, k := range slices.Sorted(maps.Keys(entries)) {
		// Names cannot hold control characters, so lines cannot run together.
		_, _ = io.WriteString(sum, string(k)+"\x00"+string(entries[k])+"\n") // a hash never fails
	}
	return gatewright.Hash("sha256:" + hex.EncodeToString(sum.Sum(nil)))
}
