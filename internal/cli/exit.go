package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError says that the command line itself is wrong.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...)}
}

func isUsage(err error) bool {
	var u *usageError
	return errors.As(err, &u)
}

// What the flag library says of flags that are missing or exclude each other.
const (
	missingFlags   = "required flag(s) "
	exclusiveFlags = "if any flags in the group ["
)

// reword puts the flag library's messages into the words of this package.
func reword(message string) string {
	dashed := func(names []string, last string) string {
		for i := range names {
			names[i] = "--" + strings.Trim(names[i], `",`)
		}
		return strings.Join(names, last)
	}
	if rest, ok := strings.CutPrefix(message, missingFlags); ok {
		names := strings.Fields(strings.TrimSuffix(rest, " not set"))
		if len(names) == 1 {
			return dashed(names, "") + " is missing"
		}
		return dashed(names, " and ") + " are missing"
	}
	if rest, ok := strings.CutPrefix(message, exclusiveFlags); ok {
		group, _, _ := strings.Cut(rest, "]")
		return dashed(strings.Fields(group), " and ") + " exclude one another"
	}
	return message
}

// fail tells err and returns the exit code it stands for.
func (a *app) fail(command *cobra.Command, err error) int {
	code := exitFailed
	if isUsage(err) {
		code = exitUsage
	}
	var own *exitError
	if errors.As(err, &own) {
		if own.err == nil {
			return own.code
		}
		code = own.code
	}
	if a.format != formatTable {
		a.failMachine(err, code)
		return code
	}
	var shown *gatewright.Error
	if errors.As(err, &shown) {
		a.failDetails(err, shown)
	} else {
		a.sayf("%s %s\n", a.stderr.Paint(term.Red, "error:"), term.CleanLines(message(err)))
	}
	if code == exitUsage {
		a.sayf("see: %s --help\n", command.CommandPath())
	}
	return code
}

// failDetails tells an error with everything it knows, a line each.
func (a *app) failDetails(err error, e *gatewright.Error) {
	head := strings.TrimSuffix(err.Error(), e.Error()) + e.Message // keeps what wraps it
	a.sayf("%s %s\n", a.stderr.Paint(term.Red, "error:"), term.CleanLines(head))
	for _, d := range e.Details {
		a.sayf("  %s\n", term.Clean(d.String()))
	}
}

// failMachine tells an error as one JSON object.
func (a *app) failMachine(err error, code int) {
	var e *gatewright.Error
	if !errors.As(err, &e) {
		e = &gatewright.Error{Code: gatewright.Internal, Message: message(err)}
		if code == exitUsage {
			e.Code = gatewright.Invalid
		}
	}
	b, marshalErr := json.Marshal(map[string]any{"error": e, "exitCode": code})
	if marshalErr != nil {
		a.sayf("error: %s\n", e.Message)
		return
	}
	a.sayf("%s\n", b)
}

// message words errors that would mean nothing to a user.
func message(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return err.Error()
}

// sayf writes to standard error. There is nobody left to tell when that
// fails.
func (a *app) sayf(format string, args ...any) {
	_, _ = io.WriteString(a.stderr, fmt.Sprintf(format, args...))
}

// resultf writes a line of the result to standard output.
func (a *app) resultf(format string, args ...any) error {
	_, err := io.WriteString(a.stdout, fmt.Sprintf(format, args...))
	if err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}
