package sqlstore

import (
	"github.com/gatewright/gatewright"
)

const apiColumns = "id, name, kind, owner, last_revision, created_at"

func scanAPI(r row) (*gatewright.API, error) {
	a := new(gatewright.API)
	return a, r.Scan(&a.ID, &a.Name, &a.Kind, &a.Owner, &a.LastRevision, intoTime(&a.CreatedAt))
}

func apiNotFound[T ~string](nameOrID T) error {
	return notFound("API %q does not exist", string(nameOrID))
}

// CreateAPI implements [control.Tx].
func (t *tx) CreateAPI(a *gatewright.API) error {
	n, err := t.exec("INSERT INTO apis ("+apiColumns+") VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		a.ID, a.Name, a.Kind, a.Owner, a.LastRevision, timeArg(a.CreatedAt))
	if err != nil {
		return err
	}
	if n == 0 {
		return conflict("an API with the name %q or the ID %q exists already", a.Name, a.ID)
	}
	return nil
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
