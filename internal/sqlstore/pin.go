package sqlstore

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func scanConfigRun(r row) (*control.ConfigRun, error) {
	c := new(control.ConfigRun)
	return c, r.Scan(&c.Group, &c.API, &c.Track, &c.Revision)
}

// ConfigRuns implements [control.Tx].
func (t *tx) ConfigRuns(configID string, limit int) ([]control.ConfigRun, error) {
	if configID == "" {
		return nil, nil
	}
	return values(list(t, scanConfigRun, "SELECT DISTINCT group_id, api_id, track, revision_id FROM change_slots"+
		" WHERE config_id = ? AND config_id <> '' AND activated = 1 AND revision_id IS NOT NULL"+
		" ORDER BY group_id, api_id, track, revision_id LIMIT ?", configID, max(0, limit)))
}

// PutPins implements [control.Tx].
func (t *tx) PutPins(instance *gatewright.Instance, pins []gatewright.Pin) error {
	if err := t.deletePins(instance.ID); err != nil {
		return err
	}
	rows := make([][]any, len(pins))
	for i, p := range pins {
		rows[i] = []any{instance.ID, instance.Group, p.API, p.Track, p.Revision, p.Number, p.Version, p.Hash}
	}
	return t.insertRows("INSERT INTO instance_pins (instance_id, group_id, api_id, track, revision_id, number, version, hash)", "", rows)
}

func (t *tx) deletePins(instance gatewright.InstanceID) error {
	_, err := t.exec("DELETE FROM instance_pins WHERE instance_id = ?", instance)
	return err
}

func scanPin(r row) (*control.InstancePin, error) {
	p := new(control.InstancePin)
	return p, r.Scan(&p.Instance, &p.API, &p.Track, &p.Revision, &p.Number, &p.Version, &p.Hash)
}

// Pins implements [control.Tx].
func (t *tx) Pins(f control.PinFilter) ([]control.InstancePin, error) {
	query, args := "SELECT instance_id, api_id, track, revision_id, number, version, hash FROM instance_pins WHERE 1 = 1", []any{}
	if f.Group != "" {
		query, args = query+" AND group_id = ?", append(args, f.Group)
	}
	if f.API != "" {
		query, args = query+" AND api_id = ?", append(args, f.API)
	}
	return values(list(t, scanPin, query+" ORDER BY instance_id, api_id, track", args...))
}
