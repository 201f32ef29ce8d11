package gatewright

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// NotificationEvent says what a notification tells of. Events are part of the
// webhook's contract; they are never re-used for another meaning.
type NotificationEvent string

// The events.
const (
	EventApprovalWanted NotificationEvent = "change.approval-wanted" // a change waits for approvers
	EventApproved       NotificationEvent = "change.approved"        // the last approval it needed was given
	EventRejected       NotificationEvent = "change.rejected"        // an approver said no
	EventScheduled      NotificationEvent = "change.scheduled"       // it waits for its time
	EventLive           NotificationEvent = "change.live"            // every reachable instance runs it
	EventFailed         NotificationEvent = "change.failed"          // nothing of it ever served
	EventCancelled      NotificationEvent = "change.cancelled"       // it was withdrawn before it began
	EventSuperseded     NotificationEvent = "change.superseded"      // another change overtook it, or made it void
	EventReverted       NotificationEvent = "change.reverted"        // it was live and was put back
	EventExpired        NotificationEvent = "change.expired"         // its time passed before it could begin
	EventDeprecated     NotificationEvent = "track.deprecated"       // callers should move to something else
	EventSunset         NotificationEvent = "track.sunset"           // from now on it may stop answering
	EventRetired        NotificationEvent = "track.retired"          // it answers no more
	EventGrantEnds      NotificationEvent = "grant.expiring"         // an app's right to call an API ends soon
	EventCredentialEnds NotificationEvent = "credential.expiring"    // a key or a token ends soon
	EventReceiverTest   NotificationEvent = "receiver.test"          // somebody tries a receiver; passes every filter
)

// NotificationEvents returns all events, in the order of a change's life, then
// tracks, then what expires, then the test.
func NotificationEvents() []NotificationEvent {
	return []NotificationEvent{
		EventApprovalWanted, EventApproved, EventRejected, EventScheduled, EventLive, EventFailed, EventCancelled,
		EventSuperseded, EventReverted, EventExpired, EventDeprecated, EventSunset, EventRetired, EventGrantEnds, EventCredentialEnds, EventReceiverTest,
	}
}

// NotificationLanguages returns the languages notifications are worded in, as
// BCP 47 names; the first is the one for those who say nothing.
func NotificationLanguages() []string { return []string{"en", "zh", "de"} }

// Limits of notifications and receivers.
const (
	MaxReceivers         = 100  // of the installation
	MaxReceiverAddresses = 50   // of one receiver
	MaxReceiverURL       = 2048 // bytes
	MaxReceiverGroups    = 100  // groups a receiver is limited to
	MaxSecretReference   = 256  // runes
	MaxRecipients        = 500  // people one notification is for; the rest is left out
)

type (
	// NotificationID identifies a notification ("ntf_…").
	NotificationID string
	// ReceiverID identifies a receiver ("rcv_…").
	ReceiverID string
	// DeliveryID identifies one message on its way ("dlv_…").
	DeliveryID string
)

// Notification tells people and systems that something happened. It holds
// facts; they are put into words for each receiver, in its language.
type Notification struct {
	ID         NotificationID    `json:"id"`
	Event      NotificationEvent `json:"event"`
	At         time.Time         `json:"at"`
	Subject    string            `json:"subject"`         // what it is about, in names: "Pets 1.2.0"
	Actor      string            `json:"actor,omitempty"` // who did it; empty for the system
	Link       string            `json:"link,omitempty"`  // page that shows it
	API        APIID             `json:"api,omitempty"`
	APIName    string            `json:"apiName,omitempty"`
	Track      string            `json:"track,omitempty"`
	Group      GroupID           `json:"group,omitempty"`
	GroupName  string            `json:"groupName,omitempty"`
	Change     ChangeID          `json:"change,omitempty"`
	Recipients []Recipient       `json:"recipients,omitempty"` // people it is for, in order of concern
	Data       map[string]string `json:"data,omitempty"`       // further facts of the event
}

// Recipient is a person a notification is for.
type Recipient struct {
	Name     string `json:"name"`               // as the person logs in
	Address  string `json:"address,omitempty"`  // for e-mail; without one nothing is mailed
	Language string `json:"language,omitempty"` // empty means the receiver's
}

// ReceiverType says how a receiver is reached.
type ReceiverType string

// The types of receiver.
const (
	ReceiverWebhook  ReceiverType = "webhook"  // a signed HTTP request
	ReceiverSlack    ReceiverType = "slack"    // an incoming webhook of Slack, or of what understands it
	ReceiverLark     ReceiverType = "lark"     // a custom bot of Lark or Feishu
	ReceiverDingTalk ReceiverType = "dingtalk" // a custom robot of DingTalk
	ReceiverEmail    ReceiverType = "email"    // mail to fixed addresses, to the people concerned, or to both
)

// Receiver is a place notifications are sent to.
type Receiver struct {
	ID        ReceiverID          `json:"id"`
	Name      string              `json:"name"` // unique
	Type      ReceiverType        `json:"type"`
	URL       string              `json:"-"`                   // of all types but e-mail; holds a token, so it is told by Endpoint only
	Addresses []string            `json:"addresses,omitempty"` // of e-mail, beside the people concerned
	People    bool                `json:"people,omitempty"`    // e-mail goes to the people concerned too
	Secret    string              `json:"secret,omitempty"`    // reference to the signing secret, never the secret
	Language  string              `json:"language,omitempty"`  // empty means English
	Events    []NotificationEvent `json:"events,omitempty"`    // empty means all
	Groups    []GroupID           `json:"groups,omitempty"`    // empty means all; else what concerns no group is not sent
	Enabled   bool                `json:"enabled"`
	CreatedAt time.Time           `json:"createdAt"`
}

// Validate checks the receiver's form. No error repeats the URL.
func (r *Receiver) Validate() error {
	if err := CheckName("receiver name", r.Name); err != nil {
		return err
	}
	if err := r.validateTarget(); err != nil {
		return err
	}
	if r.Secret != "" {
		if err := checkText("secret", r.Secret, MaxSecretReference); err != nil {
			return err
		}
	}
	if r.Language != "" && !slices.Contains(NotificationLanguages(), r.Language) {
		return FieldErrorf("language", "language %q is not one of %s", r.Language, strings.Join(NotificationLanguages(), ", "))
	}
	known := NotificationEvents()
	for i, e := range r.Events {
		if !slices.Contains(known, e) {
			return FieldErrorf("events", "event %q is not known", e)
		}
		if slices.Contains(r.Events[:i], e) {
			return FieldErrorf("events", "event %q is listed twice", e)
		}
	}
	if len(r.Groups) > MaxReceiverGroups {
		return FieldErrorf("groups", "%d groups; at most %d are allowed", len(r.Groups), MaxReceiverGroups)
	}
	return nil
}

// validateTarget checks what depends on the type: where messages go, and
// whether they are signed.
func (r *Receiver) validateTarget() error {
	switch r.Type {
	case ReceiverEmail:
		return r.validateEmail()
	case ReceiverWebhook:
		if r.Secret == "" {
			return FieldErrorf("secret", "a webhook needs a secret to sign with, else anybody could send in Gatewright's name")
		}
	case ReceiverSlack:
		if r.Secret != "" {
			return FieldErrorf("secret", "Slack takes no signature; its URL is the secret")
		}
	case ReceiverLark, ReceiverDingTalk: // these sign when the robot was set up so
	default:
		return FieldErrorf("type", "receiver type %q is not webhook, slack, lark, dingtalk or email", r.Type)
	}
	if len(r.Addresses) > 0 || r.People {
		return FieldErrorf("addresses", "addresses and people are for e-mail; %s has a URL", r.Type)
	}
	return checkReceiverURL(r.URL)
}

func (r *Receiver) validateEmail() error {
	switch {
	case r.URL != "":
		return FieldErrorf("url", "e-mail has addresses, not a URL")
	case r.Secret != "":
		return FieldErrorf("secret", "e-mail is not signed; the mail server's password belongs to the server's configuration")
	case len(r.Addresses) == 0 && !r.People:
		return FieldErrorf("addresses", "e-mail needs an address, or people: true to reach those concerned")
	case len(r.Addresses) > MaxReceiverAddresses:
		return FieldErrorf("addresses", "%d addresses; at most %d are allowed", len(r.Addresses), MaxReceiverAddresses)
	}
	for i, a := range r.Addresses {
		if err := CheckMailAddress(a); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Addresses[:i], func(o string) bool { return strings.EqualFold(a, o) }) {
			return FieldErrorf("addresses", "address %s is listed twice", a)
		}
	}
	return nil
}

// checkReceiverURL checks the form of a URL that may hold a token.
func checkReceiverURL(raw string) error {
	switch {
	case raw == "":
		return FieldErrorf("url", "the URL is empty")
	case len(raw) > MaxReceiverURL:
		return FieldErrorf("url", "the URL has %d bytes; at most %d are allowed", len(raw), MaxReceiverURL)
	case strings.Contains(raw, "…"):
		return FieldErrorf("url", "the URL was shortened for display; send the whole one, or none to keep it")
	case strings.ContainsFunc(raw, func(c rune) bool { return c <= ' ' || c > '~' }):
		return FieldErrorf("url", "the URL contains a space or a character outside ASCII; percent-encode it")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return FieldErrorf("url", "the URL is not an absolute one, like https://hooks.example.com/path")
	case u.User != nil:
		return FieldErrorf("url", "the URL contains a user or a password; they would travel with every message")
	case u.Fragment != "" || strings.Contains(raw, "#"):
		return FieldErrorf("url", "the URL contains a fragment, which is never sent")
	case !validHostname(u.Hostname()) && !isAddr(u.Hostname()):
		return FieldErrorf("url", "the URL's host is neither a host name nor an IP address")
	case u.Port() != "" && !validPort(u.Port()):
		return FieldErrorf("url", "the URL has a bad port")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return FieldErrorf("url", "the URL is http, which anybody on the way could read; use https (http is for 127.0.0.1, ::1 and localhost)")
	case u.Scheme != "https" && u.Scheme != "http":
		return FieldErrorf("url", "the URL's scheme is not https")
	}
	return nil
}

func isAddr(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.Zone() == ""
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// maxMailLocal is the length in bytes of what stands before the @.
const maxMailLocal = 64

// CheckMailAddress reports whether address is one bare mail address,
// name@host.example, in ASCII: without display name, quotes and comments.
func CheckMailAddress(address string) error {
	local, host, ok := strings.Cut(address, "@")
	if !ok || local == "" || len(local) > maxMailLocal || strings.HasPrefix(local, ".") ||
		strings.HasSuffix(local, ".") || strings.Contains(local, "..") || !validHostname(host) {
		return FieldErrorf("addresses", "%q is not a mail address like name@example.com", address)
	}
	const special = "!#$%&'*+-/=?^_`{|}~."
	for i := range len(local) {
		c := local[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.Contains(special, string(rune(c))) {
			return FieldErrorf("addresses", "%q is not a mail address like name@example.com", address)
		}
	}
	return nil
}

// Endpoint returns where the receiver is, fit for display: of a URL the
// scheme and the host only, since the rest is often the token.
func (r *Receiver) Endpoint() string {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" {
		return ""
	}
	short := u.Scheme + "://" + u.Host
	if len(u.RequestURI()) > 1 {
		return short + "/…"
	}
	return short
}

// Wants reports whether the receiver is to be told.
func (r *Receiver) Wants(n *Notification) bool {
	switch {
	case !r.Enabled:
		return false
	case n.Event == EventReceiverTest:
		return true
	case len(r.Events) > 0 && !slices.Contains(r.Events, n.Event):
		return false
	}
	return len(r.Groups) == 0 || slices.Contains(r.Groups, n.Group)
}
