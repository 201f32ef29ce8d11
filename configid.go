package gatewright

import (
	"regexp"
	"strconv"
	"time"
)

// ConfigID names one deployment of a service configuration as Cloud Endpoints
// does: its day in UTC and its place among those of the day, counted from 0
// ("2026-11-21r0").
type ConfigID struct {
	Date   time.Time // midnight UTC
	Number int       // 0 to MaxConfigsPerDay-1
}

// MaxConfigsPerDay bounds the configurations of one service in a day.
const MaxConfigsPerDay = 10_000

// NewConfigID returns the ID of configuration n of the day that t is in.
func NewConfigID(t time.Time, n int) ConfigID {
	return ConfigID{Date: t.UTC().Truncate(24 * time.Hour), Number: n}
}

var configIDForm = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})r(0|[1-9]\d{0,3})$`)

// ParseConfigID reads an ID that [ConfigID.String] wrote.
func ParseConfigID(s string) (ConfigID, error) {
	wrong := func() (ConfigID, error) {
		return ConfigID{}, FieldErrorf("configId", "%q is no configuration ID; one looks like 2026-11-21r0", s)
	}
	m := configIDForm.FindStringSubmatch(s)
	if m == nil {
		return wrong()
	}
	date, err := time.Parse(time.DateOnly, m[1])
	if err != nil {
		return wrong()
	}
	n, err := strconv.Atoi(m[2])
	if err != nil {
		return wrong()
	}
	return ConfigID{Date: date, Number: n}, nil
}

// String returns the ID as it is written.
func (c ConfigID) String() string {
	return c.Date.UTC().Format(time.DateOnly) + "r" + strconv.Itoa(c.Number)
}

// Next returns the ID that follows c, the latest one given so far, at the time
// now: r0 on a new day, else the next number. A clock that was set back does
// not make IDs go back. It returns a [LimitExceeded] error when the day has no
// number left. The zero ConfigID precedes all.
func (c ConfigID) Next(now time.Time) (ConfigID, error) {
	if today := NewConfigID(now, 0); today.Date.After(c.Date) {
		return today, nil
	}
	if c.Number+1 >= MaxConfigsPerDay {
		return ConfigID{}, Errorf(LimitExceeded, "%d configurations of one service in a day; go on tomorrow", MaxConfigsPerDay)
	}
	return ConfigID{Date: c.Date, Number: c.Number + 1}, nil
}
