package breaking

import "github.com/gatewright/gatewright/internal/doctree"

// travels reports whether a property is part of values that travel this way.
func (k *schemaCase) travels(f *field) bool {
	if f == nil {
		return false
	}
	f.schema.expand()
	if k.way == request {
		return !f.schema.flag("readOnly")
	}
	return !f.schema.flag("writeOnly")
}

func (k *schemaCase) compareFields() {
	for _, old := range k.old.fields {
		if !k.budget.step() {
			return
		}
		new := k.new.byName[old.name]
		switch was, is := k.travels(old), k.travels(new); {
		case was && is:
			k.compareField(old, new)
		case was:
			k.fieldRemoved(old, new)
		case is:
			k.fieldAdded(new)
		}
	}
	for _, new := range k.new.fields {
		if k.old.byName[new.name] == nil && k.travels(new) {
			k.fieldAdded(new)
		}
	}
	k.compareAdditional()
}

func (k *schemaCase) compareField(old, new *field) {
	switch {
	case old.owner != nil && new.owner != nil:
		k.descend("."+clip(new.name), old.schema, new.schema)
	case new.owner != nil: // until now only named as required
		k.report("property-added", k.fieldSpot(k.new, new), "", clip(new.name))
	}
	at := k.fieldSpot(k.new, new)
	switch {
	case old.required && !new.required:
		k.report("property-became-optional", at, clip(new.name)+" required", clip(new.name)+" optional")
	case !old.required && new.required && k.way == request && k.hasDefault(new):
		k.report("property-became-required-with-default", at, clip(new.name)+" optional", clip(new.name)+" required")
	case !old.required && new.required:
		k.report("property-became-required", at, clip(new.name)+" optional", clip(new.name)+" required")
	}
}

// hasDefault reports whether the property has a default.
func (k *schemaCase) hasDefault(f *field) bool {
	n, _ := f.schema.first("default")
	return n != nil
}

// fieldSpot returns where a property stands.
func (k *schemaCase) fieldSpot(c *schema, f *field) spot {
	if f.owner == nil {
		return c.spec.on(f.requiredAt)
	}
	return c.spec.onKey(f.owner, f.name)
}

func (k *schemaCase) fieldAdded(f *field) {
	at, name := k.fieldSpot(k.new, f), clip(f.name)
	switch {
	case k.way == response || !f.required:
		k.report("property-added", at, "", name)
	case k.hasDefault(f):
		k.report("property-required-added-with-default", at, "", name+" required")
	default:
		k.report("property-required-added", at, "", name+" required")
	}
}

// fieldRemoved handles a property that is gone. new is not nil when it is
// still there but no longer travels this way.
func (k *schemaCase) fieldRemoved(old, new *field) {
	at, to := k.fieldSpot(k.old, old), ""
	if new != nil {
		at, to = k.fieldSpot(k.new, new), clip(old.name)+" for responses only"
		if k.way == response {
			to = clip(old.name) + " for requests only"
		}
	}
	closed, _ := k.new.additional()
	switch {
	case k.way == request && closed && new == nil:
		k.report("property-refused", at, clip(old.name), to)
	case k.way == request:
		k.report("property-removed", at, clip(old.name), to)
	case old.required:
		k.report("required-property-removed", at, clip(old.name), to)
	default:
		k.report("optional-property-removed", at, clip(old.name), to)
	}
}

// additional says what the schema allows beyond the properties it names:
// nothing (closed), or values of a schema; nil for anything.
func (c *schema) additional() (closed bool, value *doctree.Node) {
	for _, keyword := range []string{"additionalProperties", "unevaluatedProperties"} {
		_, n := c.first(keyword)
		switch {
		case n.Is(doctree.Bool):
			closed = closed || n.Text == "false"
		case n.Is(doctree.Mapping) && len(n.Members) > 0:
			value = n
		}
	}
	return closed, value
}

func (k *schemaCase) compareAdditional() {
	objects := k.old.types&typeObject != 0 && k.new.types&typeObject != 0
	oldClosed, old := k.old.additional()
	newClosed, new := k.new.additional()
	at := k.present("additionalProperties")
	switch {
	case !objects:
	case newClosed && !oldClosed:
		k.report("additional-properties-closed", at, "allowed", "forbidden")
	case oldClosed && !newClosed:
		k.report("additional-properties-opened", at, "forbidden", "allowed")
	case !newClosed && (old != nil || new != nil):
		k.descend("{}", k.old.spec.schema(old), k.new.spec.schema(new))
	}
}
