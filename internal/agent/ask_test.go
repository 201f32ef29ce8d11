package agent_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/fleet/fleettest"
	"github.com/gatewright/gatewright/internal/link"
)

// held answers when it is told to, or its context ends.
type held struct {
	begun chan struct{}
	ended chan error // why a context ended
	free  chan struct{}
}

func newHeld() *held {
	return &held{begun: make(chan struct{}, 16), ended: make(chan error, 16), free: make(chan struct{})}
}

func (h *held) Answer(ctx context.Context, _ json.RawMessage) (any, error) {
	h.begun <- struct{}{}
	select {
	case <-h.free:
		return "free", nil
	case <-ctx.Done():
		h.ended <- ctx.Err()
		return nil, ctx.Err()
	}
}

// answering has a gateway answer a few kinds of question.
func answering(h *held) func(*agent.Config) {
	return func(c *agent.Config) {
		c.Answerers = map[gatewright.QuestionKind]agent.Answerer{
			"echo": agent.AnswerFunc(func(_ context.Context, q json.RawMessage) (any, error) { return q, nil }),
			"refuse": agent.AnswerFunc(func(context.Context, json.RawMessage) (any, error) {
				return nil, gatewright.Errorf(gatewright.NotFound, "there is no such table")
			}),
			"fail": agent.AnswerFunc(func(context.Context, json.RawMessage) (any, error) {
				return nil, context.DeadlineExceeded
			}),
			"panic": agent.AnswerFunc(func(context.Context, json.RawMessage) (any, error) { panic("a defect") }),
			"large": agent.AnswerFunc(func(_ context.Context, q json.RawMessage) (any, error) {
				var n int
				err := json.Unmarshal(q, &n)
				return strings.Repeat("x", n), err
			}),
			"hold": h,
		}
	}
}

func (w *world) ask(ctx context.Context, instance string, kind gatewright.QuestionKind, body string) (string, error) {
	a, err := w.Control.Ask(ctx, fleettest.Actor, "test", instance, control.Question{
		Kind: kind, Body: json.RawMessage(body), Timeout: fleettest.Patience, Action: gatewright.ActionInstanceDiagnose, Note: "a test",
	})
	if err != nil {
		return "", err
	}
	return string(a.Body), nil
}

// open counts the questions that the group's gateways are to answer.
func (w *world) open() int {
	w.t.Helper()
	wanted, err := w.Control.Wanted(context.Background(), w.group.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(wanted.Questions)
}

// TestAsk puts questions to a gateway that answers in many ways.
func TestAsk(t *testing.T) {
	w := newWorld(t)
	w.node("gw-1", answering(newHeld())).joined()
	tests := []struct {
		name, instance string
		kind           gatewright.QuestionKind
		body, want     string
		code           gatewright.Code
		says           string
	}{
		{name: "any instance", kind: "echo", body: `{"a":1}`, want: `{"a":1}`},
		{name: "by name", instance: "gw-1", kind: "echo", body: `[]`, want: `[]`},
		{name: "another instance", instance: "gw-2", kind: "echo", body: `1`, code: gatewright.NotFound, says: "gw-2"},
		{name: "the gateway refuses", kind: "refuse", body: `1`, code: gatewright.NotFound, says: "no such table"},
		{name: "the gateway fails", kind: "fail", body: `1`, code: gatewright.Internal},
		{name: "the gateway has a defect", kind: "panic", body: `1`, code: gatewright.Internal},
		{name: "nobody can", kind: "tea", body: `1`, code: gatewright.PreconditionFailed, says: "can answer tea"},
		{name: "this one cannot", instance: "gw-1", kind: "tea", body: `1`, code: gatewright.PreconditionFailed, says: "instance gw-1 (version test) cannot answer tea"},
		{name: "no kind", kind: "Tea!", body: `1`, code: gatewright.Invalid},
		{name: "the longest question", kind: "echo", body: `"` + strings.Repeat("x", gatewright.MaxQuestionBytes-2) + `"`, want: `"` + strings.Repeat("x", gatewright.MaxQuestionBytes-2) + `"`},
		{name: "too long a question", kind: "echo", body: strings.Repeat("1", gatewright.MaxQuestionBytes+1), code: gatewright.LimitExceeded},
		{name: "too long an answer", kind: "large", body: "4194303", code: gatewright.LimitExceeded, says: "4194305 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := w.ask(t.Context(), tt.instance, tt.kind, tt.body)
			if gatewright.CodeOf(err) != tt.code || tt.says != "" && !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("%v", err)
			}
			if got != tt.want {
				t.Errorf("answered %.100q, want %.100q", got, tt.want)
			}
		})
	}
	t.Run("the longest answer", func(t *testing.T) {
		got, err := w.ask(t.Context(), "", "large", "4194302")
		if err != nil || len(got) != gatewright.MaxAnswerBytes {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	})
	if n := w.open(); n != 0 {
		t.Errorf("%d questions are left", n)
	}
	entries, err := w.Control.Audit(t.Context(), control.AuditQuery{Action: "instance.diagnose"}, 0, 100)
	if err != nil || len(entries) == 0 || entries[0].Group != w.group.ID || !strings.HasPrefix(entries[0].Target, "ins_") {
		t.Fatalf("audit: %+v, %v", entries, err)
	}
}

// TestAskOldGateway refuses to ask a gateway that has not said what it can
// answer.
func TestAskOldGateway(t *testing.T) {
	w := newWorld(t)
	w.node("old").joined()
	for _, instance := range []string{"", "old"} {
		if _, err := w.ask(t.Context(), instance, gatewright.QuestionExplain, `{}`); gatewright.CodeOf(err) != gatewright.PreconditionFailed {
			t.Errorf("instance %q: %v", instance, err)
		}
	}
}

// TestAskNobody refuses at once when no gateway is there.
func TestAskNobody(t *testing.T) {
	w := newWorld(t)
	n := w.node("gw-1", answering(newHeld()))
	n.joined()
	n.end()
	for _, instance := range []string{"", "gw-1"} {
		if _, err := w.ask(t.Context(), instance, "echo", `1`); gatewright.CodeOf(err) != gatewright.PreconditionFailed || !strings.Contains(err.Error(), "reachable") {
			t.Errorf("instance %q: %v", instance, err)
		}
	}
}

// TestAskBusy asks as much at once as a gateway works on, and then more.
func TestAskBusy(t *testing.T) {
	w := newWorld(t)
	h := newHeld()
	w.node("gw-1", answering(h)).joined()
	const atOnce = 4
	var asking sync.WaitGroup
	for range atOnce {
		asking.Go(func() {
			if got, err := w.ask(t.Context(), "", "hold", `1`); err != nil || got != `"free"` {
				t.Errorf("%q, %v", got, err)
			}
		})
		<-h.begun
	}
	if _, err := w.ask(t.Context(), "", "echo", `1`); gatewright.CodeOf(err) != gatewright.LimitExceeded || !strings.Contains(err.Error(), "busy") {
		t.Errorf("one more: %v", err)
	}
	close(h.free)
	asking.Wait()
	if got, err := w.ask(t.Context(), "", "echo", `1`); err != nil || got != "1" {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

// TestAskCancel: when who asks goes away, the gateway stops.
func TestAskCancel(t *testing.T) {
	w := newWorld(t)
	h := newHeld()
	w.node("gw-1", answering(h)).joined()
	ctx, cancel := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	asking.Go(func() {
		if _, err := w.ask(ctx, "", "hold", `1`); err == nil {
			t.Error("an answer without one")
		}
	})
	<-h.begun
	cancel()
	if err := <-h.ended; err != context.Canceled {
		t.Errorf("the gateway's work ended with %v", err)
	}
	asking.Wait()
	if n := w.open(); n != 0 {
		t.Errorf("%d questions are left", n)
	}
}

// TestAskTimeout: the gateway's work and the waiting end at their time.
func TestAskTimeout(t *testing.T) {
	w := newWorld(t)
	h := newHeld()
	w.node("gw-1", answering(h)).joined()
	_, err := w.Control.Ask(t.Context(), fleettest.Actor, "test", "", control.Question{Kind: "hold", Body: []byte("1"), Timeout: time.Second, Action: gatewright.ActionInstanceDiagnose})
	if gatewright.CodeOf(err) != gatewright.Unavailable || !strings.Contains(err.Error(), "within 1s") {
		t.Errorf("%v", err)
	}
	<-h.begun
	<-h.ended
	_, err = w.Control.Ask(t.Context(), fleettest.Actor, "test", "", control.Question{Kind: "hold", Timeout: gatewright.MaxQuestionTime + 1})
	if gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("more time than there is: %v", err)
	}
}

// TestAskKilled kills the gateway between question and answer: the process that
// comes after it is asked the same again.
func TestAskKilled(t *testing.T) {
	w := newWorld(t)
	h := newHeld()
	n := w.node("gw-1", answering(h))
	n.joined()
	var asking sync.WaitGroup
	asking.Go(func() {
		if got, err := w.ask(t.Context(), "", "hold", `1`); err != nil || got != `"free"` {
			t.Errorf("%q, %v", got, err)
		}
	})
	<-h.begun
	n.end()
	<-h.ended
	n.joined()
	<-h.begun
	close(h.free)
	asking.Wait()
}

// TestAskLostAnswer loses the first answer on the way.
func TestAskLostAnswer(t *testing.T) {
	w := newWorld(t)
	var once sync.Once
	tr := newTransport(t, func(r *http.Request, resp *http.Response) error {
		var lost error
		if r.URL.Path == link.AnswerPath {
			once.Do(func() {
				resp.Body.Close()
				lost = context.DeadlineExceeded
			})
		}
		return lost
	})
	w.node("gw-1", answering(newHeld()), func(c *agent.Config) { c.Transport = tr }).joined()
	if got, err := w.ask(t.Context(), "", "echo", `1`); err != nil || got != "1" {
		t.Errorf("%q, %v", got, err)
	}
}
