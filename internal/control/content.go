package control

import (
	"encoding/json"

	"github.com/gatewright/gatewright"
)

// sameContent reports whether two slots run the same.
func sameContent(a, b *gatewright.SlotContent) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := *a, *b
	x.Version, y.Version = "", "" // a version given since then changes no content
	return string(encoded(&x)) == string(encoded(&y))
}

func encoded(c *gatewright.SlotContent) []byte {
	b, err := json.Marshal(c)
	if err != nil {
		panic("control: slot content does not marshal: " + err.Error()) // plain data
	}
	return b
}

func labelOf(c *gatewright.SlotContent) string {
	if c == nil {
		return "nothing"
	}
	return c.Label()
}
