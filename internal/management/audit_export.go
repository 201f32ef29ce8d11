package management

import (
	"bufio"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auditfile"
	"github.com/gatewright/gatewright/internal/control"
)

type auditExportInput struct {
	AuditQueryInput
	Format string `query:"format" enum:"json,csv" default:"json" doc:"json can be checked again, csv is for spreadsheets."`
}

const auditExportDescription = `Oldest first, all of them. The answer is sent as it is read; a connection that breaks before its end means that the export is not whole.`

func (a *API) auditExportRoute() {
	op := get("/audit/export", "exportAudit", "audit", "Export audit entries")
	op.description, op.waits = auditExportDescription, true
	op.responses = map[string]*huma.Response{"200": {
		Description: "The entries.",
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{Type: huma.TypeObject}},
			"text/csv":         {Schema: &huma.Schema{Type: huma.TypeString}},
		},
	}}
	handle(a, op, a.exportAudit)
}

func (a *API) exportAudit(ctx context.Context, in *auditExportInput) (*huma.StreamResponse, error) {
	query := in.query()
	if _, err := a.control.Audit(ctx, query, 0, 1); err != nil { // while it can still be told
		return nil, err
	}
	done, err := take(a.streams, "streams")
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer done()
		_, w := humago.Unwrap(hctx)
		format := auditfile.Format(in.Format)
		w.Header().Set("Content-Type", format.MediaType())
		w.Header().Set("Content-Disposition", `attachment; filename="audit.`+in.Format+`"`)
		if hctx.Method() == http.MethodHead {
			return
		}
		if err := a.writeAudit(hctx.Context(), w, format, query); err != nil {
			a.cfg.Log.Error("audit export broke off", slog.String("request", requestOf(hctx.Context()).id), slog.Any("error", err))
			panic(http.ErrAbortHandler) // so that it does not look whole
		}
	}}, nil
}

// exportBuffer is how many bytes of an export are sent at once.
const exportBuffer = 64 << 10

// writeAudit streams the entries. The reader has to take each part of it in
// time; how long the whole takes is up to its length.
func (a *API) writeAudit(ctx context.Context, w http.ResponseWriter, format auditfile.Format, q control.AuditQuery) error {
	buffer := bufio.NewWriterSize(&patientWriter{w, http.NewResponseController(w)}, exportBuffer)
	out := auditfile.NewWriter(buffer, format)
	head, err := a.control.ExportAudit(ctx, q, func(anchor gatewright.AuditHead) error { return out.Begin(anchor, !q.Partial()) }, out.Entry)
	if err != nil {
		return err
	}
	if err := out.End(head); err != nil {
		return err
	}
	return buffer.Flush()
}

// patientWriter gives each write a deadline of its own.
type patientWriter struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// Write implements io.Writer.
func (p *patientWriter) Write(b []byte) (int, error) {
	_ = p.rc.SetWriteDeadline(time.Now().Add(writeTimeout)) // writers without deadlines belong to tests
	return p.w.Write(b)
}
