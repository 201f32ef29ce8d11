package present

import (
	"fmt"
	"strings"

	"github.com/gatewright/gatewright/internal/breaking"
)

// maxRows bounds the rows of a table, so that a comment holds it.
const maxRows = 200

// Markdown writes the report as a comment on a pull request.
func Markdown(r *breaking.Report, failOn breaking.Level) string {
	var b strings.Builder
	verdict := "compatible"
	if r.Blocked(failOn) {
		verdict = "not compatible"
	}
	fmt.Fprintf(&b, "### %s: %s (%s)\n\n%s\n\n", escape(r.New), verdict, r.Level, escape(r.Version.Message))
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "> %s\n\n", escape(note))
	}
	if len(r.Findings) == 0 {
		b.WriteString("No changes that callers could notice.\n")
		return b.String()
	}
	b.WriteString("| | Level | Rule | What | Where | Fix |\n|---|---|---|---|---|---|\n")
	for i := range r.Findings {
		if i == maxRows {
			fmt.Fprintf(&b, "\n… and %d more\n", len(r.Findings)-maxRows)
			break
		}
		f := &r.Findings[i]
		fix := ""
		if len(f.Remedies) > 0 {
			fix = remedyText(f.Remedies[0])
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s<br>%s | %s<br>%s | %s |\n", severity(f, failOn), f.Level, f.Rule,
			escape(Change(f)), escape(f.Why), escape(f.Location), escape(where(f)), escape(fix))
	}
	return b.String()
}

// where tells the first place of a finding and how many there are.
func where(f *breaking.Finding) string {
	if f.Places.Total == 1 && len(f.Places.Listed) == 1 {
		return f.Places.Listed[0]
	}
	if len(f.Places.Listed) > 0 {
		return f.Places.Listed[0] + " … " + Count(f.Places)
	}
	return ""
}

// escape keeps text of a document from being anything but text.
func escape(s string) string {
	return strings.NewReplacer(
		"\n", " ", "\r", " ", `\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "@", "&#64;",
	).Replace(s)
}
