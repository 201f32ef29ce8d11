package management

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// PageInput is what every list takes. (It and the other inputs that are
// embedded have exported names because the framework looks into no others.)
type PageInput struct {
	Cursor string `query:"cursor" maxLength:"4096" doc:"nextCursor of the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Greatest number of items."`
}

// A cursor is the key of the last item that was told, so that pages join
// without gap or repetition whatever is added or removed meanwhile. It names
// the list it belongs to.

func encodeCursor(list, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + key))
}

// after returns the key in the cursor, "" for the first page.
func (p *PageInput) after(list string) (string, error) {
	if p.Cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	key, ok := strings.CutPrefix(string(b), list+":")
	if err != nil || !ok || key == "" {
		return "", gatewright.FieldErrorf("cursor", "cursor %q does not belong to this list; take nextCursor of the page before as it is", p.Cursor)
	}
	return key, nil
}

// afterNumber is after for keys that are positive numbers, 0 for the first
// page.
func (p *PageInput) afterNumber(list string) (int64, error) {
	key, err := p.after(list)
	if err != nil || key == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil || n < 1 {
		return 0, gatewright.FieldErrorf("cursor", "cursor %q does not belong to this list; take nextCursor of the page before as it is", p.Cursor)
	}
	return n, nil
}

// page makes a page of items, of which limit+1 were asked for so that it can
// tell whether there are more.
func page[T any](list string, items []T, limit int, key func(T) string) wire.List[T] {
	l := wire.List[T]{Items: items}
	if len(items) > limit {
		l.Items = items[:limit]
		l.NextCursor = encodeCursor(list, key(l.Items[limit-1]))
	}
	if l.Items == nil {
		l.Items = []T{}
	}
	return l
}

// pageOf makes a page of a list that is there as a whole. Keys are distinct;
// the list is told in their order.
func pageOf[T any](list string, items []T, p PageInput, key func(T) string) (wire.List[T], error) {
	after, err := p.after(list)
	if err != nil {
		return wire.List[T]{}, err
	}
	items = slices.DeleteFunc(items, func(item T) bool { return after != "" && key(item) <= after })
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	return page(list, items[:min(len(items), p.Limit+1)], p.Limit, key), nil
}
