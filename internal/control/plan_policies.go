package control

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gatewright/gatewright"
)

// diffPolicies tells whose policies differ: those of the whole API, and those
// of each route that both definitions have. Whether preflight requests pass
// without access checks is told first: it may stand in another document.
func diffPolicies(before, after *gatewright.Definition) []string {
	var lines []string
	if before.AllowCORS != after.AllowCORS {
		lines = append(lines, fmt.Sprintf("~ allowCors %t → %t", before.AllowCORS, after.AllowCORS))
	}
	add := func(whose string, b, a []gatewright.Policy) {
		if !samePolicies(b, a) {
			lines = append(lines, "~ policies"+whose+": "+orNone(policyNames(b))+" → "+orNone(policyNames(a)))
		}
	}
	add("", before.Policies, after.Policies)
	old := make(map[string]*gatewright.Route, len(before.Routes))
	for i := range before.Routes {
		old[before.Routes[i].Name] = &before.Routes[i]
	}
	for i := range after.Routes {
		r := &after.Routes[i]
		if b := old[r.Name]; b != nil {
			add(" of "+r.Name, b.Policies, r.Policies)
		} else if len(r.Policies) > 0 {
			lines = append(lines, "+ policies of "+r.Name+": "+policyNames(r.Policies))
		}
	}
	return lines
}

// samePolicies compares as they are stored.
func samePolicies(a, b []gatewright.Policy) bool {
	if len(a) == 0 && len(b) == 0 {
		return true
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func policyNames(policies []gatewright.Policy) string {
	names := make([]string, len(policies))
	for i := range policies {
		names[i] = policies[i].Label()
		if flow := policies[i].Flow(); flow != "" && policies[i].Name == "" {
			names[i] += " " + flow
		}
	}
	return strings.Join(names, ", ")
}
