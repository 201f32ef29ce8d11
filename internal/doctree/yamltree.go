package doctree

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// yamlConverter turns the parser's nodes into a tree. An alias becomes a
// second way to the node of its anchor; what it would be when written out is
// counted, not made.
type yamlConverter struct {
	report   *Report
	total    extent
	anchored map[*yaml.Node]*measured // a nil entry is being converted
}

// extent is the size of a value with its aliases followed.
type extent struct {
	nodes, bytes, height int
}

type measured struct {
	node   *Node
	extent extent
}

func (e *extent) add(child extent) {
	e.nodes += child.nodes
	e.bytes += child.bytes
	e.height = max(e.height, child.height+1)
}

// convert returns the tree of n, which is on the given level, and its extent.
func (c *yamlConverter) convert(n *yaml.Node, depth int) (*Node, extent, *failure) {
	if n.Kind == yaml.AliasNode {
		return c.alias(n, depth)
	}
	if n.Kind != yaml.ScalarNode && depth > MaxDepth {
		return nil, extent{}, failAt(n, "%s", tooDeep())
	}
	if n.Anchor != "" {
		c.anchored[n] = nil
	}
	result := &Node{Line: int32(n.Line), Column: int32(n.Column)}
	size := extent{nodes: 1, bytes: len(n.Value)}
	if failure := c.count(n, size); failure != nil {
		return nil, size, failure
	}
	var failure *failure
	switch n.Kind {
	case yaml.ScalarNode:
		failure = convertScalar(result, n)
	case yaml.SequenceNode:
		failure = c.list(result, n, depth, &size)
	case yaml.MappingNode:
		failure = c.mapping(result, n, depth, &size)
	default:
		failure = failAt(n, "a YAML construct that OpenAPI has no use for; write it as plain values")
	}
	if n.Anchor != "" {
		c.anchored[n] = &measured{result, size}
	}
	return result, size, failure
}

// count adds to what the document would be when written out.
func (c *yamlConverter) count(at *yaml.Node, size extent) *failure {
	c.total.nodes += size.nodes
	c.total.bytes += size.bytes
	if c.total.nodes > MaxNodes {
		return failAt(at, "with its aliases followed the document has more than %d values; write it without them, or split it", MaxNodes)
	}
	if c.total.bytes > MaxExpandedBytes {
		return failAt(at, "with its aliases followed the document has more than %d bytes; write it without them, or split it", MaxExpandedBytes)
	}
	return nil
}

func (c *yamlConverter) alias(n *yaml.Node, depth int) (*Node, extent, *failure) {
	target, known := c.anchored[n.Alias]
	if !known || target == nil {
		return nil, extent{}, failAt(n, "alias *%s stands within what it refers to; it would have no end", n.Value)
	}
	if depth+target.extent.height > MaxDepth+1 {
		return nil, extent{}, failAt(n, "with alias *%s followed, lists and mappings are more than %d levels deep; flatten them", n.Value, MaxDepth)
	}
	return target.node, target.extent, c.count(n, target.extent)
}

func (c *yamlConverter) list(result *Node, n *yaml.Node, depth int, size *extent) *failure {
	if n.Tag != "!!seq" {
		return failTag(n)
	}
	result.Kind = List
	result.Items = make([]*Node, 0, len(n.Content))
	for _, content := range n.Content {
		item, itemSize, failure := c.convert(content, depth+1)
		if failure != nil {
			return failure
		}
		result.adopt(item)
		result.Items = append(result.Items, item)
		size.add(itemSize)
	}
	return nil
}

func (c *yamlConverter) mapping(result *Node, n *yaml.Node, depth int, size *extent) *failure {
	if n.Tag != "!!map" {
		return failTag(n)
	}
	result.Kind = Mapping
	members := make([]Member, 0, len(n.Content)/2)
	var merged *Node
	var sources []*Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, failure := c.key(n.Content[i])
		if failure != nil {
			return failure
		}
		value, valueSize, failure := c.convert(n.Content[i+1], depth+1)
		if failure != nil {
			return failure
		}
		size.add(valueSize)
		size.bytes += len(key.Key)
		if failure := c.count(n.Content[i], extent{bytes: len(key.Key)}); failure != nil {
			return failure
		}
		if n.Content[i].Tag == "!!merge" {
			if sources != nil {
				return failAt(n.Content[i], "a second merge key <<; write <<: [*first, *second]")
			}
			if sources, failure = mergeSources(n.Content[i], value); failure != nil {
				return failure
			}
			merged = value
			continue
		}
		result.adopt(value)
		key.Value = value
		members = append(members, key)
	}
	result.setMembers(c.report, members)
	if len(sources) > 0 {
		c.merge(result, merged, sources)
	}
	return nil
}

// adopt makes n the parent of child, unless child is an anchor's node and has
// one.
func (n *Node) adopt(child *Node) {
	if child.parent == nil {
		child.parent = n
	}
}

// key returns a member with the key that n writes. What YAML takes for a
// number, a date or a boolean is the text as it was written.
func (c *yamlConverter) key(n *yaml.Node) (Member, *failure) {
	scalar := n
	if n.Kind == yaml.AliasNode {
		scalar = n.Alias
	}
	if scalar.Kind != yaml.ScalarNode {
		return Member{}, failAt(n, "a list or mapping as a key; keys are text")
	}
	if scalar.Anchor != "" && scalar == n {
		key := &Node{Line: int32(n.Line), Column: int32(n.Column)}
		if failure := convertScalar(key, n); failure != nil {
			return Member{}, failure
		}
		c.anchored[n] = &measured{key, extent{nodes: 1, bytes: len(n.Value)}}
	}
	return Member{Key: scalar.Value, Line: int32(n.Line), Column: int32(n.Column)}, nil
}

// mergeSources returns the mappings that the value of a merge key names.
func mergeSources(key *yaml.Node, value *Node) ([]*Node, *failure) {
	sources := []*Node{value}
	if value.Kind == List {
		sources = value.Items
	}
	for _, source := range sources {
		if source.Kind != Mapping {
			return nil, failAt(key, "merge key << with %s; it takes a mapping or a list of mappings", source.Kind)
		}
	}
	return sources, nil
}

// merge adds the members of sources that n lacks; earlier sources go first.
// value is what the merge key held: the source, or the list of them.
func (c *yamlConverter) merge(n, value *Node, sources []*Node) {
	members := slices.Clone(n.Members)
	have := make(map[string]bool, len(members))
	for i := range members {
		have[members[i].Key] = true
	}
	for _, source := range sources {
		inPlace := source.parent == nil || source.parent == value && value.parent == nil
		for _, m := range source.Members {
			if have[m.Key] {
				continue
			}
			have[m.Key] = true
			if inPlace && m.Value.parent == source {
				m.Value.parent = n
			}
			members = append(members, m)
		}
	}
	n.index = nil
	n.setMembers(c.report, members)
}

// convertScalar fills in kind and text. Numbers are what JSON or YAML writes
// as such and has decimal digits; dates are text.
func convertScalar(result *Node, n *yaml.Node) *failure {
	result.Kind, result.Text = String, n.Value
	switch n.Tag {
	case "!!str", "!!timestamp", "!!binary", "!!merge":
		// The parser takes numbers beyond 64 bits for text.
		if n.Style == 0 && n.Value != "" && jsonNumber([]byte(n.Value)) == len(n.Value) {
			result.Kind = Number
		}
	case "!!null":
		result.Kind, result.Text = Null, "null"
	case "!!bool":
		switch n.Value {
		case "true", "True", "TRUE":
			result.Kind, result.Text = Bool, "true"
		case "false", "False", "FALSE":
			result.Kind, result.Text = Bool, "false"
		default:
			return failAt(n, "%q tagged !!bool; write true or false", n.Value)
		}
	case "!!int", "!!float":
		if _, ok := canonicalNumber(n.Value); ok {
			result.Kind = Number
		} else if n.Style&yaml.TaggedStyle != 0 {
			return failAt(n, "%q tagged %s is not a number; remove the tag", n.Value, n.Tag)
		}
	default:
		return failTag(n)
	}
	return nil
}

func failAt(n *yaml.Node, format string, args ...any) *failure {
	return &failure{at: Place{Line: int32(n.Line), Column: int32(n.Column)}, message: fmt.Sprintf(format, args...)}
}

func failTag(n *yaml.Node) *failure {
	return failAt(n, "YAML tag %s has no meaning here; remove it", n.Tag)
}
