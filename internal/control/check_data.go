package control

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/query"
)

// checkData holds data APIs together with what they read: what comes to run
// finds its data source and its tables, with the fields it was written for and
// the right to read them, and none of these goes or changes under an API.
func (c *Control) checkData(d *draft) error {
	for i := range d.items {
		it := &d.items[i]
		if it.resource != nil || it.after == nil || it.api.Kind != gatewright.KindData {
			continue
		}
		if err := d.checkDataSlot(it); err != nil {
			return err
		}
		if err := d.checkCompact(it); err != nil {
			return err
		}
	}
	return d.checkDataResources()
}

// checkDataSlot looks at the revisions that a slot comes to run.
func (d *draft) checkDataSlot(it *draftItem) error {
	if it.revision != nil {
		faults, err := d.dataFaults(it.api, &it.revision.Definition)
		if err != nil {
			return err
		}
		d.addDataFaults(it, it.after.Label()+" of "+it.api.Name, faults)
		d.warnLevel(it, &it.revision.Definition)
	}
	if it.canary == nil || it.canary == it.revision {
		return nil
	}
	faults, err := d.dataFaults(it.api, &it.canary.Definition)
	if err != nil {
		return err
	}
	d.addDataFaults(it, "the canary of "+it.api.Name, faults)
	return nil
}

func (d *draft) addDataFaults(it *draftItem, who string, faults []dataFault) {
	for _, f := range faults {
		finding := gatewright.Finding{
			Level: gatewright.LevelError, Code: gatewright.PreconditionFailed, Subject: it.subject(), Location: f.location,
			Message: fmt.Sprintf("%s cannot run in %s: %s", who, d.group.Name, f.message), Remedy: f.remedy,
		}
		if f.warning {
			finding.Level, finding.Code = gatewright.LevelWarning, ""
			finding.Message = fmt.Sprintf("%s may fail in %s: %s", who, d.group.Name, f.message)
		}
		d.add(finding)
	}
}

// dataFault says why a data API cannot run in a group.
type dataFault struct {
	message, remedy, location string
	warning                   bool
}

// dataFaults returns why a definition cannot run in the draft's group as it is
// after the change.
func (d *draft) dataFaults(api *gatewright.API, def *gatewright.Definition) ([]dataFault, error) {
	data := def.Data
	if data == nil {
		return nil, nil
	}
	source, err := d.data().source(data.Source)
	if err != nil {
		return nil, err
	}
	if source == nil {
		return []dataFault{{
			message: fmt.Sprintf("it reads the data source %q, which the group does not have", data.Source),
			remedy:  "apply a document of kind DataSource with that name first: gatewright apply -f SOURCE.yaml",
		}}, nil
	}
	if data.Dialect != "" && data.Dialect != source.Dialect {
		return []dataFault{{
			message: fmt.Sprintf("it was written for %s, and the data source %q is %s", data.Dialect, data.Source, source.Dialect),
			remedy:  "give the group a source of that dialect, or publish the API written for this one",
		}}, nil
	}
	tables, faults, err := d.tablesFor(api, data)
	if err != nil || len(faults) > 0 {
		return faults, err
	}
	faults = append(faults, typeFaults(data)...)
	faults = append(faults, constraintFaults(data, tables)...)
	return append(faults, queryFaults(data, tables, source)...), nil
}

// tablesFor finds the tables that an API reads.
func (d *draft) tablesFor(api *gatewright.API, data *gatewright.DataDefinition) ([]gatewright.Table, []dataFault, error) {
	var tables []gatewright.Table
	var faults []dataFault
	for i := range data.Tables {
		name := data.Tables[i].Name
		table, err := d.data().table(name)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case table == nil:
			faults = append(faults, dataFault{
				message: fmt.Sprintf("it reads the logical table %q, which the group does not have", name),
				remedy:  "apply a document of kind Table with that name first: gatewright apply -f TABLE.yaml",
			})
			continue
		case !mayRead(table, api):
			faults = append(faults, dataFault{
				message: fmt.Sprintf("the logical table %q belongs to another project, which does not let the API's project read it", name),
				remedy:  "have the API's project added to the table's readers, or move the API",
			})
		}
		tables = append(tables, *table)
	}
	return tables, faults, nil
}

// mayRead reports whether an API's project may read a table.
func mayRead(t *gatewright.Table, api *gatewright.API) bool {
	project := cmp.Or(api.Settings.Project, gatewright.DefaultProject)
	return cmp.Or(t.Project, gatewright.DefaultProject) == project || slices.Contains(t.Readers, project)
}

// typeFaults finds parameters and columns that are of another type than the
// field they stand for.
func typeFaults(data *gatewright.DataDefinition) []dataFault {
	var faults []dataFault
	compare := func(what, name, field string, t gatewright.DataType, several bool) {
		if field == "" {
			return
		}
		f, err := data.Field(field)
		if err != nil || f.Type == t || several && t.IsArray() && t.Element() == f.Type {
			return // a field that is not there is told elsewhere
		}
		faults = append(faults, dataFault{
			message: fmt.Sprintf("%s %s is of type %s, and its field %s of type %s", what, name, t, field, f.Type),
			remedy:  "give it the type of the field",
		})
	}
	for i := range data.Params {
		p := &data.Params[i]
		compare("parameter", p.Name, p.Field, p.Type, p.Operator == gatewright.OpIn || p.Operator == gatewright.OpNotIn)
	}
	for i := range data.Columns {
		c := &data.Columns[i]
		compare("column", c.Name, c.Field, c.Type, false)
	}
	return faults
}

// constraintFaults finds tables that want a condition on fields for which the
// API has no parameter that is always there. The SQL of callers is looked at
// when they call.
func constraintFaults(data *gatewright.DataDefinition, tables []gatewright.Table) []dataFault {
	if data.Mode == gatewright.DataNative {
		return nil
	}
	var faults []dataFault
	for i := range tables {
		t := &tables[i]
		met := func(set []string) bool {
			return !slices.ContainsFunc(set, func(field string) bool { return !alwaysAsked(data, t.Name, field) })
		}
		if len(t.Constraints) == 0 || slices.ContainsFunc(t.Constraints, met) {
			continue
		}
		var sets []string
		for _, set := range t.Constraints {
			sets = append(sets, strings.Join(set, " and "))
		}
		faults = append(faults, dataFault{
			message: fmt.Sprintf("the logical table %q is only read with conditions on %s, and no required parameters are bound to these fields", t.Name, strings.Join(sets, ", or on ")),
			remedy:  "add required parameters for the fields of one of these sets",
		})
	}
	return faults
}

// alwaysAsked reports whether a parameter that is required, or has a default,
// is bound to the field.
func alwaysAsked(data *gatewright.DataDefinition, table, field string) bool {
	return slices.ContainsFunc(data.Params, func(p gatewright.DataParam) bool {
		if p.Field == "" || p.Optional && p.Default == "" {
			return false
		}
		of, name, qualified := strings.Cut(p.Field, ".")
		if !qualified {
			of, name = tableOf(data, p.Field), p.Field
		}
		return strings.EqualFold(of, table) && strings.EqualFold(name, field)
	})
}

// tableOf returns the one table that a field without a table is of.
func tableOf(data *gatewright.DataDefinition, field string) string {
	for i := range data.Tables {
		if slices.ContainsFunc(data.Tables[i].Fields, func(f gatewright.DataField) bool { return f.Name == field }) {
			return data.Tables[i].Name
		}
	}
	return ""
}

// queryFaults builds the API as gateways will, and has the gate look at what
// its script can become.
func queryFaults(data *gatewright.DataDefinition, tables []gatewright.Table, source *gatewright.DataSource) []dataFault {
	q, err := query.New(data, tables, source.Dialect, query.Options{Schema: source.DefaultSchema()})
	if err != nil {
		return faultsOf(err, "")
	}
	err = q.Check()
	if err == nil {
		return nil
	}
	faults := faultsOf(err, "its script: ")
	// The samples of dynamic SQL are not all statements that can come of it: one
	// that is no query may be a combination that never occurs.
	for i := range faults {
		faults[i].warning = data.Dynamic() && codeWithin(err) == gatewright.Invalid
	}
	return faults
}

// codeWithin returns the code of the error that err wraps.
func codeWithin(err error) gatewright.Code {
	var e *gatewright.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return gatewright.Internal
}

func faultsOf(err error, prefix string) []dataFault {
	var e *gatewright.Error
	if !errors.As(err, &e) {
		return []dataFault{{message: prefix + err.Error()}}
	}
	if len(e.Details) == 0 {
		return []dataFault{{message: prefix + e.Message}}
	}
	var faults []dataFault
	for _, detail := range e.Details {
		text := prefix + detail.Message
		if detail.Subject != "" {
			text = prefix + detail.Subject + ": " + detail.Message
		}
		faults = append(faults, dataFault{message: text, location: detail.Location})
	}
	return faults
}

// warnLevel warns of an API that is less protected than what it returns.
func (d *draft) warnLevel(it *draftItem, def *gatewright.Definition) {
	level, column := columnLevel(def.Data, d.data())
	own := cmp.Or(it.api.Settings.Security, gatewright.SecurityPublic)
	if own.Covers(level) {
		return
	}
	d.add(gatewright.Finding{
		Level: gatewright.LevelWarning, Subject: it.subject(),
		Message: fmt.Sprintf("%s is %s, and returns %s, which is %s", it.api.Name, own, column, level),
		Remedy:  fmt.Sprintf("raise it: gatewright set %q --security %s", it.api.Name, level),
	})
}

// columnLevel returns the highest level of what an API returns, and what that
// is. What cannot be read is left out: other findings tell it.
func columnLevel(data *gatewright.DataDefinition, s *dataset) (level gatewright.SecurityLevel, column string) {
	raise := func(l gatewright.SecurityLevel, what string) {
		if l > level {
			level, column = l, what
		}
	}
	if data == nil {
		return "", ""
	}
	for i := range data.Columns {
		c := &data.Columns[i]
		raise(c.Security, "the column "+c.Name)
		of, name, qualified := strings.Cut(c.Field, ".")
		if !qualified {
			of, name = tableOf(data, c.Field), c.Field
		}
		if t, err := s.table(of); err == nil && t != nil {
			if f := t.Field(name); f != nil {
				raise(t.Level(f), "the field "+of+"."+f.Name)
			}
		}
	}
	if data.Mode != gatewright.DataNative {
		return level, column
	}
	for i := range data.Tables {
		t, err := s.table(data.Tables[i].Name)
		if err != nil || t == nil {
			continue
		}
		for j := range t.Fields {
			raise(t.Level(&t.Fields[j]), "the field "+t.Name+"."+t.Fields[j].Name)
		}
	}
	return level, column
}
