package breaking_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright/internal/breaking"
)

// documentCase is a change of the orders document.
type documentCase struct {
	name  string
	edits []string // made in both documents, by turns what and by what
	new   []string // made in the new one
	want  string   // rules
	level breaking.Level
}

const postOrders = "    post:\n      operationId: createOrder\n"

func documentCases() []documentCase {
	return []documentCase{
		{name: "nothing", want: "", level: breaking.None},
		{
			name: "path removed", edits: []string{"      deprecated: true\n      x-sunset: 2027-01-31\n", ""},
			new: []string{"  /orders/{id}:", "  /other/{id}:"}, want: "operation-added path-removed", level: breaking.Major,
		},
		{
			name: "operation added", new: []string{postOrders, "    put:\n      operationId: putOrders\n      responses: {\"204\": {description: done}}\n" + postOrders},
			want: "operation-added", level: breaking.Minor,
		},
		{name: "operation removed", new: []string{postOrders, "    x-post:\n      operationId: createOrder\n"}, want: "operation-removed extension-changed", level: breaking.Major},
		{name: "method changed", new: []string{postOrders, "    put:\n      operationId: createOrder\n"}, want: "operation-added operation-removed", level: breaking.Major},
		{name: "deprecated with a sunset", new: []string{postOrders, postOrders + "      deprecated: true\n      x-sunset: 2027-06-01\n"}, want: "operation-deprecated", level: breaking.Minor},
		{name: "in use again", new: []string{"      deprecated: true\n      x-sunset: 2027-01-31\n", ""}, want: "operation-undeprecated", level: breaking.Minor},
		{name: "sunset earlier", new: []string{"2027-01-31", "2026-12-31"}, want: "sunset-moved-earlier", level: breaking.Risky},
		{name: "sunset later", new: []string{"2027-01-31", "2027-12-31"}, want: "sunset-moved-later", level: breaking.Minor},
		{name: "tags", new: []string{"operationId: listOrders", "operationId: listOrders\n      tags: [a]"}, want: "documentation-changed", level: breaking.Doc},

		{name: "parameter removed", new: []string{"        - {name: limit, in: query, schema: {type: integer}}\n", ""}, want: "request-parameter-removed", level: breaking.Major},
		{name: "parameter added", new: []string{"      parameters:\n        - {name: limit", "      parameters:\n        - {name: sort, in: query, schema: {}}\n        - {name: limit"}, want: "request-parameter-added", level: breaking.Minor},
		{name: "required parameter added", new: []string{"      parameters:\n        - {name: limit", "      parameters:\n        - {name: sort, in: query, required: true, schema: {}}\n        - {name: limit"}, want: "request-parameter-required-added", level: breaking.Major},
		{name: "parameter became required", new: []string{"limit, in: query", "limit, in: query, required: true"}, want: "request-parameter-became-required", level: breaking.Major},
		{name: "parameter became optional", edits: []string{"limit, in: query", "limit, in: query, required: true"}, new: []string{", required: true, schema: {type: integer}}\n        - {name: tags", ", schema: {type: integer}}\n        - {name: tags"}, want: "request-parameter-became-optional", level: breaking.Minor},
		{name: "parameter moved into a header", new: []string{"limit, in: query", "Limit, in: header"}, want: "request-parameter-location-changed", level: breaking.Major},
		{name: "list written in another way", new: []string{"tags, in: query", "tags, in: query, explode: false"}, want: "request-parameter-encoding-changed", level: breaking.Major},
		{name: "the default way said", new: []string{"tags, in: query", "tags, in: query, style: form, explode: true"}, want: "", level: breaking.None},
		{name: "type of a parameter", new: []string{"limit, in: query, schema: {type: integer}", "limit, in: query, schema: {type: integer, maximum: 100}"}, want: "request-limit-tightened", level: breaking.Major},

		{name: "body became required", new: []string{"      requestBody:\n", "      requestBody:\n        required: true\n"}, want: "request-body-became-required", level: breaking.Major},
		{name: "body became optional", edits: []string{"      requestBody:\n", "      requestBody:\n        required: true\n"}, new: []string{"        required: true\n", ""}, want: "request-body-became-optional", level: breaking.Minor},
		{name: "body removed", new: []string{"      requestBody:\n        content:\n          application/json: {schema: {$ref: \"#/components/schemas/Order\"}}\n          text/csv: {schema: {type: string}}\n", ""}, want: "request-body-removed", level: breaking.Major},
		{name: "body added", new: []string{"operationId: listOrders", "operationId: listOrders\n      requestBody: {content: {text/plain: {}}}"}, want: "request-body-added", level: breaking.Minor},
		{name: "required body added", new: []string{"operationId: listOrders", "operationId: listOrders\n      requestBody: {required: true, content: {text/plain: {}}}"}, want: "request-body-required-added", level: breaking.Major},
		{name: "media type of a request removed", new: []string{"          text/csv: {schema: {type: string}}\n", ""}, want: "request-media-type-removed", level: breaking.Major},
		{name: "media type of a request added", new: []string{"          text/csv", "          text/plain: {}\n          text/csv"}, want: "request-media-type-added", level: breaking.Minor},
		{name: "media type of a request widened", new: []string{"text/csv", "text/*"}, want: "request-media-type-added", level: breaking.Minor},
		{name: "encoding of a part", new: []string{`application/json: {schema: {$ref: "#/components/schemas/Order"}}` + "\n          text/csv", `application/json: {encoding: {id: {contentType: text/plain}}, schema: {$ref: "#/components/schemas/Order"}}` + "\n          text/csv"}, want: "request-media-type-encoding-changed", level: breaking.Risky},

		{name: "success replaced", new: []string{`"201": {description: done}`, `"204": {description: done}`}, want: "response-success-status-added response-success-status-removed", level: breaking.Major},
		{name: "success in a range", new: []string{`"201": {description: done}`, `"2XX": {description: done}`}, want: "response-success-status-added", level: breaking.Risky},
		{name: "error removed", new: []string{"        \"404\": {description: no such thing}\n", ""}, want: "response-error-status-removed", level: breaking.Minor},
		{name: "error added", new: []string{`"404": {description: no such thing}`, "\"404\": {description: no such thing}\n        \"409\": {description: busy}"}, want: "response-error-status-added", level: breaking.Minor},
		{name: "answer lost its body", new: []string{`"200": {description: it, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}`, `"200": {description: it}`}, want: "response-body-removed", level: breaking.Major},
		{name: "answer got a body", new: []string{`"201": {description: done}`, `"201": {description: done, content: {text/plain: {}}}`}, want: "response-body-added", level: breaking.Minor},
		{name: "media type of a response removed", new: []string{"            application/xml: {schema: {type: array, items: {$ref: \"#/components/schemas/Order\"}}}\n", ""}, want: "response-media-type-removed", level: breaking.Major},
		{name: "media type of a response added", new: []string{"            application/xml", "            text/html: {}\n            application/xml"}, want: "response-media-type-added", level: breaking.Minor},
		{name: "required header removed", new: []string{"            X-Total: {required: true, schema: {type: integer}}\n", ""}, want: "response-required-header-removed", level: breaking.Major},
		{name: "header removed", new: []string{"            X-Page: {schema: {type: integer}}\n", ""}, want: "response-header-removed", level: breaking.Risky},
		{name: "header added", new: []string{"            X-Page", "            X-More: {schema: {}}\n            X-Page"}, want: "response-header-added", level: breaking.Minor},
		{name: "header in other letters", new: []string{"X-Page", "x-page"}, want: "", level: breaking.None},
		{name: "header may be missing", new: []string{"X-Total: {required: true, ", "X-Total: {"}, want: "response-header-became-optional", level: breaking.Risky},
		{name: "header is always there", new: []string{"X-Page: {schema", "X-Page: {required: true, schema"}, want: "response-header-became-required", level: breaking.Minor},
		{name: "type of a header", new: []string{"X-Page: {schema: {type: integer}}", "X-Page: {schema: {type: string}}"}, want: "response-type-changed", level: breaking.Major},

		{name: "scope added", edits: []string{"paths:\n", "security: [{login: [read]}]\npaths:\n"}, new: []string{"[{login: [read]}]", "[{login: [read, write]}]"}, want: "security-scope-added", level: breaking.Major},
		{name: "alternative of credentials removed", edits: []string{"paths:\n", "security: [{login: []}, {key: []}]\npaths:\n"}, new: []string{"[{login: []}, {key: []}]", "[{login: []}]"}, want: "security-alternative-removed", level: breaking.Major},
		{name: "second credential", edits: []string{"paths:\n", "security: [{login: []}]\npaths:\n"}, new: []string{"[{login: []}]", "[{login: [], key: []}]"}, want: "security-alternative-removed", level: breaking.Major},
		{name: "security removed", edits: []string{"paths:\n", "security: [{login: [read]}]\npaths:\n"}, new: []string{"security: [{login: [read]}]\n", ""}, want: "security-relaxed", level: breaking.Minor},
		{name: "alternative of credentials added", edits: []string{"paths:\n", "security: [{login: []}]\npaths:\n"}, new: []string{"[{login: []}]", "[{login: []}, {key: []}]"}, want: "security-relaxed", level: breaking.Minor},
		{name: "stricter alternative added", edits: []string{"paths:\n", "security: [{login: []}]\npaths:\n"}, new: []string{"[{login: []}]", "[{login: []}, {login: [read]}]"}, want: "", level: breaking.None},
		{name: "scheme renamed", edits: []string{"paths:\n", "security: [{key: []}]\npaths:\n"}, new: []string{"{key: []}", "{apiKey: []}", "    key: {type", "    apiKey: {type"}, want: "", level: breaking.None},
		{name: "key in another header", new: []string{"name: X-Api-Key", "name: X-Key"}, want: "security-scheme-changed", level: breaking.Major},
		{name: "key header in other letters", new: []string{"name: X-Api-Key", "name: x-api-key"}, want: "", level: breaking.None},
		{name: "tokens from elsewhere", new: []string{"id.example.com", "login.example.com"}, want: "security-scheme-endpoint-changed", level: breaking.Risky},

		{name: "host changed", new: []string{"https://api.example.com", "https://api.example.org"}, want: "host-changed", level: breaking.Identity},
		{name: "server added", new: []string{"[{url: https://api.example.com/v1}]", "[{url: https://api.example.com/v1}, {url: https://eu.example.com/v1}]"}, want: "server-added", level: breaking.Minor},
		{name: "base path added", new: []string{"[{url: https://api.example.com/v1}]", "[{url: https://api.example.com/v1}, {url: https://api.example.com/v1beta}]"}, want: "server-added", level: breaking.Minor},
		{name: "scheme removed", edits: []string{"[{url: https://api.example.com/v1}]", "[{url: https://api.example.com/v1}, {url: http://api.example.com/v1}]"}, new: []string{"{url: https://api.example.com/v1}, ", ""}, want: "scheme-removed", level: breaking.Major},
		{name: "base path moved into the paths", new: []string{"example.com/v1", "example.com", "  /orders", "  /v1/orders"}, want: "", level: breaking.None},
		{name: "operation with a server of its own", new: []string{postOrders, postOrders + "      servers: [{url: https://upload.example.com/v1}]\n"}, want: "operation-server-changed", level: breaking.Major},
		{name: "operation with the document's server", new: []string{postOrders, postOrders + "      servers: [{url: https://api.example.com/v1/}, {url: https://upload.example.com/v1}]\n"}, want: "", level: breaking.None},
		{name: "path with a server of its own", new: []string{"  /orders/{id}:\n", "  /orders/{id}:\n    servers: [{url: https://api.example.com/v2}]\n"}, want: "operation-server-changed", level: breaking.Major},
		{name: "operation left behind by the document", new: []string{postOrders, postOrders + "      servers: [{url: https://api.example.com/v1}]\n", "servers: [{url: https://api.example.com/v1}]\npaths", "servers: [{url: https://new.example.com/v1}]\npaths"}, want: "host-changed", level: breaking.Identity},
		{name: "server moved from the path into the operations", edits: []string{"  /orders/{id}:\n", "  /orders/{id}:\n    servers: [{url: https://x.example.com}]\n"}, new: []string{"    servers: [{url: https://x.example.com}]\n", "", "      operationId: getOrder\n", "      operationId: getOrder\n      servers: [{url: https://x.example.com}]\n"}, want: "", level: breaking.None},
		{name: "server variable", new: []string{"{url: https://api.example.com/v1}", "{url: \"https://{host}/v1\", variables: {host: {default: api.example.com}}}"}, want: "", level: breaking.None},
		{name: "version went back", new: []string{"1.1.0", "0.9.0"}, want: "version-decreased", level: breaking.Identity},
		{name: "version of another form", new: []string{"1.1.0", "next"}, want: "version-form", level: breaking.Risky},
		{name: "version contradicts the base path", new: []string{"1.1.0", "2.0.0"}, want: "version-path-mismatch", level: breaking.Identity},
		{name: "version not raised", new: []string{"1.1.0", "1.0.1", "      parameters:\n        - {name: limit", "      parameters:\n        - {name: sort, in: query, schema: {}}\n        - {name: limit"}, want: "request-parameter-added version-not-raised", level: breaking.Minor},

		{name: "event removed", edits: []string{"operationId: createOrder", "operationId: createOrder\n      callbacks: {done: {\"{$request.body#/id}\": {post: {requestBody: {content: {application/json: {schema: {type: string}}}}, responses: {}}}}}"}, new: []string{"post: {requestBody", "put: {requestBody"}, want: "event-added event-removed", level: breaking.Major},
		{name: "payload of an event", edits: []string{"operationId: createOrder", "operationId: createOrder\n      callbacks: {done: {\"{$request.body#/id}\": {post: {requestBody: {content: {application/json: {schema: {type: string, enum: [a]}}}}, responses: {}}}}}"}, new: []string{"enum: [a]", "enum: [a, b]"}, want: "response-enum-value-added", level: breaking.Risky},
	}
}

func TestDocuments(t *testing.T) {
	for _, tt := range documentCases() {
		t.Run(tt.name, func(t *testing.T) {
			old := alter(t, orders, tt.edits...)
			r := compare(t, old, alter(t, raised(old), tt.new...), breaking.Options{})
			if diff := cmp.Diff(words(tt.want), rulesOf(r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if r.Level != tt.level {
				t.Errorf("level %s, want %s", r.Level, tt.level)
			}
		})
	}
}

// TestEveryRuleHasACase keeps the tables and the catalogue together.
func TestEveryRuleHasACase(t *testing.T) {
	reached := map[string]bool{}
	add := func(rules string) {
		for _, r := range strings.Fields(rules) {
			reached[r] = true
		}
	}
	for _, tt := range schemaCases() {
		add(tt.request)
		add(tt.response)
	}
	for _, tt := range documentCases() {
		add(tt.want)
	}
	for _, tt := range gateCases(t) {
		add(tt.want)
	}
	for _, tt := range googleCases(t) {
		add(tt.want)
	}
	var ids []string
	for _, rule := range breaking.Rules() {
		if slices.Contains(ids, rule.ID) {
			t.Errorf("rule %s is there twice", rule.ID)
		}
		ids = append(ids, rule.ID)
		if !reached[rule.ID] {
			t.Errorf("no test reaches rule %s", rule.ID)
		}
		delete(reached, rule.ID)
		if rule.Why == "" || !strings.HasSuffix(rule.Why, ".") || rule.Level >= breaking.Risky && rule.Keep == "" {
			t.Errorf("rule %s does not say why, or what to do: %+v", rule.ID, rule)
		}
	}
	for id := range reached {
		t.Errorf("there is no rule %s", id)
	}
}
