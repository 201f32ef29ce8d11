package openapi

import (
	"testing"
)

// TestGrammarIsSound walks the shapes of all versions and looks for slips in
// the tables that no document would show.
func TestGrammarIsSound(t *testing.T) {
	tests := []struct {
		name    string
		version version
		shapes  int // at least
	}{
		{"2.0", v20, 40},
		{"3.0", v30, 60},
		{"3.1", v31, 60},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			seen := map[*shape]bool{}
			var walk func(path string, s *shape)
			walk = func(path string, s *shape) {
				if s == nil {
					t.Errorf("%s: no shape", path)
					return
				}
				if seen[s] {
					return
				}
				seen[s] = true
				checkShape(t, path, s)
				for name, field := range s.fields {
					walk(path+"."+name, field)
				}
				if s.other != nil {
					walk(path+".*", s.other)
				}
				if s.items != nil {
					walk(path+"[]", s.items)
				}
			}
			walk("document", newGrammar(test.version).root)
			if len(seen) < test.shapes {
				t.Errorf("%d shapes", len(seen))
			}
		})
	}
}

func checkShape(t *testing.T, path string, s *shape) {
	t.Helper()
	mapping := s.kinds&isMapping != 0
	for _, name := range s.required {
		if s.fields[name] == nil {
			t.Errorf("%s: %s is required and unknown", path, name)
		}
	}
	switch {
	case s.kinds == 0:
		t.Errorf("%s may be nothing at all", path)
	case mapping && s.other == nil && !s.open && s.name == "":
		t.Errorf("%s: unknown members are reported, but it has no name", path)
	case mapping && s.other == nil && !s.open && len(s.fields) == 0:
		t.Errorf("%s has no members", path)
	case !mapping && (s.fields != nil || s.other != nil || s.ref):
		t.Errorf("%s has members but is no mapping", path)
	case s.items != nil && s.kinds&isList == 0:
		t.Errorf("%s has items but is no list", path)
	case s.kinds&isList != 0 && s.items == nil && s.kinds != isAny:
		t.Errorf("%s is a list of nothing", path)
	case s.circles && !s.ref || s.siblings && !s.ref:
		t.Errorf("%s is no reference", path)
	}
}
