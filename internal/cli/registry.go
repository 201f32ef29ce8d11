package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

func (a *app) registry() *cobra.Command {
	return parent("registry", "Add or remove a group's service registries",
		`  gatewright registry add local-dns --group production --type dns --dns-server 127.0.0.1:53
  gatewright registry remove local-dns --group production`,
		a.registryAdd(), a.registryRemove())
}

func (a *app) registryAdd() *cobra.Command {
	var (
		change  changeFlags
		group   string
		kind    string
		servers []string
		stale   time.Duration
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:   "add NAME",
		Short: "Add a registry to a gateway group, or replace it",
		Long: `Add a registry to a gateway group: a place where its gateways look up the
addresses of services. APIs use it with --discovery NAME/namespace/service.`,
		Example: `  gatewright registry add local-dns --group production --type dns
  gatewright registry add local-dns --group production --type dns --dns-server 127.0.0.1:53 --stale 10m`,
		Args: exactly("the NAME of a registry"),
	})
	change.add(cmd)
	a.groupFlag(cmd, &group)
	cmd.Flags().StringVar(&kind, "type", string(gatewright.RegistryDNS), "type of registry: dns")
	cmd.Flags().StringArrayVar(&servers, "dns-server", nil, "DNS server `ip:port`; repeat for several (default those of each gateway's machine)")
	cmd.Flags().DurationVar(&stale, "stale", gatewright.DefaultStale, "how long the last answer is used while the registry fails")
	required(cmd, "group")
	complete(cmd, "type", string(gatewright.RegistryDNS))
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangeConfigure, Group: group,
			Items: []client.Item{{Resource: &client.Resource{Registry: &gatewright.Registry{
				Name: args[0], Type: gatewright.RegistryType(kind), Servers: servers, Stale: gatewright.Duration(stale),
			}}}},
		})
	})
	return cmd
}

func (a *app) registryRemove() *cobra.Command {
	var (
		change changeFlags
		group  string
	)
	cmd := a.clientFlags(&cobra.Command{
		Use:     "remove NAME",
		Short:   "Remove a registry from a gateway group",
		Long:    `Remove a registry from a gateway group, unless an API there uses it.`,
		Example: `  gatewright registry remove local-dns --group production`,
		Args:    exactly("the NAME of a registry"),
	})
	change.add(cmd)
	a.groupFlag(cmd, &group)
	required(cmd, "group")
	cmd.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		return a.change(cmd.Context(), &change, client.PlanRequest{
			Kind: gatewright.ChangeConfigure, Group: group, Items: []client.Item{{Remove: gatewright.RegistryKey(args[0])}},
		})
	})
	return cmd
}
