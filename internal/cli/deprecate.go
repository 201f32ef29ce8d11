package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) deprecate() *cobra.Command {
	var (
		change                  changeFlags
		group                   string
		sunset, successor, link string
		undo                    bool
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "deprecate API",
		Short: "Tell callers that an API is on its way out",
		Long: `Tell the callers of an API that it is on its way out: its responses carry the
headers Deprecation, Sunset and Link. It goes on answering; retire ends that.
--undo takes deprecation, sunset and retirement back.

Without --group that happens in every gateway group that runs the API, one
change each.`,
		Example: `  gatewright deprecate "Swagger Petstore@v1" --sunset 2027-06-30 --successor "Swagger Petstore@v2"
  gatewright deprecate "Swagger Petstore@v1" --group test --link https://example.com/moving-to-v2
  gatewright deprecate "Swagger Petstore@v1" --undo`,
		Args:              exactly("the name of an API"),
		ValidArgsFunction: a.completeAPIs,
	})
	change.add(cmd)
	a.groupFlag(cmd, &group)
	cmd.Flags().StringVar(&sunset, "sunset", "", "`date` from which it may stop answering")
	cmd.Flags().StringVar(&successor, "successor", "", "what to use instead, in words or as Name@v2")
	cmd.Flags().StringVar(&link, "link", "", "`URL` of a page about it")
	cmd.Flags().BoolVar(&undo, "undo", false, "it is in service again")
	for _, flag := range []string{"sunset", "successor", "link"} {
		cmd.MarkFlagsMutuallyExclusive("undo", flag)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		item := client.Item{API: args[0], Undo: undo}
		if !undo {
			item.Lifecycle = &gatewright.Lifecycle{Successor: successor, Link: link}
			var err error
			if item.Lifecycle.SunsetAt, err = parseTime(sunset, a.env.Now()); err != nil {
				return usagef("--sunset: %s", err)
			}
		}
		a.working = true
		req := client.PlanRequest{Kind: gatewright.ChangeDeprecate, Group: group, Items: []client.Item{item}}
		if group != "" {
			return a.change(cmd.Context(), &change, req)
		}
		return a.everywhere(cmd.Context(), &change, req)
	}
	return cmd
}

// everywhere makes the change of one API in every group that runs it. A group
// that refuses does not keep the others from it.
func (a *app) everywhere(ctx context.Context, f *changeFlags, req client.PlanRequest) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	api := req.Items[0].API
	ds, err := deployments(ctx, c, client.DeploymentFilter{API: api})
	if err != nil {
		return err
	}
	if len(ds) == 0 {
		return gatewright.Errorf(gatewright.PreconditionFailed, "%s runs nowhere", api)
	}
	failed := &gatewright.Error{}
	for i, d := range ds {
		if i > 0 && a.format == formatYAML {
			if err := a.resultf("---\n"); err != nil {
				return err
			}
		}
		req.Group = string(d.Group)
		if err := a.change(ctx, f, req); err != nil {
			failed.Code = gatewright.CodeOf(err)
			failed.Details = append(failed.Details, gatewright.Detail{Subject: d.GroupName, Message: message(err)})
		}
		if ctx.Err() != nil {
			break
		}
	}
	if len(failed.Details) == 0 {
		return nil
	}
	failed.Message = fmt.Sprintf("%d of %d groups did not take the change", len(failed.Details), len(ds))
	return failed
}
