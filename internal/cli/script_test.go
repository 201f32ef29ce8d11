package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatewright/gatewright/internal/testkit/ports"
)

// patience bounds what a script waits for; nothing is measured by it.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"gatewright": func() { os.Exit(Main()) },
	})
}

// TestScripts runs the command line as a user does: real processes, real
// ports, real files.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("scripts start processes of the whole binary; run without -short")
	}
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLES", examples)
			env.Setenv("TZ", "UTC")
			for _, name := range portNames() {
				address, err := ports.Take(context.Background())
				if err != nil {
					return err
				}
				env.Setenv(name, address)
			}
			env.Setenv("GATEWRIGHT_SERVER", "http://"+env.Getenv("CONTROL"))
			started := &processes{byName: map[string]*process{}}
			env.Values[processesKey{}] = started
			env.Values[hooksKey{}] = map[string]*webhook{}
			env.Defer(started.killAll)
			return nil
		},
		Cmds: scriptCommands(),
	})
}

// TestScriptCommands calls each of the scripts' own commands from a script:
// where testscript has one of the same name, it goes before ours.
func TestScriptCommands(t *testing.T) {
	called := map[string]bool{}
	markers := scriptCommands()
	var script strings.Builder
	for _, name := range slices.Sorted(maps.Keys(markers)) {
		markers[name] = func(*testscript.TestScript, bool, []string) { called[name] = true }
		fmt.Fprintln(&script, name)
	}
	file := filepath.Join(t.TempDir(), "commands.txtar")
	if err := os.WriteFile(file, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("script", func(t *testing.T) { // it ends when those in it have
		testscript.Run(t, testscript.Params{Files: []string{file}, RequireExplicitExec: true, Cmds: markers})
	})
	for name := range markers {
		if !called[name] {
			t.Errorf("a script that says %s does not reach our command; testscript has one of that name, or one before it ended the script", name)
		}
	}
}

// endsScript finds the commands of testscript that end a script as passed, or
// skipped, with all that comes after them.
var endsScript = regexp.MustCompile(`(?m)^\s*(\[[^\]]*\]\s*)*(stop|skip)\b.*`)

// TestScriptsHaveNoEarlyEnd: all of a script runs.
func TestScriptsHaveNoEarlyEnd(t *testing.T) {
	for _, line := range []string{"stop dev", "# x\n  stop", "[!short] [unix] skip 'not here'"} {
		if !endsScript.MatchString(line) {
			t.Errorf("%q is not found", line)
		}
	}
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	for _, name := range scripts {
		script, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if line := endsScript.Find(script.Comment); line != nil {
			t.Errorf("%s: what comes after %q never runs; \"ends NAME\" ends a process", name, line)
		}
	}
}

// portNames are the environment variables that hold free addresses.
func portNames() []string {
	return []string{"CONTROL", "TEST", "PRODUCTION", "PETS", "PETS2", "HTTPBIN", "HTTPBIN2", "SPARE"}
}

type processesKey struct{}

// processes are those a script has started.
type processes struct {
	mu     sync.Mutex
	byName map[string]*process
}

func processesOf(ts *testscript.TestScript) *processes {
	return ts.Value(processesKey{}).(*processes)
}

func (ps *processes) take(name string) *process {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := ps.byName[name]
	delete(ps.byName, name)
	return p
}

func (ps *processes) killAll() {
	for _, p := range ps.byName {
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// process is one that runs in the background.
type process struct {
	cmd    *exec.Cmd
	stdout *output
	stderr *output
	done   chan struct{}
	err    error // set when done is closed
}

// output keeps what a process writes and tells of each write.
type output struct {
	mu      sync.Mutex
	buf     bytes.Buffer
	written chan struct{} // of all outputs of a process; holds one element
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf.Write(b)
	select {
	case o.written <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

var errEnded = errors.New("the process ended")

// await waits until the process has written text.
func (p *process) await(text string) error {
	timeout := time.After(patience)
	for {
		if strings.Contains(p.stdout.String(), text) || strings.Contains(p.stderr.String(), text) {
			return nil
		}
		select {
		case <-p.stdout.written:
		case <-p.done:
			if strings.Contains(p.stdout.String(), text) || strings.Contains(p.stderr.String(), text) {
				return nil
			}
			return fmt.Errorf("it ended without writing %q, but\n%s%s: %w", text, p.stdout, p.stderr, errors.Join(p.err, errEnded))
		case <-timeout:
			return fmt.Errorf("it has not written %q, but\n%s%s", text, p.stdout, p.stderr)
		}
	}
}
