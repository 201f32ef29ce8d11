package fleettest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// Backup copies the state of a stopped control plane and returns what puts it
// back, into a stopped one again.
func (p *Plane) Backup() (restore func()) {
	p.t.Helper()
	dir := filepath.Dir(p.path)
	names, err := filepath.Glob(p.path + "*")
	p.must(err)
	copies := map[string][]byte{}
	for _, name := range names {
		copies[name], err = os.ReadFile(name)
		p.must(err)
	}
	return func() {
		p.t.Helper()
		p.must(os.RemoveAll(dir))
		p.must(os.MkdirAll(dir, 0o700))
		for name, body := range copies {
			p.must(os.WriteFile(name, body, 0o600))
		}
	}
}

// Seed makes the group run n resources more, past the pipeline, and returns
// how to alter one of them by the same way.
func (p *Plane) Seed(group gatewright.GroupID, n int) (alter func(i int, version string)) {
	p.t.Helper()
	put := func(tx control.Tx, d gatewright.Delta, i int, version string) error {
		api := gatewright.APIID(fmt.Sprintf("api_%06d", i))
		res := gatewright.Resource{Format: gatewright.ResourceFormat, Slot: &gatewright.SlotResource{
			API: api, Name: string(api), Track: "v1", Current: gatewright.RevisionRef{Number: 1, Version: version}, Enabled: true,
		}}
		body, hash, err := res.Encode()
		if err != nil {
			return err
		}
		d.Upserts[gatewright.SlotResourceKey(gatewright.SlotKey{API: api, Track: "v1"})] = hash
		return tx.PutBlob(hash, body)
	}
	p.apply(group, func(tx control.Tx, d gatewright.Delta) error {
		for i := range n {
			if err := put(tx, d, i, "1"); err != nil {
				return err
			}
		}
		return nil
	})
	return func(i int, version string) {
		p.t.Helper()
		p.apply(group, func(tx control.Tx, d gatewright.Delta) error { return put(tx, d, i, version) })
	}
}

// Put makes the group run a resource at once, past the pipeline.
func (p *Plane) Put(group gatewright.GroupID, key gatewright.Key, res *gatewright.Resource) {
	p.t.Helper()
	p.apply(group, func(tx control.Tx, d gatewright.Delta) error {
		body, hash, err := res.Encode()
		if err != nil {
			return err
		}
		d.Upserts[key] = hash
		return tx.PutBlob(hash, body)
	})
}

// apply makes the group run what f puts into the delta.
func (p *Plane) apply(group gatewright.GroupID, f func(control.Tx, gatewright.Delta) error) {
	p.t.Helper()
	p.must(p.store.Update(context.Background(), func(tx control.Tx) error {
		d := gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{}}
		if err := f(tx, d); err != nil {
			return err
		}
		_, err := tx.ApplyDelta(group, d)
		return err
	}))
}
