package storetest

import (
	"fmt"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/notify/wording"
)

func (s *suite) newReceiver(tx control.Tx, name string) *control.ReceiverRow {
	s.Helper()
	r := &control.ReceiverRow{
		Receiver: gatewright.Receiver{
			ID: gatewright.ReceiverID(s.id("rcv_")), Name: name, Type: gatewright.ReceiverWebhook, Secret: "receivers/x",
			Events: []gatewright.NotificationEvent{gatewright.EventLive}, Groups: []gatewright.GroupID{"grp_1"}, Language: "de", Enabled: true, CreatedAt: tx.Now(),
		},
		SealedURL: "sealed URL of " + name, SealedSecret: "sealed secret of " + name,
	}
	s.ok(tx.CreateReceiver(r))
	return r
}

func testReceiver(s *suite) {
	s.update(func(tx control.Tx) {
		b, a := s.newReceiver(tx, "b"), s.newReceiver(tx, "a")
		s.same(must(tx.Receivers())(s), []*control.ReceiverRow{a, b})
		s.same(must(tx.Receiver(a.ID))(s), a)
		s.same(must(tx.ReceiverByName("b"))(s), b)
		s.fails(tx.CreateReceiver(&control.ReceiverRow{Receiver: gatewright.Receiver{ID: "rcv_new", Name: "a"}}), gatewright.Conflict, `"a"`)

		stale := *a
		a.Name, a.Enabled, a.SealedURL, a.SealedSecret, a.Secret = "c", false, "other", "", ""
		s.ok(tx.UpdateReceiver(a))
		s.same(a.Revised, int64(1))
		s.same(must(tx.Receivers())(s), []*control.ReceiverRow{b, a})
		s.fails(tx.UpdateReceiver(&stale), gatewright.Conflict, `"a"`)
		taken := *a
		taken.Name = "b"
		s.fails(tx.UpdateReceiver(&taken), gatewright.Conflict, `"b"`)
		s.fails(tx.UpdateReceiver(&control.ReceiverRow{Receiver: gatewright.Receiver{ID: "rcv_none", Name: "n"}}), gatewright.NotFound, `"rcv_none"`)

		s.ok(tx.DeleteReceiver(b.ID))
		s.fails(tx.DeleteReceiver(b.ID), gatewright.NotFound)
		s.fails(oneError(tx.Receiver(b.ID)), gatewright.NotFound)
		s.fails(oneError(tx.ReceiverByName("b")), gatewright.NotFound, `"b"`)
	})
}

// newDelivery stores a notification with one delivery.
func (s *suite) newDelivery(tx control.Tx, r *control.ReceiverRow, event gatewright.NotificationEvent, change gatewright.ChangeID) *gatewright.Delivery {
	s.Helper()
	n := &gatewright.Notification{
		ID: gatewright.NotificationID(s.id("ntf_")), Event: event, At: tx.Now(), Subject: "Pets 宠物", Change: change,
		Recipients: []gatewright.Recipient{{Name: "ann", Address: "ann@example.com"}}, Data: map[string]string{"kind": "publish"},
	}
	d := gatewright.Delivery{
		ID: gatewright.DeliveryID(fmt.Sprintf("dlv_%03d", s.n)), Notification: n, Address: "ann@example.com", Language: "de",
		State: gatewright.DeliveryPending, NextAt: tx.Now(), CreatedAt: tx.Now(),
	}
	known := r.Receiver
	d.Receiver = &known
	s.ok(tx.CreateDeliveries(n, []gatewright.Delivery{d}))
	return &d
}

func testDelivery(s *suite) {
	s.update(func(tx control.Tx) {
		r := s.newReceiver(tx, "r")
		d := s.newDelivery(tx, r, gatewright.EventLive, "chg_1")
		s.same(must(tx.Delivery(d.ID))(s), d)
		s.fails(tx.CreateDeliveries(d.Notification, nil), gatewright.Conflict)
		s.fails(tx.AddDelivery(d), gatewright.Conflict, string(d.ID))
		s.fails(tx.AddDelivery(&gatewright.Delivery{ID: "dlv_x", Receiver: d.Receiver, Notification: &gatewright.Notification{ID: "ntf_none"}}), gatewright.NotFound, "ntf_none")

		d.State, d.Attempts, d.NextAt, d.LastError, d.SettledAt = gatewright.DeliveryFailed, 3, time.Time{}, "no", tx.Now()
		s.ok(tx.UpdateDelivery(d))
		s.same(must(tx.Delivery(d.ID))(s), d)
		s.fails(tx.UpdateDelivery(&gatewright.Delivery{ID: "dlv_none"}), gatewright.NotFound, `"dlv_none"`)
		s.fails(oneError(tx.Delivery("dlv_none")), gatewright.NotFound, `"dlv_none"`)

		// What a receiver was told of outlives it.
		waiting := s.newDelivery(tx, r, gatewright.EventFailed, "")
		s.same(must(tx.FailDeliveries(r.ID, "gone", tx.Now()))(s), 1)
		s.ok(tx.DeleteReceiver(r.ID))
		waiting.Receiver, waiting.State, waiting.LastError, waiting.NextAt, waiting.SettledAt = nil, gatewright.DeliveryFailed, "gone", time.Time{}, tx.Now()
		s.same(must(tx.Delivery(waiting.ID))(s), waiting)
		s.same(len(must(tx.DueDeliveries(tx.Now().Add(time.Hour), nil, 9))(s)), 0)
	})
}

// testDeliveryList asks for combinations of the filter.
func testDeliveryList(s *suite) {
	s.update(func(tx control.Tx) {
		a, b := s.newReceiver(tx, "a"), s.newReceiver(tx, "b")
		one := s.newDelivery(tx, a, gatewright.EventLive, "chg_1")
		two := s.newDelivery(tx, b, gatewright.EventLive, "chg_1")
		three := s.newDelivery(tx, a, gatewright.EventFailed, "")
		two.State, two.NextAt, two.SettledAt = gatewright.DeliveryDelivered, time.Time{}, tx.Now()
		s.ok(tx.UpdateDelivery(two))
		for _, tt := range []struct {
			name   string
			filter control.DeliveryFilter
			want   []*gatewright.Delivery
		}{
			{"all", control.DeliveryFilter{Limit: 9}, []*gatewright.Delivery{three, two, one}},
			{"none", control.DeliveryFilter{}, nil},
			{"limit", control.DeliveryFilter{Limit: 2}, []*gatewright.Delivery{three, two}},
			{"before", control.DeliveryFilter{Before: three.ID, Limit: 1}, []*gatewright.Delivery{two}},
			{"state", control.DeliveryFilter{State: gatewright.DeliveryDelivered, Limit: 9}, []*gatewright.Delivery{two}},
			{"receiver", control.DeliveryFilter{Receiver: a.ID, Limit: 9}, []*gatewright.Delivery{three, one}},
			{"event", control.DeliveryFilter{Event: gatewright.EventLive, Limit: 9}, []*gatewright.Delivery{two, one}},
			{"change", control.DeliveryFilter{Change: "chg_1", Limit: 9}, []*gatewright.Delivery{two, one}},
			{"several", control.DeliveryFilter{Change: "chg_1", Receiver: a.ID, State: gatewright.DeliveryPending, Limit: 9}, []*gatewright.Delivery{one}},
		} {
			if got := must(tx.Deliveries(tt.filter))(s); fmt.Sprint(idsOf(got)) != fmt.Sprint(idsOf(tt.want)) {
				s.Errorf("%s: got %v, want %v", tt.name, idsOf(got), idsOf(tt.want))
			}
		}
		s.same(must(tx.Deliveries(control.DeliveryFilter{Limit: 1}))(s), []*gatewright.Delivery{three})
	})
}

func idsOf(ds []*gatewright.Delivery) []gatewright.DeliveryID {
	var ids []gatewright.DeliveryID
	for _, d := range ds {
		ids = append(ids, d.ID)
	}
	return ids
}

func testDeliveryRetention(s *suite) {
	var kept, shared *gatewright.Delivery
	s.update(func(tx control.Tx) {
		r := s.newReceiver(tx, "r")
		settled := func(d *gatewright.Delivery) *gatewright.Delivery {
			d.State, d.NextAt, d.SettledAt = gatewright.DeliveryDelivered, time.Time{}, tx.Now()
			s.ok(tx.UpdateDelivery(d))
			return d
		}
		for range 3 {
			settled(s.newDelivery(tx, r, gatewright.EventLive, ""))
		}
		kept = s.newDelivery(tx, r, gatewright.EventLive, "") // pending ones stay, however old
		shared = settled(s.newDelivery(tx, r, gatewright.EventLive, ""))
		again := *shared
		again.ID, again.State, again.NextAt, again.SettledAt = "dlv_zzz", gatewright.DeliveryPending, tx.Now(), time.Time{}
		s.ok(tx.AddDelivery(&again))
	})
	s.clock.Advance(time.Hour)
	s.update(func(tx control.Tx) {
		s.same(must(tx.DeleteDeliveriesBefore(kept.CreatedAt, 99))(s), 0) // before means before
		s.same(must(tx.DeleteDeliveriesBefore(tx.Now(), 3))(s), 3)
		s.same(must(tx.DeleteDeliveriesBefore(tx.Now(), 3))(s), 1)
		s.same(idsOf(must(tx.Deliveries(control.DeliveryFilter{Limit: 9}))(s)), []gatewright.DeliveryID{"dlv_zzz", kept.ID})
		s.same(must(tx.Delivery("dlv_zzz"))(s).Notification, shared.Notification) // which another one still tells
	})
}

func testAnnounced(s *suite) {
	s.update(func(tx control.Tx) {
		until := tx.Now().Add(time.Hour)
		s.same(must(tx.Announced("x"))(s), false)
		s.same(must(tx.Announce("x", until))(s), true)
		s.same(must(tx.Announce("x", until.Add(time.Hour)))(s), false)
		s.same(must(tx.Announced("x"))(s), true)
		s.ok(tx.DeleteAnnouncedBefore(until))
		s.same(must(tx.Announced("x"))(s), true)
		s.ok(tx.DeleteAnnouncedBefore(until.Add(time.Microsecond)))
		s.same(must(tx.Announced("x"))(s), false)
	})
}

func testTemplate(s *suite) {
	s.update(func(tx control.Tx) {
		row := func(event gatewright.NotificationEvent, language, title string) *control.TemplateRow {
			r := &control.TemplateRow{Event: event, Language: language, Template: wording.Template{Title: title, Text: "文本 " + title}, UpdatedAt: tx.Now(), UpdatedBy: "ann"}
			s.ok(tx.PutTemplate(r))
			return r
		}
		live, failed := row(gatewright.EventLive, "en", "one"), row(gatewright.EventFailed, "zh", "two")
		german := row(gatewright.EventLive, "de", "drei")
		s.same(must(tx.Templates())(s), []*control.TemplateRow{failed, german, live})
		live = row(gatewright.EventLive, "en", "other")
		s.same(must(tx.Template(gatewright.EventLive, "en"))(s), live)
		s.ok(tx.DeleteTemplate(gatewright.EventLive, "en"))
		s.fails(tx.DeleteTemplate(gatewright.EventLive, "en"), gatewright.NotFound, "change.live")
		s.fails(oneError(tx.Template(gatewright.EventLive, "en")), gatewright.NotFound, "change.live")
		s.same(must(tx.Templates())(s), []*control.TemplateRow{failed, german})
	})
}
