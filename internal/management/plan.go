package management

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/importer"
	"github.com/gatewright/gatewright/internal/importer/native"
	"github.com/gatewright/gatewright/internal/management/wire"
)

func (a *API) planRoutes() {
	handle(a, operation{
		method: http.MethodPost, path: "/plans", id: "createPlan", tag: "changes", summary: "Plan a change",
		description: "Computes what a change would do. Nothing is stored. Findings of level error forbid the change; they are part of the plan, not an error of this request.",
		body:        wire.PlanRequest{},
	}, func(ctx context.Context, in *jsonBody[wire.PlanRequest]) (*answer[*gatewright.Plan], error) {
		body, err := in.decode()
		if err != nil {
			return nil, err
		}
		req, err := controlRequest(body)
		if err != nil {
			return nil, err
		}
		needs, err := a.control.PlanNeeds(ctx, requestOf(ctx).principal(), req)
		if err != nil {
			return nil, err
		}
		if err := a.permit(ctx, needs...); err != nil {
			return nil, err
		}
		return ok(a.control.Plan(ctx, *req))
	})
}

// members lists which members of an item count for a kind of change, the
// name of the API aside. Others are refused: whoever sends one expects
// something of it. It reports false for a kind that cannot be asked for:
// those which overtake everything are made by the routes of what they alter,
// else they would be a way around approvals and freezes.
func members(kind gatewright.ChangeKind) (string, bool) {
	switch kind {
	case gatewright.ChangePublish:
		return "document project version noVersion runtime", true
	case gatewright.ChangeDeploy:
		return "revision runtime", true
	case gatewright.ChangeSync:
		return "version from runtime", true
	case gatewright.ChangeRollback:
		return "revision", true
	case gatewright.ChangeRevert:
		return "change", true
	case gatewright.ChangeConfigure:
		return "runtime resource remove", true
	case gatewright.ChangeCanaryStart:
		return "revision canary", true
	case gatewright.ChangeCanaryStep:
		return "canary", true
	case gatewright.ChangeDeprecate:
		return "lifecycle undo", true
	case gatewright.ChangeRetire:
		return "lifecycle", true
	case gatewright.ChangeUndeploy, gatewright.ChangeEnable, gatewright.ChangeDisable,
		gatewright.ChangeCanaryPromote, gatewright.ChangeCanaryAbort:
		return "", true
	}
	return "", false
}

// requestKinds lists the kinds of change that can be asked for.
func requestKinds() []string {
	return slices.DeleteFunc(gatewright.ChangeKinds(), func(k string) bool {
		_, askable := members(gatewright.ChangeKind(k))
		return !askable
	})
}

// itemKinds lists what an item of a change of several kinds can do. To put a
// change back is a change of its own.
func itemKinds() []string {
	return slices.DeleteFunc(requestKinds(), func(k string) bool { return k == string(gatewright.ChangeRevert) })
}

// controlRequest reads the documents of the request and puts it in the words
// of package control.
func controlRequest(in *wire.PlanRequest) (*control.Request, error) {
	if len(in.Items) > control.MaxItems { // before any document is read
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "%d items; at most %d are allowed in one change", len(in.Items), control.MaxItems)
	}
	if _, askable := members(in.Kind); !askable && in.Kind != gatewright.ChangeApply {
		return nil, gatewright.FieldErrorf("kind", "%q is not a kind of change that can be asked for; those are %s and %s", in.Kind, strings.Join(requestKinds(), ", "), gatewright.ChangeApply)
	}
	req := &control.Request{
		Kind: in.Kind, Group: in.Group, Items: make([]control.Item, len(in.Items)),
		Override: in.Override, AllowNoInstance: in.AllowNoInstance, AbortCanary: in.AbortCanary,
		BreakFreeze: in.BreakFreeze, Force: in.Force, NotBefore: in.NotBefore, ExpiresAt: in.ExpiresAt, Notify: in.Notify,
	}
	for i, n := range in.Notify {
		if err := gatewright.CheckName("name", n); err != nil {
			return nil, within(fmt.Sprintf("/notify/%d", i), err)
		}
	}
	for i, allowed := range in.AllowBreaking {
		if allowed.Rule == "" {
			return nil, gatewright.FieldErrorf(fmt.Sprintf("/allowBreaking/%d/rule", i), "name the rule of the finding that the change may pass in spite of")
		}
		req.AllowBreaking = append(req.AllowBreaking, control.Allowance(allowed))
	}
	for i := range in.Items {
		item, err := controlItem(in.Kind, &in.Items[i])
		if err != nil {
			return nil, within(fmt.Sprintf("/items/%d", i), err)
		}
		req.Items[i] = *item
	}
	return req, nil
}

func controlItem(kind gatewright.ChangeKind, in *wire.Item) (*control.Item, error) {
	switch {
	case kind != gatewright.ChangeApply && in.Action != "":
		return nil, gatewright.FieldErrorf("action", "items say their action in a change of kind %s only; leave it out", gatewright.ChangeApply)
	case kind == gatewright.ChangeApply:
		kind = in.Action
		if !slices.Contains(itemKinds(), string(kind)) {
			return nil, gatewright.FieldErrorf("action", "%q is not what an item can do; that is one of %s", kind, strings.Join(itemKinds(), ", "))
		}
	}
	if err := checkMembers(kind, in); err != nil {
		return nil, err
	}
	item := &control.Item{
		Action: in.Action, API: in.API, Project: in.Project, Version: in.Version, Revision: in.Revision, From: in.From,
		Runtime: runtimePatch(in.Runtime), Remove: in.Remove, Canary: canaryPatch(in.Canary), Lifecycle: in.Lifecycle,
		Change: in.Change,
	}
	if in.Resource != nil {
		item.Resource = &gatewright.GroupResource{Registry: in.Resource.Registry, FlowHooks: in.Resource.FlowHooks, Table: in.Resource.Table}
		if s := in.Resource.Source; s != nil {
			item.Resource.Source, item.Password = s.DataSource(), s.Password
		}
	}
	if in.Document == nil {
		return item, nil
	}
	read, err := readDocument(in.Document)
	if err != nil {
		return nil, err
	}
	item.Definition, item.Seed, item.Findings = &read.Definition, read.Upstream, read.Findings
	item.API = cmp.Or(item.API, read.Name)
	if item.Version == "" && !in.NoVersion {
		item.Version = cmp.Or(read.Label, read.Definition.Version)
	}
	return item, nil
}

func checkMembers(kind gatewright.ChangeKind, in *wire.Item) error {
	present := []struct {
		name string
		set  bool
	}{
		{"document", in.Document != nil}, {"project", in.Project != ""}, {"version", in.Version != ""}, {"noVersion", in.NoVersion},
		{"revision", in.Revision != ""}, {"from", in.From != ""}, {"runtime", in.Runtime != nil},
		{"resource", in.Resource != nil}, {"remove", in.Remove != ""},
		{"canary", in.Canary != nil}, {"lifecycle", in.Lifecycle != nil}, {"undo", in.Undo}, {"change", in.Change != ""},
	}
	list, _ := members(kind)
	counts := strings.Fields(list)
	for _, m := range present {
		if m.set && !slices.Contains(counts, m.name) {
			return gatewright.FieldErrorf(m.name, "%s means nothing to a change of kind %q; leave it out", m.name, kind)
		}
	}
	switch {
	case in.NoVersion && in.Version != "":
		return gatewright.FieldErrorf("noVersion", "version %q and noVersion exclude each other", in.Version)
	case in.Resource != nil && in.Remove != "":
		return gatewright.FieldErrorf("remove", "one item sets or removes a group resource, not both; make it two items")
	case (in.Resource != nil || in.Remove != "") && (in.Runtime != nil || in.API != ""):
		return gatewright.FieldErrorf("api", "one item alters an API or a group resource, not both; make it two items")
	case in.Remove != "" && !removable(in.Remove):
		return gatewright.FieldErrorf("remove", "%q is not the key of what can be removed here, like registry/local-dns, source/shop, table/orders or flow-hooks", in.Remove)
	case kind == gatewright.ChangeRevert && (in.Change == "" || in.API != ""):
		return gatewright.FieldErrorf("change", "a revert names the change to put back, and nothing else")
	case kind == gatewright.ChangePublish && in.Document == nil:
		return gatewright.FieldErrorf("document", "a publish needs the API's document")
	case kind == gatewright.ChangeDeprecate && (in.Lifecycle != nil) == in.Undo:
		return gatewright.FieldErrorf("lifecycle", "a deprecation says what callers are told with lifecycle ({} will do), or takes it back with undo")
	}
	return nil
}

// removable reports whether a change of kind configure removes what has the
// key.
func removable(key gatewright.Key) bool {
	switch key.Kind() {
	case gatewright.KeyRegistry, gatewright.KeySource, gatewright.KeyTable:
		return true
	}
	return key == gatewright.FlowHooksKey
}

func readDocument(doc *wire.SourceDocument) (*importer.Result, error) {
	if doc.Text != "" && doc.Base64 != nil {
		return nil, gatewright.FieldErrorf("document", "the document has both text and base64; send one")
	}
	content := doc.Content()
	if len(content) > gatewright.MaxDocumentBytes {
		return nil, &statusError{gatewright.Errorf(gatewright.LimitExceeded, "the document %q has %d bytes; at most %d are allowed",
			path.Base(doc.Name), len(content), gatewright.MaxDocumentBytes), http.StatusRequestEntityTooLarge}
	}
	read, err := native.Import(doc.Name, content)
	if err != nil {
		return nil, within("/document", err)
	}
	return read, nil
}

// within says in which member of the body an error is.
func within(pointer string, err error) error {
	e, ok := err.(*gatewright.Error) //nolint:errorlint // an error that wraps one, to say more, is left as it is
	if !ok {
		return err
	}
	inner := *e
	switch {
	case inner.Field == "":
		inner.Field = pointer
	case strings.HasPrefix(inner.Field, "/"):
		inner.Field = pointer + inner.Field
	default:
		inner.Field = pointer + "/" + inner.Field
	}
	return &inner
}

func runtimePatch(in *wire.Runtime) *control.RuntimePatch {
	if in == nil {
		return nil
	}
	p := upstreamPatch(&in.UpstreamPatch)
	p.Hosts, p.PathPrefix, p.KeepPathPrefix, p.Enabled, p.Access = in.Hosts, in.PathPrefix, in.KeepPathPrefix, in.Enabled, in.Access
	return p
}

func upstreamPatch(in *wire.UpstreamPatch) *control.RuntimePatch {
	if in == nil {
		return nil
	}
	return &control.RuntimePatch{
		Nodes: in.Nodes, Discovery: (*gatewright.Discovery)(in.Discovery), Scheme: in.Scheme,
		HostHeader: in.HostHeader, Host: in.UpstreamHost, Timeouts: in.Timeouts,
	}
}

func canaryPatch(in *wire.CanaryPatch) *control.CanaryPatch {
	if in == nil {
		return nil
	}
	return &control.CanaryPatch{
		Name: in.Name, Description: in.Description, Percent: in.Percent, Enabled: in.Enabled,
		Match: in.Match, Key: in.Key, Steps: in.Steps, Upstream: upstreamPatch(in.Upstream),
	}
}
