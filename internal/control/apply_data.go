package control

import (
	"slices"

	"github.com/gatewright/gatewright"
)

// StatedSource is a data source. Its password is written only: nil leaves it as
// it is, "" takes it away.
type StatedSource struct {
	Source   gatewright.DataSource
	Password *string `json:"-"`
}

// dataResources makes the group have the stated data sources and tables.
func (a *applying) dataResources() error {
	for _, s := range a.req.State.Sources {
		source := s.Source
		if err := a.resource(&Item{Resource: &gatewright.GroupResource{Source: &source}, Password: s.Password}, gatewright.ChangeConfigure); err != nil {
			return err
		}
	}
	for _, t := range a.req.State.Tables {
		if err := a.resource(&Item{Resource: &gatewright.GroupResource{Table: t}}, gatewright.ChangeConfigure); err != nil {
			return err
		}
	}
	return nil
}

// dataResources adds data sources, without their passwords, and tables to an
// export. Projects are told by name.
func (e *Export) dataResources(tx Tx, group gatewright.GroupID) error {
	name := func(id *gatewright.ProjectID) error {
		if *id == "" {
			return nil
		}
		p, err := tx.Project(*id)
		if isNotFound(err) {
			return nil
		}
		if err == nil {
			*id = gatewright.ProjectID(p.Name)
		}
		return err
	}
	sources, err := tx.GroupResources(group, gatewright.KeySource)
	if err != nil {
		return err
	}
	for _, r := range sources {
		s := *r.Source
		s.Password = ""
		if err := name(&s.Project); err != nil {
			return err
		}
		e.State.Sources = append(e.State.Sources, &StatedSource{Source: s})
	}
	tables, err := tx.GroupResources(group, gatewright.KeyTable)
	if err != nil {
		return err
	}
	for _, r := range tables {
		t := *r.Table
		t.Readers = slices.Clone(t.Readers)
		if err := name(&t.Project); err != nil {
			return err
		}
		for i := range t.Readers {
			if err := name(&t.Readers[i]); err != nil {
				return err
			}
		}
		e.State.Tables = append(e.State.Tables, &t)
	}
	return nil
}
