package control

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// api adds what makes a slot have its state, and returns the slot's title.
func (a *applying) api(s *StatedAPI) (string, error) {
	if s.Definition == nil {
		return "", gatewright.FieldErrorf("definition", "%s has no definition", s.Name)
	}
	if err := s.Definition.Validate(); err != nil {
		return "", err
	}
	if s.Version != "" {
		if err := gatewright.CheckLabel(s.Version); err != nil {
			return "", err
		}
	}
	it, err := a.target(s)
	if err != nil {
		return "", err
	}
	if it.api.Kind == gatewright.KindFlow && (s.Runtime != nil || s.Lifecycle != nil || s.Canary != nil) {
		return "", gatewright.FieldErrorf("runtime", "%s is a shared flow; it has neither runtime configuration nor lifecycle nor canary", it.api.Name)
	}
	if err := a.apiSettings(s, it.api); err != nil {
		return "", err
	}
	var slot *gatewright.Slot
	if it.api.ID != "" && !it.newTrack {
		if slot, err = a.d.tx.Slot(it.slotKey(a.d.group.ID)); err != nil && !isNotFound(err) {
			return "", err
		}
		if it.before, err = slotContent(a.d.tx, slot); err != nil {
			return "", err
		}
	}
	runtime, err := runtimeOf(s, slot)
	if err != nil {
		return "", err
	}
	if err := a.revision(it, s); err != nil {
		return "", err
	}
	it.after = replace(it.before, it.revision, runtime)
	it.after.Version, it.stamp = s.Version, s.Version
	if err := a.lifecycle(it, s); err != nil {
		return "", err
	}
	if err := a.canary(it, s); err != nil {
		return "", err
	}
	return it.subject(), a.place(it, s)
}

// target finds the API and track of a state, or describes the ones to be made.
func (a *applying) target(s *StatedAPI) (*draftItem, error) {
	name := normal(s.Name)
	api, err := a.d.tx.APIByName(name)
	if made := a.d.making(name); isNotFound(err) && made != nil {
		api, err = made, nil
	}
	if isNotFound(err) {
		api, err = &gatewright.API{Name: name, Kind: s.Definition.APIKind()}, nil
		if checkErr := gatewright.CheckAPIName(api.Kind, name); checkErr != nil {
			return nil, checkErr
		}
		if strings.HasPrefix(name, "api_") {
			return nil, gatewright.FieldErrorf("name", "API name %q begins with api_, as identifiers do; choose another", name)
		}
		a.d.made[name] = api
	}
	if err != nil {
		return nil, err
	}
	if s.Kind != "" && s.Kind != api.Kind {
		return nil, gatewright.FieldErrorf("type", "%s is of type %s; an API does not change its type", api.Name, api.Kind)
	}
	if err := sameKind(api, s.Definition); err != nil {
		return nil, err
	}
	tracks, err := a.d.tracksOf(api)
	if err != nil {
		return nil, err
	}
	base := s.Definition.BasePath
	for _, t := range tracks {
		if t.BasePath != base {
			continue
		}
		if s.Track != "" && s.Track != t.Name {
			return nil, gatewright.FieldErrorf("track", "base path %s belongs to %s@%s, not to %s@%s", base, api.Name, t.Name, api.Name, s.Track)
		}
		return &draftItem{api: api, track: t}, nil
	}
	wanted := cmp.Or(s.Track, firstTrack(s.Definition, s.Version))
	if i := slices.IndexFunc(tracks, func(t *gatewright.Track) bool { return t.Name == wanted }); i >= 0 {
		return nil, gatewright.Errorf(gatewright.Conflict, "%s@%s has base path %s, the definition has %s; keep the base path, or name another track", api.Name, wanted, tracks[i].BasePath, base)
	}
	track := &gatewright.Track{API: api.ID, Name: wanted, BasePath: base}
	a.d.opens(api, track)
	return &draftItem{api: api, track: track, newTrack: true}, nil
}

// apiSettings notes owner and settings that are to be altered. Those of a new
// API are part of its creation.
func (a *applying) apiSettings(s *StatedAPI, api *gatewright.API) error {
	if s.Owner == "" && s.Settings == nil {
		return nil
	}
	after := *api
	after.Owner = cmp.Or(normal(s.Owner), api.Owner)
	if s.Settings != nil {
		own := api.Settings
		after.Settings = portable(*s.Settings)
		after.Settings.Project, after.Settings.Folder, after.Settings.Tags, after.Settings.Pinned = own.Project, own.Folder, own.Tags, own.Pinned
	}
	if err := gatewright.CheckName("owner", cmp.Or(after.Owner, "unset")); err != nil {
		return err
	}
	if err := after.Settings.Validate(); err != nil {
		return err
	}
	if api.ID == "" {
		first := api.Owner == "" && len(settingLines(&gatewright.API{}, api)) == 0
		if !first && len(settingLines(api, &after)) > 0 {
			return gatewright.FieldErrorf("settings", "two tracks of %s state other owners or settings; these belong to the API as a whole", api.Name)
		}
		api.Owner, api.Settings = after.Owner, after.Settings
		return nil
	}
	for _, other := range a.settings {
		if other.after.ID == api.ID {
			if len(settingLines(other.after, &after)) > 0 {
				return gatewright.FieldErrorf("settings", "two tracks of %s state other owners or settings; these belong to the API as a whole", api.Name)
			}
			return nil
		}
	}
	if len(settingLines(api, &after)) > 0 {
		a.settings = append(a.settings, apiAlteration{api, &after})
	}
	return nil
}

// runtimeOf returns the runtime configuration a slot shall have.
func runtimeOf(s *StatedAPI, slot *gatewright.Slot) (gatewright.RuntimeConfig, error) {
	if s.Definition.Kind == gatewright.KindFlow {
		return gatewright.RuntimeConfig{Enabled: true}, nil
	}
	base := gatewright.RuntimeConfig{Enabled: true}
	if s.Definition.Kind == gatewright.KindData {
		if s.Runtime != nil {
			base = s.Runtime.Clone()
		} else if slot != nil {
			base = slot.Runtime.Clone()
		}
		return base, base.ValidateFor(gatewright.KindData)
	}
	if slot != nil {
		base = slot.Runtime.Clone()
	} else if s.Seed != nil {
		base.Upstream = *s.Seed
	}
	rt := base
	if s.Runtime != nil {
		rt = s.Runtime.Clone()
		if rt.Upstream.IsZero() {
			rt.Upstream = base.Upstream
		}
	}
	if rt.Upstream.IsZero() {
		return rt, noUpstream(s.Name, &Item{Definition: s.Definition, Findings: s.Findings})
	}
	return rt, nil
}

// revision finds the stored revision of the state's definition, or describes a
// new one.
func (a *applying) revision(it *draftItem, s *StatedAPI) error {
	if it.before != nil && it.before.Version == s.Version {
		running, err := a.d.tx.Revision(it.before.Revision)
		if err != nil {
			return err
		}
		if running.Hash == s.Definition.ContentHash() || readBefore(running, s.Definition) {
			it.revision = running
			return nil
		}
	}
	a.d.findings = append(a.d.findings, s.Findings...)
	var err error
	it.revision, err = a.d.publishRevision(it, &Item{Version: s.Version}, s.Definition)
	return err
}

func (a *applying) lifecycle(it *draftItem, s *StatedAPI) error {
	if !s.SetLifecycle {
		return nil
	}
	if s.Lifecycle == nil {
		it.after.Lifecycle = nil
		return nil
	}
	l := *s.Lifecycle
	if l.DeprecatedAt.IsZero() {
		l.DeprecatedAt = a.d.tx.Now()
		if it.before != nil && it.before.Lifecycle != nil {
			l.DeprecatedAt = it.before.Lifecycle.DeprecatedAt
		}
	}
	it.after.Lifecycle = &l
	return l.Validate()
}

// canary gives the slot its canary. A canary that went on by its own steps is
// left where it is.
func (a *applying) canary(it *draftItem, s *StatedAPI) error {
	if !s.SetCanary {
		return it.findCanary(a.d.tx)
	}
	if s.Canary == nil {
		it.after.Canary = nil
		return nil
	}
	rev, err := a.canaryRevision(it, s)
	if err != nil {
		return err
	}
	c := s.Canary.Canary.Clone()
	c.Name = cmp.Or(c.Name, "canary of "+rev.Label())
	c.Revision, c.Number, c.Version, c.Hash, c.Since = rev.ID, rev.Number, rev.Version, rev.Hash, gatewright.Canary{}.Since
	if err := c.Validate(); err != nil {
		return err
	}
	if err := noCanaryUpstream(it.api, c); err != nil {
		return err
	}
	if rev == it.revision && c.Upstream == nil {
		return gatewright.FieldErrorf("canary", "the canary of %s runs what the slot runs, at the same upstream; give it a document or an upstream of its own", it.subject())
	}
	if it.before != nil && it.before.Canary != nil {
		now := it.before.Canary
		if c.Since = now.Since; now.Revision == c.Revision && wentOn(c, now) {
			c.Percent, c.Steps = now.Percent, now.Steps
		}
	}
	it.after.Canary, it.canary = c, rev
	return nil
}

// wentOn reports whether now is what the steps of c lead to.
func wentOn(c, now *gatewright.Canary) bool {
	for i, step := range c.Steps {
		if step.Percent == now.Percent {
			return slices.Equal(c.Steps[i+1:], now.Steps)
		}
	}
	return false
}

func (a *applying) canaryRevision(it *draftItem, s *StatedAPI) (*gatewright.Revision, error) {
	def, label := s.Canary.Definition, s.Canary.Canary.Version
	switch {
	case def == nil && (label == "" || label == s.Version):
		return it.revision, nil
	case def == nil:
		if it.api.ID == "" {
			return nil, gatewright.FieldErrorf("canary", "version %s of %s is not stored; give the canary its document", label, it.api.Name)
		}
		rev, err := findRevision(a.d.tx, it.api, label)
		if err == nil && rev.Track != it.track.Name {
			err = gatewright.FieldErrorf("canary", "%s belongs to %s@%s, not to %s", rev.Label(), it.api.Name, rev.Track, it.subject())
		}
		return rev, err
	}
	if err := def.Validate(); err != nil {
		return nil, err
	}
	if def.BasePath != it.track.BasePath {
		return nil, gatewright.FieldErrorf("canary", "the canary of %s has base path %s; it must be that of its track, %s", it.subject(), def.BasePath, it.track.BasePath)
	}
	if now := it.before; now != nil && now.Canary != nil && now.Canary.Version == label {
		running, err := a.d.tx.Revision(now.Canary.Revision)
		if err != nil || running.Hash == def.ContentHash() || readBefore(running, def) {
			return running, err
		}
	}
	if bound, err := a.binding(it.api.ID, label); err != nil {
		return nil, err
	} else if bound != nil && bound.Hash != def.ContentHash() {
		return nil, gatewright.Errorf(gatewright.Conflict, "version %s of %s stands for other content; give the canary another version", label, it.api.Name)
	}
	beside := *it
	beside.before = nil // what the slot runs is no candidate
	return a.d.publishRevision(&beside, &Item{Version: label}, def)
}

func (a *applying) binding(api gatewright.APIID, label string) (*gatewright.VersionBinding, error) {
	if api == "" || label == "" {
		return nil, nil
	}
	bound, err := a.d.tx.VersionBinding(api, label)
	if isNotFound(err) {
		return nil, nil
	}
	return bound, err
}

// place adds the item, unless the slot has its state already. One item of a
// change does several things; its kind is that of the weightiest, so that the
// checks of that kind are asked.
func (a *applying) place(it *draftItem, s *StatedAPI) error {
	if sameContent(it.before, it.after) && it.before.Version == it.after.Version {
		a.same = append(a.same, gatewright.PlanItem{
			Kind: gatewright.ChangePublish, Subject: it.api.Name, Track: it.track.Name, Action: "none",
			From: it.before.Label(), To: it.after.Label(), Lines: []string{},
		})
		return nil
	}
	replaced := it.before == nil || it.before.Hash != it.after.Hash || it.before.Version != it.after.Version
	retires := it.retires()
	switch {
	case retires && replaced:
		return gatewright.FieldErrorf("lifecycle", "%s is to be retired and to run another version at once; do one after the other", it.subject())
	case retires:
		it.action = gatewright.ChangeRetire
	case replaced:
		it.action = gatewright.ChangePublish
	case s.SetCanary && it.before.Canary == nil && it.after.Canary != nil:
		it.action = gatewright.ChangeCanaryStart
	case s.SetCanary && it.before.Canary != nil && it.after.Canary == nil:
		it.action = gatewright.ChangeCanaryAbort
	default:
		it.action = gatewright.ChangeConfigure
	}
	if retires && it.before.Lifecycle == nil {
		return gatewright.Errorf(gatewright.PreconditionFailed, "%s in %s is not deprecated; apply deprecatedAt first, so that its callers are told", it.subject(), a.d.group.Name)
	}
	a.d.items = append(a.d.items, *it)
	return nil
}
