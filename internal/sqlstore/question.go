package sqlstore

import (
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

const questionColumns = "id, group_id, instance_id, kind, body, reply_to, asked_at, expires_at, answered_at, answer"

func scanQuestion(r row) (*control.QuestionRow, error) {
	q := new(control.QuestionRow)
	err := r.Scan(&q.ID, &q.Group, &q.Instance, &q.Kind, &q.Body, &q.ReplyTo,
		intoTime(&q.AskedAt), intoTime(&q.ExpiresAt), intoTime(&q.AnsweredAt), &q.Answer)
	if len(q.Body) == 0 {
		q.Body = nil // whichever the database makes of no bytes
	}
	return q, err
}

func questionNotFound(id gatewright.QuestionID) error {
	return notFound("question %q does not exist", id)
}

// CreateQuestion implements [control.Tx].
func (t *tx) CreateQuestion(q *control.QuestionRow) error {
	n, err := t.exec("INSERT INTO questions ("+questionColumns+") VALUES "+tuples(1, 10)+" ON CONFLICT DO NOTHING",
		q.ID, q.Group, q.Instance, q.Kind, bytesArg(q.Body), bytesArg(q.ReplyTo), timeArg(q.AskedAt), timeArg(q.ExpiresAt), timeArg(q.AnsweredAt), q.Answer)
	if err == nil && n == 0 {
		return conflict("question %q exists", q.ID)
	}
	return err
}

// bytesArg is never NULL.
func bytesArg(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Question implements [control.Tx].
func (t *tx) Question(id gatewright.QuestionID) (*control.QuestionRow, error) {
	return get(t, scanQuestion, questionNotFound(id), "SELECT "+questionColumns+" FROM questions WHERE id = ?", id)
}

// OpenQuestions implements [control.Tx].
func (t *tx) OpenQuestions(group gatewright.GroupID, now time.Time, limit int) ([]*control.QuestionRow, error) {
	return list(t, scanQuestion, "SELECT "+questionColumns+" FROM questions WHERE group_id = ? AND expires_at > ? AND answered_at IS NULL ORDER BY id LIMIT ?",
		group, timeArg(now), max(0, limit))
}

// AnswerQuestion implements [control.Tx].
func (t *tx) AnswerQuestion(id gatewright.QuestionID, answer []byte, at time.Time) error {
	return t.endQuestion(id, "answered_at = ?, answer = ?", timeArg(at), bytesArg(answer))
}

// EndQuestion implements [control.Tx].
func (t *tx) EndQuestion(id gatewright.QuestionID, at time.Time) error {
	return t.endQuestion(id, "expires_at = ?", timeArg(at))
}

func (t *tx) endQuestion(id gatewright.QuestionID, set string, args ...any) error {
	n, err := t.exec("UPDATE questions SET body = ?, "+set+" WHERE id = ?", append(append([]any{[]byte{}}, args...), id)...)
	if err == nil && n == 0 {
		return questionNotFound(id)
	}
	return err
}

// DeleteQuestion implements [control.Tx].
func (t *tx) DeleteQuestion(id gatewright.QuestionID) error {
	n, err := t.exec("DELETE FROM questions WHERE id = ?", id)
	if err == nil && n == 0 {
		return questionNotFound(id)
	}
	return err
}

// DeleteQuestionsBefore implements [control.Tx].
func (t *tx) DeleteQuestionsBefore(at time.Time) error {
	_, err := t.exec("DELETE FROM questions WHERE expires_at < ?", timeArg(at))
	return err
}
