//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// Require is the environment variable that makes tests fail, instead of
	// being skipped, where PostgreSQL is not installed: "1" for yes.
	Require = "GATEWRIGHT_REQUIRE_POSTGRES"

	// databaseUser owns everything in the servers of this package.
	databaseUser = "gatewright"

	startTimeout = time.Minute
	callTimeout  = 30 * time.Second
)

// errMissing is for a system without PostgreSQL.
var errMissing = errors.New("PostgreSQL is not installed; ./script/apt-deps or \"apt-get install postgresql\" does that")

// process is the one server of this test process. It is made by the first test
// that wants it and ends with the process.
var process = sync.OnceValues(start)

// server is a PostgreSQL server that runs.
type server struct {
	port     int
	lifeline io.Closer // the server stops when it is closed, by whatever end of the process
	mu       sync.Mutex
	made     int // databases
}

// Start returns the URL of an empty database that is removed when the test
// ends. It skips the test where there is no PostgreSQL, or fails it when the
// variable [Require] is set.
func Start(t testing.TB) string {
	t.Helper()
	s, err := process()
	if errors.Is(err, errMissing) && os.Getenv(Require) != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.made++
	name := "test_" + strconv.Itoa(s.made)
	s.mu.Unlock()
	if err := s.execute(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.execute(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("remove the database: %v", err)
		}
	})
	return s.url(name)
}

func (s *server) url(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(databaseUser), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: database, RawQuery: "sslmode=disable"}
	return u.String()
}

// execute executes one statement in the server's first database.
func (s *server) execute(ctx context.Context, statement string) error {
	return Execute(ctx, s.url("postgres"), statement)
}

// Execute executes one statement on a connection of its own to the database.
func Execute(ctx context.Context, url, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// start makes and starts a server.
func start() (*server, error) {
	binaries, err := find()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gatewright-postgres-")
	if err != nil {
		return nil, err
	}
	who, err := account()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return nil, errors.Join(err, os.RemoveAll(dir))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := initialise(ctx, binaries, dir, who); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := new(server)
	// Another process may take the port between its choice and its use.
	for range 3 {
		if err = s.run(ctx, binaries, dir, who); err == nil {
			return s, nil
		}
	}
	log, _ := os.ReadFile(filepath.Join(dir, "log"))
	return nil, errors.Join(fmt.Errorf("start PostgreSQL: %w\n%s", err, log), os.RemoveAll(dir))
}

// freePort returns a port that nobody listens on.
func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
