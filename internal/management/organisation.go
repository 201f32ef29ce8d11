package management

import (
	"context"
	"net/http"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type updateOrganisationInput struct {
	RevisedInput
	jsonBody[wire.OrganisationUpdate]
}

func (a *API) organisationRoutes() {
	op := get("/organisation", "getOrganisation", "groups", "Get the organisation's settings")
	op.description = "The limits of all groups together, and which types of policy are extensible. Its ETag stands for them."
	handle(a, op, func(ctx context.Context, _ *struct{}) (*tagged[*gatewright.Organisation], error) {
		return taggedOrganisation(a.control.Organisation(ctx))
	})
	handle(a, operation{
		method: http.MethodPut, path: "/organisation", id: "updateOrganisation", tag: "groups", summary: "Replace the organisation's settings",
		description: "They take effect at once; what is deployed stays. Send the ETag of the settings as they were read as If-Match: 428 without it, 412 when they were altered meanwhile.",
		body:        wire.OrganisationUpdate{},
	}, a.updateOrganisation)
}

func (a *API) updateOrganisation(ctx context.Context, in *updateOrganisationInput) (*tagged[*gatewright.Organisation], error) {
	body, err := in.decode()
	if err != nil {
		return nil, err
	}
	if body.Settings == nil {
		return nil, gatewright.FieldErrorf("settings", "settings are missing; send all of them, {} for none")
	}
	now, err := a.control.Organisation(ctx)
	if err != nil {
		return nil, err
	}
	revised, err := in.revised("the organisation", now.Revised)
	if err != nil {
		return nil, err
	}
	o, err := a.control.UpdateOrganisation(ctx, requestOf(ctx).actor, revised, *body.Settings)
	if gatewright.CodeOf(err) == gatewright.Conflict { // somebody was quicker since it was read above
		err = gatewright.Errorf(gatewright.PreconditionFailed, "the organisation's settings were altered meanwhile; read them again")
	}
	return taggedOrganisation(o, err)
}

func taggedOrganisation(o *gatewright.Organisation, err error) (*tagged[*gatewright.Organisation], error) {
	if err != nil {
		return nil, err
	}
	return &tagged[*gatewright.Organisation]{tagOfRevised(o.Revised), o}, nil
}
