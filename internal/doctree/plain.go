package doctree

import "encoding/json"

// PlainJSON returns n as JSON with sorted keys and numbers as people write
// them: canonical ones, like 2e2, do not fit an integer. Numbers beyond the
// precision of a float64 are rounded. Equal values give equal bytes.
func (n *Node) PlainJSON() json.RawMessage {
	canonical := n.AppendCanonical(nil)
	var v any
	if json.Unmarshal(canonical, &v) != nil { // a number beyond all bounds: whoever reads it refuses it
		return canonical
	}
	b, err := json.Marshal(v)
	if err != nil {
		return canonical
	}
	return b
}
