//go:build unix

package mariadb

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/gatewright/gatewright/internal/testkit/process"
)

const (
	// Require is the environment variable that makes tests fail, instead of
	// being skipped, where MariaDB is not installed: "1" for yes.
	Require = "GATEWRIGHT_REQUIRE_MARIADB"

	// User and Password are of an account that may do everything.
	User     = "gatewright"
	Password = "mariadb-of-a-test"

	callTimeout = 30 * time.Second
)

// shared is the one server of this test process. It is made by the first test
// that wants it and ends with the process.
var shared = sync.OnceValues(start)

// made counts databases.
var made atomic.Int64

// Database is an empty database.
type Database struct {
	Host   string
	Port   int
	Name   string
	server *process.Server
}

// Start returns an empty database that is removed when the test ends. It skips
// the test where there is no MariaDB, or fails it when [Require] is set.
func Start(t testing.TB) *Database {
	t.Helper()
	server, err := shared()
	process.Need(t, err, Require)
	d := create(t, server)
	t.Cleanup(func() { d.Execute(t, "DROP DATABASE "+d.Name) })
	return d
}

// Private returns a database on a server of its own, which the test may kill.
func Private(t testing.TB) *Database {
	t.Helper()
	server, err := start()
	process.Need(t, err, Require)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Errorf("stop MariaDB: %v", err)
		}
	})
	return create(t, server)
}

func create(t testing.TB, server *process.Server) *Database {
	t.Helper()
	d := &Database{Host: "127.0.0.1", Port: server.Ports[0], server: server}
	name := "test_" + strconv.FormatInt(made.Add(1), 10)
	d.Execute(t, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
	d.Name = name
	return d
}

// Kill ends the server of a [Private] database at once, as a crash would.
func (d *Database) Kill(t testing.TB) {
	t.Helper()
	if err := d.server.Kill(); err != nil {
		t.Fatalf("kill MariaDB: %v", err)
	}
}

// Execute executes statements, each on a connection of its own.
func (d *Database) Execute(t testing.TB, statements ...string) {
	t.Helper()
	config := account(User, Password)
	config.Net, config.Addr, config.DBName = "tcp", net.JoinHostPort(d.Host, strconv.Itoa(d.Port)), d.Name
	for _, statement := range statements {
		if err := execute(context.Background(), config, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func account(user, password string) *mysql.Config {
	config := mysql.NewConfig()
	config.User, config.Passwd = user, password
	config.Logger = new(mysql.NopLogger)
	return config
}

func execute(ctx context.Context, config *mysql.Config, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	_, err = db.ExecContext(ctx, statement)
	return errors.Join(err, db.Close())
}

func start() (*process.Server, error) {
	return process.Start(process.Spec{
		Name: "mariadb", Program: "mariadbd", Package: "mariadb-server-core", Ports: 1,
		Prepare: func(dir string, _ []int, run func(string, ...string) error) error {
			return run("mariadb-install-db", "--no-defaults", "--datadir="+filepath.Join(dir, "data"),
				"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
		},
		Arguments: func(dir string, ports []int) []string {
			return []string{
				"--no-defaults", "--datadir=" + filepath.Join(dir, "data"), "--tmpdir=" + dir, "--bind-address=127.0.0.1",
				"--port=" + strconv.Itoa(ports[0]), "--socket=" + filepath.Join(dir, "s"), "--pid-file=" + filepath.Join(dir, "pid"),
				"--skip-name-resolve", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M",
				"--performance-schema=OFF", "--max-connections=200", "--default-time-zone=+02:00",
			}
		},
		// The account is made as soon as root can get in, which is by the socket.
		Ready: func(ctx context.Context, dir string, _ []int) error {
			config := account("root", "")
			config.Net, config.Addr = "unix", filepath.Join(dir, "s")
			return errors.Join(
				execute(ctx, config, "CREATE USER IF NOT EXISTS "+User+"@'127.0.0.1' IDENTIFIED BY '"+Password+"'"),
				execute(ctx, config, "GRANT ALL ON *.* TO "+User+"@'127.0.0.1' WITH GRANT OPTION"))
		},
	})
}
