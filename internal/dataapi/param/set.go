package param

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gatewright/gatewright"
)

// Set is the declared parameters of one API, ready to read calls. It is
// immutable and safe for use by several goroutines.
type Set struct {
	params   []gatewright.DataParam
	types    []gatewright.DataType // as compared, see Type
	defaults []any
	byName   map[string]int
}

// NewSet checks the declarations against each other and converts the defaults.
// It returns an [gatewright.Invalid] error that lists every finding. The form
// of a single declaration is what [gatewright.DataDefinition.Validate] checks.
func NewSet(params []gatewright.DataParam) (*Set, error) {
	s := &Set{
		params:   slices.Clone(params),
		types:    make([]gatewright.DataType, len(params)),
		defaults: make([]any, len(params)),
		byName:   make(map[string]int, len(params)),
	}
	var details []gatewright.Detail
	add := func(name, format string, args ...any) {
		details = append(details, gatewright.Detail{Subject: "parameter " + name, Message: fmt.Sprintf(format, args...)})
	}
	if len(params) > gatewright.MaxDataParams {
		return nil, gatewright.FieldErrorf("params", "%d parameters; at most %d are allowed", len(params), gatewright.MaxDataParams)
	}
	for i := range params {
		p := &params[i]
		if _, twice := s.byName[p.Name]; twice {
			add(p.Name, "is declared twice")
		}
		s.byName[p.Name] = i
		s.types[i] = comparedType(p)
		if err := checkOperator(p); err != nil {
			add(p.Name, "%s", err)
		}
		if p.Default == "" {
			continue
		}
		v, f := convertText(s.types[i], p.Default)
		if f != nil {
			add(p.Name, "the default is not valid: %s", f.Err.Message)
		}
		s.defaults[i] = v
	}
	if len(details) > 0 {
		return nil, &gatewright.Error{Code: gatewright.Invalid, Message: "the parameters are not valid", Field: "params", Details: details}
	}
	return s, nil
}

// comparedType is the type a caller sends: a field of type T that is compared
// with IN takes an array of T.
func comparedType(p *gatewright.DataParam) gatewright.DataType {
	if (p.Operator == gatewright.OpIn || p.Operator == gatewright.OpNotIn) && !p.Type.IsArray() {
		return "array<" + p.Type + ">"
	}
	if (p.Fragment == gatewright.FragmentIdentifierList || p.Fragment == gatewright.FragmentIntegerList) && !p.Type.IsArray() {
		return "array<" + p.Type + ">"
	}
	return p.Type
}

// checkOperator refuses comparisons that no database makes of such values.
func checkOperator(p *gatewright.DataParam) error {
	base := p.Type
	if base.IsArray() {
		base = base.Element()
	}
	switch p.Operator {
	case gatewright.OpLike, gatewright.OpNotLike:
		if p.Type != gatewright.TypeString {
			return fmt.Errorf("%s compares texts, not values of type %s", p.Operator, p.Type)
		}
	case gatewright.OpGreater, gatewright.OpLess, gatewright.OpGreaterOrEqual, gatewright.OpLessOrEqual:
		switch p.Type {
		case gatewright.TypeBool, gatewright.TypeUUID, gatewright.TypeJSON, gatewright.TypeBinary:
			return fmt.Errorf("values of type %s have no order for %s", p.Type, p.Operator)
		}
		if p.Type.IsArray() {
			return fmt.Errorf("%s compares single values; a list goes with %s", p.Operator, gatewright.OpIn)
		}
	case gatewright.OpIn, gatewright.OpNotIn:
		if base == gatewright.TypeJSON {
			return fmt.Errorf("%s compares single values, not values of type %s", p.Operator, base)
		}
	}
	return nil
}

// Len returns the number of parameters.
func (s *Set) Len() int { return len(s.params) }

// Param returns the declaration with the index i. It must not be changed.
func (s *Set) Param(i int) *gatewright.DataParam { return &s.params[i] }

// Type returns the type of the values of the parameter with the index i. It is
// an array where the operator is IN or NOT IN or the fragment is a list, even
// if the declaration names the type of the elements.
func (s *Set) Type(i int) gatewright.DataType { return s.types[i] }

// Index returns the index of the parameter of that name, -1 if there is none.
func (s *Set) Index(name string) int {
	i, ok := s.byName[name]
	if !ok {
		return -1
	}
	return i
}

// State says what a caller sent for a parameter.
type State uint8

// The states of a parameter.
const (
	Absent State = iota // not sent, and there is no default
	Null                // sent as null
	Given               // sent, or the default
)

// Values is what one call's parameters are. The zero value has none.
type Values struct {
	set    *Set
	vals   []any
	states []State
}

// Of reports whether the values were read with set s.
func (v Values) Of(s *Set) bool { return v.set == s }

// At returns the value of the parameter with the index i; it is nil when the
// state is not [Given]. The value must not be changed.
func (v Values) At(i int) (any, State) { return v.vals[i], v.states[i] }

// All returns the values by index, nil for absent ones. It must not be changed.
func (v Values) All() []any { return v.vals }

// Map returns the values that are not absent by name.
func (v Values) Map() map[string]any {
	m := make(map[string]any, len(v.vals))
	for i, state := range v.states {
		if state != Absent {
			m[v.set.params[i].Name] = v.vals[i]
		}
	}
	return m
}

// values completes what was sent: defaults for the absent, and a fault for each
// that is required and has none, each of a wrong type and each unknown name.
func (s *Set) values(sent map[string]any, convert func(t gatewright.DataType, v any) (any, *Fault)) (Values, error) {
	v := Values{set: s, vals: make([]any, len(s.params)), states: make([]State, len(s.params))}
	var faults []*Fault
	for i := range s.params {
		p := &s.params[i]
		raw, there := sent[p.Name]
		switch {
		case !there && s.defaults[i] != nil:
			v.vals[i], v.states[i] = s.defaults[i], Given
		case !there && !p.Optional:
			faults = append(faults, Faultf(Missing, p.Name, "parameter %s is required and was not sent", p.Name))
		case there && raw == nil:
			v.states[i] = Null
		case there:
			value, f := convert(s.types[i], raw)
			if f != nil {
				f.Err.Field = p.Name
				f.Err.Message = "parameter " + p.Name + ": " + f.Err.Message
				faults = append(faults, f)
				continue
			}
			v.vals[i], v.states[i] = value, Given
			if value == nil { // "null" as the text of a json parameter
				v.states[i] = Null
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if _, known := s.byName[name]; !known {
			faults = append(faults, Faultf(Malformed, clip(name), "there is no parameter %q", clip(name)))
			if len(faults) > gatewright.MaxFindings {
				break
			}
		}
	}
	if err := join(faults); err != nil {
		return Values{}, err
	}
	return v, nil
}
