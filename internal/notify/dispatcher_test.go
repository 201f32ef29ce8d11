package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify"
	"github.com/gatewright/gatewright/internal/notify/notifytest"
)

func TestMemory(t *testing.T) {
	notifytest.TestOutbox(t, func(*testing.T) notifytest.Box { return new(notifytest.Memory) })
}

func TestDispatch(t *testing.T) {
	off := pending("dlv_1", "a")
	off.Receiver.Enabled = false
	worn := pending("dlv_1", "a")
	worn.Attempts = notify.MaxAttempts
	final := &notify.Failure{Final: true}
	tests := []struct {
		name    string
		row     gatewright.Delivery
		answers []func(context.Context) error
		want    string
	}{
		{"delivered", pending("dlv_1", "a"), nil, "dlv_1 delivered 1 "},
		{"at the second attempt", pending("dlv_1", "a"), []func(context.Context) error{says(errors.New("no")), says(nil)}, "dlv_1 delivered 2 "},
		{"final", pending("dlv_1", "a"), []func(context.Context) error{says(final)}, "dlv_1 failed 1 "},
		{"never", pending("dlv_1", "a"), []func(context.Context) error{says(errors.New("no"))}, "dlv_1 failed 12 no"},
		{"disabled meanwhile", off, nil, "dlv_1 failed 1 the receiver was disabled"},
		{"died at the last attempt", worn, nil, "dlv_1 failed 13 12 attempts were begun and none was finished"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.row.NextAt = time.Now()
				box, s := new(notifytest.Memory), newSender()
				box.Add(tt.row)
				s.answers["a"] = tt.answers
				dispatch(t, box, s, func(*notify.Dispatcher) { wait(3 * time.Hour) })
				if got := states(box); got != tt.want {
					t.Fatalf("got %q, want %q", got, tt.want)
				}
			})
		})
	}
}

func TestReceiverDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &orphan{}
		dispatch(t, box, newSender(), func(*notify.Dispatcher) { wait(time.Second) })
		if box.failed != "the receiver was deleted" {
			t.Fatalf("got %q", box.failed)
		}
	})
}

// TestRetryTimes checks when attempts are made, to the second: at most
// PollInterval after they are due.
func TestRetryTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, s := new(notifytest.Memory), newSender()
		box.Add(pending("dlv_1", "a"), pending("dlv_2", "b"))
		s.answers["a"] = []func(context.Context) error{says(errors.New("no")), says(errors.New("no")), says(nil)}
		s.answers["b"] = []func(context.Context) error{says(&notify.Failure{After: 10 * time.Minute}), says(nil)}
		dispatch(t, box, s, func(*notify.Dispatcher) { wait(time.Hour) })
		if got, want := s.attempts(), "dlv_1 at 0, dlv_2 at 0, dlv_1 at 6, dlv_1 at 16, dlv_2 at 600"; got != want {
			if got != strings.Replace(want, "dlv_1 at 0, dlv_2 at 0", "dlv_2 at 0, dlv_1 at 0", 1) {
				t.Fatalf("got  %s\nwant %s", got, want)
			}
		}
	})
}

func TestBackoff(t *testing.T) {
	for seed := range uint64(100) {
		after := notify.Backoff(rand.New(rand.NewPCG(seed, 0)))
		longest := notify.MinBackoff
		for attempt := 1; attempt <= 100; attempt++ {
			if d := after(attempt); d > longest || d < longest*4/5 {
				t.Fatalf("after attempt %d: %s, want %s less a fifth at most", attempt, d, longest)
			}
			longest = min(2*longest, notify.MaxBackoff)
		}
	}
	a, b := notify.Backoff(rand.New(rand.NewPCG(1, 2))), notify.Backoff(rand.New(rand.NewPCG(3, 4)))
	if a(5) == b(5) {
		t.Error("two dispatchers wait equally long")
	}
}

// TestSlowReceiver has seven receivers hang, each with many messages: the
// eighth place serves the others without delay.
func TestSlowReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, s := new(notifytest.Memory), newSender()
		for i := range 7 {
			letter := string(rune('a' + i))
			s.answers[letter] = []func(context.Context) error{takes(notify.SendTimeout)}
			for n := range 20 {
				box.Add(pending(fmt.Sprintf("dlv_%s%d", letter, n), letter))
			}
		}
		for n := range 20 {
			box.Add(pending(fmt.Sprintf("dlv_j%d", n), "j"))
		}
		dispatch(t, box, s, func(*notify.Dispatcher) {
			wait(time.Second)
			for _, d := range box.All() {
				if d.Receiver.Name == "j" && d.State != gatewright.DeliveryDelivered {
					t.Errorf("%s is %s", d.ID, d.State)
				}
			}
			wait(time.Hour)
		})
		if strings.Contains(states(box), "pending") {
			t.Errorf("left over: %s", states(box))
		}
		for name, most := range s.most {
			if name == "" && most > notify.MaxParallel || name != "" && most != 1 {
				t.Errorf("%q had %d at a time", name, most)
			}
		}
	})
}

func TestParallelLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, s := new(notifytest.Memory), newSender()
		for i := range 10 {
			letter := string(rune('a' + i))
			s.answers[letter] = []func(context.Context) error{takes(time.Second)}
			box.Add(pending("dlv_"+letter, letter))
		}
		dispatch(t, box, s, func(*notify.Dispatcher) { wait(3 * time.Second) })
		if s.most[""] != notify.MaxParallel || strings.Count(states(box), "delivered") != 10 {
			t.Errorf("%d at a time, %s", s.most[""], states(box))
		}
	})
}

func TestWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, s := new(notifytest.Memory), newSender()
		dispatch(t, box, s, func(d *notify.Dispatcher) {
			wait(time.Millisecond)
			box.Add(pending("dlv_1", "a"))
			for range 100 {
				d.Wake()
			}
			synctest.Wait()
			if got := states(box); got != "dlv_1 delivered 1 " {
				t.Errorf("after waking: %s", got)
			}
			box.Add(pending("dlv_2", "a"))
			wait(notify.PollInterval)
			if got := states(box); !strings.Contains(got, "dlv_2 delivered") {
				t.Errorf("after polling: %s", got)
			}
		})
	})
}

// TestShutdown stops the dispatcher while messages are on their way: what ends
// soon is delivered, the rest is put back for another.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, s := new(notifytest.Memory), newSender()
		s.answers["a"] = []func(context.Context) error{takes(notify.ShutdownGrace - time.Second)}
		s.answers["b"] = []func(context.Context) error{takes(notify.ShutdownGrace + time.Second)}
		box.Add(pending("dlv_1", "a"), pending("dlv_2", "b"), pending("dlv_3", "a"))
		dispatch(t, box, s, func(*notify.Dispatcher) { synctest.Wait() })
		if got, want := states(box), "dlv_1 delivered 1 ; dlv_2 pending 1 interrupted: the server was stopped; dlv_3 pending 0 "; got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
		s.answers["b"] = nil
		dispatch(t, box, s, func(*notify.Dispatcher) { wait(time.Minute) })
		if got, want := states(box), "dlv_1 delivered 1 ; dlv_2 delivered 2 ; dlv_3 delivered 1 "; got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

// TestOutboxAway loses the outbox while a message is on its way: it goes out
// once more when its lease has ended, with the same identifier.
func TestOutboxAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, s := new(frail), newSender()
		s.answers["a"] = []func(context.Context) error{takes(time.Second)}
		box.Add(pending("dlv_1", "a"))
		dispatch(t, box, s, func(*notify.Dispatcher) {
			synctest.Wait()
			box.set(true)
			wait(notify.Lease / 2)
			box.set(false)
			wait(notify.Lease)
		})
		if got, want := s.attempts()+"; "+states(&box.Memory), "dlv_1 at 0, dlv_1 at 120; dlv_1 delivered 2 "; got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

// TestTwoDispatchers shares an outbox: everything is sent, nothing twice.
func TestTwoDispatchers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, s := new(notifytest.Memory), newSender()
		for n := range 50 {
			box.Add(pending(fmt.Sprintf("dlv_%d", n), string(rune('a'+n%10))))
		}
		dispatch(t, box, s, func(*notify.Dispatcher) {
			dispatch(t, box, s, func(*notify.Dispatcher) { wait(time.Minute) })
		})
		if got := strings.Count(states(box), "delivered 1"); got != 50 || len(s.began) != 50 {
			t.Errorf("%d delivered in %d attempts", got, len(s.began))
		}
	})
}

// TestLogsHaveNoSecrets runs everything with receivers that repeat their
// tokens, and reads the log.
func TestLogsHaveNoSecrets(t *testing.T) {
	server := newReceiver(t, 500, "token abc123topsecret, "+vectorSecret)
	var log bytes.Buffer
	c := config()
	c.RootCAs = server.trust()
	c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	box := new(notifytest.Memory)
	for _, kind := range []gatewright.ReceiverType{gatewright.ReceiverWebhook, gatewright.ReceiverSlack, gatewright.ReceiverLark, gatewright.ReceiverDingTalk} {
		d := delivery(gatewright.Receiver{Type: kind, URL: server.URL + "/abc123topsecret", Secret: "hook"})
		d.ID, d.Receiver.ID = gatewright.DeliveryID(kind), gatewright.ReceiverID(kind)
		d.Attempts, d.NextAt = notify.MaxAttempts-1, now
		box.Add(*d)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := &counting{Memory: box, left: 4, all: cancel}
	notify.NewDispatcher(done, courier(t, c), c).Run(ctx)
	text := log.String() + states(box)
	if !strings.Contains(text, "notification given up") || strings.Count(text, "failed 12") != 4 {
		t.Errorf("the log lacks what happened:\n%s", text)
	}
	for _, secret := range []string{"topsecret", vectorSecret} {
		if strings.Contains(text, secret) {
			t.Errorf("the log has %q:\n%s", secret, text)
		}
	}
}

// TestOutboxStuck ends although the outbox never answers.
func TestOutboxStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		d := notify.NewDispatcher(new(stuck), newSender(), notify.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
		ctx, cancel := context.WithCancel(t.Context())
		var ended sync.WaitGroup
		ended.Go(func() { d.Run(ctx) })
		wait(notify.StoreTimeout)
		cancel()
		ended.Wait()
		if !strings.Contains(log.String(), "cannot read the outbox") {
			t.Errorf("logged %q", log.String())
		}
	})
}
