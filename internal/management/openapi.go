package management

import (
	"encoding/json"
	"net/http"
	"reflect"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

const description = `The native API of a Gatewright control plane.

Send a management token as ` + "`Authorization: Bearer gw_…`" + `; browsers send the cookie that ` + "`login`" + ` sets. What somebody may do is in docs/people.md. Every error is a problem (RFC 9457) whose ` + "`code`" + ` says what kind it is:

| code | status |
|---|---|
| invalid | 400; 405 for a method that is not there |
| unauthenticated | 401 |
| forbidden | 403 |
| not_found | 404 |
| conflict | 409 |
| precondition_failed | 412 |
| limit_exceeded | 429; 413 when it is the request that is too large |
| internal | 500 |
| unavailable | 503 |

Lists are pages: send ` + "`nextCursor`" + ` as ` + "`cursor`" + ` to get the next one. APIs and groups are named by name or identifier, percent-encoded in paths.`

// humaConfig sets the framework up: JSON only, no pages that load scripts
// from elsewhere, no routes of its own.
func humaConfig(build wire.Build) huma.Config {
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	schemas.RegisterTypeAlias(reflect.TypeFor[wire.Discovery](), reflect.TypeFor[gatewright.Discovery]())
	json := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: huma.DefaultJSONFormat.Unmarshal}
	c := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Gatewright management API", Version: build.Version, Description: description},
			Components: &huma.Components{
				Schemas: schemas,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token": {Type: "http", Scheme: "bearer", Description: "A management token."},
				},
			},
			Security: []map[string][]string{{"token": {}}},
		},
		Formats:                      map[string]huma.Format{"application/json": json, "json": json},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{unifyProblem},
	}
	c.AllowAdditionalPropertiesByDefault = true // clients must bear members that a later version adds
	return c
}

// schema returns a reference to the schema of v's type.
func (a *API) schema(v any) *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, "")
}

// documentRoutes serves the description of all routes registered so far.
func (a *API) documentRoutes() {
	spec := a.huma.OpenAPI()
	schemas := spec.Components.Schemas.Map()
	delete(schemas, "ErrorModel") // the framework's own, which nobody gets to see
	delete(schemas, "ErrorDetail")
	for _, strict := range []string{
		"PlanRequest", "ChangeRequest", "Item", "SourceDocument", "Runtime", "Resource", "CanaryPatch", "UpstreamPatch", "AllowanceRequest",
		"DecisionRequest", "CancelRequest", "GroupRequest", "GroupUpdate", "TokenRequest",
		"InstanceTokenRequest", "ServiceTokenRequest", "TokenDetails", "LoginRequest", "RedeemRequest", "UserRequest", "UserUpdate", "PasswordRequest",
		"ProjectRequest", "ProjectUpdate", "BindingRequest", "SourceRequest",
	} {
		schemas[strict].AdditionalProperties = false
	}
	for _, name := range []string{"Runtime", "UpstreamPatch"} {
		schemas[name].Properties["nodes"] = &huma.Schema{
			Type: huma.TypeArray, Description: "Replaces nodes or discovery.",
			Items: eitherForm("host:port or host:port@weight; an IPv6 address stands in brackets.", "Node"),
		}
		schemas[name].Properties["discovery"] = eitherForm("registry/namespace/service. Replaces nodes or discovery.", "Discovery")
	}

	for name, of := range map[string]string{"plan": "Plan", "change": "Change"} {
		p := schemas["Submission"].Properties[name]
		schemas["Submission"].Properties[name] = &huma.Schema{Description: p.Description, AnyOf: []*huma.Schema{{Ref: "#/components/schemas/" + of}, {Type: "null"}}}
	}

	a.serveDocument("json", func() ([]byte, error) { return json.Marshal(spec) })
	a.serveDocument("yaml", spec.YAML)
}

// eitherForm describes what is read as a text or as an object.
func eitherForm(text, object string) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeString, Description: text},
		{Ref: "#/components/schemas/" + object},
	}}
}

func (a *API) serveDocument(format string, encode func() ([]byte, error)) {
	encode = sync.OnceValues(encode)
	a.mux.HandleFunc("GET /api/openapi."+format, func(w http.ResponseWriter, r *http.Request) {
		b, err := encode()
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/openapi+"+format)
		_, _ = w.Write(b) // a reader that left needs no answer
	})
}
