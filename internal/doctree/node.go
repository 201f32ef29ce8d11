package doctree

import (
	"slices"
	"strconv"
	"strings"
)

// Kind says what a [Node] is.
type Kind uint8

// The kinds of node.
const (
	Null Kind = iota
	Bool
	Number
	String
	List
	Mapping
)

// String returns the kind as messages name it.
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "a boolean"
	case Number:
		return "a number"
	case String:
		return "a string"
	case List:
		return "a list"
	default:
		return "a mapping"
	}
}

// Node is one value of a document. Nodes are shared where YAML aliases refer
// to them; they must not be altered.
type Node struct {
	Kind    Kind
	Line    int32  // from 1
	Column  int32  // from 1, in characters
	Text    string // of a scalar: a string's content, else the value as it was written
	Items   []*Node
	Members []Member // in the order of the document

	parent *Node
	index  map[string]int // into Members, when there are many
}

// Member is one entry of a mapping.
type Member struct {
	Key    string
	Line   int32 // of the key
	Column int32
	Value  *Node
}

// indexFrom is the number of members from which a mapping has an index.
const indexFrom = 12

// Get returns the value of the member named key, nil when n is nil, not a
// mapping or has no such member.
func (n *Node) Get(key string) *Node {
	if m := n.Member(key); m != nil {
		return m.Value
	}
	return nil
}

// Member returns the member named key, or nil.
func (n *Node) Member(key string) *Member {
	if n == nil {
		return nil
	}
	if n.index != nil {
		if i, ok := n.index[key]; ok {
			return &n.Members[i]
		}
		return nil
	}
	for i := range n.Members {
		if n.Members[i].Key == key {
			return &n.Members[i]
		}
	}
	return nil
}

// With returns a copy of the mapping n in which the member named key has the
// value that replace makes of its value; n itself when it has no such member.
func (n *Node) With(key string, replace func(*Node) *Node) *Node {
	if n.Get(key) == nil {
		return n
	}
	altered := *n
	altered.Members = slices.Clone(n.Members)
	m := altered.Member(key)
	m.Value = replace(m.Value)
	return &altered
}

// Is reports whether n is there and of the kind.
func (n *Node) Is(k Kind) bool { return n != nil && n.Kind == k }

// Scalar reports whether n is a string, number or boolean.
func (n *Node) Scalar() bool {
	return n != nil && (n.Kind == String || n.Kind == Number || n.Kind == Bool)
}

// Place is a position in a document, cheap to make: what it costs to tell it
// in words is spent only when it is reported.
type Place struct {
	Line, Column int32
	node         *Node
	key          string
	hasKey       bool
}

// Place returns where n begins.
func (n *Node) Place() Place { return Place{Line: n.Line, Column: n.Column, node: n} }

// KeyPlace returns where the key of m, a member of n, begins.
func (n *Node) KeyPlace(m *Member) Place {
	return Place{Line: m.Line, Column: m.Column, node: n, key: m.Key, hasKey: true}
}

// Pointer returns the JSON pointer (RFC 6901) of the place. What a YAML alias
// stands for has the pointer of its anchor.
func (p Place) Pointer() string {
	if p.node == nil {
		return ""
	}
	pointer := p.node.pointer()
	if p.hasKey {
		pointer += "/" + EscapePointer(p.key)
	}
	return pointer
}

func (n *Node) pointer() string {
	var parts []string
	for child := n; child.parent != nil; child = child.parent {
		parts = append(parts, child.parent.keyOf(child))
	}
	var b strings.Builder
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteByte('/')
		b.WriteString(parts[i])
	}
	return b.String()
}

// keyOf returns the step that leads from n to child.
func (n *Node) keyOf(child *Node) string {
	for i := range n.Members {
		if n.Members[i].Value == child {
			return EscapePointer(n.Members[i].Key)
		}
	}
	for i, item := range n.Items {
		if item == child {
			return strconv.Itoa(i)
		}
	}
	return ""
}

// EscapePointer returns key as a step of a JSON pointer.
func EscapePointer(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// Find follows a JSON pointer from n and returns nil when it leads nowhere.
func (n *Node) Find(pointer string) *Node {
	for pointer != "" {
		if n == nil || pointer[0] != '/' {
			return nil
		}
		step, rest := pointer[1:], ""
		if i := strings.IndexByte(step, '/'); i >= 0 {
			step, rest = step[:i], step[i:]
		}
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		switch n.Kind {
		case Mapping:
			n = n.Get(step)
		case List:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(n.Items) || strconv.Itoa(i) != step {
				return nil
			}
			n = n.Items[i]
		default:
			return nil
		}
		pointer = rest
	}
	return n
}
