package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/client"
)

// changeFlags are the flags of every command that changes what a group runs.
type changeFlags struct {
	reason          string
	dryRun          bool
	noWait          bool
	wait            bool
	allowNoInstance bool
	at              string
	expires         string
	notify          []string
	abortCanary     bool
	breakFreeze     bool
	allowBreaking   []string
}

func (f *changeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.reason, "reason", "", "why; kept with the change")
	flags.BoolVar(&f.dryRun, "dry-run", false, "show the plan and do nothing")
	flags.BoolVar(&f.noWait, "no-wait", false, "print the change's id and do not wait for the gateways")
	flags.BoolVar(&f.wait, "wait", false, "wait for approval, or for its time, too")
	flags.BoolVar(&f.allowNoInstance, "allow-no-instance", false, "accept that no gateway of the group is reachable yet")
	flags.StringVar(&f.at, "at", "", "`time` at which it may begin: 2026-12-24T18:00Z, or 2h from now")
	flags.StringVar(&f.expires, "expires", "", "`time` by which it must have begun, or it never does")
	flags.StringArrayVar(&f.notify, "notify", nil, "`name` of somebody to tell; repeat for several")
	flags.BoolVar(&f.abortCanary, "abort-canary", false, "end a canary of what it alters")
	flags.BoolVar(&f.breakFreeze, "break-freeze", false, "pass although the group is frozen")
	flags.StringArrayVar(&f.allowBreaking, "allow-breaking", nil, "`rule[@fingerprint]` of a finding to pass in spite of; repeat for several (needs --reason)")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "no-wait", "wait")
}

// apply puts what the flags say into the request.
func (f *changeFlags) apply(req *client.PlanRequest, now time.Time) error {
	req.AllowNoInstance, req.AbortCanary, req.BreakFreeze, req.Notify = f.allowNoInstance, f.abortCanary, f.breakFreeze, f.notify
	var err error
	if req.NotBefore, err = parseTime(f.at, now); err != nil {
		return usagef("--at: %s", err)
	}
	if req.ExpiresAt, err = parseTime(f.expires, now); err != nil {
		return usagef("--expires: %s", err)
	}
	if len(f.allowBreaking) > 0 && strings.TrimSpace(f.reason) == "" {
		return usagef("--allow-breaking needs --reason: who is hurt by it will ask why")
	}
	for _, s := range f.allowBreaking {
		rule, fingerprint, _ := strings.Cut(s, "@")
		if rule == "" {
			return usagef("--allow-breaking: %q is not rule or rule@fingerprint", s)
		}
		req.AllowBreaking = append(req.AllowBreaking, client.AllowanceRequest{Rule: rule, Fingerprint: fingerprint})
	}
	return nil
}
