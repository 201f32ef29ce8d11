package cli

import (
	"fmt"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
)

// achieved says in words what a live change did, a line for each item.
func achieved(ch *gatewright.Change) []string {
	lines := make([]string, len(ch.Items))
	for i := range ch.Items {
		item := &ch.Items[i]
		switch {
		case item.Slot != nil:
			lines[i] = achievedSlot(ch, item)
		case item.Resource != nil && item.Resource.After == nil:
			lines[i] = fmt.Sprintf("%s is removed from %s", item.Resource.Name, ch.GroupName)
		case item.Resource != nil:
			lines[i] = fmt.Sprintf("%s is set in %s", item.Resource.Name, ch.GroupName)
		}
		lines[i] = term.Clean(lines[i])
	}
	return lines
}

func achievedSlot(ch *gatewright.Change, item *gatewright.ChangeItem) string {
	s := item.Slot
	name := apiTrack(s.APIName, s.Track)
	if s.After == nil {
		return fmt.Sprintf("%s no longer runs in %s", name, ch.GroupName)
	}
	label := s.After.Label()
	if s.Stamp != "" {
		label = s.Stamp
	}
	switch item.Action {
	case gatewright.ChangeEnable:
		return fmt.Sprintf("%s %s is enabled in %s", name, label, ch.GroupName)
	case gatewright.ChangeDisable:
		return fmt.Sprintf("%s %s is disabled in %s", name, label, ch.GroupName)
	case gatewright.ChangeConfigure:
		return fmt.Sprintf("%s %s is configured in %s", name, label, ch.GroupName)
	case gatewright.ChangeCanaryStart, gatewright.ChangeCanaryStep:
		if s.After.Canary != nil {
			return fmt.Sprintf("%s %s in %s: %s", name, label, ch.GroupName, canaryText(s.After.Canary))
		}
	case gatewright.ChangeCanaryAbort:
		return fmt.Sprintf("%s %s answers all requests in %s again", name, label, ch.GroupName)
	case gatewright.ChangeDeprecate, gatewright.ChangeRetire:
		return fmt.Sprintf("%s %s in %s is %s", name, label, ch.GroupName, lifecycleText(s.After.Lifecycle))
	}
	if !s.After.Runtime.Enabled {
		return fmt.Sprintf("%s %s is deployed to %s, where it is disabled", name, label, ch.GroupName)
	}
	return fmt.Sprintf("%s %s is live in %s", name, label, ch.GroupName)
}

// canaryText tells in short what a canary takes.
func canaryText(c *gatewright.Canary) string {
	text := fmt.Sprintf("%g %% to %s", c.Percent, c.Label())
	if c.Upstream != nil {
		text += " at " + addressText(c.Upstream)
	}
	if len(c.Match) > 0 {
		text += " of " + matchText(c.Match)
	}
	if !c.Enabled {
		text += ", switched off"
	}
	return text
}

// matchText tells which requests take part in a canary, "" for all.
func matchText(matches []gatewright.CanaryMatch) string {
	texts := make([]string, len(matches))
	for i, m := range matches {
		source := m.Source
		if m.Name != "" {
			source += ":" + m.Name
		}
		texts[i] = source + "=" + strings.Join(m.Values, " or ")
	}
	return strings.Join(texts, " and ")
}

// addressText returns where an upstream is, as its flags take it.
func addressText(u *gatewright.Upstream) string {
	if u.Discovery != nil {
		return u.Scheme + "://" + u.Discovery.String()
	}
	nodes := make([]string, len(u.Nodes))
	for i, n := range u.Nodes {
		nodes[i] = n.String()
	}
	return u.Scheme + "://" + strings.Join(nodes, ",")
}

// lifecycleText tells where something stands on its way out.
func lifecycleText(l *gatewright.Lifecycle) string {
	switch {
	case l == nil || l.DeprecatedAt.IsZero():
		return "in service"
	case !l.RetiredAt.IsZero():
		return "retired since " + timeText(l.RetiredAt) + successorText(l)
	case !l.SunsetAt.IsZero():
		return "deprecated since " + timeText(l.DeprecatedAt) + ", sunset " + timeText(l.SunsetAt) + successorText(l)
	}
	return "deprecated since " + timeText(l.DeprecatedAt) + successorText(l)
}

func successorText(l *gatewright.Lifecycle) string {
	text := ""
	if l.Successor != "" {
		text = ", successor " + l.Successor
	}
	if l.Link != "" {
		text += ", see " + l.Link
	}
	return text
}
