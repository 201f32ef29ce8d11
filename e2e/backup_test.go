package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/client"
)

// TestBackup takes backups while changes run and puts each of them in place.
// What comes back is consistent and serves: gateways that were ahead go back
// to what it says, and changes go on from there.
func TestBackup(t *testing.T) {
	const rounds = 3
	p := newPlant(t, map[string]int{"test": 2, "production": 1})
	k := newKiller(t, p, 1)
	p.live(simpleRequest(gatewright.ChangeSync, "production", client.Item{API: "Pets", From: "test", Runtime: runtime(k.nodes[:1])}))
	for round := range rounds {
		file := filepath.Join(p.dir, "backup.db")
		stop, stopped := make(chan struct{}), make(chan struct{})
		underWay := make(chan struct{})
		go func() {
			defer close(stopped)
			for n := 0; ; n++ {
				req, _ := k.publish()
				if _, err := p.client.Submit(p.ctx, req, ""); err != nil && gatewright.CodeOf(err) != gatewright.Conflict {
					t.Errorf("publish beside a backup: %v", err)
				}
				if n == 0 {
					close(underWay)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		}()
		<-underWay
		if out, err := command(p, "backup", "-o", file); err != nil {
			t.Fatalf("backup: %v\n%s", err, out)
		}
		close(stop)
		<-stopped
		p.live(k.after()) // is not in the backup
		ahead := k.serial

		if out, err := command(p, "restore", file, "--data-dir", p.dataDir(0)); err == nil {
			t.Fatalf("a restore under a running control plane is not refused:\n%s", out)
		}
		p.replicas[0].stop()
		if out, err := command(p, "restore", file, "--data-dir", p.dataDir(0)); err != nil {
			t.Fatalf("restore: %v\n%s", err, out)
		}
		k.restart(0)
		p.settle("test") // what was under way in the backup goes on
		k.agree()
		if d := p.ready("test")[0]; d.Content.Version == label(ahead) {
			t.Errorf("round %d: %s runs, which the backup does not have", round, d.Content.Version)
		}
		p.live(k.after())
		k.agree()
	}
	k.run(0, nil)
}

// after returns a publish for when the changes before it have settled.
func (k *killer) after() client.ChangeRequest {
	k.p.settle("test")
	req, _ := k.publish()
	return req
}

// command runs the command line against the control plane.
func command(p *plant, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	secret, err := os.ReadFile(filepath.Join(p.dataDir(0), "admin-token"))
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(os.Environ(), "GATEWRIGHT_SERVER="+p.replicas[0].url, "GATEWRIGHT_TOKEN="+strings.TrimSpace(string(secret)))
	out, err := cmd.CombinedOutput()
	return string(out), errors.Join(err, ctx.Err())
}
