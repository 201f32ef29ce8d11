package storetest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"pgregory.net/rapid"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func testManifest(s *suite) {
	s.update(func(tx control.Tx) {
		g, other := s.newGroup(tx, "g"), s.newGroup(tx, "other")
		s.same(must(tx.Manifest(g.ID))(s), &gatewright.Manifest{Group: g.ID, Entries: map[gatewright.Key]gatewright.Hash{}})
		s.same(must(tx.ApplyDelta(g.ID, upsert("a", "1", "b", "1")))(s), int64(1))
		d := upsert("b", "2", "c", "1")
		d.Deletes = []gatewright.Key{"a", "never there"}
		s.same(must(tx.ApplyDelta(g.ID, d))(s), int64(2))
		s.same(must(tx.ApplyDelta(g.ID, gatewright.Delta{}))(s), int64(3)) // also nothing is a generation
		s.same(must(tx.Manifest(g.ID))(s), &gatewright.Manifest{Group: g.ID, Generation: 3, Entries: upsert("b", "2", "c", "1").Upserts})
		s.same(must(tx.Group(g.ID))(s).Generation, int64(3))
		s.same(must(tx.Group(g.ID))(s).Digest, gatewright.DigestOf(upsert("b", "2", "c", "1").Upserts))
		s.same(must(tx.Manifest(other.ID))(s).Generation, int64(0))

		contradiction := upsert("a", "1")
		contradiction.Deletes = []gatewright.Key{"a"}
		for _, bad := range []gatewright.Delta{contradiction, {Upserts: map[gatewright.Key]gatewright.Hash{"a": ""}}} {
			if _, err := tx.ApplyDelta(g.ID, bad); err == nil {
				s.Errorf("delta %v was applied", bad)
			}
		}
		s.same(must(tx.Manifest(g.ID))(s).Generation, int64(3))
		s.same(must(tx.ManifestDigest(g.ID, 3))(s), must(tx.Manifest(g.ID))(s).Digest())
		s.fails(oneError(tx.ApplyDelta("grp_none", d)), gatewright.NotFound, `"grp_none"`)
		s.fails(oneError(tx.Manifest("grp_none")), gatewright.NotFound, `"grp_none"`)

		large := gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{}}
		for i := range 10_000 {
			large.Upserts[gatewright.Key("api/"+strconv.Itoa(i))] = hash(strconv.Itoa(i))
		}
		s.same(must(tx.ApplyDelta(other.ID, large))(s), int64(1))
		s.same(must(tx.Manifest(other.ID))(s).Entries, large.Upserts)
		s.same(must(tx.Group(other.ID))(s).Digest, gatewright.DigestOf(large.Upserts))
		large.Deletes = slices.Sorted(maps.Keys(large.Upserts))
		large.Upserts = nil
		s.same(must(tx.ApplyDelta(other.ID, large))(s), int64(2))
		s.same(must(tx.Group(other.ID))(s).Digest, gatewright.NoEntries)
		s.same(must(tx.ManifestDigest(other.ID, 0))(s), gatewright.NoEntries)
		s.same(must(tx.ManifestDigest(other.ID, 3))(s), gatewright.Digest(""))
		s.same(must(tx.ManifestDigest("grp_none", 0))(s), gatewright.Digest(""))
	})
}

func testManifestLog(s *suite) {
	s.update(func(tx control.Tx) {
		g := s.newGroup(tx, "g")
		for i := range 10 {
			_, err := tx.ApplyDelta(g.ID, upsert(fmt.Sprintf("k%d", i), "1", "same", strconv.Itoa(i)))
			s.ok(err)
		}
		since := func(generation int64) (gatewright.Delta, bool) {
			d, ok, err := tx.DeltaSince(g.ID, generation)
			s.ok(err)
			return d, ok
		}
		reach := func(oldest int64) {
			s.Helper()
			for generation := int64(-1); generation <= 12; generation++ {
				if _, ok := since(generation); ok != (generation >= oldest && generation <= 10) {
					s.Errorf("generation %d of 10, log from %d: ok = %t", generation, oldest, ok)
				}
			}
		}
		reach(0)
		d, _ := since(8)
		s.same(d, upsert("k8", "1", "k9", "1", "same", "9"))
		d, _ = since(10)
		s.same(d.Empty(), true)
		s.ok(tx.TrimManifestLog(g.ID, 20))
		reach(0)
		s.ok(tx.TrimManifestLog(g.ID, 4))
		reach(6)
		s.ok(tx.TrimManifestLog(g.ID, 9)) // what is gone stays gone
		reach(6)
		s.ok(tx.TrimManifestLog(g.ID, 0))
		reach(10)
		s.same(len(must(tx.Manifest(g.ID))(s).Entries), 11)
		s.same(must(tx.ApplyDelta(g.ID, upsert("new", "1")))(s), int64(11))
		d, ok := since(10)
		s.same(ok, true)
		s.same(d, upsert("new", "1"))
		_, _, err := tx.DeltaSince("grp_none", 0)
		s.fails(err, gatewright.NotFound, `"grp_none"`)
		s.fails(tx.TrimManifestLog("grp_none", 0), gatewright.NotFound, `"grp_none"`)
	})
}

// testDeltaProperty: whatever was applied, the delta since any generation in
// the log leads from the manifest of then to the one of now.
func testDeltaProperty(s *suite) {
	keys := rapid.SampledFrom([]gatewright.Key{"a", "b", "c", "d/e", "d/é", "f"})
	hashes := rapid.SampledFrom([]gatewright.Hash{hash("1"), hash("2"), hash("3")})
	round := 0
	rapid.Check(s.T, func(t *rapid.T) {
		round++
		deltas := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) gatewright.Delta {
			d := gatewright.Delta{Upserts: rapid.MapOfN(keys, hashes, 0, 4).Draw(t, "upserts")}
			for _, k := range rapid.SliceOfNDistinct(keys, 0, 4, rapid.ID).Draw(t, "deletes") {
				if _, both := d.Upserts[k]; !both {
					d.Deletes = append(d.Deletes, k)
				}
			}
			return d
		}), 0, 10).Draw(t, "deltas")
		keep := rapid.IntRange(0, 12).Draw(t, "keep")
		if err := s.store.Update(s.Context(), func(tx control.Tx) error {
			g := s.newGroup(tx, "group "+strconv.Itoa(round))
			manifests := []map[gatewright.Key]gatewright.Hash{{}}
			for i, d := range deltas {
				generation, err := tx.ApplyDelta(g.ID, d)
				if err != nil || generation != int64(i+1) {
					return fmt.Errorf("generation %d after %d deltas: %w", generation, i+1, err)
				}
				manifests = append(manifests, applied(manifests[i], d))
			}
			if err := tx.TrimManifestLog(g.ID, keep); err != nil {
				return err
			}
			now := must(tx.Manifest(g.ID))(s).Entries
			s.same(now, manifests[len(deltas)])
			s.same(must(tx.Group(g.ID))(s).Digest, gatewright.DigestOf(now))
			for generation, then := range manifests {
				d, ok, err := tx.DeltaSince(g.ID, int64(generation))
				if err != nil {
					return err
				}
				if reached := generation >= len(deltas)-keep; ok != reached {
					return fmt.Errorf("generation %d of %d, %d kept: ok = %t", generation, len(deltas), keep, ok)
				}
				digest := gatewright.Digest("")
				if ok {
					s.same(applied(then, d), now)
					digest = gatewright.DigestOf(then)
				}
				s.same(must(tx.ManifestDigest(g.ID, int64(generation)))(s), digest)
				for _, k := range d.Deletes {
					if _, both := d.Upserts[k]; both {
						return fmt.Errorf("key %q is both set and deleted", k)
					}
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func testStaged(s *suite) {
	s.update(func(tx control.Tx) {
		g := s.newGroup(tx, "g")
		one, two := s.newChange(tx, g), s.newChange(tx, g)
		s.fails(oneError(tx.Staged(one.ID)), gatewright.NotFound, string(one.ID))
		d := upsert("a", "1", "b", "2")
		d.Deletes = []gatewright.Key{"c", "d"}
		s.ok(tx.Stage(one.ID, g.ID, d))
		s.ok(tx.Stage(two.ID, g.ID, gatewright.Delta{}))
		s.same(must(tx.Staged(one.ID))(s), d)
		empty := must(tx.Staged(two.ID))(s)
		s.same(empty.Empty(), true)
		s.same(must(tx.Manifest(g.ID))(s).Generation, int64(0)) // staging is no activation
		s.ok(tx.Stage(one.ID, g.ID, upsert("e", "1")))          // replaces
		s.same(must(tx.Staged(one.ID))(s), upsert("e", "1"))
		s.ok(tx.Unstage(one.ID))
		s.ok(tx.Unstage(one.ID))
		s.fails(oneError(tx.Staged(one.ID)), gatewright.NotFound)
		s.ok(oneError(tx.Staged(two.ID)))
		s.fails(tx.Stage(one.ID, "grp_none", d), gatewright.NotFound, `"grp_none"`)
	})
}

func testBlob(s *suite) {
	s.update(func(tx control.Tx) {
		g, other := s.newGroup(tx, "g"), s.newGroup(tx, "other")
		c := s.newChange(tx, g)
		for _, body := range []string{"1", "2", ""} {
			s.ok(tx.PutBlob(hash(body), []byte(body)))
		}
		s.ok(tx.PutBlob(hash("1"), []byte("1"))) // again
		visible := func(group gatewright.GroupID, bodies ...string) {
			s.Helper()
			for _, body := range []string{"1", "2", ""} {
				got, err := tx.Blob(group, hash(body))
				if !slices.Contains(bodies, body) {
					s.fails(err, gatewright.NotFound, hash(body).Short())
				} else if err != nil || string(got) != body {
					s.Fatalf("blob %q is %q, %v", body, got, err)
				}
			}
		}
		visible(g.ID)
		s.ok(oneError(tx.ApplyDelta(g.ID, upsert("a", "1"))))
		visible(g.ID, "1")
		visible(other.ID) // what another group runs is not for this one
		staged := upsert("b", "2", "c", "")
		staged.Deletes = []gatewright.Key{"a"}
		s.ok(tx.Stage(c.ID, g.ID, staged))
		visible(g.ID, "1", "2", "")
		visible(other.ID)
		s.ok(tx.Unstage(c.ID))
		visible(g.ID, "1")
		s.ok(oneError(tx.ApplyDelta(g.ID, gatewright.Delta{Deletes: []gatewright.Key{"a"}})))
		visible(g.ID)
		s.fails(oneError(tx.Blob("grp_none", hash("1"))), gatewright.NotFound)
	})
}

func testBlobCollection(s *suite) {
	s.update(func(tx control.Tx) {
		g, other := s.newGroup(tx, "g"), s.newGroup(tx, "other")
		c := s.newChange(tx, g)
		for i := range 10 {
			s.ok(tx.PutBlob(hash(strconv.Itoa(i)), []byte(strconv.Itoa(i))))
		}
		s.ok(oneError(tx.ApplyDelta(g.ID, upsert("a", "0", "b", "1"))))
		s.ok(oneError(tx.ApplyDelta(other.ID, upsert("a", "0", "b", "2"))))
		s.ok(tx.Stage(c.ID, g.ID, upsert("c", "3")))
		s.same(must(tx.DeleteUnreferencedBlobs(0))(s), 0)
		s.same(must(tx.DeleteUnreferencedBlobs(-1))(s), 0)
		s.same(must(tx.DeleteUnreferencedBlobs(4))(s), 4)
		s.same(must(tx.DeleteUnreferencedBlobs(100))(s), 2)
		s.same(must(tx.DeleteUnreferencedBlobs(100))(s), 0)
		for _, body := range []string{"0", "1", "3"} {
			s.ok(oneError(tx.Blob(g.ID, hash(body))))
		}
		for _, body := range []string{"0", "2"} {
			s.ok(oneError(tx.Blob(other.ID, hash(body))))
		}
		s.ok(tx.Unstage(c.ID))
		s.ok(oneError(tx.ApplyDelta(g.ID, gatewright.Delta{Deletes: []gatewright.Key{"a", "b"}})))
		s.same(must(tx.DeleteUnreferencedBlobs(100))(s), 2) // 1 and 3; the other group still has 0
		s.ok(oneError(tx.Blob(other.ID, hash("0"))))
	})
}
