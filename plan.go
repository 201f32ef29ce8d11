package gatewright

// Plan is what a change would do, computed before it is done.
type Plan struct {
	Hash      Hash         `json:"hash"` // of the items and the findings' identities
	Kind      ChangeKind   `json:"kind"`
	Group     string       `json:"group"`
	Items     []PlanItem   `json:"items"`
	Findings  []Finding    `json:"findings"`
	Instances []PlanTarget `json:"instances"`          // that would prepare and activate it
	Units     *PlanUnits   `json:"units,omitempty"`    // deployment units of the group; nil when they are not concerned, or not counted: planning does, submitting does not
	Approval  *Approval    `json:"approval,omitempty"` // what it would wait for
	NoOp      bool         `json:"noOp"`               // nothing would change
}

// Blocked reports whether a finding forbids the change.
func (p *Plan) Blocked() bool {
	for i := range p.Findings {
		if p.Findings[i].Level == LevelError {
			return true
		}
	}
	return false
}

// PlanItem is one alteration in words.
type PlanItem struct {
	Kind    ChangeKind `json:"kind"`
	Subject string     `json:"subject"` // "Swagger Petstore" or "registry local-dns"
	Track   string     `json:"track,omitempty"`
	Action  string     `json:"action"` // "create", "update", "remove", "none"
	From    string     `json:"from,omitempty"`
	To      string     `json:"to,omitempty"`
	Lines   []string   `json:"lines"` // the difference, one alteration a line, "+", "-" or "~" first
}

// PlanTarget is an instance a change would touch.
type PlanTarget struct {
	ID     InstanceID `json:"id"`
	Name   string     `json:"name"`
	Health Health     `json:"health"`
}

// PlanUnits are a group's deployment units before and after a change.
type PlanUnits struct {
	Before Units `json:"before"`
	After  Units `json:"after"`
}

// Level says what a finding means for the change.
type Level string

// The levels of a [Finding].
const (
	LevelError   Level = "error"   // forbids the change
	LevelWarning Level = "warning" // to be read before going on
	LevelInfo    Level = "info"
)

// Finding is what a check has to say about a planned change.
type Finding struct {
	Check    string `json:"check"` // name of the check, "route-conflict"
	Level    Level  `json:"level"`
	Code     Code   `json:"code,omitempty"` // for an error: what the refusal is
	Subject  string `json:"subject"`
	Message  string `json:"message"`
	Remedy   string `json:"remedy,omitempty"`   // what to do about it
	Location string `json:"location,omitempty"` // file:line:column

	Rule        string `json:"rule,omitempty"`        // of the compatibility gate, for an allowance
	Fingerprint string `json:"fingerprint,omitempty"` // of the cause, for an allowance
}
