package breaking

import "strings"

// direction is the way in which values travel.
type direction uint8

const (
	request  direction = iota // from callers
	response                  // to callers
)

// String returns the first word of the rules about the direction.
func (d direction) String() string {
	if d == request {
		return "request"
	}
	return "response"
}

// comparer is one comparison under way.
type comparer struct {
	was, now *spec
	budget   *budget
	rules    catalogue
	graph    *graph
	pairs    map[pairKey]int32 // sites of the pairs that were met
	queue    []pairWork        // pairs to compare
	causes   map[causeKey]*cause
	order    []*cause
	notes    []string
}

type pairKey struct {
	old, new *schema
	way      direction
}

type pairWork struct {
	pairKey
	site int32
}

// causeKey tells causes apart before their pointers are known.
type causeKey struct {
	rule     string
	at       spot
	from, to string
	mark     string // digest of from and to in full, when the texts do not tell all; else ""
}

// cause is a finding in the making.
type cause struct {
	causeKey
	shown spot // where to look: at, or the first of the places that are folded
	sites []int32
}

func newComparer(was, now *spec, b *budget) *comparer {
	return &comparer{
		was: was, now: now, budget: b, rules: newCatalogue(b.limits.Severity), graph: newGraph(b),
		pairs: map[pairKey]int32{}, causes: map[causeKey]*cause{},
	}
}

// run compares everything.
func (c *comparer) run() {
	c.budget.look()
	c.compareDocuments()
	for len(c.queue) > 0 && c.budget.step() {
		work := c.queue[0]
		c.queue = c.queue[1:]
		c.compareSchemas(work)
	}
}

// compare puts a pair of schemas into the queue unless it was met before, and
// remembers that step leads to it from the parent site.
func (c *comparer) compare(parent int32, step string, way direction, old, new *schema) {
	key := pairKey{old, new, way}
	site, met := c.pairs[key]
	if !met {
		site = c.graph.pair()
		c.pairs[key] = site
		c.budget.charge(siteBytes)
		c.queue = append(c.queue, pairWork{key, site})
	}
	c.graph.link(site, parent, step)
}

// find records a finding of the rule at the site of the walk. from and to say
// what stood and what stands at the spot.
func (c *comparer) find(site int32, rule string, at spot, from, to string) {
	c.findMarked(site, rule, at, from, to, "")
}

// findMarked records a finding whose texts do not tell all that changed. mark
// is a digest of that, and stands for them in the fingerprint.
func (c *comparer) findMarked(site int32, rule string, at spot, from, to, mark string) {
	if c.rules[rule].Level == None {
		return
	}
	key := causeKey{rule, at, clip(from), clip(to), mark}
	if mark == "" && (key.from != from || key.to != to) {
		key.mark = digest(from, to)
	}
	known := c.causes[key]
	if known == nil {
		c.budget.charge(findingBytes + len(key.from) + len(key.to))
		known = &cause{causeKey: key, shown: at}
		c.causes[key] = known
		c.order = append(c.order, known)
		c.budget.found(len(c.order))
	}
	if n := len(known.sites); n == 0 || known.sites[n-1] != site {
		known.sites = append(known.sites, site)
		c.budget.charge(pointerBytes)
	}
}

// fold records a finding that is told once for the whole document, with the
// first spot it is found at.
func (c *comparer) fold(site int32, rule, what string, first spot) {
	whole := c.now.on(nil)
	key := causeKey{rule: rule, at: whole, from: what, to: what}
	_, again := c.causes[key]
	c.find(site, rule, whole, what, what)
	if known := c.causes[key]; known != nil && !again {
		known.shown = first
	}
}

// isExtension reports whether a member is a vendor's own.
func isExtension(key string) bool { return strings.HasPrefix(key, "x-") }
