package breaking

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// equal reports whether two values are the same, whatever their notation and
// the order of members. What is missing equals only what is missing.
func (b *budget) equal(x, y *doctree.Node) bool {
	if x == y {
		return true
	}
	if x == nil || y == nil || x.Kind != y.Kind || len(x.Items) != len(y.Items) || len(x.Members) != len(y.Members) {
		return false
	}
	if !b.step() {
		return true
	}
	switch x.Kind {
	case doctree.Number:
		return x.Text == y.Text || string(x.AppendCanonical(nil)) == string(y.AppendCanonical(nil))
	case doctree.List:
		for i := range x.Items {
			if !b.equal(x.Items[i], y.Items[i]) {
				return false
			}
		}
		return true
	case doctree.Mapping:
		for i := range x.Members {
			m := &x.Members[i]
			other := y.Member(m.Key)
			if other == nil || !b.equal(m.Value, other.Value) {
				return false
			}
		}
		return true
	default:
		return x.Text == y.Text
	}
}

// show returns a value for a finding.
func show(n *doctree.Node) string {
	switch {
	case n == nil:
		return ""
	case n.Kind == doctree.String:
		return clip(n.Text)
	case n.Kind == doctree.List || n.Kind == doctree.Mapping:
		return n.Kind.String()
	default:
		return clip(n.Text)
	}
}

// canonical returns a value in the one notation that all notations of it have
// in common, "" for none.
func canonical(n *doctree.Node) string {
	if n == nil {
		return ""
	}
	return string(n.AppendCanonical(nil))
}

// maxShown is the number of values that a finding names.
const maxShown = 8

// list joins values for a finding.
func list(values []string) string {
	shown := values
	if len(shown) > maxShown {
		shown = shown[:maxShown]
	}
	clipped := make([]string, len(shown))
	for i, v := range shown {
		clipped[i] = clip(v)
	}
	joined := strings.Join(clipped, ", ")
	if more := len(values) - len(shown); more > 0 {
		joined += ", and " + itoa(more) + " more"
	}
	return joined
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
