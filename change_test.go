package gatewright_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestChangeStateSettled(t *testing.T) {
	settled := map[gatewright.ChangeState]bool{
		gatewright.ChangePendingApproval: false,
		gatewright.ChangeScheduled:       false,
		gatewright.ChangePreparing:       false,
		gatewright.ChangeActivating:      false,
		gatewright.ChangeLive:            true,
		gatewright.ChangeRejected:        true,
		gatewright.ChangeCancelled:       true,
		gatewright.ChangeExpired:         true,
		gatewright.ChangeSuperseded:      true,
		gatewright.ChangeFailed:          true,
		gatewright.ChangeReverted:        true,
	}
	for _, state := range declaredStates(t) {
		want, known := settled[state]
		if !known {
			t.Errorf("state %q is new; say here whether it is settled", state)
		} else if got := state.Settled(); got != want {
			t.Errorf("%s: settled %t, want %t", state, got, want)
		}
		delete(settled, state)
	}
	for state := range settled {
		t.Errorf("state %q is not declared", state)
	}
}

// declaredStates reads the constants of type ChangeState from the source, so
// that a state added later cannot be forgotten here.
func declaredStates(t *testing.T) []gatewright.ChangeState {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "change.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var states []gatewright.ChangeState
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "ChangeState" {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, gatewright.ChangeState(text))
		return true
	})
	return states
}

func TestLabels(t *testing.T) {
	tests := []struct {
		name    string
		version string
		number  int
		want    string
	}{
		{"version", "1.2.0", 3, "1.2.0"},
		{"no version", "", 3, "revision 3 (no version)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			content := gatewright.SlotContent{Version: tt.version, Number: tt.number}
			revision := gatewright.Revision{Version: tt.version, Number: tt.number}
			if content.Label() != tt.want || revision.Label() != tt.want {
				t.Fatalf("content is called %q, revision %q, want %q", content.Label(), revision.Label(), tt.want)
			}
			if tt.version == "" && gatewright.CheckLabel(tt.want) == nil {
				t.Fatal("a version could be called like a revision without one")
			}
		})
	}
}

func TestRevisionSealed(t *testing.T) {
	var r gatewright.Revision
	if r.Sealed() {
		t.Fatal("a draft is sealed")
	}
	r.SealedAt = noon
	if !r.Sealed() {
		t.Fatal("a sealed revision is a draft")
	}
}
