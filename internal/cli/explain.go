package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) explain() *cobra.Command {
	var (
		group   string
		headers []string
		req     client.ExplainRequest
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "explain METHOD URL",
		Short: "Ask a running gateway what it would do with a request",
		Long: `Ask a running gateway of a group what it would do with a request: which API,
route and revision it belongs to, why none if there is none, who may call,
whether a canary takes it and where it would go. The request is not sent, no
limit is used up, nothing is counted and no policy runs.

The URL's host counts, not its port: give the name that callers use.`,
		Example: `  gatewright explain GET http://api.example.com/pets/1 --group production
  gatewright explain POST https://api.example.com/pets --group production -H "X-API-Key: $KEY" --instance gw-1`,
		Args: exactly("a METHOD", "a URL"),
	})
	a.groupFlag(cmd, &group)
	f := cmd.Flags()
	f.StringArrayVarP(&headers, "header", "H", nil, "`header` of the request, as \"Name: value\"; repeat for several")
	f.StringVar(&req.Client, "client", "", "IP `address` of who asks, for canaries that go by it")
	f.StringVar(&req.Instance, "instance", "", "`name or ID` of the gateway to ask (default any that is heard)")
	required(cmd, "group")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		req.Method, req.URL = args[0], args[1]
		for _, h := range headers {
			name, value, ok := strings.Cut(h, ":")
			if !ok {
				return usagef("--header %.40q has no colon; write it as \"Name: value\"", name)
			}
			req.Headers = append(req.Headers, gatewright.ExplainHeader{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
		}
		e, err := c.Explain(ctx, group, req)
		if err != nil {
			return err
		}
		return a.show(e, func(s *term.Screen) error { return writeExplained(s, e) })
	})
	return cmd
}

func writeExplained(s *term.Screen, e *client.Explained) error {
	x := &e.Result
	var b facts
	verdict := map[gatewright.ExplainOutcome]string{
		gatewright.ExplainServed:   "it is served",
		gatewright.ExplainPolicies: "it is served if the policies let it pass",
	}[x.Outcome]
	if p := x.Problem; p != nil {
		verdict = fmt.Sprintf("it is refused: %d %s", p.Status, p.Title)
	}
	fmt.Fprintln(&b.text, s.Paint(term.Bold, term.Clean(verdict)))
	if p := x.Problem; p != nil {
		b.line("detail", p.Detail)
		b.line("cause", p.Cause)
		b.line("reason", p.Reason)
		b.line("methods here", strings.Join(p.Allowed, ", "))
	}
	b.line("host", x.Host)
	if x.Slot == nil && !x.HostKnown {
		b.line("hint", "no API answers to this host")
	}
	b.line("path", x.Path)
	explainSlot(&b, x)
	if r := x.Route; r != nil {
		b.line("route", fmt.Sprintf("%s: %s %s", r.Name, cmp.Or(strings.Join(r.Methods, ","), "any method"), r.Path))
		for _, name := range slices.Sorted(maps.Keys(r.Params)) {
			b.line("parameter", name+" = "+r.Params[name])
		}
	}
	b.line("policies", strings.Join(x.Policies, ", "))
	explainUpstream(&b, x.Upstream)
	b.line("asked", fmt.Sprintf("%s (%s), generation %d", e.Name, e.Instance, x.Generation))
	_, err := io.WriteString(s, b.text.String())
	return err
}

func explainSlot(b *facts, x *gatewright.Explanation) {
	d := x.Slot
	if d == nil {
		return
	}
	b.line("API", apiTrack(d.Name, d.Track))
	b.line("version", fmt.Sprintf("%s (revision %d)", cmp.Or(d.Version, "none"), d.Revision))
	b.line("config ID", d.ConfigID)
	if k := d.Canary; k != nil {
		side := "the current side is taken"
		if k.Taken {
			side = "the canary is taken"
		}
		b.line("canary", fmt.Sprintf("%s (revision %d) takes %s", cmp.Or(k.Version, "no version"), k.Revision, k.Rule))
		if k.Random {
			side += ", this time"
		}
		b.line("side", side)
		if k.Failed != "" {
			b.line("condition", "it lacks "+k.Failed)
		}
	}
	if a := x.Access; a != nil {
		text := "anybody may call"
		if a.Mode != gatewright.AccessOpen {
			text = "apps with a grant, by their key in " + a.Header
			if a.Query != "" {
				text += " or the parameter " + a.Query
			}
		}
		b.line("access", text)
		b.line("app", a.App)
	}
}

func explainUpstream(b *facts, u *gatewright.ExplainUpstream) {
	if u == nil {
		return
	}
	b.line("upstream", u.Scheme+", path "+u.Path)
	b.line("host field", u.Host)
	if u.Service != "" {
		b.line("service", u.Service+" of registry "+u.Registry)
	}
	for _, p := range u.Endpoints {
		text := p.Address + ", weight " + strconv.Itoa(p.Weight)
		if p.Failed {
			text += ", passed by since a connection failed"
		}
		b.line("address", text)
	}
}
