package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

// groupServer has one group and keeps what is put in its place.
func groupServer(t *testing.T, g *gatewright.Group, put *[]byte, match *string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			*put, *match = b, r.Header.Get("If-Match")
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(g); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestGroupSet alters one thing of a group that has everything: the rest is
// sent back as it was.
func TestGroupSet(t *testing.T) {
	const (
		labels    = `"labels":{"a":"1","b":"2"}`
		locations = `"locations":["eu"]`
		gate      = `"compatibility":"off"`
		approvals = `"approvals":[{"kinds":["publish"],"count":1}]`
		freezes   = `"freezes":[{"name":"x","from":"2026-01-01T00:00:00Z","until":"2026-01-02T00:00:00Z"}]`
		limits    = `"limits":{"units":5}`
	)
	body := func(labels string, settings ...string) string {
		return "{" + labels + `,"settings":{` + strings.Join(settings, ",") + "}}"
	}
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"location", []string{"--location", "us", "--location", "cn"}, body(labels, `"locations":["us","cn"]`, gate, approvals, freezes, limits)},
		{"label", []string{"--label", "b=3", "--label", "c=4"}, body(`"labels":{"a":"1","b":"3","c":"4"}`, locations, gate, approvals, freezes, limits)},
		{"label away", []string{"--unset", "label:a"}, body(`"labels":{"b":"2"}`, locations, gate, approvals, freezes, limits)},
		{"all labels away, one anew", []string{"--unset", "labels", "--label", "c=4"}, body(`"labels":{"c":"4"}`, locations, gate, approvals, freezes, limits)},
		{"all labels away", []string{"--unset", "labels"}, body(`"labels":{}`, locations, gate, approvals, freezes, limits)},
		{"approvals", []string{"--approve", "publish,sync=2@super-admin", "--approve", "all=1"},
			body(labels, locations, gate, `"approvals":[{"kinds":["publish","sync"],"count":2,"role":"super-admin"},{"count":1}]`, freezes, limits)},
		{"another freeze", []string{"--freeze", "y=2026-03-01/2026-03-02T12:00Z"}, body(labels, locations, gate, approvals,
			strings.TrimSuffix(freezes, "]")+`,{"name":"y","from":"2026-03-01T00:00:00Z","until":"2026-03-02T12:00:00Z"}]`, limits)},
		{"freeze replaced", []string{"--freeze", "x=now/1d"}, body(labels, locations, gate, approvals,
			`"freezes":[{"name":"x","from":"2026-01-02T03:04:05Z","until":"2026-01-03T03:04:05Z"}]`, limits)},
		{"limit", []string{"--limit-units", "0", "--limit-proxies", "9", "--limit-mode", "warn"}, body(labels, locations, gate, approvals, freezes, `"limits":{"mode":"warn","proxies":9}`)},
		{"everything away", []string{"--unset", "labels", "--unset", "locations", "--unset", "compatibility", "--unset", "approvals", "--unset", "freeze:x", "--unset", "limits"}, body(`"labels":{}`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var g gatewright.Group
			if err := json.Unmarshal([]byte(`{"id":"grp_1","name":"production","stage":"production","revised":7,`+labels+`,"settings":{`+
				strings.Join([]string{locations, gate, approvals, freezes, limits}, ",")+"}}"), &g); err != nil {
				t.Fatal(err)
			}
			var put []byte
			var match string
			url := groupServer(t, &g, &put, &match)
			if code, _, stderr := runCLI(t.Context(), url, append([]string{"group", "set", "production"}, tt.args...)...); code != exitDone {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			if got := strings.TrimSpace(string(put)); got != tt.want {
				t.Errorf("sent %s\nwant %s", got, tt.want)
			}
			if match != `"7"` {
				t.Errorf("If-Match = %s", match)
			}
		})
	}
}
