package sqlstore

import (
	"strconv"
	"strings"
)

// dialect is what differs between databases once the schema is there.
type dialect struct {
	// numbered says that arguments are $1, $2 … instead of ?.
	numbered bool

	// explain turns an error of the driver into one that says what it means
	// for whoever runs the control plane. It returns err when it has nothing
	// to add.
	explain func(err error) error
}

// rebind writes the arguments of query the way the database wants them. A
// statement of this package never has a ? for anything else.
func (d *dialect) rebind(query string) string {
	if !d.numbered {
		return query
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		query = after
	}
}

// tuples returns n tuples of width arguments each: "(?, ?), (?, ?)".
func tuples(n, width int) string {
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", width), ", ") + ")"
	return strings.TrimSuffix(strings.Repeat(one+", ", n), ", ")
}
