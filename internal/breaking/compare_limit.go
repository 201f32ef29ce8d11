package breaking

import (
	"errors"
	"math"
	"strconv"

	"github.com/gatewright/gatewright/internal/doctree"
)

// limit is a bound of values: the tightest that a schema gives.
type limit struct {
	value     float64
	exclusive bool
	node      *doctree.Node // that has the keyword; nil: there is no such bound
	keyword   string
}

// limitKind is a keyword that bounds values from one side.
type limitKind struct {
	keyword   string
	upper     bool
	exclusive string  // the keyword of the bound that is not reached itself
	trivial   float64 // the value that bounds nothing
}

func limitKinds() []limitKind {
	inf := math.Inf(1)
	return []limitKind{
		{"minimum", false, "exclusiveMinimum", -inf},
		{"maximum", true, "exclusiveMaximum", inf},
		{"minLength", false, "", 0},
		{"maxLength", true, "", inf},
		{"minItems", false, "", 0},
		{"maxItems", true, "", inf},
		{"minProperties", false, "", 0},
		{"maxProperties", true, "", inf},
	}
}

// limitOf returns the tightest bound of the kind.
func (c *schema) limitOf(kind limitKind) limit {
	best := limit{value: kind.trivial}
	consider := func(n *doctree.Node, keyword string, exclusive bool) {
		value := n.Get(keyword)
		if !value.Is(doctree.Number) {
			return
		}
		v, err := strconv.ParseFloat(value.Text, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return
		}
		l := limit{v, exclusive, n, keyword}
		if l.tighter(best, kind.upper) {
			best = l
		}
	}
	for _, n := range c.parts {
		consider(n, kind.keyword, kind.exclusive != "" && isTrue(n.Get(kind.exclusive)))
		if kind.exclusive != "" {
			consider(n, kind.exclusive, true)
		}
	}
	return best
}

// tighter reports whether l allows less than o.
func (l limit) tighter(o limit, upper bool) bool {
	switch {
	case l.value == o.value:
		return l.exclusive && !o.exclusive
	case upper:
		return l.value < o.value
	default:
		return l.value > o.value
	}
}

// words tells the bound.
func (l limit) words(kind limitKind) string {
	if l.node == nil {
		return "no " + kind.keyword
	}
	return l.keyword + " " + show(l.node.Get(l.keyword))
}

func (k *schemaCase) compareLimits() {
	for _, kind := range limitKinds() {
		old, new := k.old.limitOf(kind), k.new.limitOf(kind)
		at := k.new.spec.on(k.new.node())
		switch {
		case new.node != nil:
			at = k.new.spec.onKey(new.node, new.keyword)
		case old.node != nil:
			at = k.old.spec.onKey(old.node, old.keyword)
		}
		k.narrowing("limit", at, new.tighter(old, kind.upper), old.tighter(new, kind.upper), old.words(kind), new.words(kind), [3]string{"-tightened", "-loosened", ""})
	}
	k.compareMultiples()
	old, new := k.old.flag("uniqueItems"), k.new.flag("uniqueItems")
	k.narrowing("limit", k.present("uniqueItems"), new && !old, old && !new, "uniqueItems "+strconv.FormatBool(old), "uniqueItems "+strconv.FormatBool(new), [3]string{"-tightened", "-loosened", ""})
}

// compareMultiples compares multipleOf: a divisor of the old step allows more,
// anything else also less.
func (k *schemaCase) compareMultiples() {
	_, a := k.old.first("multipleOf")
	_, b := k.new.first("multipleOf")
	if k.budget.equal(a, b) {
		return
	}
	words := func(n *doctree.Node) string {
		if n == nil {
			return "any number"
		}
		return "multipleOf " + show(n)
	}
	aspect := "limit-tightened"
	if divides(b, a) && k.way == request || !divides(a, b) && k.way == response {
		aspect = "limit-loosened"
	}
	k.report(aspect, k.present("multipleOf"), words(a), words(b))
}

// divides reports whether every multiple of b is one of a. Without a step,
// every number is a multiple.
func divides(a, b *doctree.Node) bool {
	if a == nil {
		return true
	}
	step, err := strconv.ParseFloat(text(a), 64)
	whole, wholeErr := strconv.ParseFloat(text(b), 64)
	return err == nil && wholeErr == nil && step != 0 && math.Mod(whole, step) == 0
}
