package gatewright

import (
	"encoding/json"
	"regexp"
	"time"
)

// Limits of questions to gateways.
const (
	MaxQuestionBytes    = 64 << 10 // of a question
	MaxAnswerBytes      = 4 << 20  // of its answer
	MaxQuestionTime     = 5 * time.Minute
	DefaultQuestionTime = 30 * time.Second
	MaxOpenQuestions    = 8   // of one instance, answered or waiting to be
	MaxGroupQuestions   = 128 // open ones of one group
	MaxQuestionKinds    = 32  // that one instance can answer
)

// QuestionID identifies a question ("qst_…").
type QuestionID string

// QuestionPurpose is what the question is sealed to the gateway for.
func (id QuestionID) QuestionPurpose() string { return "gatewright/question/" + string(id) }

// AnswerPurpose is what its answer is sealed to who asks for.
func (id QuestionID) AnswerPurpose() string { return "gatewright/answer/" + string(id) }

// Reply is what an answer holds: a body of at most [MaxAnswerBytes], or why
// there is none.
type Reply struct {
	Body  json.RawMessage `json:"body,omitempty"`
	Error *Error          `json:"error,omitempty"`
}

// QuestionKind says what a question is about. Kinds are part of the link; they
// are never re-used for another meaning.
type QuestionKind string

// The kinds of question.
const (
	// QuestionExplain asks what would become of a request: an
	// [ExplainQuestion], answered by an [Explanation].
	QuestionExplain QuestionKind = "explain-url"
)

var questionKind = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// Validate checks the kind's form. Other versions know other kinds.
func (k QuestionKind) Validate() error {
	if !questionKind.MatchString(string(k)) {
		return FieldErrorf("kind", "%.100q is not a kind of question, like explain-url", k)
	}
	return nil
}
