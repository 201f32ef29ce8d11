package discover

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/gatewright/gatewright"
)

// Clock is the time a [Resolver] lives in.
type Clock struct {
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
}

// Options are what a [Resolver] is built from.
type Options struct {
	Logger       *slog.Logger  // required
	Clock        Clock         // the zero value is the machine's
	QueryTimeout time.Duration // 0 means [DefaultQueryTimeout]
	ResolvConf   string        // path; "" means /etc/resolv.conf
	HostsFile    string        // path; "" means /etc/hosts
}

// Resolver watches services on behalf of a gateway. It is safe for concurrent
// use. Close must be called.
type Resolver struct {
	logger    *slog.Logger
	clock     Clock
	exchanger exchanger
	system    system
	slots     chan struct{}

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wait   sync.WaitGroup // one for each follower

	memory *memory

	mu        sync.Mutex
	followers map[followerKey]*follower // nil after Close
}

// New returns a resolver that watches nothing yet.
func New(o Options) *Resolver {
	if o.Clock.Now == nil {
		o.Clock = Clock{Now: time.Now, After: time.After}
	}
	if o.QueryTimeout == 0 {
		o.QueryTimeout = DefaultQueryTimeout
	}
	if o.ResolvConf == "" {
		o.ResolvConf = "/etc/resolv.conf"
	}
	if o.HostsFile == "" {
		o.HostsFile = "/etc/hosts"
	}
	r := &Resolver{
		logger:    o.Logger,
		clock:     o.Clock,
		exchanger: exchanger{timeout: o.QueryTimeout},
		system:    system{resolvConf: o.ResolvConf, hostsFile: o.HostsFile, port: "53"},
		slots:     make(chan struct{}, MaxConcurrentLookups),
		memory:    newMemory(),
		followers: map[followerKey]*follower{},
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// followerKey tells services apart. A registry that is changed is followed
// anew; what was found before comes from the [memory].
type followerKey struct {
	registry string
	servers  string
	stale    time.Duration
	service  string
}

// Watch watches a service of a registry: "host:port", "address:port", or a
// name that has SRV records. The zero registry is the machine's own resolver
// configuration, which is where the host name of an upstream's fixed node is
// watched.
//
// Until there is an answer, the addresses are those last found for the same
// name in the registry of the same name, however that was asked, unless they
// have been expired for longer than this registry's Stale.
//
// emit is called with each snapshot, one at a time, at once if one is there;
// a pending one without addresses is not. It must return soon and must not call
// the watch or the resolver. The caller must release the watch.
//
// Watch returns a [gatewright.Invalid] error when the registry or the service
// is malformed and an [gatewright.Unavailable] one after Close.
func (r *Resolver) Watch(registry gatewright.Registry, service string, emit func(Snapshot)) (*Watch, error) {
	if machine := registry.Type == "" && len(registry.Servers) == 0; !machine {
		if err := registry.Validate(); err != nil {
			return nil, fmt.Errorf("watch service %s: %w", service, err)
		}
	}
	svc, err := parseService(service)
	if err != nil {
		return nil, err
	}
	key := followerKey{registry.Name, strings.Join(registry.Servers, " "), staleOf(&registry), strings.ToLower(service)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.followers == nil {
		return nil, gatewright.Errorf(gatewright.Unavailable, "watch service %s: the resolver is closed", service)
	}
	f, there := r.followers[key]
	if !there {
		f = r.follower(key, svc, &registry)
		r.followers[key] = f
	}
	w := &Watch{resolver: r, follower: f, emit: emit}
	f.join(w)
	if !there {
		r.wait.Go(f.run) // after w was told what is known from before
	}
	return w, nil
}

// follower returns what follows svc until its last watch is released. It does
// not run yet.
func (r *Resolver) follower(key followerKey, svc service, registry *gatewright.Registry) *follower {
	ctx, cancel := context.WithCancel(r.ctx)
	now := r.clock.Now()
	first, end := progress{snapshot: Snapshot{Phase: PhasePending}}, cancel
	var d Discoverer
	if svc.addr.IsValid() {
		d = fixedAt(svc, now)
	} else {
		name := memoryKeyOf(registry.Name, svc)
		number, found := r.memory.enter(name, now)
		first = pending(now, found, svc.port, staleOf(registry))
		end = func() {
			cancel()
			r.memory.leave(name, number, r.clock.Now())
		}
		d = &dnsDiscoverer{
			service: svc,
			known:   first,
			learned: func(f finding) { r.memory.learn(name, number, f) },
			lookup:  &lookup{exchanger: r.exchanger, servers: registry.Servers, system: r.system},
			stale:   staleOf(registry),
			clock:   r.clock,
			slots:   r.slots,
		}
	}
	f := newFollower(key, first.snapshot, r.logger.With("service", key.service, "registry", registry.Name))
	f.run, f.end = func() { d.Run(ctx, f.emit) }, end
	return f
}

// release takes w off its follower, and ends the follower if it was the last.
func (r *Resolver) release(w *Watch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := w.follower
	if left, ok := f.leave(w); !ok || left > 0 {
		return
	}
	f.end()
	if r.followers[f.key] == f {
		delete(r.followers, f.key)
	}
}

// Close ends all watches and waits for what runs for them. No emit is called
// afterwards.
func (r *Resolver) Close() {
	r.mu.Lock()
	r.followers = nil
	r.mu.Unlock()
	r.cancel()
	r.wait.Wait()
}
