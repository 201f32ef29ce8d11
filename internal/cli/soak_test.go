package cli

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/gatewright/gatewright/examples/backends"
)

// TestSoak publishes one version after the other while the control plane and
// one of two gateways are killed and started again, and holds the system to
// three promises: the gateway that is not killed answers every request, with
// versions that only grow; a gateway that was killed serves at once what was
// live before; and in the end everything agrees.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("GATEWRIGHT_SOAK"))
	if err != nil {
		t.Skip("set GATEWRIGHT_SOAK to how long, like 10m (make soak)")
	}
	s := newSoak(t)
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	for range 4 {
		group.Go(func() error { return s.traffic(ctx) })
	}
	group.Go(func() error { return s.publish(ctx) })
	group.Go(func() error { return s.killServer(ctx) })
	group.Go(func() error { return s.killGateway(ctx) })
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	s.settle()
	for name, address := range map[string]string{"steady": s.steady, "killed": s.killed} {
		n, err := s.ask(http.DefaultClient, address)
		if err != nil || n != s.live.Load() {
			t.Errorf("%s gateway serves version %d (%v), want %d", name, n, err, s.live.Load())
		}
	}
	t.Logf("%d requests, %d versions live of %d tried, control plane killed %d times, gateway %d times",
		s.requests.Load(), s.published.Load(), s.next.Load(), s.serverKills.Load(), s.gatewayKills.Load())
}

// soak is one installation under test.
type soak struct {
	t               *testing.T
	dir             string
	control, token  string
	steady, killed  string // addresses of the two gateways
	backend         string
	server, gateway *process // those that are killed

	next      atomic.Int64 // number of the newest version tried
	live      atomic.Int64 // number of the newest version known to be live everywhere
	published atomic.Int64
	requests  atomic.Int64

	serverKills, gatewayKills atomic.Int64
}

func newSoak(t *testing.T) *soak {
	s := &soak{t: t, dir: t.TempDir()}
	free := newPorts()
	for _, address := range []*string{&s.control, &s.steady, &s.killed} {
		var err error
		if *address, err = free.take(); err != nil {
			t.Fatal(err)
		}
	}
	backend := httptest.NewServer(backends.Petstore("soak", time.Now))
	t.Cleanup(backend.Close)
	s.backend = strings.TrimPrefix(backend.URL, "http://")
	t.Setenv("GATEWRIGHT_SERVER", "http://"+s.control)

	s.server = s.startServer()
	t.Cleanup(func() { s.end(s.server) })
	secret, err := os.ReadFile(filepath.Join(s.dir, "data", adminTokenFile))
	if err != nil {
		t.Fatal(err)
	}
	s.token = strings.TrimSpace(string(secret))
	s.must("group", "create", "test")
	s.must("group", "token", "test", "--output-file", filepath.Join(s.dir, "token"))
	steady := s.startGateway("steady", s.steady)
	t.Cleanup(func() { s.end(steady) })
	s.gateway = s.startGateway("killed", s.killed)
	t.Cleanup(func() { s.end(s.gateway) })
	for _, p := range []*process{steady, s.gateway} {
		if err := p.await("generation activated"); err != nil {
			t.Fatal(err)
		}
	}
	s.settle()
	return s
}

// settle publishes a version; the one before may still be under way.
func (s *soak) settle() {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for {
		err := s.publishOne(ctx)
		if err == nil {
			return
		}
		if !pausing(ctx, 100*time.Millisecond) {
			s.t.Fatalf("nothing can be published: %v\n%s", err, s.server.stderr)
		}
	}
}

// run runs the command line against the installation.
func (s *soak) run(ctx context.Context, args ...string) (code int, stderr string) {
	code, _, stderr = runCLI(ctx, "http://"+s.control, append(args, "--token", s.token)...)
	return code, stderr
}

func (s *soak) must(args ...string) {
	if code, stderr := s.run(s.t.Context(), args...); code != exitDone {
		s.t.Fatalf("%s: exit code %d: %s", args, code, stderr)
	}
}

func (s *soak) start(ready string, args ...string) *process {
	written := make(chan struct{}, 1)
	p := &process{stdout: &output{written: written}, stderr: &output{written: written}, done: make(chan struct{})}
	p.cmd = exec.Command("gatewright", args...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		s.t.Errorf("start %s: %v", args, err)
		close(p.done)
		return p
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	if err := p.await(ready); err != nil {
		s.t.Errorf("%s: %v", args, err)
	}
	return p
}

func (s *soak) startServer() *process {
	return s.start("control plane is running", "server", "--listen", s.control, "--data-dir", filepath.Join(s.dir, "data"))
}

func (s *soak) startGateway(name, listen string) *process {
	return s.start("gateway is running", "gateway", "--group", "test", "--name", name, "--listen", listen,
		"--token-file", filepath.Join(s.dir, "token"), "--data-dir", filepath.Join(s.dir, name))
}

// end kills a process and waits for it.
func (s *soak) end(p *process) {
	if p.cmd.Process != nil {
		_ = p.cmd.Process.Kill()
	}
	<-p.done
}

// document returns the definition of version n.
func (s *soak) document(n int64) string {
	name := filepath.Join(s.dir, "soak.yaml")
	text := fmt.Sprintf(`openapi: 3.0.3
info: {title: Soak, version: '%d'}
paths:
  /pet/{id}:
    get:
      operationId: get%d
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {'200': {description: ok}}
`, n, n%2)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		s.t.Error(err)
	}
	return name
}

func (s *soak) publishOne(ctx context.Context) error {
	n := s.next.Add(1)
	code, stderr := s.run(ctx, "publish", s.document(n), "--group", "test", "--node", s.backend)
	if code != exitDone {
		return fmt.Errorf("exit code %d: %s", code, stderr)
	}
	s.live.Store(n)
	s.published.Add(1)
	return nil
}

// publish publishes until ctx ends. It fails now and then: the control plane
// may just be away.
func (s *soak) publish(ctx context.Context) error {
	for pausing(ctx, 50*time.Millisecond) {
		_ = s.publishOne(ctx) // the next one may do
	}
	return nil
}

// traffic asks the steady gateway until ctx ends.
func (s *soak) traffic(ctx context.Context) error {
	client := &http.Client{Transport: &http.Transport{}, Timeout: patience}
	defer client.CloseIdleConnections()
	last := int64(0)
	for ctx.Err() == nil {
		n, err := s.ask(client, s.steady)
		if err != nil {
			return fmt.Errorf("request %d: %w", s.requests.Load(), err)
		}
		if n < last {
			return fmt.Errorf("version %d was answered after version %d", n, last)
		}
		last = n
	}
	return nil
}

var servedVersion = regexp.MustCompile(`^\d+;version="(\d+)"$`)

// ask asks a gateway for the dog and returns the number of the version that
// answered.
func (s *soak) ask(client *http.Client, address string) (int64, error) {
	resp, err := client.Get("http://" + address + "/pet/1")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	m := servedVersion.FindStringSubmatch(resp.Header.Get("Gatewright-Revision"))
	if resp.StatusCode != http.StatusOK || m == nil || !strings.Contains(string(body), `"Dog"`) {
		return 0, fmt.Errorf("%s %v %s", resp.Status, resp.Header, body)
	}
	s.requests.Add(1)
	return strconv.ParseInt(m[1], 10, 64)
}

func (s *soak) killServer(ctx context.Context) error {
	for pausing(ctx, 2*time.Second) {
		s.end(s.server)
		s.serverKills.Add(1)
		s.server = s.startServer()
	}
	return nil
}

// killGateway kills the other gateway; started again it must serve no older
// version than what was live when it was killed.
func (s *soak) killGateway(ctx context.Context) error {
	for pausing(ctx, time.Second) {
		live := s.live.Load()
		s.end(s.gateway)
		s.gatewayKills.Add(1)
		s.gateway = s.startGateway("killed", s.killed)
		n, err := s.ask(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}, s.killed)
		if err != nil {
			return fmt.Errorf("after a kill: %w\n%s", err, s.gateway.stderr)
		}
		if n < live {
			return fmt.Errorf("after a kill version %d is served, but %d was live before", n, live)
		}
	}
	return nil
}

// pausing waits up to twice the mean; false when ctx has ended.
func pausing(ctx context.Context, mean time.Duration) bool {
	timer := time.NewTimer(rand.N(2 * mean))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
