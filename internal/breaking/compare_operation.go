package breaking

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// compareDocuments compares everything that is no schema.
func (c *comparer) compareDocuments() {
	bases := c.compareServers()
	c.compareVersions()
	c.compareSchemes()
	document := c.graph.whole("document")
	c.compareGoogleDocument(document)
	c.compareTextsOf(document, c.was.root, c.now.root)
	c.compareTextsOf(document, c.was.root.Get("info"), c.now.root.Get("info"))
	if !c.budget.equal(c.was.root.Get("tags"), c.now.root.Get("tags")) {
		c.fold(document, "documentation-changed", "texts", c.now.onKey(c.now.root, "tags"))
	}
	c.comparePaths(bases)
	c.compareEvents("webhook ", "", c.was.root.Get("webhooks"), c.now.root.Get("webhooks"))
}

// comparePaths compares the operations that callers call. Bases are what to
// put before the paths to tell them apart.
func (c *comparer) comparePaths(bases [2]string) {
	key := func(base string) func(string) string {
		return func(path string) string {
			s, _ := shape(strings.TrimSuffix(base, "/") + path)
			return s
		}
	}
	old, oldOrder := c.was.endpoints(c.was.root.Get("paths"), key(bases[0]))
	new, newOrder := c.now.endpoints(c.now.root.Get("paths"), key(bases[1]))
	for _, path := range oldOrder {
		if new[path] == nil || len(new[path].operations) == 0 {
			c.pathRemoved(old[path])
			continue
		}
		c.compareEndpoint(old[path], new[path])
	}
	for _, path := range newOrder {
		for _, op := range inOrder(new[path].operations) {
			if e := old[path]; e == nil || e.operations[strings.ToLower(op.method)] == nil {
				c.find(c.graph.root(op.label(), ""), "operation-added", op.where, "", op.label())
			}
		}
	}
}

// inOrder returns operations in the order of their methods' names.
func inOrder(operations map[string]*operation) []*operation {
	list := make([]*operation, 0, len(operations))
	for _, method := range slices.Sorted(maps.Keys(operations)) {
		list = append(list, operations[method])
	}
	return list
}

// pathRemoved tells that a path is gone: as one cause, unless some of its
// operations were announced to go.
func (c *comparer) pathRemoved(e *endpoint) {
	announced := false
	for _, op := range e.operations {
		announced = announced || op.deprecated()
	}
	for _, op := range inOrder(e.operations) {
		if announced {
			c.operationRemoved(op)
			continue
		}
		c.find(c.graph.root(op.label(), ""), "path-removed", e.where, clip(e.path), "")
	}
}

func (c *comparer) operationRemoved(op *operation) {
	site := c.graph.root(op.label(), "")
	sunset, told := op.sunset()
	switch {
	case !op.deprecated() || !told:
		c.find(site, "operation-removed", op.where, op.label(), "")
	case c.budget.limits.Now.Before(sunset):
		c.find(site, "operation-removed-before-sunset", op.where, op.label()+", sunset "+sunset.Format(time.DateOnly), "")
	default:
		c.find(site, "operation-removed-after-sunset", op.where, op.label()+", sunset "+sunset.Format(time.DateOnly), "")
	}
}

func (o *operation) deprecated() bool { return isTrue(o.node.Get("deprecated")) }

// sunset returns the day from which the operation may be gone, and false when
// the document names none.
func (o *operation) sunset() (time.Time, bool) {
	for _, key := range sunsetKeys() {
		value := strings.TrimSpace(text(o.node.Get(key)))
		for _, layout := range []string{time.DateOnly, time.RFC3339, time.RFC1123} {
			if t, err := time.Parse(layout, value); err == nil {
				return t.UTC(), true
			}
		}
	}
	return time.Time{}, false
}

// sunsetKeys returns the extensions that tell from when an operation may be
// gone.
func sunsetKeys() []string { return []string{"x-sunset", "x-sunset-date"} }

func (c *comparer) compareEndpoint(old, new *endpoint) {
	for _, op := range inOrder(old.operations) {
		if !c.budget.step() {
			return
		}
		if other := new.operations[strings.ToLower(op.method)]; other != nil {
			c.compareOperation(op, other)
		} else {
			c.operationRemoved(op)
		}
	}
}

// compareOperation compares two operations that callers call.
func (c *comparer) compareOperation(old, new *operation) {
	label := new.label()
	site := c.graph.root(label, "")
	c.compareNames(site, old, new)
	c.compareOperationServers(site, old, new)
	c.compareDeprecation(site, old, new)
	c.compareParameters(label, old, new)
	c.compareSecurity(site, old, new)
	c.compareGoogleOperation(site, old, new)
	c.compareRequestBody(label, old, new)
	c.compareResponses(label, old, new)
	c.compareTextsOf(site, old.node, new.node, "deprecated")
	if !c.budget.equal(old.node.Get("tags"), new.node.Get("tags")) {
		c.fold(site, "documentation-changed", "texts", new.where)
	}
	c.compareTextsOf(site, old.item, new.item)
	c.compareCallbacks(label, old, new)
}

func (c *comparer) compareNames(site int32, old, new *operation) {
	a, b := text(old.node.Get("operationId")), text(new.node.Get("operationId"))
	switch {
	case a == b:
	case b == "":
		c.find(site, "operation-id-changed", old.spec.onKey(old.node, "operationId"), a, "")
	case a != "":
		c.find(site, "operation-id-changed", new.spec.onKey(new.node, "operationId"), a, b)
	}
	_, oldNames := shape(old.path)
	_, newNames := shape(new.path)
	if len(oldNames) == len(newNames) {
		for i := range oldNames {
			if oldNames[i] != newNames[i] {
				c.find(site, "path-parameter-renamed", new.endpointSpot(), "{"+clip(oldNames[i])+"}", "{"+clip(newNames[i])+"}")
			}
		}
	}
}

// endpointSpot returns where the operation's path stands.
func (o *operation) endpointSpot() spot {
	return o.spec.onKey(o.spec.root.Get("paths"), o.path)
}

func (c *comparer) compareDeprecation(site int32, old, new *operation) {
	oldSunset, oldTold := old.sunset()
	newSunset, newTold := new.sunset()
	at := new.where
	if new.node.Get("deprecated") != nil {
		at = new.spec.onKey(new.node, "deprecated")
	}
	switch {
	case !old.deprecated() && new.deprecated() && newTold:
		c.find(site, "operation-deprecated", at, "in use", "deprecated, sunset "+newSunset.Format(time.DateOnly))
	case !old.deprecated() && new.deprecated():
		c.find(site, "operation-deprecated-without-sunset", at, "in use", "deprecated")
	case old.deprecated() && !new.deprecated():
		c.find(site, "operation-undeprecated", at, "deprecated", "in use")
	case !oldTold || !new.deprecated():
	case !newTold, newSunset.After(oldSunset):
		c.find(site, "sunset-moved-later", at, oldSunset.Format(time.DateOnly), day(newSunset, newTold))
	case newSunset.Before(oldSunset):
		c.find(site, "sunset-moved-earlier", at, oldSunset.Format(time.DateOnly), newSunset.Format(time.DateOnly))
	}
}

func day(t time.Time, told bool) string {
	if !told {
		return "no sunset"
	}
	return t.Format(time.DateOnly)
}
