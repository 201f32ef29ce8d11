package control

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

// checkDataResources looks at data sources and tables that are set or removed.
func (d *draft) checkDataResources() error {
	for i := range d.items {
		r := d.items[i].resource
		if r == nil {
			continue
		}
		switch r.Key.Kind() {
		case gatewright.KeySource:
			if err := d.checkSource(r); err != nil {
				return err
			}
		case gatewright.KeyTable:
			if err := d.checkTable(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkSource refuses to take a source away from tables and APIs, or to make it
// another kind of database under them.
func (d *draft) checkSource(r *gatewright.ResourceChange) error {
	if r.After != nil {
		if r.Before == nil || r.Before.Source.Dialect == r.After.Source.Dialect {
			return nil // where it is, and as whom it is read, breaks nothing that is known here
		}
		return d.checkReaders(r, "altered")
	}
	tables, err := d.data().tablesOf(r.Before.Source.Name)
	if err != nil {
		return err
	}
	if len(tables) > 0 {
		var names []string
		for _, t := range tables {
			names = append(names, t.Name)
		}
		d.add(gatewright.Finding{
			Level: gatewright.LevelError, Code: gatewright.Conflict, Subject: r.Name,
			Message: fmt.Sprintf("%s is what these logical tables of %s are read from: %s", r.Name, d.group.Name, shortened(names)),
			Remedy:  "remove these tables, or give them another source first",
		})
	}
	return d.checkReaders(r, "removed")
}

// checkTable refuses a table over a source that is not there, and to take it
// away from APIs or to alter it so that they break.
func (d *draft) checkTable(r *gatewright.ResourceChange) error {
	if r.After == nil {
		return d.checkReaders(r, "removed")
	}
	source, err := d.data().source(r.After.Table.Source)
	if err != nil {
		return err
	}
	if source == nil {
		d.add(gatewright.Finding{
			Level: gatewright.LevelError, Code: gatewright.PreconditionFailed, Subject: r.Name,
			Message: fmt.Sprintf("%s has no data source %q, which %s is read from", d.group.Name, r.After.Table.Source, r.Name),
			Remedy:  "apply a document of kind DataSource with that name first, or with it",
		})
		return nil
	}
	if r.Before == nil {
		return nil
	}
	return d.checkReaders(r, "altered")
}

// checkReaders refuses what breaks APIs that read the resource and that the
// change leaves as they are. What it alters itself was looked at already.
func (d *draft) checkReaders(r *gatewright.ResourceChange, done string) error {
	readers, err := d.tx.DataReaders(d.group.ID, r.Key)
	if err != nil {
		return err
	}
	var who []string
	why := ""
	for i := range readers {
		reader := &readers[i]
		if d.alters(reader.SlotKey) {
			continue
		}
		reason, err := d.brokenReader(reader)
		if err != nil {
			return err
		}
		if reason == "" {
			continue
		}
		if why == "" {
			why = reason
		}
		who = append(who, readerName(reader))
	}
	if len(who) == 0 {
		return nil
	}
	d.add(gatewright.Finding{
		Level: gatewright.LevelError, Code: gatewright.Conflict, Subject: r.Name,
		Message: fmt.Sprintf("%s cannot be %s: these APIs in %s would break: %s (%s)", r.Name, done, d.group.Name, shortened(who), why),
		Remedy:  "publish these APIs so that they do without it, or undeploy them first",
	})
	return nil
}

func readerName(r *DataReader) string {
	name := r.Name
	if r.Track != "v1" {
		name += "@" + r.Track
	}
	if r.Canary {
		name += " (canary)"
	}
	return name
}

// brokenReader returns why an API cannot run after the change, "" when it can.
func (d *draft) brokenReader(r *DataReader) (string, error) {
	api, err := d.tx.API(r.API)
	if err != nil {
		return "", err
	}
	rev, err := d.tx.Revision(r.Revision)
	if err != nil {
		return "", err
	}
	faults, err := d.dataFaults(api, &rev.Definition)
	if err != nil {
		return "", err
	}
	for _, f := range faults {
		if !f.warning {
			return f.message, nil
		}
	}
	return "", nil
}
