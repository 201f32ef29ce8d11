package control

import (
	"fmt"
	"strings"

	"github.com/gatewright/gatewright"
)

// describeData tells what a data API reads.
func describeData(d *gatewright.DataDefinition) string {
	var names []string
	for i := range d.Tables {
		names = append(names, d.Tables[i].Name)
	}
	return fmt.Sprintf("%s over %s of data source %s", d.Mode, shortened(names), d.Source)
}

// diffData tells what differs in the content of a data API.
func diffData(before, after *gatewright.DataDefinition) []string {
	if before == nil || after == nil {
		return nil
	}
	return linesOf(differences(before, after))
}

func describeSource(s *gatewright.DataSource) string {
	text := fmt.Sprintf("%s at %s", s.Dialect, s.Place())
	if s.User != "" {
		text += ", user " + s.User
	}
	if s.Password != "" {
		text += ", with a password"
	}
	if s.TLS.Mode != "" {
		text += ", TLS " + string(s.TLS.Mode)
	}
	return text
}

func describeTable(t *gatewright.Table) string {
	return fmt.Sprintf("%s of data source %s, %s", t.Physical, t.Source, count(len(t.Fields), "field"))
}

// diffDataResource tells what differs in a data source or a table, member by
// member; of a password only that it is another one.
func diffDataResource(before, after *gatewright.GroupResource) []string {
	if b, a := before.Source, after.Source; b != nil && a != nil {
		was, is := *b, *a
		was.Password, is.Password = "", ""
		lines := linesOf(differences(was, is))
		if b.Password != a.Password {
			lines = append(lines, "~ password")
		}
		return lines
	}
	if before.Table != nil && after.Table != nil {
		return linesOf(differences(before.Table, after.Table))
	}
	return nil
}

// resourceName returns what a resource is called among those of its kind, ""
// for one of which a group has at most one.
func resourceName(key gatewright.Key, r *gatewright.GroupResource) string {
	if r.App != nil {
		return r.App.Name
	}
	_, name, _ := strings.Cut(string(key), "/")
	return name
}
