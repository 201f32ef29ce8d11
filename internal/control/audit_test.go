package control_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// unaudited are functions that write and need no entry, and why.
var unaudited = map[string]string{
	"amend":    "what became of a message",
	"Answered": "what an instance says to a question, whose asking has an entry",
	"await":    "forgets a question that was answered; its asking has an entry",
	"Claim":    "that a message is being sent",
	"giveUp":   "ends a change, whose submission has an entry",
	"note":     "when a token or session was used last",
	"onChange": "Decide and Cancel, its callers, audit in what they give it",
	"Remind":   "puts messages into the outbox",
	"Report":   "what gateways say of themselves",
	"Reseal":   "other ciphertext of the same",
	"Sweep":    "forgets what nobody needs; what it deletes of the audit log itself has an entry",
	"withdraw": "ends a question, whose asking has an entry",
}

// TestEveryUpdateIsAudited reads the package: each transaction that writes
// must come to write into the audit log, too.
func TestEveryUpdateIsAudited(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]map[string]bool{} // by function: what its body names
	type site struct {
		function string
		place    token.Position
		names    map[string]bool
	}
	var sites []site
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			if names[f.Name.Name] == nil {
				names[f.Name.Name] = map[string]bool{}
			}
			maps.Copy(names[f.Name.Name], namesIn(f.Body))
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if update, ok := n.(*ast.SelectorExpr); ok && isStoreUpdate(update) {
					sites = append(sites, site{f.Name.Name, set.Position(update.Pos()), namesIn(f.Body)}) // unless there is better
				}
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				update, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || !isStoreUpdate(update) {
					return true
				}
				work := map[string]bool{}
				for _, arg := range call.Args {
					maps.Copy(work, namesIn(arg))
				}
				if _, literal := call.Args[len(call.Args)-1].(*ast.FuncLit); !literal {
					work = namesIn(f.Body)
				}
				sites = append(sites, site{f.Name.Name, set.Position(call.Pos()), work})
				return false
			})
		}
	}
	stale := maps.Clone(unaudited)
	for _, s := range sites {
		audited := false
		for name := range s.names {
			audited = audited || name == "appendAudit" || reaches(names, name, "appendAudit", map[string]bool{})
		}
		if unaudited[s.function] != "" {
			delete(stale, s.function)
		} else if !audited {
			t.Errorf("%s: %s writes and leaves no audit entry; call audit or auditChange in the transaction, or say in this test why not", s.place, s.function)
		}
	}
	for name := range stale {
		t.Errorf("%s does not write; take it from the list", name)
	}
	if len(sites) < 20 {
		t.Fatalf("only %d transactions that write were found", len(sites))
	}
}

// isStoreUpdate reports whether it is x.store.Update.
func isStoreUpdate(s *ast.SelectorExpr) bool {
	inner, ok := s.X.(*ast.SelectorExpr)
	return ok && inner.Sel.Name == "store" && s.Sel.Name == "Update"
}

// namesIn returns the functions called within n by their names, those of a
// transaction left out: they have the names of operations.
func namesIn(n ast.Node) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch f := call.Fun.(type) {
		case *ast.Ident:
			names[f.Name] = true
		case *ast.SelectorExpr:
			if id, ok := f.X.(*ast.Ident); ok && id.Name == "tx" {
				return true
			}
			if inner, ok := f.X.(*ast.SelectorExpr); ok && inner.Sel.Name == "tx" {
				return true
			}
			names[f.Sel.Name] = true
		}
		return true
	})
	return names
}

func reaches(names map[string]map[string]bool, from, to string, seen map[string]bool) bool {
	if names[from][to] {
		return true
	}
	seen[from] = true
	for next := range names[from] {
		if !seen[next] && reaches(names, next, to, seen) {
			return true
		}
	}
	return false
}

// newest returns the newest audit entries, the last one first.
func (w *world) newest(n int) []*gatewright.AuditEntry {
	w.t.Helper()
	es, err := w.c.Audit(w.ctx, control.AuditQuery{}, 0, n)
	w.must(err)
	return es
}

func (w *world) auditIntact(checked int64) {
	w.t.Helper()
	r, err := w.c.VerifyAudit(w.ctx)
	w.must(err)
	if r.Fault != nil || r.Checked != checked {
		w.t.Fatalf("report %+v, fault %+v, want %d entries", r, r.Fault, checked)
	}
}

func TestAuditTellsBeforeAndAfter(t *testing.T) {
	w := newWorld(t)
	g := w.group("test", gatewright.StageTest)
	actor := gatewright.Actor{Name: "ann", Client: "cli", Address: "10.0.0.1", Token: "tok_1"}
	_, err := w.c.UpdateGroup(w.ctx, actor, "test", g.Revised, map[string]string{"password": "geheim", "region": "eu"}, gatewright.GroupSettings{})
	w.must(err)
	e := w.newest(1)[0]
	if e.Actor != actor || e.Action != "group.update" || e.Kind != "group" || e.Group != g.ID || e.Outcome != gatewright.AuditOK || e.At.IsZero() {
		t.Errorf("entry %+v", e)
	}
	labels := func(raw json.RawMessage) map[string]string {
		var v struct{ Labels map[string]string }
		w.must(json.Unmarshal(raw, &v))
		return v.Labels
	}
	if diff := cmp.Diff(map[string]string{"password": gatewright.Masked, "region": "eu"}, labels(e.After)); diff != "" {
		t.Error(diff)
	}
	if got := labels(e.Before); got != nil {
		t.Errorf("before: %v", got)
	}
	if got, err := w.c.AuditEntry(w.ctx, e.ID); err != nil || cmp.Diff(got, e) != "" {
		t.Errorf("%v, %v", got, err)
	}
	_, err = w.c.AuditEntry(w.ctx, 99)
	if gatewright.CodeOf(err) != gatewright.NotFound {
		t.Errorf("missing entry: %v", err)
	}
}

// TestAuditKnowsWhere: entries are found by the group and API they concern.
func TestAuditKnowsWhere(t *testing.T) {
	w := newWorld(t)
	test, production := w.group("test", gatewright.StageTest), w.group("production", gatewright.StageProduction)
	_, _, err := w.c.CreateToken(w.ctx, admin, gatewright.TokenInstance, "gw", "production")
	w.must(err)
	_, _, err = w.c.CreateToken(w.ctx, admin, gatewright.TokenAdmin, "ci", "")
	w.must(err)
	count := func(q control.AuditQuery) int {
		es, err := w.c.Audit(w.ctx, q, 0, 100)
		w.must(err)
		return len(es)
	}
	for _, tt := range []struct {
		name string
		q    control.AuditQuery
		want int
	}{
		{"group by name", control.AuditQuery{Group: "production"}, 2},
		{"group by ID", control.AuditQuery{Group: string(test.ID)}, 1},
		{"group and action", control.AuditQuery{Group: string(production.ID), Action: "token."}, 1},
		{"a group that is gone", control.AuditQuery{Group: "grp_gone"}, 0},
		{"an API that is gone", control.AuditQuery{API: "api_gone"}, 0},
		{"refused", control.AuditQuery{Outcome: gatewright.AuditRefused}, 0},
	} {
		if got := count(tt.q); got != tt.want {
			t.Errorf("%s: %d entries, want %d", tt.name, got, tt.want)
		}
	}
	for _, q := range []control.AuditQuery{{Group: "nowhere"}, {API: "nothing"}} {
		if _, err := w.c.Audit(w.ctx, q, 0, 1); gatewright.CodeOf(err) != gatewright.NotFound {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if _, err := w.c.Audit(w.ctx, control.AuditQuery{Outcome: "good"}, 0, 1); gatewright.CodeOf(err) != gatewright.Invalid {
		t.Errorf("an outcome that is none: %v", err)
	}
}

func TestAuditMasksFreeText(t *testing.T) {
	w := newWorld(t)
	_, secret, err := w.c.CreateToken(w.ctx, admin, gatewright.TokenAdmin, "ci", "")
	w.must(err)
	w.must(w.c.AuditRefusal(w.ctx, admin, "request.refuse", "/tokens/"+secret, gatewright.Errorf(gatewright.NotFound, "there is no %s", secret)))
	e := w.newest(1)[0]
	if text := fmt.Sprint(*e); strings.Contains(text, secret) || !strings.Contains(text, gatewright.Masked) {
		t.Errorf("the entry tells a secret: %s", text)
	}
	if e.Outcome != "not_found" {
		t.Errorf("outcome %q", e.Outcome)
	}
}

// TestAuditRefusalsAreBounded: whoever guesses must not fill the log.
func TestAuditRefusalsAreBounded(t *testing.T) {
	w := newWorld(t)
	refuse := func(address string, n int) {
		for range n {
			w.must(w.c.AuditRefusal(w.ctx, gatewright.Actor{Address: address}, "request.refuse", "x", gatewright.Errorf(gatewright.Unauthenticated, "no")))
		}
	}
	count := func(q control.AuditQuery) int {
		es, err := w.c.Audit(w.ctx, q, 0, 10_000)
		w.must(err)
		return len(es)
	}
	refuse("10.0.0.1", control.MaxRefusalsFrom+20)
	if n := count(control.AuditQuery{}); n != control.MaxRefusalsFrom {
		t.Errorf("%d entries of one address", n)
	}
	if e := w.newest(1)[0]; !strings.HasPrefix(e.Detail, "no more is written down for a minute") {
		t.Errorf("the last entry says %q", e.Detail)
	}
	refuse("10.0.0.2", 1) // another one is still heard
	if n := count(control.AuditQuery{}); n != control.MaxRefusalsFrom+1 {
		t.Errorf("%d entries of two addresses", n)
	}
	w.clock.advance(61 * time.Second)
	refuse("10.0.0.1", 1)
	if n := count(control.AuditQuery{}); n != control.MaxRefusalsFrom+2 {
		t.Errorf("%d entries a minute later", n)
	}
	for i := range control.MaxRefusals {
		refuse(fmt.Sprint("10.0.1.", i), 1)
	}
	if n := count(control.AuditQuery{}); n != control.MaxRefusalsFrom+1+control.MaxRefusals {
		t.Errorf("%d entries of all", n)
	}
	w.auditIntact(int64(control.MaxRefusalsFrom + 1 + control.MaxRefusals))
	w.group("test", gatewright.StageTest) // what is done is written down all the same
	if e := w.newest(1)[0]; e.Action != "group.create" {
		t.Errorf("newest entry %+v", e)
	}
}

func TestAuditRetention(t *testing.T) {
	w := newWorld(t)
	var err error
	w.c, err = control.New(w.ctx, w.store, control.Config{Log: slog.New(slog.DiscardHandler), KeepAudit: 30 * 24 * time.Hour})
	w.must(err)
	const day = 24 * time.Hour
	for i := range 40 { // one a day
		w.group(fmt.Sprint("g", i), gatewright.StageTest)
		w.clock.advance(day)
	}
	w.clock.advance(-time.Hour) // entry 11, of day 10, is not quite 30 days old
	w.must(w.c.Sweep(w.ctx))
	var oldest []*gatewright.AuditEntry
	w.must(w.store.View(w.ctx, func(tx control.Tx) (err error) {
		oldest, err = tx.Audit(control.AuditFilter{Oldest: true, Limit: 1})
		return err
	}))
	if oldest[0].ID != 11 {
		t.Errorf("oldest entry is %d", oldest[0].ID)
	}
	prune := w.newest(1)[0]
	if prune.Action != gatewright.AuditPrune || !strings.HasPrefix(prune.Detail, "10 entries from before ") || prune.Actor.Client != "retention" {
		t.Errorf("entry of the retention: %+v", prune)
	}
	w.auditIntact(31)
	for range 20 { // nothing is old enough: no entry about nothing
		w.must(w.c.Sweep(w.ctx))
	}
	w.auditIntact(31)
	w.clock.advance(100 * day)
	w.must(w.c.Sweep(w.ctx))
	w.auditIntact(1)
	w.restart()
	w.clock.advance(100 * day)
	w.must(w.c.Sweep(w.ctx)) // without the setting all is kept
	w.auditIntact(1)
}

// TestVerifyAuditWhileItGrows checks more than one batch, while entries are
// written.
func TestVerifyAuditWhileItGrows(t *testing.T) {
	w := newWorld(t)
	grow := func(n int) error {
		return w.store.Update(w.ctx, func(tx control.Tx) error {
			for range n {
				if err := tx.AppendAudit(&gatewright.AuditEntry{At: tx.Now(), Action: "x"}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	w.must(grow(2500))
	kept, err := w.c.AuditHead(w.ctx)
	w.must(err)
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 20 && err == nil; i++ {
			err = grow(50)
		}
		done <- err
	}()
	for range 5 {
		r, err := w.c.VerifyAudit(w.ctx, kept)
		w.must(err)
		if r.Fault != nil || r.Checked < 2500 {
			t.Errorf("report %+v, fault %+v", r, r.Fault)
		}
	}
	w.must(<-done)
	w.auditIntact(3500)

	var ids []int64
	head, err := w.c.ExportAudit(w.ctx, control.AuditQuery{}, func(gatewright.AuditHead) error { return nil }, func(e *gatewright.AuditEntry) error {
		ids = append(ids, e.ID)
		return nil
	})
	w.must(err)
	if len(ids) != 3500 || !slices.IsSorted(ids) || head.ID != 3500 {
		t.Errorf("%d entries were exported, head %d", len(ids), head.ID)
	}
}
