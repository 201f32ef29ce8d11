package openapi

import (
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
)

// policiesMember is where a document, a path or an operation has its policies.
const policiesMember = "x-gatewright-policies"

// policies reads the policies of a document, path or operation. Whether their
// configurations are right is said when a change is planned.
func (r *reader) policies(n *doctree.Node) []gatewright.Policy {
	m := n.Member(policiesMember)
	if m == nil {
		return nil
	}
	if !m.Value.Is(doctree.List) {
		r.report.Errorf(m.Value.Place(), "%s is a list, like: [{type: headers, config: {…}}]", policiesMember)
		return nil
	}
	if len(m.Value.Items) > gatewright.MaxPolicies {
		r.report.Errorf(m.Value.Place(), "%d policies; at most %d are allowed in one place", len(m.Value.Items), gatewright.MaxPolicies)
		return nil
	}
	var all []gatewright.Policy
	for _, item := range m.Value.Items {
		if p, ok := r.policy(item); ok {
			all = append(all, p)
		}
	}
	return all
}

func (r *reader) policy(n *doctree.Node) (p gatewright.Policy, ok bool) {
	if !n.Is(doctree.Mapping) {
		r.report.Errorf(n.Place(), "a policy is a mapping with a type, like {type: headers, config: {…}}")
		return p, false
	}
	for i := range n.Members {
		member := &n.Members[i]
		if !slices.Contains([]string{"name", "type", "config"}, member.Key) && !strings.HasPrefix(member.Key, "x-") {
			r.report.Errorf(n.KeyPlace(member), "a policy has no member %q; it has type, config and, if you like, a name", clip(member.Key))
			return p, false
		}
	}
	p.Name, p.Type = text(n.Get("name")), text(n.Get("type"))
	if config := n.Get("config"); config != nil {
		p.Config = config.PlainJSON()
	}
	if err := p.Validate(); err != nil {
		r.report.Errorf(n.Place(), "%s", err)
		return p, false
	}
	return p, true
}
