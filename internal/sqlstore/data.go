package sqlstore

import (
	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// putReads writes down which data source and tables a revision reads.
func (t *tx) putReads(r *gatewright.Revision) error {
	if _, err := t.exec("DELETE FROM revision_reads WHERE revision_id = ?", r.ID); err != nil {
		return err
	}
	keys := r.Definition.Reads()
	rows := make([][]any, len(keys))
	for i, key := range keys {
		rows[i] = []any{key, r.ID}
	}
	return t.insertRows("INSERT INTO revision_reads (key, revision_id)", "", rows)
}

// DataReaders implements [control.Tx]. It begins with the revisions that read
// it, and finds their slots by index.
func (t *tx) DataReaders(group gatewright.GroupID, key gatewright.Key) ([]control.DataReader, error) {
	scan := func(r row) (*control.DataReader, error) {
		d := new(control.DataReader)
		var canary int
		err := r.Scan(&d.Group, &d.API, &d.Track, &d.Name, &d.Revision, &d.Number, &canary)
		d.Canary = canary != 0
		return d, err
	}
	args := []any{key, group}
	find := func(column, canary, condition string) string {
		return "SELECT s.group_id, s.api_id, s.track, a.name, r.id, r.number, " + canary + " AS canary FROM revision_reads d" +
			" JOIN slots s ON s." + column + " = d.revision_id JOIN apis a ON a.id = s.api_id JOIN revisions r ON r.id = d.revision_id" +
			" WHERE d.key = ? AND s.group_id = ?" + condition
	}
	return values(list(t, scan, find("revision_id", "0", "")+" UNION ALL "+
		find("canary_revision_id", "1", " AND s.revision_id IS NOT NULL AND s.canary_revision_id <> s.revision_id")+
		" ORDER BY 2, 3, 7", append(args, args...)...))
}
