package breaking_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright/internal/breaking"
)

// schemaCase is a change of a schema, and the rules that tell it where the
// schema is that of a request and that of a response.
type schemaCase struct {
	name              string
	old, new          string
	request, response string // rules, "" for none
}

func schemaCases() []schemaCase {
	return []schemaCase{
		{"the same", `{type: string}`, `{type: string}`, "", ""},
		{"order of members", `{type: string, maxLength: 3}`, `{maxLength: 3, type: string}`, "", ""},
		{"another type", `{type: string}`, `{type: integer}`, "request-type-changed", "response-type-changed"},
		{"integer to number", `{type: integer}`, `{type: number}`, "request-type-widened", "response-type-widened"},
		{"number to integer", `{type: number}`, `{type: integer}`, "request-type-narrowed", "response-type-narrowed"},
		{"anything to string", `{}`, `{type: string}`, "request-type-narrowed", "response-type-narrowed"},
		{"object that was meant", `{properties: {a: {type: string}}}`, `{type: object, properties: {a: {type: string}}}`, "", ""},
		{"nullable", `{type: string}`, `{type: string, nullable: true}`, "request-became-nullable", "response-became-nullable"},
		{"not nullable", `{type: string, nullable: true}`, `{type: string}`, "request-became-not-nullable", "response-became-not-nullable"},
		{"nullable reference", `{nullable: true, allOf: [{$ref: "#/components/schemas/Cat"}]}`, `{$ref: "#/components/schemas/Cat"}`, "request-became-not-nullable", "response-became-not-nullable"},

		{"width of numbers", `{type: integer}`, `{type: integer, format: int64}`, "number-format-changed", "number-format-changed"},
		{"float to double", `{type: number, format: float}`, `{type: number, format: double}`, "number-format-changed", "number-format-changed"},
		{"format added", `{type: string}`, `{type: string, format: date}`, "request-format-added", "response-format-added"},
		{"format removed", `{type: string, format: date}`, `{type: string}`, "request-format-removed", "response-format-removed"},
		{"format changed", `{type: string, format: date}`, `{type: string, format: date-time}`, "request-format-changed", "response-format-changed"},

		{"enum value added", `{type: string, enum: [a]}`, `{type: string, enum: [a, b]}`, "request-enum-value-added", "response-enum-value-added"},
		{"enum value removed", `{type: string, enum: [a, b]}`, `{type: string, enum: [b]}`, "request-enum-value-removed", "response-enum-value-removed"},
		{"enum value renamed", `{type: string, enum: [a]}`, `{type: string, enum: [b]}`, "request-enum-value-added request-enum-value-removed", "response-enum-value-added response-enum-value-removed"},
		{"enum values in another order", `{type: string, enum: [a, b]}`, `{type: string, enum: [b, a]}`, "", ""},
		{"enum of null", `{type: string, nullable: true, enum: [a, null]}`, `{type: string, nullable: true, enum: [a]}`, "", ""},
		{"enum added", `{type: string}`, `{type: string, enum: [a]}`, "request-enum-added", "response-enum-added"},
		{"enum removed", `{type: string, enum: [a]}`, `{type: string}`, "request-enum-removed", "response-enum-removed"},
		{"all booleans", `{type: boolean}`, `{type: boolean, enum: [true, false]}`, "", ""},

		{"longer", `{type: string, maxLength: 5}`, `{type: string, maxLength: 9}`, "request-limit-loosened", "response-limit-loosened"},
		{"shorter", `{type: string, maxLength: 5}`, `{type: string, maxLength: 4}`, "request-limit-tightened", "response-limit-tightened"},
		{"minimum", `{type: integer}`, `{type: integer, minimum: 1}`, "request-limit-tightened", "response-limit-tightened"},
		{"minimum in another notation", `{type: number, minimum: 1}`, `{type: number, minimum: 1.0}`, "", ""},
		{"minimum excluded", `{type: number, minimum: 1}`, `{type: number, minimum: 1, exclusiveMinimum: true}`, "request-limit-tightened", "response-limit-tightened"},
		{"no length is no limit", `{type: string}`, `{type: string, minLength: 0}`, "", ""},
		{"huge number", `{type: number, maximum: 1e999999999}`, `{type: number, maximum: 5}`, "request-limit-tightened", "response-limit-tightened"},
		{"unique items", `{type: array, items: {}}`, `{type: array, items: {}, uniqueItems: true}`, "request-limit-tightened", "response-limit-tightened"},
		{"finer steps", `{type: integer, multipleOf: 10}`, `{type: integer, multipleOf: 5}`, "request-limit-loosened", "response-limit-loosened"},
		{"coarser steps", `{type: integer, multipleOf: 5}`, `{type: integer, multipleOf: 10}`, "request-limit-tightened", "response-limit-tightened"},
		{"other steps", `{type: integer, multipleOf: 2}`, `{type: integer, multipleOf: 3}`, "request-limit-tightened", "response-limit-loosened"},
		{"pattern added", `{type: string}`, `{type: string, pattern: "^a"}`, "request-pattern-added", "response-pattern-added"},
		{"pattern removed", `{type: string, pattern: "^a"}`, `{type: string}`, "request-pattern-removed", "response-pattern-removed"},
		{"pattern changed", `{type: string, pattern: "^a"}`, `{type: string, pattern: "^b"}`, "request-pattern-changed", "response-pattern-changed"},
		{"default", `{type: integer, default: 1}`, `{type: integer, default: 2}`, "default-changed", "documentation-changed"},
		{"default removed", `{type: integer, default: 1}`, `{type: integer}`, "default-changed", "documentation-changed"},

		{"optional property added", `{type: object}`, `{type: object, properties: {a: {}}}`, "request-property-added", "response-property-added"},
		{"required property added", `{type: object}`, `{type: object, required: [a], properties: {a: {}}}`, "request-property-required-added", "response-property-added"},
		{"required property with default added", `{type: object}`, `{type: object, required: [a], properties: {a: {default: 1}}}`, "request-property-required-added-with-default", "response-property-added"},
		{"required without a declaration", `{type: object}`, `{type: object, required: [a]}`, "request-property-required-added", "response-property-added"},
		{"optional property removed", `{type: object, properties: {a: {}}}`, `{type: object}`, "request-property-removed", "response-optional-property-removed"},
		{"required property removed", `{type: object, required: [a], properties: {a: {}}}`, `{type: object}`, "request-property-removed", "response-required-property-removed"},
		{"property removed and refused", `{type: object, properties: {a: {}}, additionalProperties: false}`, `{type: object, additionalProperties: false}`, "request-property-refused", "response-optional-property-removed"},
		{"property became required", `{type: object, properties: {a: {}}}`, `{type: object, required: [a], properties: {a: {}}}`, "request-property-became-required", "response-property-became-required"},
		{"property with default became required", `{type: object, properties: {a: {default: 1}}}`, `{type: object, required: [a], properties: {a: {default: 1}}}`, "request-property-became-required-with-default", "response-property-became-required"},
		{"property became optional", `{type: object, required: [a], properties: {a: {}}}`, `{type: object, properties: {a: {}}}`, "request-property-became-optional", "response-property-became-optional"},
		{"read-only property added", `{type: object}`, `{type: object, required: [a], properties: {a: {readOnly: true}}}`, "", "response-property-added"},
		{"write-only property removed", `{type: object, required: [a], properties: {a: {writeOnly: true}}}`, `{type: object}`, "request-property-removed", ""},
		{"property became read-only", `{type: object, properties: {a: {}}}`, `{type: object, properties: {a: {readOnly: true}}}`, "request-property-removed", ""},
		{"deep inside", `{type: object, properties: {a: {type: array, items: {type: string}}}}`, `{type: object, properties: {a: {type: array, items: {type: integer}}}}`, "request-type-changed", "response-type-changed"},
		{"closed", `{type: object}`, `{type: object, additionalProperties: false}`, "request-additional-properties-closed", "response-additional-properties-closed"},
		{"opened", `{type: object, additionalProperties: false}`, `{type: object}`, "request-additional-properties-opened", "response-additional-properties-opened"},
		{"open is open", `{type: object}`, `{type: object, additionalProperties: true}`, "", ""},
		{"values of a map", `{type: object, additionalProperties: {type: string}}`, `{type: object, additionalProperties: {type: integer}}`, "request-type-changed", "response-type-changed"},

		{"split into allOf", `{type: object, required: [a], properties: {a: {type: string}, b: {type: integer}}}`, `{allOf: [{type: object, required: [a], properties: {a: {type: string}}}, {type: object, properties: {b: {type: integer}}}]}`, "", ""},
		{"moved into a component", `{type: object, required: [kind], properties: {kind: {type: string}, lives: {type: integer}}}`, `{$ref: "#/components/schemas/Cat"}`, "", ""},
		{"one property in two parts", `{properties: {a: {type: string, maxLength: 5}}}`, `{allOf: [{properties: {a: {type: string}}}, {properties: {a: {maxLength: 5}}}]}`, "", ""},
		{"choice of one", `{$ref: "#/components/schemas/Cat"}`, `{anyOf: [{$ref: "#/components/schemas/Cat"}]}`, "", ""},
		{"alternative added", `{oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]}`, `{oneOf: [{$ref: "#/components/schemas/Fox"}, {$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]}`, "request-alternative-added", "response-alternative-added"},
		{"alternative removed", `{anyOf: [{type: string}, {type: integer}, {type: boolean}]}`, `{anyOf: [{type: boolean}, {type: string}]}`, "request-alternative-removed", "response-alternative-removed"},
		{"alternative replaced", `{oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}]}`, `{oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Fox"}]}`, "request-alternative-added request-alternative-removed", "response-alternative-added response-alternative-removed"},
		{"became an alternative", `{$ref: "#/components/schemas/Cat"}`, `{oneOf: [{$ref: "#/components/schemas/Dog"}, {$ref: "#/components/schemas/Cat"}]}`, "request-alternative-added", "response-alternative-added"},
		{"nullable became an alternative", `{type: string, nullable: true}`, `{oneOf: [{type: string}, {type: integer}], nullable: true}`, "request-alternative-added", "response-alternative-added"},
		{"alternative and null", `{type: string}`, `{oneOf: [{type: string}, {type: integer}], nullable: true}`, "request-alternative-added request-became-nullable", "response-alternative-added response-became-nullable"},
		{"alternative left alone", `{oneOf: [{$ref: "#/components/schemas/Dog"}, {$ref: "#/components/schemas/Cat"}]}`, `{$ref: "#/components/schemas/Cat"}`, "request-alternative-removed", "response-alternative-removed"},
		{"inside an alternative", `{oneOf: [{type: string, maxLength: 5}, {type: integer}]}`, `{oneOf: [{type: string, maxLength: 4}, {type: integer}]}`, "request-limit-tightened", "response-limit-tightened"},
		{"discriminator", `{oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}], discriminator: {propertyName: kind}}`, `{oneOf: [{$ref: "#/components/schemas/Cat"}, {$ref: "#/components/schemas/Dog"}], discriminator: {propertyName: type}}`, "discriminator-changed", "discriminator-changed"},
		{"condition", `{type: string, not: {enum: [a]}}`, `{type: string, not: {enum: [b]}}`, "condition-changed", "condition-changed"},
		{"choice beside properties", `{type: object, properties: {a: {}}}`, `{type: object, properties: {a: {}}, anyOf: [{required: [a]}, {required: [b]}]}`, "condition-changed", "condition-changed"},
		{"texts", `{type: string, description: a, example: x}`, `{type: string, description: b, example: y}`, "documentation-changed", "documentation-changed"},
		{"extension", `{type: string, x-order: 1}`, `{type: string, x-order: 2}`, "extension-changed", "extension-changed"},
	}
}

func TestSchemas(t *testing.T) {
	for _, tt := range schemaCases() {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(words(tt.request), rulesOf(compare(t, requestOf("3.0.3", tt.old), raised(requestOf("3.0.3", tt.new)), breaking.Options{}))); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(words(tt.response), rulesOf(compare(t, responseOf("3.0.3", tt.old), raised(responseOf("3.0.3", tt.new)), breaking.Options{}))); diff != "" {
				t.Errorf("response (-want +got):\n%s", diff)
			}
		})
	}
}

// TestVersionsOfOpenAPI compares the same content in two versions of the
// specification: there is no change.
func TestVersionsOfOpenAPI(t *testing.T) {
	tests := []struct{ name, v30, v31 string }{
		{"nullable", `{type: string, nullable: true}`, `{type: [string, "null"]}`},
		{"nullable reference", `{nullable: true, allOf: [{$ref: "#/components/schemas/Cat"}]}`, `{anyOf: [{$ref: "#/components/schemas/Cat"}, {type: "null"}]}`},
		{"excluded bounds", `{type: number, minimum: 1, exclusiveMinimum: true}`, `{type: number, exclusiveMinimum: 1}`},
		{"one value", `{type: string, enum: [a]}`, `{type: string, const: a}`},
		{"beside a reference", `{allOf: [{$ref: "#/components/schemas/Cat"}, {required: [lives]}]}`, `{$ref: "#/components/schemas/Cat", required: [lives]}`},
		{"nullable enum", `{type: string, nullable: true, enum: [a, null]}`, `{type: [string, "null"], enum: [a, null]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, of := range []func(version, schema string) string{requestOf, responseOf} {
				if r := compare(t, of("3.0.3", tt.v30), of("3.1.0", tt.v31), breaking.Options{}); r.Level != breaking.None {
					t.Errorf("3.0 → 3.1: %s %v", r.Level, rulesOf(r))
				}
				if r := compare(t, of("3.1.0", tt.v31), of("3.0.3", tt.v30), breaking.Options{}); r.Level != breaking.None {
					t.Errorf("3.1 → 3.0: %s %v", r.Level, rulesOf(r))
				}
			}
		})
	}
}

// TestFromSwagger compares a document of version 2.0 with what it is in 3.0:
// there is no change.
func TestFromSwagger(t *testing.T) {
	const v20 = `swagger: "2.0"
info: {title: T, version: 1.0.0}
host: api.example.com
basePath: /v1
schemes: [https]
consumes: [application/json]
produces: [application/json]
paths:
  /things/{id}:
    parameters: [{$ref: "#/parameters/id"}]
    get:
      parameters:
        - {name: tags, in: query, type: array, items: {type: string}}
        - {name: sort, in: query, type: array, items: {type: string}, collectionFormat: multi}
        - {name: limit, in: query, type: integer, format: int32, minimum: 1, default: 5}
      responses:
        200: {description: it, schema: {$ref: "#/definitions/Thing"}, headers: {X-Total: {type: integer}}}
    put:
      parameters: [{name: body, in: body, required: true, schema: {$ref: "#/definitions/Thing"}}]
      responses: {204: {description: done}}
    post:
      consumes: [multipart/form-data]
      parameters: [{name: file, in: formData, type: file, required: true}, {name: note, in: formData, type: string}]
      responses: {204: {description: done}}
parameters:
  id: {name: id, in: path, required: true, type: string}
securityDefinitions:
  user: {type: basic}
  login: {type: oauth2, flow: accessCode, authorizationUrl: "https://id.example.com/a", tokenUrl: "https://id.example.com/t", scopes: {}}
security: [{user: []}, {login: []}]
definitions:
  Thing: {type: object, properties: {name: {type: string, x-nullable: true}}}
`
	const v30 = `openapi: 3.0.3
info: {title: T, version: 1.0.0}
servers: [{url: "https://api.example.com/v1"}]
paths:
  /things/{id}:
    parameters: [{$ref: "#/components/parameters/id"}]
    get:
      parameters:
        - {name: tags, in: query, explode: false, schema: {type: array, items: {type: string}}}
        - {name: sort, in: query, schema: {type: array, items: {type: string}}}
        - {name: limit, in: query, schema: {type: integer, format: int32, minimum: 1, default: 5}}
      responses:
        "200":
          description: it
          headers: {X-Total: {schema: {type: integer}}}
          content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}
    put:
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
      responses: {"204": {description: done}}
    post:
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema: {type: object, required: [file], properties: {file: {type: string, format: binary}, note: {type: string}}}
      responses: {"204": {description: done}}
components:
  parameters:
    id: {name: id, in: path, required: true, schema: {type: string}}
  securitySchemes:
    user: {type: http, scheme: basic}
    login: {type: oauth2, flows: {authorizationCode: {authorizationUrl: "https://id.example.com/a", tokenUrl: "https://id.example.com/t", scopes: {}}}}
  schemas:
    Thing: {type: object, properties: {name: {type: string, nullable: true}}}
security: [{user: []}, {login: []}]
`
	for _, pair := range [][2]string{{v20, v30}, {v30, v20}} {
		if r := compare(t, pair[0], pair[1], breaking.Options{}); r.Level != breaking.None {
			t.Errorf("level %s, findings %+v", r.Level, r.Findings)
		}
	}
}
