package gatewright_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatewright/gatewright"
)

// chainOf returns n entries that follow anchor.
func chainOf(anchor gatewright.AuditHead, n int) []*gatewright.AuditEntry {
	var es []*gatewright.AuditEntry
	for i := range n {
		e := &gatewright.AuditEntry{
			At: time.Date(2026, 11, 21, 12, 0, i, 0, time.UTC), Actor: gatewright.Actor{Name: "ann", Client: "cli", Address: "::1", Token: "tok_1"},
			Action: "group.update", Kind: "group", Target: fmt.Sprint("g", i), Group: "grp_1", API: "api_1", Outcome: gatewright.AuditOK, Detail: "宠物 <&>",
			Before: json.RawMessage(`{"b": 1.50, "a": "<x>"}`), After: json.RawMessage(`{"z":[1,2],"a":"\u003cx\u003e"}`),
		}
		e.Link(anchor)
		anchor = e.Head()
		es = append(es, e)
	}
	return es
}

// verify checks a chain as it is stored; head is the one that is stored.
func verify(anchor gatewright.AuditHead, es []*gatewright.AuditEntry, head gatewright.AuditHead) *gatewright.AuditReport {
	v := gatewright.NewAuditVerifier(anchor, false)
	for _, e := range es {
		if v.Next(e) != nil {
			break
		}
	}
	return v.End(head)
}

func TestAuditChainIntact(t *testing.T) {
	es := chainOf(gatewright.AuditHead{}, 5)
	for i, e := range es {
		if e.ID != int64(i+1) || e.Hash != e.Digest() || i > 0 && e.Previous != es[i-1].Hash {
			t.Fatalf("entry %+v", e)
		}
	}
	if got := string(es[0].Before); got != `{"a":"<x>","b":1.50}` {
		t.Errorf("before is kept as %s", got)
	}
	if r := verify(gatewright.AuditHead{}, es, es[4].Head()); r.Fault != nil || r.Checked != 5 {
		t.Errorf("report %+v", r)
	}
	if r := verify(gatewright.AuditHead{}, nil, gatewright.AuditHead{}); r.Fault != nil {
		t.Errorf("empty: %+v", r.Fault)
	}
}

// TestAuditDigestFormat pins what is hashed: entries written once must be
// checked by every later version.
func TestAuditDigestFormat(t *testing.T) {
	e := chainOf(gatewright.AuditHead{}, 1)[0]
	const want = "18:gatewright audit 1,0:,1:1,27:2026-11-21T12:00:00.000000Z,3:ann,3:cli,3:::1,5:tok_1,12:group.update,5:group,2:g0,5:grp_1,5:api_1,2:ok,10:宠物 <&>,20:{\"a\":\"<x>\",\"b\":1.50},21:{\"a\":\"<x>\",\"z\":[1,2]},"
	if got := gatewright.HashBytes([]byte(want)); got != e.Hash {
		t.Errorf("hash is %s, of the documented form it is %s", e.Hash, got)
	}
}

// TestAuditDigestCoversEverything alters each field by itself.
func TestAuditDigestCoversEverything(t *testing.T) {
	var alter func(t *testing.T, path string, v reflect.Value, check func(string))
	alter = func(t *testing.T, path string, v reflect.Value, check func(string)) {
		for i := range v.NumField() {
			f, name := v.Field(i), path+v.Type().Field(i).Name
			before := reflect.New(f.Type()).Elem()
			before.Set(f)
			switch x := f.Addr().Interface().(type) {
			case *gatewright.Actor:
				alter(t, name+".", f, check)
				continue
			case *time.Time:
				*x = x.Add(time.Microsecond)
			case *int64:
				*x++
			case *json.RawMessage:
				*x = json.RawMessage(`{"a":"<y>"}`)
			default:
				f.SetString(f.String() + "x")
			}
			check(name)
			f.Set(before)
		}
	}
	e := chainOf(gatewright.AuditHead{}, 1)[0]
	whole := e.Digest()
	alter(t, "", reflect.ValueOf(e).Elem(), func(name string) {
		if name != "Hash" && e.Digest() == whole {
			t.Errorf("%s can be altered without a trace", name)
		}
	})
	if e.Digest() != whole {
		t.Fatal("the entry was not put back")
	}
	// Fields must not run into one another.
	a, b := *e, *e
	a.Action, a.Kind = "ab", "c"
	b.Action, b.Kind = "a", "bc"
	if a.Digest() == b.Digest() {
		t.Error("two entries with shifted fields have one digest")
	}
}

func TestAuditDigestSurvivesTools(t *testing.T) {
	for _, e := range chainOf(gatewright.AuditHead{}, 2) {
		for _, indent := range []string{"", "\t"} {
			for _, escape := range []bool{true, false} {
				var b bytes.Buffer
				enc := json.NewEncoder(&b)
				enc.SetEscapeHTML(escape)
				enc.SetIndent("", indent)
				if err := enc.Encode(e); err != nil {
					t.Fatal(err)
				}
				var back gatewright.AuditEntry
				if err := json.Unmarshal(b.Bytes(), &back); err != nil {
					t.Fatal(err)
				}
				if back.Digest() != e.Hash {
					t.Errorf("indent %q, escape %t: the digest changed", indent, escape)
				}
			}
		}
	}
}

func TestAuditTampering(t *testing.T) {
	const n = 10
	tests := []struct {
		name   string
		tamper func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry
		id     int64
		kind   gatewright.AuditFaultKind
	}{
		{"altered", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry { es[4].Detail = "x"; return es }, 5, gatewright.AuditAltered},
		{"first altered", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry { es[0].Actor.Name = "x"; return es }, 1, gatewright.AuditAltered},
		{"last altered", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry { es[9].After = nil; return es }, 10, gatewright.AuditAltered},
		{"altered and hashed", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry {
			es[4].Detail = "x"
			es[4].Hash = es[4].Digest()
			return es
		}, 5, gatewright.AuditAltered},
		{"first altered and hashed", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry {
			es[0].Previous = "x"
			es[0].Hash = es[0].Digest()
			return es
		}, 1, gatewright.AuditAltered},
		{"last altered and hashed", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry {
			es[9].Detail = "x"
			es[9].Hash = es[9].Digest()
			return es
		}, 10, gatewright.AuditAltered},
		{"one deleted", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry { return append(es[:4], es[5:]...) }, 5, gatewright.AuditMissing},
		{"several deleted", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry { return append(es[:4], es[7:]...) }, 5, gatewright.AuditMissing},
		{"first deleted", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry { return es[1:] }, 1, gatewright.AuditMissing},
		{"last deleted", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry { return es[:9] }, 10, gatewright.AuditMissing},
		{"all deleted", func([]*gatewright.AuditEntry) []*gatewright.AuditEntry { return nil }, 1, gatewright.AuditMissing},
		{"appended", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry {
			return append(es, chainOf(es[9].Head(), 1)...)
		}, 11, gatewright.AuditInserted},
		{"put between, the others moved on", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry {
			forged := chainOf(es[3].Head(), 1)[0]
			for _, e := range es[4:] {
				e.ID++
			}
			return append(es[:4:4], append([]*gatewright.AuditEntry{forged}, es[4:]...)...)
		}, 5, gatewright.AuditInserted},
		{"two exchanged", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry {
			es[4], es[5] = es[5], es[4]
			es[4].ID, es[5].ID = 5, 6
			return es
		}, 5, gatewright.AuditReordered},
		{"far ones exchanged", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry {
			es[1], es[8] = es[8], es[1]
			es[1].ID, es[8].ID = 2, 9
			return es
		}, 2, gatewright.AuditReordered},
		{"out of order", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry { es[4], es[5] = es[5], es[4]; return es }, 5, gatewright.AuditMissing},
		{"twice", func(es []*gatewright.AuditEntry) []*gatewright.AuditEntry {
			return append(es[:5:5], es[4:]...)
		}, 5, gatewright.AuditReordered},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			es := chainOf(gatewright.AuditHead{}, n)
			head := es[n-1].Head()
			r := verify(gatewright.AuditHead{}, tt.tamper(es), head)
			if r.Fault == nil || r.Fault.ID != tt.id || r.Fault.Kind != tt.kind {
				t.Fatalf("fault is %+v, want %s at %d", r.Fault, tt.kind, tt.id)
			}
			if !strings.Contains(r.Fault.Message, fmt.Sprint(tt.id)) {
				t.Errorf("the message does not name entry %d: %s", tt.id, r.Fault.Message)
			}
		})
	}
}

// TestAuditRetention: a chain that begins later is whole only if an entry of
// it says why.
func TestAuditRetention(t *testing.T) {
	es := chainOf(gatewright.AuditHead{}, 6)
	anchor := es[2].Head()
	prune := &gatewright.AuditEntry{Action: gatewright.AuditPrune, Outcome: gatewright.AuditOK}
	prune.After, _ = gatewright.MaskState(anchor)
	prune.Link(es[5].Head())
	kept := append(es[3:6:6], prune)

	if r := verify(anchor, kept, prune.Head()); r.Fault != nil {
		t.Errorf("after retention: %+v", r.Fault)
	}
	tests := []struct {
		name string
		r    *gatewright.AuditReport
		id   int64
		kind gatewright.AuditFaultKind
	}{
		{"beginning taken away", verify(anchor, es[3:], es[5].Head()), 3, gatewright.AuditMissing},
		{"more taken away than retention did", verify(es[3].Head(), kept[1:], prune.Head()), 4, gatewright.AuditMissing},
		{"more taken away, anchor left", verify(anchor, kept[1:], prune.Head()), 4, gatewright.AuditMissing},
		{"put back", verify(anchor, append(es[2:3:3], kept...), prune.Head()), 3, gatewright.AuditInserted},
		{"anchor altered", verify(gatewright.AuditHead{ID: 3, Hash: es[0].Hash}, kept, prune.Head()), 4, gatewright.AuditAltered},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.r.Fault == nil || tt.r.Fault.ID != tt.id || tt.r.Fault.Kind != tt.kind {
				t.Errorf("fault is %+v, want %s at %d", tt.r.Fault, tt.kind, tt.id)
			}
		})
	}

	t.Run("while it is checked", func(t *testing.T) {
		v := gatewright.NewAuditVerifier(gatewright.AuditHead{}, false)
		v.Next(es[0])
		v.Pruned(anchor)
		for _, e := range kept {
			v.Next(e)
		}
		if r := v.End(prune.Head()); r.Fault != nil {
			t.Errorf("%+v", r.Fault)
		}
	})
	t.Run("older than the chain", func(t *testing.T) {
		old := gatewright.AuditEntry{ID: 2, Action: "x"}
		young := chainOf(gatewright.AuditHead{ID: 2}, 2)
		if r := verify(gatewright.AuditHead{ID: 2}, append([]*gatewright.AuditEntry{&old}, young...), young[1].Head()); r.Fault != nil || r.Checked != 2 {
			t.Errorf("%+v", r)
		}
	})
}

// TestAuditExpectedHead: a chain that was written anew gives itself away only
// by a head that was kept.
func TestAuditExpectedHead(t *testing.T) {
	es := chainOf(gatewright.AuditHead{}, 6)
	forged := chainOf(gatewright.AuditHead{}, 3)
	forged[2].Detail = "x"
	forged[2].Link(forged[1].Head())
	forged = append(forged, chainOf(forged[2].Head(), 3)...)
	check := func(chain []*gatewright.AuditEntry, kept gatewright.AuditHead) *gatewright.AuditFault {
		v := gatewright.NewAuditVerifier(gatewright.AuditHead{}, false)
		v.Expect(kept)
		for _, e := range chain {
			if v.Next(e) != nil {
				break
			}
		}
		return v.End(chain[len(chain)-1].Head()).Fault
	}
	if f := check(es, es[4].Head()); f != nil {
		t.Errorf("its own head: %+v", f)
	}
	if f := check(forged, es[1].Head()); f != nil {
		t.Errorf("a head from before it was written anew: %+v", f)
	}
	if f := check(forged, es[4].Head()); f == nil || f.ID != 5 || f.Kind != gatewright.AuditAltered {
		t.Errorf("written anew: %+v", f)
	}
	if f := check(es[:3], es[4].Head()); f == nil || f.Kind != gatewright.AuditMissing {
		t.Errorf("cut off: %+v", f)
	}
}

func TestAuditPartial(t *testing.T) {
	es := chainOf(gatewright.AuditHead{}, 6)
	v := gatewright.NewAuditVerifier(gatewright.AuditHead{}, true)
	v.Next(es[1])
	v.Next(es[4])
	if r := v.End(es[5].Head()); r.Fault != nil || r.Checked != 2 || !r.Partial {
		t.Errorf("%+v", r)
	}
	es[3].Detail = "x"
	v = gatewright.NewAuditVerifier(gatewright.AuditHead{}, true)
	if f := v.Next(es[3]); f == nil || f.Kind != gatewright.AuditAltered || f.ID != 4 {
		t.Errorf("%+v", f)
	}
}

func TestAuditHeadText(t *testing.T) {
	h := chainOf(gatewright.AuditHead{}, 3)[2].Head()
	got, err := gatewright.ParseAuditHead(h.String())
	if err != nil || got != h {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "3", "3:", "x:" + string(h.Hash), "0:" + string(h.Hash), "-1:" + string(h.Hash), "3:sha256:00", string(h.Hash)} {
		_, err := gatewright.ParseAuditHead(bad)
		wantCode(t, err, gatewright.Invalid)
	}
}

// TestAuditLimits: one request cannot fill the log.
func TestAuditLimits(t *testing.T) {
	long := strings.Repeat("宠", 1<<20)
	state, err := json.Marshal(long)
	if err != nil {
		t.Fatal(err)
	}
	e := &gatewright.AuditEntry{Action: long, Target: long, Detail: long + "\x00\xff", Actor: gatewright.Actor{Name: long}, Before: state, After: json.RawMessage("{")}
	e.Link(gatewright.AuditHead{})
	for what, s := range map[string]string{"action": e.Action, "target": e.Target, "actor": e.Actor.Name} {
		if len(s) > gatewright.MaxAuditText || !utf8.ValidString(s) || !strings.HasSuffix(s, "…") {
			t.Errorf("%s has %d bytes", what, len(s))
		}
	}
	if len(e.Detail) > gatewright.MaxAuditNote || !utf8.ValidString(e.Detail) {
		t.Errorf("detail has %d bytes", len(e.Detail))
	}
	if len(e.Before) > 200 || !strings.Contains(string(e.Before), "sha256:") {
		t.Errorf("before is %.300s", e.Before)
	}
	if string(e.After) != `"{"` {
		t.Errorf("after is %s", e.After)
	}
	if e.Hash != e.Digest() {
		t.Error("the hash is not that of what is kept")
	}
}
