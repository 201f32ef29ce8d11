package sqlstore

import (
	"github.com/gatewright/gatewright"
)

const apiColumns = "id, name, kind, owner, settings, revised, last_revision, created_at"

func scanAPI(r row) (*gatewright.API, error) {
	a := new(gatewright.API)
	return a, r.Scan(&a.ID, &a.Name, &a.Kind, &a.Owner, intoJSON(&a.Settings), &a.Revised, &a.LastRevision, intoTime(&a.CreatedAt))
}

func apiNotFound[T ~string](nameOrID T) error {
	return notFound("API %q does not exist", string(nameOrID))
}

// CreateAPI implements [control.Tx].
func (t *tx) CreateAPI(a *gatewright.API) error {
	settings, err := jsonArg(&a.Settings)
	if err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO apis ("+apiColumns+") VALUES "+tuples(1, 8)+" ON CONFLICT DO NOTHING",
		a.ID, a.Name, a.Kind, a.Owner, settings, a.Revised, a.LastRevision, timeArg(a.CreatedAt))
	if err != nil {
		return err
	}
	if n == 0 {
		return conflict("an API with the name %q or the ID %q exists already", a.Name, a.ID)
	}
	return t.indexAPI(a)
}

// API implements [control.Tx].
func (t *tx) API(id gatewright.APIID) (*gatewright.API, error) {
	return get(t, scanAPI, apiNotFound(id), "SELECT "+apiColumns+" FROM apis WHERE id = ?", id)
}

// APIByName implements [control.Tx].
func (t *tx) APIByName(name string) (*gatewright.API, error) {
	return get(t, scanAPI, apiNotFound(name), "SELECT "+apiColumns+" FROM apis WHERE name = ?", name)
}

// APIs implements [control.Tx].
func (t *tx) APIs(after string, limit int) ([]*gatewright.API, error) {
	return list(t, scanAPI, "SELECT "+apiColumns+" FROM apis WHERE name > ? ORDER BY name LIMIT ?", after, max(0, limit))
}

// UpdateAPI implements [control.Tx]; it sets the new Revised in a.
func (t *tx) UpdateAPI(a *gatewright.API) error {
	settings, err := jsonArg(&a.Settings)
	if err != nil {
		return err
	}
	taken, err := t.exists("SELECT 1 FROM apis WHERE name = ? AND id <> ?", a.Name, a.ID)
	if err != nil {
		return err
	}
	if taken {
		return conflict("an API with the name %q exists already", a.Name)
	}
	n, err := t.exec("UPDATE apis SET name = ?, owner = ?, settings = ?, revised = revised + 1 WHERE id = ? AND revised = ?",
		a.Name, a.Owner, settings, a.ID, a.Revised)
	if err != nil {
		return err
	}
	if n == 0 {
		if err := t.requireAPI(a.ID); err != nil {
			return err
		}
		return conflict("somebody altered API %q meanwhile; read it again, and alter that", a.Name)
	}
	a.Revised++
	return t.indexAPI(a)
}

// DeleteAPI implements [control.Tx]. What is left of the API are changes,
// usage and the audit log.
func (t *tx) DeleteAPI(id gatewright.APIID) error {
	if err := t.requireAPI(id); err != nil {
		return err
	}
	running, err := list(t, scanSlot, "SELECT "+slotColumns+" FROM slots WHERE api_id = ? AND (revision_id IS NOT NULL OR canary_revision_id IS NOT NULL)"+
		" ORDER BY group_id, track LIMIT 1", id)
	if err != nil {
		return err
	}
	if len(running) > 0 {
		return conflict("API %q runs in gateway group %q, track %q; undeploy it there first", id, running[0].Group, running[0].Track)
	}
	for _, query := range []string{
		"DELETE FROM instance_pins WHERE api_id = ?",
		"DELETE FROM claims WHERE api_id = ?",
		"DELETE FROM slots WHERE api_id = ?",
		"DELETE FROM revision_documents WHERE revision_id IN (SELECT id FROM revisions WHERE api_id = ?)",
		"DELETE FROM revisions WHERE api_id = ?",
		"DELETE FROM version_bindings WHERE api_id = ?",
		"DELETE FROM tracks WHERE api_id = ?",
		"DELETE FROM apis WHERE id = ?",
	} {
		if _, err := t.exec(query, id); err != nil {
			return err
		}
	}
	return nil
}

// requireAPI returns NotFound when the API does not exist.
func (t *tx) requireAPI(id gatewright.APIID) error {
	ok, err := t.exists("SELECT 1 FROM apis WHERE id = ?", id)
	if err == nil && !ok {
		return apiNotFound(id)
	}
	return err
}

const trackColumns = "api_id, name, base_path"

func scanTrack(r row) (*gatewright.Track, error) {
	k := new(gatewright.Track)
	return k, r.Scan(&k.API, &k.Name, &k.BasePath)
}

// CreateTrack implements [control.Tx].
func (t *tx) CreateTrack(k *gatewright.Track) error {
	if err := t.requireAPI(k.API); err != nil {
		return err
	}
	n, err := t.exec("INSERT INTO tracks ("+trackColumns+") VALUES (?, ?, ?) ON CONFLICT DO NOTHING", k.API, k.Name, k.BasePath)
	if err != nil {
		return err
	}
	if n == 0 {
		return conflict("API %q has a track named %q or with the base path %q already", k.API, k.Name, k.BasePath)
	}
	return nil
}

// Tracks implements [control.Tx].
func (t *tx) Tracks(api gatewright.APIID) ([]*gatewright.Track, error) {
	return list(t, scanTrack, "SELECT "+trackColumns+" FROM tracks WHERE api_id = ? ORDER BY name", api)
}

// Track implements [control.Tx].
func (t *tx) Track(api gatewright.APIID, name string) (*gatewright.Track, error) {
	return get(t, scanTrack, notFound("API %q has no track %q", api, name),
		"SELECT "+trackColumns+" FROM tracks WHERE api_id = ? AND name = ?", api, name)
}
