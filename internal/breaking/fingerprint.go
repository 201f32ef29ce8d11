package breaking

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// fingerprintBytes is the length of fingerprints and digests.
const fingerprintBytes = 12

// digest hashes texts, and where one ends and the next begins.
func digest(texts ...string) string {
	h := sha256.New()
	for _, s := range texts {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:fingerprintBytes])
}

// fingerprint hashes what makes a cause itself: what changed, from what, to
// what.
func (c *cause) fingerprint() string {
	pointer := steady(c.at.spec.root, c.at.at.Pointer())
	if c.mark != "" {
		return digest(c.rule, pointer, c.mark)
	}
	return digest(c.rule, pointer, c.from, c.to)
}

// isFingerprint reports whether s is written like a fingerprint.
func isFingerprint(s string) bool {
	return len(s) == 2*fingerprintBytes && strings.Trim(s, "0123456789abcdef") == ""
}

// steady returns a pointer in which parameters go by what they are instead of
// their index, which is another one as soon as a parameter before them comes
// or goes: /paths/~1pets/get/parameters/query limit/schema.
func steady(root *doctree.Node, pointer string) string {
	if !strings.Contains(pointer, "/parameters/") {
		return pointer
	}
	steps := strings.Split(pointer, "/")
	at := root
	for i, step := range steps[1:] {
		listed := at.Is(doctree.List)
		at = at.Find("/" + step)
		if in, name := text(at.Get("in")), text(at.Get("name")); listed && in != "" && name != "" {
			steps[i+1] = doctree.EscapePointer(in + " " + name)
		}
	}
	return strings.Join(steps, "/")
}
