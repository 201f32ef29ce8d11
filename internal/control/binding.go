package control

import (
	"context"
	"fmt"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

// MaxBindings bounds the bindings of one user or token.
const MaxBindings = 500

// NewBinding is a role to be given. One of User and Token is set.
type NewBinding struct {
	User    string // login or ID
	Token   gatewright.TokenID
	Role    gatewright.Role
	Project string // name or ID; "" for all
	Group   string // name or ID; "" for all
}

// CreateBinding gives a role. giver must have the right to, and be able to do
// all that the role can; [gatewright.Forbidden] otherwise.
func (c *Control) CreateBinding(ctx context.Context, actor gatewright.Actor, giver auth.Principal, n NewBinding) (*gatewright.Binding, error) {
	b := &gatewright.Binding{Role: n.Role, Source: gatewright.BindingManual}
	err := c.store.Update(ctx, func(tx Tx) error {
		if err := n.resolve(tx, b); err != nil {
			return err
		}
		if err := auth.CheckGrant(giver, gatewright.ActionBindingCreate, *b); err != nil {
			return err
		}
		return createBinding(tx, actor, b)
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// resolve finds what n names.
func (n *NewBinding) resolve(tx Tx, b *gatewright.Binding) error {
	b.Subject, b.Project, b.Group = gatewright.Subject{Token: n.Token}, "", ""
	if n.Token != "" {
		t, err := tx.Token(n.Token)
		if err != nil {
			return err
		}
		if t.Kind != gatewright.TokenService {
			return gatewright.FieldErrorf("token", "token %q is no service token; a role is given to the person who owns it", t.Name)
		}
	}
	if n.User != "" {
		u, err := findUser(tx, n.User)
		if err != nil {
			return err
		}
		b.Subject.User = u.ID
	}
	if n.Project != "" {
		p, err := findProject(tx, n.Project)
		if err != nil {
			return err
		}
		b.Project = p.ID
	}
	if n.Group != "" {
		g, err := findGroup(tx, n.Group)
		if err != nil {
			return err
		}
		b.Group = g.ID
	}
	return b.Validate()
}

func createBinding(tx Tx, actor gatewright.Actor, b *gatewright.Binding) error {
	b.ID, b.CreatedAt, b.CreatedBy = gatewright.BindingID(gatewright.NewID("bnd_", tx.Now())), tx.Now(), actor.Name
	if err := b.Validate(); err != nil {
		return err
	}
	has, err := tx.Bindings(BindingFilter{Subject: b.Subject, Limit: MaxBindings})
	if err != nil {
		return err
	}
	if len(has) >= MaxBindings {
		return gatewright.Errorf(gatewright.LimitExceeded, "%d roles are given to one subject, the limit; give wider ones", len(has))
	}
	if err := tx.CreateBinding(b); err != nil {
		return err
	}
	return auditChange(tx, actor, "binding.create", string(b.ID), nil, b)
}

// DeleteBinding takes a role away. taker must be able to do all that the role
// can. [gatewright.PreconditionFailed] for the role of the last super admin.
func (c *Control) DeleteBinding(ctx context.Context, actor gatewright.Actor, taker auth.Principal, id gatewright.BindingID) error {
	return c.store.Update(ctx, func(tx Tx) error {
		b, err := tx.Binding(id)
		if err != nil {
			return err
		}
		if err := auth.CheckGrant(taker, gatewright.ActionBindingDelete, *b); err != nil {
			return err
		}
		return deleteBinding(tx, actor, id)
	})
}

func deleteBinding(tx Tx, actor gatewright.Actor, id gatewright.BindingID) error {
	b, err := tx.Binding(id)
	if err != nil {
		return err
	}
	if b.Role == gatewright.RoleSuperAdmin && b.Subject.User != "" {
		if err := notLastAdmin(tx, b.Subject.User, "take the role "+b.Role.Label()+" away"); err != nil {
			return err
		}
	}
	if err := tx.DeleteBinding(id); err != nil {
		return err
	}
	return auditChange(tx, actor, "binding.delete", string(b.ID), b, nil)
}

// BindingQuery selects bindings by what people type; empty members select all.
type BindingQuery struct {
	User    string // login or ID
	Token   gatewright.TokenID
	Project string // name or ID
	Group   string // name or ID
	After   gatewright.BindingID
	Limit   int
}

// BindingInfo is a binding and what people call what it names.
type BindingInfo struct {
	gatewright.Binding
	UserName    string `json:"userName,omitempty"`
	TokenName   string `json:"tokenName,omitempty"`
	ProjectName string `json:"projectName,omitempty"`
	GroupName   string `json:"groupName,omitempty"`
}

// Bindings lists bindings by age.
func (c *Control) Bindings(ctx context.Context, q BindingQuery) ([]*BindingInfo, error) {
	var infos []*BindingInfo
	err := c.store.View(ctx, func(tx Tx) error {
		f := BindingFilter{Subject: gatewright.Subject{Token: q.Token}, After: q.After, Limit: q.Limit}
		if q.User != "" {
			u, err := findUser(tx, q.User)
			if err != nil {
				return err
			}
			f.Subject.User = u.ID
		}
		if q.Project != "" {
			p, err := findProject(tx, q.Project)
			if err != nil {
				return err
			}
			f.Project = p.ID
		}
		if q.Group != "" {
			g, err := findGroup(tx, q.Group)
			if err != nil {
				return err
			}
			f.Group = g.ID
		}
		found, err := tx.Bindings(f)
		if err != nil {
			return err
		}
		infos, err = nameBindings(tx, found)
		return err
	})
	return infos, err
}

// nameBindings adds what people call things. What is gone has no name.
func nameBindings(tx Tx, found []*gatewright.Binding) ([]*BindingInfo, error) {
	infos := make([]*BindingInfo, len(found))
	for i, b := range found {
		info := &BindingInfo{Binding: *b}
		infos[i] = info
		for _, look := range []func() error{
			func() error {
				u, err := tx.User(b.Subject.User)
				if err == nil {
					info.UserName = u.Name
				}
				return err
			},
			func() error {
				t, err := tx.Token(b.Subject.Token)
				if err == nil {
					info.TokenName = t.Name
				}
				return err
			},
			func() error {
				p, err := tx.Project(b.Project)
				if err == nil {
					info.ProjectName = p.Name
				}
				return err
			},
			func() error {
				g, err := tx.Group(b.Group)
				if err == nil {
					info.GroupName = g.Name
				}
				return err
			},
		} {
			if err := look(); err != nil && !isNotFound(err) {
				return nil, fmt.Errorf("name what a binding is about: %w", err)
			}
		}
	}
	return infos, nil
}

// bindingsOf returns all bindings of a subject.
func bindingsOf(tx Tx, s gatewright.Subject) ([]gatewright.Binding, error) {
	found, err := tx.Bindings(BindingFilter{Subject: s, Limit: MaxBindings})
	if err != nil {
		return nil, err
	}
	bindings := make([]gatewright.Binding, len(found))
	for i, b := range found {
		bindings[i] = *b
	}
	return bindings, nil
}
