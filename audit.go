package gatewright

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of an audit entry. What is longer is cut where it is written, so that
// nobody can fill the log with one request.
const (
	MaxAuditText  = 512       // bytes of a name, address, action, target or identifier
	MaxAuditNote  = 4096      // bytes of the detail
	MaxAuditState = 256 << 10 // bytes of what something was before or after; more is told as size and hash
)

// AuditOutcome says what became of an attempt: [AuditOK], or the [Code] it was
// refused with.
type AuditOutcome string

const (
	// AuditOK is the outcome of what was done.
	AuditOK AuditOutcome = "ok"
	// AuditRefused selects, in filters, every outcome but AuditOK.
	AuditRefused AuditOutcome = "refused"
)

// AuditOutcomes lists the outcomes an entry may have.
func AuditOutcomes() []AuditOutcome {
	all := []AuditOutcome{AuditOK}
	for _, code := range []Code{Invalid, NotFound, Conflict, Unauthenticated, Forbidden, PreconditionFailed, LimitExceeded, Unavailable, Internal} {
		all = append(all, AuditOutcome(code))
	}
	return all
}

// AuditPrune is the action of an entry that tells which entries were deleted
// because of their age. Its After is the [AuditHead] of the last one of them.
const AuditPrune = "audit.prune"

// AuditEntry records one thing somebody did, or tried to. Entries form a
// chain: each holds the hash of the one before, so that none can be altered,
// taken out, put in or moved without breaking it.
type AuditEntry struct {
	ID      int64        `json:"id"` // 1, 2, 3 … without gaps
	At      time.Time    `json:"at"`
	Actor   Actor        `json:"actor"`
	Action  string       `json:"action"`           // "change.submit", "group.create", "token.revoke" …
	Kind    string       `json:"kind,omitempty"`   // what Target is: "api", "group", "change" …
	Target  string       `json:"target,omitempty"` // identifier or name of what it was done to
	Group   GroupID      `json:"group,omitempty"`  // the gateway group it concerns, if it is one
	API     APIID        `json:"api,omitempty"`    // the API it concerns, if it is one
	Outcome AuditOutcome `json:"outcome"`
	Detail  string       `json:"detail,omitempty"`

	// Before and After tell the target as it was and as it became, secrets
	// masked, as canonical JSON. Either is empty where there was nothing, or
	// nothing that can be told.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`

	Previous Hash `json:"previous"` // Hash of the entry before; "" for the first
	Hash     Hash `json:"hash"`     // Digest of this one, when it was written
}

// Actor is who does something, and through what.
type Actor struct {
	Name    string  `json:"name"`
	Client  string  `json:"client"`            // "cli", "api" …
	Address string  `json:"address,omitempty"` // where the request came from
	Token   TokenID `json:"token,omitempty"`
}

// AuditHead is the newest entry of a chain up to some moment. Kept where the
// database's owner cannot reach, it proves later that nothing before it was
// altered.
type AuditHead struct {
	ID   int64 `json:"id"`   // 0 before the first entry
	Hash Hash  `json:"hash"` // "" before the first entry
}

// String returns the head as [ParseAuditHead] reads it: "120:sha256:…".
func (h AuditHead) String() string { return strconv.FormatInt(h.ID, 10) + ":" + string(h.Hash) }

// ParseAuditHead reads what [AuditHead.String] wrote.
func ParseAuditHead(s string) (AuditHead, error) {
	number, hash, _ := strings.Cut(s, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id < 1 || !Hash(hash).Valid() {
		return AuditHead{}, FieldErrorf("head", "%.100q is not the head of an audit log; it looks like 120:sha256:…, as \"gatewright audit head\" writes it", s)
	}
	return AuditHead{ID: id, Hash: Hash(hash)}, nil
}

// Head returns the head of the chain that ends with e.
func (e *AuditEntry) Head() AuditHead { return AuditHead{ID: e.ID, Hash: e.Hash} }

// Link makes e the entry that follows head: it brings texts, times and JSON
// into the form in which they are kept and numbers and hashes the entry.
func (e *AuditEntry) Link(head AuditHead) {
	for _, s := range []*string{&e.Actor.Name, &e.Actor.Client, &e.Actor.Address, (*string)(&e.Actor.Token), &e.Action, &e.Kind, &e.Target, (*string)(&e.Group), (*string)(&e.API), (*string)(&e.Outcome)} {
		*s = storableText(*s, MaxAuditText)
	}
	e.Detail = storableText(e.Detail, MaxAuditNote)
	e.At = e.At.UTC().Truncate(time.Microsecond)
	e.Before, e.After = storableState(e.Before), storableState(e.After)
	e.ID, e.Previous = head.ID+1, head.Hash
	e.Hash = e.digest(string(e.Before), string(e.After))
}

// storableText returns s the way every database takes it: UTF-8 without the
// character U+0000, at most limit bytes of it.
func storableText(s string, limit int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= limit {
		return s
	}
	const more = "…"
	cut := limit - len(more)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + more
}

// storableState returns JSON in canonical form. What is no JSON becomes a JSON
// string; what is too long is told as its size and hash.
func storableState(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	canonical, err := canonicalJSON(raw)
	if err != nil {
		canonical = appendJSON(nil, storableText(string(raw), MaxAuditNote))
	}
	if len(canonical) > MaxAuditState {
		return fmt.Appendf(nil, `{"bytes":%d,"hash":%q}`, len(canonical), HashBytes(canonical))
	}
	return canonical
}

// auditFormat is the first field of what is hashed. Another set or order of
// fields gets another name.
const auditFormat = "gatewright audit 1"

// Digest returns the hash that belongs to the entry's content: the SHA-256 of
// the following fields in this order, each written as its length in bytes, in
// decimal, then ":", the bytes and ",".
//
//	"gatewright audit 1"
//	previous  hash of the entry before as text, empty for the first
//	id        decimal
//	at        2006-01-02T15:04:05.000000Z, empty when unknown
//	actor     name, client, address and token: four fields
//	action, kind, target, group, api, outcome, detail
//	before, after   canonical JSON, empty for none: no white space, members
//	          sorted by the bytes of their names, in strings only those
//	          characters escaped that must be, and U+2028 and U+2029
func (e *AuditEntry) Digest() Hash {
	return e.digest(canonicalState(e.Before), canonicalState(e.After))
}

// intact reports whether the entry's hash belongs to its content. JSON that is
// in its canonical form, as in a store, need not be read for that.
func (e *AuditEntry) intact() bool {
	return e.digest(string(e.Before), string(e.After)) == e.Hash || e.Digest() == e.Hash
}

func (e *AuditEntry) digest(before, after string) Hash {
	at := ""
	if !e.At.IsZero() {
		at = e.At.UTC().Format("2006-01-02T15:04:05.000000Z")
	}
	var b bytes.Buffer
	for _, field := range []string{
		auditFormat, string(e.Previous), strconv.FormatInt(e.ID, 10), at,
		e.Actor.Name, e.Actor.Client, e.Actor.Address, string(e.Actor.Token),
		e.Action, e.Kind, e.Target, string(e.Group), string(e.API), string(e.Outcome), e.Detail,
		before, after,
	} {
		b.WriteString(strconv.Itoa(len(field)))
		b.WriteByte(':')
		b.WriteString(field)
		b.WriteByte(',')
	}
	return HashBytes(b.Bytes())
}

// canonicalState undoes what a tool may have done to JSON on its way here:
// indenting it, escaping more of it, sorting it.
func canonicalState(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	canonical, err := canonicalJSON(raw)
	if err != nil {
		return string(raw) // no hash will fit it
	}
	return string(canonical)
}

// canonicalJSON returns the same JSON value in its one canonical form. Numbers
// stay as they are written.
func canonicalJSON(raw []byte) ([]byte, error) {
	v, err := decodeJSON(raw)
	if err != nil {
		return nil, err
	}
	return appendJSON(nil, v), nil
}

// decodeJSON reads one JSON value and keeps its numbers as they are written.
func decodeJSON(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("read JSON: something follows the value")
	}
	return v, nil
}

// appendJSON appends v, which [decodeJSON] returned or a string, canonically.
func appendJSON(b []byte, v any) []byte {
	buf := bytes.NewBuffer(b)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // never, for maps, lists, strings and numbers that were JSON
		return append(b, "null"...)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
