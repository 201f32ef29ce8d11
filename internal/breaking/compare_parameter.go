package breaking

import (
	"strconv"
	"strings"
)

// compareParameters compares the parameters of two operations, wherever they
// are declared.
func (c *comparer) compareParameters(label string, oldOp, newOp *operation) {
	old, oldOrder := oldOp.parameters()
	new, newOrder := newOp.parameters()
	moved := map[*parameter]bool{} // new ones that are old ones elsewhere
	for _, key := range oldOrder {
		if !c.budget.step() {
			return
		}
		was := old[key]
		site := c.graph.root(label, was.label())
		if is := new[key]; is != nil {
			c.compareParameter(label, was, is)
			continue
		}
		if is := elsewhere(was, old, new, newOrder); is != nil {
			moved[is] = true
			c.find(site, "request-parameter-location-changed", is.spec.onKey(is.node, "in"), was.label(), is.label())
			continue
		}
		c.find(site, "request-parameter-removed", was.spec.on(was.node), was.label(), "")
	}
	for _, key := range newOrder {
		is := new[key]
		if old[key] != nil || moved[is] {
			continue
		}
		site, at := c.graph.root(label, is.label()), is.spec.on(is.node)
		if is.required() {
			c.find(site, "request-parameter-required-added", at, "", is.label()+" required")
		} else {
			c.find(site, "request-parameter-added", at, "", is.label())
		}
	}
}

// elsewhere returns the new parameter of the same name that stands for was in
// another part of the request, nil when there is none.
func elsewhere(was *parameter, old, new map[string]*parameter, order []string) *parameter {
	for _, key := range order {
		if p := new[key]; old[key] == nil && p.in != was.in && strings.EqualFold(p.name, was.name) {
			return p
		}
	}
	return nil
}

func (c *comparer) compareParameter(label string, was, is *parameter) {
	site := c.graph.root(label, is.label())
	at := is.spec.onKey(is.node, "required")
	switch {
	case was.required() && !is.required():
		c.find(site, "request-parameter-became-optional", at, was.label()+" required", "optional")
	case !was.required() && is.required():
		c.find(site, "request-parameter-became-required", at, was.label()+" optional", "required")
	}
	was.schema.expand()
	is.schema.expand()
	if lists := typeArray | typeObject; was.schema.typed && was.schema.types&lists != 0 && is.schema.typed && is.schema.types&lists != 0 {
		if from, to := was.encoding(), is.encoding(); from != to {
			c.find(site, "request-parameter-encoding-changed", is.spec.on(is.node), from, to)
		}
	}
	if was.node != was.schema.node() {
		c.compareTextsOf(site, was.node, is.node)
	}
	c.compare(site, "", request, was.schema, is.schema)
}

// encoding tells in one notation how lists and objects are written.
func (p *parameter) encoding() string {
	style, explode := "form", true
	if p.in == "path" || p.in == "header" {
		style, explode = "simple", false
	}
	if p.spec.swagger {
		explode = false
		switch text(p.node.Get("collectionFormat")) {
		case "multi":
			explode = true
		case "ssv":
			style = "spaceDelimited"
		case "pipes":
			style = "pipeDelimited"
		case "tsv":
			style = "tabDelimited"
		}
		return encodingText(style, explode)
	}
	if content := p.node.Get("content"); len(members(content)) > 0 {
		return mediaName(content.Members[0].Key)
	}
	if s := text(p.node.Get("style")); s != "" {
		style, explode = s, s == "form"
	}
	if e := p.node.Get("explode"); e != nil {
		explode = isTrue(e)
	}
	return encodingText(style, explode)
}

func encodingText(style string, explode bool) string {
	return "style " + clip(style) + ", explode " + strconv.FormatBool(explode)
}
