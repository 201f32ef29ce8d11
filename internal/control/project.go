package control

import (
	"context"
	"strings"

	"github.com/gatewright/gatewright"
)

// MaxProjects bounds the projects of an installation.
const MaxProjects = 1000

const projectPrefix = "prj_"

// CreateProject makes a project. [gatewright.Conflict] when the name is taken.
func (c *Control) CreateProject(ctx context.Context, actor gatewright.Actor, name, description string) (*gatewright.Project, error) {
	p := &gatewright.Project{Name: normal(name), Description: description, CreatedBy: actor.Name}
	if err := checkProject(p); err != nil {
		return nil, err
	}
	err := c.store.Update(ctx, func(tx Tx) error {
		all, err := tx.Projects()
		if err != nil {
			return err
		}
		if len(all) >= MaxProjects {
			return gatewright.Errorf(gatewright.LimitExceeded, "there are %d projects, the limit", len(all))
		}
		p.ID, p.CreatedAt = gatewright.ProjectID(gatewright.NewID(projectPrefix, tx.Now())), tx.Now()
		if err := tx.CreateProject(p); err != nil {
			return err
		}
		return auditChange(tx, actor, "project.create", string(p.ID), nil, p)
	})
	return p, err
}

func checkProject(p *gatewright.Project) error {
	if strings.HasPrefix(p.Name, projectPrefix) {
		return gatewright.FieldErrorf("name", "project name %q begins with %s, as identifiers do", p.Name, projectPrefix)
	}
	return p.Validate()
}

// Project returns a project by name or ID; "" is the default one.
func (c *Control) Project(ctx context.Context, name string) (*gatewright.Project, error) {
	var p *gatewright.Project
	err := c.store.View(ctx, func(tx Tx) (err error) {
		p, err = findProject(tx, name)
		return err
	})
	return p, err
}

// findProject finds a project by name or ID; "" is the default one.
func findProject(tx Tx, name string) (p *gatewright.Project, err error) {
	switch {
	case name == "":
		p, err = tx.Project(gatewright.DefaultProject)
	case strings.HasPrefix(name, projectPrefix):
		p, err = tx.Project(gatewright.ProjectID(name))
	default:
		p, err = tx.ProjectByName(normal(name))
	}
	if isNotFound(err) {
		err = gatewright.Errorf(gatewright.NotFound, "project %q does not exist; see: gatewright project list", name)
	}
	return p, err
}

// Projects lists all projects by name.
func (c *Control) Projects(ctx context.Context) ([]*gatewright.Project, error) {
	var ps []*gatewright.Project
	err := c.store.View(ctx, func(tx Tx) (err error) {
		ps, err = tx.Projects()
		return err
	})
	return ps, err
}

// ProjectPatch alters a project; nil members stay as they are.
type ProjectPatch struct {
	Name        *string
	Description *string
}

// UpdateProject alters a project, unless expected, which may be nil, has
// something against the project as it is.
func (c *Control) UpdateProject(ctx context.Context, actor gatewright.Actor, name string, expected func(*gatewright.Project) error, patch ProjectPatch) (*gatewright.Project, error) {
	var p *gatewright.Project
	err := c.store.Update(ctx, func(tx Tx) (err error) {
		if p, err = findProject(tx, name); err != nil {
			return err
		}
		if expected != nil {
			if err := expected(p); err != nil {
				return err
			}
		}
		before := *p
		if patch.Name != nil {
			p.Name = normal(*patch.Name)
		}
		set(&p.Description, patch.Description)
		if err := checkProject(p); err != nil {
			return err
		}
		if *p == before {
			return nil
		}
		if err := tx.UpdateProject(p); err != nil {
			return err
		}
		return auditChange(tx, actor, "project.update", string(p.ID), &before, p)
	})
	return p, err
}

// DeleteProject removes an empty project with the roles given in it.
// [gatewright.Conflict] while an API, folder or service token is of it.
func (c *Control) DeleteProject(ctx context.Context, actor gatewright.Actor, name string) error {
	return c.store.Update(ctx, func(tx Tx) error {
		p, err := findProject(tx, name)
		if err != nil {
			return err
		}
		tokens, err := tx.Tokens()
		if err != nil {
			return err
		}
		for _, t := range tokens {
			if t.Project == p.ID && t.RevokedAt.IsZero() {
				return gatewright.Errorf(gatewright.Conflict, "the service token %q is of project %q; revoke it first", t.Name, p.Name)
			}
		}
		if err := tx.DeleteProject(p.ID); err != nil {
			return err
		}
		return auditChange(tx, actor, "project.delete", string(p.ID), p, nil)
	})
}
