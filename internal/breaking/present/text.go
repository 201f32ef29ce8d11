package present

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright/internal/breaking"
)

// Limits of what the forms for people show.
const (
	shownPlaces = 3  // of a finding
	shownSmall  = 20 // findings that need nobody's attention, in text
)

// Text writes the report for a terminal: one block per cause that is risky or
// worse, a line for each that is less. Findings of level failOn and above are
// called errors.
func Text(r *breaking.Report, failOn breaking.Level) string {
	var b strings.Builder
	small := 0
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Level < breaking.Risky && f.Level < failOn {
			if small++; small <= shownSmall {
				fmt.Fprintf(&b, "%-8s %s  %s  %s  (%s)\n", f.Level, f.Rule, Change(f), f.Location, Count(f.Places))
			}
			continue
		}
		block(&b, f, failOn)
	}
	if small > shownSmall {
		fmt.Fprintf(&b, "… and %d more findings of level %s and below; --format json has them all\n", small-shownSmall, breaking.Minor)
	}
	if len(r.Findings) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString(Summary(r))
	return b.String()
}

func block(b *strings.Builder, f *breaking.Finding, failOn breaking.Level) {
	fmt.Fprintf(b, "%s %s  %s\n", severity(f, failOn), strings.ToUpper(f.Level.String()), f.Rule)
	at := "at"
	if f.InOld {
		at = "was"
	}
	fmt.Fprintf(b, "  %-6s %s  %s\n", at, f.Location, oneLine(f.Pointer))
	fmt.Fprintf(b, "  %-6s %s\n", "what", Change(f))
	fmt.Fprintf(b, "  %-6s %s\n", "why", f.Why)
	for i, place := range f.Places.Listed[:min(len(f.Places.Listed), shownPlaces)] {
		word := ""
		if i == 0 {
			word = "where"
		}
		fmt.Fprintf(b, "  %-6s %s\n", word, place)
	}
	if f.Places.Total > shownPlaces {
		fmt.Fprintf(b, "  %-6s (%s)\n", "", Count(f.Places))
	}
	for i, remedy := range f.Remedies {
		word := "or"
		if i == 0 {
			word = "fix"
		}
		fmt.Fprintf(b, "  %-6s %s\n", word, remedyText(remedy))
	}
}

// severity returns the word for what a finding means to the caller.
func severity(f *breaking.Finding, failOn breaking.Level) string {
	switch {
	case f.Allowed:
		return "allowed"
	case f.Level >= failOn:
		return "error"
	case f.Level >= breaking.Risky:
		return "warning"
	default:
		return "info"
	}
}

func remedyText(r breaking.Remedy) string {
	if r.Kind == "allow" {
		return "accept it: --allow '" + oneLine(r.Text) + "'"
	}
	return r.Text
}

// oneLine keeps the names of a document from making lines of their own.
func oneLine(s string) string {
	return strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(s)
}

// Change tells what a finding found: "optional → required".
func Change(f *breaking.Finding) string {
	switch {
	case f.From == f.To:
		return f.To
	case f.From == "":
		return "added " + f.To
	case f.To == "":
		return "removed " + f.From
	default:
		return f.From + " → " + f.To
	}
}

// Count tells how far a finding reaches: "707 places in 212 operations".
func Count(p breaking.Places) string {
	count := plural(p.Total, "place")
	if p.More {
		count = "more than " + count
	}
	if p.Operations > 0 {
		count += " in " + plural(p.Operations, "operation")
	}
	return count
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

// number writes large numbers with commas: 10,000.
func number(n int) string {
	s := strconv.Itoa(n)
	if n < 10_000 {
		return s
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Summary tells the verdict in a few lines.
func Summary(r *breaking.Report) string {
	var b strings.Builder
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	causes := map[breaking.Level]int{}
	for i := range r.Findings {
		if f := &r.Findings[i]; !f.Allowed {
			causes[f.Level]++
		}
	}
	var counts []string
	for level := breaking.Identity; level > breaking.None; level-- {
		if n := causes[level]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, level))
		}
	}
	fmt.Fprintf(&b, "%s → %s: %s", r.Old, r.New, r.Level)
	if len(counts) > 0 {
		fmt.Fprintf(&b, " (causes: %s)", strings.Join(counts, ", "))
	}
	fmt.Fprintf(&b, "\n%s\n", r.Version.Message)
	return b.String()
}
