package openapi

import "github.com/gatewright/gatewright"

// describer writes the document of one API.
type describer struct {
	def  *gatewright.Definition
	data *gatewright.DataDefinition
}

// list is a JSON list.
type list []any

func (d *describer) document() object {
	operations := object{}
	if d.data.Mode != gatewright.DataNative {
		operations = append(operations, member{"get", d.get()})
	}
	operations = append(operations, member{"post", d.post()})
	info := object{{"title", d.def.Title}, {"version", d.def.Version}}
	return object{
		{"openapi", "3.1.0"},
		{"info", info.with("description", d.def.Description)},
		{"paths", object{{d.def.BasePath, operations}}},
		{"components", object{{"schemas", object{{"Problem", problem()}}}}},
	}
}

// get describes a call whose parameters are in the query.
func (d *describer) get() object {
	params := list{}
	for i := range d.data.Params {
		params = append(params, d.parameter(&d.data.Params[i]))
	}
	if d.data.Paging {
		for _, p := range paging() {
			params = append(params, object{{"name", p.name}, {"in", "query"}, {"schema", p.value}})
		}
	}
	op := object{{"operationId", gatewright.DataRoute + "ByGet"}}.with("summary", d.def.Title)
	if len(params) > 0 {
		op = append(op, member{"parameters", params})
	}
	return append(op, member{"responses", d.responses()})
}

// post describes a call whose parameters are in a JSON body.
func (d *describer) post() object {
	op := object{{"operationId", gatewright.DataRoute}}.with("summary", d.def.Title)
	schema, required := d.body()
	body := object{{"required", required}, {"content", object{{"application/json", object{{"schema", schema}}}}}}
	return append(op, member{"requestBody", body}, member{"responses", d.responses()})
}

func required(p *gatewright.DataParam) bool { return !p.Optional && p.Default == "" }

func (d *describer) parameter(p *gatewright.DataParam) object {
	o := object{{"name", p.Name}, {"in", "query"}}.with("description", p.Description).with("required", required(p))
	if paramType(p).IsArray() {
		o = append(o, member{"style", "form"}, member{"explode", true})
	}
	o = append(o, member{"schema", paramSchema(p, false)})
	return o.with("example", sample(paramType(p), p.Example))
}

// paramType is the type a caller sends: a field that is compared with a list
// takes an array.
func paramType(p *gatewright.DataParam) gatewright.DataType {
	several := p.Operator == gatewright.OpIn || p.Operator == gatewright.OpNotIn ||
		p.Fragment == gatewright.FragmentIdentifierList || p.Fragment == gatewright.FragmentIntegerList
	if several && !p.Type.IsArray() {
		return "array<" + p.Type + ">"
	}
	return p.Type
}

func paramSchema(p *gatewright.DataParam, nullable bool) object {
	s := schemaOf(paramType(p), nullable)
	if p.Fragment == gatewright.FragmentEnum {
		s = object{{"type", "string"}, {"enum", p.Texts}}
	}
	s = s.with("default", sample(paramType(p), p.Default))
	return s.with("x-security-level", string(p.Security))
}

// body returns the schema of a call's JSON, and whether there must be one.
func (d *describer) body() (schema object, must bool) {
	properties, names := object{}, []string{}
	if d.data.Mode == gatewright.DataNative {
		properties = object{{"sql", object{{"type", "string"}, {"description", "One query over the tables that the API offers."}}}}
		names = []string{"sql"}
	}
	for i := range d.data.Params {
		p := &d.data.Params[i]
		s := paramSchema(p, !required(p) && p.Fragment == gatewright.FragmentNone)
		s = s.with("description", p.Description)
		if example := sample(paramType(p), p.Example); example != nil {
			s = append(s, member{"examples", list{example}})
		}
		properties = append(properties, member{p.Name, s})
		if required(p) {
			names = append(names, p.Name)
		}
	}
	if d.data.Paging {
		properties = append(properties, paging()...)
	}
	schema = object{{"type", "object"}, {"properties", properties}}
	if len(names) > 0 {
		schema = append(schema, member{"required", names})
	}
	return append(schema, member{"additionalProperties", false}), len(names) > 0
}

// paging returns the schemas of the parameters that choose a page.
func paging() object {
	return object{
		{gatewright.ParamPageNum, object{{"type", "integer"}, {"minimum", 1}, {"default", 1}, {"description", "The page, counted from 1."}}},
		{gatewright.ParamPageSize, object{{"type", "integer"}, {"minimum", 1}, {"description", "Rows of one page."}}},
	}
}

func (d *describer) responses() object {
	answer := object{{"description", "The rows that were found."}, {"content", object{{"application/json", object{{"schema", d.answer()}}}}}}
	return object{
		{"200", answer},
		{"default", object{
			{"description", "The call was refused or failed; the body says why."},
			{"content", object{{"application/problem+json", object{{"schema", object{{"$ref", "#/components/schemas/Problem"}}}}}}},
		}},
	}
}

// answer returns the schema of an answer.
func (d *describer) answer() object {
	text := object{{"type", "string"}}
	columns := object{{"type", "object"}, {"properties", object{{"name", text}, {"type", text}}}, {"required", []string{"name", "type"}}}
	properties := object{
		{"columns", object{{"type", "array"}, {"items", columns}}},
		{"rows", object{{"type", "array"}, {"items", d.row()}}},
		{"rowCount", object{{"type", "integer"}}},
		{"truncated", object{{"type", "boolean"}, {"description", "There were more rows than one answer may have."}}},
	}
	required := []string{"columns", "rows", "rowCount", "truncated"}
	if d.data.Paging {
		properties = append(properties, member{gatewright.ParamPageNum, object{{"type", "integer"}}}, member{gatewright.ParamPageSize, object{{"type", "integer"}}})
		required = append(required, gatewright.ParamPageNum, gatewright.ParamPageSize)
	}
	properties = append(properties, member{"totalCount", object{{"type", "integer"}, {"description", "Rows of all pages, when the call asks for it."}}})
	return object{{"type", "object"}, {"properties", properties}, {"required", required}}
}

// row returns the schema of one row. Of what a caller's own SQL returns nothing
// is known.
func (d *describer) row() object {
	compact := d.data.Format == gatewright.DataJSONCompact
	if len(d.data.Columns) == 0 {
		if compact {
			return object{{"type", "array"}}
		}
		return object{{"type", "object"}}
	}
	if compact {
		cells := list{}
		for i := range d.data.Columns {
			cells = append(cells, column(&d.data.Columns[i]).with("title", d.data.Columns[i].Name))
		}
		return object{{"type", "array"}, {"prefixItems", cells}, {"minItems", len(cells)}, {"maxItems", len(cells)}}
	}
	properties, required := object{}, []string{}
	for i := range d.data.Columns {
		c := &d.data.Columns[i]
		properties = append(properties, member{c.Name, column(c)})
		if !c.Optional {
			required = append(required, c.Name)
		}
	}
	row := object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		row = append(row, member{"required", required})
	}
	return row
}

// column returns the schema of a column; a default stands where null was.
func column(c *gatewright.DataColumn) object {
	s := schemaOf(c.Type, c.Default == "").with("description", c.Description)
	if example := sample(c.Type, c.Example); example != nil {
		s = append(s, member{"examples", list{example}})
	}
	return s.with("x-security-level", string(c.Security))
}

// problem returns the schema of a problem (RFC 9457).
func problem() object {
	text := object{{"type", "string"}}
	return object{
		{"type", "object"},
		{"properties", object{{"type", text}, {"title", text}, {"status", object{{"type", "integer"}}}, {"detail", text}}},
	}
}
