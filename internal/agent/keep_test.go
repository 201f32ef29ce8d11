package agent_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent"
	"github.com/gatewright/gatewright/internal/agent/lastgood"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/fleet/fleettest"
)

func TestServesWithoutControlPlane(t *testing.T) {
	w := newWorld(t)
	n := w.node("n").joined()
	w.live("pets", "1.0.0")
	w.live("birds", "1.0.0")
	m := w.manifest()
	n.serves(m)
	w.Instance("test", "n", "saved", func(in *control.InstanceInfo) bool { return in.Generation == m.Generation })
	n.end()
	w.Stop()

	n.start() // waits until it is restored
	if got, g := n.rt.runs(); g != m.Generation || !maps.Equal(got, m.Entries) {
		t.Fatalf("it serves generation %d: %v", g, got)
	}
	s := n.Status()
	if !s.Configured || s.Connected || s.Generation != m.Generation || s.Resources != 4 || s.SavedAt.IsZero() || len(s.Warnings) > 0 {
		t.Errorf("status %+v", s)
	}
	n.logs.until(t, "not connected to the control plane", "connection refused")

	w.Start()
	w.live("pets", "1.0.1")
	n.serves(w.manifest())
}

// blobFile returns a file of content the gateway keeps.
func (n *node) blobFile(hash gatewright.Hash) string {
	digits := strings.TrimPrefix(string(hash), "sha256:")
	return filepath.Join(n.cfg.DataDir, "blobs", digits[:2], digits)
}

// What is damaged on disk never serves, not even in part, and is told.
func TestDamagedFiles(t *testing.T) {
	flip := func(t *testing.T, name string) {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.Clone(body)
		body[len(body)/2] ^= 4
		if err := os.WriteFile(name, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		damage func(t *testing.T, n *node, m *gatewright.Manifest) (file string)
		aside  bool
		serves bool // without the control plane
	}{
		{"journal altered", func(t *testing.T, n *node, _ *gatewright.Manifest) string {
			file := filepath.Join(n.cfg.DataDir, "journal")
			flip(t, file)
			return file
		}, true, false},
		{"content altered", func(t *testing.T, n *node, m *gatewright.Manifest) string {
			for _, h := range m.Entries {
				flip(t, n.blobFile(h))
				return n.blobFile(h)
			}
			return ""
		}, true, false},
		{"content missing", func(t *testing.T, n *node, m *gatewright.Manifest) string {
			for _, h := range m.Entries {
				if err := os.Remove(n.blobFile(h)); err != nil {
					t.Fatal(err)
				}
				return n.blobFile(h)
			}
			return ""
		}, false, false},
		{"identity broken", func(t *testing.T, n *node, _ *gatewright.Manifest) string {
			file := filepath.Join(n.cfg.DataDir, "identity.json")
			if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
				t.Fatal(err)
			}
			return file
		}, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			n := w.node("n").joined()
			w.live("pets", "1.0.0")
			w.live("birds", "1.0.0")
			m := w.manifest()
			n.serves(m)
			n.end()
			w.Stop()
			file := tt.damage(t, n, m)
			n.start()
			if got, _ := n.rt.runs(); (len(got) > 0) != tt.serves {
				t.Errorf("without the control plane it serves %v", got)
			}
			if tt.aside {
				if _, err := os.Stat(file + ".damaged"); err != nil {
					t.Errorf("the damaged file was not set aside: %v", err)
				}
			}
			w.Start()
			in := w.Instance("test", "n", "serving and telling", func(in *control.InstanceInfo) bool {
				return in.Generation == m.Generation && len(in.Warnings) == 1 && in.LeftAt.IsZero()
			})
			if !strings.Contains(in.Warnings[0], filepath.Base(file)+" is damaged") {
				t.Errorf("warnings %q", in.Warnings)
			}
			n.serves(m)
			n.end()
			n.start() // and now all is well
			if got, _ := n.rt.runs(); !maps.Equal(got, m.Entries) || len(n.Status().Warnings) > 0 {
				t.Errorf("afterwards it serves %v, status %+v", got, n.Status())
			}
		})
	}
}

// fullDisk is a disk that may be full.
type fullDisk struct {
	lastgood.Disk
	full    atomic.Bool
	written atomic.Int64
}

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(name string, body []byte) error {
	if d.full.Load() {
		return errFull
	}
	d.written.Add(int64(len(body)))
	return d.Disk.Write(name, body)
}

func (d *fullDisk) Append(name string, body []byte) error {
	if d.full.Load() {
		return errors.Join(errFull, d.Disk.Append(name, body[:len(body)/3]))
	}
	d.written.Add(int64(len(body)))
	return d.Disk.Append(name, body)
}

func TestFullDisk(t *testing.T) {
	w := newWorld(t)
	disk := &fullDisk{}
	n := w.node("n", func(c *agent.Config) {
		disk.Disk = lastgood.OS(c.DataDir)
		c.Disk = disk
	})
	n.joined()
	w.live("pets", "1.0.0")
	disk.full.Store(true)
	w.live("pets", "1.0.1") // it is prepared, activated and reported all the same
	w.live("birds", "1.0.0")
	m := w.manifest()
	n.serves(m)
	w.Instance("test", "n", "telling", func(in *control.InstanceInfo) bool {
		return in.Generation == m.Generation && len(in.Warnings) == 1 && strings.Contains(in.Warnings[0], "no space left on device")
	})
	n.end()
	n.start() // with something older, but whole
	if _, g := n.rt.runs(); g != 1 {
		t.Errorf("after a restart it began with generation %d", g)
	}
	n.serves(m)
	disk.full.Store(false)
	w.Instance("test", "n", "well again", func(in *control.InstanceInfo) bool {
		return in.Generation == m.Generation && len(in.Warnings) == 0 && in.LeftAt.IsZero()
	})
	n.end()
	w.Stop()
	n.start()
	if got, g := n.rt.runs(); g != m.Generation || !maps.Equal(got, m.Entries) {
		t.Errorf("then it was not saved: it serves generation %d: %v", g, got)
	}
}

func TestDirectoryInUse(t *testing.T) {
	w := newWorld(t)
	n := w.node("n").joined()
	second, err := agent.New(n.cfg, newRuntime())
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Run(t.Context()); gatewright.CodeOf(err) != gatewright.PreconditionFailed || !strings.Contains(err.Error(), "used by another gateway process") {
		t.Errorf("the second process: %v", err)
	}
}

// many is how many resources a gateway has to load: so many that what is done
// once for each of them cannot be taken for what is done for one.
const many = 2_000

// Many resources: work grows with what changes, not with what there is.
func TestManyResources(t *testing.T) {
	if testing.Short() {
		t.Skip("loads thousands of resources; run without -short")
	}
	w := newWorld(t, func(p *fleettest.Plane) { p.Config.Ping = 5 * time.Second }) // nobody is silent, only busy
	alter := w.Seed(w.group.ID, many)
	disk := &fullDisk{}
	n, tap := w.tapped("n")
	disk.Disk = lastgood.OS(n.cfg.DataDir)
	n.cfg.Disk = disk
	n.joined()
	m := w.manifest()
	n.serves(m)
	if tap.fetched() != many || n.rt.did("apply 1") != 1 {
		t.Errorf("%d blobs were fetched, steps %q", tap.fetched(), n.rt.steps)
	}

	tap.forget()
	before := disk.written.Load()
	alter(1234, "2")
	n.logs.forget()
	n.logs.until(t, "generation activated")
	n.serves(w.manifest())
	if tap.fetched() != 1 {
		t.Errorf("%d blobs were fetched for one change", tap.fetched())
	}
	if wrote := disk.written.Load() - before; wrote > 2000 {
		t.Errorf("one change wrote %d bytes", wrote)
	}
	n.end()

	tap.forget()
	n.joined()
	n.serves(w.manifest())
	if tap.fetched() != 0 || len(n.rt.steps) != 1 {
		t.Errorf("after a restart %d blobs were fetched, steps %q", tap.fetched(), n.rt.steps)
	}
}
