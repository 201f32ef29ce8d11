package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a comparison.
const (
	MaxDifferences     = 500
	MaxDifferenceBytes = 1000 // of one value as it is told
)

// Difference is one value that is not the same on two sides, as JSON. An empty
// one is not there; a long one is cut.
type Difference struct {
	Pointer  string // JSON pointer, "" for the whole
	Old, New string
}

// differences compares what two values say as JSON, member by member, and
// returns at most [MaxDifferences], in the order of their pointers.
func differences(before, after any) []Difference {
	d := &differ{}
	d.compare("", generic(before), generic(after))
	return d.found
}

// generic returns v as JSON knows it.
func generic(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return nil // plain data marshals
	}
	var out any
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if dec.Decode(&out) != nil {
		return nil
	}
	return out
}

// differ walks two trees side by side. Their depth is bounded by who made
// them.
type differ struct {
	found []Difference
	more  bool // there are others that are not told
}

func (d *differ) compare(at string, a, b any) {
	if d.more {
		return
	}
	switch x := a.(type) {
	case map[string]any:
		if y, ok := b.(map[string]any); ok {
			d.compareMaps(at, x, y)
			return
		}
	case []any:
		if y, ok := b.([]any); ok {
			d.compareLists(at, x, y)
			return
		}
	default:
		if _, list := b.([]any); !list && !isMap(b) && a == b {
			return
		}
	}
	d.add(at, shown(a), shown(b))
}

func isMap(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

func (d *differ) compareMaps(at string, a, b map[string]any) {
	keys := map[string]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		d.member(at+"/"+escapePointer(k), a, b, k)
	}
}

func (d *differ) member(at string, a, b map[string]any, key string) {
	x, inA := a[key]
	y, inB := b[key]
	switch {
	case !inA:
		d.add(at, "", shown(y))
	case !inB:
		d.add(at, shown(x), "")
	default:
		d.compare(at, x, y)
	}
}

func (d *differ) compareLists(at string, a, b []any) {
	for i := range max(len(a), len(b)) {
		place := at + "/" + strconv.Itoa(i)
		switch {
		case i >= len(a):
			d.add(place, "", shown(b[i]))
		case i >= len(b):
			d.add(place, shown(a[i]), "")
		default:
			d.compare(place, a[i], b[i])
		}
	}
}

func (d *differ) add(at, before, after string) {
	if len(d.found) == MaxDifferences {
		d.more = true
		return
	}
	d.found = append(d.found, Difference{Pointer: at, Old: before, New: after})
}

// shown returns a value as short JSON.
func shown(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprintf("%q", fmt.Sprint(v)) // a number JSON cannot write
	}
	s := strings.TrimSuffix(b.String(), "\n")
	if len(s) <= MaxDifferenceBytes {
		return s
	}
	cut := MaxDifferenceBytes
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

func escapePointer(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// linesOf tells differences as a plan does.
func linesOf(found []Difference) []string {
	lines := []string{}
	for _, d := range found {
		switch {
		case d.Old == "":
			lines = append(lines, "+ "+d.Pointer+" "+d.New)
		case d.New == "":
			lines = append(lines, "- "+d.Pointer+" "+d.Old)
		default:
			lines = append(lines, "~ "+d.Pointer+" "+d.Old+" → "+d.New)
		}
	}
	return lines
}
