package match

import (
	"cmp"
	"slices"
	"strings"
)

// pattern is a mixed segment: literals with a parameter between each two.
type pattern []string

// compare orders patterns by precedence; 0 means they are the same.
func (p pattern) compare(o pattern) int {
	if c := cmp.Compare(o.literalBytes(), p.literalBytes()); c != 0 {
		return c
	}
	for i := range min(len(p), len(o)) {
		if c := cmp.Compare(len(o[i]), len(p[i])); c != 0 {
			return c
		}
	}
	return slices.Compare(p, o)
}

func (p pattern) literalBytes() int {
	n := 0
	for _, l := range p {
		n += len(l)
	}
	return n
}

// match matches path[start:end] and appends the places of the parameters to
// spans. When it does not match, it returns false and spans are of no meaning.
//
// Taking the leftmost place for each literal finds a match whenever there is
// one: an earlier place leaves more for what follows. So no back-tracking is
// needed.
func (p pattern) match(path string, start, end int, spans []span) ([]span, bool) {
	first, last := p[0], p[len(p)-1]
	if !strings.HasPrefix(path[start:end], first) {
		return spans, false
	}
	at := start + len(first) // where the next parameter begins
	for _, literal := range p[1 : len(p)-1] {
		if at+1 > end {
			return spans, false
		}
		i := strings.Index(path[at+1:end], literal)
		if i < 0 {
			return spans, false
		}
		spans = append(spans, span{at, at + 1 + i})
		at += 1 + i + len(literal)
	}
	if at+1+len(last) > end || !strings.HasSuffix(path[at+1:end], last) {
		return spans, false
	}
	return append(spans, span{at, end - len(last)}), true
}
