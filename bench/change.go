package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

// changeResult is how long changes took in a group with that many APIs.
type changeResult struct {
	apis                 int
	n                    int
	p50, p99, max        time.Duration // submission → live, as the client sees it
	gateway50, gateway99 time.Duration // change recorded → every instance serves it, by the server's clock
	start50, startMax    time.Duration // gateway killed and started with no control plane → its first answer
}

func measureChange(ctx context.Context, o options, r *report) error {
	upstream, stop, err := startUpstream(ctx)
	if err != nil {
		return err
	}
	defer stop()
	for _, s := range strings.Split(o.apis, ",") {
		apis, err := strconv.Atoi(s)
		if err != nil {
			return fmt.Errorf("-apis: %w", err)
		}
		res, err := changesWith(ctx, o, apis, upstream)
		if err != nil {
			return fmt.Errorf("with %d APIs: %w", apis, err)
		}
		r.change = append(r.change, res)
	}
	return nil
}

func changesWith(ctx context.Context, o options, apis int, upstream string) (*changeResult, error) {
	p, err := startPlant(ctx, o, 2)
	if err != nil {
		return nil, err
	}
	defer func() { _ = p.stop() }()
	if err := p.publishMany(ctx, apis, upstream); err != nil {
		return nil, err
	}
	var seen, served []time.Duration
	for i := range o.changes {
		req := client.ChangeRequest{Reason: "bench"}
		req.Kind, req.Group = gatewright.ChangePublish, groupName
		req.Items = []client.Item{publishItem(i%apis, upstream, fmt.Sprintf("1.1.%d", i))}
		began := time.Now()
		ch, err := p.change(ctx, req)
		if err != nil {
			return nil, err
		}
		seen = append(seen, time.Since(began))
		served = append(served, ch.SettledAt.Sub(ch.CreatedAt))
	}
	started, err := p.startsAlone(ctx)
	if err != nil {
		return nil, err
	}
	return &changeResult{
		start50: percentile(started, 50), startMax: percentile(started, 100),
		apis: apis, n: len(seen), p50: percentile(seen, 50), p99: percentile(seen, 99), max: percentile(seen, 100),
		gateway50: percentile(served, 50), gateway99: percentile(served, 99),
	}, nil
}

func percentile(d []time.Duration, p int) time.Duration {
	s := slices.Sorted(slices.Values(d))
	if len(s) == 0 {
		return 0
	}
	return s[min(len(s)-1, len(s)*p/100)]
}
