package doctree

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/gatewright/gatewright"
)

// Limits of a [Report]. What goes beyond is counted, not kept.
const (
	MaxErrors   = 50
	MaxFindings = 100
)

// Report collects everything that is wrong with one document and everything
// its author should know, each with its place. It is not for concurrent use.
type Report struct {
	name         string
	errors       []entry
	findings     []entry
	moreErrors   int
	moreFindings int
}

// entry is told in words only when the document has been read: before that,
// pointers are not complete.
type entry struct {
	at                     Place
	level                  gatewright.Level
	check, message, remedy string
}

// NewReport returns an empty report on the file called name, which is how
// locations name it.
func NewReport(name string) *Report { return &Report{name: name} }

// Name returns the name of the file.
func (r *Report) Name() string { return r.name }

// At returns "file:line:column" of the place.
func (r *Report) At(at Place) string {
	return r.name + ":" + strconv.Itoa(int(at.Line)) + ":" + strconv.Itoa(int(at.Column))
}

// Errorf adds an error, once. The message says what is wrong and what to do.
func (r *Report) Errorf(at Place, format string, args ...any) {
	if len(r.errors) == MaxErrors {
		r.moreErrors++
		return
	}
	r.errors = addOnce(r.errors, entry{at: at, message: fmt.Sprintf(format, args...)})
}

// Warn adds a warning of the named check, once.
func (r *Report) Warn(at Place, check, message, remedy string) {
	r.find(entry{at, gatewright.LevelWarning, check, message, remedy})
}

// Info adds something worth knowing, once.
func (r *Report) Info(at Place, check, message, remedy string) {
	r.find(entry{at, gatewright.LevelInfo, check, message, remedy})
}

func (r *Report) find(e entry) {
	if len(r.findings) == MaxFindings {
		r.moreFindings++
		return
	}
	r.findings = addOnce(r.findings, e)
}

func addOnce(list []entry, e entry) []entry {
	for i := range list {
		if o := &list[i]; o.at.Line == e.at.Line && o.at.Column == e.at.Column && o.message == e.message {
			return list
		}
	}
	return append(list, e)
}

// Failed reports whether an error was added.
func (r *Report) Failed() bool { return len(r.errors) > 0 }

// Err returns all errors, in the order of the document, as one
// [gatewright.Invalid] error, nil when there are none.
func (r *Report) Err() error {
	if !r.Failed() {
		return nil
	}
	count := len(r.errors) + r.moreErrors
	message := fmt.Sprintf("%s cannot be imported: %d errors", r.name, count)
	if count == 1 {
		message = r.name + " cannot be imported"
	}
	details := make([]gatewright.Detail, 0, len(r.errors)+1)
	for _, e := range inOrder(r.errors) {
		details = append(details, gatewright.Detail{Location: r.At(e.at), Pointer: e.at.Pointer(), Message: e.message})
	}
	if r.moreErrors > 0 {
		details = append(details, gatewright.Detail{Message: fmt.Sprintf("… and %d more", r.moreErrors)})
	}
	return &gatewright.Error{Code: gatewright.Invalid, Message: message, Details: details}
}

// Findings returns the warnings and information in the order of the document.
func (r *Report) Findings() []gatewright.Finding {
	var findings []gatewright.Finding
	for _, e := range inOrder(r.findings) {
		findings = append(findings, gatewright.Finding{
			Check:    e.check,
			Level:    e.level,
			Subject:  cmp.Or(e.at.Pointer(), "document"),
			Message:  e.message,
			Remedy:   e.remedy,
			Location: r.At(e.at),
		})
	}
	if r.moreFindings > 0 {
		findings = append(findings, gatewright.Finding{
			Check:   "document",
			Level:   gatewright.LevelWarning,
			Subject: "document",
			Message: fmt.Sprintf("… and %d more findings that are not listed", r.moreFindings),
		})
	}
	return findings
}

func inOrder(list []entry) []entry {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.at.Line, b.at.Line), cmp.Compare(a.at.Column, b.at.Column))
	})
	return list
}
