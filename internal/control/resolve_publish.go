package control

import (
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
)

// publish makes a new version in the group from a definition.
func (d *draft) publish(item *Item) error {
	def := item.Definition
	if def == nil {
		return gatewright.FieldErrorf("definition", "publish needs a definition")
	}
	if err := def.Validate(); err != nil {
		return err
	}
	if item.Version != "" {
		if err := gatewright.CheckLabel(item.Version); err != nil {
			return err
		}
	}
	d.findings = append(d.findings, item.Findings...)

	it, err := d.publishTarget(item)
	if err != nil {
		return err
	}
	var slot *gatewright.Slot
	if it.api.ID != "" && !it.newTrack {
		slot, err = d.tx.Slot(it.slotKey(d.group.ID))
		if err != nil && !isNotFound(err) {
			return err
		}
		if it.before, err = slotContent(d.tx, slot); err != nil {
			return err
		}
	}
	runtime, err := d.publishRuntime(it, item, slot)
	if err != nil {
		return err
	}
	if it.revision, err = d.publishRevision(it, item); err != nil {
		return err
	}
	it.stamp = item.Version
	it.after = contentOf(it.revision, runtime)
	d.items = append(d.items, *it)
	return nil
}

// publishTarget finds the API and track to publish to, or describes the ones
// to be made.
func (d *draft) publishTarget(item *Item) (*draftItem, error) {
	name := item.API
	if name == "" {
		name = item.Definition.Title
	}
	base := item.Definition.BasePath
	api, trackName, err := findAPI(d.tx, name)
	if made := d.making(name); isNotFound(err) && made != nil {
		api, err = made, nil
	}
	if isNotFound(err) {
		if err := gatewright.CheckName("API name", name); err != nil {
			return nil, err
		}
		if strings.HasPrefix(name, "api_") {
			return nil, gatewright.Errorf(gatewright.NotFound, "API %q does not exist; a name must not begin with api_", name)
		}
		return &draftItem{
			api:      &gatewright.API{Name: name, Kind: gatewright.KindProxy},
			track:    &gatewright.Track{Name: trackOf(item.Version), BasePath: base},
			newTrack: true,
		}, nil
	}
	if err != nil {
		return nil, err
	}
	tracks, err := d.tracksOf(api)
	if err != nil {
		return nil, err
	}
	wanted := trackOf(item.Version)
	for _, t := range tracks {
		if t.BasePath == base {
			if trackName != "" && trackName != t.Name {
				return nil, gatewright.FieldErrorf("api", "base path %s belongs to %s@%s, not to %s@%s", base, api.Name, t.Name, api.Name, trackName)
			}
			return &draftItem{api: api, track: t}, nil
		}
	}
	for _, t := range tracks {
		if t.Name == wanted || item.Version == "" {
			return nil, gatewright.Errorf(gatewright.Conflict,
				"%s@%s has base path %s, the definition has %s; keep the base path, give a new major version its own (--version %d.0.0), or publish under another name (--name)",
				api.Name, t.Name, t.BasePath, base, nextMajor(tracks))
		}
	}
	return &draftItem{api: api, track: &gatewright.Track{API: api.ID, Name: wanted, BasePath: base}, newTrack: true}, nil
}

// nextMajor returns the lowest major version above those of all tracks.
func nextMajor(tracks []*gatewright.Track) int {
	next := 1
	for _, t := range tracks {
		if n, err := strconv.Atoi(strings.TrimPrefix(t.Name, "v")); err == nil {
			next = max(next, n+1)
		}
	}
	return next
}

// making returns the API of that name that an earlier item of this change
// makes, or nil.
func (d *draft) making(name string) *gatewright.API {
	for i := range d.items {
		if a := d.items[i].api; a != nil && a.ID == "" && a.Name == name {
			return a
		}
	}
	return nil
}

// tracksOf lists the API's tracks, those included that this change makes.
func (d *draft) tracksOf(api *gatewright.API) ([]*gatewright.Track, error) {
	var tracks []*gatewright.Track
	if api.ID != "" {
		var err error
		if tracks, err = d.tx.Tracks(api.ID); err != nil {
			return nil, err
		}
	}
	for i := range d.items {
		if it := &d.items[i]; it.newTrack && (it.api == api || api.ID != "" && it.api.ID == api.ID) {
			tracks = append(tracks, it.track)
		}
	}
	return tracks, nil
}

// trackOf names the track a version belongs to by its major number: "v2" for
// "2.1.0", "v2" and "2". Versions without one belong to "v1".
func trackOf(version string) string {
	digits := strings.TrimLeft(version, "vV")
	if i := strings.IndexAny(digits, ".-+"); i >= 0 {
		digits = digits[:i]
	}
	major, err := strconv.Atoi(digits)
	if err != nil || major < 1 || major > 999 {
		return "v1" // major 0 is the time before the first; dates have no major
	}
	return "v" + strconv.Itoa(major)
}

// publishRuntime returns the slot's runtime configuration after the publish:
// what the slot has, altered by the request; at the first publish the
// document's servers.
func (d *draft) publishRuntime(it *draftItem, item *Item, slot *gatewright.Slot) (gatewright.RuntimeConfig, error) {
	if slot != nil {
		return item.Runtime.apply(slot.Runtime), nil
	}
	base := gatewright.RuntimeConfig{Enabled: true}
	if item.Seed != nil {
		base.Upstream = *item.Seed
	}
	rt := item.Runtime.apply(base)
	if rt.Upstream.IsZero() {
		return rt, noUpstream(it.api.Name, item)
	}
	return rt, nil
}

// noUpstream says that neither request nor document names an upstream, and
// what the importer had to say about the document's servers.
func noUpstream(api string, item *Item) error {
	e := gatewright.FieldErrorf("upstream",
		"nothing says where requests of %s go: the document names no server with a host; give --node host:port or --discovery registry/namespace/service", api)
	for _, f := range item.Findings {
		if f.Check == "openapi-servers" {
			e.Details = append(e.Details, gatewright.Detail{Location: f.Location, Message: f.Message})
		}
	}
	if name := item.Definition.Document.Name; len(e.Details) == 0 && name != "" {
		e.Details = append(e.Details, gatewright.Detail{Location: name + ":1:1", Message: "no member servers, or host, with an address"})
	}
	return e
}

// publishRevision returns the stored revision with the request's content and
// version, or a new one that is not stored yet.
func (d *draft) publishRevision(it *draftItem, item *Item) (*gatewright.Revision, error) {
	hash := item.Definition.ContentHash()
	if it.api.ID != "" {
		if item.Version != "" {
			rev, err := d.tx.RevisionByVersion(it.api.ID, item.Version)
			if err == nil && rev.Hash == hash {
				return rev, nil
			}
			if err != nil && !isNotFound(err) {
				return nil, err
			}
		} else if it.before != nil && it.before.Hash == hash && it.before.Version == "" {
			return d.tx.Revision(it.before.Revision)
		}
		rev, err := d.tx.DraftByContent(it.api.ID, hash, item.Version)
		if !isNotFound(err) {
			return rev, err
		}
	}
	return &gatewright.Revision{
		API: it.api.ID, Number: it.api.LastRevision + 1, Version: item.Version, Track: it.track.Name,
		Hash: hash, Definition: *item.Definition,
	}, nil
}
