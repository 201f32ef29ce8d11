package query

import (
	"math"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// paging is where the parameters pageNum and pageSize are; -1 for none. They
// are the switch's of a wizard, or the author's of a script.
type paging struct{ number, size int }

// Page is the page that a call asks for. The zero value is none.
type Page struct {
	Number int64 // from 1
	Size   int64 // rows, from 1
}

func newPaging(set *param.Set) paging {
	find := func(name string) int {
		i := set.Index(name)
		if i < 0 || set.Type(i) != gatewright.TypeInt || set.Param(i).Fragment != gatewright.FragmentNone {
			return -1
		}
		return i
	}
	return paging{find(gatewright.ParamPageNum), find(gatewright.ParamPageSize)}
}

func (p paging) there() bool { return p.number >= 0 && p.size >= 0 }

// read returns the page a call asks for. A size above the limit is refused and
// not made smaller: the pages would not be those that the caller counts.
func (p paging) read(values param.Values, limit int) (Page, error) {
	if !p.there() {
		return Page{}, nil
	}
	page := Page{Number: 1, Size: int64(min(DefaultPageSize, limit))}
	for _, part := range []struct {
		index int
		name  string
		most  int64
		into  *int64
	}{{p.number, gatewright.ParamPageNum, math.MaxInt32, &page.Number}, {p.size, gatewright.ParamPageSize, int64(limit), &page.Size}} {
		v, state := values.At(part.index)
		if state != param.Given {
			continue
		}
		n, ok := v.(int64)
		if !ok || n < 1 || n > part.most {
			return Page{}, param.Faultf(param.TooLarge, part.name, "parameter %s is %v; it must be 1 to %d", part.name, v, part.most)
		}
		*part.into = n
	}
	return page, nil
}

// offset is how many rows come before the page.
func (p Page) offset() int64 { return (p.Number - 1) * p.Size }
