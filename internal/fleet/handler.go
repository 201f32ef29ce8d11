package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/link"
)

// endpoint answers a request of a gateway whose token was accepted. A
// returned error is the answer.
type endpoint func(w http.ResponseWriter, r *http.Request, t *gatewright.Token) error

func (f *Fleet) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+link.JoinPath, f.guard(f.serveJoin))
	mux.Handle("POST "+link.ReportPath, f.guard(f.serveReport))
	mux.Handle("GET "+link.StreamPath, f.guard(f.serveStream))
	mux.Handle("GET "+link.BlobPath+"{hash}", f.guard(f.serveBlob))
	mux.Handle("POST "+link.AnswerPath, f.guard(f.serveAnswer))
	mux.Handle("GET "+link.SecretPath+"{id}", f.guard(f.serveSecret))
	return mux
}

// guard admits requests in a common protocol with a valid instance token.
func (f *Fleet) guard(next endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		link.SetVersion(w.Header(), f.cfg.Version)
		if err := f.admit(w, r, next); err != nil {
			f.fail(w, r, err)
		}
	})
}

func (f *Fleet) admit(w http.ResponseWriter, r *http.Request, next endpoint) error {
	if err := link.CheckVersion(r.Header, "this control plane", "the gateway"); err != nil {
		return err
	}
	secret := bearer(r)
	if secret == "" || len(secret) > link.MaxTokenBytes {
		return gatewright.Errorf(gatewright.Unauthenticated, "the request has no usable token; send Authorization: Bearer with the group's instance token")
	}
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	token, err := f.control.Authenticate(ctx, gatewright.TokenInstance, secret)
	cancel()
	if err != nil {
		return err
	}
	return next(w, r, token)
}

func bearer(r *http.Request) string {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(secret)
}

// fail answers with an error.
func (f *Fleet) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := gatewright.AsError(err)
	if e.Code == gatewright.Internal && r.Context().Err() == nil {
		f.cfg.Log.Error("link request failed", slog.String("path", r.URL.Path), slog.Any("error", err))
	}
	w.Header().Set("Cache-Control", "no-store")
	f.answer(w, link.Status(e.Code), e)
}

func (f *Fleet) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		f.cfg.Log.Debug("answer was not taken", slog.Any("error", err))
	}
}

// receive decodes a request's body of at most limit bytes into v.
func receive(w http.ResponseWriter, r *http.Request, limit int64, v any) error {
	rc := http.NewResponseController(w)
	if err := rc.SetReadDeadline(time.Now().Add(bodyTimeout)); err != nil {
		return fmt.Errorf("set read deadline: %w", err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return gatewright.Errorf(gatewright.LimitExceeded, "the request has more than %d bytes, the limit", large.Limit)
	case err != nil:
		return gatewright.Errorf(gatewright.Invalid, "the request's body broke off: %v", err)
	}
	if err := rc.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("reset read deadline: %w", err)
	}
	// Members of newer gateways are not known here and do no harm.
	if err := json.Unmarshal(body, v); err != nil {
		return gatewright.Errorf(gatewright.Invalid, "the request's body is not what it must be: %v", err)
	}
	return nil
}

func (f *Fleet) serveJoin(w http.ResponseWriter, r *http.Request, t *gatewright.Token) error {
	var req link.JoinRequest
	if err := receive(w, r, link.MaxJoinBytes, &req); err != nil {
		return err
	}
	g, err := f.control.Group(r.Context(), string(t.Group))
	if err != nil {
		return err
	}
	if req.Group != "" && req.Group != g.Name && req.Group != string(g.ID) {
		return gatewright.Errorf(gatewright.Forbidden, "the token is of group %q, and this gateway means to join %q; give it a token of that group (gatewright group token %q)", g.Name, req.Group, req.Group)
	}
	if gatewright.ResourceFormat < req.Formats.Min || gatewright.ResourceFormat > req.Formats.Max {
		return gatewright.Errorf(gatewright.PreconditionFailed, "this control plane writes resource format %d and the gateway (%.100s) reads %d to %d; run neighbouring versions of Gatewright on both sides",
			gatewright.ResourceFormat, req.Version, req.Formats.Min, req.Formats.Max)
	}
	joined, err := f.control.Join(r.Context(), t.Group, control.Join{
		Instance: req.Instance, SessionKey: req.SessionKey, Name: req.Name, Address: req.Address, Version: req.Version, ConfigID: req.ConfigID,
		Generation: req.Generation, Digest: req.Digest, Rejected: req.Rejections, Connected: req.Instance != "" && f.connected(req.Instance),
		Answers: req.Answers, PublicKey: req.PublicKey,
	})
	if err != nil {
		return err
	}
	f.superseded(joined.Instance)
	f.heard(joined.Instance, joined.SessionKey)
	w.Header().Set("Cache-Control", "no-store") // it holds a secret
	f.answer(w, http.StatusOK, &link.JoinResponse{
		Instance: joined.Instance, SessionKey: joined.SessionKey, Group: g.ID, GroupName: g.Name,
		Heartbeat: gatewright.Duration(f.cfg.Heartbeat), Ping: gatewright.Duration(f.cfg.Ping), Version: f.cfg.Version,
		ConfigID: req.ConfigID, Pins: joined.Pins,
	})
	return nil
}

func (f *Fleet) serveReport(w http.ResponseWriter, r *http.Request, t *gatewright.Token) error {
	var req link.Report
	if err := receive(w, r, link.MaxReportBytes, &req); err != nil {
		return err
	}
	if len(req.Prepared) > link.MaxPrepared {
		return gatewright.Errorf(gatewright.LimitExceeded, "the report answers %d prepares; at most %d are allowed", len(req.Prepared), link.MaxPrepared)
	}
	if req.Usage != nil && len(req.Usage.Counts) > link.MaxUsage {
		return gatewright.Errorf(gatewright.LimitExceeded, "the report has %d usage counts; at most %d are allowed", len(req.Usage.Counts), link.MaxUsage)
	}
	report := control.Report{
		Instance: req.Instance, SessionKey: req.SessionKey, Sequence: req.Sequence, Generation: req.Generation, Digest: req.Digest,
		Rejections: req.Rejections, Unlisted: req.Unlisted, Warnings: req.Warnings, Leaving: req.Leaving,
	}
	for _, p := range req.Prepared {
		report.Prepared = append(report.Prepared, control.Prepared{Change: p.Change, Generation: p.Generation, Digest: p.Digest, Rejections: p.Rejections, Unlisted: p.Unlisted})
	}
	if req.Usage != nil {
		report.Usage, report.UsageBatch = req.Usage.Counts, req.Usage.Batch
	}
	if err := f.control.Report(r.Context(), t.Group, report); err != nil {
		return err
	}
	f.heard(req.Instance, req.SessionKey)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// serveBlob answers with content that the group runs or prepares. The number
// of blobs in memory is bounded; more requests wait.
func (f *Fleet) serveBlob(w http.ResponseWriter, r *http.Request, t *gatewright.Token) error {
	hash := gatewright.Hash(r.PathValue("hash"))
	if !hash.Valid() {
		return gatewright.FieldErrorf("hash", "%.100q is not a hash", hash)
	}
	select {
	case f.blobs <- struct{}{}:
		defer func() { <-f.blobs }()
	case <-r.Context().Done():
		return fmt.Errorf("wait for a turn to send a blob: %w", r.Context().Err())
	}
	body, err := f.control.Blob(r.Context(), t.Group, hash)
	if err != nil {
		return err
	}
	rc := http.NewResponseController(w)
	if err := rc.SetWriteDeadline(time.Now().Add(blobTimeout)); err != nil {
		return fmt.Errorf("set write deadline: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", fmt.Sprint(len(body)))
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	h.Set("ETag", `"`+string(hash)+`"`)
	_, err = w.Write(body)
	if err = errors.Join(err, rc.Flush(), rc.SetWriteDeadline(time.Time{})); err != nil {
		f.cfg.Log.Debug("blob was not taken", slog.String("hash", string(hash)), slog.Any("error", err))
	}
	return nil
}
