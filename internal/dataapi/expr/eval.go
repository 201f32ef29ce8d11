package expr

import (
	"time"

	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// Limits of evaluation.
const (
	MaxSteps     = 1_000_000 // operations of one machine between two resets
	MaxListItems = 10_000    // of a range
	MaxTextBytes = 256 << 10 // of a text put together
)

// Machine evaluates expressions. It belongs to one goroutine at a time.
type Machine struct {
	Globals   []any
	Locals    []any
	Partition PartitionFunc  // nil when there is none
	Zone      *time.Location // of partitions; nil for that of the times they tell
	steps     int
	elements  []any // what # stands for, innermost last
}

// Reset lets go of all values and gives the machine a new budget. The slices
// keep their memory.
func (m *Machine) Reset() {
	clear(m.Locals)
	clear(m.elements)
	m.Globals, m.Locals, m.elements = nil, m.Locals[:0], m.elements[:0]
	m.Partition, m.Zone, m.steps = nil, nil, 0
}

func (m *Machine) step(n, offset int) *Error {
	m.steps += n
	if m.steps > MaxSteps {
		return errorf(offset, "the expressions take more than %d steps", MaxSteps)
	}
	return nil
}

// Spend takes n steps of the budget for work that is no expression's. The error
// is an *[Error].
func (m *Machine) Spend(n int) error {
	if err := m.step(n, 0); err != nil {
		return err
	}
	return nil
}

// Exhausted reports whether the budget of steps is used up.
func (m *Machine) Exhausted() bool { return m.steps > MaxSteps }

// Eval returns the value of p. Errors are *[Error].
func (p *Program) Eval(m *Machine) (any, error) {
	v, err := p.eval(m)
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (p *Program) eval(m *Machine) (any, *Error) {
	if err := m.step(1, 0); err != nil {
		return nil, err
	}
	v, err := p.root.eval(m)
	if err != nil {
		m.elements = m.elements[:0]
	}
	return v, err
}

// Test returns the value of p, which must be true, false or nil; nil is false.
// Errors are *[Error].
func (p *Program) Test(m *Machine) (bool, error) {
	v, err := p.eval(m)
	if err != nil {
		return false, err
	}
	b, err := truth(v, 0)
	if err != nil {
		return false, err
	}
	return b, nil
}

func truth(v any, offset int) (bool, *Error) {
	switch v := v.(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	}
	return false, errorf(offset, "%s is neither true nor false; compare it with something", typeName(v))
}

func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "nil"
	case bool:
		return "a boolean"
	case int64, uint64, param.Decimal, float64:
		return "a number"
	case string:
		return "a text"
	case param.Date, param.Time, param.DateTime, time.Time:
		return "a date or time"
	case param.UUID:
		return "a UUID"
	case []byte:
		return "bytes"
	case []any:
		return "a list"
	}
	return "a structure"
}
