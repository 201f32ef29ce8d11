package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

type options struct {
	rounds      int
	seconds     int
	connections int
	apis        string
	changes     int
	only        string
	write       string
	dir         string
	binary      string
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == upstreamCommand {
		serveUpstream()
		return
	}
	if len(os.Args) == 4 && os.Args[1] == profileCommand {
		if err := serveProfiled(os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	var o options
	flag.IntVar(&o.rounds, "rounds", 4, "rounds of the proxy comparison")
	flag.IntVar(&o.seconds, "seconds", 5, "length of one measurement")
	flag.IntVar(&o.connections, "connections", 64, "keep-alive connections")
	flag.StringVar(&o.apis, "apis", "10,10000", "numbers of APIs for the change measurement")
	flag.IntVar(&o.changes, "changes", 200, "changes measured with each number of APIs")
	flag.StringVar(&o.only, "only", "proxy,change,match", "what to measure")
	flag.StringVar(&o.write, "write", "", "file whose tables to replace, docs/benchmarks.md")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "gatewright-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	o.dir, o.binary = dir, filepath.Join(dir, "gatewright")
	build := exec.CommandContext(ctx, "go", "build", "-o", o.binary, "./cmd/gatewright")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build gatewright: %w", err)
	}
	r := &report{machine: describeMachine(), date: time.Now().UTC()}
	for _, part := range []struct {
		name    string
		measure func(context.Context, options, *report) error
	}{{"proxy", measureProxy}, {"change", measureChange}, {"match", measureMatch}} {
		if !strings.Contains(o.only, part.name) {
			continue
		}
		if err := part.measure(ctx, o, r); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	text := r.markdown()
	fmt.Println(text)
	if o.write != "" {
		return replaceTables(o.write, text)
	}
	return nil
}
