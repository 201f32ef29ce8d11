package openapi

import (
	"slices"
	"strings"
)

// grammar holds the shapes of one version of the specification. Shapes refer
// to each other in circles, so they are declared first and filled in then.
type grammar struct {
	version version
	root    *shape

	text, word, flag, number, anything *shape

	schema, schemas, externalDocs *shape
	parameter, parameters         *shape
	responses, response           *shape
	server, servers               *shape
	security                      *shape
	example, examples             *shape
	header, headers               *shape
	content, link                 *shape
	pathItem, operation           *shape // that the gateway serves
	calledItem, calledOperation   *shape // that the backend calls: callbacks and webhooks
}

func newGrammar(v version) *grammar {
	g := &grammar{
		version:  v,
		text:     &shape{kinds: isText},
		word:     &shape{kinds: isText, strict: true},
		flag:     &shape{kinds: isFlag},
		number:   &shape{kinds: isNumber},
		anything: &shape{kinds: isAny, open: true},
	}
	for _, s := range []**shape{
		&g.schema, &g.parameter, &g.responses, &g.response, &g.server, &g.example, &g.header,
		&g.content, &g.link, &g.pathItem, &g.operation, &g.calledItem, &g.calledOperation,
	} {
		*s = &shape{kinds: isMapping}
	}
	g.schemas = mapOf(g.schema)
	g.headers = mapOf(g.header)
	g.examples = mapOf(g.example)
	g.parameters = strictListOf(g.parameter)
	g.servers = strictListOf(g.server)
	requirement := strictMapOf(strictListOf(g.word))
	requirement.kinds = isMapping
	g.security = &shape{kinds: isList, items: requirement, strict: true} // never null: nobody must take that for protected
	g.externalDocs = &shape{name: "external documentation", kinds: isMapping, required: []string{"url"}, fields: fields{
		"description": g.text, "url": g.text,
	}}
	g.fillSchema()
	g.fillResponses()
	if v == v20 {
		g.fillSwagger()
	} else {
		g.fillOpenAPI()
	}
	g.fillOperation(g.operation, true)
	g.fillOperation(g.calledOperation, false)
	g.fillPathItem(g.pathItem, g.operation, true)
	g.fillPathItem(g.calledItem, g.calledOperation, false)
	return g
}

type fields = map[string]*shape

func mapOf(s *shape) *shape  { return &shape{kinds: isMapping, other: s, free: true} }
func listOf(s *shape) *shape { return &shape{kinds: isList, items: s} }

// What the gateway acts on may be empty ("parameters:" with nothing after it),
// but not anything else.
func strictMapOf(s *shape) *shape {
	return &shape{kinds: isMapping | isNull, other: s, free: true, strict: true}
}

func strictListOf(s *shape) *shape {
	return &shape{kinds: isList | isNull, items: s, strict: true}
}

// commonRoot returns the members that the document has in all versions. The
// map is new at each call.
func (g *grammar) commonRoot() fields {
	person := func(name string, more fields) *shape {
		return &shape{name: name, kinds: isMapping, fields: more}
	}
	return fields{
		"info": {name: "info", kinds: isMapping, strict: true, required: []string{"title", "version"}, fields: fields{
			"title": g.word, "version": g.word, "description": g.text, "summary": g.text, "termsOfService": g.text,
			"contact": person("a contact", fields{"name": g.text, "url": g.text, "email": g.text}),
			"license": person("a license", fields{"name": g.text, "url": g.text, "identifier": g.text}),
		}},
		"paths":        {name: "paths", kinds: isMapping, strict: true, other: g.pathItem, fit: fitPath},
		"security":     g.security,
		"externalDocs": g.externalDocs,
		"tags": listOf(&shape{name: "a tag", kinds: isMapping, required: []string{"name"}, fields: fields{
			"name": g.text, "description": g.text, "externalDocs": g.externalDocs,
		}}),
	}
}

func fitPath(name string) string {
	if !strings.HasPrefix(name, "/") {
		return "a path begins with /"
	}
	return ""
}

func (g *grammar) fillPathItem(s, operation *shape, strict bool) {
	s.name, s.strict, s.ref = "a path item", strict, true
	s.fields = fields{"$ref": g.anything, "parameters": g.parameters}
	if g.version != v20 {
		s.fields["summary"] = g.text
		s.fields["description"] = g.text
		s.fields["servers"] = g.servers
	}
	for _, method := range g.version.methods() {
		s.fields[method] = operation
	}
	s.fit = func(name string) string {
		if lower := strings.ToLower(name); lower != name && slices.Contains(g.version.methods(), lower) {
			return "methods are written in lower case; write " + lower
		}
		return ""
	}
}

func (g *grammar) fillOperation(s *shape, strict bool) {
	s.name, s.strict = "an operation", strict
	if g.version != v31 {
		s.required = []string{"responses"}
	}
	s.fields = fields{
		"tags": listOf(g.text), "summary": g.text, "description": g.text, "externalDocs": g.externalDocs,
		"operationId": g.word, "parameters": g.parameters, "responses": g.responses, "deprecated": g.flag,
		"security": g.security,
	}
	if g.version == v20 {
		s.fields["consumes"] = listOf(g.text)
		s.fields["produces"] = listOf(g.text)
		s.fields["schemes"] = listOf(g.text)
		return
	}
	s.fields["requestBody"] = g.requestBody()
	s.fields["callbacks"] = mapOf(g.callback())
	s.fields["servers"] = g.servers
}

func (g *grammar) fillResponses() {
	s := g.responses
	s.name, s.strict, s.lax, s.other = "responses", true, true, g.response
	s.fit = func(name string) string {
		if name == "default" || len(name) == 3 && name[0] >= '1' && name[0] <= '5' &&
			(digits(name) || g.version != v20 && name[1:] == "XX") {
			return ""
		}
		return "a response is named by its status code, or default"
	}
	g.response.name, g.response.ref, g.response.required = "a response", true, []string{"description"}
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// fillSchema covers JSON Schema as far as slips in it are common. Keywords of
// other drafts are nothing to speak of: documents are full of them.
func (g *grammar) fillSchema() {
	s := g.schema
	s.name, s.ref, s.circles, s.open = "a schema", true, true, true
	types := []string{"string", "number", "integer", "boolean", "array", "object"}
	if g.version == v20 {
		types = append(types, "file")
	}
	typeName := &shape{kinds: isText, values: types}
	list := listOf(s)
	s.fields = fields{
		"$ref": g.anything, "title": g.text, "type": typeName, "format": g.text, "description": g.text,
		"pattern": g.text, "required": listOf(g.text), "enum": listOf(g.anything), "default": g.anything,
		"example": g.anything, "properties": g.schemas, "items": s, "allOf": list, "anyOf": list, "oneOf": list,
		"not": s, "minLength": g.number, "maxLength": g.number, "minItems": g.number, "maxItems": g.number,
		"minimum": g.number, "maximum": g.number, "multipleOf": g.number, "minProperties": g.number,
		"maxProperties": g.number, "uniqueItems": g.flag, "readOnly": g.flag, "externalDocs": g.externalDocs,
	}
	if g.version != v31 {
		s.fields["additionalProperties"] = &shape{
			name: s.name, kinds: isMapping | isFlag, fields: s.fields, open: true, ref: true, circles: true,
		}
		return
	}
	s.kinds |= isFlag
	s.siblings = true
	typeName.kinds |= isList
	typeName.values = append(types, "null")
	typeName.items = &shape{kinds: isText, values: typeName.values}
	for _, keyword := range []string{
		"additionalProperties", "if", "then", "else", "propertyNames", "contains", "unevaluatedItems",
		"unevaluatedProperties", "contentSchema",
	} {
		s.fields[keyword] = s
	}
	for _, keyword := range []string{"$defs", "dependentSchemas", "patternProperties"} {
		s.fields[keyword] = g.schemas
	}
	s.fields["prefixItems"] = list
	s.fields["examples"] = listOf(g.anything)
}
