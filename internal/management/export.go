package management

import (
	"context"
	"encoding/json"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/importer/native"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type exportInput struct {
	GroupInput
	API        string `query:"api" doc:"Name or identifier of an API, or name@track: that one alone."`
	WithHashes bool   `query:"withHashes" doc:"With the hashes of apps' keys."`
	Cursor     string `query:"cursor" doc:"nextCursor of the page before."`
}

// exportList names the pages of an export in cursors.
const exportList = "export"

func (a *API) exportRoutes() {
	op := get("/groups/{group}/export", "exportGroup", "groups", "Export what a group has")
	op.description = "As native documents: settings of the group, registries, shared flows and flow hooks, APIs with what runs of them, apps. Applied to an empty group they make it have the same."
	handle(a, op, a.export)
}

func (a *API) export(ctx context.Context, in *exportInput) (*answer[wire.ExportPage], error) {
	after, err := (&PageInput{Cursor: in.Cursor}).after(exportList)
	if err != nil {
		return nil, err
	}
	e, err := a.control.Export(ctx, control.ExportQuery{Group: in.Group, API: in.API, WithHashes: in.WithHashes, After: after})
	if err != nil {
		return nil, err
	}
	page := wire.ExportPage{Items: []any{}, Generation: e.Generation}
	if e.Next != "" {
		page.NextCursor = encodeCursor(exportList, e.Next)
	}
	for _, t := range thingsOf(&e.State) {
		text, err := native.EncodeOne(t.Spec, native.JSON)
		if err != nil {
			return nil, err
		}
		page.Items = append(page.Items, json.RawMessage(text))
	}
	return ok(page, nil)
}

// thingsOf returns a state as documents.
func thingsOf(s *control.State) []native.Thing {
	var things []native.Thing
	add := func(spec native.Spec) { things = append(things, native.Thing{Spec: spec}) }
	if g := s.Group; g != nil {
		doc := &native.Group{}
		if g.Labels != nil {
			doc.Labels = native.State(g.Labels)
		}
		if g.Settings != nil {
			doc.Settings = native.State(g.Settings)
		}
		add(doc)
	}
	for _, r := range s.Registries {
		add(&native.Registry{Registry: *r})
	}
	for _, source := range s.Sources {
		add(native.NewDataSource(&source.Source))
	}
	for _, t := range s.Tables {
		add(&native.Table{Table: *t})
	}
	if s.FlowHooks != nil {
		add(&native.FlowHooks{Before: s.FlowHooks.Before, After: s.FlowHooks.After})
	}
	for _, api := range s.APIs {
		switch api.Kind {
		case gatewright.KindFlow:
			add(flowDocument(api))
		case gatewright.KindData:
			add(dataDocument(api))
		default:
			add(apiDocument(api))
		}
	}
	for _, app := range s.Apps {
		add(appDocument(app))
	}
	return things
}

func flowDocument(s *control.StatedAPI) *native.Flow {
	doc := native.NewFlow(s.Name, s.Definition)
	doc.Owner, doc.Version = s.Owner, s.Version
	if s.Settings != nil {
		doc.Settings = native.State(native.NewSettings(*s.Settings))
	}
	return doc
}

func apiDocument(s *control.StatedAPI) *native.API {
	doc := &native.API{
		Name: s.Name, Type: s.Kind, Track: s.Track, Owner: s.Owner, Version: s.Version,
		Content: native.NewContent(s.Definition),
	}
	if s.Settings != nil {
		doc.Settings = native.State(native.NewSettings(*s.Settings))
	}
	if s.Runtime != nil {
		doc.Runtime = native.State(s.Runtime)
	}
	if s.SetLifecycle {
		doc.Lifecycle = native.State(s.Lifecycle)
	}
	if s.SetCanary && s.Canary == nil {
		doc.Canary = native.State[native.Canary](nil)
	} else if s.SetCanary {
		c := &s.Canary.Canary
		canary := &native.Canary{
			Name: c.Name, Description: c.Description, Version: c.Version, Upstream: c.Upstream, Percent: c.Percent, Enabled: c.Enabled,
			Match: c.Match, Key: c.Key, Steps: c.Steps,
		}
		if s.Canary.Definition != nil {
			canary.Content = native.NewContent(s.Canary.Definition)
		}
		doc.Canary = native.State(canary)
	}
	return doc
}

func appDocument(s *control.StatedApp) *native.App {
	doc := &native.App{Name: s.App.Name, Description: s.App.Description, Owner: s.App.Owner, Disabled: s.App.Disabled}
	if s.SetCredentials {
		keys := []native.Credential{}
		for _, c := range s.App.Credentials {
			keys = append(keys, native.Credential{Name: c.Name, Hint: c.Hint, Hash: c.Hash, NotBefore: c.NotBefore, ExpiresAt: c.ExpiresAt, RevokedAt: c.RevokedAt})
		}
		doc.Credentials = native.State(&keys)
	}
	if s.SetGrants {
		grants := []native.Grant{}
		for _, g := range s.Grants {
			grants = append(grants, native.Grant{API: g.API, ExpiresAt: g.Grant.ExpiresAt, QPS: g.Grant.QPS, Clearance: g.Grant.Clearance})
		}
		doc.Grants = native.State(&grants)
	}
	return doc
}

// stateOf reads the contents of documents and puts them in the words of
// package control.
func stateOf(things []native.Thing) (*control.State, error) {
	s := &control.State{}
	for _, t := range things {
		switch doc := t.Spec.(type) {
		case *native.Group:
			s.Group = groupState(doc)
		case *native.Registry:
			r := doc.Registry
			s.Registries = append(s.Registries, &r)
		case *native.DataSource:
			s.Sources = append(s.Sources, &control.StatedSource{Source: doc.DataSource(), Password: doc.Password})
		case *native.Table:
			t := doc.Table
			s.Tables = append(s.Tables, &t)
		case *native.DataAPI:
			api, err := dataState(doc)
			if err != nil {
				return nil, err
			}
			s.APIs = append(s.APIs, api)
		case *native.Flow:
			s.APIs = append(s.APIs, flowState(doc))
		case *native.FlowHooks:
			s.FlowHooks = &gatewright.FlowHooks{Before: doc.Before, After: doc.After}
		case *native.App:
			s.Apps = append(s.Apps, appState(doc))
		case *native.API:
			api, err := apiState(doc)
			if err != nil {
				return nil, err
			}
			s.APIs = append(s.APIs, api)
		}
	}
	return s, nil
}

func groupState(doc *native.Group) *control.StatedGroup {
	g := &control.StatedGroup{}
	if doc.Labels.Stated {
		labels := map[string]string{}
		if doc.Labels.Value != nil {
			labels = *doc.Labels.Value
		}
		g.Labels = &labels
	}
	if doc.Settings.Stated {
		settings := gatewright.GroupSettings{}
		if doc.Settings.Value != nil {
			settings = *doc.Settings.Value
		}
		g.Settings = &settings
	}
	return g
}

func flowState(doc *native.Flow) *control.StatedAPI {
	s := &control.StatedAPI{Name: doc.Name, Kind: gatewright.KindFlow, Owner: doc.Owner, Version: doc.Version, Definition: doc.Definition()}
	if doc.Settings.Stated {
		settings := doc.Settings.Value.APISettings()
		s.Settings = &settings
	}
	return s
}

func apiState(doc *native.API) (*control.StatedAPI, error) {
	read, err := doc.Import()
	if err != nil {
		return nil, err
	}
	s := &control.StatedAPI{
		Name: doc.Name, Kind: doc.Type, Track: doc.Track, Owner: doc.Owner, Version: doc.Version,
		Definition: &read.Definition, Seed: read.Upstream, Findings: read.Findings,
		Runtime: doc.Runtime.Value, SetLifecycle: doc.Lifecycle.Stated, Lifecycle: doc.Lifecycle.Value, SetCanary: doc.Canary.Stated,
	}
	if doc.Settings.Stated {
		settings := doc.Settings.Value.APISettings()
		s.Settings = &settings
	}
	c := doc.Canary.Value
	if c == nil {
		return s, nil
	}
	s.Canary = &control.StatedCanary{Canary: gatewright.Canary{
		Name: c.Name, Description: c.Description, Version: c.Version, Upstream: c.Upstream, Percent: c.Percent, Enabled: c.Enabled,
		Match: c.Match, Key: c.Key, Steps: c.Steps,
	}}
	if !c.Content.Empty() {
		if read, err = c.Import(); err != nil {
			return nil, err
		}
		s.Canary.Definition = &read.Definition
	}
	return s, nil
}

func appState(doc *native.App) *control.StatedApp {
	s := &control.StatedApp{
		App:            gatewright.App{Name: doc.Name, Description: doc.Description, Owner: doc.Owner, Disabled: doc.Disabled},
		SetCredentials: doc.Credentials.Stated, SetGrants: doc.Grants.Stated,
	}
	if doc.Credentials.Value != nil {
		for _, c := range *doc.Credentials.Value {
			s.App.Credentials = append(s.App.Credentials, gatewright.Credential{
				Name: c.Name, Hint: c.Hint, Hash: c.Hash, NotBefore: c.NotBefore, ExpiresAt: c.ExpiresAt, RevokedAt: c.RevokedAt,
			})
		}
	}
	if doc.Grants.Value != nil {
		for _, g := range *doc.Grants.Value {
			s.Grants = append(s.Grants, control.StatedGrant{API: g.API, Grant: gatewright.Grant{ExpiresAt: g.ExpiresAt, QPS: g.QPS, Clearance: g.Clearance}})
		}
	}
	return s
}
