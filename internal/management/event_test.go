package management_test

import (
	"bufio"
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// listen opens the event stream and returns a function that reads its next
// line that is neither empty nor a heartbeat, "" at its end.
func listen(t *testing.T, w *managementtest.World, query string) func() string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Server.URL+"/api/v1/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.Token)
	resp, err := w.Server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("status %d, %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	return func() string {
		for lines.Scan() {
			if line := lines.Text(); line != "" && line != ": heartbeat" {
				return line
			}
		}
		return ""
	}
}

func TestEvents(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	next := listen(t, w, "")
	if got := next(); got != ": connected" {
		t.Fatalf("first line = %q", got)
	}
	g := w.Group("g")
	if name, data := next(), next(); name != "event: group" || !strings.Contains(data, `"name":"g"`) {
		t.Errorf("%s %s", name, data)
	}
	gw := w.JoinSilently(g, "silent")
	name, data := next(), next()
	if name != "event: instance" || !strings.Contains(data, string(gw.ID)) {
		t.Errorf("%s %s", name, data)
	}
	if strings.Contains(strings.ToLower(data), "key") {
		t.Errorf("an instance's key is told: %s", data)
	}
	ch := submit(t, w, publishBody(t, "g", "a", "1.0.0", "/a"))
	if name, data := next(), next(); name != "event: change" || into[gatewright.Change](t, []byte(strings.TrimPrefix(data, "data: "))).ID != ch.ID {
		t.Errorf("%s %s", name, data)
	}
	w.API.Close()
	if name, data, end := next(), next(), next(); name != "event: end" || !strings.Contains(data, wire.EndShutdown) || end != "" {
		t.Errorf("%s %s %s", name, data, end)
	}
}

func TestEventFilters(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	one, two := w.Group("one"), w.Group("two")
	w.Join(one, "gw-1", "")
	w.Join(two, "gw-2", "")
	for _, api := range []string{"a", "b@v1"} {
		ch := submit(t, w, publishBody(t, "one", api, "1.0.0", "/"+api[:1]))
		do(t, w, request{path: "/api/v1/changes/" + string(ch.ID) + "?wait=10s"})
	}
	tests := []struct{ name, query, group, api string }{
		{"group by name", "?group=one", "one", ""},
		{"group by identifier", "?group=" + string(two.ID), "two", ""},
		{"API", "?api=a", "", "a"},
		{"API whose name looks like a track", "?api=" + url.QueryEscape("b@v1"), "", "b@v1"},
		{"API and track", "?api=" + url.QueryEscape("a@v1") + "&group=two", "two", "a"},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			next := listen(t, w, test.query)
			next()
			live := func(group, api string, patch int) gatewright.ChangeID {
				ch := submit(t, w, publishBody(t, group, api, fmt.Sprintf("1.%d.%d", i+1, patch), "/"+api[:1]))
				do(t, w, request{path: "/api/v1/changes/" + string(ch.ID) + "?wait=10s"})
				return ch.ID
			}
			for _, group := range []string{"one", "two"} {
				for _, api := range []string{"a", "b@v1"} {
					live(group, api, 0)
				}
			}
			last := live(cmp.Or(test.group, "one"), cmp.Or(test.api, "a"), 1) // events come in order
			moves := 0
			for {
				name, data := next(), strings.TrimPrefix(next(), "data: ")
				if name == "" {
					t.Fatal("the stream ended")
				}
				if name != "event: change" {
					continue
				}
				ch := into[gatewright.Change](t, []byte(data))
				if test.group != "" && ch.GroupName != test.group || test.api != "" && ch.Items[0].Slot.APIName != test.api {
					t.Errorf("told of %s in %s", ch.Items[0].Slot.APIName, ch.GroupName)
				}
				moves++
				if ch.ID == last && ch.State == gatewright.ChangeLive {
					break
				}
			}
			if moves < 6 { // of two changes: submitted, activated, live
				t.Errorf("told of %d moves only", moves)
			}
		})
	}
}

func TestHeartbeat(t *testing.T) {
	w := managementtest.New(t, management.Config{Heartbeat: time.Millisecond})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Server.URL+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.Token)
	resp, err := w.Server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if lines.Text() == ": heartbeat" {
			return
		}
	}
	t.Error("the stream ended without a heartbeat")
}

// slowWriter takes nothing more until it is let.
type slowWriter struct {
	http.ResponseWriter
	entered chan struct{} // closed at the first write
	release chan struct{}
	written chan string
}

func (s *slowWriter) Write(b []byte) (int, error) {
	select {
	case <-s.entered:
	default:
		close(s.entered)
		<-s.release
	}
	s.written <- string(b)
	return len(b), nil
}

func (s *slowWriter) Flush() {}

// TestFallingBehind overflows the backlog of a reader that takes nothing.
func TestFallingBehind(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	g := w.Group("g")
	gw := w.JoinSilently(g, "silent")
	s := &slowWriter{entered: make(chan struct{}), release: make(chan struct{}), written: make(chan string, 2*control.MaxEventBacklog)}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Server.URL+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.Token)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.API.Handler().ServeHTTP(&headed{slowWriter: s, header: http.Header{}}, req)
	}()
	<-s.entered
	for i := range control.MaxEventBacklog + 1 {
		gw.Say(control.Report{Generation: int64(i + 1)}) // each is news
	}
	close(s.release)
	<-done
	close(s.written)
	last := ""
	for b := range s.written {
		last = b
	}
	if want := "event: end\ndata: {\"reason\":\"behind\"}\n\n"; last != want {
		t.Errorf("last = %q, want %q", last, want)
	}
}

// headed gives a slowWriter a header of its own.
type headed struct {
	*slowWriter
	header http.Header
}

func (h *headed) Header() http.Header { return h.header }
func (h *headed) WriteHeader(int)     {}
