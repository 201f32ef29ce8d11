package management

import (
	"context"
	"net/http"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type instancesInput struct {
	PageInput
	Group string `query:"group" doc:"Name or identifier of a group."`
}

type instanceInput struct {
	ID string `path:"id"`
}

type explainInput struct {
	GroupInput
	jsonBody[wire.ExplainRequest]
}

const explainDescription = `A running instance of the group is asked: the one that is named, or any that is heard. It says which API, route and revision the request belongs to, why none if there is none, who may call, whether a canary takes it and where it would go. The request is not sent, no limit is used up, nothing is counted and no policy runs.

Headers and query are sealed to the instance on their way and are written down nowhere.`

type deploymentsInput struct {
	PageInput
	Group string `query:"group" doc:"Name or identifier of a group."`
	API   string `query:"api" doc:"Name or identifier of an API, or name@track."`
}

func (a *API) instanceRoutes() {
	op := get("/instances", "listInstances", "instances", "List gateway instances")
	op.description = "By group and name, with how each is heard now."
	handle(a, op, func(ctx context.Context, in *instancesInput) (*answer[wire.List[*wire.InstanceInfo]], error) {
		all, err := a.control.Instances(ctx, in.Group)
		if err != nil {
			return nil, err
		}
		all = kept(all, func(i *control.InstanceInfo) bool {
			return a.may(ctx, gatewright.ActionInstanceRead, auth.Scope{Group: i.Group})
		})
		infos := make([]*wire.InstanceInfo, len(all))
		for i, info := range all {
			infos[i] = (*wire.InstanceInfo)(info)
		}
		return ok(pageOf("instances", infos, in.PageInput, func(i *wire.InstanceInfo) string {
			return i.GroupName + "\x00" + i.Name + "\x00" + string(i.ID)
		}))
	})

	handle(a, operation{
		method: http.MethodDelete, path: "/instances/{id}", id: "forgetInstance", tag: "instances", summary: "Forget a gateway instance that is not running",
		description: "Its gateway joins anew the next time. That is the way out when its identity is refused although it was not copied, as after an older backup was restored.",
	}, func(ctx context.Context, in *instanceInput) (*struct{}, error) {
		return nil, a.control.ForgetInstance(ctx, requestOf(ctx).actor, gatewright.InstanceID(in.ID))
	})

	handle(a, operation{
		method: http.MethodPost, path: "/groups/{group}/explain", id: "explainRequest", tag: "instances", summary: "Explain what a gateway would do with a request",
		description: explainDescription, body: wire.ExplainRequest{}, waits: true,
	}, a.explain)

	op = get("/deployments", "listDeployments", "instances", "List what runs where")
	op.description = "By group and API. The state is derived from what the instances report. The order is by age of group, then of API."
	handle(a, op, func(ctx context.Context, in *deploymentsInput) (*answer[wire.List[*gatewright.Deployment]], error) {
		after, err := in.after("deployments")
		if err != nil {
			return nil, err
		}
		q := control.StatusQuery{Group: in.Group, API: in.API, Limit: in.Limit + 1}
		if parts := strings.SplitN(after, "\x00", 3); len(parts) == 3 {
			q.After = gatewright.SlotKey{Group: gatewright.GroupID(parts[0]), API: gatewright.APIID(parts[1]), Track: parts[2]}
		}
		ds, err := a.control.Status(ctx, q)
		if err != nil {
			return nil, err
		}
		l := page("deployments", ds, in.Limit, func(d *gatewright.Deployment) string {
			return string(d.Group) + "\x00" + string(d.API) + "\x00" + d.Track
		})
		apis := make([]gatewright.APIID, len(l.Items))
		for i, d := range l.Items {
			apis[i] = d.API
		}
		visible, err := a.visibleIn(ctx, gatewright.ActionDeploymentRead, apis)
		if err != nil {
			return nil, err
		}
		l.Items = kept(l.Items, func(d *gatewright.Deployment) bool { return visible(d.Group, d.API) })
		return ok(l, nil)
	})
}

func (a *API) explain(ctx context.Context, in *explainInput) (*answer[*wire.Explained], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, gatewright.DefaultQuestionTime+requestTimeout)
	defer cancel()
	e, err := a.control.Explain(ctx, requestOf(ctx).actor, in.Group, body.Instance, body.ExplainQuestion)
	if err != nil {
		return nil, err
	}
	return ok((*wire.Explained)(e), nil)
}
