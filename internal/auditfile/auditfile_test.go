package auditfile_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auditfile"
)

// chain calls each with n entries and returns the last.
func chain(t testing.TB, n int, each func(*gatewright.AuditEntry) error) gatewright.AuditHead {
	t.Helper()
	var head gatewright.AuditHead
	for i := range n {
		e := &gatewright.AuditEntry{
			At: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Second), Action: "group.update", Outcome: gatewright.AuditOK,
			Actor: gatewright.Actor{Name: "安 <ann>", Client: "cli"}, Target: fmt.Sprint("g", i), Before: json.RawMessage(`{"a":"<&>"}`), After: json.RawMessage(`{"a":[1.50]}`),
		}
		e.Link(head)
		head = e.Head()
		if err := each(e); err != nil {
			t.Fatal(err)
		}
	}
	return head
}

func export(t testing.TB, f auditfile.Format, n int, complete bool) (string, gatewright.AuditHead) {
	t.Helper()
	var b bytes.Buffer
	w := auditfile.NewWriter(&b, f)
	if err := w.Begin(gatewright.AuditHead{}, complete); err != nil {
		t.Fatal(err)
	}
	head := chain(t, n, w.Entry)
	if err := w.End(head); err != nil {
		t.Fatal(err)
	}
	return b.String(), head
}

func TestVerify(t *testing.T) {
	whole, head := export(t, auditfile.JSON, 20, true)
	lines := strings.SplitAfter(whole, "\n") // head, 20 entries, end
	without := func(i int) string { return strings.Join(append(append([]string{}, lines[:i]...), lines[i+1:]...), "") }
	pretty := func(s string) string {
		var b bytes.Buffer
		if err := json.Indent(&b, []byte(s), "", "  "); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	var sorted any
	dec := json.NewDecoder(strings.NewReader(whole))
	dec.UseNumber()
	if err := dec.Decode(&sorted); err != nil {
		t.Fatal(err)
	}
	bySorting, err := json.Marshal(sorted) // and with < and > written out
	if err != nil {
		t.Fatal(err)
	}
	other := head
	other.Hash = gatewright.HashBytes(nil)
	tests := []struct {
		name   string
		file   string
		expect []gatewright.AuditHead
		id     int64
		kind   gatewright.AuditFaultKind
	}{
		{"as it was written", whole, nil, 0, ""},
		{"indented by a tool", pretty(whole), nil, 0, ""},
		{"sorted by a tool", string(bySorting), nil, 0, ""},
		{"leads to a head", whole, []gatewright.AuditHead{head}, 0, ""},
		{"leads to another head", whole, []gatewright.AuditHead{other}, 20, gatewright.AuditAltered},
		{"altered", strings.Replace(whole, `"target":"g6"`, `"target":"g7"`, 1), nil, 7, gatewright.AuditAltered},
		{"state altered", strings.Replace(whole, "1.50", "1.5", 1), nil, 1, gatewright.AuditAltered},
		{"one missing", without(7), nil, 7, gatewright.AuditMissing},
		{"exchanged", strings.Replace(strings.Replace(strings.Replace(whole, lines[7], "@", 1), lines[8], lines[7], 1), "@", lines[8], 1), nil, 7, gatewright.AuditMissing},
		{"marked as a selection", strings.Replace(without(7), `"complete":true`, `"complete":false`, 1), nil, 0, ""},
		{"altered selection", strings.Replace(strings.Replace(without(7), `"complete":true`, `"complete":false`, 1), `"g8"`, `"x"`, 1), nil, 9, gatewright.AuditAltered},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := auditfile.Verify(strings.NewReader(tt.file), tt.expect...)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case tt.kind == "" && r.Fault != nil:
				t.Errorf("fault %+v", r.Fault)
			case tt.kind != "" && (r.Fault == nil || r.Fault.ID != tt.id || r.Fault.Kind != tt.kind):
				t.Errorf("fault %+v, want %s at %d", r.Fault, tt.kind, tt.id)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	whole, _ := export(t, auditfile.JSON, 3, true)
	tests := []struct {
		name, file string
		code       gatewright.Code
		message    string
	}{
		{"empty", "", gatewright.Invalid, "before its end"},
		{"cut off", whole[:len(whole)/2], gatewright.Invalid, "before its end"},
		{"cut off before the head", whole[:strings.Index(whole, "\n],")+2], gatewright.Invalid, "before its end"},
		{"without a head", whole[:strings.Index(whole, ",\"head\"")] + "}", gatewright.Invalid, "no audit export"},
		{"something behind it", whole + "{}", gatewright.Invalid, "follows the end"},
		{"entries twice", strings.Replace(whole, `,"head"`, `,"entries":[],"head"`, 1), gatewright.Invalid, "twice"},
		{"other member", strings.Replace(whole, `"format"`, `"from"`, 1), gatewright.Invalid, `"from"`},
		{"other format", strings.Replace(whole, "audit-1", "audit-2", 1), gatewright.Invalid, "no audit export"},
		{"no JSON", "id,at\n1,2", gatewright.Invalid, "no audit export"},
		{"a list", "[]", gatewright.Invalid, "no audit export"},
		{"entry of another kind", strings.Replace(whole, `"id":1,`, `"id":"1",`, 1), gatewright.Invalid, "no audit export"},
		{"endless entry", strings.Replace(whole, `"target":"g0"`, `"target":"`+strings.Repeat("x", 5<<20)+`"`, 1), gatewright.LimitExceeded, "longer than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := auditfile.Verify(strings.NewReader(tt.file))
			if gatewright.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("error %v, want %s about %q", err, tt.code, tt.message)
			}
		})
	}
}

// TestVerifyInBoundedMemory checks a log that does not fit into the memory it
// is allowed.
func TestVerifyInBoundedMemory(t *testing.T) {
	const n, allowed = 30_000, 4 << 20
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := bufio.NewWriterSize(w, 64<<10)
		out := auditfile.NewWriter(buffer, auditfile.JSON)
		_ = w.CloseWithError(func() error {
			if err := out.Begin(gatewright.AuditHead{}, true); err != nil {
				return err
			}
			if err := out.End(chain(t, n, out.Entry)); err != nil {
				return err
			}
			return buffer.Flush()
		}())
	}()
	most := &mostMemory{r: r}
	report, err := auditfile.Verify(most)
	<-done
	if err != nil || report.Fault != nil || report.Checked != int64(n) {
		t.Fatalf("report %+v, %v", report, err)
	}
	if most.log < 2*allowed || most.looks < 5 {
		t.Fatalf("a log of %d bytes and %d looks at the memory prove little", most.log, most.looks)
	}
	if most.bytes > allowed {
		t.Errorf("%d bytes of memory were in use", most.bytes)
	}
}

// mostMemory looks now and then how much memory is in use after collection.
type mostMemory struct {
	r     io.Reader
	log   int    // bytes that were read
	looks int    // at the memory, one for each MB of them
	bytes uint64 // most that were in use
}

func (m *mostMemory) Read(p []byte) (int, error) {
	if m.log > (m.looks+1)<<20 {
		m.looks++
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		m.bytes = max(m.bytes, s.HeapAlloc)
	}
	n, err := m.r.Read(p)
	m.log += n
	return n, err
}

// TestCSVIsNoFormula: a name must not become a program in somebody's
// spreadsheet.
func TestCSVIsNoFormula(t *testing.T) {
	var b bytes.Buffer
	w := auditfile.NewWriter(&b, auditfile.CSV)
	if err := w.Begin(gatewright.AuditHead{}, true); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ text, want string }{
		{"plain", "plain"},
		{"", ""},
		{"=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"},
		{"+1", "'+1"},
		{"-1", "'-1"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"\t=1", "'\t=1"},
		{"\r=1", "'\r=1"},
		{" =1", "' =1"},
		{"＝1", "'＝1"},
		{"a=1", "a=1"},
		{"two\nlines, and \"quotes\"", "two\nlines, and \"quotes\""},
	}
	for _, tt := range tests {
		e := &gatewright.AuditEntry{ID: 1, Action: tt.text, Target: tt.text, Detail: tt.text, Actor: gatewright.Actor{Name: tt.text, Client: tt.text, Address: tt.text}}
		if err := w.Entry(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(gatewright.AuditHead{}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != len(tests)+1 || len(rows[0]) != 17 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, tt := range tests {
		want := strings.ReplaceAll(tt.want, "\r\n", "\n")
		for _, column := range []int{2, 3, 4, 6, 8, 12} {
			if got := rows[i+1][column]; got != want {
				t.Errorf("%q became %q, want %q", tt.text, got, want)
			}
		}
	}
}

func FuzzVerify(f *testing.F) {
	whole, _ := export(f, auditfile.JSON, 3, true)
	f.Add(whole)
	f.Add(`{"entries":[{}],"head":{}}`)
	f.Add(`{"anchor":{"id":3},"entries":[{"id":-1}],"head":null,"format":"gatewright-audit-1"}`)
	f.Fuzz(func(t *testing.T, file string) {
		r, err := auditfile.Verify(strings.NewReader(file))
		if (r == nil) == (err == nil) {
			t.Errorf("report %+v and error %v", r, err)
		}
	})
}
