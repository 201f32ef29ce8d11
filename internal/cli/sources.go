package cli

import (
	"errors"
	"strings"

	"github.com/gatewright/gatewright"
)

// sources are the files whose documents a request carries, as the user wrote
// their names. The control plane knows their base names only.
type sources []string

// inFiles makes the places an error names findable from where the user is.
func (fs sources) inFiles(err error) error {
	var e *gatewright.Error
	if len(fs) == 0 || !errors.As(err, &e) {
		return err
	}
	located := *e
	located.Details = make([]gatewright.Detail, len(e.Details))
	for i, d := range e.Details {
		d.Location = fs.relocate(d.Location)
		located.Details[i] = d
	}
	return &located
}

func (fs sources) locateFindings(plan *gatewright.Plan) {
	for i := range plan.Findings {
		plan.Findings[i].Location = fs.relocate(plan.Findings[i].Location)
	}
}

// relocate puts the file's path as the user wrote it in front of line and
// column. Of files with the same base name it cannot tell which is meant.
func (fs sources) relocate(location string) string {
	found := ""
	for _, file := range fs {
		if rest, ok := strings.CutPrefix(location, documentName(file)+":"); ok {
			if found != "" || file == "-" {
				return location
			}
			found = file + ":" + rest
		}
	}
	if found == "" {
		return location
	}
	return found
}
