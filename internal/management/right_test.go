package management_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management"
	"github.com/gatewright/gatewright/internal/management/managementtest"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// mountedOperation is a route as the description has it.
type mountedOperation struct {
	id, method, path string
	body             bool
}

func operations(t *testing.T, w *managementtest.World) []mountedOperation {
	t.Helper()
	_, body := do(t, w, request{path: "/api/openapi.json"})
	doc := into[struct {
		Paths map[string]map[string]struct {
			OperationID string
			RequestBody json.RawMessage
		}
	}](t, body)
	var ops []mountedOperation
	for path, item := range doc.Paths {
		for method, op := range item {
			ops = append(ops, mountedOperation{op.OperationID, strings.ToUpper(method), path, op.RequestBody != nil})
		}
	}
	slices.SortFunc(ops, func(a, b mountedOperation) int { return strings.Compare(a.id, b.id) })
	return ops
}

// TestEveryOperationHasARight: one without is nobody's, and one that is not
// mounted any more is forgotten.
func TestEveryOperationHasARight(t *testing.T) {
	w := managementtest.New(t, management.Config{})
	mounted := map[string]bool{}
	for _, op := range operations(t, w) {
		mounted[op.id] = true
		action, how := management.Right(op.id)
		if how == "" {
			t.Errorf("operation %s (%s %s) has no right; add one to rights()", op.id, op.method, op.path)
			continue
		}
		if _, known := auth.RuleOf(action); !known && how != "anybody" && how != "everybody" {
			t.Errorf("operation %s takes %q, which the table does not have", op.id, action)
		}
	}
	for _, id := range management.Rights() {
		if !mounted[id] {
			t.Errorf("there is no operation %s any more; remove its right", id)
		}
	}
}

// plant is one of everything that a right can be about.
type plant struct {
	w      *managementtest.World
	values map[string]string // of parameters in paths, by operation and name or by name
	tokens map[gatewright.Role]string
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	w := managementtest.New(t, management.Config{})
	ctx, actor := t.Context(), w.Actor
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	g := w.Group("g")
	in := w.Join(g, "gw", "")
	doc, err := json.Marshal(wire.ChangeRequest{PlanRequest: wire.PlanRequest{
		Kind: gatewright.ChangePublish, Group: "g", Items: []wire.Item{{API: "api", Document: &wire.SourceDocument{Text: string(managementtest.OpenAPI("t", "1.0.0", "/p"))}}},
	}})
	must(err)
	resp, body := do(t, w, request{path: "/api/v1/changes", body: string(doc)})
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("publish: %d %s", resp.StatusCode, body)
	}
	change := strings.TrimPrefix(resp.Header.Get("Location"), "/api/v1/changes/")
	do(t, w, request{path: resp.Header.Get("Location") + "?wait=20s"})
	folder, err := w.Control.CreateFolder(ctx, actor, "", "", "folder")
	must(err)
	_, err = w.Control.CreateTagGroup(ctx, actor, "tags", "", []string{"a"})
	must(err)
	_, err = w.Control.CreateApp(ctx, actor, "g", "app", "")
	must(err)
	_, _, err = w.Control.AddCredential(ctx, actor, "g", "app", control.NewCredential{Name: "key"})
	must(err)
	_, err = w.Control.CreateUser(ctx, actor, control.NewUser{Name: "somebody", Password: "a long walk on the beach"})
	must(err)
	session, err := w.Control.Login(ctx, actor, control.Credentials{Name: "somebody", Password: "a long walk on the beach"})
	must(err)
	_, err = w.Control.CreateProject(ctx, actor, "p", "")
	must(err)
	admin := auth.Administrator("root", "tok_root")
	bound, err := w.Control.CreateBinding(ctx, actor, admin, control.NewBinding{User: "somebody", Role: gatewright.RoleViewer})
	must(err)
	spare, _, err := w.Control.CreateToken(ctx, actor, gatewright.TokenAdmin, "spare", "")
	must(err)
	p := &plant{w: w, tokens: map[gatewright.Role]string{}, values: map[string]string{
		"api": "api", "group": "g", "app": "app", "credential": "key", "revision": "1", "folder": string(folder.ID), "user": "somebody", "project": "p",
		"getChange id": change, "decideChange id": change, "cancelChange id": change, "forgetInstance id": string(in.ID),
		"endSession id": string(session.Session.ID), "deleteBinding id": string(bound.ID), "revokeToken id": string(spare.ID), "getAudit id": "1",
		"getTagGroup group": "tags", "updateTagGroup group": "tags", "deleteTagGroup group": "tags",
	}}
	for _, role := range gatewright.Roles() {
		token, secret, err := w.Control.CreateServiceToken(ctx, actor, admin, "", control.NewToken{Name: string(role)})
		must(err)
		_, err = w.Control.CreateBinding(ctx, actor, admin, control.NewBinding{Token: token.ID, Role: role})
		must(err)
		p.tokens[role] = secret
	}
	return p
}

// asked says, for an operation that decides by its body, which body to send
// and which rights that takes.
type asked struct {
	body  string
	takes []gatewright.Action
}

// insideBodies has what to send to operations that decide by their bodies.
func insideBodies(t *testing.T, role gatewright.Role) map[string]asked {
	t.Helper()
	text, err := json.Marshal(string(managementtest.OpenAPI("n", "2.0.0", "/n")))
	if err != nil {
		t.Fatal(err)
	}
	registry := `{"files":[{"name":"r.yaml","text":"apiVersion: gatewright.dev/v1\nkind: Registry\nname: dns\n"}],"allowNoInstance":true}`
	return map[string]asked{
		"createAPI":          {fmt.Sprintf(`{"name":"new %s","document":{"text":%s}}`, role, text), []gatewright.Action{gatewright.ActionAPICreate}},
		"updateAPI":          {`{"description":"x"}`, []gatewright.Action{gatewright.ActionAPISettings}},
		"updateRevision":     {fmt.Sprintf(`{"document":{"text":%s}}`, text), []gatewright.Action{gatewright.ActionRevisionEdit, gatewright.ActionAPIDeploy}},
		"createFolder":       {fmt.Sprintf(`{"name":"f %s"}`, role), []gatewright.Action{gatewright.ActionFolderCreate}},
		"updateFolder":       {`{"name":"x","parent":""}`, []gatewright.Action{gatewright.ActionFolderEdit, gatewright.ActionFolderMove}},
		"createPlan":         {`{"kind":"disable","group":"g","items":[{"api":"api"}]}`, []gatewright.Action{gatewright.ActionChangeRead}},
		"createChange":       {`{"kind":"disable","group":"g","items":[{"api":"api"}]}`, []gatewright.Action{gatewright.ActionAPIDisable}},
		"planApply":          {registry, []gatewright.Action{gatewright.ActionGroupRead, gatewright.ActionRegistryRead}},
		"apply":              {registry, []gatewright.Action{gatewright.ActionConfigApply, gatewright.ActionRegistryEdit}},
		"updateGroup":        {`{"labels":{"a":"b"},"settings":{}}`, []gatewright.Action{gatewright.ActionGroupEdit}},
		"updateUser":         {`{"email":"x@example.com"}`, []gatewright.Action{gatewright.ActionUserEdit}},
		"createBinding":      {`{"user":"somebody","role":"viewer","group":"g"}`, []gatewright.Action{gatewright.ActionBindingCreate}},
		"deleteBinding":      {"", []gatewright.Action{gatewright.ActionBindingDelete}},
		"createToken":        {`{"name":"x"}`, []gatewright.Action{gatewright.ActionTokenCreate}},
		"createServiceToken": {fmt.Sprintf(`{"name":"s %s"}`, role), []gatewright.Action{gatewright.ActionServiceTokenCreate}},
		"revokeToken":        {"", []gatewright.Action{gatewright.ActionAdminTokenRevoke}},
		"getAudit":           {"", []gatewright.Action{gatewright.ActionAuditRead}},
	}
}

// expected reports whether the table lets the role do the operation with what
// is not its own.
func expected(op string, role gatewright.Role, inside map[string]asked) bool {
	action, how := management.Right(op)
	rule, _ := auth.RuleOf(action)
	switch how {
	case "anybody", "everybody":
		return true
	case "somewhere":
		return rule.Grant(role) != auth.GrantNone
	case "inside":
		return !slices.ContainsFunc(inside[op].takes, func(a gatewright.Action) bool {
			rule, _ := auth.RuleOf(a)
			grant := rule.Grant(role)
			mine := op == "createAPI" && grant != auth.GrantNone // what one makes is one's own
			return grant != auth.GrantAll && !mine
		})
	}
	return rule.Grant(role) == auth.GrantAll
}

// TestMatrixOfOperationsAndRoles asks every mounted operation, with each role,
// through HTTP. What the table does not give is forbidden; what it gives may
// fail for another reason, but not for want of a right. Denials go first, as
// they leave everything as it is, and deletions last.
func TestMatrixOfOperationsAndRoles(t *testing.T) {
	p := newPlant(t)
	ops := operations(t, p.w)
	slices.SortStableFunc(ops, func(a, b mountedOperation) int {
		last := func(op mountedOperation) int {
			if op.method == http.MethodDelete || op.id == "updateFolder" || op.id == "revokeCredential" {
				return 1
			}
			return 0
		}
		return last(a) - last(b)
	})
	for _, allowed := range []bool{false, true} {
		for _, op := range ops {
			for _, role := range gatewright.Roles() {
				inside := insideBodies(t, role)
				if _, how := management.Right(op.id); how == "inside" && inside[op.id].takes == nil {
					t.Errorf("operation %s decides by its body; say in insideBodies what to send", op.id)
				}
				if expected(op.id, role, inside) != allowed {
					continue
				}
				t.Run(fmt.Sprintf("%s as %s", op.id, role), func(t *testing.T) {
					resp, body := do(t, p.w, p.request(op, role, inside[op.id].body))
					if !allowed {
						wantProblem(t, resp, body, http.StatusForbidden, gatewright.Forbidden)
						return
					}
					if resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusUnauthorized && op.id != "login" && op.id != "redeemLogin" {
						t.Errorf("status %d: %s", resp.StatusCode, body)
					}
					if resp.StatusCode >= http.StatusInternalServerError {
						t.Errorf("status %d: %s", resp.StatusCode, body)
					}
				})
			}
		}
	}
}

// request fills in an operation's parameters.
func (p *plant) request(op mountedOperation, role gatewright.Role, body string) request {
	parts := strings.Split(op.path, "/")
	for i, part := range parts {
		name := strings.Trim(part, "{}")
		if name == part {
			continue
		}
		if v, ok := p.values[op.id+" "+name]; ok {
			parts[i] = v
		} else {
			parts[i] = cmp.Or(p.values[name], "x") // of what the right does not depend on
		}
	}
	r := request{method: op.method, path: strings.Join(parts, "/"), token: p.tokens[role], body: body}
	switch op.id {
	case "listCallers":
		r.path += "?api=api"
	case "compareRevisions":
		r.path += "?from=1&to=group:g"
	case "streamEvents":
		r.method = http.MethodHead
	}
	if op.body && r.body == "" {
		r.body = "{}"
	}
	return r
}
