package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// day is what d stands for in a span.
const day = 24 * time.Hour

// maxSpan bounds, in either direction, how far from now a time can be given.
const maxSpan = 100 * 365 * day

// parseTime reads a point in time: RFC 3339, without its seconds too, a date
// (its first moment in UTC), "now", or a span from now, whose end is rounded up
// to whole seconds: no span is shorter than it was written. "" is the zero time.
func parseTime(s string, now time.Time) (time.Time, error) {
	switch s {
	case "":
		return time.Time{}, nil
	case "now":
		return now.UTC(), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	if span, err := parseSpan(s); err == nil {
		return wholeSeconds(now.Add(span).UTC()), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a time; write 2026-12-24T18:00Z, 2026-12-24, or a span from now like 2h or 3d", s)
}

// wholeSeconds rounds t up.
func wholeSeconds(t time.Time) time.Time {
	if whole := t.Truncate(time.Second); whole.Before(t) {
		return whole.Add(time.Second)
	}
	return t
}

// parseSpan reads a duration above 0: what Go reads (1h30m), and whole days in
// front of it (1d, 2d12h).
func parseSpan(s string) (time.Duration, error) {
	wrong := fmt.Errorf("%q is not a span of time; write 90s, 30m, 2h or 1d12h", s)
	rest := s
	var span time.Duration
	if days, after, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, wrong
		}
		span, rest = time.Duration(n)*day, after
	}
	if rest != "" {
		d, err := time.ParseDuration(rest)
		if err != nil || d < 0 {
			return 0, wrong
		}
		span += d
	}
	if span <= 0 || span > maxSpan {
		return 0, wrong
	}
	return span, nil
}
