package notifytest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/notify"
)

// Box is an outbox under test. Tests use receivers rcv_a to rcv_j, which must
// exist in it.
type Box interface {
	notify.Outbox
	Add(rows ...gatewright.Delivery)
	All() []gatewright.Delivery // in any order
}

// Receiver returns the receiver rcv_<letter>, as tests use it.
func Receiver(letter string) *gatewright.Receiver {
	return &gatewright.Receiver{
		ID: gatewright.ReceiverID("rcv_" + letter), Name: letter, Type: gatewright.ReceiverWebhook,
		URL: "https://" + letter + ".example.com/hook", Secret: "notify/" + letter, Enabled: true,
	}
}

// start is the time tests begin at.
var start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// row returns a delivery to rcv_<letter>, due at start + after.
func row(id, letter string, after time.Duration) gatewright.Delivery {
	return gatewright.Delivery{
		ID: gatewright.DeliveryID("dlv_" + id), Receiver: Receiver(letter), State: gatewright.DeliveryPending,
		NextAt: start.Add(after), CreatedAt: start,
		Notification: &gatewright.Notification{ID: gatewright.NotificationID("ntf_" + id), Event: gatewright.EventLive, At: start, Subject: "Pets"},
	}
}

const lease = time.Minute

// TestOutbox checks the outboxes that empty returns: each call a new one.
func TestOutbox(t *testing.T, empty func(t *testing.T) Box) {
	t.Run("claim", func(t *testing.T) { testClaim(t, empty) })
	t.Run("lease", func(t *testing.T) { testLease(t, empty(t)) })
	t.Run("settle", func(t *testing.T) { testSettle(t, empty) })
	t.Run("race", func(t *testing.T) { testRace(t, empty(t)) })
}

func testClaim(t *testing.T, empty func(t *testing.T) Box) {
	tests := []struct {
		name   string
		rows   []gatewright.Delivery
		limit  int
		except []gatewright.ReceiverID
		want   string
	}{
		{"nothing", nil, 8, nil, ""},
		{"due to the instant", []gatewright.Delivery{row("1", "a", 0)}, 8, nil, "dlv_1"},
		{"not yet due", []gatewright.Delivery{row("1", "a", time.Millisecond)}, 8, nil, ""},
		{"longest first", []gatewright.Delivery{row("1", "a", -1e9), row("2", "b", -3e9), row("3", "c", -2e9)}, 8, nil, "dlv_2 dlv_3 dlv_1"},
		{"limit", []gatewright.Delivery{row("1", "a", -1e9), row("2", "b", -3e9), row("3", "c", -2e9)}, 2, nil, "dlv_2 dlv_3"},
		{"one of each receiver, the oldest", []gatewright.Delivery{row("1", "a", -1e9), row("2", "a", -3e9), row("3", "b", -2e9)}, 8, nil, "dlv_2 dlv_3"},
		{"a crowded receiver leaves room", []gatewright.Delivery{row("1", "a", -9e9), row("2", "a", -8e9), row("3", "a", -7e9), row("4", "b", -1e9)}, 2, nil, "dlv_1 dlv_4"},
		{"none of those that are busy", []gatewright.Delivery{row("1", "a", -3e9), row("2", "b", -2e9), row("3", "c", -1e9)}, 8, []gatewright.ReceiverID{"rcv_a", "rcv_c"}, "dlv_2"},
		{"busy ones take no room", []gatewright.Delivery{row("1", "a", -3e9), row("2", "b", -2e9)}, 1, []gatewright.ReceiverID{"rcv_a"}, "dlv_2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			box := empty(t)
			box.Add(tt.rows...)
			got := claim(t, box, start, tt.limit, tt.except...)
			if got := ids(got); got != tt.want {
				t.Fatalf("claimed %q, want %q", got, tt.want)
			}
			for _, d := range got {
				if d.Attempts != 1 || d.Notification == nil || d.Notification.Subject != "Pets" || d.Receiver == nil || d.Receiver.URL == "" {
					t.Errorf("claimed %+v", d)
				}
			}
		})
	}
}

// testLease claims, dies, and lets another take over.
func testLease(t *testing.T, box Box) {
	box.Add(row("1", "a", 0))
	claim(t, box, start, 8)
	if got := claim(t, box, start.Add(lease-time.Millisecond), 8); len(got) > 0 {
		t.Fatalf("claimed %s, which is leased", ids(got))
	}
	got := claim(t, box, start.Add(lease), 8)
	if ids(got) != "dlv_1" || got[0].Attempts != 2 {
		t.Fatalf("after the lease: %+v", got)
	}
}

func testSettle(t *testing.T, empty func(t *testing.T) Box) {
	const pending, delivered, failed = gatewright.DeliveryPending, gatewright.DeliveryDelivered, gatewright.DeliveryFailed
	later := start.Add(time.Hour)
	tests := []struct {
		name   string
		settle func(t *testing.T, box Box)
		state  gatewright.DeliveryState
		cause  string
		next   time.Time // of a pending one
	}{
		{"done", func(t *testing.T, box Box) { ok(t, box.Done(t.Context(), "dlv_1")) }, delivered, "", time.Time{}},
		{"retry", func(t *testing.T, box Box) { ok(t, box.Retry(t.Context(), "dlv_1", 2, later, "no")) }, pending, "no", later},
		{"retry of an attempt that was overtaken", func(t *testing.T, box Box) { ok(t, box.Retry(t.Context(), "dlv_1", 1, later, "no")) },
			pending, "", start.Add(2 * lease)},
		{"fail", func(t *testing.T, box Box) { ok(t, box.Fail(t.Context(), "dlv_1", 2, "no")) }, failed, "no", time.Time{}},
		{"failure of an attempt that was overtaken", func(t *testing.T, box Box) { ok(t, box.Fail(t.Context(), "dlv_1", 1, "no")) },
			pending, "", start.Add(2 * lease)},
		{"what was delivered does not fail", func(t *testing.T, box Box) {
			ok(t, box.Done(t.Context(), "dlv_1"))
			ok(t, box.Fail(t.Context(), "dlv_1", 2, "no"))
			ok(t, box.Retry(t.Context(), "dlv_1", 2, later, "no"))
		}, delivered, "", time.Time{}},
		{"done twice", func(t *testing.T, box Box) {
			ok(t, box.Done(t.Context(), "dlv_1"))
			ok(t, box.Done(t.Context(), "dlv_1"))
		}, delivered, "", time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			box := empty(t)
			box.Add(row("1", "a", 0), row("2", "b", 0))
			claim(t, box, start, 8)
			claim(t, box, start.Add(lease), 8)
			tt.settle(t, box)
			for _, d := range box.All() {
				if d.ID != "dlv_1" {
					if d.State != pending {
						t.Errorf("the other delivery is %s", d.State)
					}
					continue
				}
				if d.State != tt.state || d.LastError != tt.cause {
					t.Errorf("state %s, error %q, want %s, %q", d.State, d.LastError, tt.state, tt.cause)
				}
				if tt.state == pending && !d.NextAt.Equal(tt.next) {
					t.Errorf("due %s, want %s", d.NextAt, tt.next)
				}
			}
			if got := claim(t, box, start.Add(24*time.Hour), 8, "rcv_b"); (len(got) > 0) != (tt.state == pending) {
				t.Errorf("claimed %q afterwards", ids(got))
			}
		})
	}
}

// testRace has several dispatchers claim at a time: nobody gets what another
// has.
func testRace(t *testing.T, box Box) {
	const rows, dispatchers = 40, 4
	for i := range rows {
		box.Add(row(fmt.Sprintf("%02d", i), string(rune('a'+i%10)), 0))
	}
	var mu sync.Mutex
	seen := map[gatewright.DeliveryID]int{}
	var all sync.WaitGroup
	for range dispatchers {
		all.Go(func() {
			for {
				got, err := box.Claim(t.Context(), start, 3, lease, nil)
				if err != nil {
					t.Error(err)
					return
				}
				if len(got) == 0 {
					return
				}
				mu.Lock()
				for _, d := range got {
					seen[d.ID]++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(seen) != rows {
		t.Errorf("%d deliveries were claimed, want %d", len(seen), rows)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was claimed %d times", id, n)
		}
	}
}

func claim(t *testing.T, box Box, now time.Time, limit int, except ...gatewright.ReceiverID) []gatewright.Delivery {
	t.Helper()
	got, err := box.Claim(t.Context(), now, limit, lease, except)
	ok(t, err)
	return got
}

func ids(rows []gatewright.Delivery) string {
	var all []string
	for _, d := range rows {
		all = append(all, string(d.ID))
	}
	return strings.Join(all, " ")
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
