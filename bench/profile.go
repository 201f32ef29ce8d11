package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"syscall"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

const profileCommand = "profile"

// serveProfiled runs the data plane alone, forwarding to upstream, and writes
// a profile of its processor time to file until it is told to end.
func serveProfiled(upstream, file string) error {
	node, err := gatewright.ParseNode(upstream)
	if err != nil {
		return err
	}
	slot := gatewright.SlotResource{
		API: "api_bench", Name: "bench", Track: "v1", Current: gatewright.RevisionRef{Number: 1}, Enabled: true,
		Upstream: gatewright.Upstream{Scheme: "http", Nodes: []gatewright.Node{node}, Timeouts: gatewright.Timeouts{}.WithDefaults()},
	}
	revision := gatewright.RevisionResource{
		API: "api_bench", Number: 1, BasePath: "/api-0",
		Routes: []gatewright.Route{{Name: "item", Methods: []string{"GET"}, Path: "/item/{id}"}},
	}
	upserts := map[gatewright.Key]gateway.Loaded{}
	for key, res := range map[gatewright.Key]*gatewright.Resource{
		gatewright.SlotResourceKey(gatewright.SlotKey{API: slot.API, Track: slot.Track}): {Format: gatewright.ResourceFormat, Slot: &slot},
		gatewright.RevisionKey(revision.API, revision.Number):                            {Format: gatewright.ResourceFormat, Revision: &revision},
	} {
		_, hash, err := res.Encode()
		if err != nil {
			return err
		}
		upserts[key] = gateway.Loaded{Hash: hash, Resource: res}
	}
	g := gateway.New(gateway.Config{Log: slog.New(slog.DiscardHandler)})
	if rejected := g.Apply(gateway.Update{Full: true, Upserts: upserts}, 1); len(rejected) > 0 {
		return fmt.Errorf("the gateway rejects the route: %s", rejected[0].Reason)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	if err := pprof.StartCPUProfile(out); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	go func() { _ = g.Serve(ln) }()
	fmt.Println(ln.Addr())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
	return nil
}

// profileProxy loads the data plane as the comparison did and returns the
// functions it spent most time in.
func profileProxy(ctx context.Context, o options, upstream string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	file := filepath.Join(o.dir, "cpu.prof")
	cmd := exec.CommandContext(ctx, self, profileCommand, upstream, file)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		end(cmd)
		return "", fmt.Errorf("the profiled gateway did not start: %w", err)
	}
	err = new(proxyResult).measure(ctx, o.connections, o.seconds, strings.TrimSpace(line), false)
	end(cmd)
	if err != nil {
		return "", err
	}
	top, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-nodecount=15", file).Output()
	if err != nil {
		return "", fmt.Errorf("read the profile: %w", err)
	}
	_, table, _ := strings.Cut(string(top), "\n      flat") // without the lines about file and time
	return "      flat" + strings.TrimRight(table, "\n"), nil
}
