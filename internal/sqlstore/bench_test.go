package sqlstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/testkit/postgres"
)

// benchRoutes is how many routes, and so claims, an API of the benchmarks has.
const benchRoutes = 20

// installation is a store with a number of APIs in one group.
type installation struct {
	store *Store
	group gatewright.GroupID
	apis  []gatewright.APIID
}

func newInstallation(b *testing.B, store *Store, apis, changes int) *installation {
	b.Helper()
	in := &installation{store: store, group: "grp_1"}
	in.update(b, func(tx control.Tx) error {
		return tx.CreateGroup(&gatewright.Group{ID: in.group, Name: "g"})
	})
	for len(in.apis) < apis {
		in.update(b, func(tx control.Tx) error {
			d := gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{}}
			for range min(500, apis-len(in.apis)) {
				id := gatewright.APIID(gatewright.NewID("api_", tx.Now()))
				if err := in.create(tx, id, len(in.apis), d.Upserts); err != nil {
					return err
				}
				in.apis = append(in.apis, id)
			}
			_, err := tx.ApplyDelta(in.group, d)
			return err
		})
	}
	for n := 0; n < changes; {
		in.update(b, func(tx control.Tx) error {
			for range 1000 {
				c := in.change(tx, in.apis[n%len(in.apis)])
				c.State, c.ActivatedAt = gatewright.ChangeLive, tx.Now()
				if err := tx.CreateChange(c); err != nil {
					return err
				}
				n++
			}
			return nil
		})
	}
	return in
}

func (in *installation) update(b *testing.B, f func(control.Tx) error) {
	b.Helper()
	if err := in.store.Update(b.Context(), f); err != nil {
		b.Fatal(err)
	}
}

func (in *installation) view(b *testing.B, f func(control.Tx) error) {
	b.Helper()
	if err := in.store.View(b.Context(), f); err != nil {
		b.Fatal(err)
	}
}

func (in *installation) slot(api gatewright.APIID) gatewright.SlotKey {
	return gatewright.SlotKey{Group: in.group, API: api, Track: "v1"}
}

func benchDefinition(n int) gatewright.Definition {
	d := gatewright.Definition{Title: "API " + strconv.Itoa(n), BasePath: "/api-" + strconv.Itoa(n)}
	for i := range benchRoutes {
		d.Routes = append(d.Routes, gatewright.Route{Name: fmt.Sprintf("operation %d", i), Methods: []string{"GET"}, Path: fmt.Sprintf("/things-%d/{id}", i)})
	}
	d.Document = gatewright.Document{Format: "openapi-3.0", Name: "api.yaml", Text: make([]byte, 20_000)}
	return d
}

func (in *installation) claims(api gatewright.APIID, d *gatewright.Definition) []control.Claim {
	var claims []control.Claim
	for _, r := range d.Routes {
		path := d.BasePath + r.Path
		claims = append(claims, control.Claim{Slot: in.slot(api), Host: "api.example.com", Key: "GET" + gatewright.TemplateShape(path) + " 0", Head: d.BasePath[1:], Route: r.Name, Path: path})
	}
	return claims
}

func (in *installation) create(tx control.Tx, id gatewright.APIID, n int, upserts map[gatewright.Key]gatewright.Hash) error {
	d := benchDefinition(n)
	rev := &gatewright.Revision{ID: gatewright.RevisionID(gatewright.NewID("rev_", tx.Now())), API: id, Version: "1.0.0", Track: "v1", Hash: d.ContentHash(), Definition: d}
	blob := []byte(d.Title)
	upserts[gatewright.SlotResourceKey(in.slot(id))] = gatewright.HashBytes(blob)
	return errors.Join(
		tx.CreateAPI(&gatewright.API{ID: id, Name: d.Title}),
		tx.CreateRevision(rev),
		tx.SealRevision(rev.ID, tx.Now()),
		tx.PutSlot(&gatewright.Slot{SlotKey: in.slot(id), Revision: rev.ID}),
		tx.PutClaims(in.slot(id), in.claims(id, &d)),
		tx.PutBlob(gatewright.HashBytes(blob), blob),
	)
}

func (in *installation) change(tx control.Tx, api gatewright.APIID) *gatewright.Change {
	return &gatewright.Change{
		ID: gatewright.ChangeID(gatewright.NewID("chg_", tx.Now())), Group: in.group, Kind: gatewright.ChangePublish,
		State: gatewright.ChangePreparing, Author: "ann", CreatedAt: tx.Now(),
		Items: []gatewright.ChangeItem{{Slot: &gatewright.SlotChange{API: api, Track: "v1"}}},
	}
}

// publish is what one publish writes.
func (in *installation) publish(tx control.Tx, n, round int) error {
	id := in.apis[n]
	d := benchDefinition(n)
	d.Description = strconv.Itoa(round)
	rev := &gatewright.Revision{ID: gatewright.RevisionID(gatewright.NewID("rev_", tx.Now())), API: id, Track: "v1", Hash: d.ContentHash(), Definition: d}
	if err := tx.CreateRevision(rev); err != nil {
		return err
	}
	blob := make([]byte, 4000)
	copy(blob, rev.Hash)
	hash := gatewright.HashBytes(blob)
	_, err := tx.ApplyDelta(in.group, gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{gatewright.SlotResourceKey(in.slot(id)): hash}})
	c := in.change(tx, id)
	return errors.Join(err,
		tx.SealRevision(rev.ID, tx.Now()),
		tx.PutBlob(hash, blob),
		tx.PutClaims(in.slot(id), in.claims(id, &d)),
		tx.PutSlot(&gatewright.Slot{SlotKey: in.slot(id), Revision: rev.ID, Change: c.ID}),
		tx.CreateChange(c),
		tx.PutOutcome(c.ID, gatewright.InstanceOutcome{Instance: "ins_1"}),
		tx.TrimManifestLog(in.group, 10_000),
		tx.AppendAudit(&gatewright.AuditEntry{At: tx.Now(), Action: "change.submit", Target: string(c.ID)}),
	)
}

func BenchmarkPublish(b *testing.B) {
	onEach(b, func(b *testing.B, open func() *Store) {
		for _, apis := range []int{10, 10_000} {
			b.Run(fmt.Sprintf("apis=%d", apis), func(b *testing.B) {
				in := newInstallation(b, open(), apis, 0)
				b.ReportAllocs()
				for round := 0; b.Loop(); round++ {
					in.update(b, func(tx control.Tx) error { return in.publish(tx, round*7919%apis, round) })
				}
			})
		}
	})
}

// onEach runs a benchmark on every database.
func onEach(b *testing.B, run func(b *testing.B, open func() *Store)) {
	b.Run("sqlite", func(b *testing.B) {
		run(b, func() *Store { return open(b, filepath.Join(b.TempDir(), "gw.db")) })
	})
	b.Run("postgres", func(b *testing.B) {
		run(b, func() *Store { return openURL(b, postgres.Start(b)) })
	})
}

// BenchmarkLarge reads from 10,000 APIs of 20 routes and 100,000 changes.
func BenchmarkLarge(b *testing.B) {
	onEach(b, func(b *testing.B, open func() *Store) { benchmarkReads(b, newInstallation(b, open(), 10_000, 100_000)) })
}

func benchmarkReads(b *testing.B, in *installation) {
	d := benchDefinition(5000)
	api := in.apis[5000]
	var last gatewright.ChangeID
	in.view(b, func(tx control.Tx) error {
		c, err := tx.Changes(control.ChangeFilter{API: api, Limit: 1})
		last = c[0].ID
		return err
	})
	rival := gatewright.SlotKey{Group: in.group, API: "api_other", Track: "v1"}
	reads := []struct {
		name string
		read func(control.Tx) error
	}{
		{"Manifest", func(tx control.Tx) error { _, err := tx.Manifest(in.group); return err }},
		{"DeltaSince", func(tx control.Tx) error { _, _, err := tx.DeltaSince(in.group, 19); return err }},
		{"Revision", func(tx control.Tx) error { _, err := tx.RevisionByVersion(api, "1.0.0"); return err }},
		{"ClaimHolders", func(tx control.Tx) error { _, err := tx.ClaimHolders(rival, in.claims(api, &d)); return err }},
		{"ClaimsByHead", func(tx control.Tx) error {
			_, err := tx.ClaimsByHead(rival, "api.example.com", []string{"api-5000", "{}", "*"}, 100)
			return err
		}},
		{"Changes/newest", func(tx control.Tx) error { _, err := tx.Changes(control.ChangeFilter{Limit: 20}); return err }},
		{"Changes/unsettled", func(tx control.Tx) error {
			_, err := tx.Changes(control.ChangeFilter{Group: in.group, Unsettled: true})
			return err
		}},
		{"Changes/slot", func(tx control.Tx) error {
			_, err := tx.Changes(control.ChangeFilter{Group: in.group, API: api, Track: "v1", Activated: true, Before: last})
			return err
		}},
		{"Changes/api", func(tx control.Tx) error {
			_, err := tx.Changes(control.ChangeFilter{API: api, Limit: 20})
			return err
		}},
		{"APIs", func(tx control.Tx) error { _, err := tx.APIs("API 5", 100); return err }},
		{"Slots", func(tx control.Tx) error { _, err := tx.Slots(control.SlotFilter{Group: in.group}); return err }},
	}
	for _, r := range reads {
		b.Run(r.name, func(b *testing.B) {
			for b.Loop() {
				in.view(b, r.read)
			}
		})
	}
	b.Run("DeleteUnreferencedBlobs", func(b *testing.B) {
		for b.Loop() {
			in.update(b, func(tx control.Tx) error { _, err := tx.DeleteUnreferencedBlobs(100); return err })
		}
	})
	b.Run("Open", func(b *testing.B) {
		if in.store.path == "" {
			b.Skip("only of a file")
		}
		path := filepath.Join(b.TempDir(), "copy.db")
		if _, err := in.store.write.db.Exec("VACUUM INTO ?", path); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			s, err := Open(b.Context(), Config{Path: path})
			if err := errors.Join(err, s.Close()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
