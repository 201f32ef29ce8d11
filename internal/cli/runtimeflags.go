package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

// runtimeFlags are the flags that alter an API's runtime configuration in a
// group. One that is not given leaves its part as it is.
type runtimeFlags struct {
	nodes          []string
	discovery      string
	scheme         string
	upstreamHost   string
	preserveHost   bool
	timeouts       []string
	hosts          []string
	pathPrefix     string
	keepPathPrefix bool
}

func (f *runtimeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.nodes, "node", nil, "upstream node `host:port[@weight]`; repeat for several (replaces nodes and discovery)")
	flags.StringVar(&f.discovery, "discovery", "", "look the nodes up: `registry/namespace/service` (replaces nodes and discovery)")
	flags.StringVar(&f.scheme, "scheme", "", "http or https to the upstream")
	flags.StringVar(&f.upstreamHost, "upstream-host", "", "Host header the upstream sees; \"\" for the node's own name")
	flags.BoolVar(&f.preserveHost, "preserve-host", false, "the upstream sees the client's Host header")
	flags.StringSliceVar(&f.timeouts, "timeout", nil, "`connect=5s,send=60s,read=60s`; one left out takes its default")
	flags.StringArrayVar(&f.hosts, "host", nil, "`host` the API listens to, *.example.com for all below; repeat for several; \"\" for the group's")
	flags.StringVar(&f.pathPrefix, "path-prefix", "", "`path` in front of the base path; \"\" for none")
	flags.BoolVar(&f.keepPathPrefix, "keep-path-prefix", false, "send the path prefix on to the upstream")
	cmd.MarkFlagsMutuallyExclusive("node", "discovery")
	cmd.MarkFlagsMutuallyExclusive("upstream-host", "preserve-host")
	complete(cmd, "scheme", "http", "https")
}

// runtime returns the alterations the flags ask for, nil for none.
func (f *runtimeFlags) runtime(cmd *cobra.Command) (*client.Runtime, error) {
	var r client.Runtime
	given := false
	changed := func(name string) bool {
		c := cmd.Flags().Changed(name)
		given = given || c
		return c
	}
	if changed("node") {
		for _, s := range f.nodes {
			n, err := gatewright.ParseNode(s)
			if err != nil {
				return nil, usagef("--node: %s", err)
			}
			r.Nodes = append(r.Nodes, n)
		}
	}
	if changed("discovery") {
		d, err := gatewright.ParseDiscovery(f.discovery)
		if err != nil {
			return nil, usagef("--discovery: %s", err)
		}
		r.Discovery = (*client.Discovery)(d)
	}
	if changed("scheme") {
		if f.scheme != "http" && f.scheme != "https" {
			return nil, usagef("--scheme: %q is not http or https", f.scheme)
		}
		r.Scheme = &f.scheme
	}
	if changed("upstream-host") {
		mode := gatewright.HostHeaderFixed
		if f.upstreamHost == "" {
			mode = gatewright.HostHeaderNode
		}
		r.HostHeader, r.UpstreamHost = &mode, &f.upstreamHost
	}
	if changed("preserve-host") {
		mode, none := gatewright.HostHeaderNode, ""
		if f.preserveHost {
			mode = gatewright.HostHeaderClient
		}
		r.HostHeader, r.UpstreamHost = &mode, &none
	}
	if changed("timeout") {
		t, err := parseTimeouts(f.timeouts)
		if err != nil {
			return nil, err
		}
		r.Timeouts = t
	}
	if changed("host") {
		hosts := f.hosts
		if len(hosts) == 1 && hosts[0] == "" {
			hosts = []string{}
		}
		r.Hosts = &hosts
	}
	if changed("path-prefix") {
		r.PathPrefix = &f.pathPrefix
	}
	if changed("keep-path-prefix") {
		r.KeepPathPrefix = &f.keepPathPrefix
	}
	if !given {
		return nil, nil
	}
	return &r, nil
}

func parseTimeouts(pairs []string) (*gatewright.Timeouts, error) {
	var t gatewright.Timeouts
	fields := map[string]*gatewright.Duration{"connect": &t.Connect, "send": &t.Send, "read": &t.Read}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		field := fields[name]
		if field == nil {
			return nil, usagef("--timeout: %q is not connect=…, send=… or read=…", p)
		}
		if err := field.UnmarshalText([]byte(value)); err != nil {
			return nil, usagef("--timeout %s: %s", name, err)
		}
	}
	return &t, nil
}
