package auditfile

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// Format is the form of a file.
type Format string

// The formats.
const (
	JSON Format = "json"
	CSV  Format = "csv"
)

// MediaType returns what the format is called in HTTP.
func (f Format) MediaType() string {
	if f == CSV {
		return "text/csv; charset=utf-8"
	}
	return "application/json"
}

// formatName is what a JSON file says it is.
const formatName = "gatewright-audit-1"

// Writer writes a file: Begin, Entry for each, End. After an error it is of no
// more use, and the file of none.
type Writer interface {
	// Begin takes the last entry that retention has deleted, and whether
	// nothing is left out.
	Begin(anchor gatewright.AuditHead, complete bool) error
	Entry(e *gatewright.AuditEntry) error
	// End takes the newest entry of the log.
	End(head gatewright.AuditHead) error
}

// NewWriter returns a writer to w, which should be buffered.
func NewWriter(w io.Writer, f Format) Writer {
	if f == CSV {
		return &csvWriter{csv.NewWriter(w)}
	}
	return &jsonWriter{w: w}
}

type jsonWriter struct {
	w       io.Writer
	entries int64
}

func (j *jsonWriter) Begin(anchor gatewright.AuditHead, complete bool) error {
	a, err := encode(anchor)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.w, "{\"format\":%q,\"complete\":%t,\"anchor\":%s,\"entries\":[", formatName, complete, a)
	return err
}

func (j *jsonWriter) Entry(e *gatewright.AuditEntry) error {
	b, err := encode(e)
	if err != nil {
		return err
	}
	separator := ",\n"
	if j.entries == 0 {
		separator = "\n"
	}
	j.entries++
	_, err = io.WriteString(j.w, separator+string(b))
	return err
}

func (j *jsonWriter) End(head gatewright.AuditHead) error {
	h, err := encode(head)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.w, "\n],\"head\":%s}\n", h)
	return err
}

// encode returns v as JSON on one line.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode audit entry: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

type csvWriter struct{ w *csv.Writer }

func (c *csvWriter) Begin(gatewright.AuditHead, bool) error {
	return c.w.Write([]string{
		"id", "at", "actor", "client", "address", "token", "action", "kind", "target", "group", "api", "outcome", "detail", "before", "after", "previous", "hash",
	})
}

func (c *csvWriter) Entry(e *gatewright.AuditEntry) error {
	row := []string{
		strconv.FormatInt(e.ID, 10), e.At.UTC().Format(time.RFC3339Nano),
		e.Actor.Name, e.Actor.Client, e.Actor.Address, string(e.Actor.Token), e.Action, e.Kind, e.Target, string(e.Group), string(e.API),
		string(e.Outcome), e.Detail, string(e.Before), string(e.After), string(e.Previous), string(e.Hash),
	}
	for i := range row {
		row[i] = plainCell(row[i])
	}
	return c.w.Write(row)
}

func (c *csvWriter) End(gatewright.AuditHead) error {
	c.w.Flush()
	return c.w.Error()
}

// plainCell keeps spreadsheets from taking a text for a formula, which could
// send what is beside it to somebody: an apostrophe in front makes it text.
func plainCell(s string) string {
	if start := strings.TrimLeft(s, " "); start != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(start)[0]) {
		return "'" + s
	}
	return s
}
