package sqlstore

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// searches are filters that people combine.
func searches() []control.APIFilter {
	filters := []control.APIFilter{
		{}, {Owner: "ann"}, {Security: gatewright.SecuritySecret}, {Folder: "fld_1"}, {Direct: true}, {Folder: "fld_1", Direct: true},
		{Tags: []gatewright.TagID{"tag_1"}}, {Tags: []gatewright.TagID{"tag_1", "tag_2"}}, {Text: "pets"}, {Group: "grp_1"},
		{Group: "grp_1", Version: "1.0.0"}, {Version: "1.0.0"}, {State: control.RunUndeployed}, {State: control.RunCanary},
		{State: control.RunRetired, Group: "grp_1"}, {Owner: "ann", Folder: "fld_1", Tags: []gatewright.TagID{"tag_1"}, Text: "x"},
	}
	for _, f := range slices.Clone(filters) {
		f.After = control.APIPosition{Name: "a"}
		filters = append(filters, f)
		f.Sort, f.After = control.SortByChange, control.APIPosition{}
		filters = append(filters, f)
		f.After = control.APIPosition{ChangedAt: time.Unix(1, 0), API: "api_1"}
		filters = append(filters, f)
	}
	for i := range filters {
		filters[i].Limit = 101
	}
	return filters
}

// TestSearchPlans: a page of a search walks an index. In the order of names it
// sorts nothing; nothing else is read than what an index leads to.
func TestSearchPlans(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "gw.db"))
	plans := recorded(t, s, func(c control.Tx) {
		if err := c.CreateAPI(&gatewright.API{ID: "api_1", Name: "x", Settings: gatewright.APISettings{Folder: "fld_1", Tags: []gatewright.TagID{"tag_1"}}}); err != nil {
			t.Fatal(err)
		}
		if err := c.CreateFolder(&gatewright.Folder{ID: "fld_1", Name: "f"}); err != nil {
			t.Fatal(err)
		}
		if err := c.UpdateFolder(&gatewright.Folder{ID: "fld_1", Name: "g", Parent: "fld_2"}); err != nil {
			t.Fatal(err)
		}
		for _, f := range searches() {
			if _, err := c.SearchAPIs(f); err != nil {
				t.Fatal(err)
			}
		}
	})
	n := 0
	for query, plan := range plans {
		if !strings.Contains(query, "api_catalog") && !strings.Contains(query, "api_tags") && !strings.Contains(query, "folders") {
			continue
		}
		n++
		for _, step := range plan {
			whole := strings.HasPrefix(step, "SCAN ") && !strings.Contains(step, " USING ") && step != "SCAN CONSTANT ROW" && !strings.Contains(step, "VALUES")
			sorted := strings.Contains(step, "TEMP B-TREE") && !strings.Contains(query, "changed_at DESC")
			if whole || sorted {
				t.Errorf("%s\n%s", query, strings.Join(plan, "\n"))
				break
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d statements were looked at", n)
	}
}

// BenchmarkSearch finds a page among ten thousand APIs.
func BenchmarkSearch(b *testing.B) {
	const many = 10_000
	s := open(b, filepath.Join(b.TempDir(), "gw.db"))
	update := func(f func(control.Tx) error) {
		b.Helper()
		if err := s.Update(b.Context(), f); err != nil {
			b.Fatal(err)
		}
	}
	update(func(tx control.Tx) error {
		for i := range 10 {
			f := &gatewright.Folder{ID: gatewright.FolderID(fmt.Sprint("fld_", i)), Project: gatewright.DefaultProject, Name: fmt.Sprint(i)}
			if err := tx.CreateFolder(f); err != nil {
				return err
			}
		}
		return nil
	})
	for first := 0; first < many; first += 1000 {
		update(func(tx control.Tx) error {
			for i := first; i < first+1000; i++ {
				settings := gatewright.APISettings{
					Description: strings.Repeat("what it is about ", 10), Folder: gatewright.FolderID(fmt.Sprint("fld_", i%10)),
					Tags: []gatewright.TagID{gatewright.TagID(fmt.Sprint("tag_", i%100))},
				}
				a := &gatewright.API{ID: gatewright.APIID(gatewright.NewID("api_", tx.Now())), Name: fmt.Sprintf("API %05d", i), Owner: fmt.Sprint("u", i%50), Settings: settings}
				if err := tx.CreateAPI(a); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, bb := range []struct {
		name   string
		filter control.APIFilter
	}{
		{"first page", control.APIFilter{}},
		{"deep page", control.APIFilter{After: control.APIPosition{Name: "API 09000"}}},
		{"by change", control.APIFilter{Sort: control.SortByChange}},
		{"folder", control.APIFilter{Folder: "fld_3"}},
		{"tag", control.APIFilter{Tags: []gatewright.TagID{"tag_7"}}},
		{"owner and folder by change", control.APIFilter{Owner: "u3", Folder: "fld_3", Sort: control.SortByChange}},
		{"text found nowhere", control.APIFilter{Text: "no such words"}},
		{"deployed nowhere", control.APIFilter{State: control.RunDeployed}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			bb.filter.Limit = 101
			for b.Loop() {
				if err := s.View(b.Context(), func(tx control.Tx) error {
					_, err := tx.SearchAPIs(bb.filter)
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
