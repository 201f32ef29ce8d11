package sqlstore

import (
	"slices"

	"github.com/gatewright/gatewright"
)

// maxChangesPerQuery bounds the changes whose outcomes one statement reads.
const maxChangesPerQuery = 200

// outcome is an InstanceOutcome and where it belongs.
type outcome struct {
	change gatewright.ChangeID
	gatewright.InstanceOutcome
}

func scanOutcome(r row) (*outcome, error) {
	o := new(outcome)
	return o, r.Scan(&o.change, &o.Instance, &o.Name, &o.State, &o.Reason, &o.Base, intoTime(&o.At))
}

// addOutcomes reads the outcomes of changes, by name of the instance.
func (t *tx) addOutcomes(changes []*gatewright.Change) error {
	for chunk := range slices.Chunk(changes, maxChangesPerQuery) {
		byID := make(map[gatewright.ChangeID]*gatewright.Change, len(chunk))
		args := make([]any, len(chunk))
		for i, c := range chunk {
			byID[c.ID], args[i] = c, c.ID
		}
		found, err := list(t, scanOutcome, "SELECT change_id, instance_id, name, state, reason, base, at FROM outcomes"+
			" WHERE change_id IN "+tuples(1, len(chunk))+" ORDER BY name, instance_id", args...)
		if err != nil {
			return err
		}
		for _, o := range found {
			c := byID[o.change]
			c.Outcomes = append(c.Outcomes, o.InstanceOutcome)
		}
	}
	return nil
}

// PutOutcome implements [control.Tx]; it creates or replaces.
func (t *tx) PutOutcome(change gatewright.ChangeID, o gatewright.InstanceOutcome) error {
	ok, err := t.exists("SELECT 1 FROM changes WHERE id = ?", change)
	if err != nil {
		return err
	}
	if !ok {
		return changeNotFound(change)
	}
	_, err = t.exec("INSERT INTO outcomes (change_id, instance_id, name, state, reason, base, at) VALUES (?, ?, ?, ?, ?, ?, ?)"+
		" ON CONFLICT (change_id, instance_id) DO UPDATE SET name = excluded.name, state = excluded.state, reason = excluded.reason, base = excluded.base, at = excluded.at",
		change, o.Instance, o.Name, o.State, o.Reason, o.Base, timeArg(o.At))
	return err
}
