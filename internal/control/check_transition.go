package control

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// checkTransition warns of what turns a standard proxy into an extensible one:
// that may cost, and holds up other changes of it while it rolls out.
func (c *Control) checkTransition(d *draft) error {
	moves, err := d.moves()
	if err != nil {
		return err
	}
	flows, err := d.flows()
	if err != nil || len(moves) == 0 && !flows.alters() {
		return err
	}
	org, err := d.organisation()
	if err != nil {
		return err
	}
	for i := range moves {
		m := &moves[i]
		types := anyExtensible(&org.Settings, flows.after, m.it.api.Kind, m.after)
		if len(types) == 0 || m.it.api.Kind == gatewright.KindFlow || len(anyExtensible(&org.Settings, flows.before, m.it.api.Kind, m.before)) > 0 {
			continue
		}
		f := gatewright.Finding{
			Level: gatewright.LevelInfo, Subject: m.it.subject(),
			Message: fmt.Sprintf("%s counts as an extensible proxy in %s, because of %s", m.it.subject(), d.group.Name, policiesText(types)),
		}
		if m.it.before != nil {
			f.Level = gatewright.LevelWarning
			f.Message = fmt.Sprintf("%s turns from a standard into an extensible proxy in %s, because of %s: that may cost more, and while it rolls out, %s can be neither deployed, undeployed nor deleted there",
				m.it.subject(), d.group.Name, policiesText(types), m.it.api.Name)
			f.Remedy = "which policies are extensible says: gatewright organisation show"
		}
		d.add(f)
	}
	return d.tellTurned(&org.Settings)
}

// tellTurned warns of what shared flows and hooks make of the proxies that they
// act on.
func (d *draft) tellTurned(settings *gatewright.OrganisationSettings) error {
	turned, err := d.turned(settings)
	if err != nil || turned.extensible == 0 {
		return err
	}
	d.add(gatewright.Finding{
		Level: gatewright.LevelWarning, Subject: d.group.Name,
		Message: fmt.Sprintf("%s of other APIs in %s turn from standard into extensible ones, because shared flows make %s act on their calls: that may cost more",
			count(turned.extensible, "revision"), d.group.Name, policiesText(turned.because)),
		Remedy: "which policies are extensible says: gatewright organisation show",
	})
	return nil
}

// anyExtensible returns the types of policy that make one of the revisions
// extensible.
func anyExtensible(settings *gatewright.OrganisationSettings, flows *flowGraph, kind gatewright.Kind, revisions []policyUse) []string {
	var types []string
	for _, use := range revisions {
		types = append(types, extensibleTypes(settings, flows.types(kind, use))...)
	}
	slices.Sort(types)
	return slices.Compact(types)
}

func policiesText(types []string) string {
	if len(types) == 1 {
		return "the policy " + types[0]
	}
	return "the policies " + strings.Join(types, ", ")
}

// turnsExtensible reports whether a change that is under way turns the proxy
// of the item's slot from a standard into an extensible one.
func (d *draft) turnsExtensible(other *gatewright.Change, it *draftItem) (bool, error) {
	org, err := d.organisation()
	if err != nil {
		return false, err
	}
	for i := range other.Items {
		s := other.Items[i].Slot
		if s == nil || s.API != it.api.ID || s.Track != it.track.Name || s.Before == nil || s.After == nil || it.api.Kind == gatewright.KindFlow {
			continue
		}
		before, err := runningPolicies(d.tx, s.Before, nil)
		if err != nil {
			return false, err
		}
		after, err := runningPolicies(d.tx, s.After, nil)
		if err != nil {
			return false, err
		}
		flows, err := d.flows()
		if err != nil {
			return false, err
		}
		now := flows.before
		return len(anyExtensible(&org.Settings, now, it.api.Kind, before)) == 0 && len(anyExtensible(&org.Settings, now, it.api.Kind, after)) > 0, nil
	}
	return false, nil
}
