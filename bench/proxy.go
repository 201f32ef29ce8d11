package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// proxyResult is what one contender did, a figure per round.
type proxyResult struct {
	name    string
	version string
	rate    []float64       // requests per second
	p50     []time.Duration // latency
	p99     []time.Duration
	errors  int
}

// contender is a proxy that forwards everything on its address to upstream.
type contender struct {
	name    string
	program string
	version []string // arguments that print the version
	start   func(o options, upstream, listen string) (*exec.Cmd, error)
}

func contenders() []contender {
	return []contender{
		{"nginx", "nginx", []string{"-v"}, startNginx},
		{"HAProxy", "haproxy", []string{"-v"}, startHAProxy},
		{"Caddy", "caddy", []string{"version"}, startCaddy},
	}
}

func measureProxy(ctx context.Context, o options, r *report) error {
	if _, err := exec.LookPath("wrk"); err != nil {
		return errors.New("wrk is not installed; run: apt-get install wrk nginx-light haproxy caddy (make bench does)")
	}
	upstream, stop, err := startUpstream(ctx)
	if err != nil {
		return err
	}
	defer stop()
	type lane struct {
		result *proxyResult
		listen string
	}
	var lanes []lane
	for _, c := range contenders() {
		if _, err := exec.LookPath(c.program); err != nil {
			r.notes = append(r.notes, c.name+" is not installed and was not measured")
			continue
		}
		listen := freeAddress()
		cmd, err := c.start(o, upstream, listen)
		if err != nil {
			return fmt.Errorf("start %s: %w", c.name, err)
		}
		defer end(cmd)
		lanes = append(lanes, lane{&proxyResult{name: c.name, version: versionOf(c)}, listen})
	}
	p, err := startPlant(ctx, o, 1)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.publishMany(ctx, 1, upstream); err != nil {
		return err
	}
	lanes = append(lanes, lane{&proxyResult{name: "Gatewright", version: "this commit"}, p.listen[0]})
	direct := lane{&proxyResult{name: "no proxy", version: "the upstream itself"}, upstream}
	lanes = append(lanes, direct)

	for _, l := range lanes {
		if err := awaitOK(ctx, "http://"+l.listen+"/api-0/item/1"); err != nil {
			return fmt.Errorf("%s: %w", l.result.name, err)
		}
	}
	for round := range o.rounds + 1 { // the first one warms up and is not counted
		for i := range lanes {
			l := lanes[(i+round)%len(lanes)] // nobody always goes first
			seconds := o.seconds
			if round == 0 {
				seconds = 1
			}
			if err := l.result.measure(ctx, o.connections, seconds, l.listen, round > 0); err != nil {
				return fmt.Errorf("%s: %w", l.result.name, err)
			}
		}
	}
	for _, l := range lanes {
		r.proxy = append(r.proxy, l.result)
	}
	r.profile, err = profileProxy(ctx, o, upstream)
	return err
}

var (
	wrkRate   = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	wrkP      = regexp.MustCompile(`(?m)^\s+(50|99)%\s+([0-9.]+)(us|ms|s)`)
	wrkErrors = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)|Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)`)
)

func (p *proxyResult) measure(ctx context.Context, connections, seconds int, listen string, counts bool) error {
	cmd := exec.CommandContext(ctx, "wrk", "-t1", "-c"+strconv.Itoa(connections), "-d"+strconv.Itoa(seconds)+"s", "--latency", "http://"+listen+"/api-0/item/1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("wrk: %w\n%s", err, out)
	}
	rate := wrkRate.FindSubmatch(out)
	if rate == nil {
		return fmt.Errorf("wrk printed no rate:\n%s", out)
	}
	if !counts {
		return nil
	}
	v, err := strconv.ParseFloat(string(rate[1]), 64)
	if err != nil {
		return err
	}
	p.rate = append(p.rate, v)
	for _, m := range wrkP.FindAllSubmatch(out, -1) {
		d, err := time.ParseDuration(string(m[2]) + string(m[3]))
		if err != nil {
			return err
		}
		if string(m[1]) == "50" {
			p.p50 = append(p.p50, d)
		} else {
			p.p99 = append(p.p99, d)
		}
	}
	for _, m := range wrkErrors.FindAllSubmatch(out, -1) {
		for _, n := range m[1:] {
			e, _ := strconv.Atoi(string(n))
			p.errors += e
		}
	}
	return nil
}

func startUpstream(ctx context.Context) (address string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, self, upstreamCommand)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, fmt.Errorf("the upstream did not start: %w", err)
	}
	return strings.TrimSpace(line), func() { end(cmd) }, nil
}

func startNginx(o options, upstream, listen string) (*exec.Cmd, error) {
	return startWith("nginx", filepath.Join(o.dir, "nginx.conf"), fmt.Sprintf(`
daemon off; worker_processes auto; pid %s/nginx.pid; error_log %s/nginx.err;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; client_body_temp_path %s/b; proxy_temp_path %s/p;
  fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;
  upstream u { server %s; keepalive 128; keepalive_requests 100000000; }
  server { listen %s; location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Host $host; proxy_set_header X-Forwarded-Proto $scheme; } }
}`, o.dir, o.dir, o.dir, o.dir, o.dir, o.dir, o.dir, upstream, listen), "-e", filepath.Join(o.dir, "nginx.err"), "-c")
}

func startHAProxy(o options, upstream, listen string) (*exec.Cmd, error) {
	return startWith("haproxy", filepath.Join(o.dir, "haproxy.cfg"), fmt.Sprintf(`
global
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend f
  bind %s
  default_backend b
backend b
  server s %s
`, listen, upstream), "-f")
}

func startCaddy(o options, upstream, listen string) (*exec.Cmd, error) {
	return startWith("caddy", filepath.Join(o.dir, "Caddyfile"), fmt.Sprintf(`{
  admin off
  auto_https off
  storage file_system %s
}
http://%s {
  reverse_proxy %s {
    transport http {
      keepalive_idle_conns_per_host 128
    }
  }
}
`, o.dir, listen, upstream), "run", "--adapter", "caddyfile", "--config")
}

// startWith writes a configuration and starts program with args and its name.
func startWith(program, file, config string, args ...string) (*exec.Cmd, error) {
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(program, append(args, file)...)
	cmd.Env = append(os.Environ(), "HOME="+filepath.Dir(file))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	return cmd, cmd.Start()
}

// end stops a process this program started and waits for it.
func end(cmd *exec.Cmd) {
	if cmd.Process == nil || cmd.ProcessState != nil {
		return
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait()
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Kill()
		<-done
	}
}

func versionOf(c contender) string {
	out, err := exec.Command(c.program, c.version...).CombinedOutput()
	if err != nil {
		return "unknown"
	}
	return regexp.MustCompile(`\d+\.\d+(\.\d+)?`).FindString(string(out))
}

func awaitOK(ctx context.Context, url string) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("status %d", resp.StatusCode)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s does not answer: %w", url, err)
		}
		select {
		case <-time.After(2 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func freeAddress() string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}
