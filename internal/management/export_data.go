package management

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/importer/native"
)

// dataDocument returns the document of a data API.
func dataDocument(s *control.StatedAPI) *native.DataAPI {
	doc := native.NewDataAPI(s.Name, s.Definition)
	doc.Track, doc.Owner, doc.Version = s.Track, s.Owner, s.Version
	if s.Settings != nil {
		doc.Settings = native.State(native.NewSettings(*s.Settings))
	}
	if r := s.Runtime; r != nil {
		doc.Runtime = native.State(&native.DataRuntime{Enabled: r.Enabled, Hosts: r.Hosts, PathPrefix: r.PathPrefix, Access: r.Access})
	}
	if s.SetLifecycle {
		doc.Lifecycle = native.State(s.Lifecycle)
	}
	if !s.SetCanary {
		return doc
	}
	if s.Canary == nil {
		doc.Canary = native.State[native.DataCanary](nil)
		return doc
	}
	c := &s.Canary.Canary
	canary := &native.DataCanary{
		Name: c.Name, Description: c.Description, Version: c.Version, Percent: c.Percent, Enabled: c.Enabled,
		Match: c.Match, Key: c.Key, Steps: c.Steps,
	}
	if s.Canary.Definition != nil {
		canary.Content = native.NewDataContent(s.Name, s.Canary.Definition)
	}
	doc.Canary = native.State(canary)
	return doc
}

// dataState is the inverse of [dataDocument].
func dataState(doc *native.DataAPI) (*control.StatedAPI, error) {
	def, err := doc.Definition()
	if err != nil {
		return nil, err
	}
	s := &control.StatedAPI{
		Name: doc.Name, Kind: gatewright.KindData, Track: doc.Track, Owner: doc.Owner, Version: doc.Version, Definition: def,
		SetLifecycle: doc.Lifecycle.Stated, Lifecycle: doc.Lifecycle.Value, SetCanary: doc.Canary.Stated,
	}
	if doc.Settings.Stated {
		settings := doc.Settings.Value.APISettings()
		s.Settings = &settings
	}
	if r := doc.Runtime.Value; r != nil {
		s.Runtime = &gatewright.RuntimeConfig{Enabled: r.Enabled, Hosts: r.Hosts, PathPrefix: r.PathPrefix, Access: r.Access}
	}
	c := doc.Canary.Value
	if c == nil {
		return s, nil
	}
	s.Canary = &control.StatedCanary{Canary: gatewright.Canary{
		Name: c.Name, Description: c.Description, Version: c.Version, Percent: c.Percent, Enabled: c.Enabled,
		Match: c.Match, Key: c.Key, Steps: c.Steps,
	}}
	s.Canary.Definition, err = doc.CanaryDefinition()
	return s, err
}
