package sqlstore

import (
	"time"

	"github.com/gatewright/gatewright"
)

const bindingColumns = "api_id, label, hash, bound_at"

func scanBinding(r row) (*gatewright.VersionBinding, error) {
	b := new(gatewright.VersionBinding)
	return b, r.Scan(&b.API, &b.Label, &b.Hash, intoTime(&b.BoundAt))
}

// BindVersion implements [control.Tx]. Binding again to the same content
// keeps the first time.
func (t *tx) BindVersion(b gatewright.VersionBinding) error {
	if err := t.requireAPI(b.API); err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO version_bindings ("+bindingColumns+") VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		b.API, b.Label, b.Hash, timeArg(b.BoundAt))
	if err != nil || n > 0 {
		return err
	}
	bound, err := t.VersionBinding(b.API, b.Label)
	if err != nil {
		return err
	}
	if bound.Hash != b.Hash {
		return conflict("version %q of API %q stands for other content (%s, not %s) since %s; give the new content a new version",
			b.Label, b.API, bound.Hash.Short(), b.Hash.Short(), bound.BoundAt.Format(time.RFC3339))
	}
	return nil
}

// VersionBinding implements [control.Tx].
func (t *tx) VersionBinding(api gatewright.APIID, label string) (*gatewright.VersionBinding, error) {
	return get(t, scanBinding, notFound("version %q of API %q stands for nothing yet", label, api),
		"SELECT "+bindingColumns+" FROM version_bindings WHERE api_id = ? AND label = ?", api, label)
}
