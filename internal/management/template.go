package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
	"github.com/gatewright/gatewright/internal/notify/wording"
)

// TemplateInput names a template in a path.
type TemplateInput struct {
	Event    string `path:"event" doc:"Event that it words."`
	Language string `path:"language" doc:"en, zh or de."`
}

func (in *TemplateInput) event() gatewright.NotificationEvent {
	return gatewright.NotificationEvent(in.Event)
}

type setTemplateInput struct {
	TemplateInput
	jsonBody[wire.TemplateText]
}

func (a *API) templateRoutes() {
	op := get("/templates", "listTemplates", "notifications", "List how notifications are worded")
	op.description = "Every event in every language, with the organisation's own templates in place of the built-in ones."
	handle(a, op, func(ctx context.Context, in *PageInput) (*answer[wire.List[*wire.TemplateInfo]], error) {
		found, err := a.control.Templates(ctx)
		if err != nil {
			return nil, err
		}
		infos := make([]*wire.TemplateInfo, len(found))
		for i, t := range found {
			infos[i] = wireTemplate(t)
		}
		return ok(pageOf("templates", infos, *in, func(t *wire.TemplateInfo) string { return string(t.Event) + " " + t.Language }))
	})

	handle(a, get("/templates/{event}/{language}", "getTemplate", "notifications", "Get how an event is worded"),
		func(ctx context.Context, in *TemplateInput) (*answer[*wire.TemplateInfo], error) {
			return answeredTemplate(a.control.Template(ctx, in.event(), in.Language))
		})

	handle(a, operation{
		method: http.MethodPut, path: "/templates/{event}/{language}", id: "setTemplate", tag: "notifications", summary: "Word an event anew",
		description: "Templates place facts and choose among them; the guide to notifications says which there are. Anything else is refused.",
		body:        wire.TemplateText{},
	}, func(ctx context.Context, in *setTemplateInput) (*answer[*wire.TemplateInfo], error) {
		body, err := in.decode()
		if err != nil {
			return nil, err
		}
		return answeredTemplate(a.control.SetTemplate(ctx, requestOf(ctx).actor, in.event(), in.Language, wording.Template(*body)))
	})

	handle(a, operation{
		method: http.MethodDelete, path: "/templates/{event}/{language}", id: "resetTemplate", tag: "notifications", summary: "Go back to the built-in words of an event",
	}, func(ctx context.Context, in *TemplateInput) (*struct{}, error) {
		return nil, a.control.ResetTemplate(ctx, requestOf(ctx).actor, in.event(), in.Language)
	})
}

func wireTemplate(t *control.TemplateInfo) *wire.TemplateInfo {
	return &wire.TemplateInfo{
		Event: t.Event, Language: t.Language, Title: t.Title, Text: t.Text, Own: t.Own, UpdatedAt: t.UpdatedAt, UpdatedBy: t.UpdatedBy,
	}
}

func answeredTemplate(t *control.TemplateInfo, err error) (*answer[*wire.TemplateInfo], error) {
	if err != nil {
		return nil, err
	}
	return &answer[*wire.TemplateInfo]{wireTemplate(t)}, nil
}
