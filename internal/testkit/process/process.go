//go:build unix

package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/testkit/ports"
)

const (
	startTimeout = time.Minute
	probeTimeout = 2 * time.Second
	probePause   = 50 * time.Millisecond
	tries        = 3 // another process may take the port between its choice and its use
)

// Missing is the error for a program that is not installed.
type Missing struct {
	Program string
	Package string // of Debian, that has it
}

// Error says what is missing and how to get it.
func (e *Missing) Error() string {
	return fmt.Sprintf("%s is not installed; ./script/apt-deps or \"apt-get install %s\" does that", e.Program, e.Package)
}

// Spec says how to run a server.
type Spec struct {
	Name    string // for the directory and errors
	Program string // in the search path, or in /usr/sbin
	Package string
	// Prepare makes the server's files in dir with run, which runs a program as
	// the server's user. It is nil when there is nothing to make.
	Prepare func(dir string, ports []int, run func(program string, arguments ...string) error) error
	Ports   int // how many it listens on
	// Arguments returns the server's arguments.
	Arguments func(dir string, ports []int) []string
	// Ready returns nil once the server answers.
	Ready func(ctx context.Context, dir string, ports []int) error
}

// Server is a server that runs.
type Server struct {
	Dir   string
	Ports []int
	pid   int
	stop  io.Closer // the server stops when it is closed, by whatever end of the process
	ended func() error
}

// supervise starts a server, tells its process ID, and stops it and removes
// its directory when standard input ends, which is when the process at the
// other end is gone. Its arguments are the directory and the command.
const supervise = `
dir=$1
shift
"$@" >"$dir/log" 2>&1 </dev/null &
server=$!
echo "$server"
exec >&-
while read -r _; do :; done
kill -KILL "$server" 2>/dev/null
wait "$server"
rm -rf "$dir"
`

// Start starts a server and waits until it answers.
func Start(spec Spec) (*Server, error) {
	program, err := find(spec.Program)
	if err != nil {
		return nil, &Missing{spec.Program, spec.Package}
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for range tries {
		var s *Server
		if s, err = start(ctx, spec, program); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("start %s: %w", spec.Name, err)
}

// Need skips a test without the server, or fails it when the variable is 1 in
// the environment.
func Need(t testing.TB, err error, require string) {
	t.Helper()
	var missing *Missing
	if errors.As(err, &missing) && os.Getenv(require) != "1" {
		t.Skip(missing)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func find(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	return exec.LookPath(filepath.Join("/usr/sbin", program)) // not in the search path of users
}

func start(ctx context.Context, spec Spec, program string) (_ *Server, err error) {
	dir, err := os.MkdirTemp("", "gatewright-"+spec.Name+"-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			err = errors.Join(fmt.Errorf("%w\n%s", err, log), os.RemoveAll(dir))
		}
	}()
	who, err := account()
	if err != nil {
		return nil, err
	}
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return nil, err
		}
	}
	chosen, err := freePorts(ctx, spec.Ports)
	if err != nil {
		return nil, err
	}
	if spec.Prepare != nil {
		run := func(program string, arguments ...string) error {
			if out, err := command(ctx, dir, who, program, arguments...).CombinedOutput(); err != nil {
				return fmt.Errorf("%s: %w\n%s", program, err, out)
			}
			return nil
		}
		if err := spec.Prepare(dir, chosen, run); err != nil {
			return nil, err
		}
	}
	s := &Server{Dir: dir, Ports: chosen}
	if err := s.run(ctx, who, program, spec.Arguments(dir, chosen)); err != nil {
		return nil, err
	}
	if err := s.await(ctx, spec); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// run starts the server under the supervision of a shell.
func (s *Server) run(ctx context.Context, who *syscall.Credential, program string, arguments []string) error {
	// It lives longer than ctx: as long as the lifeline.
	cmd := command(context.WithoutCancel(ctx), s.Dir, who, "/bin/sh", append([]string{"-c", supervise, "supervise", s.Dir, program}, arguments...)...)
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return errors.Join(err, lifeline.Close())
	}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, lifeline.Close())
	}
	said, readErr := bufio.NewReader(out).ReadString('\n')
	s.stop, s.ended = lifeline, cmd.Wait
	if s.pid, err = strconv.Atoi(strings.TrimSpace(said)); err != nil {
		return errors.Join(errors.New("it did not start"), readErr, s.Stop())
	}
	return nil
}

func (s *Server) await(ctx context.Context, spec Spec) error {
	for {
		probe, cancel := context.WithTimeout(ctx, probeTimeout)
		err := spec.Ready(probe, s.Dir, s.Ports)
		cancel()
		if err == nil {
			return nil
		}
		again := time.NewTimer(probePause)
		select {
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		case <-again.C:
		}
	}
}

// Kill ends the server at once, as a crash would. Its files stay until Stop.
func (s *Server) Kill() error { return syscall.Kill(s.pid, syscall.SIGKILL) }

// Stop ends the server and removes its files.
func (s *Server) Stop() error { return errors.Join(s.stop.Close(), s.ended()) }

// account returns whom to run servers as: they are not to be root. Nil is the
// user of this process.
func account() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, fmt.Errorf("look for a user to run servers as: %w", err)
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func command(ctx context.Context, dir string, who *syscall.Credential, name string, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Dir = dir // the user may not see the working directory
	cmd.Env = []string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin", "LC_ALL=C", "HOME=" + dir, "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: who} // an interrupt is for the tests, which end the server
	return cmd
}

// freePorts returns n ports that nobody listens on.
func freePorts(ctx context.Context, n int) (free []int, err error) {
	for range n {
		address, err := ports.Take(ctx)
		if err != nil {
			return nil, err
		}
		_, text, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		port, err := strconv.Atoi(text)
		if err != nil {
			return nil, err
		}
		free = append(free, port)
	}
	return free, nil
}
