package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/breaking"
	"github.com/gatewright/gatewright/internal/breaking/present"
	"github.com/gatewright/gatewright/internal/buildinfo"
	"github.com/gatewright/gatewright/internal/cli/term"
)

// The forms in which "check" answers.
const (
	checkText     = "text"
	checkJSON     = "json"
	checkSARIF    = "sarif"
	checkMarkdown = "markdown"
	checkGitHub   = "github"
)

func checkFormats() []string {
	return []string{checkText, checkJSON, checkSARIF, checkMarkdown, checkGitHub}
}

// checkFlags are what the user asked of "check".
type checkFlags struct {
	format   string
	failOn   string
	scheme   string
	severity []string
	allow    []string
	also     []string
	rules    bool
	time     time.Duration
	memory   int // MB
}

// Limits of the budget that users may give.
const (
	maxCheckTime   = time.Hour
	maxCheckMemory = 64 << 10 // MB
)

func (a *app) check() *cobra.Command {
	var flags checkFlags
	cmd := &cobra.Command{
		Use:   "check OLD NEW",
		Short: "Compare two API documents and say what breaks callers",
		Long: `Compare two API documents (OpenAPI 2.0, 3.0 or 3.1, in any combination) and say
what breaks the callers of the old one. No server is needed. "-" reads one of
the documents from standard input.

The exit code is 0 when nothing blocks, 1 when a finding does or the comparison
did not come to its end, 2 when the command line is wrong or a document cannot
be read. --rules lists everything that is looked for.`,
		Example: `  gatewright check openapi-1.2.yaml openapi-1.3.yaml
  gatewright check openapi-v1.yaml openapi-v2.yaml --also openapi-v1.yaml
  gatewright check old.yaml new.yaml --fail-on risky --severity response-enum-value-added=minor
  gatewright check old.yaml new.yaml --allow operation-removed@/paths/~1pets
  gatewright check old.yaml new.yaml --format sarif > compatibility.sarif`,
		Args: func(cmd *cobra.Command, args []string) error {
			if flags.rules {
				return exactly()(cmd, args)
			}
			return exactly("the OLD document", "the NEW document")(cmd, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.format, "format", checkText, strings.Join(checkFormats(), ", "))
	f.StringVar(&flags.failOn, "fail-on", breaking.Major.String(), "lowest level that blocks: minor, risky, major or identity")
	f.StringVar(&flags.scheme, "scheme", "", "how versions are written (default as the old one is)")
	f.StringArrayVar(&flags.severity, "severity", nil, "RULE=LEVEL: another level for a rule (repeatable)")
	f.StringArrayVar(&flags.allow, "allow", nil, "RULE, RULE@POINTER or a fingerprint: findings that do not count (repeatable)")
	f.StringArrayVar(&flags.also, "also", nil, "a document deployed beside the new one, which may keep the old base path (repeatable)")
	f.DurationVar(&flags.time, "time", breaking.DefaultTime, "how long the comparison may take; a longer one counts as breaking")
	f.IntVar(&flags.memory, "memory", breaking.DefaultMemory>>20, "how much memory the comparison may take, in MB; one that needs more counts as breaking")
	f.BoolVar(&flags.rules, "rules", false, "list the rules and their levels")
	complete(cmd, "format", checkFormats()...)
	complete(cmd, "fail-on", "minor", "risky", "major", "identity")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		options, failOn, err := flags.options()
		if err != nil {
			return err
		}
		a.working = true
		if flags.rules {
			return a.checkRules(flags.format, options)
		}
		return a.checkDocuments(cmd.Context(), &flags, args, options, failOn)
	}
	return cmd
}

// options turns the flags into options of the comparison.
func (f *checkFlags) options() (breaking.Options, breaking.Level, error) {
	o := breaking.Options{
		Severity: map[string]breaking.Level{}, Allow: f.allow, Scheme: gatewright.VersionScheme(f.scheme),
		Time: f.time, Memory: int64(f.memory) << 20,
	}
	if f.time <= 0 || f.time > maxCheckTime {
		return o, 0, usagef("--time %s: use more than 0 and at most %s", f.time, maxCheckTime)
	}
	if f.memory <= 0 || f.memory > maxCheckMemory {
		return o, 0, usagef("--memory %d: use 1 to %d (MB)", f.memory, maxCheckMemory)
	}
	known := false
	for _, name := range checkFormats() {
		known = known || name == f.format
	}
	if !known {
		return o, 0, usagef("--format %q: use %s", f.format, strings.Join(checkFormats(), ", "))
	}
	failOn, err := breaking.ParseLevel(f.failOn)
	if err != nil || failOn < breaking.Minor {
		return o, 0, usagef("--fail-on %q: use minor, risky, major or identity", f.failOn)
	}
	for _, s := range f.severity {
		rule, name, found := strings.Cut(s, "=")
		if !found {
			return o, 0, usagef("--severity %q is not RULE=LEVEL", s)
		}
		level, err := breaking.ParseLevel(name)
		if err != nil {
			return o, 0, usagef("--severity %s: %s", s, err)
		}
		o.Severity[rule] = level
	}
	return o, failOn, nil
}

// unreadableError says that a document or an option cannot be used: the exit
// code is that of wrong use, the message tells every detail.
type unreadableError struct{ err error }

func (e *unreadableError) Error() string { return e.err.Error() }

func (e *unreadableError) Unwrap() []error { return []error{e.err, &usageError{}} }

func (a *app) checkDocuments(ctx context.Context, flags *checkFlags, args []string, o breaking.Options, failOn breaking.Level) error {
	if args[0] == "-" && args[1] == "-" {
		return usagef("only one of the documents can come from standard input")
	}
	documents := make([]breaking.Document, 0, len(args)+len(flags.also))
	for _, name := range append(args[:len(args):len(args)], flags.also...) {
		text, err := a.readDocument(name)
		if err != nil {
			return &unreadableError{err}
		}
		if name == "-" {
			name = stdinName
		}
		documents = append(documents, breaking.Document{Name: name, Text: text})
	}
	o.Beside = documents[2:]
	o.Now = a.env.Now()
	report, err := breaking.Compare(ctx, documents[0], documents[1], o)
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		return &unreadableError{err}
	}
	text, err := a.checkResult(flags.format, report, failOn)
	if err != nil {
		return err
	}
	if err := a.resultf("%s", text); err != nil {
		return err
	}
	switch {
	case report.Level == breaking.Unknown:
		return fmt.Errorf("the comparison did not come to its end (%s); it counts as breaking", report.Ended)
	case report.Blocked(failOn):
		return errors.New("the change is not compatible")
	}
	return nil
}

// checkResult writes the report in the format.
func (a *app) checkResult(format string, report *breaking.Report, failOn breaking.Level) (string, error) {
	switch format {
	case checkJSON:
		b, err := marshal(formatJSON, report)
		return string(b), err
	case checkSARIF:
		b, err := present.SARIF(report, failOn, buildinfo.Read().Version)
		return string(b), err
	case checkMarkdown:
		return present.Markdown(report, failOn), nil
	case checkGitHub:
		return present.GitHub(report, failOn), nil
	default:
		return term.CleanLines(present.Text(report, failOn)), nil
	}
}

// checkRules lists the rules, with the levels that the flags give them.
func (a *app) checkRules(format string, o breaking.Options) error {
	rules := breaking.Rules()
	for i := range rules {
		if level, ok := o.Severity[rules[i].ID]; ok {
			rules[i].Level = level
		}
	}
	switch format {
	case checkJSON:
		b, err := marshal(formatJSON, rules)
		if err != nil {
			return err
		}
		return a.resultf("%s", b)
	case checkText:
	default:
		return usagef("--rules comes as text or json, not as %s", format)
	}
	table := term.NewTable("RULE", "LEVEL", "WHY")
	for _, r := range rules {
		table.Row(r.ID, r.Level.String(), r.Why)
	}
	if err := table.Write(a.stdout); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}
