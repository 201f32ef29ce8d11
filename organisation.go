package gatewright

import (
	"maps"
	"slices"
)

// MaxPolicyTypes bounds the types of policy an organisation classifies.
const MaxPolicyTypes = 1000

// Organisation is the owner of the installation, with the limits of all it
// deploys.
type Organisation struct {
	Settings OrganisationSettings `json:"settings"`
	Revised  int64                `json:"revised"` // how often the settings were altered
}

// OrganisationSettings are no part of what gateways run and take effect at
// once.
type OrganisationSettings struct {
	Limits Limits `json:"limits,omitzero"` // of all groups together
	// PolicyTypes says of types of policy what [DefaultPolicyClasses] says
	// otherwise, or not at all.
	PolicyTypes map[string]PolicyClass `json:"policyTypes,omitempty"`
}

// PolicyClass says what a type of policy makes of a proxy that has one.
type PolicyClass string

// The classes. A proxy is extensible when one of the policies of a revision
// that runs is; a proxy without policies is standard.
const (
	PolicyStandard   PolicyClass = "standard"
	PolicyExtensible PolicyClass = "extensible"
)

// DefaultPolicyClasses is the table that [OrganisationSettings] amend. A type
// that neither has is standard.
func DefaultPolicyClasses() map[string]PolicyClass {
	return map[string]PolicyClass{
		PolicyFlow:       PolicyStandard, // what it calls counts as well
		"headers":        PolicyStandard,
		"ip-restriction": PolicyStandard,
		"respond":        PolicyStandard,
	}
}

// Class returns the class of a type of policy.
func (s *OrganisationSettings) Class(policyType string) PolicyClass {
	if c, ok := s.PolicyTypes[policyType]; ok {
		return c
	}
	if c, ok := DefaultPolicyClasses()[policyType]; ok {
		return c
	}
	return PolicyStandard
}

// Clone returns a deep copy.
func (s OrganisationSettings) Clone() OrganisationSettings {
	s.PolicyTypes = maps.Clone(s.PolicyTypes)
	return s
}

// Validate checks the form.
func (s *OrganisationSettings) Validate() error {
	if len(s.PolicyTypes) > MaxPolicyTypes {
		return FieldErrorf("policyTypes", "%d types of policy; at most %d are allowed", len(s.PolicyTypes), MaxPolicyTypes)
	}
	for _, name := range slices.Sorted(maps.Keys(s.PolicyTypes)) {
		if err := CheckPolicyType(name); err != nil {
			return FieldErrorf("policyTypes", "%s", err)
		}
		if c := s.PolicyTypes[name]; c != PolicyStandard && c != PolicyExtensible {
			return FieldErrorf("policyTypes", "class %q of policy %s is not %s or %s", c, name, PolicyStandard, PolicyExtensible)
		}
	}
	return s.Limits.Validate()
}
