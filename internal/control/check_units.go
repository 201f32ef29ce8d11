package control

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

// checkUnits counts the group's deployment units before and after the change,
// and holds what grows to the limits of the group and of the organisation.
func (c *Control) checkUnits(d *draft) error {
	moves, err := d.moves()
	if err != nil || len(moves) == 0 {
		return err
	}
	org, err := d.organisation()
	if err != nil {
		return err
	}
	var delta gatewright.Deployed // of the group; its numbers of APIs are added below
	for i := range moves {
		m := &moves[i]
		delta.Units = delta.Units.Plus(m.units(&org.Settings, d.group.Settings.Places()))
	}
	running, err := d.tx.Running(d.group.ID)
	if err != nil {
		return err
	}
	var before gatewright.Units
	for i := range running {
		r := &running[i]
		before.Add(r.Kind, classOf(&org.Settings, r.Policies), r.Count*d.group.Settings.Places())
	}
	d.units = &gatewright.PlanUnits{Before: before, After: before.Plus(delta.Units)}
	if err := d.checkGroupLimits(delta); err != nil {
		return err
	}
	return d.checkOrganisationLimits(&org.Settings, delta)
}

// move is what becomes of one slot: the policies of each revision that runs in
// it, before and after.
type move struct {
	it            *draftItem
	before, after [][]string
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
func runningPolicies(tx Tx, content *gatewright.SlotContent, rev *gatewright.Revision) ([][]string, error) {
	if content == nil {
		return nil, nil
	}
	var current []string
	var err error
	if content.Revision != "" {
		current, err = tx.PolicyTypes(content.Revision)
	} else if rev != nil {
		current = rev.Definition.PolicyTypes()
	}
	if err != nil {
		return nil, err
	}
	all := [][]string{current}
	if c := content.Canary; c != nil && c.Revision != content.Revision {
		types, err := tx.PolicyTypes(c.Revision)
		if err != nil {
			return nil, err
		}
		all = append(all, types)
	}
	return all, nil
}

// units returns by how much the move alters the deployment units.
func (m *move) units(settings *gatewright.OrganisationSettings, places int) gatewright.Units {
	var u gatewright.Units
	for _, types := range m.before {
		u.Add(m.it.api.Kind, classOf(settings, types), -places)
	}
	for _, types := range m.after {
		u.Add(m.it.api.Kind, classOf(settings, types), places)
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

// checkGroupLimits holds the change to the limits of its group.
func (d *draft) checkGroupLimits(delta gatewright.Deployed) error {
	limits := &d.group.Settings.Limits
	if *limits == (gatewright.Limits{}) {
		return nil
	}
	counts, err := d.tx.DeployedAPIs(d.group.ID)
	if err != nil {
		return err
	}
	before := deployedIn(counts, d.group.ID)
	before.Units = d.units.Before
	if err := d.countAPIs(&delta, d.group.ID); err != nil {
		return err
	}
	d.holdTo(limits, before, delta, d.group.Name, fmt.Sprintf("group set %q", d.group.Name))
	return nil
}

// checkOrganisationLimits holds the change to the limits of all groups
// together.
func (d *draft) checkOrganisationLimits(settings *gatewright.OrganisationSettings, delta gatewright.Deployed) error {
	limits := &settings.Limits
	if *limits == (gatewright.Limits{}) {
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
	if err := d.countAPIs(&delta, ""); err != nil {
		return err
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
// that are deployed in the group; anywhere, when it is "".
func (d *draft) countAPIs(delta *gatewright.Deployed, group gatewright.GroupID) error {
	delta.Proxies, delta.SharedFlows = 0, 0
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
