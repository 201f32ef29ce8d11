package gatewright_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func webhook() gatewright.Receiver {
	return gatewright.Receiver{
		Name: "ops", Type: gatewright.ReceiverWebhook, URL: "https://hooks.example.com/in", Secret: "notify/ops", Enabled: true,
	}
}

func mailbox() gatewright.Receiver {
	return gatewright.Receiver{Name: "team", Type: gatewright.ReceiverEmail, Addresses: []string{"team@example.com"}, Enabled: true}
}

func TestReceiverValidate(t *testing.T) {
	groups := func(n int) func(*gatewright.Receiver) {
		return func(r *gatewright.Receiver) { r.Groups = slices.Repeat([]gatewright.GroupID{"grp_1"}, n) }
	}
	typed := func(kind gatewright.ReceiverType, secret string) func(*gatewright.Receiver) {
		return func(r *gatewright.Receiver) { r.Type, r.Secret = kind, secret }
	}
	tests := []struct {
		name  string
		alter func(r *gatewright.Receiver)
		ok    bool
	}{
		{"webhook", func(*gatewright.Receiver) {}, true},
		{"no name", func(r *gatewright.Receiver) { r.Name = "" }, false},
		{"no type", func(r *gatewright.Receiver) { r.Type = "" }, false},
		{"unknown type", func(r *gatewright.Receiver) { r.Type = "pager" }, false},
		{"webhook that nobody could trust", func(r *gatewright.Receiver) { r.Secret = "" }, false},
		{"longest secret reference", func(r *gatewright.Receiver) { r.Secret = strings.Repeat("a", gatewright.MaxSecretReference) }, true},
		{"secret reference too long", func(r *gatewright.Receiver) { r.Secret = strings.Repeat("a", gatewright.MaxSecretReference+1) }, false},
		{"slack", typed(gatewright.ReceiverSlack, ""), true},
		{"slack with a secret it cannot use", typed(gatewright.ReceiverSlack, "s"), false},
		{"lark", typed(gatewright.ReceiverLark, ""), true},
		{"lark, signed", typed(gatewright.ReceiverLark, "s"), true},
		{"dingtalk", typed(gatewright.ReceiverDingTalk, ""), true},
		{"dingtalk, signed", typed(gatewright.ReceiverDingTalk, "s"), true},
		{"webhook with addresses", func(r *gatewright.Receiver) { r.Addresses = []string{"a@example.com"} }, false},
		{"webhook to people", func(r *gatewright.Receiver) { r.People = true }, false},
		{"chinese", func(r *gatewright.Receiver) { r.Language = "zh" }, true},
		{"unknown language", func(r *gatewright.Receiver) { r.Language = "tlh" }, false},
		{"every event", func(r *gatewright.Receiver) { r.Events = gatewright.NotificationEvents() }, true},
		{"unknown event", func(r *gatewright.Receiver) { r.Events = []gatewright.NotificationEvent{"change.lived"} }, false},
		{"event twice", func(r *gatewright.Receiver) {
			r.Events = []gatewright.NotificationEvent{gatewright.EventLive, gatewright.EventLive}
		}, false},
		{"as many groups as allowed", groups(gatewright.MaxReceiverGroups), true},
		{"one group too many", groups(gatewright.MaxReceiverGroups + 1), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := webhook()
			tt.alter(&r)
			wantCode(t, r.Validate(), accepted(tt.ok))
		})
	}
}

func TestReceiverURL(t *testing.T) {
	tests := []struct {
		name, url string
		ok        bool
	}{
		{"https", "https://hooks.example.com/a/b?c=d", true},
		{"port", "https://hooks.example.com:8443/", true},
		{"IPv6", "https://[2001:db8::1]/x", true},
		{"http on this machine", "http://127.0.0.1:8000/x", true},
		{"http on this machine, IPv6", "http://[::1]:8000/x", true},
		{"http on this machine by name", "http://localhost/x", true},
		{"http elsewhere", "http://hooks.example.com/topsecret", false},
		{"http to a name that looks like this machine", "http://localhost.example.com/topsecret", false},
		{"empty", "", false},
		{"relative", "/topsecret", false},
		{"no host", "https:///topsecret", false},
		{"opaque", "https:topsecret", false},
		{"another scheme", "ftp://hooks.example.com/topsecret", false},
		{"file", "file:///topsecret", false},
		{"user", "https://topsecret@hooks.example.com/", false},
		{"user and password", "https://a:topsecret@hooks.example.com/", false},
		{"fragment", "https://hooks.example.com/#topsecret", false},
		{"empty fragment", "https://hooks.example.com/topsecret#", false},
		{"space", "https://hooks.example.com/topsecret x", false},
		{"line break", "https://hooks.example.com/topsecret\r\nX: y", false},
		{"shortened for display", "https://hooks.example.com/…", false},
		{"host beyond ASCII", "https://höoks.example.com/topsecret", false},
		{"bad escape", "https://hooks.example.com/%zztopsecret", false},
		{"bad host", "https://-hooks/topsecret", false},
		{"port 0", "https://hooks.example.com:0/topsecret", false},
		{"port too high", "https://hooks.example.com:65536/topsecret", false},
		{"longest", "https://hooks.example.com/" + strings.Repeat("a", gatewright.MaxReceiverURL-26), true},
		{"too long", "https://hooks.example.com/" + strings.Repeat("a", gatewright.MaxReceiverURL-25), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := webhook()
			r.URL = tt.url
			err := r.Validate()
			wantCode(t, err, accepted(tt.ok))
			if err != nil && strings.Contains(err.Error(), "topsecret") {
				t.Fatalf("the error gives the URL away: %v", err)
			}
		})
	}
}

func TestReceiverEmail(t *testing.T) {
	many := make([]string, gatewright.MaxReceiverAddresses+1)
	for i := range many {
		many[i] = "a" + strings.Repeat("b", i) + "@example.com"
	}
	to := func(a ...string) func(*gatewright.Receiver) {
		return func(r *gatewright.Receiver) { r.Addresses = a }
	}
	tests := []struct {
		name  string
		alter func(r *gatewright.Receiver)
		ok    bool
	}{
		{"address", func(*gatewright.Receiver) {}, true},
		{"people only", func(r *gatewright.Receiver) { r.Addresses, r.People = nil, true }, true},
		{"nobody", to(), false},
		{"as many as allowed", to(many[1:]...), true},
		{"one too many", to(many...), false},
		{"twice, in other letters", to("Team@example.com", "team@Example.com"), false},
		{"plus and dots", to("a.b+c@mail.example.com"), true},
		{"display name", to("Team <team@example.com>"), false},
		{"two in one", to("a@example.com,b@example.com"), false},
		{"header in it", to("a@example.com\r\nBcc: b@example.com"), false},
		{"quotes", to(`"a b"@example.com`), false},
		{"no host", to("a@"), false},
		{"no name", to("@example.com"), false},
		{"two at", to("a@b@example.com"), false},
		{"beyond ASCII", to("ä@example.com"), false},
		{"dots in a row", to("a..b@example.com"), false},
		{"longest name", to(strings.Repeat("a", 64) + "@example.com"), true},
		{"name too long", to(strings.Repeat("a", 65) + "@example.com"), false},
		{"URL", func(r *gatewright.Receiver) { r.URL = "https://example.com" }, false},
		{"secret", func(r *gatewright.Receiver) { r.Secret = "s" }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := mailbox()
			tt.alter(&r)
			wantCode(t, r.Validate(), accepted(tt.ok))
		})
	}
}

func TestReceiverEndpoint(t *testing.T) {
	tests := []struct{ name, url, want string }{
		{"path", "https://hooks.example.com/T0/B0/topsecret", "https://hooks.example.com/…"},
		{"query", "https://hooks.example.com?access_token=topsecret", "https://hooks.example.com/…"},
		{"bare", "https://hooks.example.com", "https://hooks.example.com"},
		{"root", "https://hooks.example.com:8443/", "https://hooks.example.com:8443"},
		{"user", "https://topsecret@hooks.example.com/", "https://hooks.example.com"},
		{"none", "", ""},
		{"unreadable", "https://%zz/topsecret", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := gatewright.Receiver{URL: tt.url}
			if got := r.Endpoint(); got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestReceiverWants(t *testing.T) {
	live := gatewright.Notification{Event: gatewright.EventLive, Group: "grp_1"}
	tests := []struct {
		name  string
		alter func(r *gatewright.Receiver)
		n     gatewright.Notification
		want  bool
	}{
		{"everything", func(*gatewright.Receiver) {}, live, true},
		{"disabled", func(r *gatewright.Receiver) { r.Enabled = false }, live, false},
		{"its event", func(r *gatewright.Receiver) { r.Events = []gatewright.NotificationEvent{gatewright.EventLive} }, live, true},
		{"another event", func(r *gatewright.Receiver) { r.Events = []gatewright.NotificationEvent{gatewright.EventFailed} }, live, false},
		{"its group", func(r *gatewright.Receiver) { r.Groups = []gatewright.GroupID{"grp_2", "grp_1"} }, live, true},
		{"another group", func(r *gatewright.Receiver) { r.Groups = []gatewright.GroupID{"grp_2"} }, live, false},
		{"no group", func(r *gatewright.Receiver) { r.Groups = []gatewright.GroupID{"grp_1"} },
			gatewright.Notification{Event: gatewright.EventCredentialEnds}, false},
		{"a test passes filters", func(r *gatewright.Receiver) {
			r.Groups, r.Events = []gatewright.GroupID{"grp_1"}, []gatewright.NotificationEvent{gatewright.EventLive}
		}, gatewright.Notification{Event: gatewright.EventReceiverTest}, true},
		{"a test does not wake the disabled", func(r *gatewright.Receiver) { r.Enabled = false },
			gatewright.Notification{Event: gatewright.EventReceiverTest}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := webhook()
			tt.alter(&r)
			if got := r.Wants(&tt.n); got != tt.want {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
		})
	}
}
