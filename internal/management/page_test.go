package management_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// pages reads a list to its end, calling between after each page.
func pages[T any](t *testing.T, w *managementtest.World, path string, between func(page int)) []T {
	t.Helper()
	var all []T
	cursor := ""
	for n := 0; ; n++ {
		resp, body := do(t, w, request{path: path + cursor})
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("status %d: %s", resp.StatusCode, body)
		}
		l := into[wire.List[T]](t, body)
		all = append(all, l.Items...)
		if l.NextCursor == "" {
			return all
		}
		cursor = "&cursor=" + l.NextCursor
		if between != nil {
			between(n)
		}
	}
}

// TestPages reads a thousand of everything that can grow, in pages that do
// not divide it, while more is added.
func TestPages(t *testing.T) {
	const n = 1000
	w := managementtest.New(t, management.Config{})
	ctx := t.Context()
	err := w.Store.Update(ctx, func(tx control.Tx) error {
		for i := range n {
			g := &gatewright.Group{ID: gatewright.GroupID(gatewright.NewID("grp_", tx.Now())), Name: fmt.Sprintf("group %d", i), Stage: gatewright.StageTest, CreatedAt: tx.Now()}
			if err := tx.CreateGroup(g); err != nil {
				return err
			}
			a := &gatewright.API{ID: gatewright.APIID(gatewright.NewID("api_", tx.Now())), Name: fmt.Sprintf("API %d", i), Kind: gatewright.KindProxy, CreatedAt: tx.Now()}
			if err := tx.CreateAPI(a); err != nil {
				return err
			}
			if err := tx.PutInstance(&gatewright.Instance{ID: gatewright.InstanceID(gatewright.NewID("ins_", tx.Now())), Group: g.ID, Name: "same name", LastSeen: tx.Now()}); err != nil {
				return err
			}
			tok := &gatewright.Token{ID: gatewright.TokenID(gatewright.NewID("tok_", tx.Now())), Kind: gatewright.TokenInstance, Group: g.ID, Name: "t", Hash: gatewright.HashBytes([]byte(g.Name)), CreatedAt: tx.Now()}
			if err := tx.CreateToken(tok); err != nil {
				return err
			}
			if err := tx.AppendAudit(&gatewright.AuditEntry{At: tx.Now(), Action: "test", Target: g.Name}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	disturb := func(page int) { // before and after what was read
		for _, name := range []string{fmt.Sprintf("0 %d", page), fmt.Sprintf("zz %d", page)} {
			if err := w.Store.Update(context.WithoutCancel(ctx), func(tx control.Tx) error {
				if err := tx.CreateGroup(&gatewright.Group{ID: gatewright.GroupID(gatewright.NewID("grp_", tx.Now())), Name: name, Stage: gatewright.StageTest}); err != nil {
					return err
				}
				if err := tx.AppendAudit(&gatewright.AuditEntry{At: tx.Now(), Action: "late"}); err != nil {
					return err
				}
				return tx.CreateAPI(&gatewright.API{ID: gatewright.APIID(gatewright.NewID("api_", tx.Now())), Name: name, Kind: gatewright.KindProxy})
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(list string, keys []string, min int) {
		t.Helper()
		distinct := map[string]bool{}
		for _, k := range keys {
			if distinct[k] {
				t.Errorf("%s: %q twice", list, k)
			}
			distinct[k] = true
		}
		if len(keys) < min {
			t.Errorf("%s: %d items, want at least %d", list, len(keys), min)
		}
	}
	var groups, apis, instances, tokens, audit []string
	for _, g := range pages[gatewright.Group](t, w, "/api/v1/groups?limit=77", disturb) {
		groups = append(groups, g.Name)
	}
	check("groups", groups, n)
	if !slices.IsSorted(groups) {
		t.Error("groups are not in order")
	}
	for i := range n {
		if _, found := slices.BinarySearch(groups, fmt.Sprintf("group %d", i)); !found {
			t.Errorf("group %d was left out", i)
		}
	}
	for _, a := range pages[gatewright.API](t, w, "/api/v1/apis?limit=77", func(p int) { disturb(100 + p) }) {
		apis = append(apis, a.Name)
	}
	check("APIs", apis, n)
	for _, i := range pages[wire.InstanceInfo](t, w, "/api/v1/instances?limit=333", nil) {
		instances = append(instances, string(i.ID))
	}
	check("instances", instances, n)
	for _, tok := range pages[gatewright.Token](t, w, "/api/v1/tokens?limit=1000", nil) {
		tokens = append(tokens, string(tok.ID))
	}
	check("tokens", tokens, n+1)
	last := int64(1 << 62)
	for _, e := range pages[gatewright.AuditEntry](t, w, "/api/v1/audit?limit=99", func(p int) { disturb(200 + p) }) {
		if e.ID >= last {
			t.Errorf("audit entry %d after %d", e.ID, last)
		}
		last = e.ID
		if e.Action == "test" {
			audit = append(audit, e.Target)
		}
	}
	check("audit", audit, n)

	t.Run("a cursor of another list", func(t *testing.T) {
		_, body := do(t, w, request{path: "/api/v1/groups?limit=1"})
		cursor := into[wire.List[gatewright.Group]](t, body).NextCursor
		resp, body := do(t, w, request{path: "/api/v1/apis?cursor=" + cursor})
		wantProblem(t, resp, body, http.StatusBadRequest, gatewright.Invalid)
	})
	t.Run("exactly one page", func(t *testing.T) {
		_, body := do(t, w, request{path: "/api/v1/tokens?limit=1000"})
		if l := into[wire.List[gatewright.Token]](t, body); len(l.Items) != 1000 || l.NextCursor == "" {
			t.Errorf("%d items, cursor %q", len(l.Items), l.NextCursor)
		}
		_, body = do(t, w, request{path: "/api/v1/groups?limit=1000&cursor="})
		if l := into[wire.List[gatewright.Group]](t, body); len(l.Items) != 1000 {
			t.Errorf("%d items", len(l.Items))
		}
	})
	t.Run("an empty list", func(t *testing.T) {
		if _, body := do(t, w, request{path: "/api/v1/deployments"}); string(body) != "{\"items\":[]}\n" {
			t.Errorf("body = %q", body)
		}
	})
}

func TestHistoryPages(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	w.Join(w.Group("g"), "gw", "")
	const n = 7
	for i := range n {
		ch := submit(t, w, publishBody(t, "g", "a", fmt.Sprintf("1.%d.0", i), "/a"))
		do(t, w, request{path: "/api/v1/changes/" + string(ch.ID) + "?wait=10s"})
	}
	var labels, numbers []string
	for _, c := range pages[gatewright.Change](t, w, "/api/v1/changes?group=g&api=a&limit=2", nil) {
		labels = append(labels, c.Items[0].Slot.After.Version)
	}
	for _, r := range pages[gatewright.Revision](t, w, "/api/v1/apis/a/revisions?limit=3", nil) {
		numbers = append(numbers, r.Version)
	}
	want := []string{"1.6.0", "1.5.0", "1.4.0", "1.3.0", "1.2.0", "1.1.0", "1.0.0"}
	if !slices.Equal(labels, want) || !slices.Equal(numbers, want) {
		t.Errorf("changes %v, revisions %v, want %v", labels, numbers, want)
	}
}
