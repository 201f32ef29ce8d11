package gatewright

// Units are deployment units: revisions that run × groups they run in ×
// locations of the group, whatever the number of its gateways. A canary's
// revision counts beside the current one, unless it is the same. Total is the
// sum of the others.
type Units struct {
	Total      int `json:"total"`
	Standard   int `json:"standard"`   // of proxies without an extensible policy
	Extensible int `json:"extensible"` // of proxies with one
	SharedFlow int `json:"sharedFlow"`
}

// Add adds n units of an API of that kind and class.
func (u *Units) Add(kind Kind, class PolicyClass, n int) {
	u.Total += n
	switch {
	case kind == KindFlow:
		u.SharedFlow += n
	case class == PolicyExtensible:
		u.Extensible += n
	default:
		u.Standard += n
	}
}

// Plus returns the sum of u and v.
func (u Units) Plus(v Units) Units {
	return Units{u.Total + v.Total, u.Standard + v.Standard, u.Extensible + v.Extensible, u.SharedFlow + v.SharedFlow}
}

// Deployed counts what is deployed. What is disabled or retired is deployed
// still; only undeploying it ends that.
type Deployed struct {
	Proxies             int   `json:"proxies"`             // each once, however many of its revisions run, and where
	SharedFlows         int   `json:"sharedFlows"`         // the same of shared flows
	ProxyRevisions      int   `json:"proxyRevisions"`      // in each group they run in
	SharedFlowRevisions int   `json:"sharedFlowRevisions"` // the same of shared flows
	Units               Units `json:"units"`
}

// Together returns the deployed proxies and shared flows, as a limit counts
// them.
func (d *Deployed) Together() int { return d.Proxies + d.SharedFlows }

// DeploymentUsage is what of an organisation is created and deployed, against
// its limits.
type DeploymentUsage struct {
	Created Created `json:"created"`
	Deployed
	Limits Limits       `json:"limits"`
	Groups []GroupUsage `json:"groups"`
}

// Created counts what there is, deployed or not.
type Created struct {
	Proxies     int `json:"proxies"`
	SharedFlows int `json:"sharedFlows"`
}

// GroupUsage is what is deployed in one group, against its limits.
type GroupUsage struct {
	Group     GroupID  `json:"group"`
	Name      string   `json:"name"`
	Stage     Stage    `json:"stage"`
	Locations []string `json:"locations,omitempty"`
	Deployed
	Limits Limits `json:"limits"`
}

// Places returns how many units one revision that runs in the group makes.
func (s *GroupSettings) Places() int { return max(1, len(s.Locations)) }
