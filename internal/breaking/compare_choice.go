package breaking

import "github.com/gatewright/gatewright/internal/doctree"

// compareWrapped handles a schema that became one alternative of a choice, or
// the other way round, and reports whether that was the case.
func (k *schemaCase) compareWrapped() bool {
	switch at := k.new.spec.on(k.new.node()); {
	case k.new.bare() && len(k.old.choices) == 0 && k.old.typed:
		if k.new.null && !k.old.null {
			k.report("became-nullable", at, "not nullable", "nullable")
		}
		k.matchOptions([]option{asOption(k.old, k.new.null)}, k.new.choices[0].options, k.new.choices[0], nil)
	case k.old.bare() && len(k.new.choices) == 0 && k.new.typed:
		if k.old.null && !k.new.null {
			k.report("became-not-nullable", at, "nullable", "not nullable")
		}
		k.matchOptions(k.old.choices[0].options, []option{asOption(k.new, k.old.null)}, nil, k.old.choices[0])
	default:
		return false
	}
	return true
}

// asOption returns a schema as if it were the only alternative of a choice.
// Where the choice itself allows null, its alternatives need not.
func asOption(c *schema, choiceNull bool) option {
	if choiceNull && c.null {
		c = c.withoutNull()
	}
	return option{name: text(c.node().Get("title")), node: c.node(), schema: c}
}

func (k *schemaCase) compareChoices() {
	for i := range max(len(k.old.choices), len(k.new.choices)) {
		switch {
		case i >= len(k.old.choices):
			ch := k.new.choices[i]
			k.find(k.site, "condition-changed", k.new.spec.onKey(ch.node, ch.keyword), "no "+ch.keyword, ch.keyword+" of "+itoa(len(ch.options)))
		case i >= len(k.new.choices):
			ch := k.old.choices[i]
			k.find(k.site, "condition-changed", k.old.spec.onKey(ch.node, ch.keyword), ch.keyword+" of "+itoa(len(ch.options)), "no "+ch.keyword)
		default:
			old, new := k.old.choices[i], k.new.choices[i]
			k.matchOptions(old.options, new.options, new, old)
		}
	}
	k.compareDiscriminators()
}

// matchOptions finds the counterparts of alternatives and compares the pairs.
// What is left over was removed or added. A nil choice stands for a schema
// that is no choice.
func (k *schemaCase) matchOptions(old, new []option, newChoice, oldChoice *choice) {
	partner := make([]int, len(old)) // index into new, -1 for none
	taken := make([]bool, len(new))
	for i := range partner {
		partner[i] = -1
	}
	for _, same := range k.likeness() {
		for i := range old {
			for j := range new {
				if partner[i] < 0 && !taken[j] && k.budget.step() && same(&old[i], &new[j]) {
					partner[i], taken[j] = j, true
				}
			}
		}
	}
	for i := range old {
		if j := partner[i]; j >= 0 {
			k.descend(optionStep(new, j), old[i].schema, new[j].schema)
			continue
		}
		k.report("alternative-removed", k.old.spec.on(old[i].node), k.optionName(&old[i], oldChoice), "")
	}
	for j := range new {
		if !taken[j] {
			k.report("alternative-added", k.new.spec.on(new[j].node), "", k.optionName(&new[j], newChoice))
		}
	}
}

// likeness returns how alternatives are recognised, surest sign first.
func (k *schemaCase) likeness() []func(old, new *option) bool {
	return []func(old, new *option) bool{
		func(old, new *option) bool { return old.ref && new.ref && old.name == new.name },
		func(old, new *option) bool { return old.name != "" && old.name == new.name },
		func(old, new *option) bool {
			old.schema.expand()
			new.schema.expand()
			return k.budget.equal(old.schema.node(), new.schema.node())
		},
		func(old, new *option) bool { // one of the same kind, unless both are components with names of their own
			named := old.ref && new.ref
			return !named && old.schema.typed && new.schema.typed && old.schema.types == new.schema.types
		},
	}
}

// optionStep tells the alternative options[i] in a place, by its name or by its
// number.
func optionStep(options []option, i int) string {
	switch name := options[i].name; {
	case len(options) == 1:
		return ""
	case name == "":
		return "(" + itoa(i+1) + ")"
	default:
		return "(" + clip(name) + ")"
	}
}

// optionName tells an alternative in a finding.
func (k *schemaCase) optionName(o *option, ch *choice) string {
	name := o.name
	if name == "" {
		o.schema.expand()
		name = o.schema.types.String()
	}
	if ch == nil {
		return clip(name)
	}
	return clip(name) + " in " + ch.keyword
}

func (k *schemaCase) compareDiscriminators() {
	oldPart, old := k.old.first("discriminator")
	newPart, new := k.new.first("discriminator")
	if old == nil || new == nil || k.budget.equal(old, new) {
		return // one that comes or goes changes no value
	}
	property := func(n *doctree.Node) string {
		if n.Kind == doctree.String {
			return n.Text // version 2.0
		}
		return text(n.Get("propertyName"))
	}
	at := k.new.spec.onKey(newPart, "discriminator")
	if from, to := property(old), property(new); from != to {
		k.find(k.site, "discriminator-changed", at, clip(from), clip(to))
	}
	mapping := new.Get("mapping")
	for i := range members(old.Get("mapping")) {
		m := &old.Get("mapping").Members[i]
		switch to := mapping.Get(m.Key); {
		case to == nil:
			k.find(k.site, "discriminator-changed", k.old.spec.onKey(oldPart, "discriminator"), clip(m.Key), "")
		case text(to) != text(m.Value):
			k.find(k.site, "discriminator-changed", at, clip(m.Key)+" for "+show(m.Value), clip(m.Key)+" for "+show(to))
		}
	}
}
