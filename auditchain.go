package gatewright

import (
	"encoding/json"
	"fmt"
)

// AuditFaultKind says how a chain of audit entries was broken.
type AuditFaultKind string

// The kinds of fault.
const (
	AuditAltered   AuditFaultKind = "altered"   // an entry is not what was written
	AuditMissing   AuditFaultKind = "missing"   // entries were taken out
	AuditInserted  AuditFaultKind = "inserted"  // an entry was put in
	AuditReordered AuditFaultKind = "reordered" // an entry stands where another one was written
)

// AuditFault is the first thing that is wrong with a chain.
type AuditFault struct {
	ID      int64          `json:"id"` // the first entry that is wrong
	Kind    AuditFaultKind `json:"kind"`
	Message string         `json:"message"`
}

// AuditReport is what became of checking a chain.
type AuditReport struct {
	Checked int64       `json:"checked"` // how many entries are as they were written
	Partial bool        `json:"partial"` // a selection was checked: gaps in it mean nothing
	Anchor  AuditHead   `json:"anchor"`  // the last entry that retention deleted
	Head    AuditHead   `json:"head"`    // the newest entry there should be
	Fault   *AuditFault `json:"fault,omitempty"`
}

// movedReach is how far, in entries, an entry is looked for from where it
// stands, to tell one that was moved from one that was altered.
const movedReach = 64

// AuditVerifier checks entries one after the other, oldest first, in constant
// memory. After the first fault it is of no more use.
//
// What it cannot see is a chain that was computed anew from some entry to its
// end: for that, compare with a head that was kept elsewhere ([AuditVerifier.Expect]).
type AuditVerifier struct {
	report   AuditReport
	last     AuditHead // the entry before the next
	previous Hash      // of the entry before last
	told     bool      // an entry says that retention deleted up to the anchor
	expected []AuditHead
}

// NewAuditVerifier returns a verifier of the entries after anchor, the last
// entry that was deleted; the zero head when none was. An anchor without a hash
// is the last entry that is older than the chain. A partial chain is a
// selection of entries, each of which is checked by itself.
func NewAuditVerifier(anchor AuditHead, partial bool) *AuditVerifier {
	return &AuditVerifier{report: AuditReport{Anchor: anchor, Partial: partial}, last: anchor}
}

// Expect makes it a fault when the entry with the ID of head has another hash.
// Call it before the first Next.
func (v *AuditVerifier) Expect(head AuditHead) { v.expected = append(v.expected, head) }

// Pruned says that retention has deleted the entries up to anchor while the
// chain was being checked.
func (v *AuditVerifier) Pruned(anchor AuditHead) {
	if anchor.ID > v.last.ID {
		v.report.Anchor, v.last, v.previous, v.told = anchor, anchor, "", false
	}
}

// Next checks the next entry and returns what is wrong; nil when nothing is.
func (v *AuditVerifier) Next(e *AuditEntry) *AuditFault {
	if anchor := v.report.Anchor; anchor.Hash == "" && e.ID > 0 && e.ID <= anchor.ID {
		return nil // older than the chain
	}
	v.report.Fault = v.check(e)
	if v.report.Fault != nil {
		return v.report.Fault
	}
	v.previous, v.last = v.last.Hash, e.Head()
	v.report.Checked++
	if e.Action == AuditPrune {
		var through AuditHead
		if json.Unmarshal(e.After, &through) == nil && through == v.report.Anchor {
			v.told = true
		}
	}
	return nil
}

func (v *AuditVerifier) check(e *AuditEntry) *AuditFault {
	fault := func(id int64, kind AuditFaultKind, format string, args ...any) *AuditFault {
		return &AuditFault{ID: id, Kind: kind, Message: fmt.Sprintf(format, args...)}
	}
	switch whole := !v.report.Partial; {
	case e.ID < 1:
		return fault(e.ID, AuditInserted, "entry %d was put in: entries are numbered from 1", e.ID)
	case whole && e.ID <= v.report.Anchor.ID:
		return fault(e.ID, AuditInserted, "entry %d is there again: entries up to %d were deleted by retention", e.ID, v.report.Anchor.ID)
	case e.ID <= v.last.ID:
		return fault(e.ID, AuditReordered, "entry %d stands after entry %d", e.ID, v.last.ID)
	case whole && e.ID == v.last.ID+2:
		return fault(v.last.ID+1, AuditMissing, "entry %d is missing", v.last.ID+1)
	case whole && e.ID > v.last.ID+1:
		return fault(v.last.ID+1, AuditMissing, "entries %d to %d are missing", v.last.ID+1, e.ID-1)
	}
	if !e.intact() {
		from, moved := e.movedFrom()
		switch {
		case moved && from == v.last.ID && e.Previous == v.previous && !v.report.Partial:
			return fault(from, AuditInserted, "entry %d was put in: what was written under that number stands as entry %d", from, e.ID)
		case moved:
			return fault(e.ID, AuditReordered, "what stands as entry %d was written as entry %d", e.ID, from)
		}
		return fault(e.ID, AuditAltered, "entry %d is not what was written: its content and its hash do not belong together", e.ID)
	}
	if !v.report.Partial && e.Previous != v.last.Hash {
		if v.last.ID == v.report.Anchor.ID {
			return fault(e.ID, AuditAltered, "entry %d, now the first, does not follow what was deleted before it: it was written anew", e.ID)
		}
		return fault(v.last.ID, AuditAltered, "entry %d was written anew: entry %d followed another one", v.last.ID, e.ID)
	}
	for _, head := range v.expected {
		if head.ID == e.ID && head.Hash != e.Hash {
			return fault(e.ID, AuditAltered, "entry %d has another hash than the head that was kept: it, or something before it, was written anew", e.ID)
		}
	}
	return nil
}

// movedFrom finds the number under which an entry whose hash does not fit was
// written.
func (e *AuditEntry) movedFrom() (int64, bool) {
	other := *e
	for id := max(1, e.ID-movedReach); id <= e.ID+movedReach; id++ {
		other.ID = id
		if id != e.ID && other.Digest() == e.Hash {
			return id, true
		}
	}
	return 0, false
}

// End reports on everything that was checked; head is the newest entry there
// should be.
func (v *AuditVerifier) End(head AuditHead) *AuditReport {
	v.report.Head = head
	if v.report.Fault == nil && !v.report.Partial {
		v.report.Fault = v.checkEnds(head)
	}
	return &v.report
}

func (v *AuditVerifier) checkEnds(head AuditHead) *AuditFault {
	anchor := v.report.Anchor
	switch {
	case v.last.ID < head.ID:
		return &AuditFault{v.last.ID + 1, AuditMissing, fmt.Sprintf("the newest entries are missing, from %d to %d", v.last.ID+1, head.ID)}
	case v.last.ID > head.ID:
		return &AuditFault{head.ID + 1, AuditInserted, fmt.Sprintf("entry %d was put in: %d is the newest that was written", head.ID+1, head.ID)}
	case v.last.Hash != head.Hash:
		return &AuditFault{v.last.ID, AuditAltered, fmt.Sprintf("entry %d, the newest, was written anew", v.last.ID)}
	case anchor.Hash != "" && !v.told: // without a hash the chain begins there
		return &AuditFault{anchor.ID, AuditMissing, fmt.Sprintf("the entries up to %d are gone, and no entry says that retention deleted them", anchor.ID)}
	}
	for _, kept := range v.expected {
		if kept.ID == anchor.ID && kept.Hash != anchor.Hash {
			return &AuditFault{kept.ID, AuditAltered, fmt.Sprintf("entry %d, the last that retention deleted, has another hash than the head that was kept", kept.ID)}
		}
		if kept.ID > head.ID {
			return &AuditFault{head.ID + 1, AuditMissing, fmt.Sprintf("the head that was kept is entry %d; the newest entry is %d", kept.ID, head.ID)}
		}
	}
	return nil
}
