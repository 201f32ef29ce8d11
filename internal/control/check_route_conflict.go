package control

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/compile"
)

// Limits of what the search for overlaps looks at and reports; conflicts are
// found without a limit.
const (
	maxOverlapCandidates = 2000
	maxOverlapFindings   = 20
)

// checkRouteConflict refuses routes that another slot claims already: same
// host, method, template shape and priority. Routes of different APIs that
// overlap, but which precedence tells apart, are worth a warning.
func (c *Control) checkRouteConflict(d *draft) error {
	wanted := d.wantedClaims()
	for i := range d.items {
		it := &d.items[i]
		if it.after == nil || !d.claimsChange(it) {
			continue
		}
		slot := it.slotKey(d.group.ID)
		claims := wanted.of[i]
		holders, err := d.tx.ClaimHolders(slot, claims)
		if err != nil {
			return err
		}
		others, err := d.outside(holders, wanted)
		if err != nil {
			return err
		}
		others = append(others, d.inside(i, wanted)...)
		d.reportConflicts(it, claims, others)
		if len(others) == 0 {
			if err := d.reportOverlaps(it, slot, claims); err != nil {
				return err
			}
		}
	}
	return nil
}

// wanted is what the slots of a change will claim.
type wanted struct {
	of      [][]Claim // by item
	holders map[claimID][]int
	slots   map[string]bool // subjects of the items
}

type claimID struct{ host, key string }

func (d *draft) wantedClaims() *wanted {
	w := &wanted{of: make([][]Claim, len(d.items)), holders: map[claimID][]int{}, slots: map[string]bool{}}
	for i := range d.items {
		it := &d.items[i]
		if it.resource != nil {
			continue
		}
		w.slots[string(it.api.ID)+"@"+it.track.Name] = true
		if it.after == nil {
			continue
		}
		w.of[i] = claimsOf(it, it.slotKey(d.group.ID), d.group)
		for _, c := range w.of[i] {
			id := claimID{c.Host, c.Key}
			w.holders[id] = append(w.holders[id], i)
		}
	}
	return w
}

// holder is a claim and the name of the slot that holds it.
type holder struct {
	Claim
	name string
}

// outside leaves out the claims of slots this change alters: what counts is
// what they will claim.
func (d *draft) outside(claims []Claim, w *wanted) ([]holder, error) {
	var holders []holder
	for _, c := range claims {
		if w.slots[string(c.Slot.API)+"@"+c.Slot.Track] {
			continue
		}
		api, err := d.tx.API(c.Slot.API)
		if err != nil {
			return nil, err
		}
		holders = append(holders, holder{c, api.Name + "@" + c.Slot.Track})
	}
	return holders, nil
}

// inside returns which of the claims of item i other items of the change will
// hold. Of two items that both alter their claims the later one finds it.
func (d *draft) inside(i int, w *wanted) []holder {
	var holders []holder
	for _, c := range w.of[i] {
		for _, j := range w.holders[claimID{c.Host, c.Key}] {
			if j == i || j > i && d.claimsChange(&d.items[j]) {
				continue
			}
			k := slices.IndexFunc(w.of[j], func(o Claim) bool { return o.Host == c.Host && o.Key == c.Key })
			holders = append(holders, holder{w.of[j][k], d.items[j].subject()})
		}
	}
	return holders
}

// claimsChange reports whether the item could alter what its slot claims.
func (d *draft) claimsChange(it *draftItem) bool {
	if it.before == nil || it.before.Hash != it.after.Hash || canaryHash(it.before) != canaryHash(it.after) {
		return true
	}
	b, a := &it.before.Runtime, &it.after.Runtime
	return b.PathPrefix != a.PathPrefix || strings.Join(b.Hosts, ",") != strings.Join(a.Hosts, ",")
}

func canaryHash(c *gatewright.SlotContent) gatewright.Hash {
	if c.Canary == nil {
		return ""
	}
	return c.Canary.Hash
}

// claimsOf lists what the item's routes claim in the group. Those of its
// canary are its own too, whether or not it is switched on.
func claimsOf(it *draftItem, slot gatewright.SlotKey, group *gatewright.Group) []Claim {
	claims := claimsOfRevision(it, it.revision, slot, group)
	if it.canary == nil || it.canary.ID == it.revision.ID {
		return claims
	}
	held := make(map[claimID]bool, len(claims))
	for i := range claims {
		held[claimID{claims[i].Host, claims[i].Key}] = true
	}
	for _, c := range claimsOfRevision(it, it.canary, slot, group) {
		if !held[claimID{c.Host, c.Key}] {
			claims = append(claims, c)
		}
	}
	return claims
}

func claimsOfRevision(it *draftItem, rev *gatewright.Revision, slot gatewright.SlotKey, group *gatewright.Group) []Claim {
	hosts := compile.Hosts(it.after.Runtime, group)
	if len(hosts) == 0 {
		hosts = []string{""}
	}
	routes := rev.Definition.Routes
	claims := make([]Claim, 0, len(routes)*len(hosts))
	for i := range routes {
		r := &routes[i]
		path := compile.FullPath(it.after.Runtime, rev, r)
		shape := gatewright.TemplateShape(path)
		methods := r.Methods
		if len(methods) == 0 {
			methods = []string{"*"}
		}
		for _, host := range hosts {
			for _, m := range methods {
				claims = append(claims, Claim{
					Slot: slot, Host: host, Key: m + " " + shape + " " + strconv.Itoa(r.Priority),
					Head: headOf(shape), Route: r.Name, Path: path,
				})
			}
		}
	}
	return claims
}

// headOf returns the first segment of a shape, "{}" for any that holds a
// parameter.
func headOf(shape string) string {
	head, _, _ := strings.Cut(strings.TrimPrefix(shape, "/"), "/")
	if strings.Contains(head, "{}") {
		return "{}"
	}
	return head
}

func (d *draft) reportConflicts(it *draftItem, claims []Claim, holders []holder) {
	for _, h := range holders {
		mine := ""
		for _, c := range claims {
			if c.Host == h.Host && c.Key == h.Key {
				mine = c.Route
			}
		}
		d.add(gatewright.Finding{
			Level: gatewright.LevelError, Code: gatewright.Conflict, Subject: it.api.Name,
			Message: fmt.Sprintf("route %s of %s and route %s of %s both answer to %s %s on %s",
				mine, it.subject(), h.Route, h.name, strings.SplitN(h.Key, " ", 2)[0], h.Path, orAnyHost(h.Host)),
			Remedy: "give one of them another host (--host), a path prefix (--path-prefix) or a base path",
		})
	}
}

func (d *draft) reportOverlaps(it *draftItem, slot gatewright.SlotKey, claims []Claim) error {
	heads := map[string]map[string]bool{}
	all := map[string]bool{} // hosts on which a route begins with what fits any first segment
	for _, c := range claims {
		all[c.Host] = all[c.Host] || c.Head == "{}" || c.Head == "*"
		if heads[c.Host] == nil {
			heads[c.Host] = map[string]bool{"{}": true, "*": true}
		}
		heads[c.Host][c.Head] = true
	}
	found := 0
	for _, host := range slices.Sorted(maps.Keys(heads)) { // in order: findings are part of the plan's hash
		candidates := slices.Sorted(maps.Keys(heads[host]))
		if all[host] {
			candidates = nil
		}
		others, err := d.tx.ClaimsByHead(slot, host, candidates, maxOverlapCandidates)
		if err != nil {
			return err
		}
		for _, c := range claims {
			for _, o := range others {
				if c.Host != o.Host || !sameMethod(c.Key, o.Key) || !overlap(c.Path, o.Path) {
					continue
				}
				if found++; found > maxOverlapFindings {
					return nil
				}
				api, err := d.tx.API(o.Slot.API)
				if err != nil {
					return err
				}
				d.add(gatewright.Finding{
					Level: gatewright.LevelWarning, Subject: it.api.Name,
					Message: fmt.Sprintf("route %s (%s) overlaps route %s (%s) of %s on %s; the more specific one answers", c.Route, c.Path, o.Route, o.Path, api.Name+"@"+o.Slot.Track, orAnyHost(host)),
				})
			}
		}
	}
	return nil
}

func sameMethod(a, b string) bool {
	ma, _, _ := strings.Cut(a, " ")
	mb, _, _ := strings.Cut(b, " ")
	return ma == mb || ma == "*" || mb == "*"
}

// overlap reports whether some path fits both templates. Segments that mix
// text and parameters count as fitting each other.
func overlap(a, b string) bool {
	as, bs := strings.Split(a[1:], "/"), strings.Split(b[1:], "/")
	for i := 0; ; i++ {
		switch {
		case i == len(as) || i == len(bs):
			return len(as) == len(bs)
		case as[i] == "*" || bs[i] == "*":
			return true
		case as[i] != bs[i] && !strings.Contains(as[i], "{") && !strings.Contains(bs[i], "{"):
			return false
		}
	}
}

func orAnyHost(host string) string {
	if host == "" {
		return "any host"
	}
	return host
}
