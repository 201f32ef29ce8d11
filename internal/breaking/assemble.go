package breaking

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// report makes the report of what was found.
func (c *comparer) report() *Report {
	r := &Report{Old: c.was.name, New: c.now.name, Findings: []Finding{}}
	c.demandVersion()
	visits := maxVisits
	if c.budget.ended != "" {
		visits = maxVisitsEnded
	}
	c.addFindings(r, newFinder(c.graph, visits))
	for i := range r.Findings {
		if f := &r.Findings[i]; !f.Allowed {
			r.Level = max(r.Level, f.Level)
		}
	}
	r.Ended = c.budget.ended
	if r.Ended != "" {
		r.Level = Unknown
		c.notes = append(c.notes, fmt.Sprintf("the comparison was ended by its budget (%s); what was not compared counts as breaking", r.Ended))
	}
	r.Required = r.Level.Bump()
	r.Version = c.judgeVersion(r.Level)
	r.Notes = c.notes
	return r
}

// demandVersion finds a version that was not raised far enough for additions.
// What breaks callers is told by itself.
func (c *comparer) demandVersion() {
	level := None
	for _, cause := range c.order {
		level = max(level, c.rules[cause.rule].Level)
	}
	old, new, scheme := c.versions()
	if _, err := scheme.Bump(old, new); err != nil || level != Minor && level != Risky {
		return
	}
	if v := c.judgeVersion(level); !v.Sufficient && v.Declared >= gatewright.BumpNone {
		at := c.now.onKey(c.now.root.Get("info"), "version")
		c.find(c.graph.whole("document"), "version-not-raised", at, v.Old, cmp.Or(v.Needed, "a new version")+" needed")
	}
}

// addFindings turns causes into findings, highest level first, then in the
// order of the documents.
func (c *comparer) addFindings(r *Report, places *finder) {
	order := slices.Clone(c.order)
	slices.SortStableFunc(order, func(a, b *cause) int {
		return cmp.Or(
			cmp.Compare(c.rules[b.rule].Level, c.rules[a.rule].Level),
			cmp.Compare(a.shown.at.Line, b.shown.at.Line),
			cmp.Compare(a.shown.at.Column, b.shown.at.Column),
			strings.Compare(a.rule, b.rule),
		)
	})
	order = order[:min(len(order), c.budget.limits.Findings)]
	seen := map[string]int{}
	for _, cause := range order {
		f := c.finding(cause, places)
		if i, twice := seen[f.Fingerprint]; twice { // a YAML alias gives one place two names
			r.Findings[i].Places.add(f.Places)
			continue
		}
		seen[f.Fingerprint] = len(r.Findings)
		r.Findings = append(r.Findings, f)
	}
}

func (c *comparer) finding(cause *cause, places *finder) Finding {
	rule := c.rules[cause.rule]
	f := Finding{
		Rule: rule.ID, Level: rule.Level, Why: rule.Why,
		Pointer: cause.at.at.Pointer(), From: cause.from, To: cause.to,
		Location: cause.shown.spec.report.At(cause.shown.at), InOld: cause.at.spec.old,
		Places: places.places(cause.sites),
	}
	f.Places.More = f.Places.More || c.budget.ended != ""
	f.Fingerprint = cause.fingerprint()
	f.Allowed = slices.ContainsFunc(c.budget.limits.Allow, f.matches)
	f.Remedies = c.remedies(rule, &f)
	return f
}

// matches reports whether an entry of Options.Allow names the finding.
func (f *Finding) matches(allow string) bool {
	rule, pointer, pointed := strings.Cut(allow, "@")
	switch {
	case !pointed:
		return rule == f.Rule || rule == f.Fingerprint
	case rule != f.Rule:
		return false
	default:
		return pointer == f.Pointer || strings.HasPrefix(f.Pointer, strings.TrimSuffix(pointer, "/")+"/")
	}
}

func (c *comparer) remedies(rule Rule, f *Finding) []Remedy {
	var list []Remedy
	if rule.Keep != "" {
		list = append(list, Remedy{"keep", rule.Keep})
	}
	if f.Level < Risky {
		return list
	}
	if f.Level == Major {
		old, _, scheme := c.versions()
		next, err := scheme.Next(old, gatewright.BumpMajor, c.budget.limits.Now)
		if err != nil {
			next = "of a new major"
		}
		list = append(list, Remedy{"new-major", fmt.Sprintf("put it into a document of its own with version %s and %s, and deploy both", next, c.nextBase())})
	}
	return append(list, Remedy{"allow", f.Rule + "@" + f.Pointer})
}
