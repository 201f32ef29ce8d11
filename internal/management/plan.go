package management

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/importer"
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
		return ok(a.control.Plan(ctx, *req))
	})
}

// members lists which members of an item count for a kind of change, the
// name of the API aside. Others are refused: whoever sends one expects
// something of it.
func members(kind gatewright.ChangeKind) string {
	switch kind {
	case gatewright.ChangePublish:
		return "document version noVersion runtime"
	case gatewright.ChangeDeploy:
		return "revision runtime"
	case gatewright.ChangeSync:
		return "version from runtime"
	case gatewright.ChangeRollback:
		return "revision"
	case gatewright.ChangeConfigure:
		return "runtime registry removeRegistry"
	}
	return ""
}

// controlRequest reads the documents of the request and puts it in the words
// of package control.
func controlRequest(in *wire.PlanRequest) (*control.Request, error) {
	if len(in.Items) > control.MaxItems { // before any document is read
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "%d items; at most %d are allowed in one change", len(in.Items), control.MaxItems)
	}
	req := &control.Request{
		Kind: in.Kind, Group: in.Group, Items: make([]control.Item, len(in.Items)),
		Override: in.Override, AllowNoInstance: in.AllowNoInstance,
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
	if err := checkMembers(kind, in); err != nil {
		return nil, err
	}
	item := &control.Item{
		API: in.API, Version: in.Version, Revision: in.Revision, From: in.From,
		Runtime: runtimePatch(in.Runtime), Registry: in.Registry, Remove: in.RemoveRegistry,
	}
	if in.Document == nil {
		return item, nil
	}
	read, err := readDocument(in.Document)
	if err != nil {
		return nil, err
	}
	item.Definition, item.Seed, item.Findings = &read.Definition, read.Upstream, read.Findings
	if item.Version == "" && !in.NoVersion {
		item.Version = read.Definition.Version
	}
	return item, nil
}

func checkMembers(kind gatewright.ChangeKind, in *wire.Item) error {
	present := []struct {
		name string
		set  bool
	}{
		{"document", in.Document != nil}, {"version", in.Version != ""}, {"noVersion", in.NoVersion},
		{"revision", in.Revision != ""}, {"from", in.From != ""}, {"runtime", in.Runtime != nil},
		{"registry", in.Registry != nil}, {"removeRegistry", in.RemoveRegistry != ""},
	}
	counts := strings.Fields(members(kind))
	for _, m := range present {
		if m.set && !slices.Contains(counts, m.name) {
			return gatewright.FieldErrorf(m.name, "%s means nothing to a change of kind %q; leave it out", m.name, kind)
		}
	}
	switch {
	case in.NoVersion && in.Version != "":
		return gatewright.FieldErrorf("noVersion", "version %q and noVersion exclude each other", in.Version)
	case in.Registry != nil && in.RemoveRegistry != "":
		return gatewright.FieldErrorf("removeRegistry", "one item adds or removes a registry, not both; make it two items")
	case (in.Registry != nil || in.RemoveRegistry != "") && (in.Runtime != nil || in.API != ""):
		return gatewright.FieldErrorf("api", "one item alters an API or a registry, not both; make it two items")
	case kind == gatewright.ChangePublish && in.Document == nil:
		return gatewright.FieldErrorf("document", "a publish needs the API's document")
	}
	return nil
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
	read, err := importer.Import(doc.Name, content)
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
	return &control.RuntimePatch{
		Nodes: in.Nodes, Discovery: (*gatewright.Discovery)(in.Discovery), Scheme: in.Scheme,
		HostHeader: in.HostHeader, Host: in.UpstreamHost, Timeouts: in.Timeouts, Hosts: in.Hosts,
		PathPrefix: in.PathPrefix, KeepPathPrefix: in.KeepPathPrefix,
	}
}
