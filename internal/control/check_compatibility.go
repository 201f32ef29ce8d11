package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/breaking"
)

// Rules of the gate beside those of package breaking.
const (
	ruleUnknown = "compatibility-unknown" // the comparison did not come to its end
	ruleVersion = "version-not-raised"    // info.version promises less than changed
)

// checkCompatibility holds the new definition of a slot against the one that
// runs there: what breaks callers is refused, or warned of, as the group's
// gate says. A new track breaks nobody; what it changes against the track
// before it is told.
func (c *Control) checkCompatibility(d *draft) error {
	for i := range d.items {
		it := &d.items[i]
		what, p, err := d.compared(it)
		if err != nil {
			return err
		}
		if p == nil {
			continue
		}
		report, err := c.gate.compare(context.Background(), *p)
		if err != nil {
			if gatewright.CodeOf(err) != gatewright.Invalid {
				return err
			}
			if it.before != nil {
				d.addBreaking(unknown(it, fmt.Sprintf("whether it breaks callers of %s is not known, and unknown counts as breaking: %v", what, err)))
			}
			continue
		}
		d.judge(it, what, report)
	}
	return nil
}

// compared returns the pair of definitions the gate looks at for an item, and
// what to call it; nil when there is none.
func (d *draft) compared(it *draftItem) (what string, p *comparison, err error) {
	switch it.action {
	case gatewright.ChangePublish, gatewright.ChangeDeploy, gatewright.ChangeSync:
	default:
		return "", nil, nil
	}
	if it.after == nil || it.revision == nil || d.group.Settings.Gate(d.group.Stage) == gatewright.CompatibilityOff {
		return "", nil, nil
	}
	var old *gatewright.Revision
	if it.before != nil {
		if it.before.Hash == it.after.Hash {
			return "", nil, nil
		}
		old, err = d.tx.Revision(it.before.Revision)
		what = it.before.Label() + " in " + d.group.Name
	} else {
		old, what, err = d.trackBefore(it)
	}
	if err != nil || old == nil || len(old.Definition.Document.Text) == 0 || len(it.revision.Definition.Document.Text) == 0 {
		return "", nil, err
	}
	today := d.tx.Now().UTC().Truncate(24 * time.Hour)
	return what, &comparison{&old.Definition, &it.revision.Definition, it.api.Settings.Scheme, today}, nil
}

// trackBefore returns what runs in the group on the track a new one follows:
// the last by name of those before it.
func (d *draft) trackBefore(it *draftItem) (*gatewright.Revision, string, error) {
	if it.api.ID == "" {
		return nil, "", nil
	}
	slots, err := d.tx.Slots(SlotFilter{Group: d.group.ID, API: it.api.ID, Deployed: true})
	if err != nil {
		return nil, "", err
	}
	slots = slices.DeleteFunc(slots, func(s *gatewright.Slot) bool { return compareTracks(s.Track, it.track.Name) >= 0 })
	if len(slots) == 0 {
		return nil, "", nil
	}
	last := slices.MaxFunc(slots, func(a, b *gatewright.Slot) int { return compareTracks(a.Track, b.Track) })
	rev, err := d.tx.Revision(last.Revision)
	return rev, it.api.Name + "@" + last.Track, err
}

// compareTracks orders v2 before v10.
func compareTracks(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// judge turns a report into findings.
func (d *draft) judge(it *draftItem, what string, r *breaking.Report) {
	beside := it.before == nil // a new track
	if r.Level == breaking.Unknown && !beside {
		d.addBreaking(unknown(it, fmt.Sprintf("whether it breaks callers of %s is not known, and unknown counts as breaking: the comparison ended at its budget of %s", what, r.Ended)))
	}
	told, quiet := 0, 0
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Level < breaking.Risky {
			quiet++
			continue
		}
		if told++; told > gatewright.MaxFindings && (beside || f.Level < breaking.Major) {
			continue
		}
		finding := gatewright.Finding{
			Subject: it.api.Name, Rule: f.Rule, Fingerprint: f.Fingerprint, Location: f.Location,
			Message: describeBreaking(f), Remedy: remedies(f),
		}
		switch {
		case beside:
			finding.Level, finding.Remedy = gatewright.LevelInfo, ""
			finding.Message = "against " + what + ": " + finding.Message
			d.add(finding)
		case f.Level >= breaking.Major:
			d.addBreaking(finding)
		default:
			finding.Level = gatewright.LevelWarning
			d.add(finding)
		}
	}
	if quiet > 0 {
		d.add(gatewright.Finding{
			Level: gatewright.LevelInfo, Subject: it.api.Name,
			Message: fmt.Sprintf("%s from %s on that no caller has to know of (see: gatewright check)", count(quiet, "change"), what),
		})
	}
	if !r.Version.Sufficient && !beside && r.Level < breaking.Major {
		d.add(gatewright.Finding{Level: gatewright.LevelWarning, Subject: it.api.Name, Rule: ruleVersion, Message: r.Version.Message})
	}
}

// unknown is the finding that nobody knows whether callers break.
func unknown(it *draftItem, message string) gatewright.Finding {
	return gatewright.Finding{
		Subject: it.api.Name, Rule: ruleUnknown, Message: message,
		Fingerprint: gatewright.HashBytes([]byte(it.before.Hash + it.after.Hash)).Short(),
		Remedy:      "publish it as a new major with its own base path; or " + allowing(ruleUnknown),
	}
}

// allowing tells how to pass in spite of a rule.
func allowing(rule string) string {
	return "let it pass on purpose with --allow-breaking " + rule + " --reason, which needs the right to"
}

// addBreaking adds a finding that breaks callers: an error where the gate is
// enforced, unless the request allows it, else a warning.
func (d *draft) addBreaking(f gatewright.Finding) {
	f.Level = gatewright.LevelWarning
	if d.group.Settings.Gate(d.group.Stage) == gatewright.CompatibilityEnforce {
		allowed := slices.ContainsFunc(d.req.AllowBreaking, func(a Allowance) bool {
			return a.Rule == f.Rule && (a.Fingerprint == "" || a.Fingerprint == f.Fingerprint)
		})
		if allowed {
			d.allowed = append(d.allowed, Allowance{Rule: f.Rule, Fingerprint: f.Fingerprint})
			f.Message, f.Remedy = "allowed: "+f.Message, ""
		} else {
			f.Level, f.Code = gatewright.LevelError, gatewright.PreconditionFailed
		}
	}
	d.add(f)
}

func describeBreaking(f *breaking.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %s", f.Level, f.Rule, f.Why)
	if f.From != "" || f.To != "" {
		fmt.Fprintf(&b, " (%s → %s)", orNone(f.From), orNone(f.To))
	}
	if f.Places.Total > 0 {
		more := ""
		if f.Places.More {
			more = "more than "
		}
		fmt.Fprintf(&b, "; %s%s in %s", more, count(f.Places.Total, "place"), count(f.Places.Operations, "operation"))
	}
	if len(f.Places.Listed) > 0 {
		b.WriteString(", like " + f.Places.Listed[0])
	}
	return b.String()
}

func remedies(f *breaking.Finding) string {
	var texts []string
	for _, r := range f.Remedies {
		if r.Kind != "allow" {
			texts = append(texts, r.Text)
		}
	}
	texts = append(texts, allowing(f.Rule))
	return strings.Join(texts, "; or ")
}
