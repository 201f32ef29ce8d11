package match

import (
	"hash/maphash"
	"slices"
)

const (
	bucketSize = 8 // nodes that are searched one by one
	slotBits   = 4
	slotCount  = 1 << slotBits
	maxDepth   = 64 / slotBits // a hash has no more bits
)

// seed makes the shape of the tries unpredictable for those who choose the
// names in them.
var seed = maphash.MakeSeed()

// children is a persistent map from a name (a literal segment, a host) to a
// node: a trie over the name's hash whose leaves are small buckets. Changing
// one name copies one bucket and the branches above it, however many names
// there are. nil is the empty map.
type children[V any] struct {
	summary                          // of the nodes: only one of them is entered in a lookup
	names   int                      // in this subtree
	bucket  []child[V]               // when slots is nil
	slots   *[slotCount]*children[V] // by the next bits of the hash
}

type child[V any] struct {
	name string
	node *node[V]
}

// get returns the node called name, or nil.
func (c *children[V]) get(name string) *node[V] {
	if c == nil {
		return nil
	}
	if c.slots != nil {
		hash := maphash.String(seed, name)
		for c.slots != nil {
			if c = c.slots[hash%slotCount]; c == nil {
				return nil
			}
			hash >>= slotBits
		}
	}
	for i := range c.bucket {
		if c.bucket[i].name == name {
			return c.bucket[i].node
		}
	}
	return nil
}

// with returns a map in which name leads to n; a nil n takes the name out.
func (c *children[V]) with(name string, n *node[V]) *children[V] {
	return c.put(child[V]{name, n}, maphash.String(seed, name), 0)
}

// put is with at depth levels below the root; hash holds the bits that are
// left there.
func (c *children[V]) put(e child[V], hash uint64, depth int) *children[V] {
	switch {
	case c == nil && e.node == nil:
		return nil
	case c == nil:
		return newBucket([]child[V]{e}, depth)
	case c.slots == nil:
		return newBucket(replaced(c.bucket, e), depth)
	}
	slots := *c.slots
	at := hash % slotCount
	slots[at] = slots[at].put(e, hash>>slotBits, depth+1)
	b := newBranch(&slots)
	if b.names <= bucketSize/2 {
		return newBucket(b.appendTo(nil), depth)
	}
	return b
}

// replaced returns a copy of bucket in which e has replaced the child of its
// name, or has taken it out if e has no node.
func replaced[V any](bucket []child[V], e child[V]) []child[V] {
	at := slices.IndexFunc(bucket, func(o child[V]) bool { return o.name == e.name })
	switch {
	case at < 0 && e.node == nil:
		return bucket
	case at < 0:
		return append(slices.Clip(bucket), e)
	case e.node == nil:
		return slices.Concat(bucket[:at], bucket[at+1:])
	}
	bucket = slices.Clone(bucket)
	bucket[at] = e
	return bucket
}

// newBucket returns the map of the given children, split if they are many.
func newBucket[V any](bucket []child[V], depth int) *children[V] {
	if len(bucket) == 0 {
		return nil
	}
	if len(bucket) > bucketSize && depth < maxDepth {
		var parts [slotCount][]child[V]
		for _, e := range bucket {
			at := maphash.String(seed, e.name) >> (slotBits * depth) % slotCount
			parts[at] = append(parts[at], e)
		}
		var slots [slotCount]*children[V]
		for at := range parts {
			slots[at] = newBucket(parts[at], depth+1)
		}
		return newBranch(&slots)
	}
	c := &children[V]{bucket: bucket, names: len(bucket), summary: emptySummary}
	for _, e := range bucket {
		c.either(e.node.summary)
	}
	return c
}

func newBranch[V any](slots *[slotCount]*children[V]) *children[V] {
	c := &children[V]{slots: slots, summary: emptySummary}
	for _, s := range slots {
		if s != nil {
			c.names += s.names
			c.either(s.summary)
		}
	}
	return c
}

// appendTo appends all children to list.
func (c *children[V]) appendTo(list []child[V]) []child[V] {
	if c == nil {
		return list
	}
	if c.slots == nil {
		return append(list, c.bucket...)
	}
	for _, s := range c.slots {
		list = s.appendTo(list)
	}
	return list
}
