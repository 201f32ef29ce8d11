package control_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// TestLifecycleModel drives the pipeline with random requests while gateways
// fall silent, go deaf, reject, return and the control plane restarts, and
// holds it to what must always be true.
func TestLifecycleModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{w: newWorld(t), rt: rt, labels: map[string]gatewright.Hash{}, sealed: map[gatewright.RevisionID]gatewright.Hash{}}
		for _, name := range []string{"test", "production"} {
			g := m.w.group(name, gatewright.StageTest)
			for i := range 2 {
				m.w.join(g, fmt.Sprintf("%s-%d", name, i))
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"publish": m.publish,
			"sync":    m.sync,
			"simple":  m.simple,
			"access":  m.access,
			"revert":  m.revert,
			"settle":  func(*rapid.T) { m.w.settle() },
			"gateway": m.gateway,
			"time": func(rt *rapid.T) {
				m.w.clock.advance(time.Duration(rapid.IntRange(0, 40).Draw(rt, "seconds")) * time.Second)
			},
			"restart": func(*rapid.T) { m.w.restart() },
			"":        m.invariants,
		})
		m.rest()
	})
}

type model struct {
	w      *world
	rt     *rapid.T
	labels map[string]gatewright.Hash                // API and label → content, for ever
	sealed map[gatewright.RevisionID]gatewright.Hash // content of sealed revisions, for ever
}

var apis = []string{"A", "B"}

// submit hands in a request; what the rules refuse is fine.
func (m *model) submit(req control.Request) {
	sub, err := m.w.c.Submit(m.w.ctx, admin, req, control.SubmitOptions{})
	switch code := gatewright.CodeOf(err); code {
	case "", gatewright.Conflict, gatewright.PreconditionFailed, gatewright.Invalid, gatewright.NotFound:
	default:
		m.rt.Fatalf("%s: %s: %v", req.Kind, code, err)
	}
	if err == nil && sub.Change != nil && sub.Change.State == gatewright.ChangeLive {
		m.rt.Fatalf("a change is live before anybody could have said so")
	}
}

func (m *model) publish(rt *rapid.T) {
	api := rapid.SampledFrom(apis).Draw(rt, "api")
	version := rapid.SampledFrom([]string{"", "1.0", "1.1", "1.2"}).Draw(rt, "version")
	paths := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"/x", "/y", "/{id}", "/shared"}), 1, 3, rapid.ID).Draw(rt, "paths")
	if api == "B" {
		paths = append(paths, "/only-b")
	}
	req := publish(rapid.SampledFrom([]string{"test", "production"}).Draw(rt, "group"), version, paths...)
	req.Items[0].API = api
	req.Items[0].Definition.Version = "" // the label alone is to be held to the content
	m.submit(req)
}

func (m *model) sync(rt *rapid.T) {
	from, to := "test", "production"
	if rapid.Bool().Draw(rt, "back") {
		from, to = to, from
	}
	m.submit(request(gatewright.ChangeSync, to, control.Item{
		API: rapid.SampledFrom(apis).Draw(rt, "api"), From: from, Version: rapid.SampledFrom([]string{"", "2.0"}).Draw(rt, "version"),
		Runtime: nodes("127.0.0.1:7002"),
	}))
}

func (m *model) simple(rt *rapid.T) {
	kind := rapid.SampledFrom([]gatewright.ChangeKind{
		gatewright.ChangeRollback, gatewright.ChangeRollback, gatewright.ChangeDeploy, gatewright.ChangeUndeploy,
		gatewright.ChangeEnable, gatewright.ChangeDisable, gatewright.ChangeConfigure,
		gatewright.ChangeCanaryStart, gatewright.ChangeCanaryStep, gatewright.ChangeCanaryPromote, gatewright.ChangeCanaryAbort,
		gatewright.ChangeDeprecate, gatewright.ChangeRetire, gatewright.ChangeSettings,
	}).Draw(rt, "kind")
	item := control.Item{API: rapid.SampledFrom(apis).Draw(rt, "api")}
	switch kind {
	case gatewright.ChangeDeploy:
		item.Revision = fmt.Sprint(rapid.IntRange(1, 6).Draw(rt, "revision"))
		item.Runtime = nodes("127.0.0.1:7003")
	case gatewright.ChangeCanaryStart, gatewright.ChangeCanaryStep:
		item.Revision = fmt.Sprint(rapid.IntRange(1, 6).Draw(rt, "revision"))
		item.Canary = &control.CanaryPatch{Percent: ptr(float64(rapid.IntRange(0, 100).Draw(rt, "percent"))), Enabled: ptr(rapid.Bool().Draw(rt, "on"))}
	case gatewright.ChangeDeprecate:
		if rapid.Bool().Draw(rt, "deprecated") {
			item.Lifecycle = &gatewright.Lifecycle{}
		}
	case gatewright.ChangeConfigure:
		item.Runtime = nodes(fmt.Sprintf("127.0.0.1:%d", rapid.IntRange(7000, 7003).Draw(rt, "port")))
	}
	req := request(kind, rapid.SampledFrom([]string{"test", "production"}).Draw(rt, "group"), item)
	req.Override = rapid.Bool().Draw(rt, "override")
	req.AbortCanary = rapid.Bool().Draw(rt, "abort canary")
	if rapid.IntRange(0, 9).Draw(rt, "later") == 0 {
		req.NotBefore = m.w.clock.Now().Add(time.Minute)
	}
	m.submit(req)
}

// revert puts any change back, whatever has become of it.
func (m *model) revert(rt *rapid.T) {
	changes, err := m.w.c.Changes(m.w.ctx, control.ChangeQuery{Limit: 20})
	m.w.must(err)
	if len(changes) == 0 {
		return
	}
	ch := rapid.SampledFrom(changes).Draw(rt, "change")
	m.submit(request(gatewright.ChangeRevert, string(ch.Group), control.Item{Change: ch.ID}))
}

// reverted holds a change that was put back to the one that did.
func (m *model) reverted(rt *rapid.T, ch *gatewright.Change, by *gatewright.Change) {
	if by == nil || by.Reverts != ch.ID || by.Generation <= ch.Generation || by.State != gatewright.ChangeLive && by.State != gatewright.ChangeReverted {
		rt.Fatalf("change %s is reverted by %+v", ch.ID, by)
	}
	for i := range by.Items {
		if by.Items[i].Resource != nil {
			continue
		}
		was, is := ch.Items[i].Slot, by.Items[i].Slot
		if (was.Before == nil) != (is.After == nil) || is.After != nil && (is.After.Hash != was.Before.Hash || !cmp.Equal(is.After.Runtime, was.Before.Runtime)) {
			rt.Fatalf("change %s found %+v, and %s put %+v in its place", ch.ID, was.Before, by.ID, is.After)
		}
	}
}

// access gives and takes keys while other changes are on their way.
func (m *model) access(rt *rapid.T) {
	group := rapid.SampledFrom([]string{"test", "production"}).Draw(rt, "group")
	var err error
	switch rapid.SampledFrom([]string{"create", "delete", "key", "revoke", "grant"}).Draw(rt, "what") {
	case "create":
		_, err = m.w.c.CreateApp(m.w.ctx, admin, group, "app", "")
	case "delete":
		_, err = m.w.c.DeleteApp(m.w.ctx, admin, group, "app")
	case "key":
		_, _, err = m.w.c.AddCredential(m.w.ctx, admin, group, "app", control.NewCredential{})
	case "revoke":
		_, err = m.w.c.RevokeCredential(m.w.ctx, admin, group, "app", "key-1")
	case "grant":
		_, err = m.w.c.PutGrant(m.w.ctx, admin, group, "app", control.NewGrant{API: rapid.SampledFrom(apis).Draw(rt, "api")})
	}
	if err != nil && gatewright.CodeOf(err) == gatewright.Internal {
		rt.Fatalf("access: %v", err)
	}
}

func (m *model) gateway(rt *rapid.T) {
	gw := rapid.SampledFrom(m.w.gateways).Draw(rt, "gateway")
	gw.reject = nil
	gw.silent, gw.deaf = false, false
	switch rapid.SampledFrom([]string{"well", "silent", "deaf", "rejects", "step"}).Draw(rt, "behaviour") {
	case "silent":
		gw.silent = true
	case "deaf":
		gw.deaf = true
	case "rejects":
		gw.reject = func(r *gatewright.Resource) string {
			if r.Slot != nil && r.Slot.Current.Version == "1.1" {
				return "cannot run 1.1"
			}
			return ""
		}
	case "step":
		gw.step()
	}
}

// invariants holds at every moment.
func (m *model) invariants(rt *rapid.T) {
	for _, api := range apis {
		revs, err := m.w.c.Revisions(m.w.ctx, api, 0, 1000)
		if isCode(err, gatewright.NotFound) {
			continue
		}
		m.w.must(err)
		for i, r := range revs {
			if i > 0 && revs[i-1].Number <= r.Number {
				rt.Fatalf("numbers of %s are not descending", api)
			}
			m.revision(rt, api, r)
		}
	}
	changes, err := m.w.c.Changes(m.w.ctx, control.ChangeQuery{})
	m.w.must(err)
	rolling := map[gatewright.GroupID]int{}
	byID := map[gatewright.ChangeID]*gatewright.Change{}
	for _, ch := range changes {
		byID[ch.ID] = ch
	}
	for _, ch := range changes {
		if ch.State == gatewright.ChangeReverted {
			m.reverted(rt, ch, byID[ch.RevertedBy])
		}
		if ch.Reverts != "" && ch.State == gatewright.ChangeLive && byID[ch.Reverts].State != gatewright.ChangeReverted {
			rt.Fatalf("%s is live, and %s, which it puts back, is %s", ch.ID, ch.Reverts, byID[ch.Reverts].State)
		}
		if !ch.Kind.Overtakes() && (ch.State == gatewright.ChangePreparing || ch.State == gatewright.ChangeActivating) {
			rolling[ch.Group]++
		}
		if (ch.Generation > 0) != !ch.ActivatedAt.IsZero() {
			rt.Fatalf("change %s has generation %d but was activated at %s", ch.ID, ch.Generation, ch.ActivatedAt)
		}
		if ch.State == gatewright.ChangeFailed && ch.Generation != 0 {
			rt.Fatalf("change %s failed after it served", ch.ID)
		}
		if ch.State.Settled() != !ch.SettledAt.IsZero() {
			rt.Fatalf("change %s is %s, settled at %s", ch.ID, ch.State, ch.SettledAt)
		}
	}
	for g, n := range rolling {
		if n > 1 {
			rt.Fatalf("%d changes of %s roll at once", n, g)
		}
	}
}

func (m *model) revision(rt *rapid.T, api string, r *gatewright.Revision) {
	if !r.Sealed() {
		if _, was := m.sealed[r.ID]; was {
			rt.Fatalf("revision %d of %s was sealed and is not any more", r.Number, api)
		}
		return
	}
	full, err := m.w.c.Revision(m.w.ctx, api, fmt.Sprint(r.Number))
	m.w.must(err)
	if full.Definition.ContentHash() != full.Hash {
		rt.Fatalf("revision %d of %s does not have the content of its hash", r.Number, api)
	}
	if h, was := m.sealed[r.ID]; was && h != r.Hash {
		rt.Fatalf("the sealed revision %d of %s changed", r.Number, api)
	}
	m.sealed[r.ID] = r.Hash
	if r.Version == "" {
		return
	}
	label := api + " " + r.Version
	if h, was := m.labels[label]; was && h != r.Hash {
		rt.Fatalf("%s stood for %s and stands for %s", label, h.Short(), r.Hash.Short())
	}
	m.labels[label] = r.Hash
}

// rest lets everything come to rest and compares what gateways run with what
// the control plane says they run.
func (m *model) rest() {
	for _, gw := range m.w.gateways {
		gw.silent, gw.deaf, gw.reject = false, false, nil
	}
	m.w.settle()
	m.w.clock.advance(control.PrepareTimeout)
	m.w.clock.advance(time.Minute) // for those that waited for it
	m.w.must(m.w.c.Listen(m.w.ctx))
	for range 3 {
		m.w.settle()
	}
	// A late rejection stays until its resource changes; let gateways take
	// everything again.
	for _, gw := range m.w.gateways {
		gw.generation, gw.wanted, gw.entries, gw.rejections = -1, nil, nil, nil
	}
	m.w.settle()
	for _, group := range []string{"test", "production"} {
		g, err := m.w.c.Group(m.w.ctx, group)
		m.w.must(err)
		manifest, err := m.w.c.Manifest(m.w.ctx, g.ID)
		m.w.must(err)
		status, err := m.w.c.Status(m.w.ctx, control.StatusQuery{Group: group})
		m.w.must(err)
		apps, err := m.w.c.Apps(m.w.ctx, group)
		m.w.must(err)
		want := len(apps) // and each slot, with the revisions it runs
		for _, d := range status {
			want += 2
			if c := d.Content.Canary; c != nil && c.Revision != d.Content.Revision {
				want++
			}
		}
		if want != len(manifest.Entries) {
			m.rt.Fatalf("%s: %d deployments make %d entries, the manifest has %d", group, len(status), want, len(manifest.Entries))
		}
		for _, gw := range m.w.gateways {
			if gw.group.ID == g.ID && !maps.Equal(gw.entries, manifest.Entries) {
				m.rt.Fatalf("%s runs %v, wanted %v", gw.name, gw.entries, manifest.Entries)
			}
		}
		for _, d := range status {
			if d.State != gatewright.StateReady && d.State != gatewright.StateDisabled {
				m.rt.Fatalf("%s in %s is %s at rest: %s", d.APIName, group, d.State, d.Message)
			}
			i := slices.IndexFunc(m.w.gateways, func(f *fakeGateway) bool { return f.group.ID == g.ID })
			run := m.w.gateways[i].running(d.APIName)
			if run == nil || run.Revision != d.Content.Number || run.Version != d.Content.Version || run.Enabled != d.Content.Runtime.Enabled {
				m.rt.Fatalf("%s in %s: status says %+v, the gateway runs %+v", d.APIName, group, d.Content, run)
			}
		}
	}
	changes, err := m.w.c.Changes(m.w.ctx, control.ChangeQuery{})
	m.w.must(err)
	for _, ch := range changes {
		if !ch.State.Settled() {
			m.rt.Fatalf("change %s (%s) never settles: %s", ch.ID, ch.Kind, ch.State)
		}
	}
	m.w.must(m.w.store.Close())
}

func isCode(err error, code gatewright.Code) bool {
	return err != nil && gatewright.CodeOf(err) == code
}
