package management

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// backupMediaType is what SQLite's files are registered as.
const backupMediaType = "application/vnd.sqlite3"

const backupDescription = `A consistent copy of the control plane's database, made while changes go on: what was done before the request is in it. The answer is sent as it is read; a connection that breaks before its end means that the backup is not whole. ` +
	`A control plane on PostgreSQL answers 503: that has tools of its own.`

func (a *API) backupRoutes() {
	op := operation{method: http.MethodPost, path: "/backup", id: "createBackup", tag: "system", summary: "Make a backup and download it"}
	op.description, op.waits = backupDescription, true
	op.responses = map[string]*huma.Response{"200": {
		Description: "The backup, an SQLite database.",
		Content:     map[string]*huma.MediaType{backupMediaType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	handle(a, op, a.createBackup)
}

func (a *API) createBackup(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	done, err := take(a.streams, "streams")
	if err != nil {
		return nil, err
	}
	actor := requestOf(ctx).actor
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer done()
		r, w := humago.Unwrap(hctx)
		out := &backupWriter{patientWriter{w, http.NewResponseController(w)}, false}
		err := a.control.Backup(hctx.Context(), actor, out)
		switch {
		case err == nil:
		case !out.begun: // it can still be told
			a.refuse(w, r, err)
		default:
			a.cfg.Log.Error("backup broke off", slog.String("request", requestOf(hctx.Context()).id), slog.Any("error", err))
			panic(http.ErrAbortHandler) // so that it does not look whole
		}
	}}, nil
}

// backupWriter says what it sends once there is something to send.
type backupWriter struct {
	patientWriter
	begun bool
}

// Write implements io.Writer.
func (b *backupWriter) Write(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		h := b.w.Header()
		h.Set("Content-Type", backupMediaType)
		h.Set("Content-Disposition", `attachment; filename="gatewright-backup.db"`)
	}
	return b.patientWriter.Write(p)
}
