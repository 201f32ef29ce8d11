package client

import (
	"context"
	"iter"
	"net/url"
	"strconv"
)

// Page selects a part of a list. The zero value is the first page of the
// server's usual length.
type Page struct {
	Cursor string // NextCursor of the page before
	Limit  int    // 1 to 1000; 0 means 100
}

// query returns the page's parameters and those given, as name and value in
// turn; empty values are left out.
func (p Page) query(pairs ...string) url.Values {
	q := url.Values{}
	pairs = append(pairs, "cursor", p.Cursor)
	if p.Limit != 0 {
		pairs = append(pairs, "limit", strconv.Itoa(p.Limit))
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

// All goes through a list page by page: All(ctx, c.Groups). An error ends it.
func All[T any](ctx context.Context, list func(context.Context, Page) (*List[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		page := Page{} // the usual length: items can be long
		for {
			l, err := list(ctx, page)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range l.Items {
				if !yield(item, nil) {
					return
				}
			}
			if l.NextCursor == "" {
				return
			}
			page.Cursor = l.NextCursor
		}
	}
}
