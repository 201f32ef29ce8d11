package openapi

// fillSwagger completes the shapes that only version 2.0 has, or has in its
// own way.
func (g *grammar) fillSwagger() {
	items := &shape{name: "items", kinds: isMapping, open: true}
	items.fields = fields{"type": g.text, "items": items}
	p := g.parameter
	p.name, p.strict, p.ref, p.required = "a parameter", true, true, []string{"name", "in"}
	p.fields = fields{
		"name": g.word, "description": g.text, "required": g.flag, "schema": g.schema, "format": g.text,
		"in":              {kinds: isText, strict: true, values: []string{"query", "header", "path", "formData", "body"}},
		"type":            {kinds: isText, values: []string{"string", "number", "integer", "boolean", "array", "file"}},
		"allowEmptyValue": g.flag, "items": items, "collectionFormat": g.text, "default": g.anything,
		"enum": listOf(g.anything), "maximum": g.number, "minimum": g.number, "exclusiveMaximum": g.flag,
		"exclusiveMinimum": g.flag, "maxLength": g.number, "minLength": g.number, "pattern": g.text,
		"maxItems": g.number, "minItems": g.number, "uniqueItems": g.flag, "multipleOf": g.number,
	}
	g.header.name, g.header.open, g.header.fields = "a header", true, fields{"type": g.text, "items": items}
	g.response.fields = fields{
		"description": g.text, "schema": g.schema, "headers": g.headers, "examples": mapOf(g.anything),
	}
	scheme := &shape{name: "a security definition", kinds: isMapping, strict: true, required: []string{"type"}, fields: fields{
		"type":        {kinds: isText, strict: true, values: []string{"basic", "apiKey", "oauth2"}},
		"description": g.text, "name": g.text, "in": g.text, "flow": g.text, "authorizationUrl": g.text,
		"tokenUrl": g.text, "scopes": mapOf(g.anything),
	}}
	g.root = &shape{name: "the document", kinds: isMapping, strict: true, required: []string{"info", "paths"}, fields: g.commonRoot()}
	for name, s := range (fields{
		"swagger": g.word, "host": g.word, "basePath": g.word, "schemes": strictListOf(g.word),
		"consumes": listOf(g.text), "produces": listOf(g.text), "definitions": g.schemas,
		"parameters": strictMapOf(g.parameter), "responses": mapOf(g.response),
		"securityDefinitions": strictMapOf(scheme),
	}) {
		g.root.fields[name] = s
	}
}
