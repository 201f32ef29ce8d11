package format

import (
	"strconv"

	"github.com/gatewright/gatewright/internal/sqlsource"
)

// envelope writes the answers of the data service. What it says of the call
// comes behind the rows, so that they need not be held.
type envelope struct {
	total
	compact bool
	keys    [][]byte
	more    bool // a row was written
}

func (e *envelope) Head(dst []byte, columns []Column) []byte {
	if !e.compact {
		e.keys = keys(columns)
	}
	dst = append(dst, `{"Fields":[`...)
	for i, c := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"Name":`...)
		dst = AppendText(dst, c.Name)
		dst = append(dst, `,"Type":`...)
		dst = AppendText(dst, string(c.Type))
		dst = append(dst, '}')
	}
	return append(dst, `],"Data":[`...)
}

func (e *envelope) Row(dst []byte, row []sqlsource.Cell) []byte {
	if e.more {
		dst = append(dst, ',')
	}
	e.more = true
	if e.compact {
		return appendArray(dst, row)
	}
	return appendObject(dst, e.keys, row)
}

func (e *envelope) End(dst []byte) []byte { return append(dst, ']') }

func (e *envelope) Tail(dst []byte, s *Summary) []byte {
	return appendSummary(append(dst, ','), s)
}

// AppendEnvelope appends an answer of the data service without rows: of an
// error, or of a dry run.
func AppendEnvelope(dst []byte, s *Summary) []byte {
	return appendSummary(append(dst, `{"Fields":[],"Data":[],`...), s)
}

// appendSummary appends the members behind the rows.
func appendSummary(dst []byte, s *Summary) []byte {
	number := func(name string, n int64) {
		dst = append(dst, name...)
		dst = strconv.AppendInt(dst, n, 10)
	}
	number(`"TimeCost":`, s.Millis)
	number(`,"DataCnt":`, s.Rows)
	if s.Total >= 0 {
		number(`,"TotalCnt":`, s.Total)
	}
	if s.PageNum > 0 {
		number(`,"pageNum":`, s.PageNum)
		number(`,"pageSize":`, s.PageSize)
	}
	number(`,"ErrorCode":`, int64(s.Code))
	if s.SQL != "" {
		dst = append(dst, `,"RenderedSql":`...)
		dst = AppendText(dst, s.SQL)
	}
	dst = append(dst, `,"BaseResp":{"StatusMessage":`...)
	dst = AppendText(dst, s.Message)
	number(`,"StatusCode":`, int64(s.Code))
	dst = append(dst, `},"RequestId":`...)
	dst = AppendText(dst, s.RequestID)
	return append(dst, '}', '\n')
}
