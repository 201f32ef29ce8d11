package control

import (
	"github.com/gatewright/gatewright"
)

// dataset is the data sources and logical tables that a group has after a
// change, read as they are asked for.
type dataset struct {
	d     *draft
	after map[gatewright.Key]*gatewright.ResourceChange // that the change itself alters
	known map[gatewright.Key]*gatewright.GroupResource
}

// data returns what the group of the draft has.
func (d *draft) data() *dataset {
	if d.dataset != nil {
		return d.dataset
	}
	s := &dataset{d: d, after: map[gatewright.Key]*gatewright.ResourceChange{}, known: map[gatewright.Key]*gatewright.GroupResource{}}
	for i := range d.items {
		if r := d.items[i].resource; r != nil {
			s.after[r.Key] = r
		}
	}
	d.dataset = s
	return s
}

// resource returns a group resource as it is after the change, nil when there
// is none.
func (s *dataset) resource(key gatewright.Key) (*gatewright.GroupResource, error) {
	if r := s.after[key]; r != nil {
		return r.After, nil
	}
	if r, read := s.known[key]; read {
		return r, nil
	}
	r, err := s.d.tx.GroupResource(s.d.group.ID, key)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	s.known[key] = r
	return r, nil
}

// source returns a data source, nil when there is none of that name.
func (s *dataset) source(name string) (*gatewright.DataSource, error) {
	r, err := s.resource(gatewright.SourceKey(name))
	if err != nil || r == nil {
		return nil, err
	}
	return r.Source, nil
}

// table returns a logical table, nil when there is none of that name.
func (s *dataset) table(name string) (*gatewright.Table, error) {
	r, err := s.resource(gatewright.TableKey(name))
	if err != nil || r == nil {
		return nil, err
	}
	return r.Table, nil
}

// tablesOf returns the tables over a data source, by name.
func (s *dataset) tablesOf(source string) ([]*gatewright.Table, error) {
	all, err := s.d.tx.GroupResources(s.d.group.ID, gatewright.KeyTable)
	if err != nil {
		return nil, err
	}
	var tables []*gatewright.Table
	for _, r := range all {
		if now, err := s.resource(r.Key()); err != nil {
			return nil, err
		} else if now != nil && now.Table.Source == source {
			tables = append(tables, now.Table)
		}
	}
	return tables, nil
}

// findProjects puts identifiers in the place of the names of projects that a
// data source or table belongs to, or is read by.
func findProjects(tx Tx, r *gatewright.GroupResource) (*gatewright.GroupResource, error) {
	find := func(id *gatewright.ProjectID) error {
		if *id == "" {
			return nil
		}
		p, err := findProject(tx, string(*id))
		if err == nil {
			*id = p.ID
		}
		return err
	}
	switch {
	case r == nil:
	case r.Source != nil:
		s := *r.Source
		return &gatewright.GroupResource{Source: &s}, find(&s.Project)
	case r.Table != nil:
		t := *r.Table
		t.Readers = append([]gatewright.ProjectID(nil), t.Readers...)
		if err := find(&t.Project); err != nil {
			return nil, err
		}
		for i := range t.Readers {
			if err := find(&t.Readers[i]); err != nil {
				return nil, err
			}
		}
		return &gatewright.GroupResource{Table: &t}, nil
	}
	return r, nil
}

// dataRuntime returns the runtime configuration of a data API: without an
// upstream, which none has.
func dataRuntime(api *gatewright.API, base gatewright.RuntimeConfig, patch *RuntimePatch) (gatewright.RuntimeConfig, error) {
	if patch != nil && (!patch.upstreamEmpty() || patch.KeepPathPrefix != nil) {
		return base, gatewright.FieldErrorf("runtime", "%s is an API of data: it answers from its data source and has no upstream; alter the data source instead", api.Name)
	}
	rt := patch.apply(base)
	rt.Upstream, rt.KeepPathPrefix = gatewright.Upstream{}, false
	return rt, nil
}

// noCanaryUpstream refuses a backend of a data API's canary.
func noCanaryUpstream(api *gatewright.API, c *gatewright.Canary) error {
	if api.Kind == gatewright.KindData && c != nil && c.Upstream != nil {
		return gatewright.FieldErrorf("canary", "%s is an API of data; its canary is another revision and has no upstream", api.Name)
	}
	return nil
}
