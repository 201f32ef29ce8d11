package auth_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
)

var update = flag.Bool("update", false, "write what is found into testdata and the documentation")

// TestMatrix compares what every role may do with the table that was reviewed,
// by asking, not by reading the rules. A right that is given or taken away shows
// as an altered line of testdata/matrix.golden.
func TestMatrix(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-22s %-13s %-10s", "action", "limits", "oneself")
	for _, role := range gatewright.Roles() {
		fmt.Fprintf(&b, " %-17s", role)
	}
	b.WriteString("\n")
	for _, r := range auth.Rules() {
		fmt.Fprintf(&b, "%-22s %-13s %-10s", r.Action, limits(r.Action), myself(r.Action))
		for _, role := range gatewright.Roles() {
			fmt.Fprintf(&b, " %-17s", given(role, r.Action))
		}
		b.WriteString("\n")
	}
	compare(t, filepath.Join("testdata", "matrix.golden"), b.String())
}

// given returns how much of an action a role gives when nothing limits it.
func given(role gatewright.Role, a gatewright.Action) string {
	p := user(binding(role, "", ""))
	may := func(part auth.Part) bool {
		return auth.Decide(p, a, auth.Scope{Project: "prj_1", Group: "grp_1", Part: part}) == nil
	}
	// A person may do it with what is theirs; what the role adds is asked for
	// through a token of its own.
	s := service(binding(role, "", ""))
	mayService := func(part auth.Part) bool {
		return auth.Decide(s, a, auth.Scope{Project: "prj_1", Group: "grp_1", Part: part}) == nil
	}
	switch {
	case may(auth.PartNone):
		return "yes"
	case mayService(auth.PartCollaborator):
		return "own"
	case mayService(auth.PartOwner):
		return "owner"
	}
	return "-"
}

// limits returns with which limits a binding still gives the action.
func limits(a gatewright.Action) string {
	var found []string
	for _, l := range []struct {
		name    string
		project gatewright.ProjectID
		group   gatewright.GroupID
	}{{"project", "prj_1", ""}, {"group", "", "grp_1"}, {"both", "prj_1", "grp_1"}} {
		for _, role := range gatewright.Roles() {
			if auth.Decide(user(binding(role, l.project, l.group)), a, auth.Scope{Project: "prj_1", Group: "grp_1"}) == nil {
				found = append(found, l.name[:1])
				break
			}
		}
	}
	if found == nil {
		return "none"
	}
	return strings.Join(found, ",")
}

func myself(a gatewright.Action) string {
	if auth.Decide(user(), a, auth.Scope{Part: auth.PartOwner}) == nil {
		return "yes"
	}
	return "-"
}

// TestEveryActionHasARule reads the constants from the source: an action that
// is added without a row would be denied to everybody and found out late.
func TestEveryActionHasARule(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "action.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []gatewright.Action
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, _ := strconv.Unquote(lit.Value); strings.Contains(s, ".") && len(s) > 1 {
				declared = append(declared, gatewright.Action(s))
			}
		}
		return true
	})
	rules := auth.Rules()
	if len(declared) < 100 {
		t.Fatalf("%d actions found in the source; the test looks in the wrong place", len(declared))
	}
	for _, a := range declared {
		if _, ok := auth.RuleOf(a); !ok {
			t.Errorf("action %s has no row in the table", a)
		}
	}
	seen := map[gatewright.Action]bool{}
	for _, r := range rules {
		if seen[r.Action] {
			t.Errorf("action %s has two rows", r.Action)
		}
		seen[r.Action] = true
		if !slices.Contains(declared, r.Action) {
			t.Errorf("row %s has no constant", r.Action)
		}
	}
}

// TestTableIsSound checks what must be true of any table.
func TestTableIsSound(t *testing.T) {
	readers := []gatewright.Role{gatewright.RoleViewer, gatewright.RoleAuditor}
	harmless := map[gatewright.Action]bool{gatewright.ActionConfigExport: true, gatewright.ActionAuditExport: true, gatewright.ActionAuditVerify: true}
	for _, r := range auth.Rules() {
		reading := strings.HasSuffix(string(r.Action), ".read") || harmless[r.Action]
		if r.Text == "" {
			t.Errorf("%s has no text", r.Action)
		}
		if r.Shared() && !reading {
			t.Errorf("%s is shared and not for reading: a binding for one project would give it everywhere", r.Action)
		}
		for _, role := range gatewright.Roles() {
			if r.Grant(role) > r.Grant(gatewright.RoleSuperAdmin) {
				t.Errorf("%s: %s may do more than a super admin", r.Action, role.Label())
			}
		}
		for _, role := range readers {
			if !reading && r.Grant(role) != auth.GrantNone {
				t.Errorf("%s: the role %s only reads", r.Action, role.Label())
			}
		}
		if r.Grant("root") != auth.GrantNone || r.Grant("") != auth.GrantNone {
			t.Errorf("%s is given to a role that does not exist", r.Action)
		}
		if r.Self() && r.Place != auth.PlaceOrganisation {
			t.Errorf("%s is a person's own and has a place", r.Action)
		}
	}
}

// TestDocumentation keeps the table of docs/people.md the same as the rules.
func TestDocumentation(t *testing.T) {
	const begin, end = "<!-- table: begin (written by go test ./internal/auth -update) -->\n", "<!-- table: end -->"
	path := filepath.Join("..", "..", "docs", "people.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", path)
	}
	var b strings.Builder
	b.WriteString("| action | what | where |")
	for _, role := range gatewright.Roles() {
		b.WriteString(" " + role.Label() + " |")
	}
	b.WriteString("\n|---|---|---|" + strings.Repeat("---|", len(gatewright.Roles())) + "\n")
	for _, r := range auth.Rules() {
		where := r.Place.String()
		if r.Shared() {
			where += " *"
		}
		if r.Self() {
			where = "oneself, " + where
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |", r.Action, r.Text, where)
		for _, role := range gatewright.Roles() {
			b.WriteString(" " + r.Grant(role).String() + " |")
		}
		b.WriteString("\n")
	}
	compare(t, path, head+begin+b.String()+end+tail)
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not what the rules give (-update writes it anew; review the change of rights):\n%s", path, diff)
	}
}

// user returns a person with the bindings.
func user(bindings ...gatewright.Binding) auth.Principal {
	for i := range bindings {
		bindings[i].Subject = gatewright.Subject{User: "usr_1"}
	}
	return auth.Principal{Name: "anna", User: "usr_1", Bindings: bindings}
}

// service returns a service token with the bindings.
func service(bindings ...gatewright.Binding) auth.Principal {
	for i := range bindings {
		bindings[i].Subject = gatewright.Subject{Token: "tok_1"}
	}
	return auth.Principal{Name: "ci", Token: "tok_1", Bindings: bindings}
}

func binding(role gatewright.Role, project gatewright.ProjectID, group gatewright.GroupID) gatewright.Binding {
	return gatewright.Binding{Role: role, Project: project, Group: group, Source: gatewright.BindingManual}
}
