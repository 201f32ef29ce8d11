package control

import (
	"context"

	"github.com/gatewright/gatewright"
)

// CreateGroup creates a gateway group. It runs nothing yet.
func (c *Control) CreateGroup(ctx context.Context, actor gatewright.Actor, g gatewright.Group) (*gatewright.Group, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	err := c.store.Update(ctx, func(tx Tx) error {
		g.ID, g.CreatedAt, g.Generation = gatewright.GroupID(gatewright.NewID("grp_", tx.Now())), tx.Now(), 0
		if err := tx.CreateGroup(&g); err != nil {
			return err
		}
		if err := c.announce(tx, eventGroup, string(g.ID)); err != nil {
			return err
		}
		return audit(tx, actor, "group.create", g.Name, string(g.Stage))
	})
	if err != nil {
		return nil, err
	}
	c.events.publish(Event{Group: &g})
	return &g, nil
}

// Group returns a group by name or ID.
func (c *Control) Group(ctx context.Context, name string) (*gatewright.Group, error) {
	var g *gatewright.Group
	err := c.store.View(ctx, func(tx Tx) (err error) {
		g, err = findGroup(tx, name)
		return err
	})
	return g, err
}

// Groups lists all groups by name.
func (c *Control) Groups(ctx context.Context) ([]*gatewright.Group, error) {
	var gs []*gatewright.Group
	err := c.store.View(ctx, func(tx Tx) (err error) {
		gs, err = tx.Groups()
		return err
	})
	return gs, err
}

// Registries lists the registries of a group by name.
func (c *Control) Registries(ctx context.Context, group string) ([]*gatewright.Registry, error) {
	var rs []*gatewright.Registry
	err := c.store.View(ctx, func(tx Tx) error {
		g, err := findGroup(tx, group)
		if err != nil {
			return err
		}
		all, err := tx.GroupResources(g.ID, gatewright.KeyRegistry)
		rs = make([]*gatewright.Registry, len(all))
		for i, r := range all {
			rs[i] = r.Registry
		}
		return err
	})
	return rs, err
}

// UpdateGroup alters labels and settings of a group; revised is what the
// group's Revised was when it was read, [gatewright.Conflict] if it is
// something else by now.
func (c *Control) UpdateGroup(ctx context.Context, actor gatewright.Actor, name string, revised int64, labels map[string]string, settings gatewright.GroupSettings) (*gatewright.Group, error) {
	var g *gatewright.Group
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		if g, err = findGroup(tx, name); err != nil {
			return err
		}
		before := *g
		g.Labels, g.Settings, g.Revised = labels, settings, revised
		if err := g.Validate(); err != nil {
			return err
		}
		if err := tx.UpdateGroup(g); err != nil {
			return err
		}
		if err := c.announce(tx, eventGroup, string(g.ID)); err != nil {
			return err
		}
		return auditChange(tx, actor, "group.update", g.Name, &before, g)
	})
	if err != nil {
		return nil, err
	}
	c.events.publish(Event{Group: g})
	c.kick(g.ID)
	return g, nil
}

// InstanceInfo is an instance and how it is heard now.
type InstanceInfo struct {
	gatewright.Instance
	GroupName string            `json:"groupName"`
	Health    gatewright.Health `json:"health"`
	Wanted    int64             `json:"wanted"` // generation its group wants
}

// Instances lists the instances of a group, or of all when group is "".
func (c *Control) Instances(ctx context.Context, group string) ([]*InstanceInfo, error) {
	var infos []*InstanceInfo
	err := c.store.View(ctx, func(tx Tx) error {
		infos = nil
		groups, err := tx.Groups()
		if err != nil {
			return err
		}
		if group != "" {
			g, err := findGroup(tx, group)
			if err != nil {
				return err
			}
			groups = []*gatewright.Group{g}
		}
		now := tx.Now()
		for _, g := range groups {
			all, err := tx.Instances(g.ID)
			if err != nil {
				return err
			}
			for _, in := range all {
				c.refresh(in)
				infos = append(infos, &InstanceInfo{
					Instance: *in, GroupName: g.Name, Wanted: g.Generation,
					Health: in.HealthAt(now, c.cfg.LostAfter, g),
				})
			}
		}
		return nil
	})
	return infos, err
}
