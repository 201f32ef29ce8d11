package gatewright

import (
	"fmt"
	"slices"
	"strings"
)

// FlowSet has the policies of the shared flows that run in one group, by the
// flows' names.
type FlowSet map[string][]Policy

// FlowFault says why a flow cannot be called.
type FlowFault struct {
	Chain   []string // names of flows, each called by the one before
	Missing string   // the one at the chain's end, when it is not there
	reason  string
}

// Error implements error.
func (f *FlowFault) Error() string { return strings.Join(f.Chain, " → ") + ": " + f.reason }

// Reach returns the names of the flows that a call of the named one makes act,
// itself included, sorted. The error is a *[FlowFault] when one of them is not
// there, when they call one another in a circle, deeper than [MaxFlowDepth] or
// more than [MaxFlowPolicies] of their policies would act.
func (s FlowSet) Reach(name string) ([]string, error) {
	w := &flowWalk{set: s, seen: map[string]flowSize{}}
	if _, err := w.visit(name); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(w.seen))
	for n := range w.seen {
		names = append(names, n)
	}
	slices.Sort(names)
	return names, nil
}

// flowWalk follows calls from one flow on.
type flowWalk struct {
	set  FlowSet
	path []string
	seen map[string]flowSize
}

// flowSize is what a call of a flow amounts to.
type flowSize struct {
	depth    int
	policies int
	deepest  string // the flow it calls that goes deepest, "" when it calls none
}

func (w *flowWalk) fault(name, missing, format string, args ...any) error {
	return &FlowFault{Chain: append(slices.Clone(w.path), name), Missing: missing, reason: fmt.Sprintf(format, args...)}
}

func (w *flowWalk) visit(name string) (flowSize, error) {
	if i := slices.Index(w.path, name); i >= 0 {
		w.path = w.path[i:]
		return flowSize{}, w.fault(name, "", "shared flows call one another in a circle")
	}
	if len(w.path) == MaxFlowDepth {
		return flowSize{}, w.fault(name, "", "shared flows call one another more than %d deep", MaxFlowDepth)
	}
	if size, done := w.seen[name]; done {
		return size, nil
	}
	policies, ok := w.set[name]
	if !ok {
		return flowSize{}, w.fault(name, name, "the last of them is no shared flow that runs here")
	}
	w.path = append(w.path, name)
	size := flowSize{depth: 1}
	for i := range policies {
		called := policies[i].Flow()
		if called == "" {
			size.policies++
			continue
		}
		inner, err := w.visit(called)
		if err != nil {
			return size, err
		}
		if size.policies += inner.policies; inner.depth >= size.depth {
			size.depth, size.deepest = inner.depth+1, called
		}
		if size.policies > MaxFlowPolicies {
			break
		}
	}
	w.path = w.path[:len(w.path)-1]
	w.seen[name] = size
	switch {
	case size.policies > MaxFlowPolicies:
		return size, w.fault(name, "", "calling it makes more than %d policies act", MaxFlowPolicies)
	case len(w.path)+size.depth > MaxFlowDepth:
		return size, w.tooDeep(name)
	}
	return size, nil
}

// tooDeep tells the whole chain that begins where the walk is.
func (w *flowWalk) tooDeep(name string) error {
	chain := slices.Clone(w.path)
	for n := name; n != ""; n = w.seen[n].deepest {
		chain = append(chain, n)
	}
	return &FlowFault{Chain: chain, reason: fmt.Sprintf("shared flows call one another more than %d deep", MaxFlowDepth)}
}
