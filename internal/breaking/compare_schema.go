package breaking

import (
	"slices"
	"strings"

	"github.com/gatewright/gatewright/internal/doctree"
)

// schemaCase is one pair of schemas being compared.
type schemaCase struct {
	*comparer
	site     int32
	way      direction
	old, new *schema
}

// compareSchemas compares what two schemas say themselves and puts the pairs
// below them into the queue.
func (c *comparer) compareSchemas(w pairWork) {
	w.old.expand()
	w.new.expand()
	k := schemaCase{c, w.site, w.way, w.old, w.new}
	if k.compareThin() || k.compareWrapped() {
		return
	}
	k.compareTypes()
	k.compareFormats()
	k.compareEnums()
	k.compareLimits()
	k.comparePatterns()
	k.compareDefaults()
	k.compareFields()
	k.compareItems()
	k.compareChoices()
	k.compareConditions()
	k.compareTexts()
}

// report records a finding of the rule of this direction.
func (k *schemaCase) report(aspect string, at spot, from, to string) {
	k.find(k.site, k.way.String()+"-"+aspect, at, from, to)
}

// descend queues a pair below this one.
func (k *schemaCase) descend(step string, old, new *schema) {
	k.compare(k.site, step, k.way, old, new)
}

// present returns where a keyword stands: in the new document, else in the
// old one, where it was.
func (k *schemaCase) present(keyword string) spot {
	if n, _ := k.new.first(keyword); n != nil {
		return k.new.spotOf(keyword)
	}
	if n, _ := k.old.first(keyword); n != nil {
		return k.old.spotOf(keyword)
	}
	return k.new.spotOf(keyword)
}

// narrowing tells apart what became narrower, wider, or both.
func (k *schemaCase) narrowing(aspect string, at spot, lost, gained bool, from, to string, words [3]string) {
	switch {
	case lost && gained:
		k.report(aspect+words[2], at, from, to)
	case lost:
		k.report(aspect+words[0], at, from, to)
	case gained:
		k.report(aspect+words[1], at, from, to)
	}
}

func (k *schemaCase) compareTypes() {
	old, new := k.old.types, k.new.types
	from, to := old.String(), new.String()
	if !k.old.typed {
		old, from = anyType, "any type"
	}
	if !k.new.typed {
		new, to = anyType, "any type"
	}
	k.narrowing("type", k.present("type"), old&^new != 0, new&^old != 0, from, to, [3]string{"-narrowed", "-widened", "-changed"})
	if old != 0 && new != 0 {
		k.compareNull()
	}
}

// compareNull compares whether null is allowed.
func (k *schemaCase) compareNull() {
	at := k.present("type")
	for _, keyword := range []string{"nullable", "x-nullable"} {
		if n, _ := k.new.first(keyword); n != nil {
			at = k.new.spotOf(keyword)
		}
	}
	switch {
	case k.old.null && !k.new.null && k.old.said():
		k.report("became-not-nullable", at, "nullable", "not nullable")
	case !k.old.null && k.new.null && k.new.said():
		k.report("became-nullable", at, "not nullable", "nullable")
	}
}

// said reports whether the schema says anything about types, so that its being
// nullable or not is no mere consequence of allowing everything.
func (c *schema) said() bool { return c.typed || len(c.choices) > 0 }

// isNumberFormat reports whether a format only tells the width of numbers.
func isNumberFormat(format string) bool {
	switch format {
	case "", "int32", "int64", "float", "double", "int8", "int16", "uint32", "uint64", "decimal":
		return true
	}
	return false
}

// format returns the format of the schema's values. What version 2.0 calls a
// file is binary text later.
func (c *schema) format() string {
	if _, t := c.first("type"); text(t) == "file" {
		return "binary"
	}
	_, n := c.first("format")
	return text(n)
}

func (k *schemaCase) compareFormats() {
	old, new := k.old.format(), k.new.format()
	if old == new || k.old.types&k.new.types == 0 {
		return
	}
	at := k.present("format")
	numbers := typeInteger | typeFraction
	switch {
	case isNumberFormat(old) && isNumberFormat(new) || k.new.types&^numbers == 0 || k.old.types&^numbers == 0:
		k.find(k.site, "number-format-changed", at, orNone(old), orNone(new))
	case old == "":
		k.report("format-added", at, "no format", new)
	case new == "":
		k.report("format-removed", at, old, "no format")
	default:
		k.report("format-changed", at, old, new)
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// enumOf returns the values that the schema lists, as canonical text by which
// they are told apart and in words, false when it lists none. null is a matter
// of types.
func enumOf(c *schema) (values map[string]string, order []string, keyword string) {
	for _, n := range c.parts {
		var listed []*doctree.Node
		word := "enum"
		if e := n.Get("enum"); e.Is(doctree.List) {
			listed = e.Items
		} else if v := n.Get("const"); v != nil {
			listed, word = []*doctree.Node{v}, "const"
		} else {
			continue
		}
		if keyword != "" {
			continue // the outermost list counts
		}
		keyword, values = word, make(map[string]string, len(listed))
		for _, v := range listed {
			if v.Kind == doctree.Null || !c.spec.budget.step() {
				continue
			}
			canonical := string(v.AppendCanonical(nil))
			if v.Scalar() {
				canonical = v.Text // 1 and "1" are one value in notations without quotes
			}
			if _, twice := values[canonical]; !twice {
				values[canonical] = show(v)
				order = append(order, canonical)
			}
		}
	}
	return values, order, keyword
}

func (k *schemaCase) compareEnums() {
	old, oldOrder, oldWord := enumOf(k.old)
	new, newOrder, newWord := enumOf(k.new)
	words := func(order []string, values map[string]string) string {
		shown := make([]string, len(order))
		for i, v := range order {
			shown[i] = values[v]
		}
		return list(shown)
	}
	report := func(aspect string, at spot, from, to string, values []string) {
		k.findMarked(k.site, k.way.String()+"-"+aspect, at, from, to, digest(slices.Sorted(slices.Values(values))...))
	}
	switch {
	case oldWord == "" && newWord == "":
	case oldWord == "" && k.old.types == typeBoolean && len(new) == 2, newWord == "" && k.new.types == typeBoolean && len(old) == 2:
	case oldWord == "":
		report("enum-added", k.new.spotOf(newWord), "any value", words(newOrder, new), newOrder)
	case newWord == "":
		report("enum-removed", k.old.spotOf(oldWord), words(oldOrder, old), "any value", oldOrder)
	default:
		lost := slices.DeleteFunc(oldOrder, func(v string) bool { _, ok := new[v]; return ok })
		gained := slices.DeleteFunc(newOrder, func(v string) bool { _, ok := old[v]; return ok })
		at := k.new.spotOf(newWord)
		if len(lost) > 0 {
			report("enum-value-removed", at, words(lost, old), "", lost)
		}
		if len(gained) > 0 {
			report("enum-value-added", at, "", words(gained, new), gained)
		}
	}
}

func (k *schemaCase) comparePatterns() {
	_, a := k.old.first("pattern")
	_, b := k.new.first("pattern")
	old, new := text(a), text(b)
	if old != new {
		k.narrowing("pattern", k.present("pattern"), new != "", old != "", orNone(old), orNone(new), [3]string{"-added", "-removed", "-changed"})
	}
}

func (k *schemaCase) compareDefaults() {
	_, old := k.old.first("default")
	_, new := k.new.first("default")
	if k.budget.equal(old, new) || old.Scalar() && new.Scalar() && old.Text == new.Text {
		return
	}
	if k.way == response {
		k.fold(k.site, "documentation-changed", "texts", k.present("default"))
		return
	}
	k.findMarked(k.site, "default-changed", k.present("default"), orNone(show(old)), orNone(show(new)), digest(canonical(old), canonical(new)))
}

// compareItems compares the elements of lists.
func (k *schemaCase) compareItems() {
	oldPart, old := k.old.first("items")
	newPart, new := k.new.first("items")
	if oldPart == nil && newPart == nil {
		return
	}
	k.descend("[]", k.old.spec.schema(old), k.new.spec.schema(new))
}

// Keywords that are compared as a whole: whoever uses them has to look.
func conditionKeywords() []string {
	return []string{
		"not", "if", "then", "else", "dependentSchemas", "dependentRequired", "dependencies", "patternProperties",
		"propertyNames", "contains", "minContains", "maxContains", "prefixItems", "unevaluatedItems", "contentEncoding",
		"contentMediaType", "contentSchema", "xml",
	}
}

func (k *schemaCase) compareConditions() {
	for _, keyword := range conditionKeywords() {
		_, old := k.old.first(keyword)
		_, new := k.new.first(keyword)
		if old == nil && new == nil || k.budget.equal(old, new) {
			continue
		}
		k.findMarked(k.site, "condition-changed", k.present(keyword), condition(keyword, old), condition(keyword, new), digest(keyword, canonical(old), canonical(new)))
	}
}

func condition(keyword string, n *doctree.Node) string {
	if n == nil {
		return "no " + keyword
	}
	return clip(keyword + " " + canonical(n))
}

// textKeywords are for people.
func textKeywords() []string {
	return []string{"title", "description", "example", "examples", "externalDocs", "deprecated", "$comment", "summary"}
}

func isText(keyword string) bool { return slices.Contains(textKeywords(), keyword) }

// compareTexts compares what is for people, and vendors' extensions. Where the
// parts do not correspond, there is nothing to compare.
func (k *schemaCase) compareTexts() {
	if len(k.old.parts) != len(k.new.parts) {
		return
	}
	for i := range k.old.parts {
		k.compareTextsOf(k.site, k.old.parts[i], k.new.parts[i])
	}
}

// compareTextsOf compares the members of two nodes that mean nothing to
// callers' programs, but for those that rules of their own are about.
func (c *comparer) compareTextsOf(site int32, old, new *doctree.Node, ruled ...string) {
	if old == nil || new == nil {
		return
	}
	for _, keyword := range textKeywords() {
		if !slices.Contains(ruled, keyword) && !c.budget.equal(old.Get(keyword), new.Get(keyword)) {
			c.fold(site, "documentation-changed", "texts", c.now.on(new))
			break
		}
	}
	c.compareExtensions(site, old, new)
}

// compareExtensions compares the extensions of two nodes that no rule knows.
func (c *comparer) compareExtensions(site int32, old, new *doctree.Node) {
	for _, m := range members(old) {
		if isUnknownExtension(m.Key) && !c.budget.equal(m.Value, new.Get(m.Key)) {
			c.fold(site, "extension-changed", clip(m.Key), c.now.on(new))
		}
	}
	for _, m := range members(new) {
		if isUnknownExtension(m.Key) && old.Get(m.Key) == nil {
			c.fold(site, "extension-changed", clip(m.Key), c.now.on(new))
		}
	}
}

func isUnknownExtension(key string) bool {
	return isExtension(key) && !strings.HasPrefix(key, "x-google-") && key != "x-nullable" && !slices.Contains(sunsetKeys(), key) && key != "x-security"
}
