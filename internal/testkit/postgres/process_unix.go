//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// supervise starts a server, says that it answers, and stops it and removes
// everything when its standard input ends, which is when the process at the
// other end is gone. Its arguments are the binaries' directory, the server's
// directory and the server's arguments.
const supervise = `
"$1/pg_ctl" --silent --wait -D "$2/data" -l "$2/log" -o "$3" start >&2 || exit 1
echo ready
exec >&-
while read -r _; do :; done
"$1/pg_ctl" --silent --wait -m immediate -D "$2/data" stop
rm -rf "$2"
`

// find returns the directory of the newest PostgreSQL on this system.
func find() (string, error) {
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/pgsql/bin"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		for _, dir := range slices.Backward(found) {
			if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
				return dir, nil
			}
		}
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(initdb), nil
	}
	return "", errMissing
}

// account returns whom to run the server as: PostgreSQL refuses root. Nil is
// the user of this process.
func account() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

// initialise makes the server's files. Text sorts by ICU's rules where the
// server can do that: what forgets to ask for the order of bytes shows.
func initialise(ctx context.Context, binaries, dir string, who *syscall.Credential) error {
	arguments := []string{"-D", filepath.Join(dir, "data"), "-U", databaseUser, "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"}
	out, err := command(ctx, dir, who, filepath.Join(binaries, "initdb"),
		append(slices.Clone(arguments), "--locale=C", "--locale-provider=icu", "--icu-locale=en-US")...).CombinedOutput()
	if err != nil { // before version 15, or built without it
		if err := os.RemoveAll(filepath.Join(dir, "data")); err != nil {
			return err
		}
		out, err = command(ctx, dir, who, filepath.Join(binaries, "initdb"), append(arguments, "--locale=C")...).CombinedOutput()
	}
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// copying is how the server in dir is asked to copy databases. Since version 15
// it writes them to its log, page by page, unless it is told to copy their
// files, which costs a third of the time where nothing is synced to disk.
func copying(dir string) string {
	version, err := os.ReadFile(filepath.Join(dir, "data", "PG_VERSION"))
	if err != nil {
		return ""
	}
	if major, err := strconv.Atoi(strings.TrimSpace(string(version))); err != nil || major < 15 {
		return ""
	}
	return " STRATEGY file_copy"
}

func command(ctx context.Context, dir string, who *syscall.Credential, name string, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Dir = dir // the user may not see the working directory
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: who} // an interrupt is for the tests, which end the server
	return cmd
}

// settings are those of a server that nobody misses after the tests: nothing
// has to survive its end, and nothing goes on by itself beside the tests. With
// a database for each test, the launcher of autovacuum would start a worker
// every few milliseconds; a test that needs statistics says ANALYZE.
func settings() []string {
	return []string{
		"max_connections=200", "shared_buffers=128MB", "autovacuum=off", "jit=off",
		"full_page_writes=off", "synchronous_commit=off", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=2GB", "checkpoint_timeout=1h",
	}
}

// run starts the server and waits until it answers.
func (s *server) run(ctx context.Context, binaries, dir string, who *syscall.Credential) (err error) {
	if s.port, err = freePort(ctx); err != nil {
		return err
	}
	options := "-h 127.0.0.1 -p " + strconv.Itoa(s.port) + " -k " + dir + " -F" // F: no fsync
	for _, setting := range settings() {
		options += " -c " + setting
	}
	// It lives longer than ctx: as long as the lifeline.
	cmd := command(context.WithoutCancel(ctx), dir, who, "/bin/sh", "-c", supervise, "supervise", binaries, dir, options)
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return errors.Join(err, lifeline.Close())
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	said, err := io.ReadAll(out) // it closes its output when the server answers
	if err != nil || string(said) != "ready\n" {
		return errors.Join(errors.New("it did not start"), err, lifeline.Close(), cmd.Wait())
	}
	s.lifeline = lifeline
	return nil
}
