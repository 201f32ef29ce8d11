package breaking_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright/internal/breaking"
)

// gateCase is one of the cases that tools commonly get wrong.
type gateCase struct {
	name     string
	old, new string
	want     string
	level    breaking.Level
}

func gateCases(t testing.TB) []gateCase {
	t.Helper()
	edit := func(edits ...string) string { return alter(t, raised(orders), edits...) }
	param := func(schema string) string {
		return alter(t, orders, "limit, in: query, schema: {type: integer}", "limit, in: query, schema: "+schema)
	}
	const (
		deprecation = "      deprecated: true\n      x-sunset: 2027-01-31\n"
		getOrder    = "    get:\n      operationId: getOrder\n" + deprecation + "      responses:\n        \"200\": {description: it, content: {application/json: {schema: {$ref: \"#/components/schemas/Order\"}}}}\n"
	)
	return []gateCase{
		{"base path changed", orders, edit("example.com/v1", "example.com/v2", "1.1.0", "2.0.0"), "base-path-changed", breaking.Identity},
		{
			"request refuses further properties", requestOf("3.0.3", `{type: object}`), raised(requestOf("3.0.3", `{type: object, additionalProperties: false}`)),
			"request-additional-properties-closed", breaking.Major,
		},
		{"security added to an open operation", orders, edit("operationId: listOrders", "operationId: listOrders\n      security: [{key: []}]"), "security-added", breaking.Major},
		{"default changed", param("{type: integer, default: 10}"), raised(param("{type: integer, default: 20}")), "default-changed", breaking.Risky},
		{"int64 said of an integer", param("{type: integer}"), raised(param("{type: integer, format: int64}")), "number-format-changed", breaking.Patch},
		{
			"enum value added to a response", responseOf("3.0.3", `{type: string, enum: [a]}`), raised(responseOf("3.0.3", `{type: string, enum: [a, b]}`)),
			"response-enum-value-added", breaking.Risky,
		},
		{
			"required property with default added", requestOf("3.0.3", `{type: object}`), raised(requestOf("3.0.3", `{type: object, required: [a], properties: {a: {type: string, default: x}}}`)),
			"request-property-required-added-with-default", breaking.Risky,
		},
		{
			"object split into allOf", responseOf("3.0.3", `{type: object, properties: {a: {type: string}, b: {type: string}}}`),
			responseOf("3.0.3", `{allOf: [{type: object, properties: {a: {type: string}}}, {type: object, properties: {b: {type: string}}}]}`), "", breaking.None,
		},
		{
			"parameter moved to its path", orders,
			edit("      parameters:\n        - {name: limit, in: query, schema: {type: integer}}\n", "      parameters:\n", "  /orders:\n", "  /orders:\n    parameters:\n      - {name: limit, in: query, schema: {type: integer}}\n", "operationId: createOrder", "operationId: createOrder\n      parameters: []"),
			"request-parameter-added", breaking.Minor, // of the other operation of the path
		},
		{"path parameter renamed", orders, edit("/orders/{id}:", "/orders/{orderId}:", "{name: id, in: path", "{name: orderId, in: path"), "path-parameter-renamed", breaking.Patch},
		{"operationId changed", orders, edit("operationId: listOrders", "operationId: allOrders"), "operation-id-changed", breaking.Risky},
		{"deprecated without a sunset", orders, edit("operationId: listOrders", "operationId: listOrders\n      deprecated: true"), "operation-deprecated-without-sunset", breaking.Risky},
		{"removed after its sunset", alter(t, orders, "2027-01-31", "2026-11-21"), edit(getOrder, ""), "operation-removed-after-sunset", breaking.Minor},
		{"removed before its sunset", orders, edit(getOrder, ""), "operation-removed-before-sunset", breaking.Major},
		{"success replaced", orders, edit(`"201"`, `"204"`), "response-success-status-added response-success-status-removed", breaking.Major},
		{"nullable written as 3.1 does", responseOf("3.0.3", `{type: string, nullable: true}`), responseOf("3.1.0", `{type: [string, "null"]}`), "", breaking.None},
		{
			"optional response property removed", responseOf("3.0.3", `{type: object, properties: {a: {type: string}}}`), raised(responseOf("3.0.3", `{type: object}`)),
			"response-optional-property-removed", breaking.Risky,
		},
	}
}

func TestGate(t *testing.T) {
	for _, tt := range gateCases(t) {
		t.Run(tt.name, func(t *testing.T) {
			r := compare(t, tt.old, tt.new, breaking.Options{})
			if diff := cmp.Diff(words(tt.want), rulesOf(r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if r.Level != tt.level {
				t.Errorf("level %s, want %s", r.Level, tt.level)
			}
		})
	}
}

const swagger = `swagger: "2.0"
info: {title: Echo, version: "1.1"}
host: echo.example.com
basePath: /v1
schemes: [https]
x-google-endpoints: [{name: echo.example.com, target: 192.0.2.1, allowCors: true}]
x-google-api-name: echo
x-google-allow: all
x-google-backend: {address: https://one.example.com, deadline: 10}
x-google-management:
  metrics: [{name: reads, valueType: INT64, metricKind: DELTA}]
  quota: {limits: [{name: perMinute, metric: reads, unit: "1/min/{project}", values: {STANDARD: 100}}]}
consumes: [application/json]
produces: [application/json]
paths:
  /echo:
    post:
      operationId: echo
      x-google-quota: {metricCosts: {reads: 1}}
      parameters: [{name: message, in: body, schema: {type: object, properties: {text: {type: string}}}}]
      responses: {200: {description: it, schema: {type: string}}}
  /upload:
    post:
      operationId: upload
      consumes: [multipart/form-data]
      parameters: [{name: file, in: formData, type: file, required: true}, {name: note, in: formData, type: string}]
      responses: {204: {description: done}}
securityDefinitions:
  login:
    type: oauth2
    flow: implicit
    authorizationUrl: ""
    x-google-issuer: https://id.example.com
    x-google-jwks_uri: https://id.example.com/keys
    x-google-audiences: "a, b"
    x-google-jwt-locations: [{header: Authorization, value_prefix: "Bearer "}, {query: access_token}]
`

// googleCases are about documents for Cloud Endpoints, which are of version
// 2.0.
func googleCases(t testing.TB) []gateCase {
	t.Helper()
	change := func(name, what, by, want string, level breaking.Level) gateCase {
		return gateCase{name, swagger, alter(t, alter(t, swagger, `"1.1"`, `"1.2"`), what, by), want, level}
	}
	return []gateCase{
		change("nothing", "host:", "host:", "", breaking.None),
		change("audience removed", `"a, b"`, `"b"`, "auth-audience-removed", breaking.Major),
		change("audience added", `"a, b"`, `"a,b,c"`, "auth-audience-added", breaking.Minor),
		change("issuer changed", "x-google-issuer: https://id", "x-google-issuer: https://login", "auth-issuer-changed", breaking.Major),
		change("keys moved", "example.com/keys", "example.com/jwks", "auth-keys-moved", breaking.Patch),
		change("token location removed", ", {query: access_token}]", "]", "auth-location-removed", breaking.Major),
		change("token location added", "[{header", "[{query: token}, {header", "auth-location-added", breaking.Minor),
		change("backend moved", "one.example.com", "two.example.com", "backend-changed", breaking.Patch),
		change("deadline lowered", "deadline: 10", "deadline: 5", "backend-changed", breaking.Patch),
		change("quota lowered", "STANDARD: 100", "STANDARD: 50", "quota-lowered", breaking.Risky),
		change("quota raised", "STANDARD: 100", "STANDARD: 200", "quota-raised", breaking.Patch),
		change("quota of another unit", "1/min/{project}", "1/d/{project}", "quota-changed", breaking.Risky),
		change("quota removed", `quota: {limits: [{name: perMinute, metric: reads, unit: "1/min/{project}", values: {STANDARD: 100}}]}`, "quota: {limits: []}", "quota-raised", breaking.Patch),
		change("call costs more", "reads: 1", "reads: 2", "quota-lowered", breaking.Risky),
		change("call costs nothing", "{metricCosts: {reads: 1}}", "{}", "quota-raised", breaking.Patch),
		change("unknown paths refused", "x-google-allow: all", "x-google-allow: configured", "unknown-paths-refused", breaking.Major),
		{"unknown paths allowed", alter(t, swagger, "x-google-allow: all\n", ""), alter(t, swagger, `"1.1"`, `"1.2"`), "unknown-paths-allowed", breaking.Minor},
		change("no calls from other sites", "allowCors: true", "allowCors: false", "cors-removed", breaking.Major),
		{"calls from other sites", alter(t, swagger, ", allowCors: true", ""), alter(t, swagger, `"1.1"`, `"1.2"`), "cors-added", breaking.Minor},
		change("managed name", "192.0.2.1", "192.0.2.2", "endpoint-changed", breaking.Patch),
		change("name of the API", "x-google-api-name: echo", "x-google-api-name: parrot", "api-name-changed", breaking.Risky),
		change("base path", "basePath: /v1", "basePath: /v2", "base-path-changed version-path-mismatch", breaking.Identity),
		change("host", "host: echo", "host: parrot", "host-changed", breaking.Identity),
		change("scheme", "[https]", "[http]", "scheme-removed", breaking.Major),
		change("type in a body", "{text: {type: string}}", "{text: {type: integer}}", "request-type-changed", breaking.Major),
		change("field of a form required", "note, in: formData", "note, required: true, in: formData", "request-property-became-required", breaking.Major),
		change("field of a form removed", ", {name: note, in: formData, type: string}", "", "request-property-removed", breaking.Risky),
		change("form became a body", "[multipart/form-data]", "[application/json]", "request-media-type-added request-media-type-removed", breaking.Major),
		change("answer of another type", "it, schema: {type: string}", "it, schema: {type: number}", "response-type-changed", breaking.Major),
	}
}

func TestGoogleExtensions(t *testing.T) {
	for _, tt := range googleCases(t) {
		t.Run(tt.name, func(t *testing.T) {
			r := compare(t, tt.old, tt.new, breaking.Options{})
			if diff := cmp.Diff(words(tt.want), rulesOf(r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if r.Level != tt.level {
				t.Errorf("level %s, want %s", r.Level, tt.level)
			}
		})
	}
}
