package control

import (
	"context"

	"github.com/gatewright/gatewright"
)

// DeploymentUsage counts what the organisation has created and deployed, in
// all and in each group.
func (c *Control) DeploymentUsage(ctx context.Context) (*gatewright.DeploymentUsage, error) {
	var u *gatewright.DeploymentUsage
	err := c.store.View(ctx, func(tx Tx) error {
		org, err := tx.Organisation()
		if err != nil {
			return err
		}
		groups, err := tx.Groups()
		if err != nil {
			return err
		}
		u = &gatewright.DeploymentUsage{Limits: org.Settings.Limits, Groups: make([]gatewright.GroupUsage, len(groups))}
		if u.Created, err = created(tx); err != nil {
			return err
		}
		counted, err := countDeployed(tx, &org.Settings, groups, "")
		if err != nil {
			return err
		}
		for i, g := range groups {
			u.Groups[i] = groupUsage(g, counted[g.ID])
			u.ProxyRevisions += u.Groups[i].ProxyRevisions
			u.SharedFlowRevisions += u.Groups[i].SharedFlowRevisions
			u.Units = u.Units.Plus(u.Groups[i].Units)
		}
		u.Proxies, u.SharedFlows = counted[""].Proxies, counted[""].SharedFlows
		return nil
	})
	return u, err
}

// GroupUsage counts what is deployed in one group, by name or ID.
func (c *Control) GroupUsage(ctx context.Context, name string) (*gatewright.GroupUsage, error) {
	var u gatewright.GroupUsage
	err := c.store.View(ctx, func(tx Tx) error {
		g, err := findGroup(tx, name)
		if err != nil {
			return err
		}
		org, err := tx.Organisation()
		if err != nil {
			return err
		}
		counted, err := countDeployed(tx, &org.Settings, []*gatewright.Group{g}, g.ID)
		if err != nil {
			return err
		}
		u = groupUsage(g, counted[g.ID])
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &u, nil
}

func groupUsage(g *gatewright.Group, d gatewright.Deployed) gatewright.GroupUsage {
	return gatewright.GroupUsage{
		Group: g.ID, Name: g.Name, Stage: g.Stage, Locations: g.Settings.Locations, Deployed: d, Limits: g.Settings.Limits,
	}
}

func created(tx Tx) (gatewright.Created, error) {
	var n gatewright.Created
	counts, err := tx.CreatedAPIs()
	for _, k := range counts {
		if k.Kind == gatewright.KindFlow {
			n.SharedFlows += k.Count
		} else {
			n.Proxies += k.Count
		}
	}
	return n, err
}

// countDeployed counts what is deployed in each of the groups. only is the one
// of them that is asked for; when it is "", the numbers of APIs in the whole
// organisation are under "".
func countDeployed(tx Tx, settings *gatewright.OrganisationSettings, groups []*gatewright.Group, only gatewright.GroupID) (map[gatewright.GroupID]gatewright.Deployed, error) {
	counted := make(map[gatewright.GroupID]gatewright.Deployed, len(groups)+1)
	apis, err := tx.DeployedAPIs(only)
	if err != nil {
		return nil, err
	}
	for _, k := range apis {
		d := counted[k.Group]
		if k.Kind == gatewright.KindFlow {
			d.SharedFlows += k.Count
		} else {
			d.Proxies += k.Count
		}
		counted[k.Group] = d
	}
	running, err := tx.Running(only)
	if err != nil {
		return nil, err
	}
	flows := make(map[gatewright.GroupID]*flowGraph, len(groups))
	for _, g := range groups {
		if flows[g.ID], err = flowsOf(tx, g.ID); err != nil {
			return nil, err
		}
	}
	places := make(map[gatewright.GroupID]int, len(groups))
	for _, g := range groups {
		places[g.ID] = g.Settings.Places()
	}
	for i := range running {
		r := &running[i]
		d := counted[r.Group]
		if r.Kind == gatewright.KindFlow {
			d.SharedFlowRevisions += r.Count
		} else {
			d.ProxyRevisions += r.Count
		}
		d.Units.Add(r.Kind, classOf(settings, flows[r.Group].types(r.Kind, r.use())), r.Count*places[r.Group])
		counted[r.Group] = d
	}
	return counted, nil
}

// classOf returns what a revision with these policies makes of its proxy.
func classOf(settings *gatewright.OrganisationSettings, policies []string) gatewright.PolicyClass {
	if len(extensibleTypes(settings, policies)) > 0 {
		return gatewright.PolicyExtensible
	}
	return gatewright.PolicyStandard
}

// extensibleTypes returns the types of policy that make a revision extensible.
func extensibleTypes(settings *gatewright.OrganisationSettings, policies []string) []string {
	var extensible []string
	for _, t := range policies {
		if settings.Class(t) == gatewright.PolicyExtensible {
			extensible = append(extensible, t)
		}
	}
	return extensible
}
