package lastgood

import (
	"testing"

	"github.com/gatewright/gatewright"
)

// TestInstead: what runs in place of the manifest outlives the process, and so
// does what it is made of, while what it spares is not kept.
func TestInstead(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, nil)
	put := func(text string) gatewright.Hash {
		h, body := content(text)
		if err := s.Put(h, body); err != nil {
			t.Fatal(err)
		}
		return h
	}
	slot, own, pinned, spared := put("slot"), put("own"), put("pinned"), put("spared")
	state := &State{
		Group: "grp_1", Generation: 1, SavedAt: saved, ConfigID: "2026-11-21r0",
		Entries: map[gatewright.Key]gatewright.Hash{"slot/a/v1": slot, "rev/a/2": spared},
		Instead: map[gatewright.Key]gatewright.Hash{"slot/a/v1": own, "rev/a/1": pinned, "rev/a/2": ""},
	}
	if err := s.Save(state, 0, nil, nil); err != nil {
		t.Fatal(err)
	}
	if s.Has(spared) || !s.Has(slot) {
		t.Errorf("spared content is there: %t; what is needed to make it anew: %t", s.Has(spared), s.Has(slot))
	}
	next := *state
	next.Generation = 2
	absent, _ := content("revision that this gateway does not run")
	next.Entries = map[gatewright.Key]gatewright.Hash{"slot/a/v1": slot, "rev/a/3": absent}
	next.Instead = map[gatewright.Key]gatewright.Hash{"slot/a/v1": own, "rev/a/1": pinned, "rev/a/3": ""}
	d := &gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{"rev/a/3": absent}, Deletes: []gatewright.Key{"rev/a/2"}}
	if err := s.Save(&next, 1, d, nil); err != nil {
		t.Fatalf("content that does not run is missed: %v", err)
	}
	closed(t, s)

	s = open(t, root, nil)
	defer closed(t, s)
	got, _, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	if diff := sameState(&next, got); diff != "" {
		t.Errorf("it differs: %s", diff)
	}
	want := map[gatewright.Key]gatewright.Hash{"slot/a/v1": own, "rev/a/1": pinned}
	if diff := sameState(&State{Entries: want}, &State{Entries: got.Runs()}); diff != "" {
		t.Errorf("what runs differs: %s", diff)
	}
	lost := next
	lost.Instead = map[gatewright.Key]gatewright.Hash{"slot/a/v1": own, "rev/a/1": absent, "rev/a/3": ""}
	if err := s.Save(&lost, 2, nil, nil); err == nil {
		t.Error("what runs in place of the manifest is not there, and that was saved")
	}
}
