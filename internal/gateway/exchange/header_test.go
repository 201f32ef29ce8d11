package exchange

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func list(h *Header) string {
	var b strings.Builder
	h.Each(func(name, value string) bool {
		b.WriteString(name + "=" + value + " ")
		return true
	})
	return strings.TrimSpace(b.String())
}

func filled(pairs ...string) *Header {
	h := &Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.AddParsed(pairs[i], pairs[i+1])
	}
	return h
}

func TestHeaderEdits(t *testing.T) {
	for _, x := range []struct {
		name string
		edit func(h *Header)
		want string
	}{
		{"set replaces all", func(h *Header) { h.Set("A", "9") }, "a=9 b=2 x_y=4 x-y=5"},
		{"set appends", func(h *Header) { h.Set("C", "9") }, "a=1 b=2 A=3 x_y=4 x-y=5 C=9"},
		{"add", func(h *Header) { h.Add("a", "9") }, "a=1 b=2 A=3 x_y=4 x-y=5 a=9"},
		{"del", func(h *Header) { h.Del("A") }, "b=2 x_y=4 x-y=5"},
		{"del nothing", func(h *Header) { h.Del("C") }, "a=1 b=2 A=3 x_y=4 x-y=5"},
		{"del from", func(h *Header) { h.DelFrom(1, "a") }, "a=1 b=2 x_y=4 x-y=5"},
		{"del loose", func(h *Header) { h.DelLoose("X-Y") }, "a=1 b=2 A=3"},
		{"truncate", func(h *Header) { h.Truncate(2) }, "a=1 b=2"},
		{"reset", func(h *Header) { h.Reset() }, ""},
		{"bad name", func(h *Header) { h.Set("a b", "9") }, "a=1 b=2 A=3 x_y=4 x-y=5"},
		{"empty name", func(h *Header) { h.Add("", "9") }, "a=1 b=2 A=3 x_y=4 x-y=5"},
		{"value that breaks out", func(h *Header) { h.Set("a", "9\r\nx: y") }, "a=1 b=2 A=3 x_y=4 x-y=5"},
		{"value with LF", func(h *Header) { h.Add("a", "9\n") }, "a=1 b=2 A=3 x_y=4 x-y=5"},
		{"value with NUL", func(h *Header) { h.Add("a", "\x00") }, "a=1 b=2 A=3 x_y=4 x-y=5"},
		{"value with blanks around", func(h *Header) { h.Add("a", " 9") }, "a=1 b=2 A=3 x_y=4 x-y=5"},
	} {
		t.Run(x.name, func(t *testing.T) {
			h := filled("a", "1", "b", "2", "A", "3", "x_y", "4", "x-y", "5")
			x.edit(h)
			if got := list(h); got != x.want {
				t.Errorf("got %s, want %s", got, x.want)
			}
		})
	}
}

func TestHeaderReads(t *testing.T) {
	h := filled("a", "1", "B", "", "A", "3")
	if h.Get("A") != "1" || h.Get("b") != "" || h.Get("c") != "" {
		t.Error("Get")
	}
	if _, ok := h.Lookup("b"); !ok || !h.Has("B") || h.Has("c") {
		t.Error("Lookup")
	}
	if got := h.Values(nil, "a"); len(got) != 2 || got[1] != "3" {
		t.Errorf("Values %q", got)
	}
	n := 0
	h.Each(func(string, string) bool { n++; return false })
	if n != 1 || h.Len() != 3 || h.At(2) != (Field{"A", "3"}) {
		t.Error("Each, Len or At")
	}
}

// TestHeaderModel compares Set, Add and Del with a naive list.
func TestHeaderModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h Header
		var model []Field
		without := func(name string) (out []Field) {
			for _, f := range model {
				if !strings.EqualFold(f.Name, name) {
					out = append(out, f)
				}
			}
			return out
		}
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			name := rapid.SampledFrom([]string{"a", "A", "b", "B", "c"}).Draw(t, "name")
			value := rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "value")
			switch rapid.IntRange(0, 2).Draw(t, "op") {
			case 0:
				h.Add(name, value)
				model = append(model, Field{name, value})
			case 1:
				h.Del(name)
				model = without(name)
			case 2:
				h.Set(name, value)
				at := -1
				for i, f := range model {
					if strings.EqualFold(f.Name, name) {
						at = i
						break
					}
				}
				if at < 0 {
					model = append(model, Field{name, value})
					break
				}
				kept := Field{model[at].Name, value}
				before := len(filledFrom(model[:at], name))
				model = without(name)
				model = append(model[:before:before], append([]Field{kept}, model[before:]...)...)
			}
		}
		if h.Len() != len(model) {
			t.Fatalf("%s, model %v", list(&h), model)
		}
		for i, f := range model {
			if h.At(i) != f {
				t.Fatalf("%s, model %v", list(&h), model)
			}
		}
	})
}

// filledFrom returns the fields of list that are not called name.
func filledFrom(list []Field, name string) (out []Field) {
	for _, f := range list {
		if !strings.EqualFold(f.Name, name) {
			out = append(out, f)
		}
	}
	return out
}

func TestEqualNames(t *testing.T) {
	for _, x := range []struct {
		a, b         string
		equal, loose bool
	}{
		{"Host", "hOST", true, true},
		{"Host", "Hos", false, false},
		{"X-Y", "x_y", false, true},
		{"@", "`", false, false}, // differ in the case bit only
		{"[", "{", false, false},
		{"", "", true, true},
	} {
		if EqualName(x.a, x.b) != x.equal || EqualLoose(x.a, x.b) != x.loose {
			t.Errorf("%q %q", x.a, x.b)
		}
	}
}
