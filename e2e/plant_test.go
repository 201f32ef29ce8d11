package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
	"github.com/gatewright/gatewright/internal/testkit/ports"
)

// patience bounds every wait of these tests. It is long, because the machine
// may be busy; nothing is concluded from how long something took.
const patience = 60 * time.Second

var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "gatewright-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "gatewright")
	build := exec.Command("go", "build", "-o", binary, "github.com/gatewright/gatewright/cmd/gatewright")
	build.Stderr = os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// process is one running gatewright.
type process struct {
	t    testing.TB
	name string
	args []string
	dir  string

	mu   sync.Mutex
	log  bytes.Buffer // of all its lives
	cmd  *exec.Cmd
	done chan struct{} // closed when the present life has ended
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *process) start() {
	p.t.Helper()
	cmd := exec.Command(binary, p.args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, p, p
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // none outlives the tests
	if err := cmd.Start(); err != nil {
		p.t.Fatalf("start %s: %v", p.name, err)
	}
	done := make(chan struct{})
	p.cmd, p.done = cmd, done
	go func() {
		defer close(done)
		_ = cmd.Wait()
	}()
}

// kill ends the process without giving it a chance, and waits.
func (p *process) kill() { p.end(syscall.SIGKILL) }

// stop asks the process to end, and waits.
func (p *process) stop() { p.end(syscall.SIGTERM) }

func (p *process) end(sig syscall.Signal) {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(sig)
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.done
		p.t.Errorf("%s did not end within %s of %s", p.name, patience, sig)
	}
	p.cmd = nil
}

// replica is one process of a control plane.
type replica struct {
	*process
	url    string
	client *client.Client
}

// plant is a control plane with gateways, all real processes.
type plant struct {
	t        testing.TB
	ctx      context.Context
	dir      string
	database string // URL of the PostgreSQL database; "" for SQLite
	replicas []*replica
	gateways map[string]*process // by name
	listen   map[string]string   // address of each gateway
	client   *client.Client      // of the first replica
}

// newPlant starts a control plane on SQLite with the given groups, named
// "test" and so on, and gateways per group, named "test-0" and so on.
func newPlant(t testing.TB, groups map[string]int) *plant {
	t.Helper()
	return startPlant(t, "", 1, groups)
}

// startPlant is newPlant for a control plane of as many replicas on a
// database.
func startPlant(t testing.TB, database string, replicas int, groups map[string]int) *plant {
	t.Helper()
	p := &plant{t: t, dir: t.TempDir(), database: database, gateways: map[string]*process{}, listen: map[string]string{}}
	ctx, cancel := context.WithCancel(context.Background())
	p.ctx = ctx
	t.Cleanup(func() {
		cancel()
		all := p.processes()
		for _, proc := range all {
			proc.stop()
		}
		if t.Failed() {
			for _, proc := range all {
				t.Logf("---- log of %s (its end)\n%s", proc.name, tail(proc.log.String(), 6000))
			}
		}
	})
	for i := range replicas {
		p.replicas = append(p.replicas, p.replica(i))
	}
	p.client = p.replicas[0].client
	for name, n := range groups {
		_, err := p.client.CreateGroup(ctx, client.GroupRequest{Name: name, Stage: gatewright.StageTest})
		p.must(err)
		for i := range n {
			p.gateway(name, fmt.Sprintf("%s-%d", name, i))
		}
	}
	p.await("all gateways to be healthy", func() bool {
		list, err := p.client.Instances(ctx, "", client.Page{})
		if err != nil || len(list.Items) != len(p.gateways) {
			return false
		}
		for _, in := range list.Items {
			if in.Health != gatewright.Healthy {
				return false
			}
		}
		return true
	})
	return p
}

// dataDir returns the data directory of a replica.
func (p *plant) dataDir(i int) string { return filepath.Join(p.dir, fmt.Sprintf("control-%d", i)) }

// replica starts a replica and waits until it is ready. The first writes the
// admin token that all of them know.
func (p *plant) replica(i int) *replica {
	p.t.Helper()
	address := ports.Free(p.t)
	config := filepath.Join(p.dir, fmt.Sprintf("server-%d.yaml", i))
	text := fmt.Sprintf("listen: [%q]\ndataDir: %q\nlostAfter: 10s\nsecretKeysFile: %q\nstore: {postgres: %q}\n",
		address, p.dataDir(i), filepath.Join(p.dir, "secret-keys"), p.database)
	p.must(os.WriteFile(config, []byte(text), 0o600))
	r := &replica{url: "http://" + address, process: &process{
		t: p.t, name: fmt.Sprintf("control plane %d", i), dir: p.dir, args: []string{"server", "--config", config},
	}}
	r.start()
	r.await(p)
	secret, err := os.ReadFile(filepath.Join(p.dataDir(0), "admin-token"))
	p.must(err)
	r.client, err = client.New(r.url, strings.TrimSpace(string(secret)), client.Options{Name: "e2e/test"})
	p.must(err)
	return r
}

// await waits until the replica answers.
func (r *replica) await(p *plant) {
	p.t.Helper()
	p.await(r.name+" to answer", func() bool {
		select {
		case <-r.done:
			p.t.Fatalf("%s ended:\n%s", r.name, tail(r.log.String(), 3000))
		default:
		}
		resp, err := http.Get(r.url + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// processes returns all, gateways first: so they can say goodbye.
func (p *plant) processes() []*process {
	var all []*process
	for _, g := range p.gateways {
		all = append(all, g)
	}
	for _, r := range p.replicas {
		all = append(all, r.process)
	}
	return all
}

func (p *plant) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("unexpected error: %v", err)
	}
}

// gateway starts a gateway of the group. Gateways begin with different
// replicas.
func (p *plant) gateway(group, name string, flags ...string) *process {
	p.t.Helper()
	tok, err := p.client.CreateInstanceToken(p.ctx, group, name)
	p.must(err)
	file := filepath.Join(p.dir, name+".token")
	p.must(os.WriteFile(file, []byte(tok.Secret), 0o600))
	p.listen[name] = ports.Free(p.t)
	for i := range p.replicas {
		flags = append(flags, "--server", p.replicas[(i+len(p.gateways))%len(p.replicas)].url)
	}
	g := &process{t: p.t, name: "gateway " + name, dir: p.dir, args: append([]string{
		"gateway", "--group", group, "--token-file", file, "--listen", p.listen[name],
		"--name", name, "--data-dir", filepath.Join(p.dir, "gateway-"+name),
	}, flags...)}
	p.gateways[name] = g
	g.start()
	return g
}

// await waits for a condition.
func (p *plant) await(what string, done func() bool) {
	p.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			p.t.Fatalf("gave up waiting for %s", what)
		}
	}
}

// change submits a change and waits until it has settled.
func (p *plant) change(req client.ChangeRequest, key string) *gatewright.Change {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 2*patience)
	defer cancel()
	sub, err := p.client.Submit(ctx, req, key)
	p.must(err)
	if sub.Change == nil {
		p.t.Fatalf("the %s is a no-op: %+v", req.Kind, sub.Plan)
	}
	ch, err := p.client.WaitChange(ctx, sub.Change.ID, nil)
	p.must(err)
	return ch
}

// live is change for those that must go live.
func (p *plant) live(req client.ChangeRequest) *gatewright.Change {
	p.t.Helper()
	ch := p.change(req, "")
	if ch.State != gatewright.ChangeLive {
		p.t.Fatalf("the %s is %s: %v", ch.Kind, ch.State, ch.Error)
	}
	return ch
}

// settle waits until nothing is under way in the group.
func (p *plant) settle(group string) {
	p.t.Helper()
	p.await("the changes of "+group+" to settle", func() bool {
		list, err := p.client.Changes(p.ctx, client.ChangeFilter{Group: group, State: client.Underway}, client.Page{Limit: 1})
		return err == nil && len(list.Items) == 0
	})
}

// ready waits until everything in the group is READY.
func (p *plant) ready(group string) []*gatewright.Deployment {
	p.t.Helper()
	var items []*gatewright.Deployment
	p.await("deployments of "+group+" to be ready", func() bool {
		list, err := p.client.Deployments(p.ctx, client.DeploymentFilter{Group: group}, client.Page{})
		if err != nil {
			return false
		}
		items = list.Items
		for _, d := range items {
			if d.State != gatewright.StateReady {
				return false
			}
		}
		return true
	})
	return items
}

// answer is what a gateway answered.
type answer struct {
	status   int
	revision string // Gatewright-Revision
	backend  string // X-Backend
	body     string
	last     bool // the gateway said that it closes the connection
}

// get asks over a connection of its own.
func get(address, path string) (answer, error) { return getWith(address, path, "") }

// getWith is get with the key of an app, "" for none.
func getWith(address, path, key string) (answer, error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = conn.Close() }()
	return exchange(conn, bufio.NewReader(conn), address, path, "", key)
}

// exchange sends one request over conn and reads its answer. It retries
// nothing, so that what gets lost is seen. key is that of an app, "" for none.
func exchange(conn net.Conn, r *bufio.Reader, host, path, id, key string) (answer, error) {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return answer{}, err
	}
	if key != "" {
		key = gatewright.DefaultKeyHeader + ": " + key + "\r\n"
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nX-Request-Id: %s\r\n%s\r\n", path, host, id, key); err != nil {
		return answer{}, fmt.Errorf("send: %w", err)
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return answer{}, fmt.Errorf("receive: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return answer{}, fmt.Errorf("receive body: %w", err)
	}
	if id != "" && resp.Header.Get("X-Request-Id") != id {
		return answer{}, fmt.Errorf("the answer to %q carries the id %q", id, resp.Header.Get("X-Request-Id"))
	}
	return answer{
		status: resp.StatusCode, revision: resp.Header.Get("Gatewright-Revision"),
		backend: resp.Header.Get("X-Backend"), body: body.String(), last: resp.Close,
	}, nil
}

// backend is an upstream that tells its name and the path it was asked for.
func backend(t testing.TB, name string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Backend", name)
		if r.URL.Path == "/slow" {
			slowStream(w, r)
			return
		}
		_, _ = fmt.Fprintf(w, "%s %s", name, r.URL.Path)
	})}
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() { _ = srv.Close() })
	return ln.Addr().String()
}

// document is an OpenAPI document with a GET operation per path.
func document(title, version string, paths ...string) *client.Document {
	var b strings.Builder
	fmt.Fprintf(&b, "openapi: 3.0.3\ninfo: {title: %q, version: %q}\npaths:\n", title, version)
	for _, path := range paths {
		fmt.Fprintf(&b, "  %s: {get: {responses: {'200': {description: fine}}}}\n", path)
	}
	return client.NewDocument("openapi.yaml", []byte(b.String()))
}

// publishRequest publishes title in group; no nodes keep the upstream.
func publishRequest(group, title, version string, nodes []string, paths ...string) client.ChangeRequest {
	req := client.ChangeRequest{Reason: "e2e"}
	req.Kind, req.Group = gatewright.ChangePublish, group
	req.Items = []client.Item{{Document: document(title, version, paths...), Runtime: runtime(nodes)}}
	return req
}

func simpleRequest(kind gatewright.ChangeKind, group string, item client.Item) client.ChangeRequest {
	req := client.ChangeRequest{Reason: "e2e"}
	req.Kind, req.Group, req.Items = kind, group, []client.Item{item}
	return req
}

func runtime(nodes []string) *client.Runtime {
	if nodes == nil {
		return nil
	}
	rt := &client.Runtime{}
	for _, n := range nodes {
		node, err := gatewright.ParseNode(n)
		if err != nil {
			panic(err)
		}
		rt.Nodes = append(rt.Nodes, node)
	}
	return rt
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}
