package sqlstore

import (
	"github.com/gatewright/gatewright"
)

const projectColumns = "id, name, description, created_at, created_by"

func scanProject(r row) (*gatewright.Project, error) {
	p := new(gatewright.Project)
	return p, r.Scan(&p.ID, &p.Name, &p.Description, intoTime(&p.CreatedAt), &p.CreatedBy)
}

func projectNotFound[T ~string](idOrName T) error {
	return notFound("project %q does not exist", string(idOrName))
}

// CreateProject implements [control.Tx].
func (t *tx) CreateProject(p *gatewright.Project) error {
	n, err := t.exec("INSERT INTO projects ("+projectColumns+") VALUES "+tuples(1, 5)+" ON CONFLICT DO NOTHING",
		p.ID, p.Name, p.Description, timeArg(p.CreatedAt), p.CreatedBy)
	if err == nil && n == 0 {
		return conflict("a project with the name %q or the ID %q exists already", p.Name, p.ID)
	}
	return err
}

// Project implements [control.Tx].
func (t *tx) Project(id gatewright.ProjectID) (*gatewright.Project, error) {
	return get(t, scanProject, projectNotFound(id), "SELECT "+projectColumns+" FROM projects WHERE id = ?", id)
}

// ProjectByName implements [control.Tx].
func (t *tx) ProjectByName(name string) (*gatewright.Project, error) {
	return get(t, scanProject, projectNotFound(name), "SELECT "+projectColumns+" FROM projects WHERE name = ?", name)
}

// Projects implements [control.Tx].
func (t *tx) Projects() ([]*gatewright.Project, error) {
	return list(t, scanProject, "SELECT "+projectColumns+" FROM projects ORDER BY name")
}

// UpdateProject implements [control.Tx].
func (t *tx) UpdateProject(p *gatewright.Project) error {
	taken, err := t.exists("SELECT 1 FROM projects WHERE name = ? AND id <> ?", p.Name, p.ID)
	if err != nil {
		return err
	}
	if taken {
		return conflict("a project with the name %q exists already", p.Name)
	}
	n, err := t.exec("UPDATE projects SET name = ?, description = ? WHERE id = ?", p.Name, p.Description, p.ID)
	if err == nil && n == 0 {
		return projectNotFound(p.ID)
	}
	return err
}

// DeleteProject implements [control.Tx].
func (t *tx) DeleteProject(id gatewright.ProjectID) error {
	if id == gatewright.DefaultProject {
		return conflict("the project %s always exists; it cannot be deleted", gatewright.DefaultProjectName)
	}
	for _, held := range []struct{ what, query string }{
		{"API", "SELECT 1 FROM api_catalog WHERE project = ? LIMIT 1"},
		{"folder", "SELECT 1 FROM folders WHERE project = ? LIMIT 1"},
	} {
		full, err := t.exists(held.query, id)
		if err != nil {
			return err
		}
		if full {
			return conflict("project %q is not empty: there is at least one %s in it; move or delete what is in it first", id, held.what)
		}
	}
	if _, err := t.exec("DELETE FROM role_bindings WHERE project = ? AND project <> ''", id); err != nil {
		return err
	}
	n, err := t.exec("DELETE FROM projects WHERE id = ?", id)
	if err == nil && n == 0 {
		return projectNotFound(id)
	}
	return err
}
