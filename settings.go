package gatewright

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Limits of a group's settings.
const (
	MaxLocations     = 64
	MaxApprovalRules = 32
	MaxApprovers     = 10 // that one change may need
	MaxFreezeWindows = 100
)

// CompatibilityMode says what a group does with findings of incompatibility.
type CompatibilityMode string

// The modes of the compatibility gate.
const (
	CompatibilityOff     CompatibilityMode = "off"
	CompatibilityWarn    CompatibilityMode = "warn"
	CompatibilityEnforce CompatibilityMode = "enforce"
)

// GroupSettings are what an operator sets for a group. They are no part of
// what gateways run and take effect at once.
type GroupSettings struct {
	Locations     []string          `json:"locations,omitempty"`     // where its gateways stand; deployment units count per location, no entry counts as one
	Compatibility CompatibilityMode `json:"compatibility,omitempty"` // "" is warn in test, enforce in production
	Approvals     []ApprovalRule    `json:"approvals,omitempty"`     // production only
	Freezes       []FreezeWindow    `json:"freezes,omitempty"`
	Limits        Limits            `json:"limits,omitzero"`
}

// LimitMode says what happens at a limit.
type LimitMode string

// The modes of [Limits].
const (
	LimitWarn   LimitMode = "warn"
	LimitReject LimitMode = "reject"
)

// Limits bound how much may be deployed, in a group or in the organisation.
// Zero is no limit.
type Limits struct {
	Mode        LimitMode `json:"mode,omitempty"`        // "" is LimitReject
	Units       int       `json:"units,omitempty"`       // deployment units: revisions of proxies and shared flows × locations
	Proxies     int       `json:"proxies,omitempty"`     // deployed proxies
	SharedFlows int       `json:"sharedFlows,omitempty"` // deployed shared flows
	Deployed    int       `json:"deployed,omitempty"`    // deployed proxies and shared flows together
}

// ApprovalRule says that changes need the word of others.
type ApprovalRule struct {
	Kinds []ChangeKind `json:"kinds,omitempty"` // none means every kind but the ones that overtake
	Count int          `json:"count"`
	Role  string       `json:"role,omitempty"` // that approvers have; "" is "approver"
}

// Covers reports whether the rule is about changes of that kind.
func (r *ApprovalRule) Covers(kind ChangeKind) bool {
	if len(r.Kinds) == 0 {
		return !kind.Overtakes()
	}
	return slices.Contains(r.Kinds, kind)
}

// FreezeWindow is a time in which nothing of the group is changed, unless
// somebody with the right to says so.
type FreezeWindow struct {
	Name  string    `json:"name"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"` // exclusive
}

// Frozen returns the window now lies in, or nil.
func (s *GroupSettings) Frozen(now time.Time) *FreezeWindow {
	for i := range s.Freezes {
		if w := &s.Freezes[i]; !now.Before(w.From) && now.Before(w.Until) {
			return w
		}
	}
	return nil
}

// Gate returns the mode of the compatibility gate in a group of that stage.
func (s *GroupSettings) Gate(stage Stage) CompatibilityMode {
	byStage := CompatibilityEnforce
	if stage == StageTest {
		byStage = CompatibilityWarn
	}
	return cmp.Or(s.Compatibility, byStage)
}

// Validate checks the settings for a group of that stage.
func (s *GroupSettings) Validate(stage Stage) error {
	if len(s.Locations) > MaxLocations {
		return FieldErrorf("locations", "%d locations; at most %d are allowed", len(s.Locations), MaxLocations)
	}
	for i, l := range s.Locations {
		if err := CheckName("location", l); err != nil {
			return err
		}
		if slices.Contains(s.Locations[:i], l) {
			return FieldErrorf("locations", "location %q is listed twice", l)
		}
	}
	switch s.Compatibility {
	case "", CompatibilityOff, CompatibilityWarn, CompatibilityEnforce:
	default:
		return FieldErrorf("compatibility", "mode %q is not %s, %s or %s", s.Compatibility, CompatibilityOff, CompatibilityWarn, CompatibilityEnforce)
	}
	if len(s.Approvals) > MaxApprovalRules {
		return FieldErrorf("approvals", "%d rules; at most %d are allowed", len(s.Approvals), MaxApprovalRules)
	}
	if stage != StageProduction && len(s.Approvals) > 0 {
		return FieldErrorf("approvals", "changes of a %s group never wait for approval; only a production group may have approval rules", stage)
	}
	for _, r := range s.Approvals {
		if r.Count < 1 || r.Count > MaxApprovers {
			return FieldErrorf("approvals", "%d approvers are not between 1 and %d", r.Count, MaxApprovers)
		}
		if r.Role != "" && !slices.Contains(Roles(), Role(r.Role)) {
			return FieldErrorf("approvals", "%q is no role; approvers have one of %v", r.Role, Roles())
		}
		for _, k := range r.Kinds {
			if !k.Known() {
				return FieldErrorf("approvals", "%q is not a kind of change; the kinds are %s", k, strings.Join(ChangeKinds(), ", "))
			}
		}
	}
	if len(s.Freezes) > MaxFreezeWindows {
		return FieldErrorf("freezes", "%d freeze windows; at most %d are allowed", len(s.Freezes), MaxFreezeWindows)
	}
	for _, w := range s.Freezes {
		if err := CheckName("freeze window", w.Name); err != nil {
			return err
		}
		if !w.Until.After(w.From) {
			return FieldErrorf("freezes", "freeze window %s ends (%s) before it begins (%s)", w.Name, w.Until.UTC().Format(time.RFC3339), w.From.UTC().Format(time.RFC3339))
		}
	}
	return s.Limits.Validate()
}

// Validate checks the form.
func (l *Limits) Validate() error {
	if l.Mode != "" && l.Mode != LimitWarn && l.Mode != LimitReject {
		return FieldErrorf("limits.mode", "mode %q is not %s or %s", l.Mode, LimitWarn, LimitReject)
	}
	for _, n := range []int{l.Units, l.Proxies, l.SharedFlows, l.Deployed} {
		if n < 0 {
			return FieldErrorf("limits", "a limit of %d is negative; 0 is no limit", n)
		}
	}
	return nil
}
