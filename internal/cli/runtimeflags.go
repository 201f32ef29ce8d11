package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

// upstreamFlags are the flags that say where requests go. One that is not
// given leaves its part as it is.
type upstreamFlags struct {
	nodes        []string
	discovery    string
	scheme       string
	upstreamHost string
	preserveHost bool
	timeouts     []string
}

func (f *upstreamFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.nodes, "node", nil, "upstream node `host:port[@weight]`; repeat for several (replaces nodes and discovery)")
	flags.StringVar(&f.discovery, "discovery", "", "look the nodes up: `registry/namespace/service` (replaces nodes and discovery)")
	flags.StringVar(&f.scheme, "scheme", "", "http or https to the upstream")
	flags.StringVar(&f.upstreamHost, "upstream-host", "", "Host header the upstream sees; \"\" for the node's own name")
	flags.BoolVar(&f.preserveHost, "preserve-host", false, "the upstream sees the client's Host header")
	flags.StringSliceVar(&f.timeouts, "timeout", nil, "`connect=5s,send=60s,read=60s`; one left out takes its default")
	cmd.MarkFlagsMutuallyExclusive("node", "discovery")
	cmd.MarkFlagsMutuallyExclusive("upstream-host", "preserve-host")
	complete(cmd, "scheme", "http", "https")
}

// upstream returns the alterations the flags ask for and whether there are any.
func (f *upstreamFlags) upstream(cmd *cobra.Command) (u client.UpstreamPatch, given bool, err error) {
	changed := func(name string) bool {
		c := cmd.Flags().Changed(name)
		given = given || c
		return c
	}
	if changed("node") {
		for _, s := range f.nodes {
			n, err := gatewright.ParseNode(s)
			if err != nil {
				return u, given, usagef("--node: %s", err)
			}
			u.Nodes = append(u.Nodes, n)
		}
	}
	if changed("discovery") {
		d, err := gatewright.ParseDiscovery(f.discovery)
		if err != nil {
			return u, given, usagef("--discovery: %s", err)
		}
		u.Discovery = (*client.Discovery)(d)
	}
	if changed("scheme") {
		if f.scheme != "http" && f.scheme != "https" {
			return u, given, usagef("--scheme: %q is not http or https", f.scheme)
		}
		u.Scheme = &f.scheme
	}
	if changed("upstream-host") {
		mode := gatewright.HostHeaderFixed
		if f.upstreamHost == "" {
			mode = gatewright.HostHeaderNode
		}
		u.HostHeader, u.UpstreamHost = &mode, &f.upstreamHost
	}
	if changed("preserve-host") {
		mode, none := gatewright.HostHeaderNode, ""
		if f.preserveHost {
			mode = gatewright.HostHeaderClient
		}
		u.HostHeader, u.UpstreamHost = &mode, &none
	}
	if changed("timeout") {
		if u.Timeouts, err = parseTimeouts(f.timeouts); err != nil {
			return u, given, err
		}
	}
	return u, given, nil
}

// runtimeFlags are the flags that alter an API's runtime configuration in a
// group. One that is not given leaves its part as it is.
type runtimeFlags struct {
	upstreamFlags
	hosts          []string
	pathPrefix     string
	keepPathPrefix bool
	access         string
	keyHeader      string
	keyQuery       string
}

// The values of --access.
const (
	accessOpen = "open"
	accessApp  = "app"
)

func (f *runtimeFlags) add(cmd *cobra.Command) {
	f.upstreamFlags.add(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.hosts, "host", nil, "`host` the API listens to, *.example.com for all below; repeat for several; \"\" for the group's")
	flags.StringVar(&f.pathPrefix, "path-prefix", "", "`path` in front of the base path; \"\" for none")
	flags.BoolVar(&f.keepPathPrefix, "keep-path-prefix", false, "send the path prefix on to the upstream")
	flags.StringVar(&f.access, "access", "", "who may call: open, or app for apps with a grant")
	flags.StringVar(&f.keyHeader, "key-header", "", "`header` with the caller's key, with --access app (default "+gatewright.DefaultKeyHeader+")")
	flags.StringVar(&f.keyQuery, "key-query", "", "query `parameter` with the key when the header is missing, with --access app")
	complete(cmd, "access", accessOpen, accessApp)
}

// runtime returns the alterations the flags ask for, nil for none.
func (f *runtimeFlags) runtime(cmd *cobra.Command) (*client.Runtime, error) {
	u, given, err := f.upstream(cmd)
	if err != nil {
		return nil, err
	}
	r := client.Runtime{UpstreamPatch: u}
	changed := func(name string) bool {
		c := cmd.Flags().Changed(name)
		given = given || c
		return c
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
	if r.Access, err = f.accessPatch(); err != nil {
		return nil, err
	}
	if !given && r.Access == nil {
		return nil, nil
	}
	return &r, nil
}

func (f *runtimeFlags) accessPatch() (*gatewright.Access, error) {
	switch f.access {
	case accessApp:
		return &gatewright.Access{Mode: gatewright.AccessApp, Header: f.keyHeader, Query: f.keyQuery}, nil
	case "", accessOpen:
		if f.keyHeader != "" || f.keyQuery != "" {
			return nil, usagef("--key-header and --key-query go with --access app")
		}
		if f.access == accessOpen {
			return &gatewright.Access{}, nil
		}
		return nil, nil
	}
	return nil, usagef("--access: %q is not open or app", f.access)
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
