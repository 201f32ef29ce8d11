//go:build unix

package redis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatewright/gatewright/internal/testkit/process"
)

// Require is the environment variable that makes tests fail, instead of being
// skipped, where Redis is not installed: "1" for yes.
const Require = "GATEWRIGHT_REQUIRE_REDIS"

const databases = 1000 // of one server

// shared is the one server of this test process. It is made by the first test
// that wants it and ends with the process.
var shared = sync.OnceValues(start)

// given counts databases.
var given atomic.Int64

// Start returns the URL of an empty database that no other test has. It skips
// the test where there is no Redis, or fails it when [Require] is set.
func Start(t testing.TB) string {
	t.Helper()
	server, err := shared()
	process.Need(t, err, Require)
	n := given.Add(1)
	if n > databases {
		t.Fatalf("there are no more than %d databases", databases)
	}
	return address(server, n-1)
}

// Private returns the URL of a database on a server of its own, and what kills
// that server at once, as a crash would.
func Private(t testing.TB) (url string, kill func()) {
	t.Helper()
	server, err := start()
	process.Need(t, err, Require)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Errorf("stop Redis: %v", err)
		}
	})
	return address(server, 0), func() {
		if err := server.Kill(); err != nil {
			t.Fatalf("kill Redis: %v", err)
		}
	}
}

func address(server *process.Server, database int64) string {
	return fmt.Sprintf("redis://127.0.0.1:%d/%d", server.Ports[0], database)
}

func start() (*process.Server, error) {
	return process.Start(process.Spec{
		Name: "redis", Program: "redis-server", Package: "redis-server", Ports: 1,
		Arguments: func(dir string, ports []int) []string {
			return []string{
				"--port", strconv.Itoa(ports[0]), "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "no",
				"--databases", strconv.Itoa(databases), "--daemonize", "no",
			}
		},
		Ready: func(ctx context.Context, _ string, ports []int) error {
			answer, err := ask(ctx, ports[0], "PING")
			if err == nil && answer != "+PONG\r\n" {
				err = errors.New(answer)
			}
			return err
		},
	})
}

// ask sends one command and returns the first line of the answer.
func ask(ctx context.Context, port int, command string) (string, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return "", err
		}
	}
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}
