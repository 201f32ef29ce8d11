package breaking

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// Document is an OpenAPI document as it was received.
type Document struct {
	Name string // that locations begin with; one that ends with .json is read as JSON
	Text []byte // at most gatewright.MaxDocumentBytes
}

// MaxBeside bounds the documents deployed beside the new one.
const MaxBeside = 16

// Options say how to compare. The zero value is usable.
type Options struct {
	// Severity overrides the levels of rules, by rule ID.
	Severity map[string]Level

	// Allow names findings that are told but do not count: RULE for all of a
	// rule, RULE@POINTER for those whose cause is at or below the JSON
	// pointer, or a fingerprint.
	Allow []string

	// Scheme is that of the versions; "" guesses it from the old version.
	Scheme gatewright.VersionScheme

	// Beside are documents that are deployed together with the new one, at
	// most MaxBeside. When one of them, and not the new one, keeps host and
	// base path of the old document, callers of the old one meet that: it is
	// what the old one is compared with.
	Beside []Document

	// Now is the day by which sunsets are judged. By the zero time none has
	// come.
	Now time.Time

	Time     time.Duration // 0: DefaultTime
	Memory   int64         // bytes, as estimated while comparing; 0: DefaultMemory
	Findings int           // causes; 0: DefaultFindings
}

// validate checks o and fills in the defaults.
func (o Options) validate() (Options, error) {
	known := newCatalogue(nil)
	for _, id := range slices.Sorted(maps.Keys(o.Severity)) {
		if _, ok := known[id]; !ok {
			return o, unknownRule("severity", id)
		}
		if level := o.Severity[id]; level < None || level >= Unknown {
			return o, gatewright.FieldErrorf("severity", "%s is no level for rule %s", level, id)
		}
	}
	for _, allow := range o.Allow {
		id, _, pointed := strings.Cut(allow, "@")
		if _, ok := known[id]; !ok && (pointed || !isFingerprint(id)) {
			return o, unknownRule("allow", id)
		}
	}
	if o.Scheme != "" {
		if _, err := gatewright.ParseVersionScheme(string(o.Scheme)); err != nil {
			return o, fmt.Errorf("options: %w", err)
		}
	}
	if len(o.Beside) > MaxBeside {
		return o, gatewright.FieldErrorf("beside", "%d documents beside the new one; at most %d are allowed", len(o.Beside), MaxBeside)
	}
	if o.Time <= 0 {
		o.Time = DefaultTime
	}
	if o.Memory <= 0 {
		o.Memory = DefaultMemory
	}
	if o.Findings <= 0 {
		o.Findings = DefaultFindings
	}
	return o, nil
}

func unknownRule(field, id string) error {
	return gatewright.FieldErrorf(field, "there is no rule %q; \"gatewright check --rules\" lists them", clip(id))
}

// Compare says what callers of the old document meet when it is replaced by
// the new one.
//
// An error is a [gatewright.Error] of code invalid when a document cannot be
// read or an option is wrong, or ctx's own when that ended. When only the
// budget ended, there is no error: the report's level is [Unknown].
func Compare(ctx context.Context, old, new Document, o Options) (*Report, error) {
	o, err := o.validate()
	if err != nil {
		return nil, err
	}
	b := newBudget(ctx, o)
	defer b.close()
	was, err := load(old, b)
	if err != nil {
		return nil, err
	}
	was.old = true
	now, err := load(new, b)
	if err != nil {
		return nil, err
	}
	c := newComparer(was, now, b)
	if err := c.chooseCounterpart(o.Beside); err != nil {
		return nil, err
	}
	c.run()
	if err := b.cancelled(); err != nil {
		return nil, fmt.Errorf("compare %s with %s: %w", old.Name, new.Name, err)
	}
	for _, s := range []*spec{c.was, c.now} {
		if err := s.report.Err(); err != nil {
			return nil, err
		}
	}
	return c.report(), nil
}
