package gatewright_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

func TestDeliveries(t *testing.T) {
	people := []gatewright.Recipient{
		{Name: "ada", Address: "ada@example.com", Language: "de"},
		{Name: "bob"}, // has no address
		{Name: "eve", Address: "eve@example.com\r\nBcc: all@example.com"},
		{Name: "ada too", Address: "ADA@example.com"},
		{Name: "kim", Address: "kim@example.com"},
	}
	hook, off, team := webhook(), webhook(), mailbox()
	hook.Name, hook.Language, off.Name, off.Enabled = "hook", "zh", "off", false
	team.Addresses = []string{"team@example.com", "kim@example.com"}
	reach := mailbox()
	reach.Name, reach.Addresses, reach.People, reach.Language = "people", []string{"list@example.com"}, true, "zh"
	tests := []struct {
		name      string
		receivers []*gatewright.Receiver
		want      string
	}{
		{"none", nil, ""},
		{"disabled", []*gatewright.Receiver{&off}, ""},
		{"webhook", []*gatewright.Receiver{&hook}, "hook  zh"},
		{"fixed addresses", []*gatewright.Receiver{&team}, "team team@example.com , team kim@example.com "},
		{"people first", []*gatewright.Receiver{&reach}, "people ada@example.com de, people kim@example.com zh, people list@example.com zh"},
		{"nobody twice", []*gatewright.Receiver{&team, &hook, &reach},
			"team team@example.com , team kim@example.com , hook  zh, people ada@example.com de, people list@example.com zh"},
	}
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := &gatewright.Notification{Event: gatewright.EventLive, Recipients: people}
			var got []string
			ids := map[gatewright.DeliveryID]bool{}
			for _, d := range gatewright.Deliveries(n, tt.receivers, now) {
				got = append(got, fmt.Sprintf("%s %s %s", d.Receiver.Name, d.Address, d.Language))
				if ids[d.ID] || !strings.HasPrefix(string(d.ID), "dlv_") {
					t.Errorf("bad identifier %q", d.ID)
				}
				ids[d.ID] = true
				if d.Notification != n || d.State != gatewright.DeliveryPending || !d.NextAt.Equal(now) || !d.CreatedAt.Equal(now) || d.Attempts != 0 {
					t.Errorf("got %+v", d)
				}
			}
			if text := strings.Join(got, ", "); text != tt.want {
				t.Fatalf("got  %s\nwant %s", text, tt.want)
			}
		})
	}
}

func TestDeliveriesLimit(t *testing.T) {
	n := &gatewright.Notification{Event: gatewright.EventLive}
	for i := range gatewright.MaxRecipients + 1 {
		n.Recipients = append(n.Recipients, gatewright.Recipient{Address: fmt.Sprintf("p%d@example.com", i)})
	}
	r := mailbox()
	r.Addresses, r.People = nil, true
	rows := gatewright.Deliveries(n, []*gatewright.Receiver{&r}, time.Unix(0, 0))
	if len(rows) != gatewright.MaxRecipients {
		t.Fatalf("%d deliveries, want %d", len(rows), gatewright.MaxRecipients)
	}
}

// TestReceiverURLStaysInside keeps the URL out of everything that is encoded.
func TestReceiverURLStaysInside(t *testing.T) {
	r := webhook()
	r.URL = "https://hooks.example.com/topsecret"
	b, err := json.Marshal(gatewright.Delivery{Receiver: &r})
	if err != nil || strings.Contains(string(b), "topsecret") {
		t.Fatalf("%s (%v)", b, err)
	}
}

func TestNotificationEvents(t *testing.T) {
	events := gatewright.NotificationEvents()
	slices.Sort(events)
	if len(slices.Compact(events)) != 16 {
		t.Fatalf("events are listed twice or missing: %v", events)
	}
}
