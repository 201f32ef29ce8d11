package breaking

import (
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// status is one response of an operation.
type status struct {
	code  string // "200", "2XX", "default"
	where spot
	node  *doctree.Node
}

// success reports whether the status tells that the request did what it was
// for.
func (s *status) success() bool { return s.code[0] == '2' || s.code[0] == '3' }

func (o *operation) responses() []status {
	var list []status
	responses := o.node.Get("responses")
	for i := range members(responses) {
		m := &responses.Members[i]
		if m.Key == "" || isExtension(m.Key) {
			continue
		}
		list = append(list, status{strings.ToUpper(m.Key), spot{o.spec, responses.KeyPlace(m)}, o.spec.resolve(m.Value)})
		if strings.EqualFold(m.Key, "default") {
			list[len(list)-1].code = "default"
		}
	}
	return list
}

// answering returns the response that stands for the code: its own, that of
// its range, or the default one; nil when there is none.
func answering(list []status, code string) *status {
	for _, candidate := range []string{code, code[:1] + "XX", "default"} {
		for i := range list {
			if list[i].code == candidate {
				return &list[i]
			}
		}
	}
	return nil
}

func (c *comparer) compareResponses(label string, oldOp, newOp *operation) {
	old, new := oldOp.responses(), newOp.responses()
	for i := range old {
		if !c.budget.step() {
			return
		}
		was := &old[i]
		part := "response " + clip(was.code)
		site := c.graph.root(label, part)
		is := answering(new, was.code)
		switch {
		case is != nil:
			c.compareResponse(label, part, oldOp, newOp, was, is)
		case was.success() || was.code == "default" && len(old) == 1:
			c.find(site, "response-success-status-removed", was.where, clip(was.code), "")
		default:
			c.find(site, "response-error-status-removed", was.where, clip(was.code), "")
		}
	}
	for i := range new {
		is := &new[i]
		if !c.budget.step() || answering(old, is.code) != nil {
			continue
		}
		rule := "response-error-status-added"
		if is.success() {
			rule = "response-success-status-added"
		}
		c.find(c.graph.root(label, "response "+clip(is.code)), rule, is.where, "", clip(is.code))
	}
}

func (c *comparer) compareResponse(label, part string, oldOp, newOp *operation, was, is *status) {
	site := c.graph.root(label, part)
	old, new := oldOp.responseMedia(was.node), newOp.responseMedia(is.node)
	switch {
	case len(old) > 0 && len(new) == 0:
		c.find(site, "response-body-removed", is.where, "body", "no body")
	case len(old) == 0 && len(new) > 0:
		c.find(site, "response-body-added", is.where, "no body", "body")
	default:
		c.compareMedia(label, part, old, new, response)
	}
	c.compareTextsOf(site, was.node, is.node)
	if !c.budget.equal(was.node.Get("links"), is.node.Get("links")) {
		c.fold(site, "documentation-changed", "texts", is.where)
	}
	c.compareHeaders(label, part, was.node.Get("headers"), is.node.Get("headers"))
}

// responseMedia returns the representations of a response.
func (o *operation) responseMedia(n *doctree.Node) []media {
	if !o.spec.swagger {
		return o.spec.media(n.Get("content"))
	}
	if n.Get("schema") == nil {
		return nil
	}
	return o.swaggerMedia("produces", n, o.spec.schema(n.Get("schema")), "*/*")
}

func (c *comparer) compareHeaders(label, part string, old, new *doctree.Node) {
	find := func(list *doctree.Node, name string) *doctree.Member {
		for i := range members(list) {
			if m := &list.Members[i]; strings.EqualFold(m.Key, name) {
				return m
			}
		}
		return nil
	}
	for i := range members(old) {
		if !c.budget.step() {
			return
		}
		m := &old.Members[i]
		was := c.was.resolve(m.Value)
		site := c.graph.root(label, part+" header "+clip(m.Key))
		other := find(new, m.Key)
		switch {
		case other != nil:
			c.compareHeader(site, m.Key, was, c.now.resolve(other.Value))
		case isTrue(was.Get("required")):
			c.find(site, "response-required-header-removed", spot{c.was, old.KeyPlace(m)}, clip(m.Key), "")
		default:
			c.find(site, "response-header-removed", spot{c.was, old.KeyPlace(m)}, clip(m.Key), "")
		}
	}
	for i := range members(new) {
		if m := &new.Members[i]; c.budget.step() && find(old, m.Key) == nil {
			c.find(c.graph.root(label, part+" header "+clip(m.Key)), "response-header-added", spot{c.now, new.KeyPlace(m)}, "", clip(m.Key))
		}
	}
}

func (c *comparer) compareHeader(site int32, name string, was, is *doctree.Node) {
	switch at := c.now.onKey(is, "required"); {
	case is == nil || was == nil: // a reference that leads nowhere, which is reported
		return
	case isTrue(was.Get("required")) && !isTrue(is.Get("required")):
		c.find(site, "response-header-became-optional", at, clip(name)+" required", "optional")
	case !isTrue(was.Get("required")) && isTrue(is.Get("required")):
		c.find(site, "response-header-became-required", at, clip(name)+" optional", "required")
	}
	value := func(s *spec, n *doctree.Node) *schema {
		switch content := n.Get("content"); {
		case s.swagger:
			return s.schema(n)
		case len(members(content)) > 0:
			return s.schema(content.Members[0].Value.Get("schema"))
		default:
			return s.schema(n.Get("schema"))
		}
	}
	c.compareTextsOf(site, was, is)
	c.compare(site, "", response, value(c.was, was), value(c.now, is))
}
