package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
)

// writePlan writes what a change would do, for people.
func writePlan(s *term.Screen, p *gatewright.Plan) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", s.Paint(term.Bold, string(p.Kind)+" in group"), s.Paint(term.Bold, term.Clean(p.Group)))
	for _, item := range p.Items {
		writePlanItem(&b, s, item)
	}
	if len(p.Instances) > 0 {
		names := make([]string, len(p.Instances))
		for i, in := range p.Instances {
			names[i] = fmt.Sprintf("%s (%s)", term.Clean(in.Name), in.Health)
		}
		fmt.Fprintf(&b, "  gateways: %s\n", strings.Join(names, ", "))
	}
	if u := p.Units; u != nil && u.Before != u.After {
		fmt.Fprintf(&b, "  deployment units: %s → %s\n", unitsText(u.Before), unitsText(u.After))
	}
	if n := p.Approval; n != nil {
		fmt.Fprintf(&b, "  approval: %s\n", term.Clean(approvalText(n)))
	}
	for i := range p.Findings {
		writeFinding(&b, s, &p.Findings[i])
	}
	_, err := io.WriteString(s, b.String())
	return err
}

// unitsText tells deployment units and what they are of.
func unitsText(u gatewright.Units) string {
	text := strconv.Itoa(u.Total)
	var of []string
	if u.Extensible > 0 {
		of = append(of, fmt.Sprintf("%d extensible", u.Extensible))
	}
	if u.SharedFlow > 0 {
		of = append(of, fmt.Sprintf("%d of shared flows", u.SharedFlow))
	}
	if len(of) > 0 {
		text += " (" + strings.Join(of, ", ") + ")"
	}
	return text
}

func writePlanItem(b *strings.Builder, s *term.Screen, item gatewright.PlanItem) {
	subject := item.Subject
	if item.Track != "" {
		subject += "@" + item.Track
	}
	move := ""
	switch {
	case item.Action == "none":
		move = ": no difference"
	case item.From != "" && item.To != "" && item.From != item.To:
		move = ": " + item.From + " → " + item.To
	case item.To != "":
		move = ": " + item.To
	case item.From != "":
		move = ": " + item.From
	}
	style, sign := actionStyle(item.Action)
	fmt.Fprintf(b, "%s\n", s.Paint(style, sign+" "+term.Clean(subject+move)))
	for _, line := range item.Lines {
		if line == "~"+strings.TrimPrefix(move, ":") { // the heading says so
			continue
		}
		fmt.Fprintf(b, "    %s\n", s.Paint(lineStyle(line), term.Clean(line)))
	}
}

func actionStyle(action string) (term.Style, string) {
	switch action {
	case "create":
		return term.Green, "+"
	case "remove":
		return term.Red, "-"
	case "none":
		return term.Dim, "="
	}
	return term.Yellow, "~"
}

func lineStyle(line string) term.Style {
	switch {
	case strings.HasPrefix(line, "+"):
		return term.Green
	case strings.HasPrefix(line, "-"):
		return term.Red
	case strings.HasPrefix(line, "~"):
		return term.Yellow
	}
	return term.Plain
}

// writeFinding writes what a check has to say, where, and what to do.
func writeFinding(b *strings.Builder, s *term.Screen, f *gatewright.Finding) {
	style := term.Dim
	switch f.Level {
	case gatewright.LevelError:
		style = term.Red
	case gatewright.LevelWarning:
		style = term.Yellow
	}
	message := f.Message
	if f.Location != "" {
		message = f.Location + ": " + message
	} else if f.Subject != "" && !strings.Contains(f.Message, f.Subject) {
		message = f.Subject + ": " + message
	}
	fmt.Fprintf(b, "  %s %s\n", s.Paint(style, string(f.Level)+":"), term.Clean(message))
	if f.Remedy != "" {
		fmt.Fprintf(b, "    what to do: %s\n", term.Clean(f.Remedy))
	}
	if f.Rule != "" {
		fmt.Fprintf(b, "    rule: %s\n", term.Clean(strings.TrimSuffix(f.Rule+"@"+f.Fingerprint, "@")))
	}
}

// approvalText tells how far an approval has come.
func approvalText(a *gatewright.Approval) string {
	return fmt.Sprintf("%d of %d with the role %s", a.Given(), a.Needed, a.Role)
}
