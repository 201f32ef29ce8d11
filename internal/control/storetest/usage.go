package storetest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

func testUsage(s *suite) {
	first := s.clock.Now().Truncate(gatewright.UsageBucket)
	key := gatewright.Usage{Bucket: first, Group: "grp_any", API: "api_any", Track: "v1", Revision: 3, Version: "1.0.0", Route: "get", App: "app_any"}
	count := func(calls, errors, refused int64, last time.Time) gatewright.Usage {
		u := key
		u.Calls, u.Errors, u.Refused, u.LastCall = calls, errors, refused, last
		return u
	}
	read := func(tx control.Tx) []gatewright.Usage { return must(tx.Usage(control.UsageFilter{}, 99))(s) }
	s.update(func(tx control.Tx) {
		s.ok(tx.AddUsage(nil))
		s.ok(tx.AddUsage([]gatewright.Usage{count(3, 1, 2, time.Time{})}))
		s.same(read(tx), []gatewright.Usage{count(3, 1, 2, time.Time{})})
		s.ok(tx.AddUsage([]gatewright.Usage{count(10, 0, 0, first.Add(time.Minute))}))
		s.same(read(tx), []gatewright.Usage{count(13, 1, 2, first.Add(time.Minute))})
		s.ok(tx.AddUsage([]gatewright.Usage{count(1, 1, 1, first)})) // late: the last call stays the last
		s.same(read(tx), []gatewright.Usage{count(14, 2, 3, first.Add(time.Minute))})
		s.ok(tx.AddUsage([]gatewright.Usage{count(1, 0, 0, time.Time{})}))
		s.same(read(tx), []gatewright.Usage{count(15, 2, 3, first.Add(time.Minute))})
		// One thing several times at once.
		s.ok(tx.AddUsage([]gatewright.Usage{count(1, 1, 0, first), count(2, 0, 1, first.Add(time.Hour)), count(3, 0, 0, first.Add(time.Second))}))
		s.same(read(tx), []gatewright.Usage{count(21, 3, 4, first.Add(time.Hour))})
	})
	s.update(func(tx control.Tx) { // more than one statement takes
		var many []gatewright.Usage
		for i := range 1234 {
			u := count(1, 0, 0, first)
			u.Route = "route " + strconv.Itoa(i)
			many = append(many, u)
		}
		s.ok(tx.AddUsage(many))
		s.ok(tx.AddUsage(many))
		s.same(len(must(tx.Usage(control.UsageFilter{}, 10_000))(s)), 1235)
	})
	s.update(func(tx control.Tx) {
		later := key
		later.Bucket = first.Add(gatewright.UsageBucket)
		s.ok(tx.AddUsage([]gatewright.Usage{later}))
		s.ok(tx.DeleteUsageBefore(first)) // before means before
		s.same(len(must(tx.Usage(control.UsageFilter{}, 10_000))(s)), 1236)
		s.ok(tx.DeleteUsageBefore(first.Add(time.Microsecond)))
		s.same(read(tx), []gatewright.Usage{later})
	})
}

// testUsageList asks for every combination of the filter.
func testUsageList(s *suite) {
	first := s.clock.Now().Truncate(gatewright.UsageBucket)
	var all []gatewright.Usage
	for i := range 3 * 2 * 2 * 2 * 2 * 2 * 2 {
		pick := func(n int) int { v := i % n; i /= n; return v }
		all = append(all, gatewright.Usage{
			App: []gatewright.AppID{"", "app_1"}[pick(2)], Route: []string{"a", "B"}[pick(2)], Revision: []int{9, 10}[pick(2)], Track: []string{"v1", "v2"}[pick(2)],
			API: []gatewright.APIID{"api_1", "api_2"}[pick(2)], Group: []gatewright.GroupID{"grp_1", "grp_2"}[pick(2)],
			Bucket: first.Add(time.Duration(pick(3)) * gatewright.UsageBucket), Calls: 1,
		})
	}
	s.update(func(tx control.Tx) { s.ok(tx.AddUsage(all)) })
	key := func(u gatewright.Usage) string {
		return strings.Join([]string{u.Bucket.Format(time.RFC3339), string(u.Group), string(u.API), u.Track, strconv.Itoa(100 + u.Revision), u.Route, string(u.App)}, "\x00")
	}
	slices.SortFunc(all, func(a, b gatewright.Usage) int { return strings.Compare(key(a), key(b)) })
	s.view(func(tx control.Tx) {
		for bits := range 1 << 6 {
			var f control.UsageFilter
			for bit, set := range []func(){
				func() { f.Group = "grp_2" }, func() { f.API = "api_1" }, func() { f.Track = "v2" }, func() { f.App = "app_1" },
				func() { f.Since = first.Add(gatewright.UsageBucket) }, func() { f.Until = first.Add(2 * gatewright.UsageBucket) },
			} {
				if bits&(1<<bit) != 0 {
					set()
				}
			}
			want := slices.DeleteFunc(slices.Clone(all), func(u gatewright.Usage) bool {
				return f.Group != "" && u.Group != f.Group || f.API != "" && (u.API != f.API || f.Track != "" && u.Track != f.Track) ||
					f.App != "" && u.App != f.App || u.Bucket.Before(f.Since) || !f.Until.IsZero() && !u.Bucket.Before(f.Until)
			})
			s.same(must(tx.Usage(f, 1000))(s), want)
			for _, limit := range []int{-1, 0, 1, 3} {
				s.same(must(tx.Usage(f, limit))(s), want[:min(max(0, limit), len(want))])
			}
		}
	})
}
