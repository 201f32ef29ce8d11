package management

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/importer/native"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type applyPlanInput struct {
	GroupInput
	jsonBody[wire.ApplyPlanRequest]
}

type applyInput struct {
	GroupInput
	jsonBody[wire.ApplyRequest]
	IdempotencyKey string `header:"Idempotency-Key" doc:"The same key and request return the same change, for a day."`
	Client         string `header:"Gatewright-Client" doc:"What the caller is, as cli/0.1.0."`
}

func (a *API) applyRoutes() {
	handle(a, operation{
		method: http.MethodPost, path: "/groups/{group}/apply-plans", id: "planApply", tag: "changes", summary: "Plan an apply",
		description: "Compares what files say with what the group has. Items whose action is none are as the files say. Nothing is stored.",
		body:        wire.ApplyPlanRequest{},
	}, a.planApply)
	handle(a, operation{
		method: http.MethodPost, path: "/groups/{group}/applies", id: "apply", tag: "changes", summary: "Make a group have what files say",
		description: "What gateways run becomes one change of kind apply; settings of APIs and of the group take effect at once. The change is null when gateways are not concerned.",
		status:      http.StatusAccepted, body: wire.ApplyRequest{},
		responses: map[string]*huma.Response{
			"200": {Description: "No change was recorded.", Content: map[string]*huma.MediaType{"application/json": {Schema: a.schema(wire.Submission{})}}},
		},
	}, a.apply)
}

func (a *API) planApply(ctx context.Context, in *applyPlanInput) (*answer[*gatewright.Plan], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	req, err := applyRequest(in.Group, body)
	if err != nil {
		return nil, err
	}
	needs, err := a.control.ApplyPlanNeeds(ctx, requestOf(ctx).principal(), req)
	if err != nil {
		return nil, err
	}
	if err := a.permit(ctx, needs...); err != nil {
		return nil, err
	}
	return ok(a.control.PlanApply(ctx, *req))
}

func (a *API) apply(ctx context.Context, in *applyInput) (*submitOutput, error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	if body.PlanHash != "" && !body.PlanHash.Valid() {
		return nil, gatewright.FieldErrorf("planHash", "plan hash %q is not a hash; take it from the plan as it is", body.PlanHash)
	}
	req, err := applyRequest(in.Group, &body.ApplyPlanRequest)
	if err != nil {
		return nil, err
	}
	needs, err := a.control.ApplyNeeds(ctx, requestOf(ctx).principal(), req)
	if err != nil {
		return nil, err
	}
	if err := a.permit(ctx, needs...); err != nil {
		return nil, err
	}
	sub, err := a.control.Apply(ctx, requestOf(ctx).actor, *req, control.SubmitOptions{
		PlanHash: body.PlanHash, Reason: body.Reason, IdempotencyKey: in.IdempotencyKey,
	})
	if err != nil {
		return nil, err
	}
	out := &submitOutput{Status: http.StatusOK, Body: wire.Submission{Plan: sub.Plan, Change: sub.Change, NoOp: sub.Plan != nil && sub.Plan.NoOp}}
	if sub.Change != nil {
		out.Status, out.Location = http.StatusAccepted, "/api/v1/changes/"+string(sub.Change.ID)
	}
	return out, nil
}

// applyRequest reads the files of the request and puts it in the words of
// package control.
func applyRequest(group string, in *wire.ApplyPlanRequest) (*control.ApplyRequest, error) {
	files := make([]native.File, len(in.Files))
	for i := range in.Files {
		f := &in.Files[i]
		if f.Text != "" && f.Base64 != nil {
			return nil, gatewright.FieldErrorf(fmt.Sprintf("/files/%d", i), "the file has both text and base64; send one")
		}
		files[i] = native.File{Name: f.Name, Text: f.Content()}
	}
	var only []native.Selector
	for _, s := range in.Only {
		selector, err := native.ParseSelector(s)
		if err != nil {
			return nil, err
		}
		only = append(only, selector)
	}
	all, err := native.Decode(files)
	if err != nil {
		return nil, err
	}
	things := all[:0:0]
	for _, t := range all {
		if native.Selected(only, t.Spec.Kind(), t.Spec.Title()) {
			things = append(things, t)
		}
	}
	state, err := stateOf(things)
	if err != nil {
		return nil, err
	}
	req := &control.ApplyRequest{
		Group: group, State: *state, PruneLimit: in.PruneLimit, AllowNoInstance: in.AllowNoInstance, AbortCanary: in.AbortCanary,
		BreakFreeze: in.BreakFreeze, Force: in.Force, NotBefore: in.NotBefore, ExpiresAt: in.ExpiresAt, Notify: in.Notify,
	}
	for _, allowed := range in.AllowBreaking {
		req.AllowBreaking = append(req.AllowBreaking, control.Allowance(allowed))
	}
	if in.Prune {
		req.Prune = pruned(only, things)
	}
	return req, nil
}

// pruned says what may be removed: what is selected, else the kinds that the
// things are of. A directory that has lost all its files removes nothing.
func pruned(only []native.Selector, things []native.Thing) []control.Scope {
	var scopes []control.Scope
	for _, s := range only {
		scopes = append(scopes, control.Scope{Kind: strings.ToLower(s.Kind), Name: s.Name})
	}
	if len(only) > 0 {
		return scopes
	}
	seen := map[string]bool{}
	for _, t := range things {
		if kind := t.Spec.Kind(); !seen[kind] {
			seen[kind] = true
			scopes = append(scopes, control.Scope{Kind: strings.ToLower(kind)})
		}
	}
	return scopes
}
