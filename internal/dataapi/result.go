package dataapi

import (
	"io"
	"strings"
	"time"

	"github.com/gatewright/gatewright/internal/dataapi/cache"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/query"
)

// Result is the answer of a call. It is written once.
type Result struct {
	Format format.Format
	Total  int64         // of all rows; -1 when it was not asked for
	Cached bool          // it was kept from a call before
	Age    time.Duration // since it was made

	api     *API
	request *Request
	plan    *query.Plan
	began   time.Time
	body    []byte
	rest    cache.Rest // nil when body is all
	meta    meta
	sql     string // of a dry run
	failure *Failure
}

// take takes what was made.
func (r *Result) take(a cache.Answer) {
	r.body, r.rest = a.Body, a.Rest
	if s := r.stream(); s != nil {
		r.meta = s.meta
	} else if m, ok := a.Meta.(meta); ok {
		r.meta = m
	}
	r.Total = r.meta.total
}

// stream returns the rest as what it is, nil when there is none.
func (r *Result) stream() *stream {
	rest := r.rest
	if owned, ok := rest.(interface{ Unwrap() cache.Rest }); ok {
		rest = owned.Unwrap()
	}
	s, _ := rest.(*stream)
	return s
}

// dry makes the answer of a dry run.
func (r *Result) dry() error {
	args, err := bindArgs(r.plan.Args)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(r.plan.SQL)
	for i, a := range args { // values are shown beside the text: nobody should take it for what runs
		if i == 0 {
			b.WriteString("\n-- bound:")
		}
		b.WriteByte(' ')
		if a.Kind.String() == "null" {
			b.WriteString("null")
			continue
		}
		b.Write(format.AppendText(nil, a.Text))
	}
	r.Format, r.sql, r.meta.total = format.Envelope, b.String(), -1
	return nil
}

// ContentType returns the media type.
func (r *Result) ContentType() string { return r.Format.ContentType() }

// ETag returns a validator of the answer, "" when it is not known before the
// end. That of an envelope is weak: its end tells of the call.
func (r *Result) ETag() string {
	switch {
	case r.meta.digest == "":
		return ""
	case r.Format.Enveloped():
		return `W/"` + r.meta.digest + `"`
	}
	return `"` + r.meta.digest + `"`
}

// Rows returns how many rows were encoded so far; all when the result is whole
// or written.
func (r *Result) Rows() int64 { return r.meta.rows }

// Truncated reports whether there were more rows than the answer may have. It
// is known when the result is whole or written.
func (r *Result) Truncated() bool { return r.meta.truncated }

// Whole reports whether the answer is complete before it is written, so that
// its validator, its rows and their number are known.
func (r *Result) Whole() bool { return r.rest == nil }

// SQL returns the statement that was run, for the log of the API's owner.
func (r *Result) SQL() string { return r.plan.SQL }

// Failure returns what went wrong behind the first rows of an envelope, whose
// end tells it; nil when nothing did.
func (r *Result) Failure() *Failure { return r.failure }

// Close ends the reading of what was not written.
func (r *Result) Close() {
	if r.rest != nil {
		r.rest.Close()
		r.rest = nil
	}
}

// WriteTo writes the answer. When the error is a [*Failure], what was written is
// not all and nothing in it says so: the transport must break off. Other errors
// are the writer's.
func (r *Result) WriteTo(w io.Writer) (int64, error) {
	out := counted{w: w}
	if r.sql != "" {
		s := r.summary()
		s.SQL = r.sql
		return out.n, out.write(format.AppendEnvelope(nil, s))
	}
	encoder := format.New(r.Format, r.request.Options)
	if err := out.write(r.body); err != nil {
		return out.n, err
	}
	if s := r.stream(); s != nil {
		encoder = s.encoder
		if err := r.writeRest(&out, s); err != nil {
			return out.n, err
		}
	}
	buffer := takeBuffer()
	defer buffer.give()
	buffer.b = encoder.Tail(buffer.b, r.summary())
	return out.n, out.write(buffer.b)
}

// writeRest writes the rows as they come.
func (r *Result) writeRest(out *counted, s *stream) error {
	defer r.Close()
	buffer := takeBuffer()
	defer buffer.give()
	for !s.over {
		var err error
		buffer.b, err = s.read(buffer.b[:0], BufferBytes)
		r.meta = s.meta
		if err != nil {
			r.failure = FailureOf(err)
			if !r.Format.Enveloped() {
				return r.failure
			}
			buffer.b = s.encoder.End(buffer.b)
			s.over = true
		}
		if err := out.write(buffer.b); err != nil {
			return err
		}
	}
	return nil
}

func (r *Result) summary() *format.Summary {
	s := &format.Summary{
		Rows: r.meta.rows, Total: r.meta.total, Truncated: r.meta.truncated,
		PageNum: r.plan.Page.Number, PageSize: r.plan.Page.Size,
		Millis: max(0, r.api.options.Now().Sub(r.began).Milliseconds()), RequestID: r.request.RequestID,
	}
	if r.failure != nil {
		s.Code, s.Message = r.failure.Cause.Meaning().Code, r.failure.Text()
	}
	return s
}

// counted counts what is written.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) write(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	n, err := c.w.Write(b)
	c.n += int64(n)
	return err
}
