package breaking

import "slices"

// Rule is one kind of change that is told.
type Rule struct {
	ID    string `json:"id"`
	Level Level  `json:"level"` // by default; Options.Severity overrides it
	Why   string `json:"why"`   // what the change does to callers, one sentence
	Keep  string `json:"keep"`  // how to keep the API compatible, "" when nothing is to be done
}

// Rules returns the whole catalogue, in the order of the parts of a document.
func Rules() []Rule {
	return slices.Concat(documentRules(), operationRules(), parameterRules(), bodyRules(), responseRules(), securityRules(), googleRules(), schemaRules())
}

// catalogue finds rules by their IDs, with the levels that count.
type catalogue map[string]Rule

func newCatalogue(severity map[string]Level) catalogue {
	c := catalogue{}
	for _, r := range Rules() {
		if level, ok := severity[r.ID]; ok {
			r.Level = level
		}
		c[r.ID] = r
	}
	return c
}
