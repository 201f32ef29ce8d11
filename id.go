package gatewright

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// Identifiers are opaque strings: a prefix that names the kind of thing, then
// a UUIDv7, whose leading bits are the time of creation, so that identifiers
// sort by age. Names are what users type; identifiers are what the system
// keeps.
type (
	// APIID identifies an API ("api_…").
	APIID string
	// RevisionID identifies a revision of an API ("rev_…").
	RevisionID string
	// GroupID identifies a gateway group ("grp_…").
	GroupID string
	// InstanceID identifies one running gateway ("ins_…").
	InstanceID string
	// ChangeID identifies a change of a group ("chg_…").
	ChangeID string
	// TokenID identifies a token, never its secret ("tok_…").
	TokenID string
	// AppID identifies a caller ("app_…").
	AppID string
	// CredentialID identifies one key of an app, never the key ("crd_…").
	CredentialID string
)

// NewID returns prefix followed by a UUIDv7 made at now.
func NewID(prefix string, now time.Time) string {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		// crypto/rand never fails on supported systems; without randomness
		// nothing that follows could be trusted.
		panic("gatewright: no randomness: " + err.Error())
	}
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	out := make([]byte, 0, len(prefix)+36)
	out = append(out, prefix...)
	for i, part := range [][]byte{b[0:4], b[4:6], b[6:8], b[8:10], b[10:16]} {
		if i > 0 {
			out = append(out, '-')
		}
		out = hex.AppendEncode(out, part)
	}
	return string(out)
}
