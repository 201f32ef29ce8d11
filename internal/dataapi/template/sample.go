package template

import (
	"maps"
	"slices"

	"github.com/gatewright/gatewright"
)

// MaxSamples is how many statements [Script.Samples] returns at most: enough
// for a fragment with as many texts as there may be.
const MaxSamples = 128

// Samples returns statements that show between them every branch of the script,
// for checking what it reads before anybody calls it: the first with every <if>
// and the first branch of each <choose>, the second with no <if> and the last
// branches, the others with the branches between. Not every combination is
// there, so that a check of samples does not replace one of each statement.
//
// The values are null and only say where values are; fragments are the first
// text they may be. A statement that says nothing is left out. A script with a
// <choose> of more than [MaxSamples] branches is refused with
// [gatewright.LimitExceeded]; faults are those of [Script.Render].
func (s *Script) Samples() ([]Statement, error) {
	var out []Statement
	if s.branches > MaxSamples {
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "the script has a <choose> of %d branches; at most %d can be checked", s.branches, MaxSamples)
	}
	for k := range max(2, s.branches) {
		r := &renderer{script: s, sample: &sample{number: k, running: map[*function]bool{}}}
		r.builder.Reset(s.dialect)
		if err := r.nodes(s.body); err != nil {
			return nil, err
		}
		var st Statement
		st.SQL, st.Args = r.builder.Statement()
		if st.SQL != "" && !slices.ContainsFunc(out, func(o Statement) bool { return o.SQL == st.SQL }) {
			out = append(out, st)
		}
	}
	return out, nil
}

// sample decides for the tests of a script.
type sample struct {
	number  int
	running map[*function]bool
}

// branch returns which of n branches is taken.
func (s *sample) branch(n int) int {
	switch s.number {
	case 0:
		return 0
	case 1:
		return n - 1
	}
	return min(s.number-1, n-1)
}

// all reports whether every <if> is taken.
func (s *sample) all() bool { return s.number != 1 }

// text is what a fragment stands for.
func (s *sample) text(f *fragment, script *Script) string {
	switch f.form {
	case gatewright.FragmentEnum:
		return f.texts[s.number%len(f.texts)]
	case gatewright.FragmentInteger, gatewright.FragmentIntegerList:
		return "0"
	}
	names := slices.Sorted(maps.Values(script.fields))
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// value binds null where a value would be.
func (s *sample) value(r *renderer, n *value) error {
	if n.typ.IsArray() {
		return n.list(r, []any{nil})
	}
	if n.tested {
		return r.builder.BindTyped(nil, n.typ)
	}
	return r.builder.Bind(nil, n.typ)
}

// call renders a function's body; one that calls itself does so once.
func (s *sample) call(r *renderer, n *call) error {
	if s.running[n.function] {
		return nil
	}
	if err := r.iterate(n.offset); err != nil {
		return err
	}
	s.running[n.function] = true
	defer delete(s.running, n.function)
	return r.nodes(n.function.body)
}

// foreach renders the body for one element.
func (s *sample) foreach(r *renderer, n *foreach) error {
	if n.nullable && !s.all() {
		return nil
	}
	start := r.builder.Len()
	if err := r.builder.Text(n.open); err != nil {
		return err
	}
	body := r.builder.Len()
	if err := r.nodes(n.body); err != nil {
		return err
	}
	if said, err := r.said(body, n.offset); err != nil || !said {
		r.builder.Truncate(start)
		return err
	}
	return r.builder.Text(n.closing)
}
