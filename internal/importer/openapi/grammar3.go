package openapi

// fillOpenAPI completes the shapes of versions 3.0 and 3.1.
func (g *grammar) fillOpenAPI() {
	variable := &shape{name: "a server variable", kinds: isMapping, strict: true, required: []string{"default"}, fields: fields{
		"enum": listOf(g.text), "default": g.word, "description": g.text,
	}}
	s := g.server
	s.name, s.strict, s.required = "a server", true, []string{"url"}
	s.fields = fields{"url": g.word, "description": g.text, "variables": strictMapOf(variable)}

	g.fillContent()
	g.fillParameter()
	g.response.fields = fields{
		"$ref": g.anything, "description": g.text, "headers": g.headers, "content": g.content, "links": mapOf(g.link),
	}
	g.link.name, g.link.ref = "a link", true
	g.link.fields = fields{
		"operationRef": g.text, "operationId": g.text, "parameters": mapOf(g.anything), "requestBody": g.anything,
		"description": g.text, "server": g.server,
	}
	g.root = &shape{name: "the document", kinds: isMapping, strict: true, required: []string{"info", "paths"}, fields: g.commonRoot()}
	g.root.fields["openapi"] = g.word
	g.root.fields["servers"] = g.servers
	g.root.fields["components"] = g.components()
	if g.version == v31 {
		g.root.fields["jsonSchemaDialect"] = g.text
		g.root.fields["webhooks"] = mapOf(g.calledItem)
	}
}

func (g *grammar) components() *shape {
	c := &shape{name: "components", kinds: isMapping | isNull, strict: true, fields: fields{
		"schemas": g.schemas, "responses": mapOf(g.response), "parameters": strictMapOf(g.parameter),
		"examples": g.examples, "requestBodies": mapOf(g.requestBody()), "headers": g.headers,
		"securitySchemes": strictMapOf(g.securityScheme()), "links": mapOf(g.link), "callbacks": mapOf(g.callback()),
	}}
	if g.version == v31 {
		c.fields["pathItems"] = mapOf(g.anything) // compared where something refers to them, as that demands
	}
	return c
}

func (g *grammar) securityScheme() *shape {
	types := []string{"apiKey", "http", "oauth2", "openIdConnect"}
	if g.version == v31 {
		types = append(types, "mutualTLS")
	}
	return &shape{name: "a security scheme", kinds: isMapping, strict: true, ref: true, required: []string{"type"}, fields: fields{
		"type":        {kinds: isText, strict: true, values: types},
		"description": g.text, "name": g.text, "in": g.text, "scheme": g.text, "bearerFormat": g.text,
		"openIdConnectUrl": g.text, "flows": {name: "flows", kinds: isMapping, open: true},
	}}
}

// fillContent describes bodies by media type, with their examples.
func (g *grammar) fillContent() {
	g.example.name, g.example.ref = "an example", true
	g.example.fields = fields{"summary": g.text, "description": g.text, "value": g.anything, "externalValue": g.text}
	encoding := &shape{name: "an encoding", kinds: isMapping, fields: fields{
		"contentType": g.text, "headers": g.headers, "style": g.text, "explode": g.flag, "allowReserved": g.flag,
	}}
	g.content.other = &shape{name: "a media type", kinds: isMapping, fields: fields{
		"schema": g.schema, "example": g.anything, "examples": g.examples, "encoding": mapOf(encoding),
	}}
}

// fillParameter describes parameters, and headers, which are parameters whose
// name and place are given elsewhere.
func (g *grammar) fillParameter() {
	common := func() fields {
		return fields{
			"$ref": g.anything, "description": g.text, "required": g.flag, "deprecated": g.flag,
			"allowEmptyValue": g.flag, "style": g.text, "explode": g.flag, "allowReserved": g.flag,
			"schema": g.schema, "example": g.anything, "examples": g.examples, "content": g.content,
		}
	}
	g.header.name, g.header.ref, g.header.fields = "a header", true, common()
	p := g.parameter
	p.name, p.strict, p.ref, p.required, p.fields = "a parameter", true, true, []string{"name", "in"}, common()
	p.fields["name"] = g.word
	p.fields["in"] = &shape{kinds: isText, strict: true, values: []string{"query", "header", "path", "cookie"}}
}

func (g *grammar) requestBody() *shape {
	return &shape{name: "a request body", kinds: isMapping, ref: true, required: []string{"content"}, fields: fields{
		"description": g.text, "content": g.content, "required": g.flag,
	}}
}

func (g *grammar) callback() *shape {
	return &shape{name: "a callback", kinds: isMapping, ref: true, other: g.calledItem}
}
