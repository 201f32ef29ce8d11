package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/management/wire"
)

func (a *app) callers() *cobra.Command {
	var group string
	cmd := a.clientFlags(&cobra.Command{
		Use: "callers NAME", Short: "Show which apps may call an API",
		Long: `Show which apps of a gateway group are granted an API, and why the calls of some
would be refused now.`,
		Example: `  gatewright callers "Swagger Petstore" --group production`,
		Args:    exactly("the NAME of an API"),
	})
	a.groupFlag(cmd, &group)
	required(cmd, "group")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		callers, err := collect(ctx, func(ctx context.Context, p client.Page) (*client.List[wire.Caller], error) {
			return c.Callers(ctx, group, args[0], p)
		})
		if err != nil {
			return err
		}
		return a.show(client.List[wire.Caller]{Items: callers}, func(s *term.Screen) error {
			t := term.NewTable("APP", "OWNER", "CLEARANCE", "QPS", "EXPIRES", "CALLS")
			for _, k := range callers {
				state := "let through"
				if !k.Good {
					state = "refused: " + k.Why
				}
				t.Row(k.Name, k.Owner, string(k.Grant.Clearance), qpsText(k.Grant.QPS), expiryText(k.Grant.ExpiresAt), state)
			}
			return t.Write(s)
		})
	})
	return cmd
}

func (a *app) calls() *cobra.Command {
	var f client.CallsFilter
	var since, until string
	cmd := a.clientFlags(&cobra.Command{
		Use: "calls [NAME]", Short: "Count calls by version, operation and app",
		Long: `Count calls by hour, version, operation and app. Gateways tell their counts
every few seconds.`,
		Example: `  gatewright calls "Swagger Petstore" --group production --since 2026-11-20
  gatewright calls --group production --app billing`,
		Args: between(0, "the NAME of an API"),
	})
	a.groupFlag(cmd, &f.Group)
	cmd.Flags().StringVar(&f.App, "app", "", "calls of one `app` of the group")
	cmd.Flags().StringVar(&since, "since", "", "from this `time` on (default 24 hours ago)")
	cmd.Flags().StringVar(&until, "until", "", "before this `time`")
	cmd.RunE = a.look(func(ctx context.Context, c *client.Client, args []string) error {
		var err error
		now := time.Now()
		f.Since = now.Add(-day)
		if since != "" {
			if f.Since, err = parseTime(since, now); err != nil {
				return usagef("--since: %s", err)
			}
		}
		if f.Until, err = parseTime(until, now); err != nil {
			return usagef("--until: %s", err)
		}
		if len(args) > 0 {
			f.API = args[0]
		}
		calls, err := c.Calls(ctx, f)
		if err != nil {
			return err
		}
		return a.show(calls, func(s *term.Screen) error {
			t := term.NewTable("HOUR", "GROUP", "API", "VERSION", "OPERATION", "APP", "CALLS", "REFUSED", "ERRORS", "LAST")
			for _, u := range calls.Items {
				version := u.Version
				if version == "" {
					version = fmt.Sprintf("revision %d", u.Revision)
				}
				t.Row(timeText(u.Bucket), u.GroupName, u.APIName+"@"+u.Track, version, u.Route, u.AppName,
					strconv.FormatInt(u.Calls, 10), strconv.FormatInt(u.Refused, 10), strconv.FormatInt(u.Errors, 10), timeText(u.LastCall))
			}
			return t.Write(s)
		})
	})
	return cmd
}

func qpsText(qps int) string {
	if qps == 0 {
		return "no limit"
	}
	return strconv.Itoa(qps)
}

func expiryText(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return timeText(at)
}

// credentialState tells what a key is good for now.
func credentialState(k *wire.CredentialInfo, now time.Time) string {
	switch {
	case !k.RevokedAt.IsZero():
		return "revoked " + timeText(k.RevokedAt)
	case k.NotBefore.After(now):
		return "good from " + timeText(k.NotBefore)
	case !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(now):
		return "expired " + timeText(k.ExpiresAt)
	case !k.ExpiresAt.IsZero():
		return "good until " + timeText(k.ExpiresAt)
	}
	return "good"
}

func grantText(g *wire.GrantInfo) string {
	name := g.APIName
	if name == "" {
		name = string(g.API) + " (deleted)"
	}
	parts := []string{string(g.Clearance)}
	if g.QPS > 0 {
		parts = append(parts, strconv.Itoa(g.QPS)+"/s")
	}
	if !g.ExpiresAt.IsZero() {
		parts = append(parts, "until "+timeText(g.ExpiresAt))
	}
	return name + " (" + strings.Join(parts, ", ") + ")"
}
