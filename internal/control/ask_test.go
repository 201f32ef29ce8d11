package control_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/secret"
	"github.com/gatewright/gatewright/internal/sqlstore"
	"github.com/gatewright/gatewright/internal/testkit/database"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

// replica is a control plane that runs.
type replica struct {
	*control.Control
	stop func()
}

func startReplica(t *testing.T, cfg sqlstore.Config) *replica {
	t.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	store, err := sqlstore.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	c, err := control.New(ctx, store, control.Config{Log: cfg.Log})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	r := &replica{Control: c, stop: sync.OnceFunc(func() {
		cancel()
		wg.Wait()
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})}
	t.Cleanup(r.stop)
	return r
}

// answerer is an instance that answers by hand.
type answerer struct {
	t      *testing.T
	c      *replica
	group  gatewright.GroupID
	joined *control.Joined
	key    *secret.KeyPair
}

func joinAnswerer(t *testing.T, c *replica, group gatewright.GroupID, name string) *answerer {
	t.Helper()
	key, err := secret.NewKeyPair()
	if err != nil {
		t.Fatal(err)
	}
	j, err := c.Join(t.Context(), group, control.Join{Name: name, Address: "127.0.0.1:1", Version: "test", Answers: []gatewright.QuestionKind{"echo"}, PublicKey: key.Public()})
	if err != nil {
		t.Fatal(err)
	}
	return &answerer{t: t, c: c, group: group, joined: j, key: key}
}

// asked waits until an event says that there is a question to it.
func (a *answerer) asked(sub *control.Subscription) control.OpenQuestion {
	a.t.Helper()
	for {
		w, err := a.c.Wanted(a.t.Context(), a.group)
		if err != nil {
			a.t.Fatal(err)
		}
		for _, q := range w.Questions {
			if q.Instance == a.joined.Instance {
				return q
			}
		}
		select {
		case <-sub.C:
		case <-time.After(time.Minute):
			a.t.Fatal("no question comes")
		}
	}
}

// answer says back what was asked, at replica c.
func (a *answerer) answer(c *replica, q control.OpenQuestion) error {
	a.t.Helper()
	body, err := a.key.Open(q.Body, q.ID.QuestionPurpose())
	if err != nil {
		a.t.Fatal(err)
	}
	text, err := json.Marshal(gatewright.Reply{Body: body})
	if err != nil {
		a.t.Fatal(err)
	}
	sealed, err := secret.SealTo(q.ReplyTo, q.ID.AnswerPurpose(), text)
	if err != nil {
		a.t.Fatal(err)
	}
	return c.Answered(a.t.Context(), a.group, control.InstanceAnswer{Instance: a.joined.Instance, SessionKey: a.joined.SessionKey, Question: q.ID, Body: sealed})
}

func echo(body string) control.Question {
	return control.Question{Kind: "echo", Body: json.RawMessage(body), Timeout: time.Minute, Action: gatewright.ActionInstanceDiagnose}
}

// TestAskAcrossReplicas asks at one replica; the instance is connected to a
// second, and its answer is posted to a third.
func TestAskAcrossReplicas(t *testing.T) {
	run := func(t *testing.T, first, second, third *replica) {
		g, err := first.CreateGroup(t.Context(), admin, gatewright.Group{Name: "test", Stage: gatewright.StageTest})
		if err != nil {
			t.Fatal(err)
		}
		a := joinAnswerer(t, second, g.ID, "gw-1")
		sub := second.Subscribe()
		defer sub.Close()
		for i := range 3 {
			body := fmt.Sprintf(`{"secret":"tellus-%d"}`, i)
			var asking sync.WaitGroup
			asking.Go(func() {
				got, err := first.Ask(t.Context(), admin, "test", "", echo(body))
				if err != nil || string(got.Body) != body || got.Name != "gw-1" {
					t.Errorf("%+v, %v", got, err)
				}
			})
			q := a.asked(sub)
			if strings.Contains(string(q.Body), "tellus") {
				t.Error("the question is stored in clear")
			}
			for range 2 { // the gateway did not hear that it had arrived
				if err := a.answer(third, q); err != nil && gatewright.CodeOf(err) != gatewright.NotFound {
					t.Errorf("answer: %v", err)
				}
			}
			asking.Wait()
			if err := a.answer(third, q); gatewright.CodeOf(err) != gatewright.NotFound {
				t.Errorf("an answer nobody waits for: %v", err)
			}
		}

		// Who asks goes away: the instance's replica hears of it.
		ctx, cancel := context.WithCancel(t.Context())
		var asking sync.WaitGroup
		asking.Go(func() {
			if _, err := first.Ask(ctx, admin, "test", "", echo(`1`)); err == nil {
				t.Error("an answer without one")
			}
		})
		q := a.asked(sub)
		cancel()
		asking.Wait()
		if err := a.answer(third, q); gatewright.CodeOf(err) != gatewright.NotFound {
			t.Errorf("an answer to a withdrawn question: %v", err)
		}
		w, err := second.Wanted(t.Context(), g.ID)
		if err != nil || len(w.Questions) != 0 {
			t.Errorf("%+v, %v", w.Questions, err)
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "gatewright.db")
		database.Empty(t, path)
		c := startReplica(t, sqlstore.Config{Path: path})
		run(t, c, c, c)
	})
	t.Run("postgres", func(t *testing.T) {
		url := postgres.Start(t)
		first := startReplica(t, sqlstore.Config{URL: url})
		run(t, first, startReplica(t, sqlstore.Config{URL: url}), startReplica(t, sqlstore.Config{URL: url}))
	})
}

// TestAskLimits opens as many questions as there may be.
func TestAskLimits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gatewright.db")
	database.Empty(t, path)
	c := startReplica(t, sqlstore.Config{Path: path})
	g, err := c.CreateGroup(t.Context(), admin, gatewright.Group{Name: "test", Stage: gatewright.StageTest})
	if err != nil {
		t.Fatal(err)
	}
	const instances = gatewright.MaxGroupQuestions / gatewright.MaxOpenQuestions
	ctx, cancel := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	ask := func(instance string) {
		asking.Go(func() {
			if _, err := c.Ask(ctx, admin, "test", instance, echo(`1`)); err == nil || ctx.Err() == nil {
				t.Errorf("ask %s: %v", instance, err)
			}
		})
	}
	open := func(want int) {
		t.Helper()
		sub := c.Subscribe()
		defer sub.Close()
		for {
			w, err := c.Wanted(t.Context(), g.ID)
			if err != nil {
				t.Fatal(err)
			}
			if len(w.Questions) == want {
				return
			}
			select {
			case <-sub.C:
			case <-time.After(time.Minute):
				t.Fatalf("%d questions are open, not %d", len(w.Questions), want)
			}
		}
	}
	for i := range instances {
		name := fmt.Sprintf("gw-%d", i)
		joinAnswerer(t, c, g.ID, name)
		for range gatewright.MaxOpenQuestions {
			ask(name)
		}
		open((i + 1) * gatewright.MaxOpenQuestions)
		if i > 0 {
			continue
		}
		for _, instance := range []string{name, ""} {
			if _, err := c.Ask(t.Context(), admin, "test", instance, echo(`1`)); gatewright.CodeOf(err) != gatewright.LimitExceeded || !strings.Contains(err.Error(), "instance gw-0 is being asked 8 things") {
				t.Errorf("one too many for %q: %v", instance, err)
			}
		}
	}
	joinAnswerer(t, c, g.ID, "idle")
	if _, err := c.Ask(t.Context(), admin, "test", "idle", echo(`1`)); gatewright.CodeOf(err) != gatewright.LimitExceeded || !strings.Contains(err.Error(), "128 things") {
		t.Errorf("one too many for the group: %v", err)
	}
}

// TestJoinAnswers refuses what an instance cannot say of itself.
func TestJoinAnswers(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	many := make([]gatewright.QuestionKind, gatewright.MaxQuestionKinds+1)
	for i := range many {
		many[i] = "echo"
	}
	tests := []struct {
		name    string
		answers []gatewright.QuestionKind
		key     []byte
		code    gatewright.Code
	}{
		{"nothing, as old ones", nil, nil, ""},
		{"as many kinds as there may be", many[1:], make([]byte, secret.PublicKeyBytes), ""},
		{"too many kinds", many, nil, gatewright.LimitExceeded},
		{"no kind", []gatewright.QuestionKind{"A b"}, nil, gatewright.Invalid},
		{"half a key", nil, make([]byte, 16), gatewright.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.c.Join(w.ctx, g.ID, control.Join{Name: "gw", Address: "a", Version: "v", Answers: tt.answers, PublicKey: tt.key})
			if gatewright.CodeOf(err) != tt.code {
				t.Errorf("%v", err)
			}
		})
	}
}
