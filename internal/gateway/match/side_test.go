package match

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

// sideOf is a chooser that answers the same for every owner.
type sideOf Side

func (s sideOf) Choose(string) Side { return Side(s) }

func sided(t *testing.T, owner, method, path string, side Side) *Entry[string] {
	t.Helper()
	spec := Spec[string]{Path: path, Owner: gatewright.Key(owner), Side: side, Value: owner + " " + path}
	if method != "" {
		spec.Methods = []string{method}
	}
	e, err := NewEntry(spec)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestSides(t *testing.T) {
	table, err := (*Table[string])(nil).With(nil, []*Entry[string]{
		sided(t, "a", "GET", "/pets", Both),
		sided(t, "a", "POST", "/pets", Other),
		sided(t, "a", "GET", "/pets/{id}", Main),
		sided(t, "a", "GET", "/pets/{petId}", Other), // the same requests, on the other side
		sided(t, "a", "GET", "/pets/new", Other),
		sided(t, "a", "GET", "/gone", Main),
		sided(t, "a", "", "/every", Other),
		sided(t, "a", "GET", "/every", Main),
		sided(t, "b", "GET", "/pets/*", Both),
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name         string
		method, path string
		main, other  string // what is found, "" for no route, "405" for no method
	}{
		{"both", "GET", "/pets", "a /pets", "a /pets"},
		{"method of one side", "POST", "/pets", "405", "a /pets"},
		{"same template on both", "GET", "/pets/7", "a /pets/{id}", "a /pets/{petId}"},
		{"more specific on one side", "GET", "/pets/new", "a /pets/{id}", "a /pets/new"},
		{"gone on the other", "GET", "/gone", "a /gone", ""},
		{"every method on one", "PUT", "/every", "405", "a /every"},
		{"HEAD", "HEAD", "/every", "a /every", "a /every"},
		{"another owner's tail", "GET", "/pets/a/b", "b /pets/*", "b /pets/*"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for side, want := range map[Side]string{Main: tt.main, Other: tt.other} {
				var m Match[string]
				got := ""
				switch table.Find("", tt.path, tt.method, sideOf(side), &m) {
				case Found:
					got = m.Entry().Value()
				case NoMethod:
					got = "405"
				}
				if got != want {
					t.Errorf("on side %d: found %q, want %q", side, got, want)
				}
			}
		})
	}
	if got := table.Allowed("", "/pets", sideOf(Main)); !slices.Equal(got, []string{"GET", "HEAD"}) {
		t.Errorf("allowed on the main side: %q", got)
	}
	if got := table.Allowed("", "/pets", sideOf(Other)); !slices.Equal(got, []string{"GET", "HEAD", "POST"}) {
		t.Errorf("allowed on the other side: %q", got)
	}
}

func TestSidesConflict(t *testing.T) {
	tests := []struct {
		name string
		a, b *Entry[string]
		want bool
	}{
		{"two sides of one owner", sided(t, "a", "GET", "/x", Main), sided(t, "a", "GET", "/x", Other), false},
		{"one side twice", sided(t, "a", "GET", "/x", Other), sided(t, "a", "GET", "/x", Other), true},
		{"a side and both", sided(t, "a", "GET", "/x", Main), sided(t, "a", "GET", "/x", Both), true},
		{"sides of different owners", sided(t, "a", "GET", "/x", Main), sided(t, "b", "GET", "/x", Other), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := (*Table[string])(nil).With(nil, []*Entry[string]{tt.a, tt.b})
			if got := gatewright.CodeOf(err) == gatewright.Conflict; got != tt.want {
				t.Fatalf("err = %v, want a conflict: %t", err, tt.want)
			}
		})
	}
}

// TestSidesAreTablesOfTheirOwn holds a table with two sides against two tables
// that have one side each.
func TestSidesAreTablesOfTheirOwn(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 11))
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	path := func() string {
		p := ""
		for range 1 + rnd.IntN(3) {
			p += "/" + pick("a", "b", "{x}", "{x}.j")
		}
		return p
	}
	for range 300 {
		var joint *Table[string]
		alone := map[Side]*Table[string]{Main: nil, Other: nil}
		for range 8 {
			p, m, side := path(), pick("GET", "POST", ""), Side(rnd.IntN(3))
			e, err := NewEntry(Spec[string]{Path: p, Methods: methodsOf(m), Owner: "a", Side: side, Value: m + " " + p})
			if err != nil {
				continue // a parameter twice
			}
			next, err := joint.With(nil, []*Entry[string]{e})
			if err != nil {
				continue // taken
			}
			joint = next
			for s := range alone {
				if side == Both || side == s {
					if alone[s], err = alone[s].With(nil, []*Entry[string]{e}); err != nil {
						t.Fatalf("the joint table took what one side does not: %v", err)
					}
				}
			}
		}
		for range 30 {
			p := "/" + pick("a", "b", "c", "a.j") + pick("", "/a", "/b", "/c.j") + pick("", "/a", "/q")
			m := pick("GET", "POST", "HEAD", "PUT")
			for s, table := range alone {
				var got, want Match[string]
				if g, w := joint.Find("", p, m, sideOf(s), &got), table.Find("", p, m, nil, &want); g != w || got.Entry() != want.Entry() {
					t.Fatalf("%s %s on side %d: %v %v, alone %v %v", m, p, s, g, got.Entry(), w, want.Entry())
				}
				if g, w := joint.Allowed("", p, sideOf(s)), table.Allowed("", p, nil); !slices.Equal(g, w) {
					t.Fatalf("%s on side %d: allowed %q, alone %q", p, s, g, w)
				}
			}
		}
	}
}

func methodsOf(m string) []string {
	if m == "" {
		return nil
	}
	return []string{m}
}

// TestPlantedIsGrown: a table made at once finds what one that grew finds.
func TestPlantedIsGrown(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	for range 200 {
		var entries []*Entry[string]
		var grown *Table[string]
		for range 30 {
			p := ""
			for range 1 + rnd.IntN(3) {
				p += "/" + pick("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "{}", "{}.j", "x{}", "{}-{}")
			}
			p += pick("", "", "/*")
			for i := 0; strings.Contains(p, "{}"); i++ {
				p = strings.Replace(p, "{}", "{p"+string(rune('a'+i))+"}", 1)
			}
			e, err := NewEntry(Spec[string]{Path: p, Priority: rnd.IntN(2), Owner: "a", Value: p})
			if err != nil {
				t.Fatal(err)
			}
			if next, err := grown.With(nil, []*Entry[string]{e}); err == nil {
				grown, entries = next, append(entries, e)
			}
		}
		planted, err := (*Table[string])(nil).With(nil, entries)
		if err != nil {
			t.Fatal(err)
		}
		if planted.any.summary != grown.any.summary || planted.Len() != grown.Len() {
			t.Fatalf("planted %+v, grown %+v", planted.any.summary, grown.any.summary)
		}
		for range 50 {
			p := "/" + pick("a", "b", "k", "a.j", "xy", "a-b") + pick("", "/a", "/q", "/q.j") + pick("", "/z", "/a-b")
			var got, want Match[string]
			if planted.Find("", p, "GET", nil, &got) != grown.Find("", p, "GET", nil, &want) || got.Entry() != want.Entry() {
				t.Fatalf("%s: planted %v, grown %v", p, got.Entry(), want.Entry())
			}
		}
		// And it can be taken apart again.
		if empty, err := planted.With(entries, nil); err != nil || empty.Len() != 0 || empty.any != nil {
			t.Fatalf("taken apart: %d entries, %v", empty.Len(), err)
		}
	}
}
