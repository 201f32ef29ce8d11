package fleet_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/fleet"
	"github.com/gatewright/gatewright/internal/fleet/fleettest"
	"github.com/gatewright/gatewright/internal/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quiet has no pings and no heartbeats within a test.
func quiet(p *fleettest.Plane) { p.Config.Ping, p.Config.Heartbeat = time.Hour, time.Hour }

// caller speaks the link by hand.
type caller struct {
	t      testing.TB
	p      *fleettest.Plane
	client *http.Client
	secret string
	joined link.JoinResponse
}

func newPlane(t testing.TB, change ...func(*fleettest.Plane)) (*fleettest.Plane, *gatewright.Group) {
	t.Helper()
	p := fleettest.New(t)
	for _, c := range change {
		c(p)
	}
	p.Start()
	return p, p.Group("test")
}

func newCaller(t testing.TB, p *fleettest.Plane) *caller {
	t.Helper()
	_, secret := p.Token("test")
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &caller{t: t, p: p, secret: secret, client: &http.Client{Transport: tr}}
}

func (c *caller) do(ctx context.Context, method, path string, header map[string]string, body any) *http.Response {
	c.t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.p.URL+path, content)
	if err != nil {
		c.t.Fatal(err)
	}
	link.SetVersion(req.Header, "test")
	req.Header.Set("Authorization", "Bearer "+c.secret)
	for k, v := range header {
		req.Header.Set(k, v)
		if v == "" {
			req.Header.Del(k)
		}
	}
	resp, err := c.client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp
}

// call makes a request and returns the status and body of the answer.
func (c *caller) call(method, path string, body any) (int, string) {
	c.t.Helper()
	resp := c.do(c.t.Context(), method, path, nil, body)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// join joins as a new instance, or as the one it was.
func (c *caller) join(name string) *caller {
	c.t.Helper()
	status, body := c.call(http.MethodPost, link.JoinPath, c.request(name))
	if status != http.StatusOK {
		c.t.Fatalf("join: %d %s", status, body)
	}
	if err := json.Unmarshal([]byte(body), &c.joined); err != nil {
		c.t.Fatal(err)
	}
	return c
}

func (c *caller) request(name string) link.JoinRequest {
	return link.JoinRequest{
		Instance: c.joined.Instance, SessionKey: c.joined.SessionKey, Name: name, Address: "127.0.0.1:1", Version: "test",
		Formats: link.Formats{Min: gatewright.MinResourceFormat, Max: gatewright.ResourceFormat},
	}
}

func (c *caller) report(r link.Report) {
	c.t.Helper()
	r.Instance, r.SessionKey = c.joined.Instance, c.joined.SessionKey
	if status, body := c.call(http.MethodPost, link.ReportPath, r); status != http.StatusNoContent {
		c.t.Fatalf("report: %d %s", status, body)
	}
}

// stream is an open stream.
type stream struct {
	t    testing.TB
	body io.ReadCloser
	r    *bufio.Reader
}

func (c *caller) query(generation string) string {
	q := link.StreamPath + "?" + link.QueryInstance + "=" + string(c.joined.Instance)
	if generation != "" {
		q += "&" + link.QueryGeneration + "=" + generation
	}
	return q
}

// open opens the stream; generation "" asks for the whole manifest.
func (c *caller) open(generation string) *stream {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), fleettest.Patience)
	c.t.Cleanup(cancel)
	resp := c.do(ctx, http.MethodGet, c.query(generation), map[string]string{link.HeaderSession: c.joined.SessionKey}, nil)
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		c.t.Fatalf("open stream: %d %s", resp.StatusCode, text)
	}
	s := &stream{t: c.t, body: resp.Body, r: bufio.NewReader(resp.Body)}
	c.t.Cleanup(s.close)
	return s
}

func (s *stream) close() { _ = s.body.Close() }

// next returns the next message that is no ping; nil at the end.
func (s *stream) next() *link.Message {
	s.t.Helper()
	for {
		line, err := s.r.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			s.t.Fatalf("read stream: %v", err)
		}
		m, err := link.DecodeMessage(line)
		if err != nil {
			s.t.Fatal(err)
		}
		if m.Type != link.MessagePing {
			return m
		}
	}
}

// says fails the test unless the next messages are these: "delta 2".
func (s *stream) says(want ...string) (last *link.Message) {
	s.t.Helper()
	for _, w := range want {
		last = s.next()
		if last == nil {
			s.t.Fatalf("the stream ended; want %s", w)
		}
		if got := fmt.Sprint(last.Type, " ", last.Generation); got != w {
			s.t.Fatalf("the stream says %q, want %q: %+v", got, w, last)
		}
	}
	return last
}

func TestAdmission(t *testing.T) {
	p, g := newPlane(t)
	c := newCaller(t, p).join("n")
	_, admin, err := p.Control.CreateToken(t.Context(), fleettest.Actor, gatewright.TokenAdmin, "a", "")
	if err != nil {
		t.Fatal(err)
	}
	hash := string(gatewright.HashBytes(nil))
	for _, tt := range []struct {
		name, method, path string
		header             map[string]string
		body               any
		status             int
		say                string
	}{
		{"no token", "POST", link.JoinPath, map[string]string{"Authorization": ""}, "{}", 401, "no usable token"},
		{"other scheme", "POST", link.JoinPath, map[string]string{"Authorization": "Basic " + c.secret}, "{}", 401, "no usable token"},
		{"wrong token", "POST", link.ReportPath, map[string]string{"Authorization": "Bearer x"}, "{}", 401, "not valid here"},
		{"endless token", "POST", link.ReportPath, map[string]string{"Authorization": "Bearer " + strings.Repeat("x", link.MaxTokenBytes+1)}, "{}", 401, "no usable token"},
		{"admin token", "GET", link.BlobPath + hash, map[string]string{"Authorization": "Bearer " + admin}, nil, 401, "not valid here"},
		{"no link", "POST", link.JoinPath, map[string]string{link.HeaderProtocol: ""}, "{}", 412, "does not speak the Gatewright link"},
		{"newer link", "POST", link.JoinPath, map[string]string{link.HeaderProtocol: "9"}, "{}", 412, "speaks link version 9"},
		{"join is no JSON", "POST", link.JoinPath, nil, "{", 400, "not what it must be"},
		{"join is too long", "POST", link.JoinPath, nil, `{"name":"` + strings.Repeat("x", link.MaxJoinBytes) + `"}`, 429, "more than 65536 bytes"},
		{"report is too long", "POST", link.ReportPath, nil, `{"instance":"` + strings.Repeat("x", link.MaxReportBytes) + `"}`, 429, "more than 8388608 bytes"},
		{"too many answers", "POST", link.ReportPath, nil, link.Report{Prepared: make([]link.Prepared, link.MaxPrepared+1)}, 429, "answers 17 prepares"},
		{"unknown instance", "POST", link.ReportPath, nil, link.Report{Instance: "ins_x"}, 409, "join again"},
		{"old session", "POST", link.ReportPath, nil, link.Report{Instance: c.joined.Instance, SessionKey: "x"}, 409, "not the newest session"},
		{"formats", "POST", link.JoinPath, nil, link.JoinRequest{Name: "n", Formats: link.Formats{Min: 7, Max: 9}}, 412, "writes resource format 1 and the gateway () reads 7 to 9"},
		{"other group", "POST", link.JoinPath, nil, link.JoinRequest{Name: "n", Group: "production"}, 403, `the token is of group \"test\"`},
		{"no hash", "GET", link.BlobPath + "x", nil, nil, 400, "is not a hash"},
		{"unknown content", "GET", link.BlobPath + hash, nil, nil, 404, ""},
		{"stream without session", "GET", c.query(""), nil, nil, 409, "join again"},
		{"stream of nobody", "GET", link.StreamPath, map[string]string{link.HeaderSession: c.joined.SessionKey}, nil, 409, "join again"},
		{"stream at no generation", "GET", c.query("x"), map[string]string{link.HeaderSession: c.joined.SessionKey}, nil, 400, "is not a number"},
		{"stream below zero", "GET", c.query("-1"), map[string]string{link.HeaderSession: c.joined.SessionKey}, nil, 400, "is not a number"},
		{"method", "GET", link.JoinPath, nil, nil, 405, ""},
		{"path", "GET", link.Prefix + "x", nil, nil, 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := *c
			c.t = t
			resp := c.do(t.Context(), tt.method, tt.path, tt.header, tt.body)
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != tt.status || !strings.Contains(string(text), tt.say) {
				t.Errorf("status %d: %s (%v); want %d, saying %q", resp.StatusCode, text, err, tt.status, tt.say)
			}
		})
	}
	all, err := p.Control.Instances(t.Context(), string(g.ID))
	if err != nil || len(all) != 1 {
		t.Errorf("%d instances were admitted: %v", len(all), err)
	}
}

func TestContentOfTheGroupOnly(t *testing.T) {
	p, _ := newPlane(t, quiet)
	other := p.Group("production")
	p.Seed(other.ID, 1)
	c := newCaller(t, p).join("n")
	foreign, err := p.Control.Manifest(t.Context(), other.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range foreign.Entries {
		if status, _ := c.call(http.MethodGet, link.BlobPath+string(h), nil); status != http.StatusNotFound {
			t.Errorf("content of another group: %d", status)
		}
	}
	s := c.open("0")
	s.says("current 0")
	ch := p.Submit("test", "pets", "1.0.0")
	m := s.says("prepare 0")
	for _, h := range m.Upserts { // staged, not live
		resp := c.do(t.Context(), http.MethodGet, link.BlobPath+string(h), nil, nil)
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusOK || gatewright.HashBytes(body) != h {
			t.Errorf("staged content: %d, %v", resp.StatusCode, err)
		}
		if cache := resp.Header.Get("Cache-Control"); !strings.Contains(cache, "immutable") || !strings.Contains(cache, "private") {
			t.Errorf("Cache-Control is %q", cache)
		}
	}
	if m.Change != ch.ID {
		t.Errorf("prepare of %s, not of %s", m.Change, ch.ID)
	}
}

func TestStreamFollowsAChange(t *testing.T) {
	p, _ := newPlane(t, quiet)
	c := newCaller(t, p).join("n")
	s := c.open("")
	s.says("manifest 0", "current 0")
	ch := p.Submit("test", "pets", "1.0.0")
	prepare := s.says("prepare 0")
	c.report(link.Report{Prepared: []link.Prepared{{Change: ch.ID, Digest: gatewright.NoEntries}}})
	delta := s.says("delta 1")
	if delta.From != 0 || !sameEntries(delta.Upserts, prepare.Upserts) {
		t.Errorf("prepared %v, activated %v", prepare.Upserts, delta.Upserts)
	}
	if m := s.says("discard 1"); m.Change != ch.ID {
		t.Errorf("discard of %s", m.Change)
	}
	c.report(link.Report{Generation: 1, Digest: delta.Digest})
	if got := p.Settled(ch.ID); got.State != gatewright.ChangeLive {
		t.Errorf("the change is %s: %v", got.State, got.Error)
	}

	failing := p.Submit("test", "pets", "2.0.0")
	s.says("prepare 1")
	c.report(link.Report{Generation: 1, Digest: delta.Digest, Prepared: []link.Prepared{{Change: failing.ID, Generation: 1, Digest: delta.Digest, Rejections: []gatewright.Rejection{{Key: "slot/x/v1", Reason: "no"}}}}})
	if m := s.says("discard 1"); m.Change != failing.ID {
		t.Errorf("discard of %s", m.Change)
	}
}

func sameEntries(a, b map[gatewright.Key]gatewright.Hash) bool {
	return fmt.Sprint(a) == fmt.Sprint(b)
}

// What is prepared is asked for again when something else was activated
// meanwhile.
func TestPrepareAgainOnAnotherBase(t *testing.T) {
	p, g := newPlane(t)
	alter := p.Seed(g.ID, 1)
	c := newCaller(t, p).join("n")
	s := c.open("1")
	s.says("current 1")
	ch := p.Submit("test", "pets", "1.0.0")
	first := s.says("prepare 1")
	before, err := p.Control.Manifest(t.Context(), g.ID)
	if err != nil {
		t.Fatal(err)
	}
	alter(0, "2")
	delta := s.says("delta 2")
	if delta.From != 1 || len(delta.Upserts) != 1 {
		t.Errorf("delta %+v", delta)
	}
	if again := s.says("prepare 2"); again.Change != first.Change {
		t.Errorf("prepare of %s", again.Change)
	}
	// A late answer to the first does not count, an answer to the second does.
	c.report(link.Report{Generation: 2, Digest: delta.Digest, Prepared: []link.Prepared{{Change: ch.ID, Generation: 1, Digest: before.Digest()}}})
	if now, err := p.Control.Change(t.Context(), ch.ID); err != nil || now.State != gatewright.ChangePreparing || now.Outcomes[0].State != gatewright.OutcomePending {
		t.Errorf("the change is %s: %+v, %v", now.State, now.Outcomes, err)
	}
	c.report(link.Report{Generation: 2, Digest: delta.Digest, Prepared: []link.Prepared{{Change: ch.ID, Generation: 2, Digest: delta.Digest}}})
	s.says("delta 3")
}

func TestSessions(t *testing.T) {
	p, _ := newPlane(t, quiet)
	c := newCaller(t, p).join("n")
	first := c.open("0")
	first.says("current 0")

	copied := *c
	if status, body := copied.call(http.MethodPost, link.JoinPath, copied.request("copy")); status != http.StatusConflict || !strings.Contains(body, "connected already") {
		t.Errorf("a copy was answered %d %s", status, body)
	}
	p.Clock.Advance(16 * time.Second) // a stream of a machine that is gone
	old := *c
	c.join("n")
	if m := first.says("bye 0"); !strings.Contains(m.Notice, "newer stream") {
		t.Errorf("notice %q", m.Notice)
	}
	if first.next() != nil {
		t.Error("the old stream goes on")
	}
	if status, _ := old.call(http.MethodGet, old.query("0"), nil); status != http.StatusConflict {
		t.Errorf("the old session opened a stream: %d", status)
	}
	p.Stop()
	p.Start() // nothing is known of sessions now but what is stored
	if status, _ := old.call(http.MethodGet, old.query("0"), nil); status != http.StatusConflict {
		t.Errorf("after a restart the old session opened a stream: %d", status)
	}
	c.open("0").says("current 0")
}

func TestOneStreamPerInstance(t *testing.T) {
	p, _ := newPlane(t, quiet, func(p *fleettest.Plane) { p.Config.MaxStreams = 2 })
	a, b, c := newCaller(t, p).join("a"), newCaller(t, p).join("b"), newCaller(t, p).join("c")
	first := a.open("0")
	first.says("current 0")
	b.open("0").says("current 0")
	resp := c.do(t.Context(), http.MethodGet, c.query("0"), map[string]string{link.HeaderSession: c.joined.SessionKey}, nil)
	if resp.Body.Close() != nil || resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a stream beyond the limit: %d", resp.StatusCode)
	}
	a.open("0").says("current 0") // in place of its first
	if m := first.next(); m == nil || m.Type != link.MessageBye {
		t.Errorf("the first stream says %+v", m)
	}
}

func TestRevokedTokenEndsStreams(t *testing.T) {
	p, _ := newPlane(t)
	token, secret := p.Token("test")
	c, other := newCaller(t, p), newCaller(t, p)
	c.secret = secret
	s, stays := c.join("n").open("0"), other.join("other").open("0")
	s.says("current 0")
	stays.says("current 0")
	p.Revoke(token)
	if m := s.says("bye 0"); !strings.Contains(m.Notice, "revoked") {
		t.Errorf("notice %q", m.Notice)
	}
	if status, _ := c.call(http.MethodPost, link.ReportPath, "{}"); status != http.StatusUnauthorized {
		t.Errorf("a report was answered %d", status)
	}
	ch := p.Submit("test", "pets", "1.0.0")
	if m := stays.says("prepare 0"); m.Change != ch.ID {
		t.Errorf("the other stream says %+v", m)
	}
}

func TestStopSaysGoodbye(t *testing.T) {
	p, _ := newPlane(t, quiet)
	var streams []*stream
	for i := range 5 {
		s := newCaller(t, p).join(fmt.Sprint("n", i)).open("0")
		s.says("current 0")
		streams = append(streams, s)
	}
	p.StopFleet()
	for _, s := range streams {
		if m := s.says("bye 0"); !strings.Contains(m.Notice, "stops or restarts") {
			t.Errorf("notice %q", m.Notice)
		}
		if s.next() != nil {
			t.Error("the stream goes on")
		}
	}
	c := newCaller(t, p).join("late")
	resp := c.do(t.Context(), http.MethodGet, c.query("0"), map[string]string{link.HeaderSession: c.joined.SessionKey}, nil)
	if resp.Body.Close() != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a stream afterwards: %d", resp.StatusCode)
	}
}

// The control plane is read once per group and generation, not once per
// instance.
func TestReadsDoNotGrowWithInstances(t *testing.T) {
	const instances = 40
	counting := &counter{}
	p, g := newPlane(t, quiet, func(p *fleettest.Plane) { p.Around = counting.around })
	alter := p.Seed(g.ID, 3)
	var streams []*stream
	for i := range instances {
		streams = append(streams, newCaller(t, p).join(fmt.Sprint("n", i)).open(""))
	}
	for _, s := range streams {
		s.says("manifest 1", "current 1")
	}
	if n := counting.manifests.Load(); n != 1 {
		t.Errorf("the manifest was read %d times for %d streams", n, instances)
	}
	counting.wanted.Store(0)
	alter(0, "2")
	counting.wake(g)
	for _, s := range streams {
		s.says("delta 2")
	}
	if w, d := counting.wanted.Load(), counting.deltas.Load(); w != 1 || d != 1 {
		t.Errorf("for one change what is wanted was read %d times and the delta %d times", w, d)
	}
}

func TestGatewayAhead(t *testing.T) {
	p, g := newPlane(t, quiet)
	p.Seed(g.ID, 1)
	c := newCaller(t, p).join("n")
	s := c.open("7")
	if m := s.says("manifest 1"); !strings.Contains(m.Notice, "ran generation 7 and its group is at 1") || m.Group != g.ID {
		t.Errorf("manifest %+v", m)
	}
	s.says("current 1")
}

// otherHistory is a control plane under which another state was put.
type otherHistory struct {
	fleet.Control
	on *atomic.Bool
}

var otherEntries = map[gatewright.Key]gatewright.Hash{"slot/other/v1": gatewright.HashBytes([]byte("other"))}

func (o otherHistory) Wanted(ctx context.Context, g gatewright.GroupID) (*control.Wanted, error) {
	w, err := o.Control.Wanted(ctx, g)
	if err == nil && o.on.Load() {
		w.Digest = gatewright.DigestOf(otherEntries)
	}
	return w, err
}

func (o otherHistory) Manifest(ctx context.Context, g gatewright.GroupID) (*gatewright.Manifest, error) {
	m, err := o.Control.Manifest(ctx, g)
	if err == nil && o.on.Load() {
		m.Entries = otherEntries
	}
	return m, err
}

// An open stream tells when the same generation has other content.
func TestOtherContentUnderAnOpenStream(t *testing.T) {
	var on atomic.Bool
	p, g := newPlane(t, func(p *fleettest.Plane) {
		p.Around = func(c fleet.Control) fleet.Control { return otherHistory{c, &on} }
	})
	p.Seed(g.ID, 1)
	s := newCaller(t, p).join("n").open("1")
	s.says("current 1")
	on.Store(true)
	if m := s.says("manifest 1"); !sameEntries(m.Entries, otherEntries) || !strings.Contains(m.Notice, "other content than before under the same generation") {
		t.Errorf("manifest %+v", m)
	}
}

// When the control plane cannot read its store a stream ends, to be opened
// again, rather than saying something else.
func TestStoreFails(t *testing.T) {
	counting := &counter{}
	p, g := newPlane(t, quiet, func(p *fleettest.Plane) { p.Around = counting.around })
	p.Seed(g.ID, 1)
	c := newCaller(t, p).join("n")
	counting.fail.Store(true)
	if m := c.open("").says("bye 0"); !strings.Contains(m.Notice, "its log says why") {
		t.Errorf("notice %q", m.Notice)
	}
	counting.fail.Store(false)
	c.open("").says("manifest 1", "current 1")
}

func TestMessagesSayWhatIsThere(t *testing.T) {
	p, g := newPlane(t, quiet)
	p.Seed(g.ID, 5)
	c := newCaller(t, p).join("n")
	s := c.open("")
	m := s.says("manifest 1")
	current := s.says("current 1")
	if current.Digest != gatewright.DigestOf(m.Entries) {
		t.Errorf("digest %s of other entries", current.Digest)
	}
	want, err := p.Control.Manifest(t.Context(), g.ID)
	if err != nil || !sameEntries(m.Entries, want.Entries) {
		t.Errorf("entries %v, %v", m.Entries, err)
	}
	delta := c.open("0").says("delta 1")
	if delta.Digest != current.Digest || len(delta.Upserts) != 5 {
		t.Errorf("delta %+v", delta)
	}
	var infos []*control.InstanceInfo
	infos, err = p.Control.Instances(t.Context(), "test")
	if err != nil || !slices.ContainsFunc(infos, func(in *control.InstanceInfo) bool { return in.ID == c.joined.Instance }) {
		t.Errorf("instances %v, %v", infos, err)
	}
}

// What gateways say was called is counted once, however often they say it.
func TestUsage(t *testing.T) {
	p, _ := newPlane(t)
	ch := p.Publish("test", "pets", "1.0.0")
	c := newCaller(t, p).join("n")
	at := time.Now().UTC()
	count := gatewright.Usage{
		Bucket: at.Truncate(gatewright.UsageBucket), API: ch.Items[0].Slot.API, Track: ch.Items[0].Slot.Track,
		Revision: 1, Version: "1.0.0", Route: "get", Calls: 3, Refused: 1, LastCall: at,
	}
	for _, batch := range []int64{7, 7, 8} {
		c.report(link.Report{Generation: 1, Usage: &link.UsageBatch{Batch: batch, Counts: []gatewright.Usage{count}}})
	}
	rows, err := p.Control.Calls(t.Context(), control.CallsQuery{Group: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || rows[0].Calls != 6 || rows[0].Refused != 2 || rows[0].Route != "get" || rows[0].GroupName != "test" {
		t.Errorf("calls %+v", rows)
	}
}
