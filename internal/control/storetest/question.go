package storetest

import (
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// testQuestions takes questions from the first to the last of their states.
func testQuestions(s *suite) {
	s.update(func(tx control.Tx) {
		g, other := s.newGroup(tx, "g"), s.newGroup(tx, "other")
		now := tx.Now()
		put := func(g *gatewright.Group, left time.Duration) *control.QuestionRow {
			s.clock.Advance(time.Millisecond) // identifiers sort by age
			q := &control.QuestionRow{
				ID: gatewright.QuestionID(s.id("qst_")), Group: g.ID, Instance: "ins_1", Kind: "echo", Body: []byte{0, 255}, ReplyTo: []byte("key"),
				AskedAt: now, ExpiresAt: now.Add(left),
			}
			s.ok(tx.CreateQuestion(q))
			s.fails(tx.CreateQuestion(q), gatewright.Conflict, string(q.ID))
			return q
		}
		a, b, c := put(g, time.Minute), put(g, time.Hour), put(other, time.Minute)
		s.same(must(tx.Question(a.ID))(s), a)
		s.same(must(tx.OpenQuestions(g.ID, now, 10))(s), []*control.QuestionRow{a, b})
		s.same(must(tx.OpenQuestions(g.ID, now, 1))(s), []*control.QuestionRow{a})
		s.same(len(must(tx.OpenQuestions(g.ID, now, 0))(s)), 0)
		s.same(must(tx.OpenQuestions(g.ID, now.Add(time.Minute), 10))(s), []*control.QuestionRow{b})

		s.ok(tx.AnswerQuestion(a.ID, []byte{1, 0}, now))
		a.Body, a.Answer, a.AnsweredAt = nil, []byte{1, 0}, now
		s.same(must(tx.Question(a.ID))(s), a)
		s.ok(tx.EndQuestion(b.ID, now))
		b.Body, b.ExpiresAt = nil, now
		s.same(must(tx.Question(b.ID))(s), b)
		s.same(len(must(tx.OpenQuestions(g.ID, now, 10))(s)), 0)
		s.same(must(tx.OpenQuestions(other.ID, now, 10))(s), []*control.QuestionRow{c})

		s.ok(tx.DeleteQuestionsBefore(now.Add(time.Second)))
		s.fails(oneError(tx.Question(b.ID)), gatewright.NotFound, string(b.ID))
		s.same(must(tx.Question(a.ID))(s), a)
		s.ok(tx.DeleteQuestion(a.ID))
		for _, err := range []error{tx.DeleteQuestion(a.ID), tx.AnswerQuestion(a.ID, nil, now), tx.EndQuestion(a.ID, now)} {
			s.fails(err, gatewright.NotFound, string(a.ID))
		}

		in := s.newInstance(tx, g, "gw")
		in.Answers, in.PublicKey = []gatewright.QuestionKind{"echo", "explain-url"}, []byte{0, 1, 2}
		s.ok(tx.PutInstance(in))
		s.same(must(tx.Instance(in.ID))(s), in)
		in.Answers, in.PublicKey = nil, nil
		s.ok(tx.PutInstance(in))
		s.same(must(tx.Instance(in.ID))(s), in)
	})
}
