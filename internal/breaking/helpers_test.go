package breaking_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/breaking"
)

// today is the day of all tests.
var today = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// compare compares two documents with the options.
func compare(t testing.TB, old, new string, o breaking.Options) *breaking.Report {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = today
	}
	r, err := breaking.Compare(context.Background(),
		breaking.Document{Name: "old.yaml", Text: []byte(old)}, breaking.Document{Name: "new.yaml", Text: []byte(new)}, o)
	if err != nil {
		t.Fatalf("compare: %s\nold:\n%s\nnew:\n%s", err, old, new)
	}
	return r
}

// rulesOf returns the rules of the findings, each once, sorted.
func rulesOf(r *breaking.Report) []string {
	rules := []string{}
	for i := range r.Findings {
		rules = append(rules, r.Findings[i].Rule)
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// find returns the only finding of the rule.
func find(t *testing.T, r *breaking.Report, rule string) breaking.Finding {
	t.Helper()
	var found []breaking.Finding
	for _, f := range r.Findings {
		if f.Rule == rule {
			found = append(found, f)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d findings of %s, want 1: %v", len(found), rule, rulesOf(r))
	}
	return found[0]
}

// words splits a list of rules.
func words(s string) []string {
	list := strings.Fields(s)
	slices.Sort(list)
	return slices.Compact(list)
}

const orders = `openapi: 3.0.3
info: {title: Orders, version: 1.0.0}
servers: [{url: https://api.example.com/v1}]
paths:
  /orders:
    get:
      operationId: listOrders
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}}
      responses:
        "200":
          description: the orders
          headers:
            X-Total: {required: true, schema: {type: integer}}
            X-Page: {schema: {type: integer}}
          content:
            application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Order"}}}
            application/xml: {schema: {type: array, items: {$ref: "#/components/schemas/Order"}}}
        "404": {description: no such thing}
    post:
      operationId: createOrder
      requestBody:
        content:
          application/json: {schema: {$ref: "#/components/schemas/Order"}}
          text/csv: {schema: {type: string}}
      responses:
        "201": {description: done}
  /orders/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
    get:
      operationId: getOrder
      deprecated: true
      x-sunset: 2027-01-31
      responses:
        "200": {description: it, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Api-Key}
    login:
      type: oauth2
      flows: {clientCredentials: {tokenUrl: https://id.example.com/token, scopes: {read: r, write: w}}}
  schemas:
    Order:
      type: object
      required: [id]
      properties:
        id: {type: string}
        note: {type: string}
`

// alter replaces parts of a document: old and new text by turns. Each old text
// must occur.
func alter(t testing.TB, document string, edits ...string) string {
	t.Helper()
	for i := 0; i+1 < len(edits); i += 2 {
		if !strings.Contains(document, edits[i]) {
			t.Fatalf("the document has no %q", edits[i])
		}
		document = strings.ReplaceAll(document, edits[i], edits[i+1])
	}
	return document
}

// raised gives a document the next minor version.
func raised(document string) string {
	return strings.Replace(document, "version: 1.0.0", "version: 1.1.0", 1)
}

// requestOf returns a document whose only operation takes a body of the schema.
func requestOf(version, schema string) string {
	return things(version, `requestBody: {content: {application/json: {schema: `+schema+`}}}
      responses: {"204": {description: done}}`)
}

// responseOf returns a document whose only operation answers with the schema.
func responseOf(version, schema string) string {
	return things(version, `responses: {"200": {description: it, content: {application/json: {schema: `+schema+`}}}}`)
}

func things(version, operation string) string {
	return "openapi: " + version + `
info: {title: T, version: 1.0.0}
paths:
  /things:
    post:
      ` + operation + `
components:
  schemas:
    Cat: {type: object, required: [kind], properties: {kind: {type: string}, lives: {type: integer}}}
    Dog: {type: object, required: [kind], properties: {kind: {type: string}, bark: {type: string}}}
    Fox: {type: object, required: [kind], properties: {kind: {type: string}, tail: {type: boolean}}}
`
}
