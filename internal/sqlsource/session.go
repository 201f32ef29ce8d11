package sqlsource

import (
	"container/list"
	"context"
	"sync/atomic"
	"time"
)

// session is one connection of a pool. All but interrupt is called by one
// goroutine at a time. Its errors are of type [*Error].
type session interface {
	// query sends one statement. The context bounds what is done before the
	// statement runs; from then on interrupt ends it.
	query(ctx context.Context, sql string, args []Arg) (cursor, error)
	// interrupt asks the server to end what runs, and sees to it that reading
	// from the connection ends soon, even when the server is silent. It may be
	// called at any time before close, beside the other methods, once; the
	// session is closed after that.
	interrupt()
	close()
}

// cursor reads the rows of one statement.
type cursor interface {
	columns() []Column
	// next fills in the cells of the next row, which stay valid until it is
	// called again. It is false after the last row.
	next(row []Cell) (bool, error)
	// close ends the reading. The session is as good as new unless it fails.
	close() error
}

// interruptGrace is how long an interrupted connection is still read, and how
// long asking the server to end a statement may take.
const interruptGrace = 2 * time.Second

// work says whether a session is at work, and whether it is to end. What asks
// a server to end a statement is lost when it comes before the statement
// begins, so it is asked again as long as somebody waits.
type work struct {
	busy   atomic.Bool
	ending atomic.Bool
}

// begin says that the session waits for its server from now on. It is false
// when the session is to end.
func (w *work) begin() bool {
	w.busy.Store(true)
	return !w.ending.Load()
}

func (w *work) end() { w.busy.Store(false) }

// interrupt asks once, and again while the session is at work.
func (w *work) interrupt(ctx context.Context, ask func()) {
	const pause = 20 * time.Millisecond
	w.ending.Store(true)
	for {
		ask()
		again := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-again.C:
		}
		again.Stop()
		if ctx.Err() != nil || !w.busy.Load() {
			return
		}
	}
}

// errInterrupted is for a statement whose session was interrupted before it
// began. The caller knows why.
func errInterrupted() *Error { return fail(Cancelled, "") }

const (
	maxCachedStatements = 128      // prepared, of one connection
	maxCachedText       = 32 << 10 // of one of them, in bytes
)

// statements keeps prepared statements of one connection, the ones that were
// used last.
type statements[S any] struct {
	byText map[string]*list.Element // of cachedStatement
	recent *list.List               // front: used last
	drop   func(S)                  // closes one
}

type cachedStatement[S any] struct {
	text      string
	statement S
}

func newStatements[S any](drop func(S)) *statements[S] {
	return &statements[S]{byText: make(map[string]*list.Element), recent: list.New(), drop: drop}
}

func (c *statements[S]) get(text string) (S, bool) {
	e, ok := c.byText[text]
	if !ok {
		var none S
		return none, false
	}
	c.recent.MoveToFront(e)
	return e.Value.(cachedStatement[S]).statement, true
}

// put keeps a statement, if it is one to keep.
func (c *statements[S]) put(text string, statement S) bool {
	if len(text) > maxCachedText {
		return false
	}
	c.byText[text] = c.recent.PushFront(cachedStatement[S]{text, statement})
	if c.recent.Len() > maxCachedStatements {
		c.remove(c.recent.Back().Value.(cachedStatement[S]).text)
	}
	return true
}

// remove closes a statement, if it is kept.
func (c *statements[S]) remove(text string) {
	e, ok := c.byText[text]
	if !ok {
		return
	}
	delete(c.byText, text)
	c.drop(c.recent.Remove(e).(cachedStatement[S]).statement)
}
