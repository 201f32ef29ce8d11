package sqlsource

import (
	"context"
	"sync"
)

// Rows are the rows of a statement, read from the database as they are asked
// for: whoever reads slowly slows the database down, and nothing piles up in
// between. They are for one goroutine at a time.
//
//	for rows.Next() {
//		for _, cell := range rows.Row() { … }
//	}
//	if err := rows.Err(); err != nil { … } // what was read is not all
type Rows struct {
	pool   *pool
	conn   *pooled
	cursor cursor
	ctx    context.Context // the life of the statement
	free   func()

	stop        func() bool // of the watcher
	interrupted chan struct{}
	once        sync.Once // of the interrupt

	row               []Cell
	read, maxRows     int64
	size, maxBytes    int64
	over              bool // nothing more comes
	truncated, closed bool
	err               error
}

// Columns returns the columns of the result.
func (r *Rows) Columns() []Column { return r.cursor.columns() }

// Row returns the cells of the present row, in the order of the columns. They
// are valid until Next or Close is called; who keeps one copies its bytes.
func (r *Rows) Row() []Cell { return r.row }

// Truncated reports whether there were more rows than the statement's maximum.
func (r *Rows) Truncated() bool { return r.truncated }

// Err returns why Next was false, nil if the result is whole or truncated at
// its maximum.
func (r *Rows) Err() error { return r.err }

// Next reads the next row. It is false after the last one and when reading
// fails.
func (r *Rows) Next() bool {
	if r.over || r.closed {
		return false
	}
	more, err := r.cursor.next(r.row)
	switch {
	case err != nil:
		if r.ctx.Err() != nil {
			err = ended(r.ctx)
		}
		return r.finish(err)
	case !more:
		return r.finish(nil)
	case r.ctx.Err() != nil:
		return r.finish(ended(r.ctx))
	case r.read == r.maxRows:
		r.truncated = true
		return r.finish(nil)
	}
	r.read++
	for i := range r.row {
		r.size += int64(len(r.row[i].Bytes)) + 1
	}
	if r.size > r.maxBytes {
		return r.finish(fail(TooLarge, "more than %d bytes in %d rows", r.maxBytes, r.read))
	}
	return true
}

// finish ends the reading, while the connection waits for Close.
func (r *Rows) finish(err error) bool {
	r.over, r.err = true, err
	return false
}

// Close gives the connection back, and ends the statement if it still runs. It
// may be called more than once.
func (r *Rows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	whole := r.over && r.err == nil && !r.truncated
	if !whole && (r.err == nil || !sound(r.err)) {
		r.interrupt() // the rest is not worth waiting for
	}
	interrupted := r.unwatch()
	err := r.cursor.close()
	r.pool.release(r.conn, err == nil && !interrupted && (whole || sound(r.err)))
	r.free()
}

// watch has the statement interrupted when its context ends.
func (r *Rows) watch() {
	r.interrupted = make(chan struct{})
	r.stop = context.AfterFunc(r.ctx, r.interrupt)
}

func (r *Rows) interrupt() {
	r.once.Do(func() {
		defer close(r.interrupted)
		r.conn.session.interrupt()
	})
}

// unwatch ends the watching and reports whether there was an interrupt. It
// waits for one under way: it must not hit another's statement.
func (r *Rows) unwatch() bool {
	if r.stop() {
		select {
		case <-r.interrupted:
			return true
		default:
			return false
		}
	}
	<-r.interrupted
	return true
}
