package management_test

import (
	"net/http"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
)

func TestWait(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	gw := w.JoinSilently(w.Group("g"), "silent")
	ch := submit(t, w, publishBody(t, "g", "a", "1.0.0", "/a"))
	path := "/api/v1/changes/" + string(ch.ID)

	resp, body := do(t, w, request{path: path + "?wait=1ms"})
	if got := into[gatewright.Change](t, body); got.State != gatewright.ChangePreparing {
		t.Fatalf("after the wait: %s", body)
	}
	etag := http.Header{"If-None-Match": {resp.Header.Get("ETag")}}
	if resp, body := do(t, w, request{path: path + "?wait=1ms", header: etag.Clone()}); resp.StatusCode != http.StatusNotModified || len(body) > 0 {
		t.Fatalf("nothing new: %d %s", resp.StatusCode, body)
	}
	if resp, _ := do(t, w, request{path: path, header: etag.Clone()}); resp.StatusCode != http.StatusNotModified {
		t.Errorf("nothing new, no wait: %d", resp.StatusCode)
	}

	// Any news ends a wait that tells what the caller has; the end does any.
	news, end := make(chan gatewright.Change, 1), make(chan gatewright.Change, 1)
	go func() {
		_, body := do(t, w, request{path: path + "?wait=1m", header: etag.Clone()})
		news <- into[gatewright.Change](t, body)
	}()
	go func() {
		_, body := do(t, w, request{path: path + "?wait=1m"})
		end <- into[gatewright.Change](t, body)
	}()
	wanted, err := w.Control.Wanted(t.Context(), ch.Group)
	if err != nil {
		t.Fatal(err)
	}
	gw.Say(control.Report{Prepared: []control.Prepared{{Change: ch.ID, Generation: wanted.Generation, Digest: wanted.Digest}}})
	if got := <-news; got.State != gatewright.ChangeActivating && got.Outcomes[0].State != gatewright.OutcomePrepared {
		t.Errorf("news = %+v", got)
	}
	gw.Say(control.Report{Generation: 1, Digest: gatewright.DigestOf(wanted.Staged[0].Delta.Upserts)})
	if got := <-end; got.State != gatewright.ChangeLive {
		t.Errorf("end = %+v", got)
	}
	if _, body := do(t, w, request{path: path + "?wait=1m"}); into[gatewright.Change](t, body).State != gatewright.ChangeLive {
		t.Errorf("settled already: %s", body)
	}
}

func TestCloseEndsWaits(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.JoinSilently(w.Group("g"), "silent")
	ch := submit(t, w, publishBody(t, "g", "a", "1.0.0", "/a"))
	got := make(chan gatewright.Change, 1)
	go func() {
		_, body := do(t, w, request{path: "/api/v1/changes/" + string(ch.ID) + "?wait=1m"})
		got <- into[gatewright.Change](t, body)
	}()
	w.API.Close()
	w.API.Close() // twice does no harm
	if c := <-got; c.State != gatewright.ChangePreparing {
		t.Errorf("change = %+v", c)
	}
}

func TestWatchersAreBounded(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.JoinSilently(w.Group("g"), "silent")
	ch := submit(t, w, publishBody(t, "g", "a", "1.0.0", "/a"))
	events, change := "/api/v1/events", "/api/v1/changes/"+string(ch.ID)
	fill := func(n int, take func() (func(), error)) (release func()) {
		var all []func()
		for range n {
			done, err := take()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, done)
		}
		return func() {
			for _, done := range all {
				done()
			}
		}
	}
	release := fill(management.MaxStreams, w.API.TakeStream)
	resp, body := do(t, w, request{path: events})
	wantProblem(t, resp, body, http.StatusTooManyRequests, gatewright.LimitExceeded)
	if resp, _ := do(t, w, request{path: change + "?wait=1ms"}); resp.StatusCode != http.StatusOK {
		t.Errorf("event streams keep others from waiting: %d", resp.StatusCode)
	}
	release()

	release = fill(management.MaxWaiting, w.API.TakeWait)
	resp, body = do(t, w, request{path: change + "?wait=1s"})
	wantProblem(t, resp, body, http.StatusTooManyRequests, gatewright.LimitExceeded)
	if resp, _ := do(t, w, request{path: change}); resp.StatusCode != http.StatusOK {
		t.Errorf("without waiting: %d", resp.StatusCode)
	}
	release()
	if resp, _ := do(t, w, request{path: change + "?wait=1ms"}); resp.StatusCode != http.StatusOK {
		t.Errorf("after others left: %d", resp.StatusCode)
	}
}
