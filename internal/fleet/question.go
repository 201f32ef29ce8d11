package fleet

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/link"
)

// sendQuestions puts the questions to this gateway that it was not put yet,
// and withdraws those for whose answer nobody waits any more.
func (s *stream) sendQuestions(v *view) error {
	open := map[gatewright.QuestionID]bool{}
	for i := range v.questions {
		q := &v.questions[i]
		if q.Instance != s.instance {
			continue
		}
		open[q.ID] = true
		if s.asked[q.ID] {
			continue
		}
		err := s.send(&link.Message{Type: link.MessageAsk, Optional: true, Generation: v.generation, Question: &link.Question{
			ID: q.ID, Kind: q.Kind, Body: q.Body, ReplyTo: q.ReplyTo, Timeout: gatewright.Duration(q.Left),
		}})
		if err != nil {
			return err
		}
		s.asked[q.ID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(s.asked)) {
		if open[id] {
			continue
		}
		if err := s.send(&link.Message{Type: link.MessageWithdraw, Optional: true, Generation: v.generation, Question: &link.Question{ID: id}}); err != nil {
			return err
		}
		delete(s.asked, id)
	}
	return nil
}

// serveAnswer takes down a gateway's answer to a question. The number of
// answers in memory is bounded; more requests wait.
func (f *Fleet) serveAnswer(w http.ResponseWriter, r *http.Request, t *gatewright.Token) error {
	select {
	case f.answers <- struct{}{}:
		defer func() { <-f.answers }()
	case <-r.Context().Done():
		return fmt.Errorf("wait for a turn to take an answer: %w", r.Context().Err())
	}
	var req link.Answer
	if err := receive(w, r, link.MaxAnswerBytes, &req); err != nil {
		return err
	}
	err := f.control.Answered(r.Context(), t.Group, control.InstanceAnswer{
		Instance: req.Instance, SessionKey: req.SessionKey, Question: req.Question, Body: req.Body,
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// serveSecret answers with a secret that the group runs or prepares with,
// sealed to the gateway that asks.
func (f *Fleet) serveSecret(w http.ResponseWriter, r *http.Request, t *gatewright.Token) error {
	id, instance := gatewright.SecretID(r.PathValue("id")), gatewright.InstanceID(r.URL.Query().Get(link.QueryInstance))
	sealed, err := f.control.InstanceSecret(r.Context(), t.Group, instance, r.Header.Get(link.HeaderSession), id)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	f.answer(w, http.StatusOK, &link.SealedSecret{ID: id, Sealed: sealed})
	return nil
}
