package wire

import (
	"time"

	"github.com/gatewright/gatewright"
)

// ReceiverInfo is a receiver, without its URL and its secret.
type ReceiverInfo struct {
	gatewright.Receiver
	Endpoint   string   `json:"endpoint,omitempty" doc:"Scheme and host of the URL; the rest is often a token and is not shown."`
	Signed     bool     `json:"signed" doc:"Whether a secret is set."`
	GroupNames []string `json:"groupNames,omitempty"`
	Revised    int64    `json:"revised"`
}

// ReceiverRequest asks for a new receiver.
type ReceiverRequest struct {
	Name      string                         `json:"name"`
	Type      gatewright.ReceiverType        `json:"type" doc:"webhook, slack, lark, dingtalk or email."`
	URL       string                         `json:"url,omitempty" doc:"Of all types but email. It is not shown again."`
	Secret    string                         `json:"secret,omitempty" doc:"To sign with. A webhook without one gets one."`
	Addresses []string                       `json:"addresses,omitempty" doc:"Of type email."`
	People    bool                           `json:"people,omitempty" doc:"Of type email: the people concerned get mail, too."`
	Language  string                         `json:"language,omitempty" doc:"en, zh or de; absent for en."`
	Events    []gatewright.NotificationEvent `json:"events,omitempty" doc:"Absent for all."`
	Groups    []string                       `json:"groups,omitempty" doc:"Names or identifiers; absent for all."`
	Disabled  bool                           `json:"disabled,omitempty"`
}

// NewReceiver is a receiver that was created.
type NewReceiver struct {
	ReceiverInfo
	NewSecret string `json:"newSecret,omitempty" doc:"The secret of a webhook that was given none. It is not shown again."`
}

// ReceiverUpdate alters a receiver; what is absent stays as it is.
type ReceiverUpdate struct {
	Name      *string                         `json:"name,omitempty"`
	URL       *string                         `json:"url,omitempty"`
	Secret    *string                         `json:"secret,omitempty" doc:"Empty takes it away."`
	Addresses *[]string                       `json:"addresses,omitempty" doc:"All it has from now on."`
	People    *bool                           `json:"people,omitempty"`
	Language  *string                         `json:"language,omitempty"`
	Events    *[]gatewright.NotificationEvent `json:"events,omitempty" doc:"All it is told of from now on; empty for everything."`
	Groups    *[]string                       `json:"groups,omitempty" doc:"All it is limited to from now on; empty for no limit."`
	Enabled   *bool                           `json:"enabled,omitempty"`
}

// TestedReceiver tells which messages a test sends.
type TestedReceiver struct {
	Deliveries []*gatewright.Delivery `json:"deliveries" nullable:"false" doc:"Look at them to see what becomes of them."`
}

// TemplateText words an event.
type TemplateText struct {
	Title string `json:"title" doc:"One line."`
	Text  string `json:"text"`
}

// TemplateInfo is how an event is worded in a language.
type TemplateInfo struct {
	Event     gatewright.NotificationEvent `json:"event"`
	Language  string                       `json:"language"`
	Title     string                       `json:"title"`
	Text      string                       `json:"text"`
	Own       bool                         `json:"own" doc:"Whether it is the organisation's, not the built-in one."`
	UpdatedAt time.Time                    `json:"updatedAt,omitzero"`
	UpdatedBy string                       `json:"updatedBy,omitempty"`
}
