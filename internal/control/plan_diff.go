package control

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

func diffRuntime(before, after *gatewright.RuntimeConfig) []string {
	var lines []string
	diff := func(what, b, a string) {
		if b != a {
			lines = append(lines, "~ "+what+" "+orNone(b)+" → "+orNone(a))
		}
	}
	diff("enabled", fmt.Sprint(before.Enabled), fmt.Sprint(after.Enabled))
	diff("hosts", strings.Join(before.Hosts, ", "), strings.Join(after.Hosts, ", "))
	diff("path prefix", before.PathPrefix, after.PathPrefix)
	diff("keep path prefix", fmt.Sprint(before.KeepPathPrefix), fmt.Sprint(after.KeepPathPrefix))
	diff("access", describeAccess(before.Access), describeAccess(after.Access))
	diff("upstream", describeUpstream(&before.Upstream), describeUpstream(&after.Upstream))
	return lines
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

func describeUpstream(u *gatewright.Upstream) string {
	var b strings.Builder
	b.WriteString(u.Scheme + "://")
	for i, n := range u.Nodes {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(n.String())
	}
	if u.Discovery != nil {
		b.WriteString(u.Discovery.String())
	}
	switch u.HostHeader {
	case gatewright.HostHeaderClient:
		b.WriteString(" (client's host)")
	case gatewright.HostHeaderFixed:
		b.WriteString(" (host " + u.Host + ")")
	}
	t := u.Timeouts.WithDefaults()
	if t != (gatewright.Timeouts{}).WithDefaults() {
		fmt.Fprintf(&b, " (timeouts %s %s %s)", time.Duration(t.Connect), time.Duration(t.Send), time.Duration(t.Read))
	}
	return b.String()
}

func describeAccess(a gatewright.Access) string {
	if a.Mode == gatewright.AccessOpen {
		return "open"
	}
	text := "apps by header " + cmp.Or(a.Header, gatewright.DefaultKeyHeader)
	if a.Query != "" {
		text += " or query parameter " + a.Query
	}
	return text
}

func diffCanary(before, after *gatewright.Canary) []string {
	b, a := describeCanary(before), describeCanary(after)
	switch {
	case b == a:
		return nil
	case before == nil:
		return []string{"+ canary " + a}
	case after == nil:
		return []string{"- canary " + b}
	}
	return []string{"~ canary " + b + " → " + a}
}

func describeCanary(c *gatewright.Canary) string {
	if c == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %g %% to %s", c.Name, c.Percent, c.Label())
	for _, m := range c.Match {
		fmt.Fprintf(&b, ", %s = %s", strings.TrimSpace(m.Source+" "+m.Name), strings.Join(m.Values, " or "))
	}
	if c.Key != "" {
		b.WriteString(", by " + c.Key)
	}
	if c.Upstream != nil {
		b.WriteString(", at " + describeUpstream(c.Upstream))
	}
	for _, s := range c.Steps {
		fmt.Fprintf(&b, ", after %s %g %%", time.Duration(s.Hold), s.Percent)
	}
	if !c.Enabled {
		b.WriteString(", switched off")
	}
	if c.Description != "" {
		b.WriteString(" (" + c.Description + ")")
	}
	return b.String()
}

func diffLifecycle(before, after *gatewright.Lifecycle) []string {
	b, a := describeLifecycle(before), describeLifecycle(after)
	if b == a {
		return nil
	}
	return []string{"~ " + b + " → " + a}
}

func describeLifecycle(l *gatewright.Lifecycle) string {
	if l == nil {
		return "in service"
	}
	text := "deprecated " + l.DeprecatedAt.UTC().Format(time.RFC3339)
	if !l.SunsetAt.IsZero() {
		text += ", sunset " + l.SunsetAt.UTC().Format(time.RFC3339)
	}
	if !l.RetiredAt.IsZero() {
		text += ", retired " + l.RetiredAt.UTC().Format(time.RFC3339)
	}
	if l.Successor != "" {
		text += ", successor " + l.Successor
	}
	if l.Link != "" {
		text += ", see " + l.Link
	}
	return text
}

// describeResource tells what becomes of a group resource.
func describeResource(r *gatewright.ResourceChange) gatewright.PlanItem {
	item := gatewright.PlanItem{Kind: gatewright.ChangeConfigure, Subject: r.Name, Lines: []string{}}
	switch {
	case r.After == nil:
		item.Action = "remove"
		item.Lines = append(item.Lines, "- "+describeGroupResource(r.Before))
	case r.Before == nil:
		item.Action = "create"
		item.Lines = append(item.Lines, "+ "+describeGroupResource(r.After))
	case sameResource(r.Before, r.After):
		item.Action = "none"
	default:
		item.Action = "update"
		before, after := describeGroupResource(r.Before), describeGroupResource(r.After)
		if r.After.Source != nil || r.After.Table != nil {
			item.Lines = append(item.Lines, diffDataResource(r.Before, r.After)...)
		} else if before != after {
			item.Lines = append(item.Lines, "~ "+before+" → "+after)
		}
		if r.After.App != nil && r.Before.App != nil {
			item.Lines = append(item.Lines, diffApp(r.Before.App, r.After.App)...)
		}
	}
	return item
}

// sameResource compares as they are stored: an absent list is an empty one.
func sameResource(a, b *gatewright.GroupResource) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func describeGroupResource(r *gatewright.GroupResource) string {
	if r.App != nil {
		text := fmt.Sprintf("%s, %s", count(len(r.App.Credentials), "credential"), count(len(r.App.Grants), "grant"))
		if r.App.Disabled {
			text += ", disabled"
		}
		return text
	}
	if r.FlowHooks != nil {
		return fmt.Sprintf("before %s, after %s", orNone(strings.Join(r.FlowHooks.Before, ", ")), orNone(strings.Join(r.FlowHooks.After, ", ")))
	}
	if r.Source != nil {
		return describeSource(r.Source)
	}
	if r.Table != nil {
		return describeTable(r.Table)
	}
	reg := r.Registry
	stale := cmp.Or(time.Duration(reg.Stale), gatewright.DefaultStale)
	servers := "the machine's resolvers"
	if len(reg.Servers) > 0 {
		servers = strings.Join(reg.Servers, ", ")
	}
	return fmt.Sprintf("%s, %s, stale %s", reg.Type, servers, stale)
}

// diffApp lists which keys and grants came, went or changed. A key's hash is
// never told.
func diffApp(before, after *gatewright.App) []string {
	var lines []string
	creds := map[gatewright.CredentialID]gatewright.Credential{}
	for _, c := range before.Credentials {
		creds[c.ID] = c
	}
	for _, c := range after.Credentials {
		b, had := creds[c.ID]
		delete(creds, c.ID)
		switch {
		case !had:
			lines = append(lines, "+ credential "+c.Name)
		case b.RevokedAt.IsZero() && !c.RevokedAt.IsZero():
			lines = append(lines, "~ credential "+c.Name+" revoked")
		case b != c:
			lines = append(lines, "~ credential "+c.Name)
		}
	}
	for _, c := range before.Credentials {
		if _, gone := creds[c.ID]; gone {
			lines = append(lines, "- credential "+c.Name)
		}
	}
	grants := map[gatewright.APIID]gatewright.Grant{}
	for _, g := range before.Grants {
		grants[g.API] = g
	}
	for _, g := range after.Grants {
		b, had := grants[g.API]
		delete(grants, g.API)
		if !had {
			lines = append(lines, "+ grant of "+string(g.API))
		} else if b != g {
			lines = append(lines, "~ grant of "+string(g.API))
		}
	}
	for _, g := range before.Grants {
		if _, gone := grants[g.API]; gone {
			lines = append(lines, "- grant of "+string(g.API))
		}
	}
	return lines
}
