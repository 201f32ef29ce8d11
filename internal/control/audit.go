package control

import (
	"strings"

	"github.com/gatewright/gatewright"
)

// audit appends an entry for something that was done, within tx.
func audit(tx Tx, actor gatewright.Actor, action, target, detail string) error {
	return appendAudit(tx, &gatewright.AuditEntry{Actor: actor, Action: action, Target: target, Detail: detail})
}

// auditChange appends an entry that tells a thing before and after it was
// altered; either may be nil. Secrets are masked here.
func auditChange(tx Tx, actor gatewright.Actor, action, target string, before, after any) error {
	e := &gatewright.AuditEntry{Actor: actor, Action: action, Target: target}
	var err error
	if e.Before, err = gatewright.MaskState(before); err != nil {
		return err
	}
	if e.After, err = gatewright.MaskState(after); err != nil {
		return err
	}
	return appendAudit(tx, e)
}

// appendAudit is the one way into the audit log.
func appendAudit(tx Tx, e *gatewright.AuditEntry) error {
	e.At = tx.Now()
	if e.Outcome == "" {
		e.Outcome = gatewright.AuditOK
	}
	e.Target, e.Detail = gatewright.MaskText(e.Target), gatewright.MaskText(e.Detail)
	if err := place(tx, e); err != nil {
		return err
	}
	return tx.AppendAudit(e)
}

// place finds out what kind of thing the target is and which group and API it
// belongs to. What is gone already tells only its kind.
func place(tx Tx, e *gatewright.AuditEntry) error {
	e.Kind = gatewright.Action(e.Action).Noun()
	prefix, _, found := strings.Cut(e.Target, "_")
	if !found {
		prefix = ""
	}
	err := placeTarget(tx, e, prefix)
	if isNotFound(err) {
		return nil
	}
	return err
}

func placeTarget(tx Tx, e *gatewright.AuditEntry, prefix string) error {
	switch prefix {
	case "api":
		e.Kind, e.API = "api", gatewright.APIID(e.Target)
	case "rev":
		e.Kind = "revision"
		rev, err := tx.RevisionHead(gatewright.RevisionID(e.Target))
		if err != nil {
			return err
		}
		e.API = rev.API
	case "chg":
		e.Kind = "change"
		ch, err := tx.Change(gatewright.ChangeID(e.Target))
		if err != nil {
			return err
		}
		e.Group, e.API = ch.Group, onlyAPI(ch)
	case "tok":
		e.Kind = "token"
		t, err := tx.Token(gatewright.TokenID(e.Target))
		if err != nil {
			return err
		}
		e.Group = t.Group
	case "ins":
		e.Kind = "instance"
		in, err := tx.Instance(gatewright.InstanceID(e.Target))
		if err != nil {
			return err
		}
		e.Group = in.Group
	default:
		if e.Kind != "group" {
			return nil
		}
		g, err := findGroup(tx, e.Target)
		if err != nil {
			return err
		}
		e.Group = g.ID
	}
	return nil
}

// onlyAPI returns the API a change is about, "" for none or several.
func onlyAPI(ch *gatewright.Change) gatewright.APIID {
	var only gatewright.APIID
	for i := range ch.Items {
		s := ch.Items[i].Slot
		if s == nil {
			continue
		}
		if only != "" && only != s.API {
			return ""
		}
		only = s.API
	}
	return only
}
