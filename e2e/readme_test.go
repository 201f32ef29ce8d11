package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestREADME does what the README tells a new user to do, literally: every
// "$ " line of its console blocks is run by a shell, one after the other, and
// must print what the README shows. "…" in the README stands for any text.
func TestREADME(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps := consoleSteps(string(text))
	if len(steps) < 10 {
		t.Fatalf("only %d commands found in the README", len(steps))
	}
	for _, port := range []string{"8080", "9080", "9081", "7001", "7002", "7003", "7004"} {
		ln, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Skipf("the walk-through needs the ports of gatewright dev, and %s is taken: %v", port, err)
		}
		_ = ln.Close()
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS(filepath.Join(root, "examples"))); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(dir, "bin", "gatewright")); err != nil {
		t.Fatal(err)
	}
	dev := &process{t: t, name: "gatewright dev", dir: dir, args: []string{"dev"}}
	dev.start()
	t.Cleanup(dev.stop)
	p := &plant{t: t}
	(&replica{process: dev, url: "http://127.0.0.1:8080"}).await(p)
	p.await("both gateways to have joined", func() bool {
		conn, err := net.DialTimeout("tcp", "127.0.0.1:9081", time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil && strings.Contains(dev.output(), "gatewright publish")
	})
	for _, s := range steps {
		cmd := exec.Command("bash", "-c", "set -o pipefail; "+s.command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"), "NO_COLOR=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("$ %s\n%s\n%v", s.command, out, err)
		}
		if !s.pattern.Match(out) {
			t.Fatalf("$ %s\nprinted:\n%s\nthe README shows:\n%s", s.command, out, s.shown)
		}
	}
	dev.stop()
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

type step struct {
	command string
	shown   string
	pattern *regexp.Regexp
}

// consoleSteps returns the commands of the console blocks and what they are
// shown to print.
func consoleSteps(readme string) []step {
	var steps []step
	for _, block := range strings.Split(readme, "```console\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		for _, part := range strings.Split("\n"+block, "\n$ ")[1:] {
			command, shown, _ := strings.Cut(part, "\n")
			for strings.HasSuffix(command, "\\") {
				more, rest, _ := strings.Cut(shown, "\n")
				command, shown = command+"\n"+more, rest
			}
			steps = append(steps, step{command: command, shown: shown, pattern: patternOf(shown)})
		}
	}
	return steps
}

// patternOf matches shown with any amount of white space where it has some,
// and anything where it has "…".
func patternOf(shown string) *regexp.Regexp {
	shown = strings.TrimSpace(shown)
	if shown == "" {
		return regexp.MustCompile(``)
	}
	var lines []string
	for _, line := range strings.Split(shown, "\n") {
		words := strings.Fields(line)
		for i, w := range words {
			words[i] = strings.ReplaceAll(regexp.QuoteMeta(w), "…", `.*?`)
		}
		lines = append(lines, strings.Join(words, `[ \t]+`))
	}
	return regexp.MustCompile(fmt.Sprintf(`(?s)%s`, strings.Join(lines, `[ \t]*\n[ \t]*`)))
}
