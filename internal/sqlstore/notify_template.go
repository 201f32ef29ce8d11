package sqlstore

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

const templateColumns = "event, language, title, body, updated_at, updated_by"

func scanTemplate(r row) (*control.TemplateRow, error) {
	v := new(control.TemplateRow)
	return v, r.Scan(&v.Event, &v.Language, &v.Title, &v.Text, intoTime(&v.UpdatedAt), &v.UpdatedBy)
}

func templateNotFound(event gatewright.NotificationEvent, language string) error {
	return notFound("there is no own template for %s in language %q; the built-in one is used", event, language)
}

// PutTemplate implements [control.Tx].
func (t *tx) PutTemplate(r *control.TemplateRow) error {
	_, err := t.exec("INSERT INTO notification_templates ("+templateColumns+") VALUES "+tuples(1, 6)+
		" ON CONFLICT (event, language) DO UPDATE SET title = excluded.title, body = excluded.body, updated_at = excluded.updated_at, updated_by = excluded.updated_by",
		r.Event, r.Language, r.Title, r.Text, r.UpdatedAt.UnixMicro(), r.UpdatedBy)
	return err
}

// Template implements [control.Tx].
func (t *tx) Template(event gatewright.NotificationEvent, language string) (*control.TemplateRow, error) {
	return get(t, scanTemplate, templateNotFound(event, language), "SELECT "+templateColumns+" FROM notification_templates WHERE event = ? AND language = ?", event, language)
}

// Templates implements [control.Tx].
func (t *tx) Templates() ([]*control.TemplateRow, error) {
	return list(t, scanTemplate, "SELECT "+templateColumns+" FROM notification_templates ORDER BY event, language")
}

// DeleteTemplate implements [control.Tx].
func (t *tx) DeleteTemplate(event gatewright.NotificationEvent, language string) error {
	n, err := t.exec("DELETE FROM notification_templates WHERE event = ? AND language = ?", event, language)
	if err == nil && n == 0 {
		return templateNotFound(event, language)
	}
	return err
}
