package management

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// verifyTimeout bounds the time the log is checked for one request.
const verifyTimeout = MaxWait + requestTimeout

// AuditQueryInput is what selects audit entries.
type AuditQueryInput struct {
	Actor   string    `query:"actor" maxLength:"512" doc:"Only what this one did."`
	Action  string    `query:"action" maxLength:"512" example:"token." doc:"Only this action; all of a noun when it ends with a dot."`
	Target  string    `query:"target" maxLength:"512" doc:"Only what was done to this, as entries name it."`
	Group   string    `query:"group" doc:"Name or identifier of a group."`
	API     string    `query:"api" doc:"Name or identifier of an API."`
	Since   time.Time `query:"since" doc:"From this time on."`
	Until   time.Time `query:"until" doc:"Before this time."`
	Outcome string    `query:"outcome" example:"refused" doc:"ok, refused, or the code with which it was refused."`
}

func (in *AuditQueryInput) query() control.AuditQuery {
	return control.AuditQuery{
		Actor: in.Actor, Action: in.Action, Target: in.Target, Group: in.Group, API: in.API,
		Since: in.Since, Until: in.Until, Outcome: gatewright.AuditOutcome(in.Outcome),
	}
}

type auditListInput struct {
	PageInput
	AuditQueryInput
}

type auditEntryInput struct {
	ID int64 `path:"id" minimum:"1"`
}

type auditVerifyInput struct {
	Head []string `query:"head" maxItems:"16" example:"120:sha256:…" doc:"Heads that were kept elsewhere; the log must still lead to them."`
}

func (a *API) auditRoutes() {
	op := get("/audit", "listAudit", "audit", "List who did what")
	op.description = "Newest first."
	handle(a, op, func(ctx context.Context, in *auditListInput) (*answer[wire.List[*gatewright.AuditEntry]], error) {
		before, err := in.afterNumber("audit")
		if err != nil {
			return nil, err
		}
		es, err := a.control.Audit(ctx, in.query(), before, in.Limit+1)
		if err != nil {
			return nil, err
		}
		l := page("audit", es, in.Limit, func(e *gatewright.AuditEntry) string { return strconv.FormatInt(e.ID, 10) })
		apis := make([]gatewright.APIID, len(l.Items))
		for i, e := range l.Items {
			apis[i] = e.API
		}
		visible, err := a.visibleIn(ctx, gatewright.ActionAuditRead, apis)
		if err != nil {
			return nil, err
		}
		l.Items = kept(l.Items, func(e *gatewright.AuditEntry) bool { return visible(e.Group, e.API) })
		return ok(l, nil)
	})

	handle(a, get("/audit/{id}", "getAudit", "audit", "Get an audit entry"), func(ctx context.Context, in *auditEntryInput) (*answer[*gatewright.AuditEntry], error) {
		if err := a.permit(ctx, auth.Need{Action: gatewright.ActionAuditRead}); err == nil { // all of it
			return ok(a.control.AuditEntry(ctx, in.ID))
		}
		e, err := a.control.AuditEntry(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		projects, err := a.control.ProjectsOf(ctx, e.API)
		if err != nil {
			return nil, err
		}
		return ok(e, a.permit(ctx, auth.Need{Action: gatewright.ActionAuditRead, Scope: auth.Scope{Project: projects[e.API], Group: e.Group}}))
	})

	op = get("/audit/head", "getAuditHead", "audit", "Get the head of the audit log")
	op.description = "The number and the hash of the newest entry. Kept where the database's owner cannot reach, it proves later that nothing before it was altered."
	handle(a, op, func(ctx context.Context, _ *struct{}) (*answer[gatewright.AuditHead], error) {
		return ok(a.control.AuditHead(ctx))
	})

	op = get("/audit/verification", "verifyAudit", "audit", "Check that nothing in the audit log was altered")
	op.description, op.waits = "Reads all of it. What is wrong is in the answer's fault.", true
	handle(a, op, a.verifyAudit)

	a.auditExportRoute()
}

func (a *API) verifyAudit(ctx context.Context, in *auditVerifyInput) (*answer[*gatewright.AuditReport], error) {
	ctx, cancel := context.WithTimeout(ctx, verifyTimeout)
	defer cancel()
	var expected []gatewright.AuditHead
	for _, text := range in.Head {
		h, err := gatewright.ParseAuditHead(text)
		if err != nil {
			return nil, err
		}
		expected = append(expected, h)
	}
	done, err := take(a.waiting, "waiting requests")
	if err != nil {
		return nil, err
	}
	defer done()
	report, err := a.control.VerifyAudit(ctx, expected...)
	if err != nil && ctx.Err() != nil {
		return nil, gatewright.Errorf(gatewright.Unavailable, "the audit log could not be read within %s; export it and check the file: gatewright audit export -o audit.json && gatewright audit verify --from-file audit.json", verifyTimeout)
	}
	return ok(report, err)
}

// auditRefusal writes down, once the answer is sent, that a request was
// refused: every one that would have altered something, and every one that
// nobody was let in with. What was never an operation, and what the control
// plane itself could not do, is not written down.
func (a *API) auditRefusal(r *http.Request, status int, refused error) {
	if requestOf(r.Context()).audited {
		return
	}
	code := gatewright.CodeOf(refused)
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	switch {
	case refused == nil, status >= http.StatusInternalServerError:
		return
	case code == gatewright.Unauthenticated:
	case reading && code != gatewright.Forbidden, r.Pattern == "", slices.Contains(dryRuns(), r.Pattern):
		return
	}
	actor := requestOf(r.Context()).actor
	if actor.Name == "" {
		actor = gatewright.Actor{Client: clientOf(r), Address: addressOf(r)}
	}
	// The answer is out; a caller that has gone must not keep this from being written.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), requestTimeout)
	defer cancel()
	if err := a.control.AuditRefusal(ctx, actor, "request.refuse", r.Method+" "+r.URL.Path, refused); err != nil {
		a.cfg.Log.Error("refusal is not in the audit log", slog.Any("error", err))
	}
}

// dryRuns are the patterns of the operations that alter nothing, though they
// are no GET.
func dryRuns() []string {
	return []string{"POST /api/v1/plans", "POST /api/v1/groups/{group}/apply-plans"}
}
