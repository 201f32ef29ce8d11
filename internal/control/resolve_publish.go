package control

import (
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
)

// publish makes a new version in the group from a definition.
func (d *draft) publish(item *Item) error {
	def, err := d.definitionOf(item)
	if err != nil {
		return err
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

	it, err := d.publishTarget(item, def)
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
	if it.revision, err = d.publishRevision(it, item, def); err != nil {
		return err
	}
	it.stamp = item.Version
	it.after = replace(it.before, it.revision, runtime)
	if err := it.findCanary(d.tx); err != nil {
		return err
	}
	d.items = append(d.items, *it)
	return nil
}

// publishName returns the name of the API an item publishes to.
func publishName(item *Item) string {
	if item.API == "" && item.Definition != nil {
		return normal(item.Definition.Title)
	}
	return normal(item.API)
}

// definitionOf returns what an item publishes. What the x-google-endpoints of
// one document says acts on all documents of the same API in the change.
func (d *draft) definitionOf(item *Item) (*gatewright.Definition, error) {
	if item.Definition == nil {
		return nil, gatewright.FieldErrorf("definition", "publish needs a definition")
	}
	def := *item.Definition
	for _, other := range d.documents()[apiOf(item)] {
		if other == item {
			continue
		}
		if a, b := def.Host, other.Definition.Host; a != "" && b != "" && a != b {
			return nil, gatewright.FieldErrorf("host", "%s has the host %s, %s has %s; the documents of one API have one host", documentName(&def), a, documentName(other.Definition), b)
		}
		if def.Endpoints != nil && other.Definition.Endpoints != nil {
			return nil, gatewright.FieldErrorf("x-google-endpoints", "both %s and %s have x-google-endpoints; it stands in one of the documents and acts on all", documentName(&def), documentName(other.Definition))
		}
		def.AllowCORS = def.AllowCORS || other.Definition.AllowCORS
	}
	return &def, nil
}

// documents returns the items that publish, by the name of their API.
func (d *draft) documents() map[string][]*Item {
	if d.published == nil {
		d.published = map[string][]*Item{}
		for i := range d.req.Items {
			if item := &d.req.Items[i]; item.Definition != nil {
				d.published[apiOf(item)] = append(d.published[apiOf(item)], item)
			}
		}
	}
	return d.published
}

// apiOf returns the name of the API an item publishes to, without a track.
func apiOf(item *Item) string {
	name, _, _ := strings.Cut(publishName(item), "@")
	return name
}

func documentName(def *gatewright.Definition) string {
	if def.Document.Name != "" {
		return def.Document.Name
	}
	return "the document of base path " + def.BasePath
}

// publishTarget finds the API and track to publish to, or describes the ones
// to be made.
func (d *draft) publishTarget(item *Item, def *gatewright.Definition) (*draftItem, error) {
	name, base := publishName(item), def.BasePath
	api, trackName, err := findAPI(d.tx, name)
	if made := d.making(name); isNotFound(err) && made != nil {
		api, err = made, nil
	}
	if isNotFound(err) {
		if strings.HasPrefix(name, "api_") {
			return nil, gatewright.Errorf(gatewright.NotFound, "API %q does not exist; a name must not begin with api_", name)
		}
		made := &gatewright.API{Name: name, Kind: def.APIKind()}
		if err := gatewright.CheckAPIName(made.Kind, name); err != nil {
			return nil, err
		}
		if item.Project != "" {
			in, err := findProject(d.tx, item.Project)
			if err != nil {
				return nil, err
			}
			made.Settings.Project = in.ID
		}
		if d.made == nil {
			d.made = map[string]*gatewright.API{}
		}
		d.made[name] = made
		track := &gatewright.Track{Name: firstTrack(def, item.Version), BasePath: base}
		d.opens(made, track)
		return &draftItem{api: made, track: track, newTrack: true}, nil
	}
	if err != nil {
		return nil, err
	}
	if err := sameKind(api, def); err != nil {
		return nil, err
	}
	tracks, err := d.tracksOf(api)
	if err != nil {
		return nil, err
	}
	wanted := firstTrack(def, item.Version)
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
	track := &gatewright.Track{API: api.ID, Name: wanted, BasePath: base}
	d.opens(api, track)
	return &draftItem{api: api, track: track, newTrack: true}, nil
}

// opens remembers that the change opens a track.
func (d *draft) opens(api *gatewright.API, track *gatewright.Track) {
	if d.opened == nil {
		d.opened = map[string][]*gatewright.Track{}
	}
	d.opened[api.Name] = append(d.opened[api.Name], track)
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
func (d *draft) making(name string) *gatewright.API { return d.made[name] }

// tracksOf lists the API's tracks, those included that this change makes.
func (d *draft) tracksOf(api *gatewright.API) ([]*gatewright.Track, error) {
	var tracks []*gatewright.Track
	if api.ID != "" {
		var err error
		if tracks, err = d.tx.Tracks(api.ID); err != nil {
			return nil, err
		}
	}
	tracks = append(tracks, d.opened[api.Name]...)
	return tracks, nil
}

// firstTrack names the track that content with that version opens. All
// revisions of a shared flow are in one: who calls it names no version.
func firstTrack(def *gatewright.Definition, version string) string {
	if def.Kind == gatewright.KindFlow {
		return "v1"
	}
	return trackOf(version)
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
	if it.api.Kind == gatewright.KindFlow {
		return flowRuntime(it.api, item.Runtime)
	}
	if it.api.Kind == gatewright.KindData {
		base := gatewright.RuntimeConfig{Enabled: true}
		if slot != nil {
			base = slot.Runtime
		}
		return dataRuntime(it.api, base, item.Runtime)
	}
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
func (d *draft) publishRevision(it *draftItem, item *Item, def *gatewright.Definition) (*gatewright.Revision, error) {
	hash := def.ContentHash()
	if it.api.ID != "" {
		if item.Version != "" {
			rev, err := d.tx.RevisionByVersion(it.api.ID, item.Version)
			if err == nil && (rev.Hash == hash || readBefore(rev, def)) {
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
		Hash: hash, Definition: *def,
	}, nil
}

// readBefore reports whether rev was made of the very document of def by an
// earlier importer: that a later one reads more out of it makes no other
// version of it.
func readBefore(rev *gatewright.Revision, def *gatewright.Definition) bool {
	old, now := &rev.Definition.Document, &def.Document
	return old.Digest != "" && old.Digest == now.Digest && old.Importer < now.Importer
}
