package expr

import (
	"strings"
	"time"

	"github.com/gatewright/gatewright/internal/dataapi/param"
)

// The date functions of DataLeap.
const (
	toCompact    = "TO_YYYYMMDD"
	addDate      = "ADD_DATE"
	subDate      = "SUB_DATE"
	partition    = "DATE_PARTITION"
	subPartition = "DATE_SUB_PARTITION"
)

// maxDays is how far ADD_DATE and SUB_DATE go.
const maxDays = 10_000 * 366

// PartitionFunc tells since when the data of the API's logical table is ready:
// of the whole table, or of the sub-partition with that key and value when key
// is not empty. It reports false when that is not known.
type PartitionFunc func(key, value string) (time.Time, bool)

// dateArguments says how many arguments the function takes.
func dateArguments(name string) (least, most int) {
	switch name {
	case toCompact:
		return 1, 1
	case addDate, subDate, subPartition:
		return 2, 2
	}
	return 0, 0
}

func isDateFunction(name string) bool {
	switch name {
	case toCompact, addDate, subDate, partition, subPartition:
		return true
	}
	return false
}

type dateCall struct {
	name   string
	args   []node
	offset int
}

func (p *parser) dateCall(name string, offset int) (node, *Error) {
	c := &dateCall{name: name, offset: offset}
	for !p.accept(")") {
		if len(c.args) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		n, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, n)
	}
	if least, most := dateArguments(name); len(c.args) < least || len(c.args) > most {
		return nil, errorf(offset, "%s takes %d arguments, not %d", name, most, len(c.args))
	}
	return c, nil
}

func (c *dateCall) eval(m *Machine) (any, *Error) {
	if err := m.step(1, c.offset); err != nil {
		return nil, err
	}
	args := make([]any, len(c.args))
	for i, a := range c.args {
		v, err := a.eval(m)
		if err != nil {
			return nil, err
		}
		args[i] = v
	}
	switch c.name {
	case partition:
		return c.ready(m, "", "")
	case subPartition:
		key, _ := args[0].(string)
		value, ok := text(args[1])
		if key == "" || !ok {
			return nil, errorf(c.offset, "%s takes the name of a partition and its value", c.name)
		}
		return c.ready(m, key, value)
	}
	if args[0] == nil {
		return nil, nil
	}
	day, form, err := c.day(args[0])
	if err != nil {
		return nil, err
	}
	if c.name == toCompact {
		return day.Format("20060102"), nil
	}
	n, ok := args[1].(int64)
	if !ok || n > maxDays || n < -maxDays {
		return nil, errorf(c.offset, "%s takes a whole number of days of at most %d", c.name, maxDays)
	}
	if c.name == subDate {
		n = -n
	}
	day = day.AddDate(0, 0, int(n))
	if day.Year() < 1 || day.Year() > 9999 {
		return nil, errorf(c.offset, "the day is not in the years 1 to 9999")
	}
	if _, typed := args[0].(string); !typed {
		return param.Date(day.Format(time.DateOnly)), nil
	}
	return day.Format(form), nil
}

func (c *dateCall) ready(m *Machine, key, value string) (any, *Error) {
	if m.Partition == nil {
		return nil, errorf(c.offset, "%s: the logical table has no ready time", c.name)
	}
	t, ok := m.Partition(key, value)
	if !ok {
		return nil, errorf(c.offset, "%s: the logical table has no ready time", c.name)
	}
	if m.Zone != nil {
		t = t.In(m.Zone)
	}
	return param.Date(t.Format(time.DateOnly)), nil
}

// day reads a date: a value of that type, or a text with any of the separators
// - . / _ : between its parts, or none. A day that the calendar does not have
// is an error. The form is how the text was written.
func (c *dateCall) day(v any) (time.Time, string, *Error) {
	s, ok := text(v)
	if !ok {
		return time.Time{}, "", errorf(c.offset, "%s takes a date", c.name)
	}
	if _, isDateTime := v.(param.DateTime); isDateTime {
		s = s[:len(time.DateOnly)]
	}
	form := "20060102"
	if len(s) == len(time.DateOnly) && strings.IndexByte("-./_:", s[4]) >= 0 && s[7] == s[4] {
		form = "2006" + s[4:5] + "01" + s[4:5] + "02"
	}
	t, err := time.Parse(strings.NewReplacer("_", "-").Replace(form), dashes(s, form))
	if err != nil || t.Year() < 1 {
		return time.Time{}, "", errorf(c.offset, "%s: %.40q is not a date like 2006-01-02 or 20060102", c.name, s)
	}
	return t, form, nil
}

// dashes replaces underscores, which the layouts of package time give a meaning
// of their own.
func dashes(s, form string) string {
	if strings.Contains(form, "_") {
		return strings.ReplaceAll(s, "_", "-")
	}
	return s
}
