package doctree

import (
	"slices"
	"strings"
)

// AppendCanonical appends n as canonical JSON to b: keys sorted by their
// bytes, no white space, numbers in one notation per value, strings escaped
// only where JSON demands it. Documents of the same content have the same
// canonical JSON, whatever their notation, comments and order of keys.
func (n *Node) AppendCanonical(b []byte) []byte {
	switch n.Kind {
	case Null:
		return append(b, "null"...)
	case Bool:
		return append(b, n.Text...)
	case Number:
		number, _ := canonicalNumber(n.Text)
		return append(b, number...)
	case String:
		return appendQuoted(b, n.Text)
	case List:
		b = append(b, '[')
		for i, item := range n.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.AppendCanonical(b)
		}
		return append(b, ']')
	}
	members := slices.Clone(n.Members)
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.Key, b.Key) })
	b = append(b, '{')
	for i := range members {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, members[i].Key)
		b = append(b, ':')
		b = members[i].Value.AppendCanonical(b)
	}
	return append(b, '}')
}

const lowerHex = "0123456789abcdef"

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
