package control

import (
	"slices"

	"github.com/gatewright/gatewright"
)

// turn is what a change of shared flows or flow hooks makes of the APIs that it
// does not alter themselves.
type turn struct {
	extensible int      // revisions of proxies that turn from standard into extensible
	standard   int      // that turn back
	because    []string // types of policy that make them extensible
}

// units returns by how much that alters the deployment units.
func (t *turn) units(places int) gatewright.Units {
	n := (t.extensible - t.standard) * places
	return gatewright.Units{Extensible: n, Standard: -n}
}

// turned returns what becomes of the APIs that the draft does not alter. What
// runs is counted only when flows or hooks are altered.
func (d *draft) turned(settings *gatewright.OrganisationSettings) (*turn, error) {
	t := &turn{}
	flows, err := d.flows()
	if err != nil || !flows.alters() {
		return t, err
	}
	running, err := d.whatRuns()
	if err != nil {
		return nil, err
	}
	for i := range running {
		t.count(settings, flows, running[i].Kind, running[i].use(), running[i].Count)
	}
	moves, err := d.moves()
	if err != nil {
		return nil, err
	}
	for i := range moves {
		for _, use := range moves[i].before { // it was among what runs
			t.count(settings, flows, moves[i].it.api.Kind, use, -1)
		}
	}
	if t.extensible == 0 {
		t.because = nil
	}
	slices.Sort(t.because)
	t.because = slices.Compact(t.because)
	return t, nil
}

// count adds n revisions of APIs of that kind.
func (t *turn) count(settings *gatewright.OrganisationSettings, flows *flowChange, kind gatewright.Kind, use policyUse, n int) {
	if kind == gatewright.KindFlow {
		return
	}
	before := extensibleTypes(settings, flows.before.types(kind, use))
	after := extensibleTypes(settings, flows.after.types(kind, use))
	switch {
	case len(before) == 0 && len(after) > 0:
		t.extensible += n
		t.because = append(t.because, after...)
	case len(before) > 0 && len(after) == 0:
		t.standard += n
	}
}

// whatRuns counts what runs in the group, once.
func (d *draft) whatRuns() ([]Running, error) {
	var err error
	if d.counted == nil {
		d.counted, err = d.tx.Running(d.group.ID)
	}
	return d.counted, err
}

// use returns what policies each of the counted revisions has.
func (r *Running) use() policyUse { return policyUse{r.Policies, r.Flows} }

// storedUse returns what policies a stored revision has.
func storedUse(tx Tx, id gatewright.RevisionID) (policyUse, error) {
	types, err := tx.PolicyTypes(id)
	if err != nil || !slices.Contains(types, gatewright.PolicyFlow) {
		return policyUse{types: types}, err
	}
	flows, err := tx.Flows(id)
	return policyUse{types, flows}, err
}
