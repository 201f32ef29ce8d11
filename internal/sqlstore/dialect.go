package sqlstore

import (
	"database/sql"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3/database"
)

// dialect is what differs between databases once they are open.
type dialect struct {
	name  string // as lines of migrations call it
	goose database.Dialect
	words map[string]string // what the words of migrations become

	// numbered says that arguments are $1, $2 … instead of ?.
	numbered bool
	// prepares says that a transaction prepares its statements, so that loops
	// prepare once. The driver of PostgreSQL keeps them by itself.
	prepares bool
	// limit bounds how long a transaction may take; 0 is no limit.
	limit time.Duration

	view, update sql.TxOptions

	// begin is called first in every transaction; nil does nothing.
	begin func(t *tx) error
	// explain turns an error of the driver into one that says what it means
	// for whoever runs the control plane. It returns err when it has nothing
	// to add.
	explain func(err error) error
	// passing reports whether a transaction that ended with err, and so
	// without having been committed, may succeed when it is tried again.
	passing func(err error) bool

	rebound sync.Map // query → rebound query, for the few hundred there are
}

// rebind writes the arguments of query the way the database wants them. A
// statement of this package never has a ? for anything else.
func (d *dialect) rebind(query string) string {
	if !d.numbered {
		return query
	}
	if known, ok := d.rebound.Load(query); ok {
		return known.(string)
	}
	var b strings.Builder
	rest := query
	for n := 1; ; n++ {
		before, after, found := strings.Cut(rest, "?")
		b.WriteString(before)
		if !found {
			break
		}
		b.WriteString("$" + strconv.Itoa(n))
		rest = after
	}
	d.rebound.Store(query, b.String())
	return b.String()
}

// tuples returns n tuples of width arguments each: "(?, ?), (?, ?)".
func tuples(n, width int) string {
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", width), ", ") + ")"
	return strings.TrimSuffix(strings.Repeat(one+", ", n), ", ")
}
