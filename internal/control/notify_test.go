package control_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/notify"
	"github.com/gatewright/gatewright/internal/notify/wording"
	"github.com/gatewright/gatewright/internal/secret"
)

func keys(t testing.TB, of ...byte) *secret.Box {
	t.Helper()
	var all [][]byte
	for _, b := range of {
		all = append(all, bytes.Repeat([]byte{b}, secret.KeyBytes))
	}
	box, err := secret.NewBox(all...)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// telling is a standard world with keys for secrets.
func telling(t testing.TB) *world {
	w := newWorld(t)
	w.seal(keys(t, 1))
	w.standard()
	return w
}

// seal starts the control plane's process anew with these keys.
func (w *world) seal(box *secret.Box) {
	w.t.Helper()
	var err error
	w.c, err = control.New(w.ctx, w.store, control.Config{Log: discard(), Secrets: box, Clock: w.clock.Now, PublicURL: "https://gw.example.com/"})
	w.must(err)
}

const hookURL = "https://hooks.example.com/T0KEN"

func (w *world) receiver(n control.NewReceiver) *control.ReceiverInfo {
	w.t.Helper()
	if n.Type == "" {
		n.Type, n.URL = gatewright.ReceiverWebhook, hookURL
	}
	info, _, err := w.c.CreateReceiver(w.ctx, admin, n)
	w.must(err)
	return info
}

func (w *world) user(name, email string, roles ...gatewright.Role) {
	w.t.Helper()
	_, err := w.c.CreateUser(w.ctx, admin, control.NewUser{Name: name, Email: email, Language: "de-AT"})
	w.must(err)
	root := gatewright.Subject{User: "usr_root"}
	giver := auth.Principal{Name: "root", User: root.User, Bindings: []gatewright.Binding{{Subject: root, Role: gatewright.RoleSuperAdmin}}}
	for _, role := range roles {
		_, err := w.c.CreateBinding(w.ctx, admin, giver, control.NewBinding{User: name, Role: role})
		w.must(err)
	}
}

// deliveries are what was put into the outbox, oldest first.
func (w *world) deliveries(q control.DeliveryQuery) []*gatewright.Delivery {
	w.t.Helper()
	q.Limit = 1000
	ds, err := w.c.Deliveries(w.ctx, q)
	w.must(err)
	slices.SortFunc(ds, func(a, b *gatewright.Delivery) int { // identifiers tell milliseconds apart, the clock here less
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Notification.Event, b.Notification.Event))
	})
	return ds
}

// told returns the events of the deliveries to a receiver.
func (w *world) told(receiver string) string {
	w.t.Helper()
	var events []string
	for _, d := range w.deliveries(control.DeliveryQuery{Receiver: receiver}) {
		events = append(events, string(d.Notification.Event))
	}
	return strings.Join(events, " ")
}

func TestChangeIsTold(t *testing.T) {
	yes := func(w *world, ch *gatewright.Change) {
		_, err := w.c.Decide(w.ctx, actor("bob"), ch.ID, control.Verdict{PlanHash: ch.PlanHash, Approve: true, Roles: []string{"approver"}})
		w.must(err)
	}
	rule := func(w *world, count int) {
		w.set("production", gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: count}}})
	}
	later := func(w *world) control.Request {
		req := publish("production", "1.0.0", "/a")
		req.NotBefore = w.clock.Now().Add(time.Hour)
		return req
	}
	tests := []struct {
		name string
		do   func(w *world)
		want string
	}{
		{"goes live", func(w *world) { w.live(publish("production", "1.0.0", "/a")) }, "change.live"},
		{"rejected by an instance", func(w *world) {
			w.gateways[1].reject = func(*gatewright.Resource) string { return "no room" }
			w.submit(publish("production", "1.0.0", "/a"))
		}, "change.failed"},
		{"approved", func(w *world) {
			rule(w, 2)
			ch := w.submit(publish("production", "1.0.0", "/a"))
			_, err := w.c.Decide(w.ctx, actor("carol"), ch.ID, control.Verdict{PlanHash: ch.PlanHash, Approve: true, Roles: []string{"approver"}})
			w.must(err) // the first of two says nothing new
			yes(w, ch)
			w.settle()
		}, "change.approval-wanted change.approved change.live"},
		{"turned down", func(w *world) {
			rule(w, 1)
			ch := w.submit(publish("production", "1.0.0", "/a"))
			_, err := w.c.Decide(w.ctx, actor("bob"), ch.ID, control.Verdict{PlanHash: ch.PlanHash, Comment: "not today", Roles: []string{"approver"}})
			w.must(err)
		}, "change.approval-wanted change.rejected"},
		{"scheduled, then cancelled", func(w *world) {
			ch := w.submit(later(w))
			_, err := w.c.Cancel(w.ctx, admin, ch.ID, "wrong day")
			w.must(err)
		}, "change.scheduled change.cancelled"},
		{"expired", func(w *world) {
			rule(w, 1)
			req := publish("production", "1.0.0", "/a")
			req.ExpiresAt = w.clock.Now().Add(time.Hour)
			w.submit(req)
			w.advance(2 * time.Hour)
			w.settle()
		}, "change.approval-wanted change.expired"},
		{"void", func(w *world) {
			w.live(publish("production", "1.0.0", "/a"))
			w.submit(control.Request{Kind: gatewright.ChangeDisable, Group: "production", NotBefore: w.clock.Now().Add(time.Hour), Items: []control.Item{{API: "Pets"}}})
			w.live(publish("production", "1.1.0", "/a", "/b"))
			w.advance(2 * time.Hour)
			w.settle()
		}, "change.live change.scheduled change.live change.superseded"},
		{"deprecated, then retired", func(w *world) {
			w.live(publish("production", "1.0.0", "/a"))
			w.live(request(gatewright.ChangeDeprecate, "production", control.Item{API: "Pets", Lifecycle: &gatewright.Lifecycle{Successor: "Pets@v2"}}))
			w.live(request(gatewright.ChangeRetire, "production", control.Item{API: "Pets"}))
		}, "change.live change.live track.deprecated change.live track.retired"},
		{"in another group", func(w *world) { w.live(publish("test", "1.0.0", "/a")) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := telling(t)
			w.receiver(control.NewReceiver{Name: "hook", Groups: []string{"production"}})
			w.receiver(control.NewReceiver{Name: "off", Disabled: true})
			w.receiver(control.NewReceiver{Name: "other", Events: []gatewright.NotificationEvent{gatewright.EventGrantEnds}})
			tt.do(w)
			if got := w.told("hook"); got != tt.want {
				t.Errorf("told %q, want %q", got, tt.want)
			}
			if got := w.told("off") + w.told("other"); got != "" {
				t.Errorf("those who do not want it were told %q", got)
			}
		})
	}
}

func TestWhatIsTold(t *testing.T) {
	w := telling(t)
	w.receiver(control.NewReceiver{Name: "hook"})
	w.live(publish("production", "1.0.0", "/a"))
	ch := w.live(publish("production", "1.1.0", "/a", "/b"))
	ds := w.deliveries(control.DeliveryQuery{Change: ch.ID})
	if len(ds) != 1 {
		t.Fatalf("%d deliveries", len(ds))
	}
	n := ds[0].Notification
	if n.Subject != "Pets 1.1.0" || n.Actor != "admin" || n.APIName != "Pets" || n.Track != "v1" || n.GroupName != "production" ||
		n.Link != "https://gw.example.com/changes/"+string(ch.ID) {
		t.Errorf("told %+v", n)
	}
	if got := fmt.Sprint(n.Data); got != "map[from:1.0.0 kind:publish reason:test]" {
		t.Errorf("facts %s", got)
	}
	w.gateways[1].reject = func(*gatewright.Resource) string { return "no room" }
	w.submit(publish("production", "1.2.0", "/a"))
	ds = w.deliveries(control.DeliveryQuery{Event: gatewright.EventFailed})
	if len(ds) != 1 || !strings.Contains(ds[0].Notification.Data["error"], "production-1: no room") || ds[0].Notification.Data["state"] != "failed" {
		t.Errorf("told of the failure %+v", ds)
	}
}

func TestWhoIsTold(t *testing.T) {
	w := telling(t)
	w.user("ann", "ann@example.com", gatewright.RoleAPIProvider)
	w.user("bob", "bob@example.com", gatewright.RoleApprover)
	w.user("carol", "carol@example.com", gatewright.RoleViewer)
	w.user("dora", "", gatewright.RoleSuperAdmin)
	w.user("emil", "emil@example.com", gatewright.RoleApprover)
	disabled := true
	_, err := w.c.UpdateUser(w.ctx, admin, "emil", nil, control.UserPatch{Disabled: &disabled})
	w.must(err)
	w.receiver(control.NewReceiver{Name: "mail", Type: gatewright.ReceiverEmail, People: true, Addresses: []string{"ops@example.com"}})
	w.set("production", gatewright.GroupSettings{Approvals: []gatewright.ApprovalRule{{Count: 1}}})

	req := publish("production", "1.0.0", "/a")
	req.Notify = []string{"carol", "nobody"}
	sub, err := w.c.Submit(w.ctx, actor("ann"), req, control.SubmitOptions{})
	w.must(err)
	w.mailed(t, gatewright.EventApprovalWanted, "bob@example.com carol@example.com ops@example.com", "no e-mail address is known for dora, nobody")
	_, err = w.c.Decide(w.ctx, actor("bob"), sub.Change.ID, control.Verdict{PlanHash: sub.Change.PlanHash, Approve: true, Roles: []string{"approver"}})
	w.must(err)
	w.settle()
	w.mailed(t, gatewright.EventLive, "ann@example.com carol@example.com ops@example.com", "no e-mail address is known for nobody")

	// Owners of apps that may call it hear of what their callers will notice.
	w.set("production", gatewright.GroupSettings{})
	_, err = w.c.CreateApp(w.ctx, actor("bob"), "production", "billing", "")
	w.must(err)
	_, err = w.c.PutGrant(w.ctx, actor("bob"), "production", "billing", control.NewGrant{API: "Pets"})
	w.must(err)
	w.settle()
	w.live(request(gatewright.ChangeDeprecate, "production", control.Item{API: "Pets", Lifecycle: &gatewright.Lifecycle{}}))
	w.mailed(t, gatewright.EventDeprecated, "ann@example.com bob@example.com ops@example.com", "")
	for _, d := range w.deliveries(control.DeliveryQuery{}) {
		if want := map[bool]string{true: "", false: "de"}[d.Address == "ops@example.com" || d.Address == ""]; d.Language != want {
			t.Errorf("to %q in language %q", d.Address, d.Language)
		}
	}
}

// mailed checks whom an event is mailed to, and what the log says of the rest.
func (w *world) mailed(t *testing.T, event gatewright.NotificationEvent, want, left string) {
	t.Helper()
	var to []string
	cause := ""
	for _, d := range w.deliveries(control.DeliveryQuery{Event: event}) {
		if d.Address == "" {
			cause = d.LastError
			if d.State != gatewright.DeliveryFailed || d.SettledAt.IsZero() {
				t.Errorf("what cannot be sent is %s", d.State)
			}
			continue
		}
		to = append(to, d.Address)
	}
	slices.Sort(to)
	if got := strings.Join(to, " "); got != want || cause != left {
		t.Errorf("%s is mailed to %q (%q), want %q (%q)", event, got, cause, want, left)
	}
}

func TestReceiverIsSealed(t *testing.T) {
	w := telling(t)
	const ownSecret = "S3CRET-of-16-bytes-or-more"
	info, made, err := w.c.CreateReceiver(w.ctx, admin, control.NewReceiver{Name: "hook", Type: gatewright.ReceiverWebhook, URL: hookURL, Secret: ownSecret})
	w.must(err)
	if made != "" || !info.Signed || info.Secret != "" || info.URL != "" || info.Endpoint != "https://hooks.example.com/…" {
		t.Errorf("made %q, %+v", made, info)
	}
	_, made, err = w.c.CreateReceiver(w.ctx, admin, control.NewReceiver{Name: "second", Type: gatewright.ReceiverWebhook, URL: hookURL})
	w.must(err)
	if len(made) != 64 {
		t.Errorf("the secret that was made is %q", made)
	}
	enabled := true
	info, err = w.c.UpdateReceiver(w.ctx, admin, "hook", info.Revised, control.ReceiverPatch{Enabled: &enabled})
	w.must(err)
	_, err = w.c.UpdateReceiver(w.ctx, admin, "hook", info.Revised-1, control.ReceiverPatch{})
	code(t, err, gatewright.Conflict)

	check := func() {
		t.Helper()
		_, err := w.c.TestReceiver(w.ctx, admin, "hook")
		w.must(err)
		got, err := w.c.Outbox().Claim(w.ctx, w.clock.Now(), 8, time.Minute, nil)
		w.must(err)
		if len(got) != 1 || got[0].Receiver.URL != hookURL {
			t.Fatalf("claimed %+v", got)
		}
		w.must(w.c.Outbox().Done(w.ctx, got[0].ID))
		s, err := w.c.Outbox().Secret(w.ctx, got[0].Receiver.Secret)
		if s != ownSecret || err != nil {
			t.Errorf("secret %q, %v", s, err)
		}
	}
	check()
	w.seal(keys(t, 1, 2)) // a new key is added, and the old one goes
	w.must(w.c.Reseal(w.ctx))
	w.seal(keys(t, 2))
	check()

	w.must(w.store.Close())
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(w.path + suffix)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, clear := range []string{"T0KEN", ownSecret, made} {
			if bytes.Contains(raw, []byte(clear)) {
				t.Errorf("the database holds %q in clear", clear)
			}
		}
	}
}

// TestLostKey: what cannot be opened fails, and says why; nothing else stops.
func TestLostKey(t *testing.T) {
	w := telling(t)
	w.receiver(control.NewReceiver{Name: "hook"})
	w.seal(keys(t, 9))
	w.must(w.c.Reseal(w.ctx))
	w.receiver(control.NewReceiver{Name: "new"})
	w.live(publish("production", "1.0.0", "/a"))
	got, err := w.c.Outbox().Claim(w.ctx, w.clock.Now(), 8, time.Minute, nil)
	w.must(err)
	if len(got) != 1 || got[0].Receiver.Name != "new" {
		t.Errorf("claimed %+v", got)
	}
	failed := w.deliveries(control.DeliveryQuery{Receiver: "hook", State: gatewright.DeliveryFailed})
	if len(failed) != 1 || !strings.Contains(failed[0].LastError, "not in the key file") {
		t.Errorf("of the other one: %+v", failed)
	}
	all, err := w.c.Receivers(w.ctx)
	w.must(err)
	if len(all) != 2 || !strings.Contains(all[0].Endpoint, "unreadable") {
		t.Errorf("shown as %+v", all[0])
	}
	_, err = w.c.UpdateReceiver(w.ctx, admin, "hook", all[0].Revised, control.ReceiverPatch{})
	code(t, err, gatewright.Invalid) // it asks for the URL
	url, secret := hookURL, "another secret of length"
	_, err = w.c.UpdateReceiver(w.ctx, admin, "hook", all[0].Revised, control.ReceiverPatch{URL: &url, Secret: &secret})
	w.must(err)
	if _, _, err := newWorld(t).c.CreateReceiver(w.ctx, admin, control.NewReceiver{Name: "x", Type: gatewright.ReceiverWebhook, URL: hookURL}); gatewright.CodeOf(err) != gatewright.Unavailable {
		t.Errorf("without any key: %v", err)
	}
}

func TestReceiverRules(t *testing.T) {
	w := telling(t)
	w.receiver(control.NewReceiver{Name: "taken"})
	tests := []struct {
		name string
		n    control.NewReceiver
		want gatewright.Code
	}{
		{"name taken", control.NewReceiver{Name: "taken", Type: gatewright.ReceiverSlack, URL: hookURL}, gatewright.Conflict},
		{"name like an identifier", control.NewReceiver{Name: "rcv_x", Type: gatewright.ReceiverSlack, URL: hookURL}, gatewright.Invalid},
		{"no URL", control.NewReceiver{Name: "x", Type: gatewright.ReceiverSlack}, gatewright.Invalid},
		{"short secret", control.NewReceiver{Name: "x", Type: gatewright.ReceiverWebhook, URL: hookURL, Secret: "short"}, gatewright.Invalid},
		{"long secret", control.NewReceiver{Name: "x", Type: gatewright.ReceiverWebhook, URL: hookURL, Secret: strings.Repeat("x", control.MaxReceiverSecret+1)}, gatewright.Invalid},
		{"secret with a line's end", control.NewReceiver{Name: "x", Type: gatewright.ReceiverWebhook, URL: hookURL, Secret: strings.Repeat("x", 20) + "\n"}, gatewright.Invalid},
		{"secret of Slack", control.NewReceiver{Name: "x", Type: gatewright.ReceiverSlack, URL: hookURL, Secret: "x"}, gatewright.Invalid},
		{"no such group", control.NewReceiver{Name: "x", Type: gatewright.ReceiverSlack, URL: hookURL, Groups: []string{"none"}}, gatewright.NotFound},
		{"too many groups", control.NewReceiver{Name: "x", Type: gatewright.ReceiverSlack, URL: hookURL, Groups: make([]string, gatewright.MaxReceiverGroups+1)}, gatewright.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := w.c.CreateReceiver(w.ctx, admin, tt.n)
			code(t, err, tt.want)
			if strings.Contains(fmt.Sprint(err), "T0KEN") {
				t.Errorf("the error tells the URL: %v", err)
			}
		})
	}
	for i := 1; i < gatewright.MaxReceivers; i++ {
		w.receiver(control.NewReceiver{Name: fmt.Sprint("r", i)})
	}
	_, _, err := w.c.CreateReceiver(w.ctx, admin, control.NewReceiver{Name: "one more", Type: gatewright.ReceiverSlack, URL: hookURL})
	code(t, err, gatewright.LimitExceeded)
}

// hook is a receiver that does what tests say.
type hook struct {
	*httptest.Server
	mu      sync.Mutex
	status  int
	arrived chan struct{} // one for each message
	hold    chan struct{} // closed, messages are answered
}

func newHook(t *testing.T, status int) *hook {
	h := &hook{status: status, arrived: make(chan struct{}, 100), hold: make(chan struct{})}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		h.arrived <- struct{}{}
		select {
		case <-h.hold:
		case <-r.Context().Done():
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		w.WriteHeader(h.status)
	}))
	t.Cleanup(h.Close)
	return h
}

// dispatch runs a dispatcher until stop is called, which waits for it.
func (w *world) dispatch(t *testing.T) (stop func()) {
	t.Helper()
	outbox := w.c.Outbox()
	cfg := notify.Config{Secrets: outbox, Templates: outbox, AllowLoopback: true, Clock: w.clock.Now, Log: discard()}
	courier, err := notify.NewCourier(cfg)
	w.must(err)
	ctx, cancel := context.WithCancel(w.ctx)
	var running sync.WaitGroup
	running.Go(func() { notify.NewDispatcher(outbox, courier, cfg).Run(ctx) })
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

func TestReceiverHoldsNothingUp(t *testing.T) {
	w := telling(t)
	slow, broken := newHook(t, http.StatusOK), newHook(t, http.StatusInternalServerError)
	close(broken.hold)
	w.receiver(control.NewReceiver{Name: "slow", Type: gatewright.ReceiverWebhook, URL: slow.URL})
	w.receiver(control.NewReceiver{Name: "broken", Type: gatewright.ReceiverWebhook, URL: broken.URL})
	stop := w.dispatch(t)
	w.live(publish("production", "1.0.0", "/a"))
	<-slow.arrived // and is not answered
	<-broken.arrived
	w.live(publish("production", "1.1.0", "/a", "/b"))
	close(slow.hold)
	stop()
	failing := w.deliveries(control.DeliveryQuery{Receiver: "broken"})
	if d := failing[0]; d.State != gatewright.DeliveryPending || d.Attempts != 1 || !strings.Contains(d.LastError, "500") || !d.NextAt.After(w.clock.Now()) {
		t.Errorf("of the broken receiver: %+v", d)
	}
	first := w.deliveries(control.DeliveryQuery{Receiver: "slow"})[0]
	if first.State != gatewright.DeliveryDelivered {
		t.Fatalf("of the slow receiver: %+v", first)
	}

	// What waits can be looked at, but is not sent twice; what has ended can.
	_, err := w.c.Redeliver(w.ctx, admin, failing[0].ID)
	code(t, err, gatewright.Conflict)
	again, err := w.c.Redeliver(w.ctx, admin, first.ID)
	w.must(err)
	if again.ID == first.ID || again.Notification.ID != first.Notification.ID || again.State != gatewright.DeliveryPending {
		t.Errorf("sent again: %+v", again)
	}
	info, err := w.c.Receiver(w.ctx, "broken")
	w.must(err)
	w.must(w.c.DeleteReceiver(w.ctx, admin, "broken", info.Revised))
	d, err := w.c.Delivery(w.ctx, failing[0].ID)
	w.must(err)
	if d.State != gatewright.DeliveryFailed || d.Receiver != nil || d.LastError != "the receiver was deleted" {
		t.Errorf("of a receiver that was deleted: %+v", d)
	}
	_, err = w.c.Redeliver(w.ctx, admin, failing[0].ID)
	code(t, err, gatewright.PreconditionFailed)
}

func TestTemplates(t *testing.T) {
	w := telling(t)
	own := wording.Template{Title: "{{.Subject}} läuft", Text: "in {{.Group}}"}
	_, err := w.c.SetTemplate(w.ctx, admin, gatewright.EventLive, "de", wording.Template{Title: "{{.Nothing}}", Text: "x"})
	code(t, err, gatewright.Invalid)
	_, err = w.c.SetTemplate(w.ctx, admin, "change.none", "de", own)
	code(t, err, gatewright.NotFound)
	_, err = w.c.SetTemplate(w.ctx, admin, gatewright.EventLive, "xx", own)
	code(t, err, gatewright.NotFound)
	code(t, w.c.ResetTemplate(w.ctx, admin, gatewright.EventLive, "de"), gatewright.NotFound)
	_, err = w.c.SetTemplate(w.ctx, admin, gatewright.EventLive, "de", own)
	w.must(err)
	used, err := w.c.Outbox().Template(w.ctx, gatewright.EventLive, "de")
	w.must(err)
	if used == nil || *used != own {
		t.Errorf("used %+v", used)
	}
	if used, err := w.c.Outbox().Template(w.ctx, gatewright.EventLive, "en"); used != nil || err != nil {
		t.Errorf("in another language %+v, %v", used, err)
	}
	all, err := w.c.Templates(w.ctx)
	w.must(err)
	if len(all) != len(gatewright.NotificationEvents())*len(gatewright.NotificationLanguages()) {
		t.Errorf("%d templates", len(all))
	}
	w.must(w.c.ResetTemplate(w.ctx, admin, gatewright.EventLive, "de"))
	info, err := w.c.Template(w.ctx, gatewright.EventLive, "de")
	w.must(err)
	if info.Own || info.Template != wording.Default(gatewright.EventLive, "de") {
		t.Errorf("after the reset %+v", info)
	}
}

// TestRemind announces what ends, once, and only when somebody listens.
func TestRemind(t *testing.T) {
	w := telling(t)
	w.live(publish("production", "1.0.0", "/a"))
	_, err := w.c.CreateApp(w.ctx, admin, "production", "billing", "")
	w.must(err)
	w.settle()
	soon, late := w.clock.Now().Add(control.EndNotice-time.Minute), w.clock.Now().Add(control.EndNotice+3*time.Hour)
	_, _, err = w.c.AddCredential(w.ctx, admin, "production", "billing", control.NewCredential{ExpiresAt: soon})
	w.must(err)
	_, _, err = w.c.AddCredential(w.ctx, admin, "production", "billing", control.NewCredential{ExpiresAt: late})
	w.must(err)
	_, err = w.c.PutGrant(w.ctx, admin, "production", "billing", control.NewGrant{API: "Pets", ExpiresAt: soon})
	w.must(err)
	w.settle()
	w.live(request(gatewright.ChangeDeprecate, "production", control.Item{API: "Pets", Lifecycle: &gatewright.Lifecycle{SunsetAt: w.clock.Now().Add(2 * time.Hour)}}))
	w.must(w.c.Remind(w.ctx))
	w.receiver(control.NewReceiver{Name: "hook"})
	remind := func(want string) {
		t.Helper()
		w.advance(time.Hour + time.Minute)
		w.must(w.c.Remind(w.ctx))
		w.must(w.c.Remind(w.ctx)) // too soon
		if got := w.told("hook"); got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	remind("credential.expiring grant.expiring")
	remind("credential.expiring grant.expiring track.sunset")
	remind("credential.expiring grant.expiring track.sunset credential.expiring")
	w.restartSealed(t)
	remind("credential.expiring grant.expiring track.sunset credential.expiring")
}

// restartSealed begins a new process, which knows only what is stored.
func (w *world) restartSealed(t *testing.T) {
	w.restart()
	w.seal(keys(t, 1))
}

func TestDeliveriesAreForgotten(t *testing.T) {
	w := telling(t)
	w.receiver(control.NewReceiver{Name: "hook"})
	w.live(publish("production", "1.0.0", "/a"))
	w.live(publish("production", "1.1.0", "/a", "/b"))
	done := w.deliveries(control.DeliveryQuery{})[0]
	w.must(w.c.Outbox().Done(w.ctx, done.ID))
	w.advance(91 * 24 * time.Hour)
	w.must(w.c.Sweep(w.ctx))
	left := w.deliveries(control.DeliveryQuery{})
	if len(left) != 1 || left[0].ID == done.ID {
		t.Errorf("left are %+v", left)
	}
	w.must(w.c.Outbox().Done(w.ctx, done.ID)) // too late, and no harm
}
