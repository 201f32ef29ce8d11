package sqlstore

import (
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

const roleBindingColumns = "id, user_id, token_id, role, project, group_id, source, created_at, created_by"

func scanRoleBinding(r row) (*gatewright.Binding, error) {
	b := new(gatewright.Binding)
	return b, r.Scan(&b.ID, &b.Subject.User, &b.Subject.Token, &b.Role, &b.Project, &b.Group, &b.Source, intoTime(&b.CreatedAt), &b.CreatedBy)
}

func roleBindingNotFound(id gatewright.BindingID) error {
	return notFound("binding %q does not exist", id)
}

// CreateBinding implements [control.Tx].
func (t *tx) CreateBinding(b *gatewright.Binding) error {
	n, err := t.exec("INSERT INTO role_bindings ("+roleBindingColumns+") VALUES "+tuples(1, 9)+" ON CONFLICT DO NOTHING",
		b.ID, b.Subject.User, b.Subject.Token, b.Role, b.Project, b.Group, b.Source, timeArg(b.CreatedAt), b.CreatedBy)
	if err == nil && n == 0 {
		return conflict("the role %s is given there already", b.Role.Label())
	}
	return err
}

// Binding implements [control.Tx].
func (t *tx) Binding(id gatewright.BindingID) (*gatewright.Binding, error) {
	return get(t, scanRoleBinding, roleBindingNotFound(id), "SELECT "+roleBindingColumns+" FROM role_bindings WHERE id = ?", id)
}

// Bindings implements [control.Tx].
func (t *tx) Bindings(f control.BindingFilter) ([]*gatewright.Binding, error) {
	where, args := []string{"id > ?"}, []any{f.After}
	for _, c := range []struct{ column, value string }{
		{"user_id", string(f.Subject.User)}, {"token_id", string(f.Subject.Token)}, {"role", string(f.Role)},
		{"project", string(f.Project)}, {"group_id", string(f.Group)},
	} {
		if c.value != "" {
			where = append(where, c.column+" = ? AND "+c.column+" <> ''")
			args = append(args, c.value)
		}
	}
	query := "SELECT " + roleBindingColumns + " FROM role_bindings WHERE " + strings.Join(where, " AND ") + " ORDER BY id"
	if f.Limit > 0 {
		query += " LIMIT ?"
		args = append(args, f.Limit)
	}
	return list(t, scanRoleBinding, query, args...)
}

// DeleteBinding implements [control.Tx].
func (t *tx) DeleteBinding(id gatewright.BindingID) error {
	n, err := t.exec("DELETE FROM role_bindings WHERE id = ?", id)
	if err == nil && n == 0 {
		return roleBindingNotFound(id)
	}
	return err
}
