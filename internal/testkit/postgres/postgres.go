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
	copying  string    // how a database is copied, in the words of CREATE DATABASE
	lifeline io.Closer // the server stops when it is closed, by whatever end of the process
	mu       sync.Mutex
	made     int // databases
}

// Start returns the URL of an empty database that is removed when the test
// ends. It skips the test where there is no PostgreSQL, or fails it when the
// variable [Require] is set.
func Start(t testing.TB) string {
	t.Helper()
	return running(t).database(t, "template1")
}

// Template is a database that is made once for all tests that begin with what
// is in it.
type Template struct {
	once    sync.Once
	prepare func(ctx context.Context, url string) error
	name    string
	err     error
}

// NewTemplate returns a template with what prepare puts into an empty database.
// When prepare returns, no connection of its own may be left.
func NewTemplate(prepare func(ctx context.Context, url string) error) *Template {
	return &Template{prepare: prepare}
}

// Start is like the function [Start], of a database that is a copy of the
// template.
func (p *Template) Start(t testing.TB) string {
	t.Helper()
	s := running(t)
	p.once.Do(func() { p.name, p.err = s.template(p.prepare) })
	if p.err != nil {
		t.Fatalf("make a template: %v", p.err)
	}
	return s.database(t, p.name)
}

// running returns the server of this process, or ends the test as [Start] says.
func running(t testing.TB) *server {
	t.Helper()
	s, err := process()
	if errors.Is(err, errMissing) && os.Getenv(Require) != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// name returns a name for the next database.
func (s *server) name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	return "test_" + strconv.Itoa(s.made)
}

// database makes a copy of a database that nobody is connected to.
func (s *server) database(t testing.TB, template string) string {
	t.Helper()
	name := s.name()
	if err := s.execute(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+template+s.copying); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.execute(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("remove the database: %v", err)
		}
	})
	return s.url(name)
}

// template makes a database, has it prepared and sees to it that nobody
// connects to it any more: what is connected to cannot be copied.
func (s *server) template(prepare func(context.Context, string) error) (name string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	name = s.name()
	if err := s.execute(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	if err := prepare(ctx, s.url(name)); err != nil {
		return "", err
	}
	return name, s.execute(ctx, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false")
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
	s := &server{copying: copying(dir)}
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
