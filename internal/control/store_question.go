package control

import (
	"time"

	"github.com/gatewright/gatewright"
)

// QuestionRow is a question to an instance as it is stored. What is asked and
// answered is sealed; nobody who reads the store can open it.
type QuestionRow struct {
	ID         gatewright.QuestionID
	Group      gatewright.GroupID
	Instance   gatewright.InstanceID
	Kind       gatewright.QuestionKind
	Body       []byte // sealed to the instance
	ReplyTo    []byte // public key that the answer is sealed to
	AskedAt    time.Time
	ExpiresAt  time.Time // from then on nobody waits for the answer
	AnsweredAt time.Time // zero while it is not
	Answer     []byte    // sealed to who asks
}

// open reports whether somebody waits for an answer.
func (q *QuestionRow) open(now time.Time) bool {
	return q.AnsweredAt.IsZero() && now.Before(q.ExpiresAt)
}

type questionTx interface {
	CreateQuestion(q *QuestionRow) error
	Question(id gatewright.QuestionID) (*QuestionRow, error)
	// OpenQuestions lists those of a group that are not answered and end after
	// now, by ID, at most limit.
	OpenQuestions(group gatewright.GroupID, now time.Time, limit int) ([]*QuestionRow, error)
	// AnswerQuestion stores the answer and forgets what was asked.
	AnswerQuestion(id gatewright.QuestionID, answer []byte, at time.Time) error
	// EndQuestion lets an open question end at a time, without an answer, and
	// forgets what was asked.
	EndQuestion(id gatewright.QuestionID, at time.Time) error
	DeleteQuestion(id gatewright.QuestionID) error
	// DeleteQuestionsBefore removes those that ended before t.
	DeleteQuestionsBefore(t time.Time) error
}
