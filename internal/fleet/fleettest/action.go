package fleettest

import (
	"context"
	"fmt"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// Group makes a group.
func (p *Plane) Group(name string) *gatewright.Group {
	p.t.Helper()
	g, err := p.Control.CreateGroup(context.Background(), Actor, gatewright.Group{Name: name, Stage: gatewright.StageTest})
	p.must(err)
	return g
}

// Token makes an instance token of a group and returns its secret too.
func (p *Plane) Token(group string) (*gatewright.Token, string) {
	p.t.Helper()
	t, secret, err := p.Control.CreateToken(context.Background(), Actor, gatewright.TokenInstance, "link", group)
	p.must(err)
	return t, secret
}

// Revoke revokes a token.
func (p *Plane) Revoke(t *gatewright.Token) {
	p.t.Helper()
	p.must(p.Control.RevokeToken(context.Background(), Actor, t.ID))
}

// Submit publishes an API under /<api> with a route per path and does not
// wait. The version is new content: every one has a route of its own.
func (p *Plane) Submit(group, api, version string) *gatewright.Change {
	p.t.Helper()
	sub, err := p.Control.Submit(context.Background(), Actor, control.Request{
		Kind: gatewright.ChangePublish, Group: group, AllowNoInstance: true,
		Items: []control.Item{{
			Definition: Definition(api, version), Version: version,
			Runtime: &control.RuntimePatch{Nodes: []gatewright.Node{{Host: "127.0.0.1", Port: 7001, Weight: 100}}},
		}},
	}, control.SubmitOptions{Reason: "test"})
	p.must(err)
	return sub.Change
}

// Publish submits and waits until the change has settled.
func (p *Plane) Publish(group, api, version string) *gatewright.Change {
	p.t.Helper()
	return p.Settled(p.Submit(group, api, version).ID)
}

// Definition returns an API's definition whose content follows from version.
func Definition(api, version string) *gatewright.Definition {
	return &gatewright.Definition{
		Title: api, Version: version, BasePath: "/" + api,
		Routes: []gatewright.Route{
			{Name: "get", Methods: []string{"GET"}, Path: "/things/{id}"},
			{Name: "get " + version, Methods: []string{"GET"}, Path: "/version-" + version},
		},
		Document: gatewright.Document{Format: "openapi-3.0", Digest: gatewright.HashBytes([]byte(api + version))},
	}
}

// Settled waits until a change has ended.
func (p *Plane) Settled(id gatewright.ChangeID) *gatewright.Change {
	p.t.Helper()
	return p.Change(id, "settled", func(c *gatewright.Change) bool { return c.State.Settled() })
}

// Change waits until a change is as ok says.
func (p *Plane) Change(id gatewright.ChangeID, what string, ok func(*gatewright.Change) bool) *gatewright.Change {
	p.t.Helper()
	var last *gatewright.Change
	p.Until(fmt.Sprintf("change %s is %s", id, what), func(ctx context.Context) bool {
		c, err := p.Control.Change(ctx, id)
		p.must(err)
		last = c
		return ok(c)
	})
	return last
}

// Instance waits until the instance with that name is as ok says.
func (p *Plane) Instance(group, name, what string, ok func(*control.InstanceInfo) bool) *control.InstanceInfo {
	p.t.Helper()
	var found *control.InstanceInfo
	p.Until(fmt.Sprintf("instance %s is %s", name, what), func(ctx context.Context) bool {
		found = nil
		all, err := p.Control.Instances(ctx, group)
		p.must(err)
		for _, in := range all {
			if in.Name == name && ok(in) {
				found = in
			}
		}
		return found != nil
	})
	return found
}

// Until waits until ok. It looks again whenever the control plane says that
// something happened.
func (p *Plane) Until(what string, ok func(context.Context) bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	sub := p.Control.Subscribe()
	defer sub.Close()
	for !ok(ctx) {
		select {
		case <-sub.C:
		case <-ctx.Done():
			p.t.Fatalf("waited in vain until %s", what)
		}
	}
}
