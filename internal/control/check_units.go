package control

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

// checkUnits holds what grows to the limits of the group and of the
// organisation, and counts the group's deployment units before and after the
// change for a plan that is to be shown. What runs is counted for these two
// only: it takes tens of milliseconds in a group of ten thousand APIs, and
// changes begin while nobody else can write.
func (c *Control) checkUnits(d *draft) error {
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
	var delta gatewright.Deployed // of the group; its numbers of APIs are added below
	for i := range moves {
		m := &moves[i]
		delta.Units = delta.Units.Plus(m.units(&org.Settings, flows, d.group.Settings.Places()))
	}
	turned, err := d.turned(&org.Settings)
	if err != nil {
		return err
	}
	delta.Units = delta.Units.Plus(turned.units(d.group.Settings.Places()))
	if d.shown {
		before, err := d.unitsBefore(&org.Settings)
		if err != nil {
			return err
		}
		d.units = &gatewright.PlanUnits{Before: before, After: before.Plus(delta.Units)}
	}
	if err := d.checkGroupLimits(&org.Settings, delta); err != nil {
		return err
	}
	return d.checkOrganisationLimits(&org.Settings, delta)
}

// unitsBefore counts the deployment units of all that runs in the group.
func (d *draft) unitsBefore(settings *gatewright.OrganisationSettings) (gatewright.Units, error) {
	if d.units != nil {
		return d.units.Before, nil
	}
	flows, err := d.flows()
	if err != nil {
		return gatewright.Units{}, err
	}
	running, err := d.whatRuns()
	var before gatewright.Units
	for i := range running {
		r := &running[i]
		before.Add(r.Kind, classOf(settings, flows.before.types(r.Kind, r.use())), r.Count*d.group.Settings.Places())
	}
	return before, err
}

// move is what becomes of one slot: the policies of each revision that runs in
// it, before and after.
type move struct {
	it            *draftItem
	before, after []policyUse
}

// moves returns what becomes of the draft's slots.
func (d *draft) moves() ([]move, error) {
	if d.moved != nil {
		return d.moved, nil
	}
	for i := range d.items {
		it := &d.items[i]
		if it.resource != nil {
			continue
		}
		m := move{it: it}
		var err error
		if m.before, err = runningPolicies(d.tx, it.before, nil); err != nil {
			return nil, err
		}
		if m.after, err = runningPolicies(d.tx, it.after, it.revision); err != nil {
			return nil, err
		}
		d.moved = append(d.moved, m)
	}
	return d.moved, nil
}

// runningPolicies returns the policies of each revision that a slot with that
// content runs. rev is its current one, if that may not be stored yet.
func runningPolicies(tx Tx, content *gatewright.SlotContent, rev *gatewright.Revision) ([]policyUse, error) {
	if content == nil {
		return nil, nil
	}
	var current policyUse
	var err error
	if content.Revision != "" {
		current, err = storedUse(tx, content.Revision)
	} else if rev != nil {
		current = useOf(&rev.Definition)
	}
	if err != nil {
		return nil, err
	}
	all := []policyUse{current}
	if c := content.Canary; c != nil && c.Revision != content.Revision {
		canary, err := storedUse(tx, c.Revision)
		if err != nil {
			return nil, err
		}
		all = append(all, canary)
	}
	return all, nil
}

// units returns by how much the move alters the deployment units.
func (m *move) units(settings *gatewright.OrganisationSettings, flows *flowChange, places int) gatewright.Units {
	var u gatewright.Units
	for _, use := range m.before {
		u.Add(m.it.api.Kind, classOf(settings, flows.before.types(m.it.api.Kind, use)), -places)
	}
	for _, use := range m.after {
		u.Add(m.it.api.Kind, classOf(settings, flows.after.types(m.it.api.Kind, use)), places)
	}
	return u
}

// organisation returns the organisation, read once.
func (d *draft) organisation() (*gatewright.Organisation, error) {
	var err error
	if d.org == nil {
		d.org, err = d.tx.Organisation()
	}
	return d.org, err
}

// limitsUnits and limitsAPIs report whether a limit on units, or on numbers of
// APIs, is near what grows, so that what there is has to be counted.
func limitsUnits(l *gatewright.Limits, delta *gatewright.Deployed) bool {
	return l.Units > 0 && delta.Units.Total > 0
}

func limitsAPIs(l *gatewright.Limits, delta *gatewright.Deployed) bool {
	return l.Proxies > 0 && delta.Proxies > 0 || l.SharedFlows > 0 && delta.SharedFlows > 0 || l.Deployed > 0 && delta.Together() > 0
}

// checkGroupLimits holds the change to the limits of its group.
func (d *draft) checkGroupLimits(settings *gatewright.OrganisationSettings, delta gatewright.Deployed) error {
	limits := &d.group.Settings.Limits
	if err := d.countAPIs(limits, &delta, d.group.ID); err != nil {
		return err
	}
	var before gatewright.Deployed
	if limitsAPIs(limits, &delta) {
		counts, err := d.tx.DeployedAPIs(d.group.ID)
		if err != nil {
			return err
		}
		before = deployedIn(counts, d.group.ID)
	}
	if limitsUnits(limits, &delta) {
		var err error
		if before.Units, err = d.unitsBefore(settings); err != nil {
			return err
		}
	}
	d.holdTo(limits, before, delta, d.group.Name, fmt.Sprintf("group set %q", d.group.Name))
	return nil
}

// checkOrganisationLimits holds the change to the limits of all groups
// together.
func (d *draft) checkOrganisationLimits(settings *gatewright.OrganisationSettings, delta gatewright.Deployed) error {
	limits := &settings.Limits
	if err := d.countAPIs(limits, &delta, ""); err != nil {
		return err
	}
	if !limitsAPIs(limits, &delta) && !limitsUnits(limits, &delta) {
		return nil
	}
	groups, err := d.tx.Groups()
	if err != nil {
		return err
	}
	counted, err := countDeployed(d.tx, settings, groups, "")
	if err != nil {
		return err
	}
	before := counted[""]
	for _, g := range groups {
		before.Units = before.Units.Plus(counted[g.ID].Units)
	}
	d.holdTo(limits, before, delta, "the organisation", "organisation set")
	return nil
}

func deployedIn(counts []KindCount, group gatewright.GroupID) gatewright.Deployed {
	var n gatewright.Deployed
	for _, k := range counts {
		switch {
		case k.Group != group:
		case k.Kind == gatewright.KindFlow:
			n.SharedFlows += k.Count
		default:
			n.Proxies += k.Count
		}
	}
	return n
}

// countAPIs sets in delta by how much the change alters the number of APIs
// that are deployed in the group; anywhere, when it is "". Without limits on
// these there is nothing to count.
func (d *draft) countAPIs(limits *gatewright.Limits, delta *gatewright.Deployed, group gatewright.GroupID) error {
	delta.Proxies, delta.SharedFlows = 0, 0
	if limits.Proxies == 0 && limits.SharedFlows == 0 && limits.Deployed == 0 {
		return nil
	}
	type tracks struct {
		kind          gatewright.Kind
		before, after map[gatewright.SlotKey]bool
	}
	apis := map[string]*tracks{} // by name: a new API has no ID
	for i := range d.moved {
		it := d.moved[i].it
		if (it.before == nil) == (it.after == nil) {
			continue // it is as deployed as it was
		}
		t := apis[it.api.Name]
		if t == nil {
			t = &tracks{kind: it.api.Kind, before: map[gatewright.SlotKey]bool{}, after: map[gatewright.SlotKey]bool{}}
			apis[it.api.Name] = t
			if it.api.ID != "" {
				slots, err := d.tx.Slots(SlotFilter{Group: group, API: it.api.ID, Deployed: true})
				if err != nil {
					return err
				}
				for _, s := range slots {
					t.before[s.SlotKey], t.after[s.SlotKey] = true, true
				}
			}
		}
		if key := it.slotKey(d.group.ID); it.after == nil {
			delete(t.after, key)
		} else {
			t.after[key] = true
		}
	}
	for _, t := range apis {
		n := min(1, len(t.after)) - min(1, len(t.before))
		if t.kind == gatewright.KindFlow {
			delta.SharedFlows += n
		} else {
			delta.Proxies += n
		}
	}
	return nil
}

// holdTo adds a finding for each limit that what grows would go beyond. What
// is beyond a limit already may stay and shrink.
func (d *draft) holdTo(limits *gatewright.Limits, before, delta gatewright.Deployed, whose, command string) {
	hold := func(limit, before, delta int, what, flag string) {
		if limit == 0 || delta <= 0 || before+delta <= limit {
			return
		}
		f := gatewright.Finding{
			Level: gatewright.LevelError, Code: gatewright.LimitExceeded, Subject: whose,
			Message: fmt.Sprintf("%s would have %d %s, %d more than now; its limit is %d", whose, before+delta, what, delta, limit),
			Remedy:  fmt.Sprintf("undeploy what nobody needs (see: gatewright usage), or raise the limit: gatewright %s --%s %d", command, flag, before+delta),
		}
		if limits.Mode == gatewright.LimitWarn {
			f.Level, f.Code = gatewright.LevelWarning, ""
		}
		d.add(f)
	}
	hold(limits.Units, before.Units.Total, delta.Units.Total, "deployment units", "limit-units")
	hold(limits.Proxies, before.Proxies, delta.Proxies, "deployed proxies", "limit-proxies")
	hold(limits.SharedFlows, before.SharedFlows, delta.SharedFlows, "deployed shared flows", "limit-flows")
	hold(limits.Deployed, before.Together(), delta.Together(), "deployed proxies and shared flows", "limit-deployed")
}
