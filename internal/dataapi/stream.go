package dataapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/gatewright/gatewright/internal/dataapi/cache"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/query"
	"github.com/gatewright/gatewright/internal/sqlsource"
)

// meta is what is known of an answer beside its bytes.
type meta struct {
	rows, total int64 // total is -1 when it was not asked for
	truncated   bool
	digest      string
}

// stream encodes rows as they are read.
type stream struct {
	rows    *sqlsource.Rows
	shape   *projection
	encoder format.Encoder
	maxRows int64
	meta    meta
	over    bool
}

// begin asks the database and encodes the answer, up to a little more than keep
// bytes.
func (a *API) begin(ctx context.Context, plan *query.Plan, f format.Format, o format.Options, keep int) (cache.Answer, error) {
	total := int64(-1)
	if plan.Total != nil {
		var err error
		if total, err = a.count(ctx, plan.Total); err != nil {
			return cache.Answer{}, err
		}
	}
	args, err := bindArgs(plan.Args)
	if err != nil {
		return cache.Answer{}, err
	}
	// Two more than allowed: one to see that there are more, and one so that the
	// source reads on to the end of a statement that the gate has limited.
	rows, err := a.source.Query(ctx, sqlsource.Statement{
		Text: plan.SQL, Args: args, Timeout: a.options.Timeout, MaxRows: int64(plan.MaxRows) + 2, MaxBytes: a.options.MaxBytes,
	})
	if err != nil {
		return cache.Answer{}, err
	}
	shape, err := project(plan.Columns, rows.Columns())
	if err != nil {
		rows.Close()
		return cache.Answer{}, err
	}
	s := &stream{rows: rows, shape: shape, encoder: format.New(f, o), maxRows: int64(plan.MaxRows), meta: meta{total: total}}
	buffer := takeBuffer()
	defer buffer.give()
	buffer.b = s.encoder.Head(buffer.b, shape.columns)
	if buffer.b, err = s.read(buffer.b, keep); err != nil {
		rows.Close()
		return cache.Answer{}, err
	}
	answer := cache.Answer{Entry: cache.Entry{Body: bytes.Clone(buffer.b)}}
	if s.over {
		s.meta.digest = digest(answer.Body, total)
		answer.Meta = s.meta
	} else {
		answer.Rest = s
	}
	return answer, nil
}

// read encodes rows until there are more than limit bytes, or no more rows.
func (s *stream) read(dst []byte, limit int) ([]byte, error) {
	for len(dst) <= limit {
		if !s.rows.Next() {
			if err := s.rows.Err(); err != nil {
				return dst, err
			}
			s.meta.truncated = s.rows.Truncated()
			return s.end(dst), s.unwritable()
		}
		if s.meta.rows == s.maxRows {
			s.meta.truncated = true
			s.rows.Next() // the end, usually: then the connection is not lost
			return s.end(dst), s.unwritable()
		}
		s.meta.rows++
		dst = s.encoder.Row(dst, s.shape.of(s.rows.Row()))
	}
	return dst, s.unwritable()
}

// unwritable returns the failure of a format whose types do not hold a value.
func (s *stream) unwritable() error {
	if err := s.encoder.Err(); err != nil {
		f := NewFailure(CauseShape, err)
		f.Message = "a value does not fit the type of its column in this format; ask for another format"
		return f
	}
	return nil
}

// end ends the rows and gives their connection back.
func (s *stream) end(dst []byte) []byte {
	s.over = true
	s.rows.Close()
	return s.encoder.End(dst)
}

// Close ends the reading.
func (s *stream) Close() { s.rows.Close() }

// count returns the number of all rows.
func (a *API) count(ctx context.Context, t *query.Total) (int64, error) {
	args, err := bindArgs(t.Args)
	if err != nil {
		return 0, err
	}
	rows, err := a.source.Query(ctx, sqlsource.Statement{Text: t.SQL, Args: args, Timeout: a.options.Timeout, MaxRows: 1})
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return 0, err
		}
		return 0, fmt.Errorf("the rows could not be counted: there is no result")
	}
	row := rows.Row()
	if len(row) != 1 {
		return 0, fmt.Errorf("the rows could not be counted: the result has %d columns", len(row))
	}
	total, err := strconv.ParseInt(string(row[0].Bytes), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the rows could not be counted: %w", err)
	}
	rows.Next() // the end
	return total, nil
}

// digest identifies the content of an answer.
func digest(body []byte, total int64) string {
	h := sha256.New()
	h.Write(body)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(total)))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}
