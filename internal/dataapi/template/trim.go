package template

import (
	"bytes"
	"strings"

	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
)

func (n *trim) render(r *renderer) error {
	start := r.builder.Len()
	if err := r.nodes(n.body); err != nil {
		return err
	}
	first, last, err := r.code(start, n.offset)
	if err != nil {
		return err
	}
	if first < 0 {
		r.builder.Truncate(start)
		return nil
	}
	code := r.builder.From(start)[first:last]
	cutFirst := n.overriddenPrefix(code)
	cutLast := n.overriddenSuffix(code[cutFirst:])
	if cutFirst+cutLast >= len(code) && len(bytes.TrimSpace(code[cutFirst:len(code)-cutLast])) == 0 {
		r.builder.Truncate(start)
		return nil
	}
	suffix := n.suffix
	if suffix != "" {
		suffix = " " + suffix
	}
	end := last - cutLast
	for end > first && isSpace(r.builder.From(start)[end-1]) {
		end--
	}
	if err := r.builder.Splice(start+end, start+last, suffix); err != nil {
		return err
	}
	return n.begin(r, start, first, cutFirst)
}

// begin replaces the first bytes of code by the prefix, and the blanks around
// them by one.
func (n *trim) begin(r *renderer, start, first, cut int) error {
	all := r.builder.From(0)
	to := start + first + cut
	for to < len(all) && isSpace(all[to]) {
		to++
	}
	from := start + first
	for from > start && isSpace(all[from-1]) {
		from--
	}
	prefix := n.prefix
	if prefix != "" {
		prefix += " "
	}
	if from > 0 && !isSpace(all[from-1]) {
		prefix = " " + prefix
	}
	return r.builder.Splice(from, to, prefix)
}

// overriddenPrefix returns the length of the first override that code begins
// with.
func (n *trim) overriddenPrefix(code []byte) int {
	for _, o := range n.prefixOverrides {
		k := len(o)
		if len(code) < k || !strings.EqualFold(string(code[:k]), o) {
			continue
		}
		if k < len(code) && sqltext.WordByte(o[k-1]) && sqltext.WordByte(code[k]) {
			continue
		}
		return k
	}
	return 0
}

// overriddenSuffix returns the length of the first override that code ends
// with.
func (n *trim) overriddenSuffix(code []byte) int {
	for _, o := range n.suffixOverrides {
		k := len(code) - len(o)
		if k < 0 || !strings.EqualFold(string(code[k:]), o) {
			continue
		}
		if k > 0 && sqltext.WordByte(o[0]) && sqltext.WordByte(code[k-1]) {
			continue
		}
		return len(o)
	}
	return 0
}

// code returns where, in the text from byte n on, code begins and ends, without
// the blanks and comments around; first is -1 when there is none. Both count
// from n. Looking costs steps: text that is thrown away afterwards would
// otherwise cost nothing.
func (r *renderer) code(n, offset int) (first, last int, err error) {
	s := string(r.builder.From(n))
	if err := r.machine.Spend(1 + len(s)/16); err != nil {
		return 0, 0, r.failed(offset, "", err)
	}
	first = -1
	for i := 0; i < len(s); {
		t := sqltext.Next(r.script.dialect, s, i)
		if t.Code() {
			if first < 0 {
				first = i
			}
			last = t.End
		}
		i = t.End
	}
	return first, last, nil
}
