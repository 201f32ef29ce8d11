//go:build unix

package dataapi_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/query"
)

type envelope struct {
	Data     []struct{ ID int64 }
	DataCnt  int
	TotalCnt *int
	PageNum  int
	PageSize int
}

func enveloped(t testing.TB, text string) (e envelope) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return e
}

// TestPages: the pages of a wizard and of a script are the unpaged result, cut,
// and the total is its length, on each page.
func TestPages(t *testing.T) {
	eachBed(t, func(t *testing.T, b *bed) {
		paged := wizard("id region", param("qty", "qty", gatewright.OpGreater))
		paged.Columns[1].Sort = gatewright.SortDescending // not an order by itself: the key completes it
		paged.Paging = true
		whole := script("SELECT id, region FROM orders WHERE qty > #{qty} ORDER BY region DESC, id", "id region", param("qty", "qty", gatewright.OpGreater))
		written := script("SELECT id, region FROM orders WHERE qty > #{qty} ORDER BY region DESC, id LIMIT #{pageSize} OFFSET #{(pageNum - 1) * pageSize}", "id region",
			param("qty", "qty", gatewright.OpGreater), gatewright.DataParam{Name: "pageNum", Type: gatewright.TypeInt}, gatewright.DataParam{Name: "pageSize", Type: gatewright.TypeInt})
		all := enveloped(t, answer(t, b.api(t, whole), dataapi.Request{Call: query.Call{JSON: []byte(`{"qty":-100}`), Total: true}}))
		if *all.TotalCnt != len(all.Data) || len(all.Data) != 5 {
			t.Fatalf("unpaged: %+v", all)
		}
		for name, def := range map[string]*gatewright.DataDefinition{"wizard": paged, "script": written} {
			a := b.api(t, def)
			for size := 1; size <= 6; size++ {
				var got []struct{ ID int64 }
				for page := 1; page <= 6; page++ {
					body := fmt.Appendf(nil, `{"qty":-100,"pageNum":%d,"pageSize":%d}`, page, size)
					e := enveloped(t, answer(t, a, dataapi.Request{Call: query.Call{JSON: body, Total: true}}))
					if *e.TotalCnt != 5 || e.PageNum != page || e.PageSize != size || e.DataCnt != len(e.Data) || len(e.Data) > size {
						t.Fatalf("%s, page %d of %d: %+v", name, page, size, e)
					}
					got = append(got, e.Data...)
				}
				if !slices.Equal(got, all.Data) {
					t.Errorf("%s, pages of %d: %v, want %v", name, size, got, all.Data)
				}
			}
		}
		e := enveloped(t, answer(t, b.api(t, paged), dataapi.Request{}))
		if e.TotalCnt != nil || e.PageNum != 1 || e.PageSize != query.DefaultPageSize {
			t.Errorf("without being asked: %+v", e)
		}
	})
}

// TestMaxRows: the smallest of the limits counts, and an answer says that there
// would have been more.
func TestMaxRows(t *testing.T) {
	for _, tt := range []struct {
		name       string
		api, asked int
		rows       int
		truncated  bool
	}{
		{"API's", 3, 0, 3, true},
		{"caller's", 5, 2, 2, true},
		{"caller above the API's", 3, 100, 3, true},
		{"exactly enough", 7, 0, 7, false},
		{"caller's exactly enough", 100, 7, 7, false},
		{"more than enough", 1000, 0, 7, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBed(t, gatewright.SQLite)
			b.fill(t)
			limit := func(o *dataapi.Options) { o.Query.MaxRows = tt.api }
			for _, def := range []*gatewright.DataDefinition{wizard("+id"), script("SELECT id FROM orders ORDER BY id", "id"), script("SELECT id FROM orders ORDER BY id LIMIT 100", "id"), native()} {
				r := dataapi.Request{Call: query.Call{MaxRows: tt.asked}, Format: format.Object}
				if def.Mode == gatewright.DataNative {
					r.SQL = "SELECT id FROM orders"
				}
				got := exactly(t, answer(t, b.api(t, def, limit), r)).(map[string]any)
				if n := len(got["rows"].([]any)); n != tt.rows || got["truncated"] != tt.truncated {
					t.Errorf("%s: %d rows, truncated %v", def.Mode, n, got["truncated"])
				}
			}
			if n := b.source.Stats(); n.Open > 1 {
				t.Errorf("connections were lost: %+v", n)
			}
		})
	}
}
