package compile

import (
	"maps"
	"path"
	"slices"

	"github.com/gatewright/gatewright"
)

// Source compiles a data source. Its password stays where it is: gateways ask
// for it by its ID.
func Source(s *gatewright.DataSource) *gatewright.Resource {
	r := &gatewright.SourceResource{Name: s.Name, SourceConfig: s.SourceConfig, User: s.User, Password: s.Password}
	r.Options = maps.Clone(s.Options)
	return &gatewright.Resource{Format: gatewright.ResourceFormat, Source: r}
}

// Table compiles a logical table. Each field gets its level spelled out.
func Table(t *gatewright.Table) *gatewright.Resource {
	r := &gatewright.TableResource{Name: t.Name, Source: t.Source, Physical: t.Physical, Fields: slices.Clone(t.Fields)}
	for i := range r.Fields {
		f := &r.Fields[i]
		f.Security, f.Description = t.Level(f), ""
	}
	for _, set := range t.Constraints {
		r.Constraints = append(r.Constraints, slices.Clone(set))
	}
	return &gatewright.Resource{Format: gatewright.ResourceFormat, Table: r}
}

// data compiles the content of a data API, without what only people read.
func data(d *gatewright.DataDefinition) *gatewright.DataDefinition {
	if d == nil {
		return nil
	}
	c := *d
	c.Tables, c.Params, c.Columns = slices.Clone(d.Tables), slices.Clone(d.Params), slices.Clone(d.Columns)
	for i := range c.Tables {
		c.Tables[i].Fields = slices.Clone(c.Tables[i].Fields)
	}
	for i := range c.Params {
		p := &c.Params[i]
		p.Example, p.Description, p.Texts = "", "", slices.Clone(p.Texts)
	}
	for i := range c.Columns {
		c.Columns[i].Example, c.Columns[i].Description = "", ""
	}
	return &c
}

// exact returns a base path and routes that match what the base path of a data
// API means: that very path. A route has at least one segment below its base.
func exact(base string, routes []gatewright.Route) (string, []gatewright.Route) {
	for i := range routes {
		routes[i].Path = "/" + path.Base(base)
	}
	return path.Dir(base), routes
}
