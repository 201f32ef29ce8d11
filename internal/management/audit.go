package management

import (
	"context"
	"strconv"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

func (a *API) auditRoutes() {
	op := get("/audit", "listAudit", "system", "List who did what")
	op.description = "Newest first."
	handle(a, op, func(ctx context.Context, in *PageInput) (*answer[wire.List[*gatewright.AuditEntry]], error) {
		before, err := in.afterNumber("audit")
		if err != nil {
			return nil, err
		}
		es, err := a.control.Audit(ctx, before, in.Limit+1)
		return ok(page("audit", es, in.Limit, func(e *gatewright.AuditEntry) string { return strconv.FormatInt(e.ID, 10) }), err)
	})
}
