package sqlstore

import (
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

const usageColumns = "bucket, group_id, api_id, track, revision, route, app_id, version, calls, errors, refused, last_call"

func scanUsage(r row) (*gatewright.Usage, error) {
	u := new(gatewright.Usage)
	return u, r.Scan(intoTime(&u.Bucket), &u.Group, &u.API, &u.Track, &u.Revision, &u.Route, &u.App, &u.Version,
		&u.Calls, &u.Errors, &u.Refused, intoTime(&u.LastCall))
}

// AddUsage implements [control.Tx]. The version is the one counted last.
func (t *tx) AddUsage(counts []gatewright.Usage) error {
	// One statement must not touch a row twice.
	merged := make([]gatewright.Usage, 0, len(counts))
	places := make(map[gatewright.Usage]int, len(counts))
	for i := range counts {
		u := counts[i]
		key := gatewright.Usage{Bucket: u.Bucket.UTC(), Group: u.Group, API: u.API, Track: u.Track, Revision: u.Revision, Route: u.Route, App: u.App}
		at, again := places[key]
		if !again {
			places[key] = len(merged)
			merged = append(merged, u)
			continue
		}
		m := &merged[at]
		m.Version, m.Calls, m.Errors, m.Refused = u.Version, m.Calls+u.Calls, m.Errors+u.Errors, m.Refused+u.Refused
		if u.LastCall.After(m.LastCall) {
			m.LastCall = u.LastCall
		}
	}
	rows := make([][]any, len(merged))
	for i := range merged {
		u := &merged[i]
		rows[i] = []any{u.Bucket.UnixMicro(), u.Group, u.API, u.Track, u.Revision, u.Route, u.App, u.Version, u.Calls, u.Errors, u.Refused, timeArg(u.LastCall)}
	}
	return t.insertRows("INSERT INTO usage_counts ("+usageColumns+")",
		"ON CONFLICT (bucket, group_id, api_id, track, revision, route, app_id) DO UPDATE SET version = excluded.version,"+
			" calls = usage_counts.calls + excluded.calls, errors = usage_counts.errors + excluded.errors, refused = usage_counts.refused + excluded.refused,"+
			" last_call = CASE WHEN usage_counts.last_call IS NULL OR excluded.last_call > usage_counts.last_call THEN excluded.last_call ELSE usage_counts.last_call END", rows)
}

// Usage implements [control.Tx].
func (t *tx) Usage(f control.UsageFilter, limit int) ([]gatewright.Usage, error) {
	var where []string
	var args []any
	add := func(condition string, arg any) { where, args = append(where, condition), append(args, arg) }
	add("bucket >= ?", f.Since.UnixMicro())
	if !f.Until.IsZero() {
		add("bucket < ?", f.Until.UnixMicro())
	}
	if f.Group != "" {
		add("group_id = ?", f.Group)
	}
	if f.API != "" {
		add("api_id = ?", f.API)
		if f.Track != "" {
			add("track = ?", f.Track)
		}
	}
	if f.App != "" {
		add("app_id = ?", f.App)
	}
	return values(list(t, scanUsage, "SELECT "+usageColumns+" FROM usage_counts WHERE "+strings.Join(where, " AND ")+
		" ORDER BY bucket, group_id, api_id, track, revision, route, app_id LIMIT ?", append(args, max(0, limit))...))
}

// DeleteUsageBefore implements [control.Tx].
func (t *tx) DeleteUsageBefore(before time.Time) error {
	_, err := t.exec("DELETE FROM usage_counts WHERE bucket < ?", before.UnixMicro())
	return err
}
