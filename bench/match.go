package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
)

// matchResult is a line of the matcher's own benchmarks.
type matchResult struct {
	name, nanoseconds, allocations string
}

var benchLine = regexp.MustCompile(`(?m)^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([0-9.]+) ns/op.*?(\d+) allocs/op`)

func measureMatch(ctx context.Context, _ options, r *report) error {
	out, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", ".", "-benchmem", "./internal/gateway/match").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	for _, m := range benchLine.FindAllSubmatch(out, -1) {
		r.match = append(r.match, matchResult{string(m[1]), string(m[2]), string(m[3])})
	}
	return nil
}
