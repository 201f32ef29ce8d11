package present

import (
	"fmt"
	"strings"

	"github.com/gatewright/gatewright/internal/breaking"
)

// GitHub writes the report as workflow commands, which GitHub shows beside the
// lines of the new document.
func GitHub(r *breaking.Report, failOn breaking.Level) string {
	var b strings.Builder
	for i := range r.Findings {
		f := &r.Findings[i]
		command := "notice"
		switch severity(f, failOn) {
		case "error":
			command = "error"
		case "warning":
			command = "warning"
		}
		file, line, column := position(f.Location)
		fmt.Fprintf(&b, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", command, property(file), line, column, property(f.Rule),
			data(Change(f)+". "+f.Why+" ("+Count(f.Places)+")"))
	}
	if r.Blocked(failOn) {
		fmt.Fprintf(&b, "::error title=compatibility::%s\n", data(Summary(r)))
	} else {
		fmt.Fprintf(&b, "::notice title=compatibility::%s\n", data(Summary(r)))
	}
	return b.String()
}

// data escapes the message of a workflow command.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// property escapes a property of a workflow command.
func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
