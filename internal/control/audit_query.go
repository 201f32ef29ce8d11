package control

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// AuditQuery selects audit entries as users do; empty members select all.
type AuditQuery struct {
	Actor   string
	Action  string // all of a noun when it ends with a dot: "token."
	Target  string
	Group   string // name or ID
	API     string // name or ID
	Since   time.Time
	Until   time.Time // exclusive; zero for no end
	Outcome gatewright.AuditOutcome
}

// Partial reports whether the query leaves anything out.
func (q AuditQuery) Partial() bool { return q != AuditQuery{} }

// filter looks up what the query names. Groups and APIs that are gone are
// still found by their ID.
func (q AuditQuery) filter(tx Tx) (AuditFilter, error) {
	f := AuditFilter{Actor: q.Actor, Action: q.Action, Target: q.Target, Since: q.Since, Until: q.Until, Outcome: q.Outcome}
	if q.Outcome != "" && q.Outcome != gatewright.AuditRefused && !slices.Contains(gatewright.AuditOutcomes(), q.Outcome) {
		return f, gatewright.FieldErrorf("outcome", "%q is not an outcome; use ok, refused, or the code of an error, such as forbidden", q.Outcome)
	}
	if q.Group != "" {
		g, err := findGroup(tx, q.Group)
		switch {
		case err == nil:
			f.Group = g.ID
		case isNotFound(err) && strings.HasPrefix(q.Group, "grp_"):
			f.Group = gatewright.GroupID(q.Group)
		default:
			return f, err
		}
	}
	if q.API != "" {
		api, _, err := findAPI(tx, q.API)
		switch {
		case err == nil:
			f.API = api.ID
		case isNotFound(err) && strings.HasPrefix(q.API, "api_"):
			f.API = gatewright.APIID(q.API)
		default:
			return f, err
		}
	}
	return f, nil
}

// Audit lists audit entries newest first; before is an exclusive upper ID, 0
// for none.
func (c *Control) Audit(ctx context.Context, q AuditQuery, before int64, limit int) ([]*gatewright.AuditEntry, error) {
	var es []*gatewright.AuditEntry
	err := c.store.View(ctx, func(tx Tx) error {
		f, err := q.filter(tx)
		if err != nil {
			return err
		}
		f.Before, f.Limit = before, limit
		es, err = tx.Audit(f)
		return err
	})
	return es, err
}

// AuditEntry returns one entry.
func (c *Control) AuditEntry(ctx context.Context, id int64) (*gatewright.AuditEntry, error) {
	var e *gatewright.AuditEntry
	err := c.store.View(ctx, func(tx Tx) (err error) {
		e, err = tx.AuditEntry(id)
		return err
	})
	return e, err
}

// AuditHead returns the newest entry's number and hash, to be kept elsewhere.
func (c *Control) AuditHead(ctx context.Context) (gatewright.AuditHead, error) {
	var h gatewright.AuditHead
	err := c.store.View(ctx, func(tx Tx) (err error) {
		h, err = tx.AuditHead()
		return err
	})
	return h, err
}

// auditBatch is how many entries are read, or deleted, in one transaction.
const auditBatch = 1000

// auditWalk is what is done on a way through the log, oldest entry first. Its
// functions are called outside of transactions.
type auditWalk struct {
	begin  func(anchor gatewright.AuditHead) error
	each   func(e *gatewright.AuditEntry) error
	pruned func(anchor gatewright.AuditHead) error // retention deleted entries that the walk had still to come to
}

// walkAudit goes through the entries the query selects, a batch at a time, and
// returns the newest entry there was when it came to the end.
func (c *Control) walkAudit(ctx context.Context, q AuditQuery, w auditWalk) (head gatewright.AuditHead, err error) {
	var anchor gatewright.AuditHead
	after := int64(math.MinInt64) // what was put in may have any number
	for first := true; ; first = false {
		var batch []*gatewright.AuditEntry
		err := c.store.View(ctx, func(tx Tx) error {
			f, err := q.filter(tx)
			if err != nil {
				return err
			}
			if anchor, err = tx.AuditAnchor(); err != nil {
				return err
			}
			if head, err = tx.AuditHead(); err != nil {
				return err
			}
			f.After, f.Oldest, f.Limit = after, true, auditBatch
			batch, err = tx.Audit(f)
			return err
		})
		switch {
		case err != nil:
		case first:
			err = w.begin(anchor)
		case anchor.ID > after:
			err = w.pruned(anchor)
		}
		if err != nil {
			return head, err
		}
		for _, e := range batch {
			if err := w.each(e); err != nil {
				return head, err
			}
			after = e.ID
		}
		if len(batch) < auditBatch {
			return head, nil
		}
	}
}

// ExportAudit calls begin, with the last entry that retention has deleted, and
// then each with every entry the query selects, oldest first, and returns the
// newest entry of the log. [gatewright.Conflict] when retention deletes
// entries meanwhile that had still to come.
func (c *Control) ExportAudit(ctx context.Context, q AuditQuery, begin func(anchor gatewright.AuditHead) error, each func(*gatewright.AuditEntry) error) (gatewright.AuditHead, error) {
	return c.walkAudit(ctx, q, auditWalk{begin, each, func(gatewright.AuditHead) error {
		return gatewright.Errorf(gatewright.Conflict, "retention deleted entries while they were exported; export again")
	}})
}

// VerifyAudit checks the whole log; expected are heads that were kept
// elsewhere. What is wrong is in the report; an error means that the log could
// not be read.
func (c *Control) VerifyAudit(ctx context.Context, expected ...gatewright.AuditHead) (*gatewright.AuditReport, error) {
	var v *gatewright.AuditVerifier
	begin := func(anchor gatewright.AuditHead) error {
		v = gatewright.NewAuditVerifier(anchor, false)
		for _, h := range expected {
			v.Expect(h)
		}
		return nil
	}
	each := func(e *gatewright.AuditEntry) error {
		if v.Next(e) != nil {
			return errFaultFound
		}
		return nil
	}
	pruned := func(anchor gatewright.AuditHead) error {
		v.Pruned(anchor)
		return nil
	}
	head, err := c.walkAudit(ctx, AuditQuery{}, auditWalk{begin, each, pruned})
	if err != nil && !errors.Is(err, errFaultFound) {
		return nil, err
	}
	return v.End(head), nil
}

// errFaultFound ends a walk.
var errFaultFound = errors.New("the audit log is not what was written")
