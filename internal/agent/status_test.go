package agent_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/fleet/fleettest"
	"github.com/gatewright/gatewright/internal/link"
)

// deployment returns what the control plane says of an API.
func (w *world) deployment(api string) *gatewright.Deployment {
	w.t.Helper()
	ds, err := w.Control.Status(w.t.Context(), control.StatusQuery{Group: "test", API: api})
	if err != nil || len(ds) != 1 {
		w.t.Fatalf("%d deployments of %s: %v", len(ds), api, err)
	}
	return ds[0]
}

// After a backup was put back, generations may be equal and content not. As
// long as a gateway only reports and hears nothing, what it runs is not taken
// for what is wanted.
func TestStatusAfterABackupWasPutBack(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes int // after the backup was put back; before, there was one more than in it
	}{{"equal generation", 1}, {"its generation is an earlier one", 2}} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			var mute atomic.Bool
			n := w.node("n", func(c *agent.Config) {
				c.Transport = newTransport(t, func(r *http.Request, resp *http.Response) error {
					if r.URL.Path == link.StreamPath && mute.Load() {
						return errors.Join(errors.New("the stream does not get through"), resp.Body.Close())
					}
					return nil
				})
			})
			n.joined()
			w.live("pets", "1.0.0")
			w.Stop()
			restore := w.Backup()
			w.Start()
			w.live("pets", "1.0.1") // generation 2 of one history
			n.serves(w.manifest())
			n.end()
			w.Stop()
			restore()
			w.Start()
			w.Clock.Advance(gatewright.LostAfter) // the gateway is away
			for i := range tt.changes {
				w.live("birds", fmt.Sprint("1.0.", i))
			}
			mute.Store(true)
			n.start()
			w.Instance("test", "n", "heard, and out of sync", func(in *control.InstanceInfo) bool {
				return in.Health == gatewright.OutOfSync && in.Generation == 2
			})
			for _, api := range []string{"pets", "birds"} {
				if d := w.deployment(api); d.State == gatewright.StateReady || d.Instances[0].State != gatewright.InstancePending {
					t.Errorf("%s is %s: %s; the instance: %s", api, d.State, d.Message, d.Instances[0].Message)
				}
			}
			mute.Store(false)
			w.Instance("test", "n", "in step again", func(in *control.InstanceInfo) bool { return in.Health == gatewright.Healthy })
			for _, api := range []string{"pets", "birds"} {
				if d := w.deployment(api); d.State != gatewright.StateReady {
					t.Errorf("in the end %s is %s: %s", api, d.State, d.Message)
				}
			}
		})
	}
}

// A gateway of another age rejects everything there is.
func TestEverythingIsRejected(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of resources; run without -short")
	}
	const n = many + link.MaxRejections
	w := newWorld(t, func(p *fleettest.Plane) { p.Config.Heartbeat, p.Config.Ping = fleettest.Patience, fleettest.Patience })
	w.Seed(w.group.ID, n)
	var longest atomic.Int64
	g := w.node("n", func(c *agent.Config) {
		c.Transport = newTransport(t, func(r *http.Request, _ *http.Response) error {
			if r.URL.Path == link.ReportPath {
				longest.Store(max(longest.Load(), r.ContentLength))
			}
			return nil
		})
	})
	g.rt.reject = func(*gatewright.Resource) string { return strings.Repeat("not supported by this gateway; ", 100) }
	g.start()
	in := w.Instance("test", "n", "at generation 1", func(in *control.InstanceInfo) bool { return in.Generation == 1 })
	if in.Health != gatewright.OutOfSync || len(in.Rejections) != link.MaxRejections || in.Unlisted != n-link.MaxRejections {
		t.Errorf("the instance is %s, lists %d rejections and has %d more", in.Health, len(in.Rejections), in.Unlisted)
	}
	if l := longest.Load(); l > link.MaxReportBytes {
		t.Errorf("a report had %d bytes", l)
	}
	g.end()
	g.start() // and before it has reported, its word at the join is enough
	in = w.Instance("test", "n", "back", func(in *control.InstanceInfo) bool { return in.LeftAt.IsZero() })
	if in.Health == gatewright.Healthy || len(in.Rejections)+in.Unlisted != n {
		t.Errorf("the instance is %s, lists %d rejections and has %d more", in.Health, len(in.Rejections), in.Unlisted)
	}
}

// A report that another one overtakes on its way says nothing any more.
func TestReportOvertaken(t *testing.T) {
	w := newWorld(t, func(p *fleettest.Plane) { p.Config.Heartbeat = fleettest.Patience })
	w.live("pets", "1.0.0")
	late := make(chan *http.Request, 1)
	n := w.node("n", func(c *agent.Config) {
		c.Transport = &holder{transport: newTransport(t, func(*http.Request, *http.Response) error { return nil }), held: late}
	})
	n.joined()
	r := <-late // the first report, of a gateway that runs nothing yet
	resp, err := n.cfg.Transport.(*holder).base.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusNoContent {
		t.Fatalf("the late report: %v, %v", resp, err)
	}
	_ = resp.Body.Close()
	all, err := w.Control.Instances(t.Context(), "test")
	if err != nil || all[0].Generation != 1 || all[0].Health != gatewright.Healthy {
		t.Errorf("the instance is %s, at generation %d, %v", all[0].Health, all[0].Generation, err)
	}
}

// holder keeps a copy of the first report, to be sent once more.
type holder struct {
	*transport
	held chan *http.Request // of one
}

func (h *holder) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == link.ReportPath && r.GetBody != nil {
		again := r.Clone(context.WithoutCancel(r.Context()))
		var err error
		if again.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
		select {
		case h.held <- again:
		default: // it has one
		}
	}
	return h.transport.RoundTrip(r)
}
