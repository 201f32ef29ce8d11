package agent

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/link"
)

// counting is a runtime whose calls tests make up.
type counting struct {
	idle
	counts []gatewright.Usage
}

func (c *counting) TakeUsage(limit int) []gatewright.Usage {
	n := min(limit, len(c.counts))
	taken := slices.Clone(c.counts[:n])
	c.counts = c.counts[n:]
	return taken
}

func (c *counting) called(n int) {
	for range n {
		c.counts = append(c.counts, gatewright.Usage{API: "api_1", Calls: 1})
	}
}

// listener is a control plane that takes reports, or does what answer says.
type listener struct {
	answer  func(*link.Report) (*gatewright.Error, error)
	reports []link.Report // that were accepted
}

func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	var report link.Report
	if err := json.NewDecoder(r.Body).Decode(&report); err != nil {
		return nil, err
	}
	res := &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}
	link.SetVersion(res.Header, "test")
	if l.answer != nil {
		refusal, err := l.answer(&report)
		if err != nil {
			return nil, err
		}
		if refusal != nil {
			body, err := json.Marshal(refusal)
			if err != nil {
				return nil, err
			}
			res.StatusCode, res.Body = link.Status(refusal.Code), io.NopCloser(strings.NewReader(string(body)))
			return res, nil
		}
	}
	l.reports = append(l.reports, report)
	return res, nil
}

func newCounting(t *testing.T) (*Agent, *counting, *listener) {
	t.Helper()
	rt, l := &counting{}, &listener{}
	a, err := New(Config{
		Servers: []string{"http://127.0.0.1:1"}, Token: func() (string, error) { return "x", nil }, Name: "n", DataDir: t.TempDir(),
		Transport: l, Clock: func() time.Time { return time.UnixMicro(7_000_000) },
	}, rt)
	if err != nil {
		t.Fatal(err)
	}
	a.joined = &link.JoinResponse{Instance: "ins_1", SessionKey: "k"}
	a.client = newClient(l, "http://127.0.0.1:1", "x", "test")
	return a, rt, l
}

func (a *Agent) mustReport(t *testing.T) {
	t.Helper()
	if err := a.sendReport(t.Context(), a.client, a.joined); err != nil {
		t.Fatal(err)
	}
}

// TestUsageIsSentUntilItArrives: a batch keeps number and content until a
// report with it was accepted, and what comes meanwhile waits for the next.
func TestUsageIsSentUntilItArrives(t *testing.T) {
	a, rt, l := newCounting(t)
	a.mustReport(t)
	if l.reports[0].Usage != nil {
		t.Errorf("nothing was called, and the report has %+v", l.reports[0].Usage)
	}
	rt.called(3)
	a.takeUsage()
	var sent []link.UsageBatch
	for _, failure := range []struct {
		refusal *gatewright.Error
		err     error
	}{{nil, errors.New("the line is down")}, {gatewright.Errorf(gatewright.Unavailable, "busy"), nil}, {gatewright.Errorf(gatewright.Internal, "oh"), nil}} {
		l.answer = func(r *link.Report) (*gatewright.Error, error) {
			sent = append(sent, *r.Usage)
			return failure.refusal, failure.err
		}
		if err := a.sendReport(t.Context(), a.client, a.joined); err == nil {
			t.Fatal("a failure is not told")
		}
		rt.called(1)
		a.takeUsage()
	}
	l.answer = nil
	a.mustReport(t)
	sent = append(sent, *l.reports[1].Usage)
	for _, b := range sent {
		if b.Batch != 7_000_000 || len(b.Counts) != 3 {
			t.Errorf("sent batch %d with %d counts, want the first with 3", b.Batch, len(b.Counts))
		}
	}
	a.mustReport(t)
	if u := l.reports[2].Usage; u != nil {
		t.Errorf("what arrived is sent again: %+v", u)
	}
	a.takeUsage()
	a.mustReport(t)
	if u := l.reports[3].Usage; u == nil || u.Batch != 7_000_001 || len(u.Counts) != 3 {
		t.Errorf("the next batch is %+v", u)
	}
}

// TestUsageThatIsRefusedIsDropped: what the control plane can never take must
// not keep the reports from it.
func TestUsageThatIsRefusedIsDropped(t *testing.T) {
	a, rt, l := newCounting(t)
	l.answer = func(r *link.Report) (*gatewright.Error, error) {
		if r.Usage != nil {
			return gatewright.Errorf(gatewright.Invalid, "a count below zero"), nil
		}
		return nil, nil
	}
	rt.called(1)
	a.takeUsage()
	a.mustReport(t)
	rt.called(1)
	a.takeUsage()
	if a.usage.batch.Batch != 7_000_001 {
		t.Errorf("the next batch has number %d", a.usage.batch.Batch)
	}
}

// TestGoodbyeTellsUsage, in as many batches as it takes, but not for ever.
func TestGoodbyeTellsUsage(t *testing.T) {
	for _, tt := range []struct {
		name          string
		calls         int
		reports, told int
	}{
		{"nothing", 0, 1, 0},
		{"one batch", 5, 1, 5},
		{"several batches", 2*link.MaxUsage + 1, 3, 2*link.MaxUsage + 1},
		{"more than it waits for", (leaveBatches + 3) * link.MaxUsage, leaveBatches, leaveBatches * link.MaxUsage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, rt, l := newCounting(t)
			rt.called(tt.calls)
			a.leave(t.Context())
			told := 0
			for _, r := range l.reports {
				if !r.Leaving {
					t.Error("a report does not say that the gateway leaves")
				}
				if r.Usage != nil {
					if told += len(r.Usage.Counts); len(r.Usage.Counts) > link.MaxUsage {
						t.Errorf("%d counts in a batch", len(r.Usage.Counts))
					}
				}
			}
			if len(l.reports) != tt.reports || told != tt.told {
				t.Errorf("%d reports with %d counts, want %d with %d", len(l.reports), told, tt.reports, tt.told)
			}
		})
	}
}

// TestFlush: what ended after the goodbye is told too, and nothing when there
// is nothing.
func TestFlush(t *testing.T) {
	a, rt, l := newCounting(t)
	a.Flush(context.Background())
	if len(l.reports) != 0 {
		t.Errorf("%d reports about nothing", len(l.reports))
	}
	rt.called(2)
	a.Flush(context.Background())
	if len(l.reports) != 1 || len(l.reports[0].Usage.Counts) != 2 || !l.reports[0].Leaving {
		t.Errorf("reports %+v", l.reports)
	}
	a.joined = nil
	rt.called(1)
	a.Flush(context.Background()) // no control plane was ever reached
}
