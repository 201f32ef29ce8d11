package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gatewright/gatewright"
)

const (
	// verifyTimeout bounds the check of a whole log; the server gives up before.
	verifyTimeout = 2 * time.Minute
	// exportIdle is how long an export may be silent before its connection is
	// given up.
	exportIdle = time.Minute
)

// AuditFilter selects audit entries; empty members select all.
type AuditFilter struct {
	Actor   string
	Action  string // all of a noun when it ends with a dot: "token."
	Target  string
	Group   string // name or identifier
	API     string // name or identifier
	Since   time.Time
	Until   time.Time // exclusive
	Outcome gatewright.AuditOutcome
}

func (f AuditFilter) query(p Page) url.Values {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	return p.query("actor", f.Actor, "action", f.Action, "target", f.Target, "group", f.Group, "api", f.API,
		"since", at(f.Since), "until", at(f.Until), "outcome", string(f.Outcome))
}

// Audit lists what was done, newest first.
func (c *Client) Audit(ctx context.Context, f AuditFilter, page Page) (*List[*gatewright.AuditEntry], error) {
	return fetch[List[*gatewright.AuditEntry]](ctx, c, get(f.query(page), "audit"))
}

// AuditEntry returns one entry.
func (c *Client) AuditEntry(ctx context.Context, id int64) (*gatewright.AuditEntry, error) {
	return fetch[gatewright.AuditEntry](ctx, c, get(nil, "audit", strconv.FormatInt(id, 10)))
}

// AuditHead returns the newest entry's number and hash.
func (c *Client) AuditHead(ctx context.Context) (*gatewright.AuditHead, error) {
	return fetch[gatewright.AuditHead](ctx, c, get(nil, "audit", "head"))
}

// VerifyAudit lets the server check the whole log; expected are heads that
// were kept. What is wrong is in the report.
func (c *Client) VerifyAudit(ctx context.Context, expected ...gatewright.AuditHead) (*gatewright.AuditReport, error) {
	q := url.Values{}
	for _, h := range expected {
		q.Add("head", h.String())
	}
	k := get(q, "audit", "verification")
	k.timeout = verifyTimeout
	return fetch[gatewright.AuditReport](ctx, c, k)
}

// ExportAudit writes the entries to w as they come, in the format json or csv,
// and returns an error unless all of them came.
func (c *Client) ExportAudit(ctx context.Context, f AuditFilter, format string, w io.Writer) error {
	q := f.query(Page{})
	q.Set("format", format)
	return c.download(ctx, get(q, "audit", "export"), exportIdle, w)
}

// download writes the body of the answer to w as it comes, however long that
// takes, unless nothing comes for idle.
func (c *Client) download(ctx context.Context, k call, idle time.Duration, w io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	alarm := time.AfterFunc(idle, func() { cancel(errTimeout) })
	defer alarm.Stop()
	resp, err := c.send(ctx, k)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, err := io.ReadAll(io.LimitReader(resp.Body, MaxResponseBytes))
		if err != nil {
			return c.unreachable(ctx, err)
		}
		return c.refusal(resp, body)
	}
	body := &aliveReader{r: resp.Body, alive: func() { alarm.Reset(idle) }}
	if _, err := io.Copy(w, body); err != nil {
		if body.failed != nil {
			return c.unreachable(ctx, body.failed)
		}
		return err
	}
	return nil
}

// aliveReader says so whenever something is read, and keeps the error it
// failed with.
type aliveReader struct {
	r      io.Reader
	alive  func()
	failed error
}

// Read implements io.Reader.
func (a *aliveReader) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	a.alive()
	if err != nil && !errors.Is(err, io.EOF) {
		a.failed = err
	}
	return n, err
}
