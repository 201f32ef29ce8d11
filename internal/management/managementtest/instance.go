package managementtest

import (
	"sync"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// Instance plays a gateway: it prepares and applies whatever its group wants,
// or refuses to.
type Instance struct {
	ID     gatewright.InstanceID
	group  gatewright.GroupID
	key    string
	reject string // reason to reject everything with, "" to accept
	w      *World
}

// Join lets an instance join the group and do its work until the test ends.
// reject, unless "", is the reason with which it rejects every change.
func (w *World) Join(group *gatewright.Group, name, reject string) *Instance {
	w.t.Helper()
	in := w.JoinSilently(group, name)
	in.reject = reject
	in.Work()
	return in
}

// Work lets a silent instance do its work from now on.
func (in *Instance) Work() {
	sub := in.w.Control.Subscribe()
	in.Act() // what was wanted before
	var working sync.WaitGroup
	working.Go(func() {
		for e := range sub.C {
			if e.Change != nil && e.Change.Group == in.group {
				in.Act()
			}
		}
	})
	in.w.t.Cleanup(func() {
		sub.Close()
		working.Wait()
	})
}

// JoinSilently lets an instance join the group that does nothing unless told.
func (w *World) JoinSilently(group *gatewright.Group, name string) *Instance {
	w.t.Helper()
	joined, err := w.Control.Join(w.ctx, group.ID, control.Join{Name: name, Address: "127.0.0.1:0", Version: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return &Instance{ID: joined.Instance, group: group.ID, key: joined.SessionKey, w: w}
}

// Say reports r in the name of the instance.
func (in *Instance) Say(r control.Report) {
	r.Instance, r.SessionKey = in.ID, in.key
	if err := in.w.Control.Report(in.w.ctx, in.group, r); err != nil {
		in.w.t.Errorf("report: %v", err)
	}
}

// Act reports what a gateway would that has done what is wanted of it now.
func (in *Instance) Act() {
	wanted, err := in.w.Control.Wanted(in.w.ctx, in.group)
	if err != nil {
		in.w.t.Errorf("ask what is wanted: %v", err)
		return
	}
	r := control.Report{Generation: wanted.Generation, Digest: wanted.Digest}
	for _, s := range wanted.Staged {
		p := control.Prepared{Change: s.Change, Generation: wanted.Generation, Digest: wanted.Digest}
		if in.reject != "" {
			for key, hash := range s.Delta.Upserts {
				p.Rejections = append(p.Rejections, gatewright.Rejection{Key: key, Hash: hash, Reason: in.reject})
			}
		}
		r.Prepared = append(r.Prepared, p)
	}
	in.Say(r)
}
