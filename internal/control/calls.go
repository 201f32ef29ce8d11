package control

import (
	"context"
	"time"

	"github.com/gatewright/gatewright"
)

// MaxUsageRows bounds the rows one query of calls returns.
const MaxUsageRows = 10_000

// CallsQuery selects counted calls; empty members select all.
type CallsQuery struct {
	Group string // name or ID
	API   string // name or ID, "name@track"
	App   string // name or ID, only with Group
	Since time.Time
	Until time.Time
}

// CallsRow is a count of calls with the names of what it is about.
type CallsRow struct {
	gatewright.Usage
	GroupName string
	APIName   string
	AppName   string // "" for callers without a key
}

// Calls tells how often what was called by whom, by the hour. Gateways tell
// their counts every few seconds.
func (c *Control) Calls(ctx context.Context, q CallsQuery) ([]CallsRow, error) {
	var rows []CallsRow
	err := c.store.View(ctx, func(tx Tx) error {
		f := UsageFilter{Since: q.Since.Truncate(gatewright.UsageBucket), Until: q.Until}
		if q.Group != "" {
			g, err := findGroup(tx, q.Group)
			if err != nil {
				return err
			}
			f.Group = g.ID
			if q.App != "" {
				app, err := findApp(tx, g, q.App)
				if err != nil {
					return err
				}
				f.App = app.ID
			}
		} else if q.App != "" {
			return gatewright.FieldErrorf("app", "an app belongs to a group; name that too")
		}
		if q.API != "" {
			a, track, err := findAPI(tx, q.API)
			if err != nil {
				return err
			}
			f.API, f.Track = a.ID, track
		}
		counts, err := tx.Usage(f, MaxUsageRows)
		if err != nil {
			return err
		}
		rows, err = nameCalls(tx, counts)
		return err
	})
	return rows, err
}

// nameCalls adds the names of groups, APIs and apps, as far as they still exist.
func nameCalls(tx Tx, counts []gatewright.Usage) ([]CallsRow, error) {
	drafts := map[gatewright.GroupID]*draft{}
	apis := map[gatewright.APIID]string{}
	apps := map[gatewright.AppID]string{}
	rows := make([]CallsRow, len(counts))
	for i, u := range counts {
		d := drafts[u.Group]
		if d == nil {
			g, err := tx.Group(u.Group)
			if err != nil {
				return nil, err
			}
			d = &draft{tx: tx, group: g}
			drafts[u.Group] = d
		}
		if _, known := apis[u.API]; !known {
			a, err := tx.API(u.API)
			if err != nil && !isNotFound(err) {
				return nil, err
			}
			if apis[u.API] = string(u.API); err == nil {
				apis[u.API] = a.Name
			}
		}
		if _, known := apps[u.App]; !known && u.App != "" {
			name, err := d.appName(u.App)
			if err != nil {
				return nil, err
			}
			apps[u.App] = name
		}
		rows[i] = CallsRow{Usage: u, GroupName: d.group.Name, APIName: apis[u.API], AppName: apps[u.App]}
	}
	return rows, nil
}
