package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

const groupName = "bench"

// plant is a control plane with gateways, real processes of the real binary.
type plant struct {
	client *client.Client
	procs  []*exec.Cmd
	listen []string // of the gateways
}

func startPlant(ctx context.Context, o options, gateways int) (*plant, error) {
	dir, err := os.MkdirTemp(o.dir, "plant-")
	if err != nil {
		return nil, err
	}
	p := &plant{}
	address := freeAddress()
	config := filepath.Join(dir, "server.yaml")
	if err := os.WriteFile(config, []byte(fmt.Sprintf("listen: [%q]\ndataDir: %q\n", address, dir)), 0o600); err != nil {
		return nil, err
	}
	if err := p.launch(dir, o.binary, "server", "--config", config); err != nil {
		return nil, err
	}
	if err := awaitOK(ctx, "http://"+address+"/readyz"); err != nil {
		return p, errors.Join(err, p.stop())
	}
	secret, err := os.ReadFile(filepath.Join(dir, "admin-token"))
	if err != nil {
		return p, errors.Join(err, p.stop())
	}
	if p.client, err = client.New("http://"+address, strings.TrimSpace(string(secret)), client.Options{Name: "bench"}); err != nil {
		return p, errors.Join(err, p.stop())
	}
	if _, err := p.client.CreateGroup(ctx, client.GroupRequest{Name: groupName, Stage: gatewright.StageTest}); err != nil {
		return p, errors.Join(err, p.stop())
	}
	tok, err := p.client.CreateInstanceToken(ctx, groupName, "bench")
	if err != nil {
		return p, errors.Join(err, p.stop())
	}
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte(tok.Secret), 0o600); err != nil {
		return p, errors.Join(err, p.stop())
	}
	for i := range gateways {
		listen := freeAddress()
		p.listen = append(p.listen, listen)
		err := p.launch(dir, o.binary, "gateway", "--server", "http://"+address, "--group", groupName, "--token-file", file,
			"--listen", listen, "--name", fmt.Sprintf("gateway-%d", i), "--data-dir", filepath.Join(dir, fmt.Sprintf("gateway-%d", i)))
		if err != nil {
			return p, errors.Join(err, p.stop())
		}
	}
	return p, p.awaitInstances(ctx, gateways)
}

func (p *plant) launch(dir, program string, args ...string) error {
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	p.procs = append(p.procs, cmd)
	return cmd.Start()
}

func (p *plant) awaitInstances(ctx context.Context, n int) error {
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		list, err := p.client.Instances(ctx, groupName, client.Page{})
		if err == nil {
			healthy := 0
			for _, in := range list.Items {
				if in.Health == gatewright.Healthy {
					healthy++
				}
			}
			if healthy == n {
				return nil
			}
		}
		<-time.After(20 * time.Millisecond)
	}
	return errors.New("the gateways did not become healthy within 30 s")
}

// startsAlone kills the control plane and the first gateway, and measures
// several times how long that gateway takes, from its start, to answer.
func (p *plant) startsAlone(ctx context.Context) ([]time.Duration, error) {
	const runs = 5
	control, first := p.procs[0], p.procs[1]
	kill(control)
	var took []time.Duration
	for range runs {
		kill(first)
		again := exec.Command(first.Path, first.Args[1:]...)
		again.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
		began := time.Now()
		if err := again.Start(); err != nil {
			return nil, err
		}
		first, p.procs[1] = again, again
		if err := awaitOK(ctx, "http://"+p.listen[0]+"/api-0/item/1"); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

// kill ends a process without giving it a chance.
func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// stop ends the processes, gateways first.
func (p *plant) stop() error {
	for i := len(p.procs) - 1; i >= 0; i-- {
		end(p.procs[i])
	}
	return nil
}

// publishMany publishes n APIs of 20 routes each, with base paths /api-0 and
// so on, up to 500 in one change.
func (p *plant) publishMany(ctx context.Context, n int, upstream string) error {
	const batch = 500
	for from := 0; from < n; from += batch {
		req := client.ChangeRequest{Reason: "bench"}
		req.Kind, req.Group = gatewright.ChangePublish, groupName
		for i := from; i < min(from+batch, n); i++ {
			req.Items = append(req.Items, publishItem(i, upstream, "1.0.0"))
		}
		if _, err := p.change(ctx, req); err != nil {
			return err
		}
	}
	return nil
}

func publishItem(i int, upstream, version string) client.Item {
	node, err := gatewright.ParseNode(upstream)
	if err != nil {
		panic(err)
	}
	return client.Item{Document: apiDocument(i, version), Runtime: &client.Runtime{UpstreamPatch: client.UpstreamPatch{Nodes: client.Nodes{node}}}}
}

func apiDocument(i int, version string) *client.Document {
	var b strings.Builder
	fmt.Fprintf(&b, "openapi: 3.0.3\ninfo: {title: API %d, version: %q}\nservers: [{url: /api-%d}]\npaths:\n", i, version, i)
	for r := range 20 {
		path := fmt.Sprintf("/resource-%d/{id}", r)
		if r == 0 {
			path = "/item/{id}"
		}
		fmt.Fprintf(&b, "  %s:\n    get: {parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {'200': {description: fine}}}\n", path)
	}
	return client.NewDocument(fmt.Sprintf("api-%d.yaml", i), []byte(b.String()))
}

// change submits a change and waits until it is live.
func (p *plant) change(ctx context.Context, req client.ChangeRequest) (*gatewright.Change, error) {
	sub, err := p.client.Submit(ctx, req, "")
	if err != nil {
		return nil, err
	}
	if sub.Change == nil {
		return nil, errors.New("the change is a no-op")
	}
	ch, err := p.client.WaitChange(ctx, sub.Change.ID, nil)
	if err != nil {
		return nil, err
	}
	if ch.State != gatewright.ChangeLive {
		return nil, fmt.Errorf("the change is %s: %v", ch.State, ch.Error)
	}
	return ch, nil
}
