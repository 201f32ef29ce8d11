package control

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

// ruleCompact is the rule of the gate about rows that are arrays: callers know
// their columns by place, of which a document can say little.
const ruleCompact = "compact-column-moved"

// checkCompact holds the columns of compact rows against those that run: what
// had a place keeps it.
func (d *draft) checkCompact(it *draftItem) error {
	_, p, err := d.compared(it)
	if err != nil || p == nil || it.before == nil {
		return err
	}
	old, now := p.old.Data, p.new.Data
	if old == nil || now == nil || old.Format != gatewright.DataJSONCompact || now.Format != gatewright.DataJSONCompact {
		return nil
	}
	for i := range old.Columns {
		was := &old.Columns[i]
		if i < len(now.Columns) && now.Columns[i].Name == was.Name && now.Columns[i].Type == was.Type {
			continue
		}
		d.addBreaking(gatewright.Finding{
			Subject: it.api.Name, Rule: ruleCompact, Fingerprint: gatewright.HashBytes([]byte(it.before.Hash + it.after.Hash)).Short(),
			Message: fmt.Sprintf("major: %s: callers find %s %s at place %d of a row, and there is something else now", ruleCompact, was.Type, was.Name, i+1),
			Remedy:  "add columns behind the others, and keep those that are there; or " + allowing(ruleCompact),
		})
		return nil
	}
	return nil
}
